"""What definitions are held to where Concertim's services read every stack, and where they do not."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from builder.diagnostics.rules import RULES, Profile, Severity
from tests.checking.examples import INVALID, ROOT
from tests.checking.test_command import GOOD, Run
from tests.service import Service, wait_until

GROUP = GOOD.replace("OS::Heat::Value, properties: {value: {get_param: size}}",
    "OS::Heat::ResourceGroup, properties: {count: {get_param: size}, resource_def: {type: OS::Heat::RandomString}}",
)  # fmt: skip
MILD = GOOD.replace("title: Good", f"title: {'x' * 300}\norder: 1.0e+10\nlogo_url: a.png")
SILENCED = "# check: ignore=concertim-group\n" + GROUP


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("TEMPLATE_ROOTS", "ALLOW_REMOTE_TEMPLATES", "INSTANCE_DIR", "PROFILE"):
        monkeypatch.delenv(variable, raising=False)


def test_profile_of_the_check_is_that_of_the_service_unless_a_flag_says_otherwise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("group.yaml").write_text(GROUP)
    assert Run(capsys, "check", "group.yaml").status == 1
    assert Run(capsys, "check", "--profile", "generic", "group.yaml").status == 0
    assert Run(capsys, "check", "--profile", "generic", "--strict", "group.yaml").status == 1
    monkeypatch.setenv("PROFILE", "generic")
    generic = Run(capsys, "check", "group.yaml")
    assert (generic.status, "warning: Concertim cannot read the group 'secret'" in generic.out) == (0, True)
    assert Run(capsys, "check", "--profile", "concertim", "group.yaml").status == 1
    assert Run(capsys, "check", "--explain", "--profile", "concertim", "group.yaml").status == 1
    assert Run(capsys, "check", "--explain", "group.yaml").status == 0


def test_profile_that_is_none_is_wrong_usage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("good.yaml").write_text(GOOD)
    run = Run(capsys, "check", "--profile", "heat", "good.yaml")
    assert (run.status, run.err) == (2, "cluster-builder: --profile: 'heat' is not one of concertim, generic\n")
    monkeypatch.setenv("PROFILE", "heat")
    assert Run(capsys, "check", "--list-rules").err == (
        "cluster-builder: PROFILE: 'heat' is not one of concertim, generic\n"
    )


def test_what_only_the_app_refuses_is_a_warning_in_the_generic_profile_and_what_it_only_hides_is_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("mild.yaml").write_text(MILD)
    rules = {}
    for profile in ("concertim", "generic"):
        report = json.loads(Run(capsys, "check", "--profile", profile, "--format", "json", "mild.yaml").out)
        rules[profile] = {problem["rule"]: problem["severity"] for problem in report["problems"]}
    assert rules == {
        "concertim": {"text-too-long": "error", "out-of-range": "error", "relative-logo": "warning"},
        "generic": {"text-too-long": "warning", "out-of-range": "warning"},
    }
    explained = Run(capsys, "check", "--explain", "--profile", "generic", "mild.yaml")
    assert json.loads(explained.out)["title"] == "x" * 300


def test_group_that_shows_no_field_is_told_of_where_there_is_the_app(capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(INVALID / "unshown-group", "unshown")
    found = Run(capsys, "check", "unshown").out
    assert [f"nobody can choose {name!r}" in found for name in ("empty", "hardcoded", "hidden", "twice", "shown")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert Run(capsys, "check", "--strict", "--profile", "generic", "unshown").status == 0


def test_warning_of_the_generic_profile_can_be_silenced_and_the_error_of_the_other_cannot(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("silenced.yaml").write_text(SILENCED)
    assert Run(capsys, "check", "--profile", "generic", "--strict", "silenced.yaml").status == 0
    found = Run(capsys, "check", "silenced.yaml").out
    assert ("[concertim-group]" in found, "[unsilenceable-rule]" in found) == (True, True)


def test_type_that_an_output_tells_is_compared_with_the_id_of_a_file_and_not_of_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = GOOD + "  outputs: {concertim_cluster_type: {value: mine}}\n"
    for name, found in (("mine", 0), ("other", 1)):
        Path(f"{name}.yaml").write_text(text)
        assert Run(capsys, "check", "--strict", f"{name}.yaml").status == found
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert Run(capsys, "check", "--strict", "-").status == 0


def test_rules_are_listed_as_a_profile_has_them(capsys: pytest.CaptureFixture[str]) -> None:
    for profile in Profile:
        lines = Run(capsys, "check", "--list-rules", "--profile", profile).out.splitlines()
        listed = dict(line.split()[:2] for line in lines)
        wanted = {rule.id: rule.severity_in(profile) for rule in RULES.values()}
        assert listed == {name: str(severity) for name, severity in wanted.items() if severity is not None}


def test_the_document_says_which_rules_belong_to_the_profile() -> None:
    for severity, there in ((Severity.ERROR, "warning"), (Severity.WARNING, "not given")):
        rules = [rule.id for rule in RULES.values() if rule.only_concertim and rule.severity is severity]
        (row,) = (
            line
            for line in (ROOT / "docs/rules.md").read_text().splitlines()
            if line.startswith(f"| {severity} | {there} |")
        )
        assert sorted(part.partition("]")[0] for part in row.split("[")[1:]) == rules


def read_only_entry(service: Service) -> Any:
    """The one entry of the catalogue, once it is loaded."""
    wait_until(lambda: len(service.get("/catalogue").json()["entries"]) == 1, "the entry is loaded")
    (entry,) = service.get("/catalogue").json()["entries"]
    return entry


def test_service_rejects_what_would_stop_concertim_and_lists_it_in_the_generic_profile(tmp_path: Path) -> None:
    for profile, listed in (("", []), ("concertim", []), ("generic", ["group"])):
        instance = tmp_path / f"instance-{profile}"
        (instance / "cluster-types-enabled").mkdir(parents=True)
        (instance / "cluster-types-enabled/group.yaml").write_text(GROUP)
        with Service(instance, {"PROFILE": profile}) as service:
            entry = read_only_entry(service)
            assert [each["id"] for each in service.get("/cluster-types/").json()] == listed
            problems = {problem["rule"]: problem["severity"] for problem in entry["problems"]}
            assert problems["concertim-group"] == ("warning" if listed else "error")


def test_definition_that_is_mended_while_the_service_runs_is_listed(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    folder = instance / "cluster-types-enabled/group"
    folder.mkdir(parents=True)
    (folder / "cluster-type.yaml").write_text(GROUP)
    with Service(instance) as service:
        assert read_only_entry(service)["state"] == "rejected"
        (folder / "member.yaml").write_text(
            "heat_template_version: 2021-04-16\nresources: {r: {type: OS::Heat::RandomString}}\n"
        )
        (folder / "cluster-type.yaml").write_text(GROUP.replace("OS::Heat::RandomString", "member.yaml"))
        wait_until(lambda: len(service.get("/cluster-types/").json()) == 1, "the type is listed")
