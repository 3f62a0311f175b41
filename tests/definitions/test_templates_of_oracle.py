"""Small templates that Heat makes stacks of, or refuses, and what we tell of each: never an error of what it makes."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.diagnostics.rules import Profile
from builder.hot.language import VERSION_KEY
from builder.kinds.heat.stack_creation import heat_client
from tests.definitions.texts import build, find_rules
from tests.openstack.real_cloud import connected

TABLE = Path(__file__).parent / "oracle/templates.yaml"
STACK = {"resources": {"r": {"type": "OS::Heat::RandomString"}}}


def read_table() -> Iterator[Any]:
    """Each template with Heat's verdict and the rules that it breaks."""
    for topic, cases in yaml.load(TABLE.read_text(), yaml.CSafeLoader).items():
        for number, case in enumerate(cases, start=1):
            template = {VERSION_KEY: "2021-04-16", **STACK, **case}
            verdict, rules = template.pop("heat"), template.pop("rules")
            is_error = not template.pop("warned", False) and verdict != "made"
            template[VERSION_KEY] = str(template[VERSION_KEY])
            yield pytest.param(template, verdict, rules, is_error, id=f"{topic} {number}")


CASES = [*read_table()]


@pytest.mark.parametrize(("template", "verdict", "rules", "is_error"), CASES)
def test_what_is_told_of_a_template_is_an_error_only_where_heat_refuses_it(
    template: dict[str, Any], verdict: str, rules: list[str], is_error: bool
) -> None:
    outcome = build(f"heat_template: {json.dumps(template)}\n", profile=Profile.GENERIC)
    assert find_rules(outcome, "concertim-group") == rules
    assert (outcome.cluster_type is None) == is_error
    assert verdict != "made" or not is_error


@pytest.mark.openstack
@pytest.mark.timeout(300)
def test_heat_makes_and_refuses_what_the_table_says() -> None:
    differing = []
    with connected() as cloud:
        stacks = heat_client(cloud).stacks
        for template, verdict, *_ in (case.values for case in CASES):
            try:
                stacks.preview(stack_name="oracle-preview", template=template, files={}, parameters={})
                answer = "made"
            except Exception as error:  # noqa: BLE001  # heatclient has one for each status
                answer = f"refused: {error}"
            if not answer.startswith("made" if verdict == "fails" else verdict):
                differing.append(f"{template}: {verdict}, but {answer}")
    assert not differing, "\n".join(differing)


@pytest.mark.openstack
@pytest.mark.timeout(60)
@pytest.mark.parametrize("template", [each.values[0] for each in CASES if each.values[1] == "fails"])
def test_heat_fails_to_create_what_the_table_says(template: dict[str, Any]) -> None:
    with connected() as cloud:
        stacks = heat_client(cloud).stacks
        name = f"oracle-{secrets.token_hex(6)}"
        made = f"{name}/{stacks.create(stack_name=name, template=template, files={}, parameters={})['stack']['id']}"
        try:
            while (stack := stacks.get(made)).stack_status == "CREATE_IN_PROGRESS":
                time.sleep(1)  # Heat tells of nothing by itself
            assert stack.stack_status == "CREATE_FAILED"
        finally:
            stacks.delete(made)
