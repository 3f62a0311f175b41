"""What the check proposes: the words that an author meant, for mistakes that authors really make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checking.examples import check

DEFINITION = """\
# check: ignore=no-private-network
kind: heat
title: Hints
description: A definition to misspell.
"""
TEMPLATE = "heat_template_version: 2021-04-16\nparameters: {{size: {{type: number, default: 1}}}}\nresources: {}\n"
USE = "{{use: {{type: OS::Heat::Value, properties: {{value: [{{get_param: size}}, {}]}}}}}}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tree" / "lab"
    for path in ("components", "scripts"):
        (folder / path).mkdir(parents=True)
    monkeypatch.chdir(folder.parent)
    return folder


def write(path: Path, use: str = "1") -> None:
    path.write_text(TEMPLATE.format(USE.format(use)))


def hints() -> list[str]:
    return [problem.hint for problem in check("lab").problems()]


@pytest.mark.parametrize(
    ("name", "present", "hint"),
    [
        ("shares", "components/share.yaml", "did you mean 'share'?"),
        ("share.yaml", "components/share.yaml", "did you mean 'share'?"),
        ("share", "components/share.yml", "rename components/share.yml to share.yaml"),
        ("share", "share.yaml", "move share.yaml into the folder components"),
        ("share", "components/disks.yaml", "create it, or name one that is there: disks"),
        ("share", "components/.share.yaml", "create it, or correct the path"),
        ("nodes2", "components/readme.txt", "create it, or correct the path"),
        ("../share", "components/share.yaml", "components are files in the folder components"),
    ],
)
def test_a_component_without_a_file(folder: Path, name: str, present: str, hint: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}, {{name: {name}}}]\n")
    write(folder / "components/nodes.yaml")
    (folder / present).write_text("")
    assert hints() == [hint]


@pytest.mark.parametrize("network", [None, "resources: [", "just text"])
def test_what_a_component_that_cannot_be_read_would_hold_is_not_missed_elsewhere(
    folder: Path, network: str | None
) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}, {{name: network}}]\n")
    write(folder / "components/nodes.yaml", "{get_resource: subnet}, {get_resource: usee}, {get_attr: []}")
    if network is not None:
        (folder / "components/network.yaml").write_text(network)
    rules = {problem.rule for problem in check("lab").problems()}
    assert "function-arguments" in rules
    assert not rules & {"resource-reference", "parameter-reference", "unused-parameter"}


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("../scripts/loign.sh", "did you mean '../scripts/login.sh'?"),
        ("../scripts/login", "did you mean '../scripts/login.sh'?"),
        ("scripts/login.sh", "did you mean '../scripts/login.sh'? Paths are relative to the file that they stand in"),
        ("../scripts/wholly-different.sh", "create it, or correct the path"),
        ("../nowhere/login.sh", "create it, or correct the path"),
    ],
)
def test_a_file_that_is_not_there(folder: Path, reference: str, hint: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}]\n")
    write(folder / "components/nodes.yaml", f"{{get_file: {reference}}}")
    (folder / "scripts/login.sh").write_text("")
    assert hints() == [hint]


def test_names_outside_the_tree_are_not_told(folder: Path) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}]\n")
    write(folder / "components/nodes.yaml", "{get_file: ../secret.sh}")
    (folder.parent / "secret.sh").write_text("")
    assert hints() == ["create it, or correct the path"]


def test_a_template_by_path(folder: Path) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}heat_template_url: templates.yaml\n")
    write(folder / "template.yaml")
    assert hints() == ["did you mean 'template.yaml'?"]


@pytest.mark.parametrize(
    ("use", "hint"),
    [
        ("{get_resource: size}", "it is a parameter: write {get_param: size}"),
        ("{get_attr: [size, value]}", "it is a parameter: write {get_param: size}"),
        ("{get_resource: 'OS::stack_id'}", "it is a parameter: write {get_param: OS::stack_id}"),
        ("{get_param: use}", "it is a resource: write {get_resource: use}"),
        ("{get_resource: nodes}", "it is a component: name one of its resources, such as 'use'"),
        ("!GetAtt use.value", "it is a function of CloudFormation's: use get_attr"),
        ("!Join [',', [a]]", "it is a function of CloudFormation's: use list_join"),
        ("!Own x", "write it as a string, a number, true, false or null"),
        ("'{{ size }}-x'", "write {list_join: ['', [{get_param: size}, '-x']]}"),
        ("'x-${size}'", "write {list_join: ['', ['x-', {get_param: size}]]}"),
        ("{get_attr: use, value}", "write a list: {get_attr: [use, value]}"),
        ("{list_join: [a], x}", "take the further keys out, or write a list in brackets"),
        ("$size-x", "write {list_join: ['', [{get_param: size}, '-x']]}"),
        ("$size", "write {get_param: size}"),
        ("'{get_param: size}'", "the quotes make it a text: write it without them"),
        ("[{list_join: ['-', ['{get_param: size}']]}]", "the quotes make it a text: write it without them"),
    ],
)
def test_what_was_written_for_something_else(folder: Path, use: str, hint: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}]\n")
    write(folder / "components/nodes.yaml", use)
    assert hints() == [hint]


@pytest.mark.parametrize(
    "use",
    [
        "'${other}'",
        "'${HOME} {{ .Names }}'",
        "{config: 'echo ${size}'}",
        "{str_replace: {template: '${size}', params: {'${size}': {get_param: size}}}}",
        "{repeat: {for_each: {'${size}': [a]}, template: 'x-${size}'}}",
        '"echo ${size}\\n"',
        "'echo $size'",
        "$sizes",
        "{user_data: '{get_param: size}'}",
        "{description: '{get_param: size}'}",
        "{str_replace: {template: '{get_param: size}', params: {size: 1}}}",
        "'{filter: size}'",
        '\'{"get_param": "size"}\'',
        "'{get_params: size}'",
        "{get_param: size, label: 2}",
        "{yaql: {expression: 'let(size => 1) -> $size', data: 1}}",
    ],
)
def test_what_something_else_replaces_is_left_alone(folder: Path, use: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}]\n")
    write(folder / "components/nodes.yaml", use)
    assert hints() == []


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("name: {{ size }}-x", "use str_replace, or get_param where it stands alone"),
        ("name: get_file: x.sh", "write it in braces, or get_file: on the next line"),
        ("name: a: b", "put the value in quotes"),
    ],
)
def test_a_line_that_yaml_does_not_take(folder: Path, written: str, hint: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}x-note:\n  {written}\n")
    assert hints() == [hint]


COMPLETE = (
    DEFINITION
    + """\
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    size: {type: number, default: 1}
  resources:
    use: {type: OS::Heat::Value, properties: {value: [{get_param: size}, {get_resource: other}]}}
    other: {type: OS::Heat::RandomString}
"""
)
ITEMS = "write a list, each item on a line that begins with '- '"
LAID_OVER = "label, description, default, hidden, immutable, tags, constraints"

MISTAKES = {
    "type-of-another-tool": ("type: number", "type: integer", ["did you mean 'number'?"]),
    "type-misspelt": ("type: number", "type: nubmer", ["did you mean 'number'?"]),
    "no-type": ("type: number, ", "", ["write type: string, or another"]),
    "type-as-parameter": ("{type: number, default: 1}", "number", ["write {type: string}, or another type"]),
    "type-as-resource": (
        "{type: OS::Heat::RandomString}",
        "OS::Heat::RandomString",
        ["give it a type, and properties"],
    ),
    "no-space": ("type: number", "type:number", ["write type: string, or another", "put a space after 'type:'"]),
    "no-space-in-call": ("get_resource: other", "get_resource:other", ["put a space after 'get_resource:'"]),
    "no-colon-in-call": ("get_resource: other", "get_resource other", ["put a ':' after 'get_resource'"]),
    "version": ("heat_template_version:", "heat_template_versoin:", ["write it for 'heat_template_versoin'"]),
    "nothing": ("title: Hints", "title:", ["give it a value"]),
    "number-for-text": ("title: Hints", "title: 42", ["write it in quotes"]),
    "text-for-number": ("title:", "order: '1'\ntitle:", ["write it without quotes"]),
    "text-for-list": ("title:", "instructions: Log in\ntitle:", [ITEMS]),
    "text-for-truth": (
        "title:",
        "parameter_overrides: {size: {hidden: 'no'}}\ntitle:",
        ["write true or false, without quotes"],
    ),
    "text-for-mapping": ("title:", "parameter_overrides: {size: 2}\ntitle:", [f"write keys below it: {LAID_OVER}"]),
    "name-for-mapping": ("title:", "parameters: {size: number}\ntitle:", ["write type: number"]),
    "list-for-mapping": ("title:", "parameters: [size]\ntitle:", ["write keys below it, each with a ':'"]),
    "block-for-mapping": ("heat_template:", "heat_template: |", ["write keys, not a text, which '|' or '>' begins"]),
}


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("order: 010", "write 10 or 8"),
        ("order: 0b11", "write 3"),
        ("order: 1_000", "write 1000"),
        ("x-note: 010", "write '010' in quotes, or 10"),
        ("x-note: 1_0.5", "write '1_0.5' in quotes, or 10.5"),
        ("x-note: yes", "write 'yes' in quotes, or true"),
        ("parameter_overrides: {size: {default: 1__0}}", "write '1__0' in quotes, or 10"),
    ],
)
def test_a_value_that_two_yamls_read_differently(folder: Path, line: str, hint: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{line}\n{COMPLETE}")
    rules = ("yaml-versions", "wrong-type", "invalid-default")  # an error of the value tells of it, too
    (told,) = [problem.hint for problem in check("lab").problems() if problem.rule in rules]
    assert told == hint


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_writing(folder: Path, mistake: str) -> None:
    right, wrong, expected = MISTAKES[mistake]
    assert right in COMPLETE
    (folder / "cluster-type.yaml").write_text(COMPLETE.replace(right, wrong, 1))
    assert hints() == expected


def test_a_component_without_its_key(folder: Path) -> None:
    write(folder / "components/nodes.yaml")
    (folder / "cluster-type.yaml").write_text(
        f"{DEFINITION}components:\n  - nodes\n  - name: nodes\n    optional: 'no'\n"
    )
    assert hints() == ["write name: nodes", "write true or false, without quotes"]


def test_the_other_components_are_looked_at_beside_one_that_is_wrong(folder: Path) -> None:
    entries = "[network, disks, {name: nodes}, {name: storage}, {name: storage}]"
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: {entries}\n")
    write(folder / "components/nodes.yaml", "{get_file: ../scripts/login.sh}, {get_resource: subnet}")
    found = [(problem.rule, problem.pointer) for problem in check("lab").problems()]
    assert found == [
        ("wrong-type", "/components/0"),
        ("wrong-type", "/components/1"),
        ("missing-file", "/components/3/name"),
        ("duplicate-component", "/components/4/name"),
        ("missing-file", "/resources/use/properties/value/1/get_file"),
    ]


@pytest.mark.parametrize(
    ("successor", "is_known"),
    [("other", True), ("other.small", True), ("other.nosuch", False), ("othr", False), ("broken.any", True)],
)
def test_successor_is_a_type_or_one_of_its_presets(folder: Path, successor: str, is_known: bool) -> None:
    (folder.parent / "other.yaml").write_text(f"{COMPLETE}presets: [{{id: small, title: Small}}]\n")
    (folder.parent / "broken.yaml").write_text(f"{DEFINITION}")
    (folder.parent / "old.yaml").write_text(f"{COMPLETE}lifecycle: deprecated\nreplaced_by: {successor}\n")
    rules = [problem.rule for each in check(".").definitions if each.id == "old" for problem in each.problems]
    assert rules == ([] if is_known else ["unknown-successor"])


@pytest.mark.parametrize(
    "override",
    [
        "{range: {min: 2, max: 8}}",
        "{range: {min: 1, max: 9}, description: Up to nine.}",
        "{allowed_values: [1, 9]}",
        "{modulo: {step: 2, offset: 0}}",
    ],
)
def test_constraints_that_are_no_wider_than_those_of_the_template(folder: Path, override: str) -> None:
    narrow = COMPLETE.replace("default: 1", "default: 1, constraints: [{range: {min: 1, max: 9}}]")
    constraints = f"parameter_overrides: {{size: {{default: 8, constraints: [{override}]}}}}\n"
    (folder / "cluster-type.yaml").write_text(narrow + constraints.replace("default: 8, ", "default: null, "))
    assert hints() == []


def test_what_another_constraint_of_the_definition_keeps_out_is_not_offered(folder: Path) -> None:
    narrow = COMPLETE.replace("default: 1", "default: 1, constraints: [{range: {min: 1, max: 9}}]")
    constraints = "parameter_overrides: {size: {constraints: [{range: {max: 9}}, {allowed_values: [1, 12]}]}}\n"
    (folder / "cluster-type.yaml").write_text(narrow + constraints)
    assert hints() == []


GROUP = (
    "{type: OS::Heat::ResourceGroup, properties: {%s, resource_def: {type: OS::Heat::Value, properties: {value: %s}}}}"
)


@pytest.mark.parametrize(
    ("group", "value"),
    [
        ("count: 2", "'node-%index%'"),
        ("count: 2", "node"),
        ("count: 2", "'%Y% of %hostname%, %i per cent'"),
        ("count: 2", "{str_replace: {template: 'a %n%', params: {'%n%': {get_param: size}}}}"),
        ("count: 2", "{repeat: {for_each: {'%i%': [a, b]}, template: 'a-%i%'}}"),
        ("count: 2", '"#!/bin/sh\\n echo %n%\\n"'),
        ("index_var: '%n%'", "'node-%n% of %index%'"),
        ("index_var: {get_param: size}", "'node-%n%'"),
        ("index_var: '%n%'", "[{get_file: number.txt}]"),
        ("index_var: '%n%'", GROUP % ("index_var: '%m%'", "'%n%-%m%'")),
    ],
)
def test_what_else_stands_in_percent_signs(folder: Path, group: str, value: str) -> None:
    (folder / "number.txt").write_text("%n%")
    added = f"    nodes: {GROUP % (group, value)}\n"
    (folder / "cluster-type.yaml").write_text(COMPLETE + added)
    assert [problem.rule for problem in check("lab").problems() if problem.rule == "index-placeholder"] == []


def test_default_that_has_the_number_of_a_member_brings_it_to_all(folder: Path) -> None:
    named = COMPLETE.replace("default: 1}", "default: 1}\n    name: {type: string, label: Name, default: node-%n%}")
    added = f"    nodes: {GROUP}\n" % ("index_var: '%n%'", "{get_param: name}")
    (folder / "cluster-type.yaml").write_text(named + added)
    assert "index-placeholder" not in {problem.rule for problem in check("lab").problems()}


@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ("'node-%index%'", {"index-placeholder"}),
        ('"#!/bin/sh\\n echo %index%\\n"', set()),
        ("{str_replace: {template: 'a %index%', params: {'%index%': {get_param: size}}}}", set()),
    ],
)
def test_number_of_a_member_outside_of_members_is_a_mistake_unless_something_else_replaces_it(
    folder: Path, value: str, rules: set[str]
) -> None:
    added = f"    node: {{type: OS::Heat::Value, properties: {{value: {value}}}}}\n"
    (folder / "cluster-type.yaml").write_text(COMPLETE + added)
    assert {problem.rule for problem in check("lab").problems()} & {"index-placeholder"} == rules
