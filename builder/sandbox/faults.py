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

    def __init__(self, status: int = 404, message: str = _EXPLANATIONS[404]) -> None:
        super().__init__(status, message)

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


_HEATS_OWN: Mapping[str, tuple[int, str]] = {
    "AttributeError": (400, ""),
    "CircularDependencyException": (400, "Circular Dependency Found: {}"),
    "EntityNotFound": (404, "The {} ({}) could not be found."),
    "Forbidden": (403, "You are not authorized to use {}."),
    "HTTPBadRequest": (400, "{}"),
    "HTTPForbidden": (403, "Access was denied to this resource."),
    "HTTPMethodNotAllowed": (405, MALFORMED),
    "InvalidSchemaError": (400, "{}"),
    "InvalidTemplateReference": (400, 'The specified reference "{}" (in {}) is incorrect.'),
    "InvalidTemplateVersion": (400, "The template version is invalid: {}"),
    "NotFound": (404, "Specified output key {{}} not found."),  # the placeholder is Heat's own
    "NotSupported": (400, "{} is not supported."),
    "RequestLimitExceeded": (400, "Request limit exceeded: {}"),
    "ResourceNotFound": (404, "The Resource ({}) could not be found in Stack {}."),
    "StackExists": (409, "The Stack ({}) already exists."),
    "StackValidationFailed": (400, "{}"),
    "UnknownUserParameter": (400, "The Parameter ({}) was not defined in template."),
    "UserParameterMissing": (400, "The Parameter ({}) was not provided."),
    "ValueError": (400, "{}"),
}
"""The status and the sentence of Heat's exceptions; any other is a failure of its own, of which it tells nothing."""


class HeatFault(CloudFault):
    """A refusal of Heat: ``error_type`` is the name of its exception, which clients branch on.

    ``details`` are what its sentence speaks of; without any, its text is one that Heat thinks unsafe to tell.
    """

    def __init__(self, error_type: str, *details: object) -> None:
        status, sentence = _HEATS_OWN.get(error_type, (500, ""))
        super().__init__(status, sentence.format(*details) if details else error_type)
        self.error_type = error_type
        self._told = bool(details)

    def body(self) -> bytes:
        error: dict[str, Json] = {"type": self.error_type, "traceback": None}
        error |= {"message": self.message} if self._told else {}
        shown = {"code": self.status, "title": HTTPStatus(self.status).phrase}
        return json.dumps({**shown, "explanation": _EXPLANATIONS[self.status], "error": error}).encode()


class ResourceLimitExceeded(HeatFault):
    """A stack that would have more resources, nested ones included, than a stack may."""

    def __init__(self) -> None:
        super().__init__("RequestLimitExceeded", "Maximum resources per stack exceeded.")


class StackValidationFailed(HeatFault):
    """A template or a value that does not validate, told as ``[error: ][path: ]detail``."""

    def __init__(self, detail: str, *, path: Path = (), error: str = "") -> None:
        where = format_path(path)
        message = (f"{error}: " if error else "") + (f"{where}: " if where else "") + detail
        super().__init__("StackValidationFailed", message)
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
    return HeatFault("HTTPBadRequest", message)
