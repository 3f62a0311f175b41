"""The page of one type: its problems in place, what differs, the form, the template, and builds."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from builder.api.build_outcomes import MAX_RECENT, MAX_RECENT_OF_TYPE, RecentBuilds
from builder.catalogue.snapshot import EMPTY, EntryReport, Slot, State
from builder.console import differences
from builder.console.differences import compare, find_excerpt, read_lines
from builder.console.forms import build_field
from builder.console.type_page import describe_type
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.errors import Fault, RequestError
from builder.parameters.declarations import parse_parameter
from tests.console.test_pages import HTML, page
from tests.service import Service, minimal_definition, wait_until


@pytest.fixture(scope="module")
def trying(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    """The examples beside a sandbox."""
    running = Service(tmp_path_factory.mktemp("trying") / "instance", {"SANDBOX": "true", "SANDBOX_PORT": "0"})
    running.link(*examples.iterdir())
    with running:
        wait_until(lambda: "self-contained" in running.ids(), "listed")
        yield running


def show(service: Service, name: str) -> str:
    return unescape(page(service.get(f"/types/{name}", HTML)))


def test_every_example_has_a_page_with_its_form_template_and_files(trying: Service) -> None:
    for listed in trying.get("/cluster-types/").json():
        shown = show(trying, listed["id"])
        places = [shown.index(f'data-parameter="{name}"') for name in listed["parameters"]]
        assert len(places) == len(set(places))
        for group in listed["parameter_groups"]:
            assert group["label"] in shown
        assert "What the cloud is sent" in shown
        assert f"{listed['id']}" in shown.split("Files it is made of")[1]


def test_template_is_shown_for_the_components_that_are_chosen(trying: Service) -> None:
    plain, chosen = show(trying, "dask-cluster"), show(trying, "dask-cluster?select=notebook&select=nonsense")
    assert "notebook_flavor:" not in plain
    assert "notebook_flavor:" in chosen
    assert "nonsense" not in chosen


def test_form_is_sent_by_its_page_to_the_sandbox_alone(trying: Service, service: Service) -> None:
    cloud = re.search(r'data-cloud="([^"]+)"', page(trying.get("/types/self-contained", HTML)))
    assert cloud is not None
    assert json.loads(unescape(cloud[1]))["auth_url"].startswith("http://127.0.0.1:")
    assert "Launch on the sandbox" not in show(trying, "kubernetes")  # of Magnum, which it has not
    assert "Launch on the sandbox" not in show(service, "good")
    assert "data-cloud" not in show(service, "good")


def test_page_tells_what_became_of_builds_and_of_nobody_whose_they_were(trying: Service) -> None:
    cloud = re.search(r'data-cloud="([^"]+)"', page(trying.get("/types/self-contained", HTML)))
    assert cloud is not None
    cluster = {"cluster_type_id": "self-contained", "name": "seclusion", "parameters": {"node_count": "99"}}
    body = {"cloud_env": json.loads(unescape(cloud[1])), "cluster": cluster}
    assert trying.post("/clusters/", body).status == 400
    cluster["parameters"] = {}
    assert trying.post("/clusters/", body).status == 201
    builds = show(trying, "self-contained").split("Recent builds")[1]
    assert builds.index("created") < builds.index("not built") < builds.index("Invalid parameter")
    assert "seclusion" not in builds


def test_builds_are_remembered_within_bounds() -> None:
    recent = RecentBuilds()
    faults = [Fault(400, "Invalid parameter", "x"), Fault(400, "Invalid parameter", "y")]
    for _ in range(2 * MAX_RECENT):
        recent.note("a", "not built", RequestError(*faults))
    recent.note("b", "created")
    assert [build.outcome for build in recent.list_of("b")] == ["created"]
    assert len(recent.list_of("a")) == MAX_RECENT_OF_TYPE
    assert recent.list_of("a")[0].reasons == ("Invalid parameter (2)",)


def test_stale_type_shows_the_line_and_how_it_differs_from_what_is_offered(tmp_path: Path) -> None:
    running = Service(tmp_path / "instance")
    running.enabled.mkdir(parents=True)
    file = running.enabled / "type.yaml"
    file.write_text(minimal_definition("Before"))
    with running:
        wait_until(lambda: running.ids() == ["type"], "listed")
        file.write_text(minimal_definition("After").replace("title:", "titel:"))
        wait_until(lambda: running.get("/catalogue").json()["entries"][0]["state"] == "stale", "stale")
        shown = show(running, "type")
    assert "2 │ titel: After" in shown
    assert ">-title: Before<" in shown
    assert ">+titel: After<" in shown
    assert "a key is not part of the format" in shown


def test_preset_has_its_form_and_its_builds_on_a_page_of_its_own_and_is_found(tmp_path: Path) -> None:
    running = Service(tmp_path / "instance", {"SANDBOX": "true", "SANDBOX_PORT": "0"})
    running.enabled.mkdir(parents=True)
    presets = "presets: [{id: small, title: A tiny one, parameters: {size: 7}}]\n"
    (running.enabled / "pre.yaml").write_text(minimal_definition() + presets)
    (running.enabled / "other.yaml").write_text(minimal_definition())
    with running:
        wait_until(lambda: running.ids() == ["other", "pre", "pre.small"], "listed")
        small = show(running, "pre.small")
        assert 'data-type="pre.small"' in small
        assert 'value="7"' in small
        assert 'href="../types/pre"' in small
        assert 'href="../types/pre.small"' in show(running, "pre")
        cloud = json.loads(unescape(re.findall(r'data-cloud="([^"]+)"', page(running.get("/types/pre", HTML)))[0]))
        cluster = {"cluster_type_id": "pre.small", "name": "mine", "parameters": {"size": "x"}}
        assert running.post("/clusters/", {"cloud_env": cloud, "cluster": cluster}).status == 400
        assert "not built" in show(running, "pre.small").split("Recent builds")[1]
        assert "not built" not in show(running, "pre").split("Recent builds")[1]
        for sought in ("small", "tiny"):
            found = page(running.get(f"/?q={sought}", HTML))
            assert ("1 of 2 entries" in found, "types/pre.small" in found) == (True, True)


def test_retired_type_leads_to_its_successor_and_a_required_field_says_so_once(tmp_path: Path) -> None:
    running = Service(tmp_path / "instance")
    running.enabled.mkdir(parents=True)
    (running.enabled / "new.yaml").write_text(minimal_definition("The new one").replace(", default: 1", ""))
    (running.enabled / "old.yaml").write_text(f"lifecycle: retired\nreplaced_by: new\n{minimal_definition()}")
    with running:
        wait_until(lambda: running.ids() == ["new"], "listed")
        assert '<a href="../types/new">The new one</a>' in show(running, "old")
        shown = show(running, "new")
    assert (shown.count("· required"), ">required<" in shown) == (1, False)
    assert "Optional sections" not in shown


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        (b"a: 1\n\tb: 2\n", 2, 2, ("2 │ \tb: 2", "  │ \t^")),
        (b"a: 1", 1, 4, ("1 │ a: 1", "  │    ^")),
        (b"a: 1", 1, 99, ("1 │ a: 1", "  │     ^")),
        (b"a: 1", 2, 1, None),
        (b"a: 1", 0, 0, None),
        (b"root:x:0:0\n", 1, 1, None),
        (b"-----BEGIN KEY-----\nsecret", 2, 1, None),
        (b"- secret", 1, 1, None),
    ],
)
def test_line_of_a_problem_is_shown_where_the_file_may_be_a_definition(
    text: bytes, line: int, column: int, expected: tuple[str, str] | None
) -> None:
    found = find_excerpt(Problem("a.yaml", line, column, "", "yaml-syntax", "x"), read_lines(text))
    assert (found and (found.line, found.caret)) == expected


def test_file_is_read_and_split_once_however_many_problems_it_has_and_people_look(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problems = tuple(Problem("a.yaml", line, 1, "", "unknown-key", f"key {line}") for line in range(1, 151))
    report = EntryReport("a.yaml", State.REJECTED, ClusterTypeId("a"), problems=problems)
    snapshot = replace(EMPTY, slots={ClusterTypeId("a"): Slot(None, State.REJECTED, (report,))})
    done: Counter[str] = Counter()

    def note(what: str, answer: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda given: (done.update([what]), answer(given))[1]

    monkeypatch.setattr(differences, "split_lines", note("split", str.splitlines))
    contents = {"a.yaml": b"".join(b"key: %d\n" % number for number in range(150))}
    catalogue = Mock(read_contents=note("read", lambda _: contents))
    services: Any = SimpleNamespace(catalogue=catalogue, recent_builds=RecentBuilds())
    for _ in range(2):
        described = describe_type(services, snapshot, "a", [report], ())
        assert described["problems"][99][2].line == "100 │ key: 99"
        assert (len(described["problems"]), described["unshown"]) == (100, 50)
    assert done == {"split": 1, "read": 1}


def test_file_that_may_be_no_definition_is_not_compared() -> None:
    [found] = compare({"a": b"a: 1"}, {"a": b"root:x:0:0"}, ["a"])
    assert (found.lines, bool(found.note)) == ((), True)


@pytest.mark.parametrize(
    ("given", "control", "value"),
    [
        ({"type": "string"}, "text", ""),
        ({"type": "number", "default": 2}, "number", "2"),
        ({"type": "boolean", "default": True}, "checkbox", ""),
        ({"type": "json", "default": '{"a": 1}'}, "textarea", '{"a": 1}'),
        ({"type": "comma_delimited_list", "default": "a,b"}, "text", "a,b"),
        ({"type": "string", "constraints": [{"allowed_values": ["x"]}]}, "select", ""),
        ({"type": "string", "hidden": True}, "password", ""),
        ({"type": "number", "hidden": True, "default": 2}, "password", "2"),
    ],
)
def test_field_is_answered_by_what_its_type_takes(given: dict[str, object], control: str, value: str) -> None:
    field = build_field(parse_parameter("name", given))
    assert (field.control, field.value) == (control, value)
