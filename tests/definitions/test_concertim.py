"""What Concertim cannot read of a stack: groups of what are no stacks, and types without '::', at its top alone."""

from __future__ import annotations

import pytest

from builder.definitions.building import Outcome
from builder.diagnostics.rules import Profile, Severity
from tests.definitions.texts import VERSION, build, find_rules

NODE = f"{VERSION}\nresources: {{r: {{type: OS::Heat::RandomString}}}}\n"
PLAIN = "{type: OS::Heat::RandomString}"
NESTED = "{type: node.yaml}"
COMPOSED = "components: [{name: base}, {name: extra, optional: true}]\n"


def group(member: str, more: str = "") -> str:
    return f"{{type: OS::Heat::ResourceGroup, properties: {{resource_def: {member}{more}}}}}"


def resources(**texts: str) -> str:
    return f"{VERSION}\nresources:\n" + "".join(f"  {name}: {text}\n" for name, text in texts.items())


def build_one(resource: str, profile: Profile = Profile.CONCERTIM, **nested: str) -> Outcome:
    """The outcome of a template with one resource, beside node.yaml and templates given by their names."""
    files = {"root.yaml": resources(r=resource), "node.yaml": NODE}
    files |= {f"{name}.yaml": text for name, text in nested.items()}
    return build("heat_template_url: root.yaml\n", files, profile=profile)


@pytest.mark.parametrize(
    ("resource", "rule"),
    [
        (PLAIN, ""),
        (NESTED, "concertim-nested"),
        ("{type: Server}", "concertim-nested"),
        ("{type: node.yaml, condition: true}", "concertim-nested"),
        ("{type: node.yaml, condition: {equals: [a, b]}}", "concertim-nested"),
        ("{type: node.yaml, condition: false}", ""),  # no launch has it
        (group(NESTED), ""),
        (group(PLAIN), "concertim-group"),
        (group("{type: OS::Heat::None}"), "concertim-group"),
        (group("{type: My::Own::Type}"), "concertim-group"),
        (group(PLAIN, ", count: 2"), "concertim-group"),
        (group(PLAIN, ", count: 0"), ""),
        (group(PLAIN, ", count: null"), "concertim-group"),
        (group(f"{{if: [true, {NESTED}, {PLAIN}]}}"), "concertim-group"),
        (group(group(PLAIN)), ""),  # each member is a stack itself
        (f"{{type: OS::Heat::AutoScalingGroup, properties: {{min_size: 1, max_size: 1, resource: {PLAIN}}}}}", ""),
        ("{type: OS::Heat::ResourceChain, properties: {resources: [OS::Heat::RandomString]}}", ""),
    ],
)  # fmt: skip
def test_what_concertim_cannot_read_at_the_top_of_a_stack_is_an_error(resource: str, rule: str) -> None:
    outcome = build_one(resource)
    assert find_rules(outcome) == [rule] * bool(rule)
    assert (outcome.cluster_type is None) == bool(rule)


@pytest.mark.parametrize("below", [group(PLAIN), NESTED])
def test_what_is_below_the_top_of_a_stack_is_not_read(below: str) -> None:
    assert find_rules(build_one(group("{type: inner.yaml}"), inner=resources(r=below))) == []


@pytest.mark.parametrize(("below", "rule"), [(group(PLAIN), "concertim-group"), (NESTED, "concertim-nested")])
def test_stack_that_a_resource_makes_beside_the_launched_one_has_a_top_too(below: str, rule: str) -> None:
    own = "{type: OS::Heat::Stack, properties: {template: {get_file: inner.yaml}%s}}"
    within = "{type: deep.yaml}"
    assert find_rules(build_one(own % "", inner=resources(r=below))) == [rule]
    assert find_rules(build_one(group(own % ""), inner=resources(r=below))) == [rule]
    assert find_rules(build_one(group(within), deep=resources(r=own % ""), inner=resources(r=below))) == [rule]
    elsewhere = own % ", context: {region_name: Other}"
    assert find_rules(build_one(elsewhere, inner=resources(r=below))) == []


@pytest.mark.parametrize("component", ["base", "extra"])
def test_every_selection_of_optional_components_is_looked_into(component: str) -> None:
    texts = {"base": resources(a=PLAIN), "extra": resources(b=PLAIN), component: resources(c=group(PLAIN))}
    outcome = build(COMPOSED, {f"components/{name}.yaml": text for name, text in texts.items()})
    assert find_rules(outcome, "unselectable-component") == ["concertim-group"]
    assert {problem.path for problem in outcome.problems if problem.rule == "concertim-group"} == {
        f"components/{component}.yaml"
    }


@pytest.mark.parametrize("resource", [group(PLAIN), NESTED])
def test_type_that_only_concertim_cannot_read_is_listed_with_a_warning_in_the_generic_profile(resource: str) -> None:
    outcome = build_one(resource, Profile.GENERIC)
    assert outcome.cluster_type is not None
    (problem,) = (each for each in outcome.problems if each.rule.startswith("concertim-"))
    assert (problem.severity, problem.as_json()["severity"]) == (Severity.WARNING, "warning")


def test_file_whose_ending_keeps_it_from_being_a_nested_template_is_told_of_by_that_rule_alone() -> None:
    assert find_rules(build_one("{type: nested/node.yml}")) == ["nested-suffix"]
