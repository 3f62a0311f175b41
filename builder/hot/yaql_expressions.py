"""Expressions of yaql, which Heat parses with the templates that they are in. None is evaluated here."""

from __future__ import annotations

from functools import cache
from typing import Any

from builder.hot.values import Json, Unresolved

MAX_EXPRESSION = 10_000
"""In characters: a longer one, of which nobody has seen any, is not parsed, so that it takes no time."""


@cache
def _load_engine() -> Any:
    import yaql  # few templates have an expression, and its grammar takes a while to build

    return yaql.YaqlFactory().create()


def is_expression(value: Json) -> bool:
    """Whether Heat can parse an expression, or nobody knows before a launch."""
    if isinstance(value, Unresolved):
        return True
    if not isinstance(value, str):
        return False
    from yaql.language.exceptions import YaqlException  # as above

    try:
        if len(value) <= MAX_EXPRESSION:
            _load_engine()(value)
    except (YaqlException, RecursionError) as error:
        return isinstance(error, RecursionError)
    return True
