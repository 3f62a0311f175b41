"""Texts that stand for the files that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from builder.hot_lint.conflicts.judged import Judged, find_mappings, find_text
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.sources import explain_path, looks_like_path

PATH_AS_TEXT: Final = "path-as-text"
"""The rule of a path where a service takes the text itself."""


_MISSPELT_HEADER: Final = re.compile(
    r"\s*((?!#cloud-config)(?:#[ \t]*!?[ \t]*)?cloud[-_ ]?config:?)[ \t]*(?:\n|$)", re.IGNORECASE
)
"""A first line that was meant to be the one by which cloud-init tells a cloud-config: ``cloudinit.handlers``."""


def judge_text(resource: Judged) -> Iterator[TemplateProblem]:
    """A path in place of what is in the file, of a script or of a public key; and a cloud-config that is none."""
    for name in ("user_data", "config", "public_key"):
        yield from _judge(resource, find_text(resource.properties, name), name)
    for number, part in find_mappings(resource.properties.get("parts")):
        yield from _judge(resource, find_text(part, "config"), "parts", number, "config")


def _judge(resource: Judged, text: str, *place: str | int) -> Iterator[TemplateProblem]:
    if header := _MISSPELT_HEADER.match(text):
        message = f"cloud-init takes nothing that begins with {header[1]!r} for a cloud-config"
        yield resource.problem("cloud-config-header", message, *place, hint="begin it with #cloud-config")
    if looks_like_path(text):
        message, hint = explain_path(text)
        yield resource.problem(PATH_AS_TEXT, message, *place, hint=hint)
