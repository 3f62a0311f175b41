"""Which versions of HOT may be composed, and which the composed template has."""

from __future__ import annotations

import pytest

from builder.kinds.heat.planning import plan_cluster
from tests.definitions.texts import build, find_rules

DEFINITION = "components: [{name: a, optional: true}, {name: b}]\n"


def components(first: str, second: str) -> dict[str, str]:
    return {
        "components/a.yaml": f"heat_template_version: {first}\nparameters: {{clustername: {{type: string}}}}\n",
        "components/b.yaml": f"heat_template_version: {second}\nparameters: {{clustername: {{type: string}}}}\n",
    }


@pytest.mark.parametrize(("first", "second"), [("pike", "2017-09-01"), ("2021-04-16", "wallaby"), ("xena", "xena")])
def test_a_date_and_the_name_of_a_release_are_one_version(first: str, second: str) -> None:
    rules = find_rules(build(DEFINITION, components(first, second)), "unselectable-component")
    assert "template-versions-differ" not in rules


@pytest.mark.parametrize(
    ("first", "second"),
    [("pike", "2018-03-02"), ("pike", "queens"), ("2031-01-01", "2032-01-01"), ("xena", "2031-01-01"),
     ("2021-04-16", "xena"), ("mitaka", "kilo"), ("1999-01-01", "2018-03-02"), ("5", "2018-03-02")],
)  # fmt: skip
def test_other_versions_differ_those_that_are_not_known_here_by_their_text(first: str, second: str) -> None:
    assert "template-versions-differ" in find_rules(build(DEFINITION, components(first, second)))


@pytest.mark.parametrize(("selections", "version"), [({"a": True}, "pike"), ({}, "2017-09-01")])
def test_composed_template_has_the_version_as_the_first_of_its_components_writes_it(
    selections: dict[str, bool], version: str
) -> None:
    cluster_type = build(DEFINITION, components("pike", "2017-09-01")).cluster_type
    assert cluster_type is not None
    plan = plan_cluster(cluster_type, "mycluster", {}, selections)
    assert plan.template["heat_template_version"] == version
