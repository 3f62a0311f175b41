"""What is asked of Heat and of us: declarations of parameters, values that callers send, and how they combine.

The tables are curated from Heat's source: the values on both sides of every branch that decides something. The
strategies build further ones from the same parts, and from arbitrary text and JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]

PATTERNS = [
    "[a-z]+", "^[a-z]+$", "a|ab", "(a|b)*c", "", ".*", r"\d{3}-\d{4}", "(?i)abc", r"[a-zA-Z][a-zA-Z0-9\-_]*", "a$",
    r"\w+\Z", "([a-z0-9]+-)*[a-z0-9]+", r"(\w+\s?)*", "ünï.*", "(?P<name>x+)-(?P=name)",
]  # fmt: skip

TEXTS = [
    "a", "ab", "abc", "abc!", "ABC", "abc\n", " abc", "abcdefgh", "123-4567", "x-x", "xx-x", "web-01-a", "ünïcode",
    "a\u0000b", "0", "1", "-1", "2", "3", "7", "8", "10", "3.5", "1e3", " 5 ", "1_000", "+4", "nan", "inf", "-inf",
    "0x10", "٣", "1e400", "9" * 400, "true", "True", "TRUE", " yes ", "on", "off", "t", "f", "y", "n", "no", "maybe",
    "None", "null", " ", "\t", "a,b", "a,b,c", "a,,b", ",", "a, b", "1,2", "{}", "[]", "[1, 2]", '{"a": 1}',
    '{"a": 1, "b": 2, "c": 3}', "{'a': 1}", '"abc"', "{", '{"a": NaN}', "[[]]", '{"a": 1}x', "\u2028", "a" * 30 + "!",
    "web-" * 5,
    "m1.small", "m1.large", "1.0", "2.0",
]  # fmt: skip

OTHERS: list[Any] = [
    0, 1, -1, 2, 3, 7, 8, 10, 3.5, 1.0, 2.0, -0.0, 1e22, 10**20, True, False, [], ["a"], ["a", "b"],
    ["a", 1, True, None], ["a,b"], [["a"]], [1, 2], {}, {"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": [1, {"b": None}]},
    None, "",
]  # fmt: skip

CUSTOM: dict[str, list[Any]] = {
    "ip_addr": [
        "192.0.2.1", "0.0.0.0", "255.255.255.255", "256.1.1.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.04",
        "1.2.3.4 ", " 1.2.3.4", "127.1", "3232235777", "0x7f.0.0.1", "::", "::1", "2001:db8::1", "2001:DB8::1",
        "2001:db8:::1", "::ffff:192.0.2.1", "::ffff:192.0.2.01", "fe80::1%eth0", "fe80::1/64", "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7", "12345::", "a.b.c.d", "1.2.3.4\n", "1.2.3.-4", "1.2.3.+4", "١.2.3.4",
        "1..2.3", "...", ":", ":::",
    ],
    "net_cidr": [
        "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/0", "10.0.0.0", "10/8", "10.0/16",
        "10.0.0.0/255.0.0.0", "10.0.0.0/08", "10.0.0.0/8/8", "010.0.0.0/8", "10.0.0.0 /8", "10.0.0.0/", "/8",
        "10.0.0.0/ 8", "10.0.0.0/+8", "10.0.0.0/8_", "2001:db8::/32", "2001:db8::1/64", "2001:DB8::/32",
        "fe80::/ffff::", "fe80::/+64", "fe80::/6_4", "fe80::/129", "fe80::/64 ", "::/0", "::/", "256.0.0.0/8",
        "10.0.0.0/0.255.255.255", "a/8", "10.0.0.0/a", "fe80::/::ffff", "1/8", "300/8", "10.0.0.0.0/8",
    ],
    "ip_or_cidr": ["192.0.2.1", "10.0.0.0/8", "10.0.0.0/", "::1", "fe80::/64", "nonsense", "/", "1.2.3"],
    "mac_addr": [
        "52:54:00:12:34:56", "52-54-00-12-34-56", "5254.0012.3456", "525400123456", "52540012345", "5:4:0:1:3:6",
        "52:54:00:12:34", "52:54:00:12:34:5g", "525400:123456", "525400-123456", "52:54:00:12:34:56\n",
        "AA:BB:CC:DD:EE:FF", "52:54-00:12:34:56", "1:2:3", "5254:0012:3456", " 52:54:00:12:34:56",
    ],
    "dns_name": [
        "host", "host.example.org", "host.example.org.", "Host", "-host", "host-", "ho--st", "a..b", ".", "a.", ".a",
        "123", "a.123", "a.123.", "123.", "a_b", "x" * 63, "x" * 64, ".".join(["x" * 63] * 4), ".".join(["x" * 63] * 3),
        "host\n", "a.12\n", "a.b-.c", "höst", "a" * 300, ".".join(["a"] * 127), ".".join(["a"] * 128),
        ".".join(["a"] * 128) + ".",
    ],
    "rel_dns_name": ["host", "host.", "a.b", "A", ".".join(["a"] * 126), ".".join(["a"] * 127), "-a", "a..b",
        "x" * 252, "x" * 253],
    "dns_domain": ["example.org.", "example.org", "org.", ".", "..", "Example.org.", "a.1.", "1.", "-a.b."],
    "cron_expression": [
        "* * * * *", "0 0 1 1 *", "*/5 * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 7", "* * * * 8", "* * * * *  *", "* * * * * * 2024", "* * * * * * 1969", "* * * * * * * *", "* * * *",
        "@daily", "@DAILY", "@reboot", " @daily", "@every 5m", "0 12 * * mon-fri", "0 12 * jan-dec sun", "0 12 * foo *",
        "5/15 * * * *", "*/0 * * * *", "1-5/2 * * * *", "5-1 * * * *", "1-1 * * * *", "0-0 * 0-0 * *", "* * 0-5 * *",
        "* * 5-0 * *", "1,2,3 * * * *", "1,,3 * * * *", ", * * * *", "* * l * *", "* * L * *", "* * 5-l * *",
        "* * l-5 * *", "* * * * l5", "* * * * l", "* * * * l9", "* * * * l7", "* * * * 2#3", "* * * * 2#6",
        "* * * * 2#0", "* * * * 2#03", "* * * * mon-fri#2", "* * * * mon-5#2", "* * * * 1,2#3", "* * * * 2,2#3",
        "* * * * *,2#3", "* * * * fri-mon/2,5#1", "* * * * 0-6,2#1", "* * * * *,0-4,5#1", "* * * * jan#1", "? * * * *",
        "* * ? * ?", "* * ?,1 * *", "h * * * *", "r * * * *", "r(0-29) * * * *", "r(0-99) * * * *", "r(5-5) * * * *",
        "r/0 * * * *", "r(1-20)/5 * * * *", "* * * * r(0-7)", "* * r(0-5) * *", "15,30 9-17 * * 1-5", "* * 15w * *",
        "* * w15 * *", "* * 15w,1 * *", "* * 32w * *", "- * * * *", "-1 * * * *", "1- * * * *", "1-2-3 * * * *",
        "a * * * *", "1.5 * * * *", "0000000005 * * * *", "9" * 5000 + " * * * *", "*/100 * * * *", "59/15 * * * *",
        "* * * * 7/2", "* * * * sat/1", "* * * dec/3 *", "0 0 31 2 *", "*\t*\n*  * *", "*\u00a0* * * * *",
        "* * * * *\u00a0", "** * * * *", "*/5/5 * * * *", "*,5 * * * *", "5-7 5-7 5-7 5-7 5-7", "* * * * 7-7",
        "* * * * 7-5", "* * * * 5-7", "1-60 * * * *", "0 0 * * 0 0 2099", "0 0 * * 0 0 2100", "0 0 * * 0 0 1980-1975",
        "0 0 * * 0 0 5-3", "* * * * mon,tue#1,tue",
    ],
    "timezone": [
        "UTC", "Europe/London", "US/Pacific", "Europe/Nowhere", "europe/london", "Europe", "../etc/passwd",
        "/etc/passwd", "Etc/GMT+5", "", " UTC", "UTC\n", "zone.tab", "a" * 300, "\u0000", "Europe/", "GMT0",
    ],
    "expiration": [
        "2999-01-01", "2999-01-01T00:00:00Z", " 2999-01-01 ", "1999-01-01", "2999", "2999-1-1", "2999-01", "299901",
        "29990101", "2999-13-01", "2999-02-30", "2999-01-01T25:00", "2999-01-01T00:00:00+05:30", "2999-01-01 00:00",
        "tomorrow", "9999-12-31T23:59:59-01:00", "2999-01-01T00:00:00.123456789Z", "2999-01-01T00:00:00,5",
        "2999-01-01t00:00", "2999-01-01T", "0000-01-01", "2999-01-01T00:00:00+24:00", "2999-01-01\n",
    ],
    "iso_8601": ["2999-01-01", "1999", "nonsense", " 1999", "1999\n", "199901", "1999-01-01T00"],
    "json_string": ["{}", "{", "1", "nan", "NaN", " ", "[1,]", '"a"'],
}  # fmt: skip

CONSTRAINTS: dict[str, list[Any]] = {
    "length": [{"min": 2}, {"max": 2}, {"min": 1, "max": 3}, {"min": 0}, {"min": "2", "max": "4"},
        {"min": -1, "max": 0}, {"max": None, "min": 3}],
    "range": [
        {"min": 2}, {"max": 7}, {"min": 1, "max": 8}, {"min": 1.5, "max": 3.5}, {"min": "2", "max": "10"},
        {"min": 0, "max": 0}, {"min": -5, "max": -1},
    ],
    "modulo": [{"step": 2, "offset": 0}, {"step": 2, "offset": 1}, {"step": 5, "offset": 3},
        {"step": -2, "offset": -1}, {"step": 3.0, "offset": 1.0}],
    "allowed_values": [["a", "b"], ["abc", "1"], [1, 2, 3], [1.0, "2"], [True, False], ["true"], ["yes", 0],
        ["m1.small", "m1.large"], ["3.5", 8, "nan"]],
    "allowed_pattern": PATTERNS,
    "custom_constraint": list(CUSTOM),
}  # fmt: skip

BAD_CONSTRAINTS: list[Any] = [
    {"length": {}}, {"length": {"min": None}}, {"length": {"min": 1.5}}, {"length": {"min": "x"}}, {"length": 5},
    {"length": {"min": 1, "least": 2}}, {"range": {}}, {"range": {"min": "x"}}, {"range": {"min": [1]}},
    {"range": {"min": 8, "max": 2}}, {"range": []}, {"modulo": {"step": 2}}, {"modulo": {"step": 0, "offset": 0}},
    {"modulo": {"step": 2, "offset": 2}}, {"modulo": {"step": 2, "offset": -1}}, {"modulo": {"step": 1.5, "offset": 1}},
    {"modulo": {"step": 2, "offset": 0.5}}, {"allowed_values": "abc"}, {"allowed_values": {}}, {"allowed_values": []},
    {"allowed_values": ["x", None]}, {"allowed_values": ["zz"]}, {"allowed_pattern": "("}, {"allowed_pattern": 5},
    {"allowed_pattern": "*"}, {"description": "nothing else"}, {}, {"unknown": 1},
    {"range": {"min": 1}, "length": {"min": 1}}, {"modulo": {"step": 3, "offset": 0}, "range": {"min": 4}},
    {"length": {"max": 2}, "range": {}}, {"length": {"max": 2}, "allowed_pattern": "("},
    {"allowed_values": ["3"], "length": {"max": 2}}, {"allowed_pattern": "[a-z]+", "allowed_values": ["3", "true"]},
    {"custom_constraint": "ip_addr", "allowed_pattern": "[a-z]+", "description": "letters"},
    {"allowed_values": ["3"], "unknown": 1}, "text", 5, ["range"], {"range": {"min": True}},
    {"length": {"min": 3, "max": 1}},
]  # fmt: skip

BAD_TAGS: list[Any] = [None, "a", {}, ["a", 1]]

TYPES = ("string", "number", "boolean", "json", "comma_delimited_list")


def applies(kind: str, type_: str) -> bool:
    """Whether Heat lets a parameter of the type carry the kind of constraint."""
    return type_ in _TYPES_OF_KIND.get(kind, ("string", "number", "boolean", "comma_delimited_list"))


_TYPES_OF_KIND = {
    "length": ("string", "json", "comma_delimited_list"),
    "range": ("number",),
    "modulo": ("number",),
    "allowed_pattern": ("string",),
}


def build_schemas() -> Iterator[Schema]:
    """Every type alone, with each constraint of the table that applies to it, and with several."""
    for type_ in TYPES:
        yield {"type": type_}
        for kind, definitions in CONSTRAINTS.items():
            if applies(kind, type_):
                yield from ({"type": type_, "constraints": [{kind: definition}]} for definition in definitions)
    text = [{"length": {"max": 5}, "description": "short"}, {"allowed_pattern": "[a-z]+"}]
    yield {"type": "string", "constraints": text}
    yield {"type": "number", "constraints": [{"range": {"min": 1}}, {"modulo": {"step": 2, "offset": 1}}]}
    yield {"type": "comma_delimited_list", "constraints": [{"allowed_values": ["a", "b", ""]}, {"length": {"min": 1}}]}


def build_doubtful_schemas() -> Iterator[Schema]:
    """Declarations with something wrong in them."""
    for type_ in TYPES:
        yield from ({"type": type_, "constraints": [constraint]} for constraint in BAD_CONSTRAINTS)
        for kind, definitions in CONSTRAINTS.items():
            if not applies(kind, type_):
                yield {"type": type_, "constraints": [{kind: definitions[0]}]}
    yield {"type": "text"}
    yield {"type": None}
    yield {}
    yield {"type": "string", "constraints": {"length": {"min": 1}}}
    yield from ({"type": "string", "tags": tags} for tags in BAD_TAGS)
    for odd in (["a"], {"a": 1}, "maybe", "", 2):
        yield from ({"type": "string", key: odd} for key in ("label", "description", "hidden", "immutable"))
        yield {"type": "string", "constraints": [{"length": {"max": 3}, "description": odd}]}


def build_values(schema: Schema) -> Iterator[Any]:
    """The values to try on a schema: all of the tables, and those made for its custom constraint."""
    yield from TEXTS
    yield from OTHERS
    for constraint in schema.get("constraints", []):
        yield from CUSTOM.get(str(constraint.get("custom_constraint")), [])


def build_cases() -> Iterator[tuple[Schema, Any]]:
    """All schemas with all their values, and the doubtful ones with a few that one type or another would take."""
    for schema in build_schemas():
        yield from ((schema, value) for value in build_values(schema))
    for schema in build_doubtful_schemas():
        yield from ((schema, value) for value in ("abc", "3", "true", "nan", '{"a": 1}', ["abc"], []))


def build_default_cases() -> Iterator[Schema]:
    """The same schemas, with the values as defaults."""
    for schema, value in build_cases():
        if value is not None:
            yield {**schema, "default": value}


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-20, 20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=6,
)

plain_values = (
    st.sampled_from(TEXTS)
    | _json
    | st.text(max_size=12)
    | st.from_regex(r"\A[-+]?[0-9_]{1,4}(\.[0-9]{0,3})?([eE][0-9]{1,2})?\Z")
    | st.lists(st.sampled_from(["a", "b", "c", "", "abc"]), max_size=4).map(",".join)
)

_cron_numbers = ["0", "1", "5", "6", "7", "07", "12", "23", "31", "59", "99", "l", "mon", "sun", "jan", "dec", "*"]
_cron_item = st.builds(
    "{}{}{}{}".format,
    st.sampled_from([*_cron_numbers, "*", "*", "?", "l5", "15w", "w1", "r", "h", "r(1-5)"]),
    st.sampled_from(["", "", "", *(f"-{number}" for number in _cron_numbers)]),
    st.sampled_from(["", "", "", "/1", "/2", "/15", "/0", "/x"]),
    st.sampled_from(["", "", "", "", "#1", "#2", "#6"]),
)
_cron_column = st.just("*") | _cron_item | st.lists(_cron_item, min_size=1, max_size=3).map(",".join)
_cron_texts = st.lists(st.just("*") | st.just("*") | _cron_column, min_size=5, max_size=7).map(" ".join)
_weekday_texts = _cron_column.map("* * * * {}".format)
_ipv4 = st.from_regex(r"\A((0|[1-9][0-9]?|1[0-9]{2}|[0-9]{1,3})\.){3}[0-9]{1,2}\Z")
_ipv6 = st.from_regex(r"\A([0-9a-f]{1,4}:){0,7}(:?[0-9A-Fa-f]{0,5}){0,2}(:([0-9]{1,3}\.){3}[0-9]{1,3})?\Z")
_addresses = _ipv4 | _ipv6
_networks = st.builds("{}/{}".format, _addresses, st.from_regex(r"\A(\+?[0-9]{1,3}|f{4}::|255\.[0-9]{1,3}\.0\.0)\Z"))
_names = st.from_regex(r"\A([a-z0-9-]{1,4}\.){0,4}[a-zA-Z0-9_-]{1,4}\.?\Z")
_macs = st.from_regex(
    r"\A(([0-9a-fA-F]{1,2}[:-]){5}[0-9a-f]{1,2}|([0-9a-f]{3,4}[.:-]){2}[0-9a-f]{4}|[0-9a-g]{10,13})\Z"
)
_times = st.from_regex(
    r"\A[12][0-9]{3}(-?[0-1][0-9]){0,2}([T ][0-2][0-9](:?[0-6][0-9]){0,2}([.,][0-9]+)?)?"
    r"(Z|[+-][0-2][0-9]:?[0-5]?[0-9]?)?\Z"
)

_CUSTOM_TEXTS = {
    "ip_addr": _addresses,
    "net_cidr": _networks,
    "ip_or_cidr": _addresses | _networks,
    "mac_addr": _macs,
    "dns_name": _names,
    "rel_dns_name": _names,
    "dns_domain": _names,
    "cron_expression": _cron_texts | _weekday_texts,
    "expiration": _times,
    "iso_8601": _times,
    "json_string": _json.map(json.dumps),
}


@st.composite
def draw_cases(draw: st.DrawFn) -> tuple[Schema, Any]:
    """A well-formed schema with up to three constraints, and a value for it."""
    type_ = draw(st.sampled_from(TYPES))
    kinds = draw(st.lists(st.sampled_from([kind for kind in CONSTRAINTS if applies(kind, type_)]), max_size=3))
    constraints = [{kind: draw(st.sampled_from(CONSTRAINTS[kind]))} for kind in kinds]
    return {"type": type_, "constraints": constraints}, draw(plain_values)


@st.composite
def draw_custom_cases(draw: st.DrawFn) -> tuple[Schema, Any]:
    """A string with a custom constraint, and text that nearly suits it."""
    name = draw(st.sampled_from(sorted(_CUSTOM_TEXTS)))
    return {"type": "string", "constraints": [{"custom_constraint": name}]}, draw(_CUSTOM_TEXTS[name])
