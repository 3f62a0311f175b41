"""Which cases of a rule ``make test`` takes, where all of them take long: ``make test-exhaustive`` takes the others.

Of cases that are generated, it takes five times as many.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pytest


def some_of(cases: Iterable[Any], *chosen: Any) -> list[Any]:
    """All the cases, as ``parametrize`` takes them: those that are not chosen are marked as exhaustive.

    Each case is one value, or a tuple of those of several parameters.
    """
    return [
        case if case in chosen else pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=_LEFT)
        for case in cases
    ]


def share_of(number: int) -> int:
    """How many of so many generated cases a test takes, which is marked as generated."""
    return number if "ALL_CASES" in os.environ else number // 5


_LEFT = pytest.mark.exhaustive
