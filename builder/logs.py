"""Logging: where lines go, what they look like, and what never gets into them.

Lines go to standard output, and to a file where one is named; as text for people or as one JSON object a line for
machines. Whatever happens to the log (a full disk, a closed pipe) never disturbs the service.

Secrets are kept out twice. Nothing of ours logs one; and the secrets of the request that is being served are known
here, by context, so that a line which holds one after all, from whatever library, is mended before it is written.
The OpenStack clients and urllib3 are never logged below WARNING: at DEBUG they print whole requests.
"""

from __future__ import annotations

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

from builder import redaction
from builder.errors import ConfigurationError

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

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being served, in each of its lines."""

_JSON = json.JSONEncoder(default=str)

_PLAIN = re.compile(r'[^ "=]+')

_secrets: ContextVar[tuple[str, ...]] = ContextVar("secrets", default=())


def begin_request(identifier: str) -> None:
    """Log under this request's id from now on; the secrets of an earlier request on the connection are forgotten."""
    request_id.set(identifier)
    _secrets.set(())


def protect(secrets: Iterable[str]) -> None:
    """Keep these secrets out of every line that is logged while this request is served, in any of its threads."""
    _secrets.set((*_secrets.get(), *secrets))


def configure_logging(level: str, style: str = "text", file: str | None = None) -> None:
    """Have everything logged from ``level`` on, as ``text`` or ``json``, to standard output and to a file, if any.

    Raises ConfigurationError where the file cannot be written.
    """
    formatter = JsonFormatter() if style == "json" else TextFormatter()
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stdout)]
    if file is not None:
        try:
            handlers.append(WatchedFileHandler(file, encoding="utf-8"))
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
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET if logging.getLogger().level <= logging.DEBUG else logging.WARNING)


def _leave_out_what_nobody_reads() -> None:
    """Have :mod:`logging` not look for source lines, threads and processes: its HOWTO, section "Optimization"."""
    logging._srcfile = None
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False


class TextFormatter(logging.Formatter):
    """``2026-11-22T21:00:00.123Z INFO  builder.catalogue: message [request id] key=value``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without secrets; a traceback follows in lines of its own."""
        line = f"{_format_time(record)} {record.levelname:<7} {record.name}: {record.getMessage()}"
        line += "".join([f" {key}={_quote(value)}" for key, value in _fields(record).items()])
        if identifier := request_id.get():
            line += f" request_id={identifier}"
        line = _one_line(line)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return mask(line)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the fields of the line, request_id, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without secrets."""
        entry: dict[str, Any] = {
            "time": _format_time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if identifier := request_id.get():
            entry["request_id"] = identifier
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return mask(_JSON.encode(entry))


def mask(text: str) -> str:
    """``text`` without the secrets of the request that is being served."""
    secrets = _secrets.get()
    return redaction.mask(text, secrets) if secrets else text


def _fields(record: logging.LogRecord) -> Mapping[str, Any]:
    """What a line says by fields: ``logger.info("...", extra={"fields": {...}})``."""
    fields: Mapping[str, Any] = getattr(record, "fields", {})
    return fields


def _format_time(record: logging.LogRecord) -> str:
    return f"{_format_second(int(record.created))}.{int(record.msecs):03d}Z"


@lru_cache(maxsize=8)
def _format_second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


def _quote(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text)


def _one_line(text: str) -> str:
    """Control characters written out: nobody's name or path may forge a line of the log."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
