"""A file that is JSON means what JSON says, to Heat and so here."""

from __future__ import annotations

import json

import pytest
from heatclient.common import template_format

from builder.yaml_documents.documents import parse_definition, parse_template
from tests.definitions.texts import build, find_rules

JSON_TOKENS = [
    "1e3", "1E5", "1.5e3", "-1e-2", "-0", "0.5", "3.10", "12", "-7", "12345678901234567890", "true", "false", "null",
    '"1e3"', '"yes"', '"2021-04-16"', '"a\\/b"', "[1e3, {}]",
]  # fmt: skip


@pytest.mark.parametrize("frame", ['{{"heat_template_version": "2021-04-16", "a": {}}}', '\n{{\n\t"a":\t{}\n}}\n'])
@pytest.mark.parametrize("token", JSON_TOKENS)
def test_template_that_is_json_is_read_as_json_as_heat_reads_it(token: str, frame: str) -> None:
    text = frame.format(token)
    expected = json.loads(text)
    assert "version" not in text or template_format.parse(text) == expected
    read = parse_template(text, "x.json")
    assert repr(read.value) == repr(expected)
    assert read.problems == ()


def test_inline_template_of_a_definition_that_is_json_is_read_as_json() -> None:
    text = '{"order": 1e3, "heat_template": {"parameters": {"p": {"type": "number", "default": 1e3}}}}'
    assert parse_definition(text, "x.yaml").value == json.loads(text)


@pytest.mark.parametrize("text", ["{a: 1e3}", '{"a": 1e3} # text', '{"a": 1e3,}', '"a": 1e3', '\ufeff{"a": 1e3}'])
def test_template_that_looks_like_json_and_is_none_is_read_as_yaml(text: str) -> None:
    assert parse_template(text, "x.yaml").value == {"a": "1e3"}


@pytest.mark.parametrize("number", ["NaN", "-Infinity", "1e999", "9" * 310])
def test_number_of_a_json_template_that_cannot_be_sent_is_refused(number: str) -> None:
    assert [each.rule for each in parse_template(f'{{"a": {number}}}', "x.json").problems] == ["yaml-number"]


@pytest.mark.parametrize(("number", "rules"), [("1e3", []), ("3.10", ["lossy-number"])])
def test_value_of_a_json_file_has_one_reading(number: str, rules: list[str]) -> None:
    parameter = f'{{"p": {{"type": "string", "default": {number}}}}}'
    template = f'{{"heat_template_version": "2021-04-16", "parameters": {parameter}}}'
    assert find_rules(build("heat_template_url: a.json\n", {"a.json": template}, deep=True)) == rules
