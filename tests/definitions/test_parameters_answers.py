"""Answers: read from JSON and from forms, judged all at once, with words for the person who gave them."""

from __future__ import annotations

from typing import Any

import pytest

from builder.clusters.answers import Answers, check_answers
from builder.errors import MAX_FAULTS
from builder.parameters.declarations import Parameter, override_parameter, parse_parameter
from builder.text.pointers import parse_pointer


def declare(**mappings: dict[str, Any]) -> dict[str, Parameter]:
    return {name: parse_parameter(name, mapping) for name, mapping in mappings.items()}


def answer(mapping: dict[str, Any], value: Any) -> Answers:
    return check_answers(declare(node_count=mapping), {"node_count": value})


def details(answers: Answers) -> list[tuple[str, str]]:
    return [(parse_pointer(fault.pointer or "")[-1], fault.detail) for fault in answers.faults]


@pytest.mark.parametrize(
    ("type_", "raw", "sent"),
    [
        ("string", "abc", "abc"),
        ("string", " ", " "),
        ("string", 5, "5"),
        ("string", 1.5, "1.5"),
        ("string", True, "True"),
        ("string", ["a"], ["a"]),
        ("string", {"a": 1}, {"a": 1}),
        ("string", [], []),
        ("number", 3, 3),
        ("number", "3", 3),
        ("number", " 3 ", 3),
        ("number", "3.5", 3.5),
        ("number", "1e3", 1000.0),
        ("number", "1_000", 1000),
        ("number", "nan", "nan"),
        ("number", "1e400", "1e400"),
        ("boolean", True, True),
        *(("boolean", text, True) for text in ("1", "t", "true", "True", "on", "ON", "y", "yes", " yes ", 1)),
        *(("boolean", text, False) for text in ("0", "f", "false", "FALSE", "off", "n", "no", 0, False)),
        ("comma_delimited_list", "a,b", ["a", "b"]),
        ("comma_delimited_list", "a, b,", ["a", " b", ""]),
        ("comma_delimited_list", ["a", 1, True], ["a", "1", "True"]),
        ("comma_delimited_list", [], []),
        ("json", {"a": 1}, {"a": 1}),
        ("json", [1], [1]),
        ("json", '{"a": 1}', '{"a": 1}'),
        ("json", "5", "5"),
        ("json", False, False),
    ],
)
def test_value_is_sent_as_heat_means_it(type_: str, raw: Any, sent: Any) -> None:
    answers = answer({"type": type_}, raw)
    assert answers.faults == ()
    assert answers.values == {"node_count": sent}
    assert type(answers.values["node_count"]) is type(sent)


@pytest.mark.parametrize(
    ("type_", "raw", "detail"),
    [
        ("number", "three", "Node count must be a number."),
        ("number", [3], "Node count must be a number."),
        ("number", {}, "Node count must be a number."),
        ("boolean", "maybe", "Node count must be true or false (yes, no, on, off, 1 and 0 will do)."),
        ("boolean", 2, "Node count must be true or false (yes, no, on, off, 1 and 0 will do)."),
        ("boolean", [], "Node count must be true or false (yes, no, on, off, 1 and 0 will do)."),
        ("comma_delimited_list", 5, "Node count must be a list of values with commas between them."),
        ("comma_delimited_list", {"a": 1}, "Node count must be a list of values with commas between them."),
        ("json", '{"a" 1}', "Node count must be valid JSON, which it stops being at line 1, column 6."),
        ("json", "nonsense", "Node count must be valid JSON, which it stops being at line 1, column 1."),
        ("json", "[" * 100_000, "Node count must be valid JSON that is not nested so deeply."),
        ("json", "9" * 5_000, "Node count must be valid JSON, with numbers of a reasonable size."),
    ],
    ids=lambda value: str(value)[:40],
)
def test_value_of_another_type_is_a_fault(type_: str, raw: Any, detail: str) -> None:
    answers = answer({"type": type_}, raw)
    assert details(answers) == [("node_count", detail)]
    assert answers.values == {}


@pytest.mark.parametrize(
    ("type_", "constraint", "raw", "detail"),
    [
        ("string", {"length": {"min": 3}}, "ab", "must be at least 3 characters long"),
        ("string", {"length": {"max": 1}}, "ab", "must be at most 1 character long"),
        ("string", {"length": {"min": 3, "max": 5}}, "ab", "must be between 3 and 5 characters long"),
        ("string", {"length": {"min": 3, "max": 3}}, "ab", "must be exactly 3 characters long"),
        ("comma_delimited_list", {"length": {"min": 3}}, "a,b", "must have at least 3 items"),
        ("comma_delimited_list", {"length": {"max": 1}}, ["a", "b"], "must have at most 1 item"),
        ("json", {"length": {"max": 1}}, '{"a": 1, "b": 2}', "must have at most 1 entry"),
        ("json", {"length": {"min": 2}}, {"a": 1}, "must have at least 2 entries"),
        ("json", {"length": {"min": 0}}, "5", "must have at least 0 entries"),
        ("number", {"range": {"min": 1, "max": 8}}, "9", "must be between 1 and 8"),
        ("number", {"range": {"min": 1.5}}, 1, "must be at least 1.5"),
        ("number", {"range": {"max": 8.0}}, "8.5", "must be at most 8"),
        ("number", {"modulo": {"step": 4, "offset": 0}}, 6, "must be a multiple of 4"),
        ("number", {"modulo": {"step": 4, "offset": 1}}, 6, "must be a multiple of 4, plus 1 (so 1, 5, …)"),
        ("number", {"modulo": {"step": 4.0, "offset": 1.0}}, 6, "must be a multiple of 4, plus 1 (so 1, 5, …)"),
        ("string", {"allowed_values": ["a", "b"]}, "c", "must be one of: a, b"),
        ("number", {"allowed_values": [1, 2.5]}, 3, "must be one of: 1, 2.5"),
        ("boolean", {"allowed_values": [True]}, "no", "must be one of: true"),
        ("comma_delimited_list", {"allowed_values": ["a", "b"]}, "a,c", "must hold only values from: a, b"),
        (
            "number",
            {"allowed_values": list(range(20))},
            20,
            "must be one of: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (20 values in all)",
        ),
        ("string", {"allowed_pattern": "[a-z]+"}, "abc!", "must match the pattern [a-z]+ from beginning to end"),
        (
            "string",
            {"custom_constraint": "ip_addr"},
            "host",
            "must be an IP address, such as 192.0.2.10 or 2001:db8::10",
        ),
    ],
    ids=str,
)
def test_broken_constraint_is_told_as_a_limit(type_: str, constraint: dict[str, Any], raw: Any, detail: str) -> None:
    assert details(answer({"type": type_, "constraints": [constraint]}, raw)) == [
        ("node_count", f"Node count {detail}.")
    ]


@pytest.mark.parametrize(("step", "taken"), [(2, False), (2.0, True), ("2", False), ("2.0", True)])
def test_modulo_divides_with_the_precision_of_the_authors_number(step: Any, taken: bool) -> None:
    constraint = {"modulo": {"step": step, "offset": 0}}
    assert (not details(answer({"type": "number", "constraints": [constraint]}, 2**53 + 1))) is taken


def test_whole_number_that_no_float_holds_is_no_multiple_of_a_float() -> None:
    constraint = {"modulo": {"step": 2.0, "offset": 0}}
    assert details(answer({"type": "number", "constraints": [constraint]}, 10**400)) == [
        ("node_count", "Node count must be a multiple of 2.")
    ]


def test_authors_description_is_told_as_it_is() -> None:
    constraint = {"range": {"max": 8}, "description": "We only have eight nodes"}
    assert details(answer({"type": "number", "constraints": [constraint]}, 9)) == [
        ("node_count", "We only have eight nodes")
    ]


def test_same_words_of_two_constraints_are_told_once() -> None:
    constraints = [{"length": {"max": 1}, "description": "No."}, {"allowed_pattern": "x", "description": "No."}]
    assert details(answer({"type": "string", "constraints": constraints}, "yy")) == [("node_count", "No.")]


def test_label_of_the_parameter_names_it() -> None:
    assert details(answer({"type": "number", "label": "Compute nodes"}, "x")) == [
        ("node_count", "Compute nodes must be a number.")
    ]


def test_all_faults_are_told_at_once_in_the_order_of_the_form() -> None:
    parameters = declare(
        name={"type": "string", "constraints": [{"length": {"max": 2}}, {"allowed_pattern": "[a-z]+"}]},
        size={"type": "number"},
        fine={"type": "string"},
        colour={"type": "string"},
    )
    answers = check_answers(parameters, {"other": 1, "size": "big", "fine": "yes", "name": "A-1"})
    assert details(answers) == [
        ("name", "Name must be at most 2 characters long."),
        ("name", "Name must match the pattern [a-z]+ from beginning to end."),
        ("size", "Size must be a number."),
        ("colour", "Colour is required."),
        ("other", "There is no parameter other."),
    ]
    assert answers.values == {"fine": "yes"}


@pytest.mark.parametrize("nothing", [None, ""])
@pytest.mark.parametrize("type_", ["string", "number", "boolean", "json", "comma_delimited_list"])
def test_no_answer_to_a_required_parameter_is_a_fault(type_: str, nothing: str | None) -> None:
    assert details(answer({"type": type_}, nothing)) == [("node_count", "Node count is required.")]


@pytest.mark.parametrize("answers", [{}, {"p": None}, {"p": ""}], ids=str)
@pytest.mark.parametrize("default", ["x", "", 0, False])
def test_parameter_with_a_default_may_go_unanswered_and_is_not_sent(answers: dict[str, Any], default: object) -> None:
    result = check_answers(declare(p={"type": "string", "default": default}), answers)
    assert result == Answers({}, ())


def test_default_of_the_definition_is_sent_to_heat() -> None:
    parameters = {
        name: override_parameter(parse_parameter(name, {"type": type_, "default": old}), {"default": new})
        for name, type_, old, new in [
            ("same", "number", 2, 2),
            ("other", "number", 2, "3"),
            ("added", "string", None, 5),
            ("broken", "number", 2, "many"),
        ]
    }
    assert check_answers(parameters, {}).values == {"other": 3, "added": "5", "broken": "many"}
    assert check_answers(parameters, {}, ignored={"other"}, hardcoded={"added"}).values == {"broken": "many"}
    assert check_answers(parameters, {"other": 4, "added": "x", "broken": 1}).values == {
        "other": 4,
        "added": "x",
        "broken": 1,
    }


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("node_cuont", "There is no parameter node_cuont. Did you mean node_count?"),
        ("zzz", "There is no parameter zzz."),
        ("hidden_nod", "There is no parameter hidden_nod."),
        ("node_count" * 10, f"There is no parameter {'node_count' * 8}…."),
    ],
)
def test_unknown_name_is_a_fault_that_suggests_another(name: str, detail: str) -> None:
    parameters = declare(
        node_count={"type": "number", "default": 1},
        hidden_node={"type": "string"},
    )
    answers = check_answers(parameters, {name: "x"}, hardcoded={"hidden_node"})
    assert details(answers) == [(name, detail)]


def test_unknown_name_without_a_value_is_no_fault() -> None:
    assert check_answers({}, {"gone": "", "old": None}) == Answers({}, ())


def test_flood_of_unknown_names_is_told_without_suggestions_for_all() -> None:
    parameters = declare(**{f"parameter{number}": {"type": "string", "default": "x"} for number in range(100)})
    answers = check_answers(parameters, {f"parametre{number}": 1 for number in range(2_000)})
    assert len(answers.faults) == MAX_FAULTS + 1  # as many as are told, and one that shows that there are more
    assert sum("Did you mean" in fault.detail for fault in answers.faults) == 20


def test_hardcoded_parameter_may_not_be_given() -> None:
    parameters = declare(network={"type": "string", "default": "internal-net"})
    answers = check_answers(parameters, {"network": "mine", "other": "x"}, hardcoded={"network", "other"})
    assert details(answers) == [
        ("network", "network is set by the cluster type and may not be given."),
        ("other", "other is set by the cluster type and may not be given."),
    ]
    assert answers.values == {}


@pytest.mark.parametrize("nothing", [{}, {"network": ""}, {"network": None}], ids=str)
def test_hardcoded_parameter_is_not_asked_for(nothing: dict[str, Any]) -> None:
    assert check_answers(declare(network={"type": "string"}), nothing, hardcoded={"network"}) == Answers({}, ())


def test_ignored_parameters_are_dropped_whatever_they_hold() -> None:
    parameters = declare(disks={"type": "number"}, size={"type": "number"}, nodes={"type": "number"})
    answers = check_answers(
        parameters, {"disks": "", "size": "large", "nodes": "2", "x": 1}, ignored={"disks", "size", "x"}
    )
    assert answers == Answers({"nodes": 2}, ())


@pytest.mark.parametrize("given", [{}, {"clustername": None}, {"clustername": ""}], ids=str)
@pytest.mark.parametrize("default", [None, "mycluster"])
def test_clustername_takes_the_clusters_name(given: dict[str, Any], default: str | None) -> None:
    parameters = declare(clustername={"type": "string", "default": default})
    assert check_answers(parameters, given, cluster_name="blue").values == {"clustername": "blue"}


def test_clustername_that_is_given_stays() -> None:
    parameters = declare(clustername={"type": "string"})
    assert check_answers(parameters, {"clustername": "red"}, cluster_name="blue").values == {"clustername": "red"}


def test_clusters_name_is_held_against_the_constraints_of_clustername() -> None:
    parameters = declare(clustername={"type": "string", "constraints": [{"length": {"min": 6}}]})
    answers = check_answers(parameters, {}, cluster_name="blue")
    assert details(answers) == [("clustername", "Clustername must be at least 6 characters long.")]


def test_clustername_of_another_type_takes_no_name() -> None:
    parameters = declare(clustername={"type": "number"})
    assert details(check_answers(parameters, {}, cluster_name="blue")) == [("clustername", "Clustername is required.")]


@pytest.mark.parametrize("out", [{"hardcoded": {"clustername"}}, {"ignored": {"clustername"}}], ids=str)
def test_clustername_that_is_not_asked_for_takes_no_name(out: dict[str, Any]) -> None:
    parameters = declare(clustername={"type": "string"})
    assert check_answers(parameters, {}, cluster_name="blue", **out) == Answers({}, ())


@pytest.mark.parametrize(("type_", "raw"), [("number", "5"), ("number", 5), ("boolean", "yes"), ("boolean", True)])
def test_custom_constraint_is_given_the_form_that_the_value_came_in(type_: str, raw: Any) -> None:
    answers = answer({"type": type_, "constraints": [{"custom_constraint": "nova.flavor"}]}, raw)
    assert answers.values == {"node_count": raw}
