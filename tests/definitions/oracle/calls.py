"""Calls of Heat's functions that are asked of Heat and of us, each with arguments that are written out.

As in the corpus of parameters, the values are those on both sides of every branch that decides something in
``heat/engine/hot/functions.py``.
"""

from __future__ import annotations

from typing import Any

PARAMETERS = {
    "text": "a", "list": ["a", "b"], "map": {"a": [1, {"b": 2}]}, "nothing": None, "empty": "", "none": [],
    "number": 2, "zero": 0, "flag": True, "off": False,
}  # fmt: skip
"""What the calls of ``get_param`` find."""

TYPES = {
    **dict.fromkeys(("text", "empty"), "string"), **dict.fromkeys(("list", "none"), "comma_delimited_list"),
    **dict.fromkeys(("number", "zero"), "number"), **dict.fromkeys(("flag", "off"), "boolean"), "map": "json",
}  # fmt: skip
"""What these parameters are declared as."""

FILES = {"file": "content"}
"""What the calls of ``get_file`` find."""

VERSIONS = {
    **dict.fromkeys(("get_param", "get_file", "list_join", "str_replace", "resource_facade"), ALL := (
        "2013-05-23", "2014-10-16", "2015-04-30", "2015-10-15", "2016-04-08", "2016-10-14", "2017-02-24", "2017-09-01",
        "2018-03-02", "2018-08-31", "2021-04-16",
    )),
    **dict.fromkeys(("repeat", "digest"), ALL[2:]), "str_split": ALL[3:], "map_merge": ALL[4:],
    **dict.fromkeys(("yaql", "map_replace", "if", "equals", "not", "and", "or"), ALL[5:]),
    **dict.fromkeys(("filter", "str_replace_strict"), ALL[6:]),
    **dict.fromkeys(("make_url", "list_concat", "str_replace_vstrict", "list_concat_unique", "contains"), ALL[7:]),
}  # fmt: skip
"""The versions of the language that know each function."""

_SHAPES: list[Any] = [None, "", "a", 0, 1, 1.5, True, [], ["a"], ["a", "b"], ["a", "b", "c"], [None, None], {},
    {"a": "b"}, {"a": 1, "b": 2}, [[]], [["a"]], [{}], [{"a": 1}]]  # fmt: skip

_REPLACEMENTS: list[Any] = [
    {"template": "a b", "params": {"a": "x", "b": "y"}}, {"template": "ab abc", "params": {"ab": "1", "abc": "2"}},
    {"template": "ab", "params": {"a": "b", "b": "a"}}, {"template": "a", "params": {}}, {"template": "a"},
    {"params": {}}, {"template": "a", "params": ["a"]}, {"template": "a", "params": None},
    {"template": "a", "params": "a"}, {"template": "a", "params": 1}, {"template": 1, "params": {}},
    {"template": None, "params": {}}, {"template": ["a"], "params": {}}, {"template": "a", "params": {"a": None}},
    {"template": "a", "params": {"a": ""}}, {"template": "a", "params": {"a": 0}},
    {"template": "a", "params": {"a": False}}, {"template": "a", "params": {"a": 1.5}},
    {"template": "a", "params": {"a": []}}, {"template": "a", "params": {"a": {}}},
    {"template": "a", "params": {"a": {"z": 1, "b": ["ü", None]}}}, {"template": "a", "params": {"a": ["x", 1]}},
    {"template": "a", "params": {"b": "x"}}, {"template": "a", "params": {"b": "x", "ccc": "y", "aa": "z"}},
    {"template": "a", "params": {"": "x"}}, {"template": "", "params": {"": "x"}},
    {"template": "a", "params": {"a": "x"}, "more": 1}, {"template": "aaa", "params": {"aa": "b", "a": "c"}},
]  # fmt: skip

_REPETITIONS: list[Any] = [
    {"template": "%v%", "for_each": {"%v%": ["a", "b"]}}, {"template": "%v%", "for_each": {"%v%": {"a": 1, "b": 2}}},
    {"template": "%v%", "for_each": {"%v%": None}}, {"template": "%v%", "for_each": {"%v%": []}},
    {"template": "%v%", "for_each": {"%v%": "ab"}}, {"template": "%v%", "for_each": {"%v%": 5}},
    {"template": "%v%", "for_each": {"%v%": [1, 2]}}, {"template": "%v%", "for_each": {"%v%": [{"a": 1}]}},
    {"template": "%v%", "for_each": {"%v%": [None]}}, {"template": 5, "for_each": {"%v%": [1]}},
    {"template": "x", "for_each": {}}, {"template": "x", "for_each": []}, {"template": "x", "for_each": None},
    {"template": "x", "for_each": "ab"}, {"template": "x"}, {"for_each": {"%v%": ["a"]}},
    {"template": {"%v%": ["%w%", "%v%", 1]}, "for_each": {"%v%": ["a", "b"], "%w%": ["c", "d"]}},
    {"template": "%v%%w%", "for_each": {"%v%": ["a", "b"], "%w%": ["c", "d"]}, "permutations": False},
    {"template": "%v%%w%", "for_each": {"%v%": ["a", "b"], "%w%": ["c"]}, "permutations": False},
    {"template": "%v%%w%", "for_each": {"%v%": ["a", "b"], "%w%": None}, "permutations": False},
    {"template": "%v%", "for_each": {"%v%": {"a": 1}}, "permutations": False},
    {"template": "%v%", "for_each": {"%v%": ["a"]}, "permutations": "no"},
    {"template": "%v%", "for_each": {"%v%": ["a"]}, "permutations": None},
    {"template": "%v%", "for_each": {"%v%": ["a"]}, "permutations": True},
    {"template": "%v%", "for_each": {"%v%": ["a"]}, "more": 1}, {"template": "a", "for_each": {"": ["b"]}},
]  # fmt: skip

_LISTS: list[Any] = [
    [["a"], ["b", "a"]], [["a", 1, 1], None], [None], [[1], [True], [1.0]], ["ab"], [["a"], "b"], [{"a": 1}], [1],
    [[["a"]], [["a"]]], [[{"a": 1}], [{"a": 1}]], {"a": ["b"], "c": ["d"]},
]  # fmt: skip

CALLS: dict[str, list[Any]] = {
    "get_param": [
        "text", "list", "map", ["text"], ["list", 0], ["list", "1"], ["list", 5], ["list", "x"], ["map", "a", 1, "b"],
        ["map", "z"], ["map", "a", None], ["text", 0], ["text", "a"], ["map", "a", 0, "b"], 5, True, [5],
        {"text": "a", "b": "c"},
    ],
    "get_file": ["file", "other", 5, ["file"], None, {"a": 1, "b": 2}, True],
    "list_join": [
        *_SHAPES, [",", []], [",", ["a"]], [",", ["a", "b"]], [",", ["a"], ["b"]], [",", ["a", 1]],
        [",", ["a", True]],
        [",", ["a", 1.5]], [",", ["a", None]], [",", ["a", {"b": 1}]], [",", ["a", ["b"]]],
        [",", ["a", {"z": 1, "b": 2}]],
        [",", None], [",", ""], [",", "ab"], [",", 5], [",", 0], [",", {}], [",", {"a": 1, "b": 2}], [None, ["a"]],
        [1, ["a"]], [["a"], ["b"]], [",", ["a"], None], [",", ["a"], 0], [",", ["a"], "b"], [",", ["ü"], [["ü"]]],
        ["", ["a", "b"]],
    ],
    "str_replace": [*_SHAPES, *_REPLACEMENTS],
    "str_replace_strict": [*_SHAPES, *_REPLACEMENTS],
    "str_replace_vstrict": [*_SHAPES, *_REPLACEMENTS],
    "repeat": [*_SHAPES, *_REPETITIONS],
    "digest": [
        *_SHAPES, ["sha256", "a"], ["SHA256", "a"], ["md5", "ü"], ["md5", "€"], ["sha1", ""], ["nonsense", "a"],
        ["shake_128", "a"], ["sha256", 1], ["sha256"], ["sha256", "a", "b"], ["sha256", None], ["Sha512", "a"],
        ["blake2b", "a"], ["sha3_256", "a"],
    ],
    "str_split": [
        *_SHAPES, [",", "a,b"], [",", "a,b", 0], [",", "a,b", 1], [",", "a,b", 2], [",", "a,b", -1], [",", "a,b", -3],
        [",", "a,b", "1"], [",", "a,b", "x"], [",", "a,b", None], [",", "a,b", 1.9], [",", "a,b", 0, ""],
        [",", "a,b", 0, 5, 6], [",", "a,b", True], [",", None], [",", None, 5], [",", ""], ["", "ab"], [None, "a b"],
        [1, "a"], [",", 5], [",", ["a"]], [",", "a,b", [0]],
    ],
    "map_merge": [
        *_SHAPES, [{"a": 1}, {"b": 2, "a": 3}], [None, {"a": 1}], ["a", {"a": 1}], [[["a", 1]]], [{"a": 1}, 5],
        {"a": {"b": 1}, "c": {}},
    ],
    "map_replace": [
        *_SHAPES, [{"a": "b"}, {"keys": {"a": "c"}}], [{"a": "b"}, {"values": {"b": "c"}}], [{"a": "b"}, {}],
        [{"a": "b"}, None], [None, {"keys": {}}], [{"a": "b"}, {"keys": None}], [{"a": "b"}, {"values": None}],
        [{"a": "b"}, {"keys": ["a"]}], [{"a": "b"}, {"other": {}}], [{"a": "b"}, {"keys": {}, "other": 1}],
        [{"a": 1, "b": 2}, {"keys": {"a": "b"}}], [{"a": 1, "b": 2}, {"keys": {"a": "c", "b": "c"}}],
        [{"a": 1}, {"keys": {"a": "a"}}], [{"a": ["x"]}, {"values": {"x": "y"}}], [{"a": "b"}, {"keys": {"a": None}}],
        [{"a": "b"}, {"values": {"b": None}}], [{"a": "b"}, {}, {}], [{"a": "b"}], [{"a": "b"}, "x"], ["x", {}],
        [{"a": 1}, {"values": {"1": "one"}}], [{"a": None}, {"values": {"None": 1}}],
        [{"a": 1}, {"keys": {"a": 5}}],
    ],
    "if": [
        [True, "a", "b"], [False, "a", "b"], [True, "a"], [False, "a"], [True], [], "abc", None, {"a": 1, "b": 2},
        [True, "a", "b", "c"],
    ],
    "filter": [
        *_SHAPES, [["a"], ["a", "b"]], ["a", ["a"]], [None, ["a"]], ["", ["a"]], [["a"], None], [["a"], ""],
        [["a"], "ab"], [["a"], {"a": 1}], [{"a": 1, "b": 2}, ["a"]], [5, []], [["a"], ["a"], 1], [0, ["a"]],
        [5, ["a"]],
        [[1], [True, 1.0, "1"]], [[{"a": 1}], [{"a": 1}, {"a": 2}]],
    ],
    "list_concat": [*_SHAPES, *_LISTS],
    "list_concat_unique": [*_SHAPES, *_LISTS],
    "contains": [
        *_SHAPES, ["a", ["a", "b"]], ["c", ["a"]], ["a", "abc"], [1, ["1"]], [1, [True]], ["a", {"a": 1}],
        ["a", {"a": 1, "b": 2}], ["a", None], ["a", 5], [1, "123"], [None, "a"], [{"a": 1}, [{"a": 1}]],
    ],
    "make_url": [
        *(each for each in _SHAPES if each != {"a": 1, "b": 2}),  # Heat names the two in any order

        {"scheme": "http", "host": "h", "port": 80, "path": "/p q", "query": {"a": "b c/d"}, "fragment": "f g"},
        {"host": "::1", "port": "8080"}, {"host": "[::1]"}, {"host": "[::1"}, {"host": "a", "port": 0},
        {"host": "a", "port": 65535}, {"host": "a", "port": 65536}, {"host": "a", "port": -1},
        {"host": "a", "port": "x"},
        {"host": "a", "port": None}, {"host": "a", "port": ""}, {"host": "a", "port": True},
        {"host": "a", "port": 80.5},
        {"host": "a", "port": [80]}, {"host": "a", "query": "a=b"}, {"host": "a", "query": None},
        {"host": "a", "query": {}},
        {"host": "a", "query": {"a": ["b", 1], "c": None}}, {"host": "a", "query": {"a": "b"}, "fragment": 5},
        {"host": 5}, {"host": None}, {"scheme": "http:", "host": "a"}, {"scheme": 5}, {"scheme": "ftp", "path": "x"},
        {"username": "u:@", "password": "p/", "host": "a"}, {"username": "u", "host": "a"},
        {"password": "p", "host": "a"},
        {"username": "", "password": "", "host": "a"}, {"path": "/a"}, {"path": "a", "host": "h"},
        {"host": "a", "user": "u"},
        {"host": "ü", "path": "/ü", "fragment": "ü"}, {"path": None}, {"fragment": ["a"]}, {"password": 5},
    ],
    "yaql": [
        *_SHAPES, {"expression": "$.data", "other": 1}, {"data": {}}, {"expression": "$.data", "data": {}, "more": 1},
    ],
    "resource_facade": ["nothing", "", None, 5, [], ["metadata"], {"a": 1, "b": 2}],
}  # fmt: skip

CONDITION_CALLS: dict[str, list[Any]] = {
    "equals": [*_SHAPES, [1, 1], [1, "1"], [1, True], [["a"], ["a"]], [{"a": 1}, {"a": 1}], [1, 2, 3]],
    "not": [True, False, None, ""],
    "and": [[True, True], [True, False], [True], [], "ab", None, {"a": True, "b": True}, True, [False, False, True]],
    "or": [[True, False], [False, False], [True], [], "ab", None, {"a": True, "b": True}, True],
    "contains": [["a", ["a"]], ["a", []], "ab", ["a", 5]],
}  # fmt: skip

NESTED_CALLS: dict[str, list[Any]] = {
    "list_join": [
        [",", {"str_split": [";", "a;b"]}], [{"get_param": "text"}, ["x", "y"]], [",", [{"get_param": "text"}, "b"]],
        {"str_split": [",", "a,b"]}, [",", {"get_param": "text"}], [",", ["b"], {"get_param": "list"}],
    ],
    "str_replace": [
        {"template": {"get_param": "text"}, "params": {"a": {"get_param": "list"}}},
        {"template": "a", "params": {"map_merge": [{"a": "b"}]}},
        {"template": "a", "params": {"str_split": [",", "a"]}},
        {"map_merge": [{"template": "a"}, {"params": {}}]},
    ],
    "str_replace_strict": [{"template": "a", "params": {"map_merge": [{"b": "c"}]}}],
    "repeat": [
        {"template": "%v%", "for_each": {"%v%": {"get_param": "list"}}},
        {"template": "%v%", "for_each": {"map_merge": [{"%v%": ["a"]}]}},
        {"template": "%v%", "for_each": {"%v%": {"get_param": "text"}}},
        {"map_merge": [{"template": "a"}, {"for_each": {}}]},
    ],
    "digest": [["sha256", {"get_param": "text"}], {"get_param": "list"}, ["sha256", {"get_param": "list"}]],
    "str_split": [{"get_param": "list"}, [",", {"get_param": "text"}], {"get_param": "text"}, {"get_param": "map"}],
    "map_merge": [[{"get_param": "map"}], {"get_param": "list"}, {"get_param": "text"}, {"get_param": "map"}],
    "map_replace": [[{"get_param": "map"}, {"keys": {"get_param": "map"}}], {"get_param": "list"}],
    "filter": [{"get_param": "list"}, [{"get_param": "text"}, ["a"]], [{"get_param": "list"}, ["a", "c"]]],
    "list_concat": [{"get_param": "list"}, [{"get_param": "list"}, ["c"]], [{"get_param": "text"}]],
    "contains": [{"get_param": "list"}, [{"get_param": "text"}, {"get_param": "list"}]],
    "make_url": [
        {"host": {"get_param": "text"}, "port": {"str_split": [",", "80,81", 0]}}, {"host": {"get_param": "list"}},
        {"query": {"get_param": "map"}}, {"get_param": "map"}, {"host": "a", "port": {"get_param": "text"}},
    ],
    "get_param": [[{"get_param": "text"}], {"get_param": "text"}, ["list", {"str_split": [",", "1,0", 0]}]],
    "get_file": [{"list_join": ["", ["fi", "le"]]}],
}  # fmt: skip
"""Arguments that hold a call: what the linter says of them has to hold whatever the call gives."""

_HOLE = "HOLE"
_WITH_HOLES: dict[str, list[Any]] = {
    "list_join": [[",", _HOLE], [",", ["a", _HOLE]], [_HOLE, ["a"]], [",", ["a"], _HOLE]],
    **{name: [
        {"template": _HOLE, "params": {"a": "b"}}, {"template": "a", "params": {"a": _HOLE}},
        {"template": "a", "params": _HOLE},
    ] for name in ("str_replace", "str_replace_strict", "str_replace_vstrict")},
    "repeat": [{"template": "%v%", "for_each": {"%v%": _HOLE}}, {"template": "%v%", "for_each": _HOLE}],
    "digest": [_HOLE, ["sha256", _HOLE], [_HOLE, "a"]],
    "str_split": [_HOLE, [",", _HOLE], [_HOLE, "a"], [",", "a,b", _HOLE]],
    "map_merge": [_HOLE, [_HOLE]],
    "map_replace": [[_HOLE, {}], [{"a": "b"}, _HOLE], [{"a": "b"}, {"keys": _HOLE}]],
    "filter": [[_HOLE, ["a"]], [["a"], _HOLE]],
    **{name: [_HOLE, [_HOLE], [["a"], _HOLE]] for name in ("list_concat", "list_concat_unique")},
    "contains": [["a", _HOLE], [_HOLE, ["a"]]],
    "make_url": [{key: _HOLE} for key in ("scheme", "host", "path", "query")],
    "get_file": [_HOLE],
}  # fmt: skip

_FILLINGS = [*({"get_param": name} for name in TYPES), {"str_replace": {"template": "a", "params": {}}}]


def _fill(value: Any, filling: Any) -> Any:
    if isinstance(value, list):
        return [_fill(item, filling) for item in value]
    if isinstance(value, dict):
        return {key: _fill(item, filling) for key, item in value.items()}
    return filling if value == _HOLE else value


FILLED_CALLS: dict[str, list[Any]] = {
    name: [_fill(arguments, filling) for arguments in holes for filling in _FILLINGS]
    for name, holes in _WITH_HOLES.items()
}
"""Each argument in the place of which a parameter of each type stands, or a call with a value of its own."""
