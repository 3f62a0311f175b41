"""What is told of templates, where Heat's own classes say what becomes of them."""

from __future__ import annotations

import json

import pytest

from tests.definitions.texts import VERSION, build, find_rules

NODE = f"{VERSION}\nparameters: {{flavor: {{type: string}}}}\nresources: {{r: {{type: OS::Heat::RandomString}}}}\n"
COMPUTED = ["{map_merge: [{flavor: x}, {get_param: common}]}", "{get_param: common}", "{if: [c, {flavor: x}, {y: z}]}"]
MEMBER = "{type: node.yaml, properties: %s}"
GROUPS = [
    f"{{type: OS::Heat::ResourceGroup, properties: {{count: 2, resource_def: {MEMBER}}}}}",
    f"{{type: OS::Heat::AutoScalingGroup, properties: {{min_size: 1, max_size: 2, resource: {MEMBER}}}}}",
]


def template(resource: str, version: str = "2021-04-16") -> str:
    """A definition whose template has one resource, and a parameter and a condition to refer to."""
    return f"""heat_template:
  heat_template_version: {version}
  parameters: {{common: {{type: json, default: {{}}}}}}
  conditions: {{c: true}}
  resources: {{r: {resource}}}
"""


@pytest.mark.parametrize("computed", COMPUTED)
@pytest.mark.parametrize("group", GROUPS)
def test_properties_of_a_member_that_a_function_gives_are_not_held_against_its_parameters(
    group: str, computed: str
) -> None:
    assert find_rules(build(template(group % computed), {"node.yaml": NODE})) == []


@pytest.mark.parametrize("group", GROUPS)
def test_properties_of_a_member_that_are_written_out_are_held_against_its_parameters(group: str) -> None:
    rules = find_rules(build(template(group % "{colour: x}"), {"node.yaml": NODE}))
    assert sorted(rules) == ["nested-parameter", "nested-property"]
    rules = find_rules(build(template(group % "{flavour: x}"), {"node.yaml": NODE}))
    assert rules == ["nested-property"], "what is misspelt is told once"


def test_what_is_no_function_in_the_version_of_the_template_is_the_name_of_a_property() -> None:
    member = (
        "{type: OS::Heat::ResourceGroup, properties: {resource_def: {type: node.yaml, properties: {map_merge: []}}}}"
    )
    definition = template(member, "2015-10-15").replace("  conditions: {c: true}\n", "")
    rules = find_rules(build(definition, {"node.yaml": NODE}))
    assert sorted(rules) == ["nested-parameter", "nested-property"]


@pytest.mark.parametrize("computed", COMPUTED)
@pytest.mark.parametrize(
    "type_", ["node.yaml", "OS::Heat::RandomString", "OS::Heat::ResourceGroup", "OS::Nova::Server"]
)
def test_properties_of_a_resource_itself_are_given_by_no_function(type_: str, computed: str) -> None:
    outcome = build(template(f"{{type: '{type_}', properties: {computed}}}"), {"node.yaml": NODE})
    assert find_rules(outcome, "concertim-nested") == ["template-shape"]
    assert "/heat_template/resources/r/properties" in [problem.pointer for problem in outcome.problems]


@pytest.mark.parametrize("type_", ["OS::Heat::None", "My::Own::Type"])
def test_properties_that_heat_or_a_plug_in_may_not_look_at_are_not_told_of(type_: str) -> None:
    assert find_rules(build(template(f"{{type: '{type_}', properties: {{get_param: common}}}}"))) == []


def test_computed_properties_of_a_resource_that_a_condition_may_leave_out_are_a_warning() -> None:
    resource = "{type: OS::Heat::RandomString, condition: c, properties: {get_param: common}}"
    assert find_rules(build(template(resource))) == ["conditional-mistake"]


@pytest.mark.parametrize("description", ["5", "true", "[a, 1]", "{a: 1}", "null"])
def test_description_of_a_template_may_be_anything_inline_and_in_a_file(description: str) -> None:
    inline = template("{type: OS::Heat::RandomString}")
    assert find_rules(build(f"{inline}  description: {description}\n")) == []
    in_file = {"a.yaml": f"{VERSION}\ndescription: {description}\n"}
    assert find_rules(build("heat_template_url: a.yaml\n", in_file)) == []


@pytest.mark.parametrize("path", ["{list_join: ['.', [setup, sh]]}", "{if: [c, setup.sh, other.sh]}"])
def test_path_that_a_function_gives_is_a_warning_for_the_file_may_be_sent_all_the_same(path: str) -> None:
    outcome = build(template(f"{{type: OS::Heat::Value, properties: {{value: {{get_file: {path}}}}}}}"))
    assert find_rules(outcome) == ["computed-file"]
    assert outcome.cluster_type is not None


RESOURCE_GROUP = "{{type: OS::Heat::ResourceGroup, properties: {{count: {count}, resource_def: {member}}}}}"
AUTO_SCALING_GROUP = (
    "{{type: OS::Heat::AutoScalingGroup, "
    "properties: {{min_size: 0, max_size: 1, desired_capacity: {count}, resource: {member}}}}}"
)


@pytest.mark.parametrize(
    ("member", "in_resource_group", "in_auto_scaling_group"),
    [
        ("{type: node.yml}", "nested-suffix", "nested-suffix"),
        ("{type: nested/node}", "nested-suffix", "nested-suffix"),
        ("{properties: {flavor: x}}", "template-shape", "template-shape"),
        ("{type: ''}", "template-shape", "template-shape"),
        ("{type: null}", "template-shape", "template-shape"),
        ("{type: OS::Heat::None, properties: [a]}", "template-shape", "template-shape"),
        ("{type: OS::Heat::None, properties: null}", "", "template-shape"),
        ("{type: OS::Heat::None, metadata: [a]}", "template-shape", "template-shape"),
        ("{type: OS::Heat::None, depends_on: x}", "unknown-resource-key", ""),
        ("{type: OS::Heat::None, bogus: 1}", "unknown-resource-key", ""),
        ("{type: OS::Heat::None, properties: {a: 1}, metadata: {a: 1}}", "", ""),
        ("{type: {get_param: common}}", "", ""),
        ("{get_param: common}", "", ""),
    ],
)
def test_definition_of_a_member_is_held_to_what_heat_refuses_of_it(
    member: str, in_resource_group: str, in_auto_scaling_group: str
) -> None:
    """As Heat 27 was seen to answer each of them."""
    for group, rule in ((RESOURCE_GROUP, in_resource_group), (AUTO_SCALING_GROUP, in_auto_scaling_group)):
        direct = build(template(group.format(count=1, member=member)))
        assert find_rules(direct, "concertim-group") == [rule] * bool(rule)
        within = RESOURCE_GROUP.format(count=1, member=group.format(count=1, member=member))
        assert find_rules(build(template(within))) == [rule] * bool(rule)
        unseen = build(template(group.format(count=0, member=member)))
        assert find_rules(unseen) == ["conditional-mistake"] * bool(rule)


def test_each_branch_of_a_member_that_a_condition_chooses_is_looked_into() -> None:
    member = "{if: [c, {type: node.yml}, {type: node.yaml, properties: {colour: x}}]}"
    outcome = build(template(RESOURCE_GROUP.format(count=1, member=member)), {"node.yaml": NODE})
    assert find_rules(outcome) == ["conditional-mistake"] * 3
    told = " ".join(problem.message for problem in outcome.problems)
    assert "'node.yml' is no type of resource" in told
    assert "node.yaml has no parameter 'colour'" in told
    assert "node.yaml needs the property 'flavor'" in told


SERVED = f"{VERSION}\nresources: {{r: {{type: OS::Heat::RandomString}}}}\noutputs: {{address: {{value: x}}}}\n"


@pytest.mark.parametrize(
    ("path", "is_there"),
    [
        ("address", True), ("refs", True), ("attributes, address", True), ("resource.0.address", True),
        ("'resource.0', address", True), ("adress", False), ("show", False), ("resource.0.adress", False),
        ("outputs, address", False),
    ],
)  # fmt: skip
def test_attribute_of_a_group_is_an_output_of_its_members_and_one_in_an_output_is_asked_for_later(
    path: str, is_there: bool
) -> None:
    group = RESOURCE_GROUP.format(count=1, member="{type: node.yaml}")
    used = f"{group}\n    v: {{type: OS::Heat::Value, properties: {{value: {{get_attr: [r, {path}]}}}}}}"
    definition = template(group).replace(f"{{r: {group}}}", f"\n    r: {used}")
    assert find_rules(build(definition, {"node.yaml": SERVED})) == ["nested-attribute"] * (not is_there)
    shown = f"{template(group)}  outputs: {{o: {{value: {{get_attr: [r, {path}]}}}}}}\n"
    assert find_rules(build(shown, {"node.yaml": SERVED})) == ["conditional-mistake"] * (not is_there)


def test_what_is_no_output_of_a_nested_template_in_another_component_is_told() -> None:
    resources = {
        "node": {"type": "nested/node.yaml"},
        "nodes": {"type": "OS::Heat::ResourceGroup", "properties": {"resource_def": {"type": "nested/node.yaml"}}},
    }
    for attribute, expected in (("addres", ["conditional-mistake", "nested-attribute"]), ("address", [])):
        outputs = {name: {"value": {"get_attr": [name, attribute]}} for name in resources}
        files = {
            "components/nodes.yaml": json.dumps({"heat_template_version": "2021-04-16", "resources": resources}),
            "components/shown.yaml": json.dumps({"heat_template_version": "2021-04-16", "outputs": outputs}),
            "components/nested/node.yaml": SERVED,
        }
        outcome = build("components: [{name: nodes}, {name: shown}]\n", files)
        assert sorted(find_rules(outcome, "concertim-nested")) == expected


@pytest.mark.parametrize("key", ["AWSTemplateFormatVersion: '2010-09-09'", "HeatTemplateFormatVersion: '2012-12-12'"])
def test_template_of_cloudformation_is_told_of_in_one_sentence_whatever_tags_it_has(key: str) -> None:
    text = f"{key}\nResources: {{r: {{Type: 'OS::Heat::RandomString'}}}}\nOutputs: {{w: {{Value: !Ref r}}}}\n"
    outcome = build("heat_template_url: a.yaml\n", {"a.yaml": text})
    assert find_rules(outcome) == ["template-version"]
    (message,) = [problem.message for problem in outcome.problems if problem.rule == "template-version"]
    assert message == "this is a CloudFormation template, and only HOT templates are taken"


@pytest.mark.parametrize(
    ("compared", "told"),
    [
        ("{gett_param: common}", {"unknown-function": "/equals/0/gett_param"}),
        ("'${common}'", {"unknown-function": "/equals/0"}),
        ("{get_param: [common, {get_resource: r}]}", {"misplaced-function": "/equals/0/get_param/1/get_resource"}),
        ("{get_attr: [r, value]}", {"misplaced-function": "/equals/0/get_attr"}),
    ],
)
def test_what_is_compared_in_a_condition_is_read_as_any_other_value(compared: str, told: dict[str, str]) -> None:
    definition = template("{type: OS::Heat::None, condition: c}").replace("{type: json, default: {}}", "{type: string}")
    definition = definition.replace("{c: true}", f"{{c: {{equals: [{compared}, x]}}}}")
    places = {
        each.rule: each.pointer.removeprefix("/heat_template/conditions/c") for each in build(definition).problems
    }
    noise = ("unused-parameter", "no-parameters", "no-private-network")
    assert {rule: place for rule, place in places.items() if rule not in noise} == told


def test_a_condition_among_the_arguments_of_another_is_in_its_place() -> None:
    definition = template("{type: OS::Heat::None, condition: c}").replace("{c: true}", "{c: {and: [{equals: [1, 2]}]}}")
    told = [(each.message, each.hint) for each in build(definition).problems if each.rule == "function-arguments"]
    assert told == [("and wants a list of at least two conditions", "")]


def test_parameter_that_every_template_has_is_there_whatever_optional_component_declares_one_of_its_name() -> None:
    named = f"{VERSION}\nparameters: {{'OS::stack_name': {{type: string}}}}\n"
    reads = "resources: {r: {type: OS::Heat::Value, properties: {value: {get_param: 'OS::stack_name'}}}}\n"
    components = {"components/a.yaml": named, "components/b.yaml": f"{VERSION}\n{reads}"}
    outcome = build("components: [{name: a, optional: true}, {name: b}]\n", components)
    assert "optional-reference" not in [each.rule for each in outcome.problems]
