"""What is counted of an answer before it is parsed: never less than a parser would make of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.openstack import answer_limits
from builder.openstack.answer_limits import LONG_ANSWER, MAX_DEPTH, MAX_VALUES, AnswerMeter, TooMuchError

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text('\\",[{]}:', max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('a\\",[{', max_size=4), inner, max_size=4),
    max_leaves=25,
)


def count_values(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else max(1, len(inner)) + sum(map(count_values, inner))


def count_levels(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(count_levels, inner), default=0)


def feed(content: bytes, size: int = 65536, max_bytes: int = LONG_ANSWER) -> None:
    meter = AnswerMeter(max_bytes)
    for start in range(0, len(content), size):
        meter.feed(content[start : start + size])


def is_accepted(content: bytes, size: int, monkeypatch: pytest.MonkeyPatch, *, values: int, depth: int) -> bool:
    with monkeypatch.context() as patch:
        patch.setattr(answer_limits, "MAX_VALUES", values)
        patch.setattr(answer_limits, "MAX_DEPTH", depth)
        try:
            feed(content, size)
        except TooMuchError:
            return False
    return True


@given(value=JSON_VALUES, size=st.integers(1, 7), indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_values_and_depth_are_those_of_the_parsed_text_in_whatever_pieces_it_comes(
    value: Any, size: int, indent: int | None, ascii_only: bool
) -> None:
    content = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")
    values, depth = count_values(value), count_levels(value)
    with pytest.MonkeyPatch.context() as patch:
        assert is_accepted(content, size, patch, values=values, depth=depth)
        assert not values or not is_accepted(content, size, patch, values=values - 1, depth=depth)
        assert not depth or not is_accepted(content, size, patch, values=values, depth=depth - 1)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b" " * (LONG_ANSWER + 1), "more than 4,194,304 bytes"),
        (b'{"":0},' * MAX_VALUES, "more than 60,000 values"),
        (b"0," * (MAX_VALUES + 1), "more than 60,000 values"),
        (b"[" * (MAX_DEPTH + 1), "values nest more than 100 levels deep"),
        (b'{"a":' * (MAX_DEPTH + 1), "values nest more than 100 levels deep"),
    ],
)
def test_what_is_too_much_is_told(content: bytes, why: str) -> None:
    with pytest.raises(TooMuchError, match=f"^{why}$"):
        feed(content)


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(["[{," * 100_000]).encode(),
        json.dumps(['"\\[{,' * 100_000]).encode(),
        json.dumps("\\" * 100_001).encode(),
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b"[" + b"0," * (MAX_VALUES - 2) + b"0]",
    ],
)
def test_texts_that_look_like_values_and_whatever_just_fits_are_accepted(content: bytes) -> None:
    feed(content)
