"""What is told of properties that are refused together is what a real Heat and Neutron do."""

from __future__ import annotations

import secrets

import pytest
import yaml
from heatclient.exc import HTTPBadRequest

from tests.checking.examples import INVALID
from tests.contract.clouds import Cloud, Stacks
from tests.definitions.conflicts import REFUSED_BY_HEAT, REFUSED_BY_NEUTRON, Conflict
from tests.endtoend.launches import CLUSTER, SETTLE_SECONDS, TEST_SECONDS

pytestmark = pytest.mark.timeout(TEST_SECONDS)


LAUNCHED = {name: each for name, each in REFUSED_BY_NEUTRON.items() if "floating IP" not in name}
"""Without floating IPs, each launched once by hand: their stacks take a minute and a half to go, and the Heat of the
tests keeps descriptors of every stack."""


@pytest.fixture(autouse=True)
def _real(cloud: Cloud) -> None:
    if cloud.name == "sandbox":
        pytest.skip("the sandbox judges no two properties together")


@pytest.mark.parametrize("conflict", REFUSED_BY_HEAT.values(), ids=REFUSED_BY_HEAT)
def test_heat_refuses_it(stacks: Stacks, conflict: Conflict) -> None:
    with pytest.raises(HTTPBadRequest):
        stacks.client.stacks.preview(stack_name=new_name(), template=conflict.build(mended=False))


@pytest.mark.parametrize("conflict", LAUNCHED.values(), ids=LAUNCHED)
def test_neutron_refuses_it(stacks: Stacks, conflict: Conflict) -> None:
    refused = stacks.create(conflict.build(mended=False), new_name())
    settled = stacks.settle(refused.id, SETTLE_SECONDS)  # Heat tries six times what conflicts, for a minute or more
    assert settled.stack_status == "CREATE_FAILED"
    assert stacks.create_settled(conflict.build(mended=True), new_name()).stack_status == "CREATE_COMPLETE"


def test_what_the_rule_tells_of_is_what_heat_does_not_have_wait(stacks: Stacks) -> None:
    definition = yaml.safe_load((INVALID / "unawaited-interface.yaml").read_text())
    template = definition["heat_template"]
    for name in ("early_server", "late"):  # no server is needed to see it, and a port has one floating IP
        del template["resources"][name]
    template["parameters"] = {}
    template["resources"]["network"]["properties"] = {}
    stack = stacks.create_settled(template, new_name())  # whether it fails is left to chance
    interface = stacks.client.resources.get(stack.id, "interface")
    assert {*interface.required_by} == {"numbered", "of_a_named_subnet"}


def new_name() -> str:
    return f"{CLUSTER}--{secrets.token_hex(4)}"
