"""What the sandbox's Keystone and Heat refuse, with the very bodies that the real services answer.

Apart from the services, so that the code that checks templates and credentials raises and the HTTP edge renders.
The three shapes are: Keystone's ``{"error": {...}}``, Heat's fault wrapper, and the HTML page that both send for a path
they do not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

Json = Any
"""A value as JSON decodes it: None, bool, int, float, str, list or dict of these."""

Path = Sequence[str | int]
"""Where in a template a fault is, from the outermost section inwards."""

MALFORMED = "The server could not comply with the request since it is either malformed or otherwise incorrect."
_EXPLANATIONS: Mapping[int, str] = {
    400: MALFORMED,
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    405: MALFORMED,
    409: "There was a conflict when trying to complete your request.",
    500: "The server has either erred or is incapable of performing the requested operation.",
}


class CloudFault(Exception):  # noqa: N818  # "fault" is the services' own word
    """An answer that is not the one asked for; subclasses know how their service writes it."""

    content_type = "application/json"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

    def body(self) -> bytes:
        """Return what the service writes of it, as ``content_type``."""
        raise NotImplementedError


class PageFault(CloudFault):
    """A path or a size that no service behind the port handles: a small HTML page, as WebOb writes it."""

    content_type = "text/html; charset=UTF-8"

    def body(self) -> bytes:
        title = f"{self.status} {HTTPStatus(self.status).phrase}"
        return (
            f"<html>\n <head>\n  <title>{title}</title>\n </head>\n <body>\n  <h1>{title}</h1>\n"
            f"  {self.message}<br /><br />\n\n\n\n </body>\n</html>"
        ).encode()


class IdentityFault(CloudFault):
    """A refusal of Keystone; ``extra`` joins the error object (the methods it supports, say)."""

    def __init__(self, status: int, message: str, **extra: Json) -> None:
        super().__init__(status, message)
        self._extra = extra

    def body(self) -> bytes:
        error = {"code": self.status, "message": self.message, "title": HTTPStatus(self.status).phrase, **self._extra}
        return json.dumps({"error": error}, sort_keys=True, separators=(",", ":")).encode() + b"\n"


class HeatFault(CloudFault):
    """A refusal of Heat: ``error_type`` is the name of its exception, which clients branch on.

    A fault whose text Heat thinks unsafe to tell has ``message`` None, and its body no ``message`` at all.
    """

    def __init__(self, status: int, error_type: str, message: str | None = None) -> None:
        super().__init__(status, error_type if message is None else message)
        self.error_type = error_type
        self._told = message is not None

    def body(self) -> bytes:
        error: dict[str, Json] = {"type": self.error_type, "traceback": None}
        error |= {"message": self.message} if self._told else {}
        shown = {"code": self.status, "title": HTTPStatus(self.status).phrase}
        return json.dumps({**shown, "explanation": _EXPLANATIONS[self.status], "error": error}).encode()


class InvalidSchemaError(HeatFault):
    """The schema of a parameter is wrong: the template's author has to act."""

    def __init__(self, message: str) -> None:
        super().__init__(400, "InvalidSchemaError", message)


class ResourceLimitExceeded(HeatFault):
    """A stack that would have more resources, nested ones included, than a stack may."""

    def __init__(self) -> None:
        message = "Request limit exceeded: Maximum resources per stack exceeded."
        super().__init__(400, "RequestLimitExceeded", message)


class StackValidationFailed(HeatFault):
    """A template or a value that does not validate, told as ``[error: ][path: ]detail``."""

    def __init__(self, detail: str, *, path: Path = (), error: str = "") -> None:
        where = format_path(path)
        message = (f"{error}: " if error else "") + (f"{where}: " if where else "") + detail
        super().__init__(400, "StackValidationFailed", message)
        self.detail = detail
        self.path = tuple(path)
        self.error = error

    def within(self, path: Path, *, error: str = "") -> StackValidationFailed:
        """Return the same failure, seen from further out."""
        return StackValidationFailed(self.detail, path=(*path, *self.path), error=self.error or error)


def format_path(path: Path) -> str:
    """Return a path as Heat writes it: ``resources.r.properties.networks[0]``."""
    text = ""
    for part in path:
        if isinstance(part, int) or part.isdigit():
            text += f"[{part}]"
        elif text:
            text += f".{part}"
        else:
            text = part
    return text


def bad_request(message: str = MALFORMED) -> HeatFault:
    """Return the refusal of a request that the API itself cannot read."""
    return HeatFault(400, "HTTPBadRequest", message)


def not_supported(feature: str) -> HeatFault:
    """Return the refusal of a feature that is switched off."""
    return HeatFault(400, "NotSupported", f"{feature} is not supported.")


def limit_exceeded(message: str) -> HeatFault:
    """Return the refusal of something too large or too many."""
    return HeatFault(400, "RequestLimitExceeded", f"Request limit exceeded: {message}")


def stack_not_found(name: str) -> HeatFault:
    """Return the answer for a stack that is not there, or not of this project."""
    return HeatFault(404, "EntityNotFound", f"The Stack ({name}) could not be found.")


def parameter_missing(name: str) -> HeatFault:
    """Return the refusal of a parameter that has neither a value nor a default."""
    return HeatFault(400, "UserParameterMissing", f"The Parameter ({name}) was not provided.")


def invalid_reference(resource: str, key: str) -> HeatFault:
    """Return the refusal of a reference to a resource that the template does not have."""
    return HeatFault(400, "InvalidTemplateReference", f'The specified reference "{resource}" (in {key}) is incorrect.')


def page_not_found() -> PageFault:
    """Return the page for a path that no route matches."""
    return PageFault(404, _EXPLANATIONS[404])
