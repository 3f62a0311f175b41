"""``cluster-builder launch`` at the prompt, on a sandbox of its own and on a cloud that the shell names."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder import cli
from builder.errors import Fault, RequestError
from builder.kinds.registry import KINDS
from builder.sandbox import Sandbox
from tests.billing.builds import live_stacks
from tests.checking.examples import SHIPPED
from tests.command import run_here

ENDING = "hunter-22"
"""An answer that nothing may show."""

DEFINITION = """\
# check: ignore=no-private-network
kind: heat
title: Telling
description: One that tells what it is given.
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    word: {type: string, hidden: true, label: Word}
    size: {type: number, default: 1}
  resources:
    told: {type: OS::Heat::Value, properties: {value: {list_join: [" ", ["with", {get_param: word}]]}}}
    other: {type: OS::Heat::Value, properties: {value: "one\\ntwo"}}
  outputs:
    told: {value: {get_attr: [told, value]}}
    size: {value: {get_param: size}}
    lines: {value: {get_attr: [other, value]}}
"""
FAILING = """\
# check: ignore=no-private-network
kind: heat
title: Failing
description: One that fails.
heat_template:
  heat_template_version: 2021-04-16
  resources: {broken: {type: OS::Heat::TestResource, properties: {fail: true}}}
"""


def launch(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return run_here("launch", *arguments, stdin=stdin, **environment)


def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "builder", "launch", *arguments]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), **environment}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(autouse=True)
def _in_a_folder_with_definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("telling.yaml").write_text(DEFINITION)
    Path("failing.yaml").write_text(FAILING)


@pytest.fixture
def cloud() -> Iterator[Sandbox]:
    """A cloud that takes a moment for each answer, so that something can happen while it is asked."""
    with Sandbox(heat_latency=0.3) as sandbox:
        yield sandbox


def shell_of(cloud: Sandbox) -> dict[str, str]:
    user = cloud.credentials
    return {
        "OS_AUTH_URL": cloud.auth_url,
        "OS_USER_ID": user.user_id,
        "OS_PASSWORD": user.password,
        "OS_PROJECT_ID": user.project_id,
    }


def count_stacks(cloud: Sandbox) -> int:
    return len(live_stacks(cloud))


def test_definition_is_checked_tried_made_and_its_outputs_are_printed() -> None:
    with start("telling.yaml", "--sandbox", "-p", f"word={ENDING}", "--parameter", "size=3", "--name", "lab") as done:
        stdout, stderr = done.communicate(timeout=100)
    assert (done.returncode, stdout) == (
        0,
        "concertim_cluster_type: telling\ntold: with ***\nsize: 3\nlines:\n  one\n  two\n",
    )
    told = stderr.splitlines()
    assert told[:3] == [
        "Cloud: a sandbox, in which nothing is real",
        "Dry run: 2 resources would be made",
        "    2 x OS::Heat::Value  (other, told)",
    ]
    assert told[3].startswith("Launched: lab--")
    assert told[4:] == ["CREATE_COMPLETE"]
    assert ENDING not in stderr


@pytest.mark.parametrize("name", ["self-contained.yaml", "hpc-cluster"])
def test_shipped_example_can_be_tried(name: str) -> None:
    answers = ["-p", "key_name=k", "-p", "image=i"] if name == "hpc-cluster" else []
    done = launch(str(SHIPPED / name), "--sandbox", *answers)
    assert done.returncode == 0, done.stderr


def test_outcome_as_json_is_what_the_service_answers() -> None:
    done = launch("telling.yaml", "--sandbox", "-p", f"word={ENDING}", "--format", "json")
    told = json.loads(done.stdout)
    assert (told["status"], told["cluster_type_id"]) == ("CREATE_COMPLETE", "telling")
    outputs = {output["name"]: output["value"] for output in told["outputs"]}
    assert outputs["told"] == "with ***"
    assert outputs["size"] == 1
    assert ENDING not in done.stdout


def test_secret_may_come_from_a_file_or_standard_input_and_so_be_in_no_list_of_processes() -> None:
    Path("word").write_text("x3x9-of-a-file\n")
    for given, stdin in (("word=word", ""), ("word=-", "x3x9-of-stdin")):
        done = launch("telling.yaml", "--sandbox", "--parameter-file", given, stdin=stdin)
        assert (done.returncode, "told: with ***\n" in done.stdout) == (0, True)


def test_every_fault_of_the_answers_is_told_by_its_option_and_nothing_is_made() -> None:
    done = launch("telling.yaml", "--sandbox", "-p", "sise=3", "--select", "extra", "--name", "a b")
    assert (done.returncode, done.stdout) == (1, "")
    begins = [line.split(":")[1].strip() for line in done.stderr.splitlines()]
    assert sorted(begins) == ["--name", "--select extra", "-p sise", "-p word"]
    assert "Did you mean size?" in done.stderr


def test_preset_is_launched_by_its_id_with_its_values() -> None:
    enabled = Path("instance/cluster-types-enabled")
    enabled.mkdir(parents=True)
    (enabled / "telling.yaml").write_text(f"{DEFINITION}presets:\n- {{id: big, title: Big, parameters: {{size: 7}}}}\n")
    done = launch("telling.big", "--sandbox", "-p", f"word={ENDING}")
    assert (done.returncode, done.stdout.splitlines()[:3]) == (
        0, ["concertim_cluster_type: telling.big", "told: with ***", "size: 7"],
    ), done.stderr  # fmt: skip
    missing = launch("telling.bik", "--sandbox", "-p", f"word={ENDING}")
    assert (missing.returncode, missing.stderr) == (
        2, "cluster-builder: no preset has the id 'bik'; did you mean 'big'?\n",
    )  # fmt: skip


def test_preset_of_a_definition_by_its_path_is_launched_with_its_values() -> None:
    Path("telling.yaml").write_text(f"{DEFINITION}presets:\n- {{id: big, title: Big, parameters: {{size: 7}}}}\n")
    done = launch("telling.yaml", "--preset", "big", "--sandbox", "-p", f"word={ENDING}")
    assert (done.returncode, done.stdout.splitlines()[:3]) == (
        0, ["concertim_cluster_type: telling.big", "told: with ***", "size: 7"],
    ), done.stderr  # fmt: skip
    answered = launch("telling.yaml", "--preset", "big", "--sandbox", "-p", f"word={ENDING}", "-p", "size=2")
    assert "size: 2" in answered.stdout.splitlines(), answered.stderr
    missing = launch("telling.yaml", "--preset", "bik", "--sandbox", "-p", f"word={ENDING}")
    assert (missing.returncode, missing.stderr) == (
        2, "cluster-builder: no preset has the id 'bik'; did you mean 'big'?\n",
    )  # fmt: skip


def test_retired_type_is_said_to_be_so_and_launched_all_the_same() -> None:
    Path("telling.yaml").write_text(f"{DEFINITION}lifecycle: retired\nreplaced_by: teller\n")
    done = launch("telling.yaml", "--sandbox", "-p", f"word={ENDING}")
    told = "'telling' is retired: the service neither lists nor launches it; its successor is 'teller'"
    assert (done.returncode, f"cluster-builder: {told}\n" in done.stderr) == (0, True), done.stderr


def test_definition_with_errors_is_not_launched() -> None:
    Path("telling.yaml").write_text(DEFINITION.replace("title:", "titel:"))
    done = launch("telling.yaml", "--sandbox", "-p", "word=x")
    assert (done.returncode, done.stdout) == (1, "")
    assert "telling.yaml:3:1: error: unknown key 'titel'" in done.stderr
    assert "Launched" not in done.stderr


def test_cluster_that_fails_is_told_with_what_failed_and_why() -> None:
    done = launch("failing.yaml", "--sandbox")
    assert done.returncode == 1
    assert "broken (OS::Heat::TestResource) CREATE_FAILED: " in done.stderr


def test_dry_run_makes_nothing(cloud: Sandbox) -> None:
    done = launch("telling.yaml", "--dry-run", "-p", "word=x", **shell_of(cloud))
    assert (done.returncode, done.stdout) == (0, "")
    assert "Launched" not in done.stderr
    assert count_stacks(cloud) == 0


@pytest.mark.parametrize("delete", [False, True])
def test_cluster_is_kept_unless_it_is_to_be_deleted(cloud: Sandbox, delete: bool) -> None:
    done = launch("telling.yaml", "-p", "word=x", *(["--delete"] if delete else []), **shell_of(cloud))
    assert done.returncode == 0, done.stderr
    assert f"The cluster is {'being deleted' if delete else 'kept'}: telling--" in done.stderr
    assert count_stacks(cloud) == (0 if delete else 1)
    assert cloud.credentials.password not in done.stdout + done.stderr.replace("sandbox, ", "")


def test_cluster_that_could_not_be_deleted_fails_the_command(
    cloud: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in shell_of(cloud).items():
        monkeypatch.setenv(name, value)

    def refuse(*_: object) -> None:
        raise RequestError(Fault(403, "Forbidden", "The cloud forbids it."))

    monkeypatch.setattr(KINDS["heat"].launcher, "delete", refuse)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["launch", "telling.yaml", "--delete", "-p", "word=x"])
    assert "could not be deleted: The cloud forbids it." in capsys.readouterr().err
    assert stopped.value.code == 1
    assert count_stacks(cloud) == 1


@pytest.fixture
def slow_cloud() -> Iterator[Sandbox]:
    """A cloud that tells later that a cluster is complete than a busy machine interrupts whoever waits for it."""
    with Sandbox(heat_latency=2.0) as sandbox:
        yield sandbox


@pytest.mark.parametrize("delete", [False, True])
def test_ctrl_c_ends_the_waiting_and_says_what_becomes_of_the_cluster(slow_cloud: Sandbox, delete: bool) -> None:
    arguments = ("telling.yaml", "-p", "word=x", *(["--delete"] if delete else []))
    with start(*arguments, **shell_of(slow_cloud)) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith("Launched: "):
                break
        running.send_signal(signal.SIGINT)
        rest = running.stderr.read()
    assert running.returncode == 130
    assert rest.startswith("cluster-builder: interrupted\n")
    assert f"The cluster is {'being deleted' if delete else 'kept'}: telling--" in rest
    assert "Traceback" not in rest
    assert count_stacks(slow_cloud) == (0 if delete else 1)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("missing.yaml", "--sandbox"),
        ("telling.yaml",),  # and no cloud is named
        ("telling.yaml", "--sandbox", "-p", "word"),
        ("telling.yaml", "--sandbox", "-p", "=x"),
        ("telling.yaml", "--sandbox", "-p", "word=x", "-p", "word=y"),
        ("telling.yaml", "--sandbox", "--parameter-file", "word=missing"),
        ("telling.yaml", "--sandbox", "--dry-run", "--delete"),
        ("telling.yaml", "--sandbox", "--timeout", "nan"),
        ("telling.yaml", "--sandbox", "--timeout", "0"),
    ],
)
def test_wrong_usage_is_told_in_one_line_with_status_2(
    arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(variable)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["launch", *arguments])
    out, err = capsys.readouterr()
    assert (stopped.value.code, out) == (2, "")
    assert err.startswith("cluster-builder")
    assert err.count("\n") == 1


def test_refusal_of_the_cloud_is_told(cloud: Sandbox) -> None:
    done = launch("telling.yaml", "-p", "word=x", **{**shell_of(cloud), "OS_PASSWORD": "wrong-pass-1"})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("cluster-builder: ")
    assert "wrong-pass-1" not in done.stderr
