"""The quick way of reading YAML means what ruamel.yaml, the reference, and Heat itself mean."""

from __future__ import annotations

import datetime
import gc
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml as pyyaml
from heatclient.common import template_format
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from builder.yaml_documents import composing, documents
from builder.yaml_documents.composing import MAX_SECOND_READING, compose
from builder.yaml_documents.documents import DocumentError, parse_definition, parse_template
from tests.definitions.files import build_composed
from tests.samples import share_of

ROOT = Path(__file__).parent.parent.parent
SHIPPED = sorted((ROOT / "cluster-types-examples").rglob("*.yaml")) + sorted(
    (ROOT / "tests/examples/legacy").rglob("*.yaml")
)

SCALARS = [
    "yes", "no", "on", "off", "y", "true", "TRUE", "null", "~", "0755", "0o17", "0x1F", "0b11", "1_000", "12:30:45",
    "3.10", "1e3", "1.5e+3", "1.", ".5", "+12", "-7", "2021-04-16", "a b", "a#b", "http://x/y", "m1.small",
    "1.2.3",     "::1", "OS::Heat::Value", "%index%", "a: b", "'x'", '"y"', "$(x)", "[a]", "{a}", "é", "-",
]  # fmt: skip

TEXTS_OF_THE_CORE_SCHEMA = ["0b11", "1_000", "1__0", "1_0.5", "-0o17", "0x1_F", "-0x1F", "1:30", "tRue", "nULL"]
"""Texts to YAML 1.2, though ruamel.yaml and Heat take some of them for numbers."""

DOCUMENTS = [
    "a: {type: OS::Heat::RandomString, b: [OS::Nova::Server, x]}",  # what early versions of libyaml refuse
    "a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n",
    "a: |\n  one\n  \ttwo\n\n  three\nb: >-\n  folded\n  text\n",
    "a: 'it''s'\nb: \"tab\\tand \\u00e9\"\nc: !!str 12\nd: !!int '3'\n",
    "? a\n: b\n",
    "- [1, 2, [3]]\n- {a: {b: c}}\n",
    "# a comment\n---\na: 1 # another\n...\n",
    "a:\n- 1\n- 2\nb:\n  - 3\n",
    "%YAML 1.2\n---\na: 1\n",
    "a: ''\nb: \"\"\nc:\nd: []\ne: {}\n",
]


def reference(text: str) -> Any:
    """What ruamel.yaml, in pure Python and so with no help of libyaml, reads; dates as they were written."""
    yaml = YAML(typ="safe", pure=True)
    return _as_json(yaml.load(text))


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date) else value


@pytest.mark.parametrize("scalar", [scalar for scalar in SCALARS if scalar not in TEXTS_OF_THE_CORE_SCHEMA])
@pytest.mark.parametrize("frame", ["a: {}\n", "a: [{}]\n", "- {}\n", "a: {{b: {}}}\n"])
def test_scalar_is_read_as_the_reference_reads_it(frame: str, scalar: str) -> None:
    text = frame.format(scalar)
    try:
        expected = reference(text)
    except YAMLError:
        with pytest.raises(DocumentError):
            parse_definition(text, "x.yaml")
        return
    assert parse_definition(text, "x.yaml").value == expected


@pytest.mark.parametrize("composer", ["libyaml", "ruamel"])
@pytest.mark.parametrize("scalar", TEXTS_OF_THE_CORE_SCHEMA)
def test_scalar_that_is_a_text_to_the_core_schema_is_one(
    scalar: str, composer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if composer == "ruamel":
        monkeypatch.setattr(documents, "compose", composing._compose_again)
    assert parse_definition(f"a: [{scalar}]\n", "x.yaml").value == {"a": [scalar]}


@pytest.mark.parametrize("scalar", SCALARS)
def test_scalar_of_a_template_is_read_as_heat_reads_it(scalar: str) -> None:
    text = f"heat_template_version: 2021-04-16\na: {scalar}\n"
    try:
        expected = template_format.parse(text)
    except ValueError:
        with pytest.raises(DocumentError):
            parse_template(text, "x.yaml")
        return
    assert parse_template(text, "x.yaml").value == expected


@pytest.mark.parametrize("text", DOCUMENTS)
def test_document_is_read_as_the_reference_reads_it(text: str) -> None:
    assert parse_definition(text, "x.yaml").value == reference(text)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_file_is_read_as_the_references_read_it(path: Path) -> None:
    text = path.read_text()
    assert parse_definition(text, path.name).value == reference(text)
    if "heat_template_version" in text and "kind: heat" not in text:
        assert parse_template(text, path.name).value == template_format.parse(text)


FRAGMENTS = [
    "a", "b", "1", "yes", ": ", ":", "- ", "-", "\n", "\n  ", "\n    ", "{", "}", "[", "]", ", ", ",", "'", '"', "#",
    " #", "&x ", "*x", "|", ">", "? ", "!!str ", "~", "%", "@", "`", "\\", "::", "<<: ", "é", "\t", "---\n",
    "...\n",
]  # fmt: skip


def check_same_meaning(text: str) -> None:
    """What both the reference and ours understand has one meaning, unless it is a text as a whole.

    A ``|`` or ``>`` that nothing stands before may have what follows at the start of a line: there libyaml takes a
    comment for what YAML 1.2 takes for text, and ruamel.yaml takes the end of the document for text.
    """
    try:
        expected = reference(text)
    except Exception:  # noqa: BLE001  # ruamel.yaml has errors of many kinds; here it only matters that it refuses
        return
    try:
        document = parse_definition(text, "x.yaml")
    except DocumentError:
        return  # ours is stricter: duplicate anchors
    if isinstance(expected, str):
        assert isinstance(document.value, str), text
    elif _has_only_text_keys(expected) and not document.problems:  # it is stricter about keys and tags, too
        assert document.value == expected, text


@pytest.mark.generated
@settings(max_examples=share_of(2_000), deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=3, max_size=14).map("".join))
def test_what_both_understand_means_the_same(text: str) -> None:
    check_same_meaning(text)


@pytest.mark.parametrize("before", ["", *FRAGMENTS])
def test_what_both_understand_of_any_two_pieces_means_the_same(before: str) -> None:
    for piece in FRAGMENTS:
        check_same_meaning(before + piece)


@pytest.mark.fuzz
@pytest.mark.timeout(600)
@pytest.mark.parametrize("before", FRAGMENTS)
def test_what_both_understand_of_any_three_pieces_means_the_same(before: str) -> None:
    for pieces in product(FRAGMENTS, repeat=2):
        check_same_meaning(before + "".join(pieces))


@pytest.mark.parametrize("composer", ["libyaml", "ruamel"])
@pytest.mark.parametrize("text", ["|\n#", ">\n#\n", "|\n...\n", ">\n...\n"])
def test_document_that_is_a_text_is_none_whatever_it_is_read_as(
    text: str, composer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if composer == "ruamel":
        monkeypatch.setattr(documents, "compose", composing._compose_again)
    outcome = build_composed(text)
    assert outcome.cluster_type is None
    assert [(each.rule, each.pointer) for each in outcome.problems] == [("wrong-type", "")]


def _has_only_text_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value) and all(map(_has_only_text_keys, value.values()))
    return all(map(_has_only_text_keys, value)) if isinstance(value, list) else True


def test_text_that_libyaml_refuses_is_still_read_by_the_reference() -> None:
    text = 'a: "x\\/y"\n'  # an escape of YAML 1.2
    assert parse_definition(text, "x.yaml").value == {"a": "x/y"}


def test_anchor_that_is_given_again_means_what_it_was_given_last() -> None:
    assert parse_definition("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "x.yaml").value == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_forbidden_character_in_text_of_any_size_is_refused_at_its_place() -> None:
    text = "a: 1\n" + "# filler\n" * MAX_SECOND_READING + "b: \x01\n"
    with pytest.raises(DocumentError) as caught:
        compose(text, "x.yaml")
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (MAX_SECOND_READING + 2, 4)
    assert "U+0001" in problem.message


def test_broken_text_of_any_size_is_refused_at_its_place() -> None:
    text = "a: 1\n" + "# filler\n" * MAX_SECOND_READING + "b: [\n"
    with pytest.raises(DocumentError) as caught:
        compose(text, "x.yaml")
    assert caught.value.problems[0].line > MAX_SECOND_READING
    assert pyyaml.__with_libyaml__


TAGGED = [  # text, and the place of each tag that has no meaning
    ("a: !!python/tuple [1]\n", [(1, 4)]),
    ("a: !!python/object:os.system {}\n", [(1, 4)]),
    ("a: !!python/name:os.system x\n", [(1, 4)]),
    ("a: [!x 1, !y [2], !z {b: 3}]\n", [(1, 5), (1, 11), (1, 19)]),
    ("!x\na: 1\n", [(1, 1)]),
    ("a: !!set {b, c}\nd: !!omap [b: 1]\n", [(1, 4), (2, 4)]),
    ("a: !!str [1]\nb: !!seq {c: 1}\nd: !!map e\n", [(1, 4), (2, 4), (3, 4)]),
    ("? !x a\n: 1\n", [(1, 3)]),
    ("a:\n  <<: !x {b: 1}\n", [(2, 7)]),
    ("a:\n  <<: !x [{b: 1}]\n", [(2, 7)]),
    ("%TAG !e! tag:example.com,2026:\n---\na: !e!x [1]\n", [(3, 4)]),
    ("a: !!int x\nb: !!float y\nc: !!int ''\n", [(1, 4), (2, 4), (3, 4)]),
    ("a: !!seq [1]\nb: !!map {c: !!str 1}\n? !!int 3\n: !!int 3\nd: [! [1], ! {e: 1}, ! f]\n", []),
]


@pytest.mark.parametrize("composer", ["libyaml", "ruamel"])
@pytest.mark.parametrize("parse", [parse_definition, parse_template])
@pytest.mark.parametrize(("text", "places"), TAGGED)
def test_tag_without_a_meaning_is_refused_at_its_place_whoever_reads_it(
    text: str, places: list[tuple[int, int]], parse: Any, composer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if composer == "ruamel":
        monkeypatch.setattr(documents, "compose", composing._compose_again)
    found = parse(text, "x.yaml").problems
    assert [(each.rule, each.line, each.column) for each in found] == [("yaml-tag", *place) for place in places]


@pytest.mark.parametrize(
    ("parse", "text"),
    [(parse_template, "x"), (parse_definition, "maybe"), (parse_definition, "yes"), (parse_definition, "''")],
)
def test_boolean_that_is_none_is_refused(parse: Any, text: str) -> None:
    (problem,) = parse(f"a: !!bool {text}\n", "x.yaml").problems
    shown = text if text == "''" else repr(text)
    assert str(problem).startswith(f"x.yaml:1:4: {shown} is not what the tag tag:yaml.org,2002:bool says")


@pytest.mark.parametrize(("text", "value"), [("true", True), ("'True'", True), ("FALSE", False)])
def test_boolean_that_a_tag_says_is_read(text: str, value: bool) -> None:
    assert parse_definition(f"a: !!bool {text}\n", "x.yaml").value == {"a": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: {b: 1, c: {d: 1}}\na: {c: {e: 2, d: 2}}\n", {"a": {"b": 1, "c": {"d": 1, "e": 2}}}),
        ("a: [1]\na: [2]\n", {"a": [1, 2]}),
        ("a: 1\na: [2]\n", {"a": [2]}),
        ("a: 1\nb: &b {c: 1, c: 2}\nd: *b\n", {"a": 1, "b": {"c": 1}, "d": {"c": 1}}),
    ],
)
def test_what_is_below_a_key_that_is_given_twice_stays_known(text: str, value: Any) -> None:
    document = parse_definition(text, "x.yaml")
    assert document.value == value
    assert [problem.rule for problem in document.problems] == ["duplicate-key"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1\nb: 2\na: 3\n", {"a": 3, "b": 2}),
        ("a: {b: 1}\na: {c: 1}\n", {"a": {"c": 1}}),
        ("a: [1]\na: [2]\n", {"a": [2]}),
        ("a: &b {c: 1, c: 2}\nd: *b\n", {"a": {"c": 2}, "d": {"c": 2}}),
        ("x: &x {b: 1}\na: {b: 2, <<: *x, b: 3}\n", {"x": {"b": 1}, "a": {"b": 3}}),
        ('{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_of_a_key_that_a_template_gives_twice_the_last_counts_as_for_heat(text: str, value: Any) -> None:
    document = parse_template(text, "x.yaml")
    assert document.value == value == pyyaml.safe_load(text)
    assert [problem.rule for problem in document.problems] == ["template-duplicate-key"]
    assert document.is_sound


def test_value_that_a_template_gives_and_drops_is_read_all_the_same() -> None:
    document = parse_template("a: !no {b: 1}\na: 2\n", "x.yaml")
    assert [problem.rule for problem in document.problems] == ["yaml-tag", "template-duplicate-key"]
    assert not document.is_sound


def test_template_within_a_definition_is_read_as_one_and_the_rest_is_not() -> None:
    document = parse_definition("heat_template: {a: 1, a: 2}\nb: {a: 1, a: 2}\n", "x.yaml")
    assert [problem.rule for problem in document.problems] == ["template-duplicate-key", "duplicate-key"]
    assert document.value == {"heat_template": {"a": 2}, "b": {"a": 1}}
    assert document.locate(("heat_template", "a")) == (1, 26)


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_character_that_ends_no_line_in_an_editor_ends_none(character: str) -> None:
    text = f"a: x {character}y\nb: &b ['{character}']\nc: *b\nd: |\n  x{character}y\n# {character}y\ne: 1\n"
    document = parse_definition(text, "x.yaml")
    assert document.value == {
        "a": f"x {character}y", "b": [character], "c": [character], "d": f"x{character}y\n", "e": 1,
    }  # fmt: skip
    assert document.locate(("e",)) == (7, 4)


def test_place_of_what_is_below_the_second_of_two_keys_is_found() -> None:
    assert parse_definition("a: {b: 1}\na:\n  c: 2\n", "x.yaml").locate(("a", "c")) == (3, 6)


def test_pair_of_surrogates_is_the_character_that_json_escapes_so_as_a_value_and_as_a_key() -> None:
    document = parse_definition('{"\\ud83d\\ude00": "a\\ud83d\\ude00b"}', "x.yaml")
    assert document.value == {"\U0001f600": "a\U0001f600b"}


@pytest.mark.parametrize(
    "number",
    ["9" * 309, "0x" + "9" * 300, "9" * 5000, "0x" + "9" * 5000, "1:" + "59:" * 300 + "1.5", "1:" + "59:" * 9000 + "1"],
)
def test_number_that_no_double_holds_is_refused(number: str) -> None:
    (problem,) = parse_template(f"a: {number}\n", "x.yaml").problems
    assert re.match(r"x\.yaml:1:4: \S+ is larger than any number that JSON can carry", str(problem))


def test_number_that_a_double_holds_is_read() -> None:
    assert parse_template(f"a: {10**308}\n", "x.yaml").value == {"a": 10**308}


@pytest.mark.parametrize("parse", [parse_definition, parse_template])
def test_numbers_are_kept_by_nobody_but_the_document_that_they_stand_in(parse: Any) -> None:
    text = f"a: [{', '.join(f'{number}, {number}.5' for number in range(1000))}]\n"
    parse(text, "x.yaml")  # whatever is kept of a text that was met
    kept = count_objects()
    for _ in range(5):
        parse(text, "x.yaml")
    assert count_objects() < kept + 1000


def count_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!int 0755", 755), ("!!int '0o17'", 15), ("!!int 0x1F", 31), ("!!int -0x1F", -31), ("!!int 0b11", 3),
        ("!!int 1_000", 1000), ("!!float 5", 5.0), ("!!float '1e3'", 1000.0), ("0755", 755), ("+0017", 17),
        ("0o17", 15), ("0x1F", 31), ("1.", 1.0), ("-.5E-1", -0.05),
    ],
)  # fmt: skip
def test_number_of_a_definition_is_what_the_core_schema_or_its_tag_says(text: str, value: float) -> None:
    read = parse_definition(f"a: {text}\n", "x.yaml").value["a"]
    assert (read, type(read)) == (value, type(value))


def test_anchor_may_be_used_again_and_nobody_is_warned() -> None:
    assert parse_definition("a: &x 1\nb: *x\nc: &x 2\nd: *x\n", "x.yaml").value == {"a": 1, "b": 1, "c": 2, "d": 2}
