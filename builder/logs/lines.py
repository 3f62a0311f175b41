"""What a line of the log looks like, as text or as a JSON object, and what never gets into it.

Secrets are kept out twice. Nothing of ours logs one; and the secrets of the request that is being served are known
here, by context, so that a line which holds one after all, from whatever library, is mended when it is made.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from builder.logs.redaction import Redactor

MAX_TEXT = 16 * 1024
"""How many characters of a text are shown: the longest tracebacks, those of a failed call to a cloud, have 10,000."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being served, in each of its lines."""

_JSON = json.JSONEncoder(default=str)

_PLAIN = re.compile(r'[^ "=]+')

_NO_SECRETS = Redactor()
_NOTHING_PROTECTED = [_NO_SECRETS]

_redactors: ContextVar[list[Redactor]] = ContextVar("redactors")
"""One in a list, which the threads of a request share with it: what one of them protects, all do."""


def begin_request(identifier: str) -> None:
    """Log under this request's id from now on; the secrets of an earlier request on the connection are forgotten."""
    request_id.set(identifier)
    _redactors.set([_NO_SECRETS])


def protect(secrets: Iterable[str]) -> None:
    """Keep these secrets out of every line that is logged while this request is served, in any of its threads."""
    redactors = _redactors.get(None)
    if redactors is None:
        _redactors.set([_NO_SECRETS.with_further(secrets)])
    else:
        redactors[0] = redactors[0].with_further(secrets)


class TextFormatter(logging.Formatter):
    """``2026-11-22T21:00:00.123Z INFO  builder.catalogue: message [request id] key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without secrets; a traceback follows in lines of its own."""
        if type(record) is RequestRecord:
            return record.as_text()
        told = tell(mask(record.getMessage()), {} if hasattr(record, "says_fields") else read_fields(record))
        line = f"{_format_time(record.created)} {record.levelname:<7} {record.name}: {told}"
        if identifier := request_id.get():
            line += f" request_id={identifier}"
        if record.exc_info:
            line += "\n" + mask(self.formatException(record.exc_info))
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields of the line, request_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without secrets."""
        if type(record) is RequestRecord:
            return record.as_json()
        entry: dict[str, Any] = {
            "time": _format_time(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
            **read_fields(record),
        }
        if identifier := request_id.get():
            entry["request_id"] = identifier
        if record.exc_info:
            entry["exception"] = mask(self.formatException(record.exc_info))
        return _JSON.encode(entry)


def mask(text: str) -> str:
    """``text`` without the secrets of the request that is being served, and cut if it is too long."""
    return _redactors.get(_NOTHING_PROTECTED)[0].mask(text, MAX_TEXT) + "…" * (len(text) > MAX_TEXT)


@dataclass(eq=False)
class RequestRecord(logging.LogRecord):
    """The line of one request, which is made in a third of the time that any other line takes.

    There is one for every request: at the usual pace of :mod:`logging` it would cost as much as half a listing.
    """

    method: str
    route: str
    status: int
    milliseconds: float
    client: str
    levelno: int = logging.INFO
    details: Mapping[str, str] = field(default_factory=dict)
    created: float = field(init=False, default_factory=time.time)
    identifier: str = field(init=False, default_factory=request_id.get)

    name = "builder.access"
    msg, args = "request", None
    exc_info = exc_text = stack_info = None

    @property
    def levelname(self) -> str:  # type: ignore[override]  # that of others is set
        """The name of the level."""
        return logging.getLevelName(self.levelno)

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the line says, as any other line does it: see :func:`read_fields`."""
        return {
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "ms": round(self.milliseconds, 1),
            "client": self.client,
            **self.details,
        }

    def as_text(self) -> str:
        """What :class:`TextFormatter` makes of it. A request's id was checked: it holds nothing that must be masked."""
        before, after = _word_request(self.levelno, self.method, self.route, self.status, self.client)
        if self.details:
            after += tell("", self.details)
        return f"{_format_time(self.created)} {before}{self.milliseconds:.1f}{after} request_id={self.identifier}"

    def as_json(self) -> str:
        """What :class:`JsonFormatter` makes of it."""
        before, after = _encode_request(self.levelno, self.method, self.route, self.status, self.client)
        if self.details:
            after += f", {_JSON.encode(dict(self.details))[1:-1]}"
        time_and_told = f'"time": "{_format_time(self.created)}", {before}{self.milliseconds:.1f}{after}'
        return f'{{{time_and_told}, "request_id": "{self.identifier}"}}'


@lru_cache(maxsize=256)  # the same few come again and again
def _word_request(level: int, method: str, route: str, status: int, client: str) -> tuple[str, str]:
    """What stands before and after the time that a request took, in its line."""
    head = f"{logging.getLevelName(level):<7} {RequestRecord.name}: {RequestRecord.msg}"
    return tell(head, {"method": method, "route": route, "status": status}) + " ms=", one_line(f" client={client}")


@lru_cache(maxsize=256)
def _encode_request(level: int, method: str, route: str, status: int, client: str) -> tuple[str, str]:
    """The same for a line of JSON, from the level on."""
    entry = {"level": logging.getLevelName(level), "logger": RequestRecord.name, "message": RequestRecord.msg}
    told = _JSON.encode({**entry, "method": method, "route": route, "status": status})
    return f'{told[1:-1]}, "ms": ', f', "client": {_JSON.encode(client)}'


def read_fields(record: logging.LogRecord) -> Mapping[str, Any]:
    """What a line says by fields, without secrets: ``logger.info("...", extra={"fields": {...}})``.

    Where the message says all of them already, ``says_fields`` beside them has only the JSON line repeat them.
    Only texts are masked. Masked in the finished line, a secret such as ``201`` or ``": "`` would take its form away.
    The line of a request tells nothing that its body holds, nor its query string: whatever it keeps secret, it shows.
    """
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    if type(record) is RequestRecord:
        return fields
    return {key: mask(each) if isinstance(each, str) else each for key, each in fields.items()}


def _format_time(created: float) -> str:
    seconds = int(created)
    return f"{_format_second(seconds)}.{int((created - seconds) * 1000):03d}Z"


@lru_cache(maxsize=8)
def _format_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def tell(message: str, fields: Mapping[str, Any]) -> str:
    """A message with fields behind it, in one line; a text is between quotes where it holds what would end it."""
    for key, value in fields.items():
        text = str(value)
        is_plain = isinstance(value, int | float) or _PLAIN.fullmatch(text)
        message += f" {key}={text if is_plain else json.dumps(text)}"
    return one_line(message)


def one_line(text: str) -> str:
    """Control characters written out: nobody's name or path may forge a line of the log."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
