"""Presets are cluster types to whoever asks: listed, shown, built, previewed and retried by their ids."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from builder.sandbox import Sandbox
from builder.schema import published
from tests.api.orders import FORM, assert_refused, by_ids, fetch_sent, fetch_stack, order
from tests.service import Service, minimal_definition, wait_until

PRESETS = """\
presets:
  - {id: small, title: Small form, parameters: {count: 2, word: small, secret: a-secret-of-small}}
  - {id: large, title: Large form, order: 0, logo_url: /large.png, parameters: {count: 5, names: [a, b]}}
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that lists a form with two presets."""
    service = Service(tmp_path_factory.mktemp("presets") / "instance")
    service.enabled.mkdir(parents=True)
    (service.enabled / "form.yaml").write_text(FORM + PRESETS)
    with service:
        wait_until(lambda: "form" in service.ids(), "listed")
        yield service


def show(service: Service, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = service.get(f"/cluster-types/{name}").json()
    return shown


def test_presets_are_listed_beside_their_type(service: Service) -> None:
    assert service.ids() == ["form.large", "form", "form.small"]
    for each in service.get("/cluster-types").json():
        Draft7Validator(published.load_schema("listed-cluster-type")).validate(each)


def test_preset_has_its_own_card_and_defaults_and_all_else_of_its_type(service: Service) -> None:
    base, small, large = (show(service, name) for name in ("form", "form.small", "form.large"))
    assert (small["title"], small["order"], small["logo_url"]) == ("Small form", base["order"], base["logo_url"])
    assert (large["title"], large["order"], large["logo_url"]) == ("Large form", 0, "/large.png")
    assert [each["parameters"]["count"]["default"] for each in (base, small, large)] == [1, 2, 5]
    assert large["parameters"]["names"]["default"] == "a,b"
    assert list(small["parameters"]) == list(base["parameters"])
    assert small["description"] == base["description"]


def test_each_preset_has_validators_of_its_own(service: Service) -> None:
    answers = [service.get(f"/cluster-types/{name}") for name in ("form", "form.small", "form.large")]
    assert len({answer.headers["etag"] for answer in answers}) == 3
    tag = answers[1].headers["etag"]
    assert service.get("/cluster-types/form.small", {"If-None-Match": tag}).status == 304


def test_build_of_a_preset_has_its_values_where_nothing_else_is_answered(service: Service, cloud: Sandbox) -> None:
    answers = {"word": "", "settings": '{"a": 1}'}
    built = service.post("/clusters/", order(by_ids(cloud), "form.small", parameters=answers))
    sent = fetch_sent(cloud, built)
    assert (sent["count"], sent["word"]) == ("2", "small")
    stack = fetch_stack(cloud, built)
    assert "concertim-type:form.small" in stack["tags"]
    outputs = {each["output_key"]: each["output_value"] for each in stack["outputs"]}
    assert outputs["concertim_cluster_type"] == "form.small"


def test_answers_count_more_than_the_values_of_a_preset(service: Service, cloud: Sandbox) -> None:
    built = service.post("/clusters/", order(by_ids(cloud), "form.small", parameters={"count": "3"}))
    assert fetch_sent(cloud, built)["count"] == "3"


def test_dry_run_of_a_preset_tells_what_it_would_make(service: Service, cloud: Sandbox) -> None:
    answer = service.post("/clusters/?dry_run=true", order(by_ids(cloud), "form.large"))
    assert (answer.status, answer.json()["resources"][0]["count"]) == (200, 1)


def test_wrong_answer_to_a_preset_is_told_beside_its_field(service: Service, cloud: Sandbox) -> None:
    body = order(by_ids(cloud), "form.large", parameters={"count": "9"})
    assert_refused(service.post("/clusters/", body), 400, ("Invalid parameter", "/cluster/parameters/count"))


def test_unknown_preset_is_told_with_one_that_is_like_it(service: Service, cloud: Sandbox) -> None:
    answer = service.post("/clusters/", order(by_ids(cloud), "form.smal"))
    assert_refused(answer, 400, ("Unknown cluster type", "/cluster/cluster_type_id"))
    assert "did you mean 'form.small'?" in answer.body.decode()


def test_retry_by_key_finds_the_cluster_of_a_preset_also_when_the_preset_is_gone(
    emptied: Service, cloud: Sandbox
) -> None:
    path = emptied.enabled / "form.yaml"
    path.write_text(FORM + PRESETS)
    wait_until(lambda: "form.small" in emptied.ids(), "listed")
    headers, body = {"Idempotency-Key": "a-key-of-a-preset"}, order(by_ids(cloud), "form.small")
    built = emptied.post("/clusters/", body, headers)
    assert emptied.post("/clusters/", body, headers).json() == built.json()
    path.write_text(FORM)
    wait_until(lambda: emptied.ids() == ["form"], "the presets are gone")
    again = emptied.post("/clusters/", body, headers)
    assert (again.status, again.json()) == (201, built.json())
    assert_refused(emptied.post("/clusters/", body), 400, ("Unknown cluster type", "/cluster/cluster_type_id"))


def test_catalogue_shows_the_entry_of_the_type(service: Service) -> None:
    (entry,) = service.get("/catalogue/form.small").json()["entries"]
    assert (entry["id"], entry["path"], entry["state"]) == ("form", "form.yaml", "listed")


def test_definition_of_the_same_id_is_listed_in_the_place_of_a_preset(emptied: Service) -> None:
    (emptied.enabled / "form.yaml").write_text(FORM + PRESETS)
    wait_until(lambda: len(emptied.ids()) == 3, "listed")
    other = emptied.enabled / "form.small.yaml"
    other.write_text("kind: [")
    wait_until(lambda: len(emptied.get("/catalogue").json()["entries"]) == 2, "the broken one is seen")
    assert show(emptied, "form.small")["title"] == "Small form", "a broken file affects no other"
    other.write_text(minimal_definition("Its own"))
    wait_until(lambda: show(emptied, "form.small")["title"] == "Its own", "it has taken the place")
    other.unlink()
    wait_until(lambda: show(emptied, "form.small")["title"] == "Small form", "the preset is back")
    assert emptied.ids() == ["form.large", "form", "form.small"]


def test_presets_of_a_type_that_an_edit_breaks_stay_and_those_of_a_retired_one_go(
    tmp_path: Path, cloud: Sandbox
) -> None:
    with Service(tmp_path / "instance") as service:
        path = service.enabled / "form.yaml"
        path.write_text(FORM + PRESETS)
        wait_until(lambda: len(service.ids()) == 3, "listed")
        path.write_text("kind: [")
        wait_until(lambda: service.get("/catalogue/form").json()["entries"][0]["state"] == "stale", "stale")
        assert len(service.ids()) == 3
        service.stop()
        with Service(service.instance) as restarted:
            wait_until(lambda: len(restarted.ids()) == 3, "restored")
            path.write_text(FORM + PRESETS + "lifecycle: retired\n")
            wait_until(lambda: restarted.ids() == [], "retired")
            answer = restarted.post("/clusters/", order(by_ids(cloud), "form.small"))
            assert_refused(answer, 400, ("Retired cluster type", "/cluster/cluster_type_id"))
