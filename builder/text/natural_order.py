"""The order in which people look for names: ``node2`` before ``node10``, and what is in a folder together."""

from __future__ import annotations

import re

_DIGITS = re.compile("([0-9]+)")


def natural_key(path: str) -> tuple[list[list[str | tuple[int, str]]], str]:
    """What a path is sorted by: folder by folder, in them by letters whatever their case, and by numbers as numbers.

    A number is compared by its length first: one may have more digits than Python makes a number of. What is alike but
    for case or leading zeros stays in one order, too.
    """
    folders: list[list[str | tuple[int, str]]] = [
        [
            (len(number := part.lstrip("0")), number) if place % 2 else part.casefold()
            for place, part in enumerate(_DIGITS.split(name))
        ]
        for name in path.split("/")
    ]
    return (folders, path)
