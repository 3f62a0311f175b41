"""What a line of the log looks like, whatever it tells and whatever it must not tell."""

from __future__ import annotations

import contextvars
import json
import logging
from collections.abc import Mapping

import pytest

from builder import logs

FIELDS = {"route": "/clusters", "status": 201, "ms": 49.2, "name": "my-cluster"}


def format_line(formatter: logging.Formatter, secret: str, message: str, fields: Mapping[str, object] = FIELDS) -> str:
    def log() -> str:
        logs.begin_request("req-1")
        logs.protect([secret])
        record = logging.LogRecord("builder.access", logging.INFO, "path", 1, "%s", (message,), None)
        record.fields = fields
        return formatter.format(record)

    return contextvars.copy_context().run(log)


@pytest.mark.parametrize("secret", ['": "', '", "', '{"time', "201", "49", "2", "INFO", "status", "time", "\\"])
def test_secret_takes_nothing_away_from_the_form_of_a_json_line(secret: str) -> None:
    entry = json.loads(format_line(logs.JsonFormatter(), secret, "request"))
    assert entry.keys() == {"time", "level", "logger", "message", "request_id", *FIELDS}
    assert (entry["status"], entry["ms"], entry["level"]) == (201, 49.2, "INFO")


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_secret_is_masked_in_message_and_fields(formatter: logging.Formatter) -> None:
    line = format_line(formatter, "s3cr3t", "it is s3cr3t", {"name": "my-s3cr3t"})
    assert "s3cr3t" not in line
    assert line.count("***") == 2


def test_text_line_keeps_numbers_that_equal_a_secret() -> None:
    assert " status=201 ms=49.2 " in format_line(logs.TextFormatter(), "201", "request")


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_line_of_a_request_is_like_any_other(formatter: logging.Formatter) -> None:
    request = logs.RequestRecord("GET", "/cluster-types", 200, 1.25, "127.0.0.1")
    record = logging.LogRecord("builder.access", logging.INFO, "path", 1, "request", (), None)
    record.created, record.msecs = request.created, request.msecs
    record.fields = {"method": "GET", "route": "/cluster-types", "status": 200, "ms": 1.2, "client": "127.0.0.1"}

    def format_both() -> tuple[str, str]:
        logs.begin_request("req-1")
        return formatter.format(request), formatter.format(record)

    quick, usual = contextvars.copy_context().run(format_both)
    assert quick == usual


def test_method_of_a_request_forges_no_line() -> None:
    line = logs.TextFormatter().format(logs.RequestRecord("A\nB C", "/", 405, 0.1, "::1"))
    assert 'method="A\\nB C"' in line
    assert line.isprintable()
