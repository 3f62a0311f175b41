"""What holds of every declaration and every answer, whatever they are."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builder.clusters.answers import check_answers
from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.declarations import find_default_faults, override_parameter, parse_parameter, parse_value
from builder.parameters.values import InvalidValueError
from builder.text.pointers import Tokens
from tests.definitions.oracle.comparison import ACCEPTED, BAD_SCHEMA, judge
from tests.definitions.oracle.corpus import CONSTRAINTS, TYPES, Schema, applies, build_schemas, plain_values
from tests.samples import share_of

pytestmark = pytest.mark.generated

thorough = settings(
    derandomize=True,
    max_examples=share_of(300),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

SECRET = "correct-horse-battery"  # a value that is found nowhere else

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KINDS = [*CONSTRAINTS, "description"]
constraints = st.lists(
    json_values
    | st.dictionaries(st.sampled_from(KINDS), json_values | st.sampled_from([{"min": 1}, {"step": 2, "offset": 1}])),
    max_size=3,
)
mappings = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(TYPES) | json_values,
        "label": json_values,
        "description": json_values,
        "default": json_values,
        "hidden": json_values,
        "immutable": json_values,
        "tags": json_values,
        "constraints": constraints | json_values,
    },
)


sound_schemas = [schema for schema in build_schemas() if judge(schema, "x").word != BAD_SCHEMA]
sound_cases = st.tuples(st.sampled_from(sound_schemas), plain_values)


def find_refusal(mapping: dict[str, Any]) -> tuple[Tokens, str] | None:
    try:
        parse_parameter("p", mapping)
    except ParameterSyntaxError as error:
        return error.tokens, str(error)
    return None


def assert_names_the_offence(mapping: dict[str, Any], error: ParameterSyntaxError) -> None:
    """What an error names is there, unless it is missing, and without it there is no such error any more."""
    if not error.tokens:
        return
    *way, last = error.tokens
    mended = copy.deepcopy(mapping)
    place: Any = mended
    for token in way:
        place = place[token]
    if isinstance(place, list):
        assert last in range(len(place))
        return
    if error.tokens == ("type",):  # which a parameter must have
        return
    del place[last]
    assert find_refusal(mended) != (error.tokens, str(error))


@thorough
@given(mapping=mappings)
def test_declaration_is_read_or_refused_with_a_place(mapping: dict[str, Any]) -> None:
    try:
        parameter = parse_parameter("p", mapping)
    except ParameterSyntaxError as error:
        assert_names_the_offence(mapping, error)
        return
    find_default_faults(parameter, in_template=True)
    json.dumps(parameter.render(), allow_nan=False)


@thorough
@given(case=sound_cases, others=st.dictionaries(st.text(max_size=5), json_values, max_size=3))
def test_any_answers_are_judged(case: tuple[Schema, Any], others: dict[str, Any]) -> None:
    schema, value = case
    answers = check_answers({"p": parse_parameter("p", schema)}, {**others, "p": value}, cluster_name="c")
    assert "p" in answers.values or any(fault.pointer == "/cluster/parameters/p" for fault in answers.faults)
    assert all(fault.detail for fault in answers.faults)


@thorough
@given(case=sound_cases)
def test_rendered_declaration_reads_as_the_same_one(case: tuple[Schema, Any]) -> None:
    schema, default = case
    parameter = parse_parameter("p", {**schema, "default": default})
    rendered = parameter.render()
    again = parse_parameter("p", rendered)
    assert again.constraints == parameter.constraints
    assert again.render() == rendered
    assert override_parameter(parameter, {}) == parameter


@thorough
@given(case=sound_cases)
def test_rendered_default_is_a_good_answer_when_the_form_sends_it_back(case: tuple[Schema, Any]) -> None:
    schema, default = case
    parameter = parse_parameter("p", {**schema, "default": default})
    shown = parameter.render().get("default")
    if shown is None:
        return
    if "custom_constraint" in str(schema) and schema["type"] != "string":
        return  # which would look at the very form that the value is sent in
    assert check_answers({"p": parameter}, {"p": shown}).faults == ()
    as_text = str(int(shown)) if isinstance(shown, bool) else str(shown)
    assert check_answers({"p": parameter}, {"p": as_text}).faults == ()


def _write_as_a_form(type_: str, value: Any) -> str:
    if type_ == "comma_delimited_list":
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value)


native_values = st.one_of(
    st.tuples(st.just("number"), st.integers() | st.floats(allow_nan=False, allow_infinity=False)),
    st.tuples(st.just("boolean"), st.booleans()),
    st.tuples(st.just("json"), st.dictionaries(st.text(max_size=5), st.integers(), max_size=4)),
    st.tuples(
        st.just("comma_delimited_list"),
        st.lists(st.text(st.characters(exclude_characters=","), min_size=1), min_size=1),
    ),
)


@thorough
@given(typed=native_values, data=st.data())
def test_form_text_and_native_json_get_the_same_verdict(typed: tuple[str, Any], data: st.DataObject) -> None:
    type_, value = typed
    kinds = [kind for kind in CONSTRAINTS if applies(kind, type_) and kind != "custom_constraint"]
    kind = data.draw(st.sampled_from(kinds))
    schema = {"type": type_, "constraints": [{kind: data.draw(st.sampled_from(CONSTRAINTS[kind]))}]}
    assert judge(schema, value).word == judge(schema, _write_as_a_form(type_, value)).word


def _chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *_chain(error.__cause__ or error.__context__)]


secret_values = st.sampled_from(
    [SECRET, f'{{"a": "{SECRET}"', f"x,{SECRET}", [SECRET], {"a": SECRET}, f"{SECRET} * * * *"]
)


@thorough
@given(case=sound_cases, secret=secret_values)
def test_secret_is_told_to_nobody(case: tuple[Schema, Any], secret: Any) -> None:
    schema, _ = case
    constraints = schema.get("constraints", [])
    allowed = (
        [{"allowed_values": [SECRET]}]
        if applies("allowed_values", schema["type"]) and schema["type"] == "string"
        else []
    )
    declared = {**schema, "hidden": True, "default": secret, "constraints": [*constraints, *allowed]}
    parameter = parse_parameter("p", declared)
    answers = check_answers({"p": parameter}, {"p": [secret, secret] if allowed else secret})
    wrong = check_answers({"p": parameter}, {"p": "something else"})
    texts = [repr(parameter), repr(answers), repr(wrong), *(fault.detail for fault in (*answers.faults, *wrong.faults))]
    try:
        texts.append(repr(parse_value(parameter, secret)))
    except InvalidValueError as error:
        texts += [f"{link!r} {vars(link)}" for link in _chain(error)]
    assert not any(SECRET in text for text in texts)


def test_corpus_of_values_is_not_refused_throughout() -> None:
    assert judge({"type": "string"}, SECRET).word == ACCEPTED
