"""Conditional requests: when a client that has a representation already is told that nothing changed.

RFC 9110, section 13. ``If-None-Match`` counts where it is given; ``If-Modified-Since``, the only one that the
Visualisation App sends, counts otherwise.
"""

from __future__ import annotations

import time
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from sanic import HTTPResponse, Request

from builder.api.prepared import PreparedHead, PreparedResponse
from builder.api.rendering import JSON
from builder.catalogue.snapshot import Representation

_CONTENT_TYPE = (b"content-type", JSON.encode())


def respond_representation(request: Request, representation: Representation) -> HTTPResponse:
    """200 with the representation, or 304 without a body where the client has it already."""
    date = min(representation.last_modified, int(time.time()))  # never in the future: RFC 9110, section 8.8.2.1
    length = len(representation.body)
    if is_not_modified(
        request.headers.getone("if-none-match", None), request.headers.getone("if-modified-since", None), representation
    ):
        return PreparedResponse(b"", _prepare_head(304, representation.entity_tag, date, None))
    return PreparedResponse(representation.body, _prepare_head(200, representation.entity_tag, date, length))


def is_not_modified(if_none_match: str | None, if_modified_since: str | None, current: Representation) -> bool:
    """Whether the preconditions of a request say that the client has the current representation."""
    if if_none_match is not None:
        if if_none_match == current.entity_tag:
            return True
        tags = [tag.strip() for tag in if_none_match.split(",")]
        return "*" in tags or any(_weak(tag) == _weak(current.entity_tag) for tag in tags)
    if if_modified_since is None:
        return False
    try:
        since = int(parsedate_to_datetime(if_modified_since).timestamp())
    except (ValueError, OverflowError):
        return False
    return since == current.last_modified or since >= max(current.last_modified, current.dated_from)


@lru_cache(maxsize=1024)
def _prepare_head(status: int, entity_tag: str, date: int, length: int | None) -> PreparedHead:
    fields = (
        (b"etag", entity_tag.encode()),
        (b"last-modified", formatdate(date, usegmt=True).encode()),
        # A cache between may keep it, and has to ask each time: with a date alone it would guess how long it is good.
        (b"cache-control", b"no-cache"),
    )
    return PreparedHead(status, (*fields, _CONTENT_TYPE) if length is not None else fields, length)


def _weak(tag: str) -> str:
    return tag.removeprefix("W/")
