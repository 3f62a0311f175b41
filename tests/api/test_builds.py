"""POST /clusters/: from what clients send to the stack that exists afterwards."""

from __future__ import annotations

import itertools
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from builder.sandbox import Sandbox
from tests.api.conftest import prepare
from tests.api.orders import assert_refused, by_ids, details, fetch_sent, fetch_stack, order, stack_names
from tests.service import Service, wait_until

DASK = {"key_name": "key", "image": "image", "external_network": "public", "notebook_token": "0123456789abcdef"}


@pytest.fixture
def old_client(cloud: Sandbox) -> dict[str, Any]:
    """What the first releases of the Visualisation App sent."""
    who = cloud.credentials
    return {
        "auth_url": cloud.auth_url,
        "username": who.username,
        "user_domain_name": who.user_domain_name,
        "password": who.password,
        "project_name": who.project_name,
        "project_domain_name": who.project_domain_name,
    }


def name_everyone() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    users = [("user_id",), ("username", "user_domain_id"), ("username", "user_domain_name")]
    projects = [("project_id",), ("project_name", "project_domain_id"), ("project_name", "project_domain_name")]
    return list(itertools.product(users, projects))


@pytest.mark.parametrize(("user", "project"), name_everyone())
def test_user_and_project_may_be_named_in_any_of_keystones_ways(
    building: Service, cloud: Sandbox, user: tuple[str, ...], project: tuple[str, ...]
) -> None:
    who = cloud.credentials
    named = {key: getattr(who, key) for key in (*user, *project)}
    answer = building.post("/clusters/", order({"auth_url": cloud.auth_url, "password": who.password, **named}))
    assert fetch_stack(cloud, answer)["id"] == answer.json()["id"]


@pytest.mark.parametrize("scheme", ["HTTP", "hTTp"])
def test_scheme_of_auth_url_is_named_in_any_case(building: Service, cloud: Sandbox, scheme: str) -> None:
    auth_url = cloud.auth_url.replace("http", scheme, 1)
    assert building.post("/clusters/", order(by_ids(cloud, auth_url=auth_url))).status == 201


@pytest.mark.parametrize("suffix", ["", "/", "/v3", "/v3/"])
@pytest.mark.parametrize("path", ["/clusters", "/clusters/"])
def test_version_in_auth_url_and_slash_at_the_end_are_optional(
    building: Service, cloud: Sandbox, path: str, suffix: str
) -> None:
    auth_url = cloud.auth_url.removesuffix("/v3") + suffix
    assert building.post(path, order(by_ids(cloud, auth_url=auth_url))).status == 201


def test_answer_names_the_stack_and_where_it_is(building: Service, cloud: Sandbox) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud)))
    assert answer.status == 201
    made = answer.json()
    assert set(made) == {"id", "name"}
    assert re.fullmatch(r"mycluster--[A-Za-z0-9]+", made["name"])
    stack = fetch_stack(cloud, answer)
    assert (stack["id"], stack["stack_name"]) == (made["id"], made["name"])
    assert answer.headers["location"] == stack["links"][0]["href"]


def test_stack_carries_where_it_came_from_in_its_tags(building: Service, cloud: Sandbox) -> None:
    stack = fetch_stack(cloud, building.post("/clusters/", order(by_ids(cloud))))
    tag, kind, revision = stack["tags"]
    assert (tag, kind) == ("concertim", "concertim-type:form")
    assert revision.startswith("concertim-revision:")


def test_names_of_two_clusters_alike_differ(building: Service, cloud: Sandbox) -> None:
    counts = ({"count": count} for count in range(1, 4))  # else they would be clicks for one
    names = {building.post("/clusters/", order(by_ids(cloud), parameters=each)).json()["name"] for each in counts}
    assert len(names) == 3


def test_request_of_the_first_releases_is_understood(
    building: Service, cloud: Sandbox, old_client: dict[str, Any]
) -> None:
    body = {"cloud_env": old_client, "cluster": {"name": "old", "type_id": "form", "parameters": {"count": "2"}}}
    assert fetch_sent(cloud, building.post("/clusters/", body))["count"] == "2"


@pytest.mark.parametrize("billing", [None, ""])
def test_further_keys_of_todays_clients_are_accepted(building: Service, cloud: Sandbox, billing: object) -> None:
    further = {"billing_account_id": billing, "middleware_url": billing, "tomorrow": [1]}
    body = order(by_ids(cloud, tomorrow=True), tomorrow={})
    assert building.post("/clusters/", {**body, **further}).status == 201


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ({"count": "3"}, {"count": "3"}),
        ({"count": 3}, {"count": "3"}),
        ({"wanted": "1"}, {"wanted": "True"}),
        ({"wanted": "0"}, {"wanted": "False"}),
        ({"wanted": "true"}, {"wanted": "True"}),
        ({"wanted": "on"}, {"wanted": "True"}),
        ({"wanted": True}, {"wanted": "True"}),
        ({"settings": '{"a": [1, "é"]}'}, {"settings": '{"a": [1, "\\u00e9"]}'}),
        ({"settings": {"a": None}}, {"settings": '{"a": null}'}),
        ({"names": "a,b"}, {"names": "a,b"}),
        ({"names": ["a", "b"]}, {"names": "a,b"}),
        ({"word": "xyz"}, {"word": "xyz"}),
    ],
)
def test_answers_may_be_json_or_what_a_form_sends(
    building: Service, cloud: Sandbox, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    shown = fetch_sent(cloud, building.post("/clusters/", order(by_ids(cloud), parameters=given)))
    assert {name: shown[name] for name in sent} == sent


@pytest.mark.parametrize("nothing", [None, ""])
def test_null_and_the_empty_string_mean_not_given(building: Service, cloud: Sandbox, nothing: object) -> None:
    names = ("clustername", "count", "wanted", "settings", "names", "word", "secret")
    given = dict.fromkeys(names, nothing)
    sent = fetch_sent(cloud, building.post("/clusters/", order(by_ids(cloud), parameters=given)))
    assert (sent["count"], sent["word"], sent["clustername"]) == ("1", "abc", "mycluster")


@pytest.mark.parametrize("nothing", [None, {}])
def test_parameters_and_selections_may_be_left_out(building: Service, cloud: Sandbox, nothing: object) -> None:
    body = order(by_ids(cloud), parameters=nothing, selections=nothing)
    assert building.post("/clusters/", body).status == 201


def test_clustername_is_the_clusters_unless_it_is_given(building: Service, cloud: Sandbox) -> None:
    absent = building.post("/clusters/", order(by_ids(cloud)))
    given = building.post("/clusters/", order(by_ids(cloud), parameters={"clustername": "another"}))
    assert fetch_sent(cloud, absent)["clustername"] == "mycluster"
    assert fetch_sent(cloud, given)["clustername"] == "another"


def test_hardcoded_parameter_is_sent_and_may_not_be_given(building: Service, cloud: Sandbox) -> None:
    assert fetch_sent(cloud, building.post("/clusters/", order(by_ids(cloud))))["fixed"] == "7"
    answer = building.post("/clusters/", order(by_ids(cloud), parameters={"fixed": "7"}))
    assert_refused(answer, 400, ("Invalid parameter", "/cluster/parameters/fixed"))


@pytest.mark.parametrize("selected", [True, "1", "on", "true", 1])
def test_selected_component_is_in_the_stack(building: Service, cloud: Sandbox, selected: object) -> None:
    body = order(by_ids(cloud), "dask-cluster", parameters=DASK, selections={"notebook": selected})
    sent = fetch_sent(cloud, building.post("/clusters/", body))
    assert "notebook_flavor" in sent
    assert "monitoring_flavor" not in sent
    assert sent["dask_version"] == "2024.8.0"


@pytest.mark.parametrize("deselected", [False, "0", "off", "false", 0, None, ""])
def test_fields_of_a_deselected_component_are_neither_judged_nor_sent(
    building: Service, cloud: Sandbox, deselected: object
) -> None:
    answers = {**DASK, "retention_days": "no number", "monitoring_flavor": None, "notebook_flavor": ""}
    selections = {"monitoring": deselected, "notebook": deselected}
    body = order(by_ids(cloud), "dask-cluster", parameters=answers, selections=selections)
    assert not {"retention_days", "monitoring_flavor"} & set(fetch_sent(cloud, building.post("/clusters/", body)))


def test_fields_of_a_selected_component_are_judged(building: Service, cloud: Sandbox) -> None:
    body = order(
        by_ids(cloud), "dask-cluster", parameters={**DASK, "retention_days": "x"}, selections={"monitoring": True}
    )
    assert_refused(building.post("/clusters/", body), 400, ("Invalid parameter", "/cluster/parameters/retention_days"))


def test_answer_that_only_a_deselected_component_could_take_is_refused(building: Service, cloud: Sandbox) -> None:
    components = building.enabled / "several/components"
    components.mkdir(parents=True)
    for name, type_ in {"a": "string", "b": "json"}.items():
        (components / f"{name}.yaml").write_text(
            f"heat_template_version: 2021-04-16\nparameters: {{secret: {{type: {type_}, hidden: true}}}}\n"
        )
    (components.parent / "cluster-type.yaml").write_text(
        "kind: heat\ntitle: Several\ndescription: Types of one name.\n"
        "components: [{name: a, optional: true}, {name: b}]\n"
    )
    wait_until(lambda: "several" in building.ids(), "listed")
    answer = building.post("/clusters/", order(by_ids(cloud), "several", parameters={"secret": "abc"}))
    assert_refused(answer, 400, ("Invalid parameter", "/cluster/parameters/secret"))


def test_stack_tells_its_cluster_type(building: Service, cloud: Sandbox) -> None:
    stack = fetch_stack(cloud, building.post("/clusters/", order(by_ids(cloud))))
    assert {each["output_key"]: each.get("output_value") for each in stack["outputs"]} == {
        "concertim_cluster_type": "form"
    }


def test_every_fault_of_an_order_is_told_at_once_and_nothing_is_made(building: Service, cloud: Sandbox) -> None:
    before = stack_names(cloud)
    answers = {"count": "9", "wanted": "perhaps", "settings": "{", "word": "abc!", "secret": "abc", "a/b~c": "1"}
    body = order(by_ids(cloud), name="no--name-", parameters=answers, selections={"x/y": True, "~": 2})
    answer = building.post("/clusters/", body)
    expected = [("Invalid parameter", f"/cluster/parameters/{name}") for name in [*list(answers)[:-1], "a~1b~0c"]]
    assert_refused(
        answer,
        400,
        *expected,
        ("Invalid selection", "/cluster/selections/x~1y"),
        ("Invalid selection", "/cluster/selections/~0"),
        ("Invalid cluster name", "/cluster/name"),
    )
    told = details(answer)
    assert told["/cluster/parameters/count"] == "Between 1 and 5."
    assert told["/cluster/parameters/word"] == "Small letters only."
    assert stack_names(cloud) == before


@pytest.mark.parametrize("value", [["abc"], {"a": "b"}, []])
def test_list_or_object_that_meets_no_pattern_is_told_beside_its_field(
    building: Service, cloud: Sandbox, value: object
) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud), parameters={"word": value}))
    assert_refused(answer, 400, ("Invalid parameter", "/cluster/parameters/word"))
    assert details(answer) == {"/cluster/parameters/word": "Small letters only."}


def test_required_parameters_that_are_missing_are_all_told(building: Service, cloud: Sandbox) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud), "dask-cluster"))
    assert_refused(
        answer, 400, *(("Invalid parameter", f"/cluster/parameters/{name}") for name in ("image", "key_name"))
    )


@pytest.mark.parametrize("name", ["", "1abc", "-abc", "a b", "a--b", "abc-", "a/b", "a.b", "ü", "a\n", "a" * 300])
def test_name_that_openstack_or_concertim_cannot_take_is_refused(building: Service, cloud: Sandbox, name: str) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud), "self-contained", name=name))
    assert_refused(answer, 400, ("Invalid cluster name", "/cluster/name"))


@pytest.mark.parametrize("name", ["a", "A_b-c-d", "a" * 221])
def test_other_names_are_taken(building: Service, cloud: Sandbox, name: str) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud), name=name))
    assert answer.json()["name"].split("--")[0] == name


def test_too_long_a_name_is_told_how_short_it_must_be(building: Service, cloud: Sandbox) -> None:
    answer = building.post("/clusters/", order(by_ids(cloud), name="a" * 222))
    assert "at most 221" in details(answer)["/cluster/name"]


@pytest.mark.parametrize("key", ["cluster_type_id", "type_id"])
def test_unknown_type_is_told_at_the_key_that_named_it(building: Service, cloud: Sandbox, key: str) -> None:
    body = {"cloud_env": by_ids(cloud), "cluster": {"name": "mycluster", key: "../form"}}
    assert_refused(building.post("/clusters/", body), 400, ("Unknown cluster type", f"/cluster/{key}"))


def test_hidden_answer_is_in_no_message_and_no_log(building: Service, cloud: Sandbox) -> None:
    good = building.post("/clusters/", order(by_ids(cloud), parameters={"secret": "h1dden-answer"}))
    bad = building.post("/clusters/", order(by_ids(cloud), parameters={"secret": "h1d"}))
    assert (good.status, bad.status) == (201, 400)
    assert b"h1d" not in good.body + bad.body
    assert "h1dden-answer" not in building.settled_log()


def test_first_requests_of_a_service_are_served_while_it_still_loads_its_clients(
    tmp_path: Path, cloud: Sandbox
) -> None:
    service = Service(tmp_path / "instance")
    prepare(service)
    with service, ThreadPoolExecutor(8) as people:
        answers = list(people.map(lambda _: service.post("/clusters/", order(by_ids(cloud))).status, range(8)))
    assert answers == [201] * 8
