"""Paths that are given in place of what is in the file, and scripts whose kind cloud-init does not recognise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from builder.hot.functions import REPLACING
from builder.hot_lint.conflicts.judged import Judged, find_mappings, find_text
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.sources import explain_path, looks_like_path
from builder.text.excerpts import shorten

PATH_AS_TEXT: Final = "path-as-text"
"""The rule id of a path that is given where a service wants the text itself."""

_RULE: Final = "cloud-config-header"
_MAX_SHOWN: Final = 60
"""In characters: as much of a header as a message quotes, more than the path of any interpreter has."""

_MISSPELT_HEADER: Final = re.compile(
    r"\s*((?!#cloud-config)(?:#[ \t]*!?[ \t]*)?cloud[-_ ]?config:?)[ \t]*(?:\n|$)", re.IGNORECASE
)
"""A first line that is nearly ``#cloud-config``, by which alone cloud-init recognises one: ``cloudinit.handlers``."""


_HEADER: Final = r"#(?:!|cloud-|include|part-handler|upstart-job|# *template:)"
_LATE_HEADER: Final = re.compile(
    rf"\s*(?!{_HEADER})#[^\n]*\n(?:[ \t]*(?:(?!{_HEADER})#[^\n]*)?\n)*(#!/[^\n]*|#cloud-config)"
)
"""Comments, and below them the line by which cloud-init recognises what a text is, which has to be the first."""


def judge_text(resource: Judged, files: Mapping[str, str]) -> Iterator[TemplateProblem]:
    """Yield a problem for a path in place of a script or a public key, and for a script that cloud-init does not run.

    ``files`` maps the name of each file that the template includes to its text.
    """
    for name in ("user_data", "config"):
        yield from _judge_header(resource, resource.properties.get(name), files, name)
    for name in ("user_data", "config", "public_key"):
        yield from _judge(resource, find_text(resource.properties, name), name)
    for number, part in find_mappings(resource.properties.get("parts")):
        yield from _judge(resource, find_text(part, "config"), "parts", number, "config")


def _judge(resource: Judged, text: str, *place: str | int) -> Iterator[TemplateProblem]:
    if header := _MISSPELT_HEADER.match(text):
        message = f"cloud-init takes no text for a cloud-config that begins with {header[1]!r}"
        yield resource.problem(_RULE, message, *place, hint="begin it with #cloud-config")
    if looks_like_path(text):
        message, hint = explain_path(text)
        yield resource.problem(PATH_AS_TEXT, message, *place, hint=hint)


def _judge_header(
    resource: Judged, value: Any, files: Mapping[str, str], *place: str | int
) -> Iterator[TemplateProblem]:
    if isinstance(value, dict) and len(value) == 1:
        ((function, arguments),) = value.items()
        if function in REPLACING and isinstance(arguments, dict):
            yield from _judge_header(resource, arguments.get("template"), files, *place, function, "template")
        elif function == "get_file" and isinstance(arguments, str) and (header := _find_late(files.get(arguments))):
            message = f"cloud-init does not run {arguments}: a comment stands above {header!r}"
            yield resource.problem(_RULE, message, *place, function, hint=f"begin the file with {header}")
    elif isinstance(value, str) and (header := _find_late(value)):
        message = f"cloud-init does not run this: a comment stands above {header!r}"
        yield resource.problem(_RULE, message, *place, hint=f"begin it with {header}")


def _find_late(text: str | None) -> str:
    """The ``#!`` or ``#cloud-config`` line of a text, if comments stand above it; else ``""``."""
    found = _LATE_HEADER.match(text or "")
    return shorten(found[1], _MAX_SHOWN) if found else ""
