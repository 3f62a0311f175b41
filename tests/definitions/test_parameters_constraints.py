"""Constraints that need more than a line: patterns on hostile text, custom constraints, the clock and the host."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builder.clusters.answers import check_answers
from builder.parameters.declarations import find_default_faults, parse_parameter
from builder.pattern_matching.matching import limited


def passes(constraint: dict[str, Any], value: Any) -> bool:
    parameter = parse_parameter("p", {"type": "string", "constraints": [constraint]})
    return not check_answers({"p": parameter}, {"p": value}).faults


@pytest.mark.parametrize(
    ("pattern", "text", "taken"),
    [
        ("[a-z]+", "abc", True),
        ("[a-z]+", "abc!", False),
        ("[a-z]+", "!abc", False),
        ("^[a-z]+$", "abc\n", False),
        ("a|ab", "ab", False),
        (r"\w+\Z", "ünï", True),
        ("", "x", False),
    ],
)
def test_pattern_must_match_the_whole_value(pattern: str, text: str, taken: bool) -> None:
    assert passes({"allowed_pattern": pattern}, text) is taken


@pytest.mark.parametrize(
    ("constraint", "value", "taken"),
    [
        ({"allowed_pattern": ".*"}, ["a"], False),
        ({"allowed_pattern": ".*"}, {"a": 1}, False),
        ({"allowed_pattern": ""}, [], False),
        ({"length": {"min": 1}}, [], False),
        ({"length": {"max": 1}}, ["a" * 9], True),
        ({"length": {"max": 1}}, {"a": 1, "b": 2}, False),
        ({"allowed_values": ["a", "b"]}, ["b", "a"], True),
        ({"allowed_values": ["a", "b"]}, ["b", "c"], False),
        ({"allowed_values": [1, 2]}, [2], True),
        ({"allowed_values": ["a"]}, {"a": 1}, False),
        ({"allowed_values": ["{'a': 1}"]}, {"a": 1}, True),
        ({"custom_constraint": "ip_addr"}, ["a"], True),
    ],
)
def test_list_or_object_for_a_string_is_judged_as_heat_does(
    constraint: dict[str, Any], value: Any, taken: bool
) -> None:
    assert passes(constraint, value) is taken


@pytest.mark.parametrize("text", ["ab" * 7 + "!", "ab" * 10_000 + "!", "ab" * 10_000 + "\n"], ids=len)
def test_text_with_a_character_out_of_place_is_refused_at_any_length(text: str) -> None:
    assert not passes({"allowed_pattern": "^(a|b)+$"}, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(\w+\s?)*", "two words " * 1_000),
        (r"([^,]+,?)*", "two words, " * 1_000),
        (r"(?:\d|[a-f\]]|\.|-)*", "3f]-.9" * 10),
        (r"(?P<word>a+\b.)*", "aaa!" * 10),
        ("(?i:a|b)*", "aBAb" * 10),
        (r"(a|b{2}|{)*", "abb{" * 10),
        (r"((?=a)a|b)*", "ab" * 10),
        (r"(.|\n)*", "a\n" * 100_000),
        (r"^(.*)\1$", "long" * 200),
        (r"([\ud800-\udfff]+x?)*", "\ud800" * 100),
    ],
)
def test_long_text_is_judged_as_python_does(pattern: str, text: str) -> None:
    assert passes({"allowed_pattern": pattern}, text)
    assert not passes({"allowed_pattern": pattern + "!"}, text)


def test_answer_that_takes_too_long_is_refused_in_words_of_its_own() -> None:
    constraint = {"allowed_pattern": "^(a+)+$", "description": "Letters only."}
    parameter = parse_parameter("p", {"type": "string", "label": "Name", "constraints": [constraint]})
    with limited(0.01):
        (fault,) = check_answers({"p": parameter}, {"p": "a" * 50 + "!"}).faults
    assert fault.detail == "Name takes too long to match against the pattern ^(a+)+$; a shorter one may not."


def test_default_that_takes_too_long_is_a_fault() -> None:
    constraint = {"allowed_pattern": "^(a+)+$"}
    parameter = parse_parameter("p", {"type": "string", "default": "a" * 50 + "!", "constraints": [constraint]})
    with limited(0.01):
        (fault,) = find_default_faults(parameter)
    assert fault.startswith("the default takes too long to match")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("ip_addr", "2001:db8::1", "192.168.1"),
        ("net_cidr", "10.0.0.0/8", "10.0.0.0"),
        ("ip_or_cidr", "10.0.0.1", "10.0.0.0/40"),
        ("mac_addr", "52:54:00:12:34:56", "52:54:00:12"),
        ("dns_name", "a.example.org.", "-a"),
        ("rel_dns_name", "a.b", "a.b."),
        ("dns_domain", "example.org.", "example.org"),
        ("cron_expression", "*/5 0 * * mon-fri", "61 * * * *"),
        ("timezone", "Europe/London", "Europe/Nowhere"),
        ("iso_8601", "2030-01-01T00:00", "soon"),
        ("json_string", "{}", "{"),
    ],
)
def test_custom_constraint_is_judged_without_a_cloud(name: str, good: str, bad: str) -> None:
    assert passes({"custom_constraint": name}, good)
    assert not passes({"custom_constraint": name}, bad)


@pytest.mark.parametrize(
    ("weekdays", "taken"),
    [
        ("1,2#3", False),
        ("2,2#3", True),
        ("0-6,2#1", True),
        ("*,0-4,5#1", True),
        ("*,0-3,5#1", False),
        ("mon-fri#2,1", True),
        ("tue-mon/3,2#1,5#1", True),
        ("tue-mon/3,2#1", False),
    ],
)
def test_cron_takes_plain_weekdays_beside_counted_ones_only_where_these_cover_them(weekdays: str, taken: bool) -> None:
    assert passes({"custom_constraint": "cron_expression"}, f"0 0 * * {weekdays}") is taken


@pytest.mark.parametrize(("length", "taken"), [(252, True), (253, False)])
def test_relative_name_leaves_room_for_a_domain(length: int, taken: bool) -> None:
    name = "a." * ((length - 1) // 2) + "a" * (2 - length % 2)
    assert len(name) == length
    assert passes({"custom_constraint": "rel_dns_name"}, name) is taken


@pytest.mark.parametrize("name", ["nova.flavor", "glance.image", "neutron.network", "made.up"])
def test_custom_constraint_on_a_cloud_is_left_to_it(name: str) -> None:
    assert passes({"custom_constraint": name}, "anything")


@pytest.mark.parametrize(
    ("away", "taken"),
    [
        (timedelta(days=1), True),
        (timedelta(minutes=-1), True),
        (timedelta(hours=-1), False),
        (timedelta(days=-400), False),
    ],
)
def test_expiration_lies_ahead_but_for_the_difference_of_clocks(away: timedelta, taken: bool) -> None:
    moment = datetime.now(UTC) + away
    assert passes({"custom_constraint": "expiration"}, moment.isoformat()) is taken


@pytest.mark.parametrize(("zone", "taken"), [("Europe/London", True), ("US/Pacific", True), ("Europe/Nowhere", False)])
def test_time_zone_is_judged_on_a_host_without_a_database(tmp_path: Path, zone: str, taken: bool) -> None:
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=[str(tmp_path)])
    try:
        assert passes({"custom_constraint": "timezone"}, zone) is taken
    finally:
        zoneinfo.reset_tzpath()
