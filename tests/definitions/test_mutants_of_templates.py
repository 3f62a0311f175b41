"""Templates in the manner of public ones, and mutants of these and of the project's own, with Heat as the judge.

Heat judges by a stack preview, which makes nothing. It says what a creation would, but for the values that members of
groups are given: where it takes what we refuse, a stack is created, and deleted again. ``oracle/mutants.yaml`` holds
each mutant on which the two verdicts differ, under the reason why.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.diagnostics.rules import Severity
from builder.hot.resource_types import load_names
from builder.kinds.heat.stack_creation import heat_client
from tests.contract.clouds import wait_for
from tests.definitions.oracle.mutants import Base, Mutant, list_examples, list_families, make_mutants
from tests.definitions.test_templates_of_oracle import CASES
from tests.openstack.real_cloud import connected

DISAGREEMENTS = Path(__file__).parent / "oracle/mutants.yaml"
MUTANTS = 400
AT_ONCE = 4
"""Previews that Heat is asked for at the same time: 400 take it less than a minute."""

FAMILIES = [pytest.param(base, id=base.name) for base in list_families()]


@dataclass(frozen=True)
class Heat:
    """Judges templates by previews."""

    stacks: Any
    absent: frozenset[str]
    """The types that the cloud lacks the services of."""

    def lacks(self, base: Base) -> set[str]:
        return {
            str(resource["type"])
            for resource in base.template["resources"].values()
            if isinstance(resource, Mapping) and resource.get("type") in self.absent
        }

    def refuses(self, text: str, base: Base, parameters: Mapping[str, Any] | None = None) -> str:
        """Why Heat refuses a template; ``""`` where it does not. It makes nothing of the types that the cloud lacks."""
        from heatclient.exc import HTTPException

        try:
            self.stacks.preview(stack_name="oracle-preview", **self._ask_for(text, base, parameters or {}))
        except HTTPException as error:
            return str(error)
        return ""

    def fails_to_make(self, mutant: Mutant) -> str:
        """Why a stack that Heat creates of a mutant is invalid; ``""`` where it is not."""
        name = f"oracle-{uuid.uuid4().hex[:8]}"
        created = self.stacks.create(stack_name=name, **self._ask_for(mutant.text, mutant.base, mutant.answer()))
        stack = f"{name}/{created['stack']['id']}"
        try:
            made = wait_for(lambda: self.stacks.get(stack), lambda each: each.stack_status != "CREATE_IN_PROGRESS")
            reason = str(made.stack_status_reason)
            return reason if made.stack_status == "CREATE_FAILED" and "StackValidationFailed" in reason else ""
        finally:
            self.stacks.delete(stack)

    def _ask_for(self, text: str, base: Base, parameters: Mapping[str, Any]) -> dict[str, Any]:
        registry = dict.fromkeys(self.lacks(base), "OS::Heat::None")
        return {
            "template": text,
            "files": dict(base.files),
            "parameters": dict(parameters),
            "environment": {"resource_registry": registry},
        }


@pytest.fixture(scope="module")
def heat() -> Iterator[Heat]:
    with connected(280) as cloud:
        client = heat_client(cloud)
        listed = {each.resource_type for each in client.resource_types.list()}
        yield Heat(client.stacks, frozenset(load_names()) - listed)


def has_error(mutant: Mutant) -> bool:
    return any(problem.severity is Severity.ERROR for problem in mutant.find_problems())


def unchanged(base: Base) -> Mutant:
    return Mutant(base.name, json.dumps(base.template), base)


@pytest.mark.parametrize("base", FAMILIES)
def test_templates_in_the_manner_of_public_ones_have_no_error(base: Base) -> None:
    assert [str(each) for each in unchanged(base).find_problems() if each.severity is Severity.ERROR] == []


@pytest.mark.openstack
@pytest.mark.parametrize("base", FAMILIES)
def test_heat_makes_templates_in_the_manner_of_public_ones(heat: Heat, base: Base) -> None:
    assert heat.refuses(json.dumps(base.template), base) == ""


@pytest.mark.openstack
@pytest.mark.timeout(300)
def test_our_verdict_on_mutants_is_heats_but_for_the_listed_ones(heat: Heat) -> None:
    made = [Base(str(case.id), case.values[0]) for case in CASES if case.values[1] == "made"]
    bases = [*list_examples(), *list_families(), *made]
    mutants = make_mutants((base for base in bases if not heat.lacks(base)), MUTANTS)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        refusals = list(pool.map(lambda each: heat.refuses(each.text, each.base, each.answer()), mutants))
    assert len(mutants) == MUTANTS
    listed = yaml.load(DISAGREEMENTS.read_text(), yaml.CSafeLoader)
    explained = {name: entry for entry in listed for name in entry["mutants"]}
    told: dict[str, str] = {}
    for mutant, refusal in zip(mutants, refusals, strict=True):
        is_error = has_error(mutant)
        if is_error != bool(refusal or (is_error and heat.fails_to_make(mutant))):
            told[mutant.name] = refusal or "we refuse what Heat makes"
    assert not [name for name, refusal in told.items() if refusal == "we refuse what Heat makes"]
    assert {name: told[name] for name in told.keys() - explained.keys()} == {}
    assert explained.keys() - told.keys() == set()
