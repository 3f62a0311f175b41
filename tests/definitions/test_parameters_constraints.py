"""Constraints that need more than a line: patterns on hostile text, custom constraints, the clock and the host."""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builder.definitions.constraint_patterns import LONGEST, find_longest_judged
from builder.definitions.parameters import check_answers, parse_parameter


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


@pytest.mark.parametrize(
    "pattern",
    [
        r"(\w+\s?)*$",
        "(a+)+$",
        "(a|a)*$",
        "(a|a|a)*$",
        "(a+a?)*$",
        "(a?a?a?)*$",
        "(a|ab|b)*c",
        "((a?){9}){9}$",
        "(?:a|a){30}$",
        "a*a*a*a*a*a*b",
        ".*.*.*=.*",
    ],
)
def test_pattern_that_backtracks_without_end_cannot_hold_the_service(pattern: str) -> None:
    longest = min(find_longest_judged(pattern), 5_000)
    for text in ("a" * (longest - 1) + "!", "a" * 100_000, "a" * 100_000 + "!"):
        passes({"allowed_pattern": pattern}, text)


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [
        ("[a-z]+", LONGEST),
        ("[a-zA-Z][a-zA-Z0-9_-]*", LONGEST),
        ("[a-z]([-a-z0-9]*[a-z0-9])?", LONGEST),
        ("a{3}b?(c|d)", LONGEST),
        (r"\(\*\)[*+(]+", LONGEST),
        (r"[^]*+(]x*", LONGEST),
        ("(?:abc)*", LONGEST),
        ("([0-9a-f]{2}:){5}[0-9a-f]{2}", LONGEST),
        (r"((25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)\.){3}(25[0-5]|2[0-4][0-9]|[01]?[0-9][0-9]?)", LONGEST),
        ("[a-z]+-[0-9]+", 1_414),
        (r"([0-9]+\.){3}[0-9]+", 69),
        ("([a-z0-9]+-)*[a-z0-9]+", 13),
        ("(a|b)+", 15),
        (r"(\w+\s?)*", 10),
        ("(a|b){9}", LONGEST),
        ("(a|b){20}", 0),
        ("a?" * 20, 0),
    ],
)
def test_bound_of_a_pattern_follows_from_its_repetitions(pattern: str, longest: int) -> None:
    assert find_longest_judged(pattern) == longest


@pytest.mark.parametrize("text", ["ab" * 7 + "!", "ab" * 10_000 + "!", "ab" * 10_000 + "\n"], ids=len)
def test_text_with_a_character_out_of_place_is_refused_at_any_length(text: str) -> None:
    assert not passes({"allowed_pattern": "^(a|b)+$"}, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"(\w+\s?)*", "two words " * 10),
        (r"([^,]+,?)*", "two words, " * 10),
        (r"(?:\d|[a-f\]]|\.|-)*", "3f]-.9" * 10),
        (r"(?P<word>a+\b.)*", "aaa!" * 10),
        ("(?i:a|b)*", "aBAb" * 10),
        (r"(a|\x62)*", "ab" * 10),
        (r"(a|b{2}|{)*", "abb{" * 10),
        ("(a|{})*", "a{}" * 10),
        ("(a|b{,3}|c{1,})*", "abbcc" * 10),
        (r"((?=a)a|b)*", "ab" * 10),
        (r"(.|\n)*", "a\n" * 10),
        (r"([]a]|[^]a])*", "]ab" * 10),
    ],
)
def test_long_text_that_a_pattern_takes_is_never_refused(pattern: str, text: str) -> None:
    assert re.fullmatch(pattern, text)
    assert find_longest_judged(pattern) < len(text)
    assert passes({"allowed_pattern": pattern}, text)


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
