"""What a line of the log looks like, whatever it tells and whatever it must not tell."""

from __future__ import annotations

import contextvars
import json
import logging
import sys
from collections.abc import Mapping

import pytest

from builder.logs import lines as logs
from builder.logs.lines import mask
from builder.logs.redaction import LEFT_OUT, MAX_SECRETS

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


def test_secret_that_a_thread_of_a_request_finds_is_masked_in_all_its_lines() -> None:
    def log() -> tuple[str, str]:
        logs.begin_request("req-1")
        logs.protect(["pa55word"])
        contextvars.copy_context().run(logs.protect, ["s3cr3t"])
        masked = mask("it is s3cr3t and pa55word")
        logs.begin_request("req-2")
        return masked, mask("s3cr3t")

    assert contextvars.copy_context().run(log) == ("it is *** and ***", "s3cr3t")


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
@pytest.mark.parametrize(
    ("method", "milliseconds", "level", "details"),
    [
        ("GET", 1.25, logging.INFO, {}),
        ("GET", 0.04, logging.DEBUG, {}),
        ("POST", 123456.78, logging.INFO, {"reason": "bad signature"}),
        ('A"\n\x1bB C', 100.04, logging.INFO, {"reason": 'a "b"=\\é\u2028', "path": "/\0\r\n"}),
    ],
)
def test_line_of_a_request_is_like_any_other(
    formatter: logging.Formatter, method: str, milliseconds: float, level: int, details: dict[str, str]
) -> None:
    record = logging.LogRecord("builder.access", level, "path", 1, "request", (), None)
    told = {"method": method, "route": "/cluster-types", "status": 200, "ms": round(milliseconds, 1)}
    record.fields = {**told, "client": "127.0.0.1", **details}

    def format_both() -> tuple[str, str]:
        logs.begin_request("req-1")
        request = logs.RequestRecord(method, "/cluster-types", 200, milliseconds, "127.0.0.1", level, details)
        record.created = request.created
        made_later = contextvars.Context().run(formatter.format, request)
        return made_later, formatter.format(record)

    quick, usual = contextvars.copy_context().run(format_both)
    assert quick == usual


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
@pytest.mark.parametrize(("number", "length"), [(MAX_SECRETS, 10), (MAX_SECRETS // 2, 3000)])
def test_line_leaves_out_every_text_when_there_are_too_many_secrets_to_look_for(
    formatter: logging.Formatter, number: int, length: int
) -> None:
    secrets = [f"s3cr3t-{each}".ljust(length, "x") for each in range(number)]

    def log() -> str:
        logs.begin_request("req-1")
        logs.protect(secrets)
        logs.protect(["one more"])
        try:
            int(secrets[7])
        except ValueError:
            record = logging.LogRecord("x", logging.INFO, "path", 1, f"it is {secrets[7]}", (), sys.exc_info())
        record.fields = {"name": secrets[7], "ms": 12.5}
        return formatter.format(record)

    line = contextvars.copy_context().run(log)
    assert "s3cr3t" not in line
    assert line.count(LEFT_OUT) == 3
    assert "12.5" in line
    assert "req-1" in line


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_line_of_a_request_is_whole_however_many_secrets_there_are(formatter: logging.Formatter) -> None:
    def log() -> str:
        logs.begin_request("req-1")
        logs.protect(["GET", "/cluster-types", *map(str, range(100_000))])
        return formatter.format(logs.RequestRecord("GET", "/cluster-types", 200, 1.25, "127.0.0.1"))

    line = contextvars.copy_context().run(log)
    assert "***" not in line
    assert "/cluster-types" in line


@pytest.mark.parametrize("formatter", [logs.TextFormatter(), logs.JsonFormatter()])
def test_text_without_end_is_cut_and_no_secret_at_the_cut_is_shown(formatter: logging.Formatter) -> None:
    line = format_line(formatter, "s3cr3t", "x" * (logs.MAX_TEXT - 3) + "s3cr3t" + "y" * 100_000, {})
    assert len(line) < logs.MAX_TEXT + 200
    assert "xxx***" in line
    assert "s3c" not in line


def test_method_of_a_request_forges_no_line() -> None:
    line = logs.TextFormatter().format(logs.RequestRecord("A\nB C", "/", 405, 0.1, "::1"))
    assert 'method="A\\nB C"' in line
    assert line.isprintable()
