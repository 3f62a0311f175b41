"""POST /clusters/?dry_run=true: what it tells, and which query strings build for real."""

from __future__ import annotations

import pytest

from builder.errors import MAX_FAULTS
from builder.sandbox import Sandbox
from tests.api.orders import assert_refused, by_ids, details, order, stack_names
from tests.service import Service


@pytest.mark.parametrize("flag", ["true", "1", "True", "on", "t", "Y"])
def test_dry_run_tells_what_would_be_made_and_makes_nothing(building: Service, cloud: Sandbox, flag: str) -> None:
    before = stack_names(cloud)
    answer = building.post(f"/clusters/?dry_run={flag}", order(by_ids(cloud)))
    assert answer.status == 200
    thing = {"type": "OS::Heat::TestResource", "count": 1, "names": ["thing"]}
    assert answer.json() == {"resources": [thing], "limits": []}
    assert stack_names(cloud) == before


def test_dry_run_counts_the_resources_of_nested_groups(building: Service, cloud: Sandbox) -> None:
    answers = {"clustername": "cluster", "key_name": "key", "image": "image", "compute_count": "3"}
    body = order(by_ids(cloud), "hpc-cluster", parameters=answers)
    resources = building.post("/clusters/?dry_run=true", body).json()["resources"]
    (servers,) = [each for each in resources if each["type"] == "OS::Nova::Server"]
    members = [f"compute_nodes-{number}.server" for number in range(3)]
    assert servers == {"type": "OS::Nova::Server", "count": 4, "names": [*members, "login_node"]}


def test_dry_run_tells_the_faults_of_a_build(building: Service, cloud: Sandbox) -> None:
    answer = building.post("/clusters/?dry_run=true", order(by_ids(cloud), parameters={"count": "x"}))
    assert_refused(answer, 400, ("Invalid parameter", "/cluster/parameters/count"))


@pytest.mark.parametrize("query", ["dry_run=maybe", "dry_run", "dry_run=", "dry_run=true&dry_run=false", "dry_run=%ff"])
def test_dry_run_that_is_neither_true_nor_false_makes_nothing(building: Service, cloud: Sandbox, query: str) -> None:
    before = stack_names(cloud)
    assert_refused(building.post(f"/clusters/?{query}", order(by_ids(cloud))), 400, ("Bad Request", None))
    assert stack_names(cloud) == before


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("dryrun=true", "did you mean 'dry_run'?"),
        ("dry-run=true", "did you mean 'dry_run'?"),
        ("DRY_RUN=true", "did you mean 'dry_run'?"),
        ("dryRun", "did you mean 'dry_run'?"),
        ("dry_run=true&dry_runs=false", "did you mean 'dry_run'?"),
        ("preview=1", "those that there are: dry_run"),
        ("%ff=1", "those that there are: dry_run"),
        ("=true", "those that there are: dry_run"),
        ("x" * 3000, "those that there are: dry_run"),
    ],
)
def test_query_parameter_that_there_is_not_makes_nothing(
    building: Service, cloud: Sandbox, query: str, said: str
) -> None:
    before = stack_names(cloud)
    answer = building.post(f"/clusters/?{query}", order(by_ids(cloud)))
    assert_refused(answer, 400, ("Bad Request", None))
    assert said in details(answer)[None]
    assert stack_names(cloud) == before


def test_every_unknown_query_parameter_is_told_of_up_to_a_bound(building: Service, cloud: Sandbox) -> None:
    for given, told in ((3, 3), (1000, MAX_FAULTS + 1)):
        query = "&".join(f"x{number}" for number in range(given))
        answer = building.post(f"/clusters/?{query}", order(by_ids(cloud)))
        assert_refused(answer, 400, *[("Bad Request", None)] * told)


@pytest.mark.parametrize("query", ["dry_run=false", "dry_run=0", "", "&"])
def test_what_is_no_dry_run_builds(building: Service, cloud: Sandbox, query: str) -> None:
    assert building.post(f"/clusters/?{query}", order(by_ids(cloud))).status == 201
