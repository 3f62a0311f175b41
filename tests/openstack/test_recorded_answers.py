"""Every refusal recorded from a real Keystone and a real Heat, as the client of this service is told of it.

The real clients get the real answers from a server on loopback, and raise what they really raise.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builder.clusters.names import CreatedStack
from builder.errors import Fault, RequestError
from builder.kinds.heat.stack_creation import create_stack
from builder.openstack.connection import connect
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from tests.openstack.replay_cloud import PASSWORD, TOKEN, ReplayCloud, answer
from tests.openstack.settings import cloud_settings, stack_request

RECORDED: list[dict[str, Any]] = json.loads(Path(__file__).with_name("recorded_answers.json").read_text())

FORM_FIELDS = frozenset({"count", "size", "word"})
REQUEST = stack_request({"heat_template_version": "2018-08-31"}, form_fields=FORM_FIELDS)

Expected = tuple[int, str, str | None, str]  # status, title, pointer, a part of the detail

BAD_URL: Expected = (400, "Invalid auth_url", "/cloud_env/auth_url", "its answer was 404")
REFUSED: Expected = (401, "Unauthorized", "/cloud_env", ": The request you have made requires authentication.")
NAME_TAKEN: Expected = (409, "Stack name taken", "/cluster/name", "already exists.")
UNKNOWN: Expected = (502, "Service not found", None, "could not be found.")
BAD_NAME: Expected = (400, "Stack refused", None, "must start with alpha and must be 255 characters or less.")


def refused(text: str) -> Expected:
    return 400, "Stack refused", None, text


def parameter(name: str, detail: str) -> Expected:
    return 400, "Parameter refused", f"/cluster/parameters/{name}", detail


def limit(text: str) -> Expected:
    return 400, "Stack limit exceeded", None, f"Request limit exceeded: {text}"


EXPECTED: dict[str, Expected] = {
    **dict.fromkeys(["A-BASE/v2.0", "A-BASE/identity/v3", "A-BASE/v3/auth/tokens", "A-BASE/v4"], BAD_URL),
    **dict.fromkeys([f"K{number:02}" for number in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 26)], REFUSED),
    "K13": (400, "Identity request refused", "/cloud_env", ": Expecting to find domain in project."),
    "K22": (502, "Cloud failure", None, "identity service (Keystone) failed with status 503"),
    "K23": (503, "Cloud busy", None, "identity service (Keystone) asks to be called less often"),
    "H06": REFUSED,
    "H08": (502, "Cloud failure", None, "failed with status 502. Stack hpc--x may have been created all the same"),
    "H09": (403, "Forbidden", "/cloud_env", ": Access was denied to this resource."),
    "H10": (401, "Unauthorized", "/cloud_env", "did not accept the token"),
    "H11": NAME_TAKEN,
    "H12": NAME_TAKEN,
    "H13": parameter("count", "count must be between 1 and 5"),
    "H14": parameter("size", '"xl" is not an allowed value ["s", "m"]'),
    "H15": parameter("word", '"A1" does not match pattern "[a-z]+"'),
    "H16": parameter("count", "could not convert string to float: 'many'"),
    "H17": refused("The Parameter (extra) was not defined in template."),
    "H18": refused("The Parameter (count) was not provided."),
    "H20": parameter("count", "count must be between 1 and 5"),
    "H21": refused("Template version was not provided"),
    "H22": refused("Template version was not provided"),
    "H23": refused('"heat_template_version: 1999-01-01"'),
    "H24": refused('while parsing a flow sequence in "<unicode string>", line 1, column 4: a: [b ^ expected'),
    "H25": refused("The template is not a JSON object or YAML mapping."),
    "H26": refused("The template section is invalid: nonsense"),
    "H27": refused("The Parameter (ghost) was not provided."),
    "H28": refused('The specified reference "ghost" (in r.Properties.value) is incorrect.'),
    "H29": refused("The Resource Type (OS::Nope::Nothing) could not be found."),
    "H30": refused("Unknown Property nosuch"),
    "H31": refused("9999 is out of range (min: 1, max: 512)"),
    "H32": refused("Property value not assigned"),
    "H33": refused("zun container endpoint is not in service catalog."),
    "H34": refused("Circular Dependency Found"),
    **dict.fromkeys([f"H{number}" for number in range(35, 40)], BAD_NAME),
    "H41": refused("Only integer is acceptable by 'timeout_mins'."),
    "H43": limit("Template size (600075 bytes) exceeds maximum allowed size (524288 bytes)."),
    "H44": limit("Maximum resources per stack exceeded."),
    "H45": refused("No template specified"),
    **dict.fromkeys([f"H{number}" for number in range(47, 51)], UNKNOWN),
    "H51": limit("You have reached the maximum stacks per tenant, 2. Please delete some stacks."),
    "H52": limit("You have reached the maximum stacks per tenant, 2. Please delete some stacks."),
    "H53": NAME_TAKEN,
    "H54": refused('No content found in the "files" section for get_file path: ghost.sh'),
    "H55": refused("Stack Abandon is not supported."),
    "H56": refused("refused the stack and said only ValueError"),
    "H57": (502, "Cloud failure", None, "failed with status 500. Stack hpc--x may have been created all the same"),
}


def launch(cloud: ReplayCloud) -> CreatedStack:
    with connect(parse_credentials(cloud.credentials()), cloud_settings(), Deadline(10)) as connected:
        return create_stack(connected, REQUEST)


def fault_of(cloud: ReplayCloud) -> tuple[Fault, RequestError]:
    with pytest.raises(RequestError) as caught:
        launch(cloud)
    (fault,) = caught.value.faults
    assert PASSWORD not in fault.detail
    assert TOKEN not in fault.detail
    return fault, caught.value


def test_every_recorded_answer_has_an_expectation() -> None:
    assert {case["id"] for case in RECORDED} == set(EXPECTED)


@pytest.mark.parametrize("case", RECORDED, ids=[f"{case['id']} {case['case']}" for case in RECORDED])
def test_recorded_refusal_becomes_one_fault(cloud: ReplayCloud, case: dict[str, Any]) -> None:
    challenge = {"WWW-Authenticate": case["www_authenticate"]} if case["www_authenticate"] else {}
    replayed = answer(case["status"], case["body"], case["content_type"], challenge)
    if case["service"] == "identity":
        cloud.identity = replayed
    else:
        cloud.orchestration = replayed
    fault, error = fault_of(cloud)
    status, title, pointer, part = EXPECTED[case["id"]]
    assert (fault.status, fault.title, fault.pointer) == (status, title, pointer)
    assert part in fault.detail
    raised = type(error.__cause__)
    assert f"{raised.__module__}.{raised.__name__}" == case["raises"]


def test_recorded_success_becomes_a_stack(cloud: ReplayCloud) -> None:
    assert launch(cloud) == CreatedStack("5f1c0f4e-0000-4000-8000-000000000000", "hpc--x")


@pytest.mark.parametrize("service", ["identity", "orchestration"])
@pytest.mark.parametrize(("status", "expected"), [(429, 503), (503, 502)])
def test_a_busy_service_says_when_to_come_back(cloud: ReplayCloud, service: str, status: int, expected: int) -> None:
    setattr(cloud, service, answer(status, "slow!!", "text/plain", {"Retry-After": "17"}))
    _, error = fault_of(cloud)
    assert (error.status, error.headers) == (expected, {"Retry-After": "17"})


@pytest.mark.parametrize("service", ["identity", "orchestration"])
@pytest.mark.parametrize("hint", ["9" * 20, "000000007" + "0" * 5000, "²", "-1", "0", "3601", "soon"])
def test_rate_limit_without_a_usable_hint_gets_one(cloud: ReplayCloud, service: str, hint: str) -> None:
    setattr(cloud, service, answer(429, "slow!!", "text/plain", {"Retry-After": hint}))
    _, error = fault_of(cloud)
    assert error.headers == {"Retry-After": "5"}


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_service_that_failed_says_nothing_of_coming_back(cloud: ReplayCloud, status: int) -> None:
    cloud.orchestration = answer(status, "", headers={"Retry-After": "17"})
    _, error = fault_of(cloud)
    assert error.headers == {}
