"""One bad definition takes neither long to judge nor long to read about, however much is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from builder.definitions.building import MAX_PROBLEMS, Outcome, build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.rules import Severity
from builder.hot_lint.conflicts.finding import find_conflicts
from builder.hot_lint.sources import SourceError
from builder.kinds.registry import KINDS
from builder.text.spelling import find_near
from builder.yaml_documents.composing import MAX_DEPTH, MAX_VALUES
from tests.definitions.files import build_composed
from tests.samples import some_of
from tests.steps import count_steps

HEAD = "kind: heat\ntitle: Many\ndescription: Much is wrong with it.\n"
TEMPLATE = f"""{HEAD}heat_template:
  heat_template_version: 2021-04-16
  parameters: {{nodes: {{type: number, default: 1}}}}
  resources:
"""


@dataclass
class OneFile:
    """A definition that has no other files than one it may nest, and counts how often another is asked for."""

    text: str
    nested: str = ""
    asked: int = 0

    def resolve(self, reference: str, base: str) -> str:
        if len(reference) > 4096:
            raise SourceError("unreadable-file", "it is too long")
        return reference

    def resolve_template(self, reference: str) -> str:
        return self.resolve(reference, "")

    def read(self, name: str) -> str:
        if not name:
            return self.text
        if name == "nested.yaml" and self.nested:
            return self.nested
        self.asked += 1
        raise SourceError("missing-file", "it is not there")

    def read_data(self, name: str) -> str:
        return self.read(name)

    def list_beside(self, name: str) -> list[str]:
        return []

    def display(self, name: str) -> str:
        return name or "many.yaml"


def build(text: str, nested: str = "") -> Outcome:
    return build_cluster_type(ClusterTypeId("many"), OneFile(text, nested), KINDS)


def unknown_keys(number: int) -> str:
    return HEAD + "heat_template_url: x.yaml\n" + "".join(f"k{key}: 1\n" for key in range(number))


def dangling_references(number: int) -> str:
    value = "{type: OS::Heat::Value, properties: {value: {get_resource: resourcf%dx}}}"
    return TEMPLATE + "".join(f"    resource{key}: {value % key}\n" for key in range(number))


def mappings_of_one_key(number: int) -> str:
    return HEAD + "".join(f"title: {{k{key}: 1}}\n" for key in range(number))


def floating_ips(number: int) -> str:
    """So many, each for a port of a network of its own, to which no router leads."""
    rows = [
        "net%d: {type: OS::Neutron::Net}",
        "subnet%d: {type: OS::Neutron::Subnet, properties: {cidr: 10.0.0.0/24, network: {get_resource: net%d}}}",
        "port%d: {type: OS::Neutron::Port, properties: {network: {get_resource: net%d}}}",
        "ip%d: {type: OS::Neutron::FloatingIP, properties: {floating_network: x, port_id: {get_resource: port%d}}}",
    ]
    return TEMPLATE + "".join(f"    {row.replace('%d', str(key))}\n" for key in range(number) for row in rows)


def unawaited(number: int) -> str:
    """So many floating IPs and groups in one network, each of them after the one before it."""
    rows = [
        "net: {type: OS::Neutron::Net}",
        "subnet: {type: OS::Neutron::Subnet, properties: {cidr: 10.0.0.0/24, network: {get_resource: net}}}",
        "interface: {type: OS::Neutron::RouterInterface, properties: {router: r, subnet: {get_resource: subnet}}}",
        "ip0: {type: OS::Neutron::FloatingIP, properties: {floating_network: x}}",
        "group0: {type: OS::Heat::Value, properties: {value: x}}",
    ]
    address = "properties: {floating_network: x, port_id: {get_resource: port%d}}"
    member = "{type: OS::Neutron::Port, properties: {network: {get_resource: net}}}"
    for key in range(1, number):
        rows += [
            f"port{key}: {member}",
            f"ip{key}: {{type: OS::Neutron::FloatingIP, depends_on: ip{key - 1}, {address % key}}}",
            f"group{key}: {{type: OS::Heat::ResourceGroup, depends_on: group{key - 1}, properties: {{count: 2, "
            f"resource_def: {member}}}}}",
        ]
    return TEMPLATE + "".join(f"    {row}\n" for row in rows)


def groups_without_numbers(number: int) -> str:
    """So many, whose members have no number, and as many parameters."""
    parameters = "".join(f"    p{key}: {{type: string, default: x}}\n" for key in range(number))
    properties = "properties: {index_var: '%n%', count: 0, resource_def: {type: nested.yaml}}"
    groups = "".join(f"    g{key}: {{type: OS::Heat::ResourceGroup, {properties}}}\n" for key in range(number))
    start = "  parameters: {nodes: {type: number, default: 1}}\n  resources:\n"
    return TEMPLATE.replace(start, f"  parameters:\n{parameters}  resources:\n") + groups


MAKERS = [(unknown_keys, 400), (dangling_references, 200), (dangling_references, 400), (mappings_of_one_key, 400)]


@pytest.mark.parametrize(("make", "number"), some_of(MAKERS, MAKERS[0], MAKERS[1], MAKERS[3]))
def test_twice_as_many_problems_take_no_more_than_twice_the_work(make: Callable[[int], str], number: int) -> None:
    once, twice = (count_steps(partial(build, make(each))) for each in (number, 2 * number))
    assert twice < 2.2 * once


@pytest.mark.parametrize("make", [floating_ips, unawaited, groups_without_numbers])
def test_twice_as_many_resources_of_one_kind_take_no_more_than_twice_the_work(make: Callable[[int], str]) -> None:
    once, twice = (count_steps(partial(build, make(each))) for each in (100, 200))
    assert twice < 2.2 * once


@pytest.mark.parametrize(("make", "number"), [(unknown_keys, 5_000), (dangling_references, 1_000)])
def test_many_problems_are_told_in_part_and_the_last_one_says_how_many_more_there_are(
    make: Callable[[int], str], number: int
) -> None:
    problems = build(make(number)).problems
    assert len(problems) == MAX_PROBLEMS
    assert problems[-1].message.endswith(" more problems are left out")
    assert int(problems[-1].message.split("; ")[-1].split()[0].replace(",", "")) >= number - MAX_PROBLEMS


def test_as_many_problems_as_are_told_are_told_as_they_are() -> None:
    problems = build(unknown_keys(MAX_PROBLEMS - 1)).problems
    assert [problem.rule for problem in problems] == ["missing-file", *["unknown-key"] * (MAX_PROBLEMS - 1)]
    assert "left out" not in problems[-1].message


def test_problems_of_what_cannot_be_read_are_bounded_too() -> None:
    assert len(build(HEAD * 300).problems) == MAX_PROBLEMS


@pytest.mark.parametrize("use", ["- *long", "- *long : 1"], ids=["value", "key"])
def test_long_text_that_aliases_repeat_is_too_large(use: str) -> None:
    (problem,) = build(HEAD + "x-a:\n- &long " + "x" * 100_000 + f"\n{use}" * 100).problems
    assert problem.rule == "too-large"


def test_long_key_counts_with_each_value_whose_pointer_it_is_part_of() -> None:
    (problem,) = build(f"{HEAD}? {'x' * 100_000}\n: [{'!x 1, ' * 100}]\n").problems
    assert problem.rule == "too-large"


def test_as_much_text_as_one_file_may_hold_is_not_too_large() -> None:
    assert "too-large" not in [problem.rule for problem in build(HEAD + "x-a: " + "x" * 1024 * 1024).problems]


def test_errors_are_told_before_warnings() -> None:
    unused = "".join(f"    p{number}: {{type: number, default: 1}}\n" for number in range(300))
    template = f"{HEAD}heat_template:\n  heat_template_version: 2021-04-16\n  parameters:\n{unused}"
    problems = build(f"{template}  resources: {{a: {{type: OS::Heat::None, depends_on: b}}}}\n").problems
    assert [problem.rule for problem in problems if problem.severity is Severity.ERROR] == ["resource-reference"]
    assert len(problems) == MAX_PROBLEMS


def test_first_misspelt_names_have_hints_and_each_definition_anew() -> None:
    for _ in range(2):
        hints = [bool(problem.hint) for problem in build(dangling_references(1000)).problems]
        assert hints[1:15] == [True] * 14
        assert not hints[-2]


def nested_uses(number: int, attributes: str) -> tuple[str, str]:
    uses = "".join(f"    resource{key}: {{type: nested.yaml}}\n" for key in range(number))
    parameters = "".join(f"  parameter{key}: {attributes}\n" for key in range(number))
    return TEMPLATE + uses, f"heat_template_version: 2021-04-16\nparameters:\n{parameters}"


@pytest.mark.parametrize("attributes", ["{type: string}", "{type: string, default: x}"])
def test_twice_as_many_uses_of_twice_as_many_parameters_take_no_more_than_twice_the_work(attributes: str) -> None:
    once, twice = (count_steps(partial(build, *nested_uses(number, attributes))) for number in (200, 400))
    assert twice < 2.2 * once


def judge_servers(number: int) -> None:
    """Look for conflicts in a template of so many servers, each with a port."""
    names = {f"s{key}": {"networks": [{"port": {"get_resource": f"p{key}"}}]} for key in range(number)}
    servers = {name: {"type": "OS::Nova::Server", "properties": {"image": "x", **each}} for name, each in names.items()}
    assert not list(find_conflicts({"resources": servers}, {}, {}, {}))


def test_twice_as_many_servers_with_ports_take_no_more_than_twice_the_work() -> None:
    once, twice = (count_steps(partial(judge_servers, number)) for number in (200, 400))
    assert twice < 2.2 * once


def build_with_optional_components(number: int) -> None:
    """A definition of a component of many references, and so many optional ones that refer to it."""
    listed = "".join(f", {{name: c{key}, optional: true}}" for key in range(number))
    row = ", ".join(f"r{key}: {{type: OS::Heat::None, depends_on: r{key + 1}}}" for key in range(500))
    resources = {f"c{key}": f"o{key}: {{type: OS::Heat::None, depends_on: r0}}" for key in range(number)}
    resources["base"] = f"{row}, r500: {{type: OS::Heat::None}}"
    head = "heat_template_version: 2021-04-16\n"
    templates = {name: f"{head}resources: {{{each}}}\n" for name, each in resources.items()}
    build_composed(f"{HEAD}components: [{{name: base}}{listed}]\n", **templates)


def test_optional_component_takes_no_other_walk_over_the_required_ones() -> None:
    build_with_optional_components(1)
    few, many = (count_steps(partial(build_with_optional_components, number)) for number in (1, 21))
    assert many < 2 * few


def build_with_conditions(number: int, made_of: str = "{and: [%s, %s]}") -> Outcome:
    """A definition whose resource stands under the last of so many conditions, each made of the one before."""
    above = "".join(f", c{key + 1}: {made_of.replace('%s', f'c{key}')}" for key in range(number))
    conditions = f"c0: {{equals: [a, b]}}{above}"
    head = "heat_template_version: 2021-04-16\n"
    resources = f"resources: {{r: {{type: OS::Heat::None, condition: c{number}, depends_on: s}}}}\n"
    base, other = (
        f"{head}conditions: {{{conditions}}}\n{resources}",
        f"{head}resources: {{s: {{type: OS::Heat::None}}}}\n",
    )
    return build_composed(
        f"{HEAD}components: [{{name: base}}, {{name: other, optional: true}}]\n", base=base, other=other
    )


def test_conditions_made_of_others_twice_take_no_more_than_their_number() -> None:
    build_with_conditions(1)
    few, many = (count_steps(partial(build_with_conditions, number)) for number in (8, 16))
    assert many < 2.2 * few


@pytest.mark.parametrize("made_of", ["{and: [%s, %s]}", "{not: %s}", "{equals: [true, {and: [%s, %s]}]}"])
def test_more_conditions_made_of_one_another_than_heat_takes_end_the_judging_of_no_definition(made_of: str) -> None:
    told, few = ({each.rule for each in build_with_conditions(number, made_of).problems} for number in (2000, 2))
    assert told == few != set()


def circle(number: int) -> str:
    row = "".join(f"    r{key}: {{type: OS::Heat::None, depends_on: r{(key + 1) % number}}}\n" for key in range(number))
    return TEMPLATE + row


def test_names_of_a_long_circle_are_not_all_told() -> None:
    (short,) = (each.message for each in build(circle(8)).problems if each.rule == "dependency-cycle")
    assert short.endswith(": r0 -> r1 -> r2 -> r3 -> r4 -> r5 -> r6 -> r7 -> r0")
    (long,) = (each.message for each in build(circle(2000)).problems if each.rule == "dependency-cycle")
    assert long.endswith(": r0 -> r1 -> r2 -> r3 -> r4 -> r5 -> r6 -> r7 -> 1,992 more -> r0")


def test_component_that_is_listed_many_times_is_read_once() -> None:
    files = OneFile(f"{HEAD}components: [{'{name: nodes}, ' * 100}]\n")
    rules = [problem.rule for problem in build_cluster_type(ClusterTypeId("many"), files, KINDS).problems]
    assert files.asked == 1
    assert rules.count("duplicate-component") == 99


def test_properties_that_a_nested_template_misses_are_told_together() -> None:
    messages = [
        [
            problem.message
            for problem in build(*nested_uses(number, "{type: string}")).problems
            if "needs" in problem.message
        ]
        for number in (2, 9)
    ]
    assert messages[0] == ["nested.yaml needs the properties 'parameter0', 'parameter1'"] * 2
    assert messages[1][0].endswith("'parameter6', 'parameter7', and others")


def test_word_that_would_take_long_to_compare_has_no_hint() -> None:
    assert find_near("clutser", ["cluster"]) == "cluster"
    assert find_near("x" * 100_000, ["x" * 99_999]) == ""


def test_files_that_are_missing_count_as_files() -> None:
    values = ", ".join(f"{{get_file: f{number}}}" for number in range(500))
    files = OneFile(f"{TEMPLATE}    a: {{type: OS::Heat::Value, properties: {{value: [{values}]}}}}\n")
    rules = [problem.rule for problem in build_cluster_type(ClusterTypeId("many"), files, KINDS).problems]
    assert files.asked == 200
    assert "missing-file" in rules


@pytest.mark.parametrize(
    ("text", "rule", "column"),
    [
        ("[" + "[]," * MAX_VALUES, "too-large", 1),
        ("[" + "!a ," * MAX_VALUES, "too-large", 1),
        ("a: 1\n" * MAX_VALUES, "too-large", 1),
        ("[" * (MAX_DEPTH + 3), "too-deep", MAX_DEPTH + 2),
        ("{a: " * (MAX_DEPTH + 3), "too-deep", 4 * (MAX_DEPTH + 1) + 1),
    ],
    ids=["lists", "tagged-texts", "keys", "deep-lists", "deep-mappings"],
)
def test_parsing_ends_at_what_is_too_much_and_sees_nothing_of_what_comes_after(
    text: str, rule: str, column: int
) -> None:
    (problem,) = build(text + "\n - not valid: [\n").problems
    assert (problem.rule, problem.line, problem.column) == (rule, 1, column)


def test_patterns_that_take_long_to_read_are_refused_so_that_other_types_need_not_wait() -> None:
    patterns = [f"{number:04}" + "(a+)+" * 330 for number in range(600)]
    lines = [
        f"    p{number}: {{type: string, constraints: [{{allowed_pattern: '{pattern}'}}]}}\n"
        for number, pattern in enumerate(patterns)
    ]
    start = f"{HEAD}heat_template:\n  heat_template_version: 2021-04-16\n  resources: {{}}\n  parameters:\n"
    problems = build(start + "".join(lines)).problems
    assert {problem.rule for problem in problems if problem.severity is Severity.ERROR} == {"allowed-pattern"}
    assert "it takes too long to read all patterns of this definition" in problems[0].message
