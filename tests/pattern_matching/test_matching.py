"""A text is matched at once or by a process, and never for longer than it may take."""

from __future__ import annotations

import pytest

from builder.hot.patterns import parse_pattern
from builder.pattern_matching import matching
from builder.pattern_matching.matching import MatchingTimeoutError, limited, matches


def test_text_that_takes_too_long_ends_with_its_time() -> None:
    parsed = parse_pattern("(a+)+$")
    with limited(0.05), pytest.raises(MatchingTimeoutError):
        matches(parsed, "a" * 60 + "!")
    assert matches(parsed, "a" * 60)


def test_time_is_for_all_texts_together() -> None:
    parsed = parse_pattern("(a+)+$")
    with limited(0.05):
        assert matches(parsed, "a" * 60)
        for text in ("a" * 60 + "!", "a" * 60, "a"):
            with pytest.raises(MatchingTimeoutError):
                matches(parsed, text)


def test_text_that_may_take_long_is_tried_by_another_process() -> None:
    matching._end_all()
    assert matches(parse_pattern("(a+)+$"), "a" * 60)
    assert any(process._process is not None for process in matching._all)


def test_text_that_takes_too_much_memory_is_given_up() -> None:
    with pytest.raises(MatchingTimeoutError):
        matches(parse_pattern("(?:(a)(b)?(c)?(d)?(e)?(f)?(g)?(h)?)*x"), "a" * 8_000_000)


def test_no_process_is_started_where_none_is_needed() -> None:
    matching._end_all()
    assert matches(parse_pattern("[a-z]+"), "abc")
    assert all(process._process is None for process in matching._all)
