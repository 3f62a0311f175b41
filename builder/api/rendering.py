"""How anything that goes wrong is told to a client: JSON:API error objects, made in this one place.

Known errors tell their faults; whatever else happens is logged with its traceback and told as a plain 500. The shape
is what the Visualisation App reads: an object with a non-empty array ``errors``, each with a ``detail``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.exceptions import SanicException
from sanic.response import raw

from builder.errors import NO_HEADERS, Fault, RequestError
from builder.openstack.failure_kinds import RETRY_AFTER
from builder.text.json_encoding import encode_json

logger = logging.getLogger(__name__)

JSON = "application/json"

NO_STORE = {"Cache-Control": "no-store"}

TITLES = {413: "Request too large", 414: "URI Too Long"}
"""Of those statuses whose phrase varies with the version of Python."""


def respond_json(value: object, status: int = 200, headers: Mapping[str, str] = NO_HEADERS) -> HTTPResponse:
    """A response with a JSON body."""
    return raw(encode_json(value), status=status, headers=dict(headers), content_type=JSON)


def respond_faults(faults: Sequence[Fault], headers: Mapping[str, str] = NO_HEADERS) -> HTTPResponse:
    """The error response that tells ``faults``; its status is that of the first."""
    errors = [
        {"status": str(each.status), "title": each.title, "detail": each.detail}
        | ({} if each.pointer is None else {"source": {"pointer": each.pointer}})
        for each in faults
    ]
    return respond_json({"errors": errors}, faults[0].status, headers)


def internal_error(aftermath: str = "This is not your fault.") -> RequestError:
    """The 500 for what nobody foresaw; ``aftermath`` is a sentence for the person who waits."""
    return RequestError(Fault(500, "Internal Server Error", f"The service failed; its log tells more. {aftermath}"))


def install_error_handlers(app: Sanic[Any, Any]) -> None:
    """Have every error of the application rendered here, Sanic's own included."""
    app.exception(RequestError)(lambda _, error: respond_faults(error.faults, error.headers))
    app.exception(SanicException)(_on_sanic_exception)
    app.exception(Exception)(_on_unexpected)


def _on_sanic_exception(request: Request | None, error: SanicException) -> HTTPResponse:
    status = error.status_code
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.SERVICE_UNAVAILABLE:
        return _on_unexpected(request, error)
    title = TITLES.get(status) or HTTPStatus(status).phrase
    headers = dict(RETRY_AFTER) if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    headers |= {name: str(value) for name, value in (getattr(error, "headers", None) or {}).items()}
    return respond_faults([Fault(status, title, _describe(request, error, status))], headers)


def _describe(request: Request | None, error: SanicException, status: int) -> str:
    """A detail of our own where Sanic's text would repeat what the client sent."""
    match status:
        case HTTPStatus.NOT_FOUND:
            return f"There is nothing at {request.path[:200]}." if request else "There is nothing here."
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return f"{request.method if request else 'This method'} is not allowed here."
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return "The request is larger than this service accepts."
        case _:
            return str(error) or HTTPStatus(status).phrase


def _on_unexpected(request: Request | None, error: Exception) -> HTTPResponse:
    logger.error("%s failed", request.path if request else "a request", exc_info=error)
    return respond_faults(internal_error().faults)
