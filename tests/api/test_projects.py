"""Cluster types that are offered to some projects only: at builds, dry runs, and in listings that are asked for so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import assert_refused, by_ids, order, stack_names
from tests.service import Service, minimal_definition, wait_until

OTHER = "0123456789abcdef0123456789abcdef"
NOT_OFFERED = ("Not offered to this project", None)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, cloud: Sandbox) -> Iterator[Service]:
    """A service whose types are offered to all, to the sandbox's project, or to another one."""
    service = Service(tmp_path_factory.mktemp("projects") / "instance")
    service.enabled.mkdir(parents=True)
    own = cloud.credentials.project_id
    for name, rules in {
        "all": "",
        "allowed": f"projects: {{allow: ['{own}']}}\n",
        "denied": f"projects: {{deny: ['{own}']}}\n",
        "others": f"projects: {{allow: ['{OTHER}']}}\n",
        "both": f"projects: {{allow: ['{own}', '{OTHER}'], deny: ['{own}']}}\n",
    }.items():
        (service.enabled / f"{name}.yaml").write_text(minimal_definition() + rules)
    with service:
        wait_until(lambda: len(service.ids()) == 5, "all are listed")
        yield service


def ids_for(service: Service, query: str) -> list[str]:
    return [each["id"] for each in service.get(f"/cluster-types/{query}").json()]


@pytest.mark.parametrize("name", ["all", "allowed"])
def test_type_is_built_in_a_project_that_it_is_offered_to(service: Service, cloud: Sandbox, name: str) -> None:
    assert service.post("/clusters/", order(by_ids(cloud), name)).status == 201


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
@pytest.mark.parametrize("name", ["denied", "others", "both"])
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "a-key-of-a-project"}], ids=["no key", "key"])
def test_type_is_refused_in_any_other_project(
    service: Service, cloud: Sandbox, name: str, query: str, headers: dict[str, str]
) -> None:
    before = stack_names(cloud)
    assert_refused(service.post(f"/clusters/{query}", order(by_ids(cloud), name), headers), 400, NOT_OFFERED)
    assert stack_names(cloud) == before


def test_project_that_is_named_counts_as_one_that_has_its_id(service: Service, cloud: Sandbox) -> None:
    """What is enforced is the project of the token, however the request names it."""
    who = cloud.credentials
    named = by_ids(cloud, project_id=None, project_name=who.project_name, project_domain_name=who.project_domain_name)
    named = {key: value for key, value in named.items() if value is not None}
    assert_refused(service.post("/clusters/", order(named, "denied")), 400, NOT_OFFERED)
    assert service.post("/clusters/", order(named, "allowed")).status == 201


def test_wrong_password_learns_nothing_of_projects(service: Service, cloud: Sandbox) -> None:
    body = order(by_ids(cloud, password="n0t-the-passw0rd", project_id=OTHER), "allowed")
    assert service.post("/clusters/", body).status == 401


def test_retry_by_key_finds_a_cluster_built_before_the_project_was_denied(emptied: Service, cloud: Sandbox) -> None:
    path = emptied.enabled / "type.yaml"
    path.write_text(minimal_definition())
    wait_until(lambda: emptied.ids() == ["type"], "listed")
    headers = {"Idempotency-Key": "before-it-was-denied"}
    built = emptied.post("/clusters/", order(by_ids(cloud), "type"), headers)
    path.write_text(minimal_definition() + f"projects: {{allow: ['{OTHER}']}}\n")
    wait_until(lambda: ids_for(emptied, "?project_id=x") == [], "the edit is seen")
    again = emptied.post("/clusters/", order(by_ids(cloud), "type"), headers)
    assert (again.status, again.json()) == (201, built.json())
    assert_refused(emptied.post("/clusters/", order(by_ids(cloud), "type", name="another")), 400, NOT_OFFERED)


def test_listing_leaves_out_what_a_project_is_not_offered(service: Service, cloud: Sandbox) -> None:
    assert ids_for(service, "") == ["all", "allowed", "both", "denied", "others"]
    assert ids_for(service, f"?project_id={cloud.credentials.project_id}") == ["all", "allowed"]
    assert ids_for(service, f"?project_id={OTHER}") == ["all", "both", "denied", "others"]
    assert ids_for(service, "?project_id=nobody") == ["all", "denied"]


def test_each_listing_has_validators_of_its_own(service: Service, cloud: Sandbox) -> None:
    paths = ["/cluster-types/", f"/cluster-types/?project_id={OTHER}", "/cluster-types/?project_id=nobody"]
    answers = [service.get(path) for path in paths]
    assert len({answer.headers["etag"] for answer in answers}) == len(paths)
    for path, answer in zip(paths, answers, strict=True):
        for other in answers:
            expected = 304 if other is answer else 200
            assert service.get(path, {"If-None-Match": other.headers["etag"]}).status == expected
        assert service.get(path, {"If-Modified-Since": answer.headers["last-modified"]}).status == 304
        assert answer.headers["cache-control"] == "no-cache"


def test_projects_are_not_told(service: Service) -> None:
    assert OTHER.encode() not in service.get("/cluster-types/").body
    assert OTHER.encode() not in service.get("/catalogue").body


@pytest.mark.parametrize("query", ["?project_id=", "?project_id=a&project_id=b"])
def test_project_that_is_none_or_several_is_refused(service: Service, query: str) -> None:
    assert_refused(service.get(f"/cluster-types/{query}"), 400, ("Bad Request", None))
