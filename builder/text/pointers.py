"""JSON pointers (RFC 6901), taken apart and put together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Token = str | int

Tokens = tuple[Token, ...]
"""A JSON pointer, taken apart."""

CONTAINERS: Final = (dict, list)
"""What a pointer leads through. A tuple, for every value of a template is asked whether it is one of these, and
``dict | list`` takes three times as long to answer."""


def escape_pointer_token(token: str) -> str:
    """Escape one reference token (RFC 6901, section 3).

    >>> escape_pointer_token("a/b~c")
    'a~1b~0c'
    """
    return token.replace("~", "~0").replace("/", "~1")


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """The reference tokens of an RFC 6901 JSON pointer.

    >>> parse_pointer("/cluster/parameters/a~1b")
    ('cluster', 'parameters', 'a/b')
    """
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:])


def format_pointer(tokens: Iterable[Token]) -> str:
    """Join reference tokens to an RFC 6901 JSON pointer.

    >>> format_pointer(["cluster", "parameters", "a/b", 0])
    '/cluster/parameters/a~1b/0'
    """
    return "".join(f"/{escape_pointer_token(str(token))}" for token in tokens)
