"""The published contract: the JSON schemas and the description of this API made from them."""

from __future__ import annotations

from functools import cache

from sanic import Blueprint, HTTPResponse, Request
from sanic.response import raw

from builder.api.application import READ
from builder.api.rendering import JSON
from builder.errors import Fault, RequestError
from builder.schema import published
from builder.text.json_encoding import encode_json

SCHEMA_JSON = "application/schema+json"

blueprint = Blueprint("schemas")


async def show_schema(_: Request, name: str) -> HTTPResponse:
    """A published schema, with or without ``.schema.json`` behind its name."""
    text = published.load_schema_texts().get(name.removesuffix(published.SUFFIX))
    if text is None:
        names = ", ".join(published.load_schema_texts())
        raise RequestError(Fault(404, "Not Found", f"There is no schema of that name; there are: {names}."))
    return raw(text, content_type=SCHEMA_JSON)


async def show_openapi(_: Request) -> HTTPResponse:
    """The OpenAPI description of this service."""
    return raw(_encode_openapi(), content_type=JSON)


@cache
def _encode_openapi() -> bytes:
    return encode_json(published.build_openapi())


blueprint.add_route(show_schema, "/schemas/<name:str>", methods=READ)
blueprint.add_route(show_openapi, "/openapi.json", methods=READ)
