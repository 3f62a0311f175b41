"""GET /cluster-types/ and what it promises to clients that keep what they read."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from builder.schema import published
from tests.service import Answer, Service, minimal_definition, wait_until

OLD = 1_000_000_000
DAY = 86_400


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    """A service with every shipped example enabled by a symbolic link, as README does it."""
    instance = tmp_path_factory.mktemp("listing") / "instance"
    service = Service(instance)
    service.link(*examples.iterdir())
    with service:
        yield service


def newest_date(answer: Answer) -> str:
    """What the Visualisation App sends back: the newest date of the bodies that it stored."""
    dates: list[str] = [each["last_modified"] for each in answer.json()]
    return max(dates, key=parsedate_to_datetime)


def day_of(date: str) -> int:
    """The day of an HTTP date, counted from the epoch: the time of day is not that of any file."""
    return int(parsedate_to_datetime(date).timestamp()) // DAY


def test_every_shipped_example_is_listed(listed: Service, examples: Path) -> None:
    assert sorted(listed.ids()) == sorted(example.name.removesuffix(".yaml") for example in examples.iterdir())


@pytest.mark.parametrize("path", ["/cluster-types", "/cluster-types/"])
def test_listing_is_an_array_sorted_by_order_then_id(listed: Service, path: str) -> None:
    answer = listed.get(path)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    keys = [(each["order"], each["id"]) for each in answer.json()]
    assert keys == sorted(keys)


def test_each_type_is_as_its_published_schema_says(listed: Service) -> None:
    validator = Draft7Validator(published.load_schema("listed-cluster-type"))
    for each in listed.get("/cluster-types/").json():
        validator.validate(each)


def test_parameters_keep_the_order_of_the_definition(service: Service) -> None:
    names = [f"p{number}" for number in (9, 1, 5, 3, 7, 0)]
    parameters = "".join(f"    {name}: {{type: string, default: x}}\n" for name in names)
    text = minimal_definition().replace("    size: {type: number, default: 1}\n", parameters)
    (service.enabled / "ordered.yaml").write_text(text)
    wait_until(lambda: service.ids() == ["ordered"], "listed")
    body = service.get("/cluster-types/ordered").body
    assert list(json.loads(body)["parameters"]) == names


@pytest.mark.parametrize("slash", ["", "/"])
def test_one_type_is_shown_as_it_is_listed(listed: Service, slash: str) -> None:
    """The newest is listed with the date of the listing, which nobody is to have who has not all of it."""
    for each in listed.get("/cluster-types/").json():
        shown = listed.get(f"/cluster-types/{each['id']}{slash}").json()
        assert {**shown, "last_modified": ""} == {**each, "last_modified": ""}
        assert day_of(shown["last_modified"]) == day_of(each["last_modified"])


def test_newest_date_in_the_listing_is_its_own(listed: Service) -> None:
    answer = listed.get("/cluster-types/")
    assert newest_date(answer) == answer.headers["last-modified"]


def test_percent_encoding_of_an_id_makes_no_difference(listed: Service) -> None:
    """Both are the same URL (RFC 3986, section 6.2.2.2)."""
    assert listed.get("/cluster-types/self%2Dcontained").body == listed.get("/cluster-types/self-contained").body
    assert listed.get("/cluster-types/self-contained%2F").status == 404


def test_no_header_is_empty(listed: Service) -> None:
    for path in ("/cluster-types", "/cluster-types/nothing", "/health", "/metrics", "/schemas/cluster-type"):
        assert [name for name, value in listed.get(path).headers.items() if not value] == []


def test_unknown_type_is_404_in_the_error_format(listed: Service) -> None:
    answer = listed.get("/cluster-types/no-such-type")
    assert answer.status == 404
    assert answer.faults() == [("Not Found", None)]


def test_head_tells_the_headers_of_get(listed: Service) -> None:
    from tests.service import fetch

    head, get = fetch(listed.url + "/cluster-types/", "HEAD"), listed.get("/cluster-types/")
    assert (head.status, head.body, head.headers["etag"]) == (200, b"", get.headers["etag"])


def test_every_request_is_in_the_log_and_the_metrics_by_its_route(listed: Service) -> None:
    def count() -> float:
        name = 'cluster_builder_http_requests_total{method="GET",route="/cluster-types",status="304"} '
        lines = listed.get("/metrics").body.decode().splitlines()
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    before, tag = count(), listed.get("/cluster-types").headers["etag"]
    answer = listed.get("/cluster-types?a=secret", {"X-Request-ID": "told-apart", "If-None-Match": tag})
    assert answer.headers["x-request-id"] == "told-apart"
    wait_until(lambda: count() == before + 1, "the request is counted")
    wait_until(lambda: "request_id=told-apart" in listed.log, "the request is in the log")
    (line,) = (line for line in listed.settled_log().splitlines() if "request_id=told-apart" in line)
    assert re.search(
        r"Z INFO    builder\.access: request method=GET route=/cluster-types status=304 ms=[\d.]+ client=", line
    )
    assert "secret" not in listed.settled_log()


@pytest.mark.parametrize("path", ["/cluster-types/", "/cluster-types/self-contained"])
def test_unchanged_representation_is_304_by_tag_and_by_date(listed: Service, path: str) -> None:
    first = listed.get(path)
    for header, value in (
        ("If-None-Match", first.headers["etag"]),
        ("If-None-Match", f'"x", {first.headers["etag"]}'),
        ("If-None-Match", "*"),
        ("If-Modified-Since", first.headers["last-modified"]),
    ):
        answer = listed.get(path, {header: value})
        assert (answer.status, answer.body) == (304, b""), header
        assert answer.headers["etag"] == first.headers["etag"]


def test_visualisation_app_gets_304_when_nothing_changed(listed: Service) -> None:
    first = listed.get("/cluster-types/")
    assert listed.get("/cluster-types/", {"If-Modified-Since": newest_date(first)}).status == 304


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("If-None-Match", '"another"'),
        ("If-Modified-Since", formatdate(OLD, usegmt=True)),
        ("If-Modified-Since", "yesterday"),
        ("If-Modified-Since", ""),
        ("If-Modified-Since", "Mon, 99 Foo 99999 99:99:99 GMT"),
    ],
)
def test_other_or_unreadable_validators_get_the_whole(listed: Service, header: str, value: str) -> None:
    assert listed.get("/cluster-types/", {header: value}).status == 200


def test_tag_counts_more_than_date(listed: Service) -> None:
    headers = {"If-None-Match": '"another"', "If-Modified-Since": formatdate(OLD * 2, usegmt=True)}
    assert listed.get("/cluster-types/", headers).status == 200


def test_removing_a_type_is_never_answered_304(service: Service) -> None:
    for name in ("a", "b"):
        (service.enabled / f"{name}.yaml").write_text(minimal_definition(name))
    wait_until(lambda: service.ids() == ["a", "b"], "both listed")
    before = service.get("/cluster-types/")
    (service.enabled / "b.yaml").unlink()
    wait_until(lambda: service.ids() == ["a"], "b withdrawn")
    assert_changed(service, before)


def test_enabling_a_file_with_an_old_date_is_never_answered_304(service: Service) -> None:
    (service.enabled / "a.yaml").write_text(minimal_definition("a"))
    wait_until(lambda: service.ids() == ["a"], "a listed")
    before = service.get("/cluster-types/")
    old = service.instance / "old.yaml"
    old.write_text(minimal_definition("old"))
    os.utime(old, (OLD, OLD))
    old.rename(service.enabled / "old.yaml")
    wait_until(lambda: "old" in service.ids(), "old listed")
    assert day_of(service.get("/cluster-types/old").json()["last_modified"]) == OLD // DAY - 1
    assert_changed(service, before)


def test_two_changes_within_one_second_are_never_answered_304(service: Service) -> None:
    definition = service.enabled / "a.yaml"
    for title in ("first", "second", "third"):
        before = service.get("/cluster-types/") if definition.exists() else None
        definition.write_text(minimal_definition(title))
        os.utime(definition, (OLD, OLD))

        def is_shown(title: str = title) -> bool:
            return [each["title"] for each in service.get("/cluster-types/").json()] == [title]

        wait_until(is_shown, f"{title} shown")
        if before is not None:
            assert_changed(service, before)


def test_removal_while_no_service_ran_is_never_answered_304(tmp_path: Path) -> None:
    with Service(tmp_path / "instance") as first:
        for name in ("a", "b"):
            definition = first.enabled / f"{name}.yaml"
            definition.write_text(minimal_definition(name))
            os.utime(definition, (OLD, OLD))
        wait_until(lambda: first.ids() == ["a", "b"], "both listed")
        before = first.get("/cluster-types/")
    (first.enabled / "a.yaml").unlink()
    with Service(tmp_path / "instance") as second:
        wait_until(lambda: second.ids() == ["b"], "only b listed")
        assert_changed(second, before)


def test_rollback_while_no_service_ran_is_never_answered_304(tmp_path: Path) -> None:
    definition = tmp_path / "instance" / "cluster-types-available" / "rolled-back.yaml"
    definition.parent.mkdir(parents=True)

    def put(title: str, date: int) -> None:
        definition.write_text(minimal_definition(title))
        os.utime(definition, (date, date))

    put("The new version", OLD + 5000)
    with Service(tmp_path / "instance") as first:
        (first.enabled / "a.yaml").symlink_to(definition)
        wait_until(lambda: first.ids() == ["a"], "listed")
    os.utime(first.enabled / "a.yaml", (OLD, OLD), follow_symlinks=False)
    os.utime(first.enabled, (OLD, OLD))
    with Service(tmp_path / "instance") as second:
        before, one = second.get("/cluster-types/"), second.get("/cluster-types/a")
        assert newest_date(before) == before.headers["last-modified"]
    put("The old version", OLD)
    with Service(tmp_path / "instance") as third:
        assert_changed(third, before)
        assert third.get("/cluster-types/a", {"If-Modified-Since": one.headers["last-modified"]}).status == 200
        after = third.get("/cluster-types/")
        assert third.get("/cluster-types/", {"If-Modified-Since": after.headers["last-modified"]}).status == 304


def assert_changed(service: Service, before: Answer) -> None:
    """Whatever validators a client kept of ``before``, it is given the new listing."""
    kept = [("If-None-Match", before.headers["etag"]), ("If-Modified-Since", before.headers["last-modified"])]
    if before.json():
        kept.append(("If-Modified-Since", newest_date(before)))
    for header, value in kept:
        assert service.get("/cluster-types/", {header: value}).status == 200, (header, value)


def test_day_of_last_modified_is_the_one_before_the_newest_of_definition_dependencies_and_link(
    service: Service,
) -> None:
    folder = service.instance / "cluster-types-available" / "composed"
    (folder / "components").mkdir(parents=True)
    (folder / "cluster-type.yaml").write_text("kind: heat\ntitle: t\ndescription: d\ncomponents: [{name: one}]\n")
    (folder / "components" / "one.yaml").write_text(
        "heat_template_version: 2021-04-16\nparameters: {p: {type: string, default: x}}\n"
    )
    os.utime(folder / "cluster-type.yaml", (OLD, OLD))
    os.utime(folder / "components" / "one.yaml", (OLD + 100 * DAY, OLD + 100 * DAY))
    link = service.instance / "composed"
    link.symlink_to(folder)
    os.utime(link, (OLD + 50 * DAY, OLD + 50 * DAY), follow_symlinks=False)
    link.rename(service.enabled / "composed")
    link_target = service.enabled / "composed"
    wait_until(lambda: service.ids() == ["composed"], "listed")
    assert day_of(service.get("/cluster-types/composed").json()["last_modified"]) == OLD // DAY + 100 - 1
    relinked = service.instance / "relinked"
    relinked.symlink_to(folder)
    os.utime(relinked, (OLD + 200 * DAY, OLD + 200 * DAY), follow_symlinks=False)
    link_target.unlink()
    wait_until(lambda: service.ids() == [], "withdrawn")
    relinked.rename(link_target)
    wait_until(lambda: service.ids() == ["composed"], "listed again")
    assert day_of(service.get("/cluster-types/composed").json()["last_modified"]) == OLD // DAY + 200 - 1
