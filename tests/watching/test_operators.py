"""What operators see: the log, /catalogue, /ready, /metrics, and SIGHUP."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable

import pytest
from jsonschema import Draft7Validator

from builder.schema.published import load_schema
from tests.samples import some_of
from tests.service import fetch, wait_until
from tests.watching.world import World, definition, write_composed

SECRET_TEXT = "nobody-but-the-file-says-this"


def changes(world: World, cluster_type_id: str) -> list[str]:
    """The words that the log has for what became of a type."""
    lines = (line for line in world.log() if f" id={cluster_type_id} " in f"{line} " and "cluster type" in line)
    return [line.split("cluster type ")[1].split()[0] for line in lines]


def test_log_tells_each_change_of_a_type_in_one_line(world: World) -> None:
    path = world.enable("told", "One")
    for step in (definition("Two"), "kind: [", "kind: ]", definition("Three")):
        tag, problems = world.etag(), world.entry("told.yaml")["problems"]
        world.replace(path, step)
        world.wait(lambda: world.etag() != tag or world.entry("told.yaml")["problems"] != problems, "a step")  # noqa: B023
    path.unlink()
    world.wait_for_title("told", None)
    told = ["enabled", "changed", "stale", "stale", "recovered", "withdrawn"]
    world.wait(lambda: changes(world, "told") == told, "each change is in the log once")
    enabled = next(line for line in world.log() if "cluster type enabled" in line)
    assert re.search(r"cluster type enabled id=told path=told\.yaml revision=[0-9a-f]{12}$", enabled)


def test_log_names_the_path_where_nothing_is_found_and_not_the_query(world: World) -> None:
    for path in ("/cluster-types/nothing?x=canary", "/nowhere/at/all?x=canary"):
        answer = fetch(world.service.url + path)
        assert answer.status == 404
        line = next(line for line in world.service.settled_log().splitlines() if answer.headers["x-request-id"] in line)
        assert f" path={path.partition('?')[0]} " in line
    assert "canary" not in world.service.log


def test_log_tells_of_probes_only_where_they_fail(world: World) -> None:
    for path, status in (("/health", 200), ("/ready", 200), ("/metrics", 200), ("/ready?x", 200)):
        assert fetch(world.service.url + path).status == status
    aside = world.enabled.with_name("aside")
    world.enabled.rename(aside)
    try:
        world.wait(lambda: fetch(world.service.url + "/ready").status == 503, "the folder is missed")
        failed = fetch(world.service.url + "/ready")
    finally:
        aside.rename(world.enabled)
    world.wait(lambda: fetch(world.service.url + "/ready").status == 200, "the folder is there again")
    asked = [line for line in world.service.settled_log().splitlines() if "builder.access" in line]
    told = [line for line in asked if any(f"route={path} " in line for path in ("/health", "/ready", "/metrics"))]
    assert [line for line in told if "status=200" in line] == []
    assert any(failed.headers["x-request-id"] in line for line in asked)


def test_log_tells_each_problem_once_with_file_line_and_column(world: World) -> None:
    text = definition("Broken").replace("kind: heat", "kind: cold")
    world.replace(world.enabled / "broken.yaml", text + "colour: red\n")
    world.wait_for_state("broken.yaml", "rejected")
    world.settle()
    world.service.process.send_signal(signal.SIGHUP)
    world.settle()
    problems = [line for line in world.log() if " broken.yaml:" in line]
    assert len(problems) == len(world.entry("broken.yaml")["problems"])
    assert len([line for line in problems if re.search(r" broken\.yaml:1:7: .*cold", line)]) == 1
    assert len([line for line in problems if re.search(r" broken\.yaml:\d+:1: .*colour", line)]) == 1
    assert changes(world, "broken") == ["rejected"]


def test_json_line_of_a_problem_has_its_place_rule_and_severity_as_fields(start: Callable[..., World]) -> None:
    world = start(LOG_FORMAT="json", flags=("--workers", "2"))
    text = definition("Broken").replace("kind: heat", "kind: cold").replace("{type: number", "{type: number, label: ''")
    world.replace(world.enabled / "broken.yaml", text)
    wait_until(lambda: '"severity": "error"' in world.service.log, "the first worker tells it")
    entries = [json.loads(line) for line in world.service.settled_log().splitlines()]
    told = [entry for entry in entries if entry.get("rule") and entry["id"] == "broken"]
    (error,) = [entry for entry in told if entry["severity"] == "error"]
    assert (error["level"], error["id"], error["path"]) == ("ERROR", "broken", "broken.yaml")
    assert (error["line"], error["column"]) == (1, 7)
    assert error["message"].startswith("broken.yaml:1:7: ")
    assert {entry["level"] for entry in told if entry["severity"] == "warning"} == {"WARNING"}
    wait_until(lambda: all("problems" in world.entry("broken.yaml") for _ in range(20)), "both workers have judged it")
    assert len(told) == len(world.entry("broken.yaml")["problems"])


def test_catalogue_tells_the_state_of_every_entry(world: World) -> None:
    world.enable("good", "Good")
    stale = world.enable("stale", "Stale")
    world.replace(stale, "kind: [")
    world.replace(world.enabled / "broken.yaml", definition("Broken").replace("kind: heat", "kind: cold"))
    (world.enabled / "notes.txt").write_text("notes")
    write_composed(world.enabled / "folder", "Folder")
    expected = {"good.yaml": "listed", "stale.yaml": "stale", "broken.yaml": "rejected", "notes.txt": "ignored"}
    expected |= {"folder": "listed", "resident.yaml": "listed"}
    world.wait(lambda: {each["path"]: each["state"] for each in world.catalogue()["entries"]} == expected, "all states")
    good, broken, notes = world.entry("good.yaml"), world.entry("broken.yaml"), world.entry("notes.txt")
    assert good["id"] == "good"
    assert re.fullmatch(r"[0-9a-f]{12}", good["revision"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", good["changed_at"])
    assert world.entry("stale.yaml")["revision"] is not None
    assert broken["revision"] is None
    (problem,) = [each for each in broken["problems"] if each["severity"] == "error"]
    assert (problem["path"], problem["line"], problem["column"], problem["pointer"]) == ("broken.yaml", 1, 7, "/kind")
    assert problem["message"]
    assert set(problem) == {"path", "line", "column", "pointer", "rule", "severity", "message", "hint"}
    assert notes["id"] is None
    assert notes["reason"]


def test_catalogue_is_as_its_schema_says(world: World) -> None:
    stale = world.enable("stale", "Stale")
    world.replace(stale, "kind: [")
    (world.enabled / "dangling.yaml").symlink_to("nowhere.yaml")
    (world.enabled / "no id.yaml").write_text(definition("Misnamed"))
    (world.enabled / "notes.txt").write_text("notes")
    world.wait_for_state("stale.yaml", "stale")
    for path, state in (("dangling.yaml", "rejected"), ("no id.yaml", "rejected"), ("notes.txt", "ignored")):
        world.wait_for_state(path, state)
    validator = Draft7Validator(load_schema("catalogue"))
    assert [error.message for error in validator.iter_errors(world.catalogue())] == []
    (problem,) = world.entry("dangling.yaml")["problems"]
    assert (problem["line"], problem["column"]) == (None, None)


def test_dangling_link_is_told_with_its_target_and_the_command_that_mends_it(world: World) -> None:
    available = world.enabled.parent / "cluster-types-available"
    (available / "wanted.yaml").write_text(definition("Wanted"))
    link = world.enabled / "linked.yaml"
    link.symlink_to("cluster-types-available/wanted.yaml")
    world.wait_for_state("linked.yaml", "rejected")
    (problem,) = world.entry("linked.yaml")["problems"]
    assert problem["rule"] == "missing-file"
    assert "a link to 'cluster-types-available/wanted.yaml'" in problem["message"]
    assert "a relative link starts at its own folder, 'cluster-types-enabled'" in problem["message"]
    command = problem["hint"].partition("run: ")[2]
    assert command == "ln -sfn ../cluster-types-available/wanted.yaml cluster-types-enabled/linked.yaml"
    subprocess.run(command, shell=True, cwd=world.enabled.parent, check=True, timeout=60)
    world.wait_for_title("linked", "Wanted")


def test_stale_entry_says_since_when_and_which_files_differ(world: World) -> None:
    write_composed(world.enabled / "composed", "Composed")
    world.wait_for_title("composed", "Composed")
    assert (world.entry("composed")["stale_since"], world.entry("composed")["changed_files"]) == (None, [])
    part = world.enabled / "composed" / "components" / "main.yaml"
    good = part.read_text()
    world.replace(part, "resources: [")
    world.wait_for_state("composed", "stale")
    first = world.entry("composed")
    assert first["changed_files"] == [str(part.relative_to(world.enabled))]
    assert first["stale_since"] == first["changed_at"]
    world.replace(part, "resources: 1")
    world.wait(lambda: world.entry("composed")["changed_at"] != first["changed_at"], "the other problem")
    assert world.entry("composed")["stale_since"] == first["stale_since"]
    world.replace(part, good)
    world.wait_for_state("composed", "listed")
    assert (world.entry("composed")["stale_since"], world.entry("composed")["changed_files"]) == (None, [])


def test_catalogue_of_one_id_has_its_entries_only(world: World) -> None:
    world.enable("one", "One")
    world.enable("other", "Other")
    (world.enabled / "notes.txt").write_text("notes")
    world.wait_for_state("notes.txt", "ignored")
    for name, path in (
        ("one", "one.yaml"),
        ("one.yaml", "one.yaml"),
        ("notes.txt", "notes.txt"),
        ("notes", "notes.txt"),
    ):
        status, _, body = world.client.get(f"/catalogue/{name}")
        assert (status, [entry["path"] for entry in json.loads(body)["entries"]]) == (200, [path])
    assert world.client.get("/catalogue/nothing")[0] == 404


def test_missing_type_says_why_and_where_to_look(world: World) -> None:
    world.enable("small-cluster", "Small")
    text = definition("Broken").replace("kind: heat", "kind: cold")
    world.replace(world.enabled / "broken.yaml", text)
    (world.enabled / "notes.txt").write_text("notes")
    world.wait_for_state("broken.yaml", "rejected")
    world.wait_for_state("notes.txt", "ignored")
    env = {"auth_url": "http://127.0.0.1:1/v3", "user_id": "u", "password": "p", "project_id": "p"}
    for name, told in (
        ("broken", "its entry 'broken.yaml' is rejected (has 1 error); see GET /catalogue/broken."),
        (
            "notes",
            "its entry 'notes.txt' is ignored (neither a .yaml or .yml file nor a folder); see GET /catalogue/notes.",
        ),
        ("smal-cluster", "did you mean 'small-cluster'?"),
        ("Small-Cluster", "did you mean 'small-cluster'?"),
        ("something", "it may have been withdrawn."),
    ):
        detail = f"There is no cluster type {name!r}"
        build = {"cloud_env": env, "cluster": {"cluster_type_id": name, "name": "c", "parameters": {}}}
        for answer in (fetch(f"{world.service.url}/cluster-types/{name}"), world.service.post("/clusters/", build)):
            (error,) = answer.json()["errors"]
            assert error["detail"] in (f"{detail}: {told}", f"{detail}; {told}")


def test_catalogue_tells_how_changes_are_noticed(world: World) -> None:
    described = world.catalogue()
    assert described["noticing"] == {"auto": "inotify", "poll": "poll"}[world.mode]
    assert described["problem"] is None
    age = described["rescan_age_seconds"]
    world.wait(lambda: world.catalogue()["rescan_age_seconds"] > age, "the time since the last rescan grows")
    before = described["snapshot"]
    world.enable("new", "New")
    after = world.catalogue()["snapshot"]
    assert after["revision"] != before["revision"]
    assert after["listing_changes"] == before["listing_changes"] + 1
    assert after["changed_at"] > before["changed_at"]


def test_catalogue_shows_nothing_of_what_files_hold(world: World) -> None:
    text = definition("Silent") + f"x-note: {SECRET_TEXT}\n"
    world.replace(world.enabled / "silent.yaml", text)
    world.wait_for_title("silent", "Silent")
    world.replace(world.enabled / "silent.yaml", text.replace("kind: heat", "kind: [heat"))
    world.wait_for_state("silent.yaml", "stale")
    assert SECRET_TEXT.encode() not in world.client.get("/catalogue")[2]


def test_hangup_signal_rescans_at_once(start: Callable[..., World]) -> None:
    world = start(WATCH="poll", RESCAN_INTERVAL="300", resident=False)
    (world.enabled / "new.yaml").write_text(definition("New"))
    for number in range(1, 4):
        rescans = world.catalogue()["rescans"]
        world.service.process.send_signal(signal.SIGHUP)
        world.wait(lambda: world.catalogue()["rescans"] > rescans, "a rescan")  # noqa: B023  # waited for at once
        world.wait_for_title("new", "New" if number == 1 else f"New {number}")
        (world.enabled / "new.yaml").write_text(definition(f"New {number + 1}"))


def test_hangup_signal_reaches_every_worker(start: Callable[..., World]) -> None:
    world = start(WATCH="poll", RESCAN_INTERVAL="300", resident=False, flags=("--workers", "2"))
    metric = "cluster_builder_last_rescan_timestamp_seconds"  # of the worker whose last one is the longest ago
    wait_until(lambda: (sample(world, metric) or 0) > 0, "the workers have read the folder")
    before = time.time()
    (world.enabled / "new.yaml").write_text(definition("New"))
    world.service.process.send_signal(signal.SIGHUP)
    wait_until(lambda: (sample(world, metric) or 0) > before, "both workers have rescanned")
    wait_until(lambda: all(world.service.ids() == ["new"] for _ in range(20)), "both workers list it")


def test_not_ready_before_the_first_load_and_ready_after(start: Callable[..., World]) -> None:
    world = start()
    world.wait(lambda: world.client.get("/ready")[0] == 200, "the service is ready")


def sample(world: World, name: str) -> float | None:
    """One sample of the metrics, by name and labels."""
    text = world.service.get("/metrics").body.decode()
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


@pytest.mark.parametrize("workers", some_of("12", "2"))
def test_metrics_tell_how_the_catalogue_fares(start: Callable[..., World], workers: str) -> None:
    world = start(flags=("--workers", workers), RESCAN_INTERVAL="0.3")
    world.replace(world.enabled / "broken.yaml", "kind: [")
    types = "cluster_builder_cluster_types"
    world.wait(lambda: sample(world, f'{types}{{state="rejected"}}') == 1, "the rejected type is counted")
    assert sample(world, f'{types}{{state="listed"}}') == 1
    assert sample(world, f'{types}{{state="stale"}}') == 0
    assert (sample(world, "cluster_builder_reload_duration_seconds_count") or 0) >= int(workers)
    assert (sample(world, "cluster_builder_last_successful_reload_timestamp_seconds") or 0) > 1_700_000_000
    world.wait(lambda: 0 <= (sample(world, "cluster_builder_rescan_age_seconds") or -1) < 10, "there was a rescan")
    counted = (
        'cluster_builder_http_requests_total{method="GET",route="/cluster-types/<cluster_type_id:str>",status="404"}'
    )
    for _ in range(10):
        assert world.service.get("/cluster-types/none-such").status == 404
    world.wait(lambda: sample(world, counted) == 10, "all requests are counted, whoever answered them")


def test_methods_that_callers_make_up_are_counted_as_one(world: World) -> None:
    for number in range(3):
        assert fetch(f"{world.service.url}/health", f"MADE-UP-{number}").status == 405
    text = world.service.get("/metrics").body.decode()
    assert "MADE-UP" not in text
    assert 'cluster_builder_http_requests_total{method="other",route="-",status="405"} 3.0' in text


def test_metrics_are_what_prometheus_reads(world: World) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    status, headers, body = world.client.get("/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    families = {family.name for family in text_string_to_metric_families(body.decode())}
    assert {"cluster_builder_http_requests", "cluster_builder_reload_duration_seconds"} <= families
