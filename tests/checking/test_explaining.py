"""``check --explain`` shows what a definition comes to; ``new`` writes one to start from."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator

from builder.checking.checked_files import CheckedFiles, CheckSettings
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.disk.links import LinkResolver
from builder.errors import RequestError
from builder.kinds.heat.planning import plan_cluster
from builder.kinds.registry import KINDS
from builder.schema import published
from tests.checking.examples import INVALID, SHIPPED, check
from tests.checking.test_command import Run


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INSTANCE_DIR", raising=False)


@pytest.mark.parametrize("example", sorted(SHIPPED.iterdir()), ids=lambda path: path.stem)
def test_what_the_app_is_sent_is_shown(capsys: pytest.CaptureFixture[str], example: Path) -> None:
    run = Run(capsys, "check", "--explain", str(example))
    body = json.loads(run.out)
    Draft7Validator(published.load_schema("listed-cluster-type")).validate(body)
    assert (run.status, run.err, body["id"]) == (0, "", example.stem)


def test_a_definition_is_found_by_its_id(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPLATE_ROOTS", str(SHIPPED))
    enabled = Path("somewhere/cluster-types-enabled")
    enabled.mkdir(parents=True)
    (enabled / "dask-cluster").symlink_to(SHIPPED / "dask-cluster")
    run = Run(capsys, "check", "--explain", "--instance", "somewhere", "dask-cluster")
    assert json.loads(run.out)["title"] == "Dask cluster"


def test_a_preset_is_explained_by_its_own_id_or_by_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    enabled = Path("instance/cluster-types-enabled")
    enabled.mkdir(parents=True)
    text = (SHIPPED / "self-contained.yaml").read_text()
    preset = "presets:\n  - {id: small, title: Small, parameters: {node_count: 2}}\n"
    (enabled / "type.yaml").write_text(text + preset)
    by_id = json.loads(Run(capsys, "check", "--explain", "type.small").out)
    by_option = json.loads(Run(capsys, "check", "--explain", "--preset", "small", str(enabled / "type.yaml")).out)
    assert by_id == by_option
    assert (by_id["id"], by_id["title"], by_id["parameters"]["node_count"]["default"]) == ("type.small", "Small", 2)
    composed = yaml.safe_load(Run(capsys, "check", "--explain", "--template", "type.small").out)
    assert composed["outputs"]["concertim_cluster_type"]["value"] == "type.small"
    assert "no preset has the id 'smal'; did you mean 'small'?" in Run(capsys, "check", "--explain", "type.smal").err
    assert Run(capsys, "check", "--preset", "small", str(enabled / "type.yaml")).status == 2


def test_an_id_whose_folder_has_no_definition_is_told_by_the_path_of_what_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / "cluster-types-enabled" / "hpc"
    folder.mkdir(parents=True)
    run = Run(capsys, "check", "--explain", "--instance", str(tmp_path), "hpc")
    assert (run.status, run.out) == (2, "")
    assert f"'{folder}/cluster-type.yaml' does not exist" in run.err


def test_an_unknown_id_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "check", "--explain", "nothing")
    assert (run.status, run.out) == (2, "")
    assert "'nothing' is neither a path nor the id of a definition in instance/cluster-types-enabled" in run.err


def test_an_id_like_the_one_that_is_unknown_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    enabled = Path("instance/cluster-types-enabled")
    enabled.mkdir(parents=True)
    (enabled / "dask-cluster").symlink_to(SHIPPED / "dask-cluster")
    Path("first.yaml").write_text("")
    assert Run(capsys, "check", "--explain", "dask-clutser").err.endswith("; did you mean 'dask-cluster'?\n")
    assert Run(capsys, "check", "--explain", "first").err.endswith("; did you mean 'first.yaml'?\n")


def test_the_template_is_the_one_that_heat_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    path = SHIPPED / "dask-cluster/cluster-type.yaml"
    files = CheckedFiles(str(path), LinkResolver(), CheckSettings())
    outcome = build_cluster_type(ClusterTypeId("dask-cluster"), files, KINDS)
    assert outcome.cluster_type is not None
    for selected in ([], ["notebook"], ["monitoring", "notebook"]):
        flags = [flag for name in selected for flag in ("--select", name)]
        out = Run(capsys, "check", "--explain", "--template", *flags, str(path)).out
        answers = {
            name: "x" * 16 if parameter.type == "string" else None
            for name, parameter in outcome.cluster_type.parameters.items()
            if parameter.required
        }
        plan = plan_cluster(outcome.cluster_type, "cluster", answers, dict.fromkeys(selected, True))
        assert yaml.safe_load(out) == plan.template
        assert [line[8:] for line in out.splitlines() if line.startswith("# file: ")] == sorted(plan.files)


def test_a_cluster_of_no_component_is_refused_in_the_words_of_the_form(capsys: pytest.CaptureFixture[str]) -> None:
    folder = INVALID / "no-required-component"
    files = CheckedFiles(str(folder / "cluster-type.yaml"), LinkResolver(), CheckSettings())
    cluster_type = build_cluster_type(ClusterTypeId("optional"), files, KINDS).cluster_type
    assert cluster_type is not None
    with pytest.raises(RequestError) as refused:
        plan_cluster(cluster_type, "cluster", {}, {"backup": False})
    (fault,) = refused.value.faults
    assert (fault.status, fault.title, fault.pointer) == (400, "Invalid selection", "/cluster/selections")
    assert fault.detail.endswith("; select at least one of 'Give it storage', 'Backup'.")
    run = Run(capsys, "check", "--explain", "--template", str(folder))
    assert (run.status, run.out) == (1, "")
    assert run.err.splitlines()[-1] == f"cluster-builder: {fault.detail}"
    assert "storage" in plan_cluster(cluster_type, "cluster", {}, {"storage": True}).template["resources"]


def test_an_unknown_component_cannot_be_selected(capsys: pytest.CaptureFixture[str]) -> None:
    path = str(SHIPPED / "dask-cluster")
    run = Run(capsys, "check", "--explain", "--template", "--select", "notbook", path)
    assert (run.status, run.out) == (2, "")
    assert "did you mean 'notebook'?" in run.err


def test_a_wrong_definition_is_explained_by_its_problems(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "check", "--explain", str(INVALID / "unknown-key.yaml"))
    assert (run.status, run.out) == (1, "")
    assert "[unknown-key]" in run.err


@pytest.mark.parametrize("flags", [[], ["--kind", "heat"], ["--composed"], ["--kind", "magnum"]])
def test_a_new_definition_passes_every_check(capsys: pytest.CaptureFixture[str], flags: list[str]) -> None:
    run = Run(capsys, "new", "my-cluster", *flags)
    assert run.status == 0
    assert {Path(line).is_file() for line in run.out.splitlines()} == {True}
    report = check(".")
    assert (report.problems(), [each.id for each in report.definitions]) == ((), ["my-cluster"])
    made = "my-cluster" if "--composed" in flags else "my-cluster.yaml"
    assert json.loads(Run(capsys, "check", "--explain", made).out)["title"] == "My cluster"


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--kind", "magnun"], "no kind is named 'magnun'; did you mean 'magnum'?"),
        (["--kind", "sahara"], "no kind is named 'sahara'; there are: heat, magnum"),
        (
            ["--kind", "magnum", "--composed"],
            "new: --composed is of use with --kind heat only; magnum has no components",
        ),
    ],
)
def test_a_kind_that_there_is_no_start_for_is_refused(
    capsys: pytest.CaptureFixture[str], flags: list[str], told: str
) -> None:
    run = Run(capsys, "new", "mine", *flags)
    assert (run.status, run.out, run.err) == (2, "", f"cluster-builder: {told}\n")


def test_a_new_definition_overwrites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.yml").write_text("precious")
    for flags in ([], ["--composed"]):
        run = Run(capsys, "new", "mine", *flags)
        assert (run.status, run.err) == (2, "cluster-builder: 'mine.yml' exists already\n")
    assert [path.name for path in Path().iterdir()] == ["mine.yml"]


@pytest.mark.parametrize("name", ["a b", "../up", "a--b", "", "ä"])
def test_an_id_that_cannot_be_is_refused(capsys: pytest.CaptureFixture[str], name: str) -> None:
    run = Run(capsys, "new", name)
    assert (run.status, run.out) == (2, "")
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("flags", [[], ["--composed"]])
@pytest.mark.parametrize("name", ["mine.yaml", "mine.yml"])
def test_the_name_of_a_file_is_refused_as_an_id(
    capsys: pytest.CaptureFixture[str], name: str, flags: list[str]
) -> None:
    run = Run(capsys, "new", name, *flags)
    assert (run.status, run.err) == (
        2, f"cluster-builder: {name!r} is the name of a file, whose ending would be part of the id; give 'mine'\n"
    )  # fmt: skip
    assert list(Path().iterdir()) == []
    assert Run(capsys, "new", "mine-2.0", *flags).status == 0
