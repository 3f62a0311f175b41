"""Texts as people see them: in lines, and cut where they are long."""

from __future__ import annotations

import re

_LINE_BREAK = re.compile("\r\n|\n|\r")


def split_lines(text: str) -> list[str]:
    """The lines of a text, as editors count them: not by every character that ends one to Unicode."""
    return _LINE_BREAK.split(text)


def shorten(text: str, most: int) -> str:
    """The text, cut off where it has more than ``most`` characters.

    >>> shorten("abcdef", 3)
    'abc…'
    """
    return text if len(text) <= most else f"{text[:most]}…"


def show_printable(text: str) -> str:
    """The text without control characters, which might move a terminal's cursor."""
    return "".join(character if character.isprintable() or character == "\t" else "�" for character in text)
