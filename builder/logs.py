"""Logging: where lines go, what they look like, and what never gets into them.

Lines go to standard output, and to a file where one is named; as text for people or as one JSON object a line for
machines. Whatever happens to the log (a full disk, a closed pipe, a reader that stalls) never disturbs the service.

Secrets are kept out twice. Nothing of ours logs one; and the secrets of the request that is being served are known
here, by context, so that a line which holds one after all, from whatever library, is mended when it is made.
The OpenStack clients and urllib3 are never logged below WARNING: at DEBUG they print whole requests.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
import sys
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from logging.handlers import WatchedFileHandler
from typing import Any

from builder.errors import ConfigurationError
from builder.log_output import LogOutput
from builder.redaction import Redactor

logger = logging.getLogger(__name__)

_TALKATIVE = (
    "keystoneauth",
    "keystoneauth1",
    "heatclient",
    "openstack",
    "urllib3",
    "requests",
    "stevedore",
    "watchdog",
)

MAX_TEXT = 16 * 1024
"""How many characters of a text are shown: the longest tracebacks, those of a failed call to a cloud, have 10,000."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being served, in each of its lines."""

_JSON = json.JSONEncoder(default=str)

_PLAIN = re.compile(r'[^ "=]+')

_NO_SECRETS = Redactor()

_redactor: ContextVar[Redactor] = ContextVar("redactor", default=_NO_SECRETS)


def begin_request(identifier: str) -> None:
    """Log under this request's id from now on; the secrets of an earlier request on the connection are forgotten."""
    request_id.set(identifier)
    _redactor.set(_NO_SECRETS)


def protect(secrets: Iterable[str]) -> None:
    """Keep these secrets out of every line that is logged while this request is served, in any of its threads."""
    _redactor.set(_redactor.get().with_further(secrets))


def configure_logging(level: str, style: str = "text", file: str | None = None) -> None:
    """Have everything logged from ``level`` on, as ``text`` or ``json``, to standard output and to a file, if any.

    Raises ConfigurationError where the file cannot be written.
    """
    formatter = JsonFormatter() if style == "json" else TextFormatter()
    handlers: list[logging.Handler] = [LogOutput(sys.stdout.fileno(), sys.stdout.encoding)]
    if file is not None:
        try:
            handlers.append(LogFile(file, encoding="utf-8"))
        except OSError as error:
            raise ConfigurationError(f"LOG_FILE: {file!r} cannot be written: {error.strerror}") from error
    for handler in handlers:
        handler.setFormatter(formatter)
    _leave_out_what_nobody_reads()
    logging.raiseExceptions = False  # a log that cannot be written is nobody's fault who is being served
    logging.basicConfig(level=level, handlers=handlers, force=True)
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    for name in ("sanic.root", "sanic.server", "sanic.error", "sanic.access"):
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True
        other.setLevel(logging.NOTSET if logging.getLogger().level <= logging.DEBUG else logging.WARNING)


class LogFile(WatchedFileHandler):
    """A file that may be rotated, and that may fail: what it does not take is lost, and tried anew with the next line.

    ``WatchedFileHandler`` looks for another file at its path, and opens it, where nobody catches what goes wrong: the
    exception would end whatever it was that logged.
    """

    _is_failing = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, if that is possible."""
        was_failing, self._is_failing = self._is_failing, False
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)
        if self._is_failing and not was_failing:
            logger.warning("LOG_FILE: %r cannot be written: %s", self.baseFilename, self._reason)
            self._is_failing = True  # it was asked to write this line, too

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the name is logging's
        """Let go of a file that cannot be written: see :meth:`logging.Handler.handleError`."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._is_failing, self._reason = True, error.strerror
        stream, self.stream = self.stream, None  # another is opened with the next line
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _leave_out_what_nobody_reads() -> None:
    """Have :mod:`logging` not look for source lines, threads and processes: its HOWTO, section "Optimization"."""
    logging._srcfile = None
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False


class TextFormatter(logging.Formatter):
    """``2026-11-22T21:00:00.123Z INFO  builder.catalogue: message [request id] key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without secrets; a traceback follows in lines of its own."""
        if type(record) is RequestRecord:
            return record.as_text()
        told = mask(record.getMessage())
        told += "".join([f" {key}={_quote(value)}" for key, value in _fields(record).items()])
        line = f"{_format_time(record)} {record.levelname:<7} {record.name}: {_one_line(told)}"
        if identifier := request_id.get():
            line += f" request_id={identifier}"
        if record.exc_info:
            line += "\n" + mask(self.formatException(record.exc_info))
        return line


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields of the line, request_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without secrets."""
        entry: dict[str, Any] = {
            "time": _format_time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": mask(record.getMessage()),
            **_fields(record),
        }
        if identifier := request_id.get():
            entry["request_id"] = identifier
        if record.exc_info:
            entry["exception"] = mask(self.formatException(record.exc_info))
        return _JSON.encode(entry)


def mask(text: str) -> str:
    """``text`` without the secrets of the request that is being served, and cut if it is too long."""
    return _redactor.get().mask(text, MAX_TEXT) + "…" * (len(text) > MAX_TEXT)


class RequestRecord(logging.LogRecord):
    """The line of one request, which is made, and made text, in a third of the time that any other line takes.

    There is one for every request: at the usual pace of :mod:`logging` it would cost as much as half a listing.
    """

    levelno, levelname = logging.INFO, logging.getLevelName(logging.INFO)
    name = "builder.access"
    msg, args = "request", None
    exc_info = exc_text = stack_info = None

    def __init__(self, method: str, route: str, status: int, milliseconds: float, client: str) -> None:
        self.created = created = time.time()
        self.msecs = created % 1 * 1000
        self.method = method
        self.route = route
        self.status = status
        self.milliseconds = milliseconds
        self.client = client

    @property
    def fields(self) -> Mapping[str, Any]:
        """What the line says, as any other line does it: see :func:`_fields`."""
        return {
            "method": self.method,
            "route": self.route,
            "status": self.status,
            "ms": round(self.milliseconds, 1),
            "client": self.client,
        }

    def as_text(self) -> str:
        """What :class:`TextFormatter` makes of it."""
        return _one_line(
            f"{_format_second(int(self.created))}.{int(self.msecs):03d}Z INFO    {self.name}: request "
            f"method={_quote_text(self.method)} route={self.route} status={self.status} ms={self.milliseconds:.1f} "
            f"client={self.client} request_id={request_id.get()}"
        )


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    """What a line says by fields, without secrets: ``logger.info("...", extra={"fields": {...}})``.

    Only texts are masked. Masked in the finished line, a secret such as ``201`` or ``": "`` would take its form away.
    The line of a request tells nothing that its body holds, nor its query string: whatever it keeps secret, it shows.
    """
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    if type(record) is RequestRecord:
        return fields
    return {key: mask(each) if isinstance(each, str) else each for key, each in fields.items()}


def _format_time(record: logging.LogRecord) -> str:
    return f"{_format_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=8)
def _format_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _quote(value: object) -> str:
    return str(value) if isinstance(value, int | float) else _quote_text(str(value))


@lru_cache(maxsize=256)  # routes, methods and clients come again and again
def _quote_text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _one_line(text: str) -> str:
    """Control characters written out: nobody's name or path may forge a line of the log."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
