"""``cluster-builder check`` at the prompt: what it takes, what it prints, how it exits."""

from __future__ import annotations

import codecs
import gc
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from builder import cli
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.snapshot import State
from builder.checking import running
from builder.checking.targets import find_targets
from builder.checking.uploads import find_definitions
from builder.definitions.building import build_cluster_type
from builder.diagnostics.rules import RULES, Severity
from builder.reporting.formats import FORMATS
from tests.checking.examples import INVALID, LEGACY, SHIPPED
from tests.steps import count_steps

GOOD = """\
# check: ignore=no-private-network
kind: heat
title: Good
description: Nothing is wrong with it.
heat_template:
  heat_template_version: 2021-04-16
  parameters: {size: {type: number, default: 1}}
  resources: {secret: {type: OS::Heat::Value, properties: {value: {get_param: size}}}}
"""
WARNED = GOOD.replace("# check: ignore=no-private-network\n", "")
BAD = GOOD.replace("title:", "titel:")


class Run:
    """One run of the command: its exit status and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        self.status = stopped.value.code or 0
        self.out, self.err = capsys.readouterr()


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("TEMPLATE_ROOTS", "ALLOW_REMOTE_TEMPLATES", "INSTANCE_DIR", "PROFILE", "NO_COLOR"):
        monkeypatch.delenv(variable, raising=False)


# ---- exit status


def test_exit_status_is_0_when_nothing_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    Path("good.yaml").write_text(GOOD)
    run = Run(capsys, "check", "good.yaml")
    assert (run.status, run.out, run.err) == (0, "1 definition: no problems\n", "")


def test_exit_status_is_1_for_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text(BAD)
    run = Run(capsys, "check", "bad.yaml")
    assert run.status == 1
    assert "bad.yaml:3:1: error: unknown key 'titel' (did you mean 'title'?) [unknown-key] at /titel\n" in run.out


def test_warnings_fail_with_strict_only(capsys: pytest.CaptureFixture[str]) -> None:
    Path("warned.yaml").write_text(WARNED)
    assert Run(capsys, "check", "warned.yaml").status == 0
    assert Run(capsys, "check", "--strict", "warned.yaml").status == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("check", "missing.yaml"),
        ("check", "--format", "xml", "."),
        ("check", "--no-such-flag", "."),
        ("check", "--select", "a", "."),
        ("check", "--template", "."),
        ("check", "--explain"),
        ("schema", "no-such-schema"),
        ("new",),
        ("new", "-dash"),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_told_in_one_line_with_status_2(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    run = Run(capsys, *arguments)
    assert (run.status, run.out) == (2, "")
    assert run.err.startswith("cluster-builder")
    assert run.err.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "meant"),
    [("lab", "lab.yaml"), ("sub/lba.yaml", "sub/lab.yaml"), ("subs", "sub"), ("nothing", ""), ("none/lab.yaml", "")],
)
def test_a_path_like_the_one_that_leads_nowhere_is_named(
    capsys: pytest.CaptureFixture[str], given: str, meant: str
) -> None:
    Path("sub").mkdir()
    for path in ("lab.yaml", "sub/lab.yaml"):
        Path(path).write_text(GOOD)
    run = Run(capsys, "check", given)
    hint = f"; did you mean {meant!r}?" if meant else ""
    assert (run.status, run.err) == (2, f"cluster-builder: {given!r} does not exist{hint}\n")


def test_the_garbage_collector_is_on_again_after_a_crash(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.yaml").write_text(GOOD)
    was_on: list[bool] = []

    def crash(*_: object, **__: object) -> NoReturn:
        was_on.append(gc.isenabled())
        raise KeyError

    monkeypatch.setattr(running, "build_cluster_type", crash)
    assert Run(capsys, "check", ".").status == 3
    assert (was_on, gc.isenabled()) == ([False], True)


def test_a_crash_over_one_definition_leaves_the_others_checked_with_status_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.yaml").write_text(GOOD)
    Path("b.yaml").write_text(BAD)

    def crash_over_a(cluster_type_id: object, *arguments: object, **options: object) -> object:
        if cluster_type_id == "a":
            raise KeyError("secret")
        return build_cluster_type(cluster_type_id, *arguments, **options)  # type: ignore[arg-type]  # passed on

    monkeypatch.setattr(running, "build_cluster_type", crash_over_a)
    run = Run(capsys, "check", ".")
    assert run.status == 3
    assert "[unknown-key]" in run.out
    assert run.err.startswith("cluster-builder: a.yaml: internal error: KeyError in ")
    assert "secret" not in run.err
    assert run.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [("check", "a.yaml"), ("check", "--explain", "a.yaml"), ("schema",)])
def test_an_error_that_nobody_expected_is_told_in_one_line_with_status_3(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    Path("a.yaml").write_text(GOOD)

    def crash(*_: object, **__: object) -> NoReturn:
        raise KeyError("secret")

    load_schemas = "published_documents.published.load_schema_texts"
    for place in ("command.find_targets", "explaining.build_cluster_type", load_schemas):
        monkeypatch.setattr(f"builder.checking.{place}", crash)
    run = Run(capsys, *arguments)
    assert (run.status, run.out) == (3, "")
    assert run.err.startswith("cluster-builder: internal error: KeyError in test_command.py, line ")
    assert run.err.endswith("; please report it\n")


@pytest.mark.parametrize("stdin", ["<&-", "0>/dev/null"])
@pytest.mark.parametrize("flags", ["", "--explain"])
def test_standard_input_that_cannot_be_read_is_wrong_usage(stdin: str, flags: str) -> None:
    done = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m builder check {flags} - {stdin}"],
        capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("cluster-builder: standard input ")


def test_settings_of_the_service_that_a_check_does_not_use_are_not_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("good.yaml").write_text(GOOD)
    for variable, value in {"LOG_LEVEL": "trace", "WATCH": "1", "WORKERS": "auto", "PORT": "-"}.items():
        monkeypatch.setenv(variable, value)
    assert Run(capsys, "check", "good.yaml").status == 0
    monkeypatch.setenv("ALLOW_REMOTE_TEMPLATES", "perhaps")
    assert Run(capsys, "check", "good.yaml").status == 2


# ---- what is checked


def test_a_folder_is_a_definition_an_enabled_folder_or_a_tree(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("enabled/composed/components", "tree/deeper/still", "tree/templates"):
        Path(folder).mkdir(parents=True)
    Path("enabled/single.yaml").write_text(GOOD)
    Path("enabled/composed/cluster-type.yaml").write_text(
        "# check: ignore=no-private-network\nkind: heat\ntitle: A\ndescription: A\ncomponents: [{name: one}]\n"
    )
    Path("enabled/composed/components/one.yaml").write_text(
        "heat_template_version: 2021-04-16\nparameters: {size: {type: number}}\n"
        "resources: {r: {type: OS::Heat::Value, properties: {value: {get_param: size}}}}\n"
    )
    Path("tree/deeper/still/one.yml").write_text(GOOD)
    Path("tree/templates/hot.yaml").write_text("heat_template_version: 2021-04-16\n")
    assert Run(capsys, "check", "enabled").out == "2 definitions: no problems\n"
    assert Run(capsys, "check", "enabled/composed").out == "1 definition: no problems\n"
    assert Run(capsys, "check", "tree").out == "1 definition: no problems\n"
    assert Run(capsys, "check", ".").out == "3 definitions: no problems\n"


NOT_A_DEFINITION = "kind: nonsense\n"


@pytest.fixture
def _in_the_folder_of_a_definition() -> None:
    for folder in ("cluster-types-enabled", "types"):
        Path(folder).mkdir()
        Path(folder, "other.yaml").write_text(NOT_A_DEFINITION)
    Path("cluster-type.yaml").write_text(GOOD)


@pytest.mark.usefixtures("_in_the_folder_of_a_definition")
@pytest.mark.parametrize("arguments", [(), ("--instance", "instance")])
def test_every_file_of_an_enabled_folder_is_checked_itself(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    if arguments:
        Path("instance").mkdir()
        Path("instance/cluster-types-enabled").symlink_to(Path("types").absolute())
    path = "types/other.yaml" if arguments else "cluster-types-enabled/other.yaml"
    run = Run(capsys, "check", *arguments, path)
    assert run.status == 1
    assert f"{path}:1:7: error: 'kind' must be heat or magnum, not 'nonsense' [unknown-value]" in run.out
    Path(path).with_name("cluster-type.yaml").write_text(GOOD)
    run = Run(capsys, "check", *arguments, "--format", "json", str(Path(path).with_name("cluster-type.yaml")))
    assert json.loads(run.out)["definitions"][0]["id"] == "cluster-type"


@pytest.mark.usefixtures("_in_the_folder_of_a_definition")
def test_the_definition_that_is_checked_instead_of_a_file_of_its_folder_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = "types/other.yaml: no definition; cluster-type.yaml, in whose folder it is, was taken instead\n"
    run = Run(capsys, "check", "types/other.yaml")
    assert (run.status, run.out) == (0, f"{told}1 definition: no problems\n")
    assert Run(capsys, "check", "--explain", "types/other.yaml").err == f"cluster-builder: {told}"


@pytest.mark.usefixtures("_in_the_folder_of_a_definition")
def test_a_definition_in_the_folder_of_another_one_is_checked_itself(capsys: pytest.CaptureFixture[str]) -> None:
    Path("types/other.yaml").write_text(BAD)
    run = Run(capsys, "check", "types/other.yaml")
    assert "types/other.yaml:3:1: error: unknown key 'titel'" in run.out
    assert run.status == 1


def test_a_link_in_an_enabled_folder_is_followed_and_its_files_are_shown_where_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("available/type/components").mkdir(parents=True)
    Path("enabled").mkdir()
    Path("available/type/cluster-type.yaml").write_text(
        "kind: heat\ntitle: A\ndescription: A\ncomponents: [{name: one}]\n"
    )
    Path("available/type/components/one.yaml").write_text("heat_template_version: nonsense-9\n")
    Path("enabled/type").symlink_to("../available/type")
    out = Run(capsys, "check", "enabled").out
    assert "available/type/components/one.yaml:1:24: error: " in out
    assert "enabled/type/cluster-type.yaml:4:1: warning: " in out


def test_a_dangling_link_is_a_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    Path("enabled").mkdir()
    Path("enabled/gone.yaml").symlink_to("nowhere.yaml")
    Path("enabled/gone-too").symlink_to("nowhere")
    out = Run(capsys, "check", "enabled").out
    assert out.count("[missing-file]") == 2


def make_folders_without_definition(folder: Path) -> None:
    """A folder of every kind that the service wants a definition of and has none; and one good definition."""
    for path in ("renamed", "composed/components", "empty", "2024"):
        (folder / path).mkdir(parents=True)
    for path in ("good.yaml", "renamed/cluster-type.yml", "2024/cluster-type.yaml"):
        (folder / path).write_text(GOOD)
    (folder / "composed/components/one.yaml").write_text("heat_template_version: 2021-04-16\n")
    (folder / "dangling").symlink_to("nowhere")


@pytest.mark.parametrize(
    "arguments", [("cluster-types-enabled",), (".",), ("link",), ("--instance", ".", "link"), ("--instance", "i", "e")]
)
def test_an_enabled_folder_is_held_to_the_rules_of_the_service(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    enabled = Path("e") if arguments[-1] == "e" else Path("cluster-types-enabled")
    make_folders_without_definition(enabled)
    if arguments[-1] == "link":
        Path("link").symlink_to("cluster-types-enabled")
    if "i" in arguments:
        Path("i").mkdir()
        Path("i/cluster-types-enabled").symlink_to(enabled.absolute())
    run = Run(capsys, "check", *arguments)
    catalogue = Catalogue(enabled.absolute(), LoadSettings())
    catalogue.reconcile()
    rejected = [str(entry.id) for entry in catalogue.snapshot.reports() if entry.state is State.REJECTED]
    assert sorted(rejected) == ["composed", "dangling", "empty", "renamed"]
    for id_ in rejected:
        what = "it is a link to 'nowhere', and" if id_ == "dangling" else "the file does not exist ("
        assert f"{id_}/cluster-type.yaml: error: {what}" in run.out
    assert (
        "renamed/cluster-type.yaml: error: the file does not exist (rename cluster-type.yml to cluster-type.yaml)"
        in (run.out)
    )
    assert (run.status, run.out.splitlines()[-1]) == (1, "6 definitions: 4 errors")


def test_in_a_tree_a_folder_that_is_meant_to_be_a_definition_has_to_have_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_folders_without_definition(Path("tree"))
    out = Run(capsys, "check", "tree").out
    assert sorted(line.split("/")[1] for line in out.splitlines()[:-1]) == ["composed", "dangling", "renamed"]
    assert Run(capsys, "check", "tree/renamed").status == 1
    assert Run(capsys, "check", "tree/composed").status == 1


@pytest.mark.parametrize("name", ["empty", "dangling", "notes"])
def test_to_name_what_holds_no_definition_is_an_error(capsys: pytest.CaptureFixture[str], name: str) -> None:
    make_folders_without_definition(Path())
    Path("notes").mkdir()
    Path("notes/README.md").write_text("")
    assert Run(capsys, "check", name).status == 1


def test_files_of_other_tools_may_stand_among_definitions(capsys: pytest.CaptureFixture[str]) -> None:
    Path("types").mkdir()
    Path("web/components").mkdir(parents=True)
    Path("web/components/button.yaml").write_text("label: Press\n")
    Path("types/good.yaml").write_text(GOOD)
    Path("openapi.yaml").write_text("openapi: 3.0.0\npaths: {}\ncomponents:\n  schemas: {}\n")
    Path("kustomization.yaml").write_text("components:\n- ../component\n")
    Path("devfile.yaml").write_text("schemaVersion: 2.2.0\ncomponents:\n  - name: tools\n")
    Path("compose.yml").write_text("services: {web: {image: web}}\n")
    assert Run(capsys, "check", ".").out == "1 definition: no problems\n"


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("kind: heat", "kind: haet"),
        GOOD.replace("heat_template:", "heat_templat:"),
        "kind: haet\ntitle: A\ndescription: A\ncomponents:\n  # the only one\n  - name: one\n",
        "kind: haet\ntitle: A\ndescription: A\ncomponents: [{name: one}]\n",
        "title: A\nheat_template_url: a.yaml\n",
        "kind: 'Heat'  # as ever\n",
    ],
)
def test_a_definition_is_found_in_a_tree_whatever_is_misspelt(capsys: pytest.CaptureFixture[str], text: str) -> None:
    Path("types").mkdir()
    Path("types/a.yaml").write_text(text)
    Path("compose.yml").write_text("services: {web: {image: web}}\n")
    out = Run(capsys, "check", ".").out
    assert out.splitlines()[-1].startswith("1 definition: ")
    assert "compose.yml" not in out


FOREIGN = {
    "docker-compose.yml": "services: {web: {image: web}}\nvolumes: {data: {}}\n",
    "mkdocs.yml": "site_name: Clusters\ntheme: material\nnav:\n- index.md\n",
    "values.yaml": "# Of a chart\nreplicaCount: 1\nimage:\n  tag: latest\nmode: a\nfile: b\n",
    "Chart.yaml": "apiVersion: v2\nname: a\ndescription: Of a chart\ntype: application\nversion: 1.0.0\n",
    "deployment.yaml": "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {}\n",
    "ci.yaml": "name: CI\non: [push]\njobs:\n  check: {steps: []}\n",
    ".gitlab-ci.yml": "stages: [check]\n",
    "_config.yml": "theme: minima\nplugins: []\n",
    "playbook.yaml": "- hosts: all\n  tasks: []\n",
    "openapi.yaml": "openapi: 3.0.0\ninfo: {title: A, version: '1'}\npaths: {}\ncomponents: {}\n",
    "broken.yaml": "services: {web: [\n",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_file_of_another_tool_beside_definitions_is_passed_over_and_named(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    Path("types").mkdir()
    Path("types/good.yaml").write_text(GOOD)
    Path("types", name).write_text(FOREIGN[name])
    sent = {"good.yaml": GOOD.encode(), name: FOREIGN[name].encode()}
    named = "" if name.startswith(".") else f"types/{name}: passed over, for it has no key of a definition"
    run = Run(capsys, "check", "types")
    assert (run.status, run.out.splitlines()[-1]) == (0, "1 definition: no problems")
    assert run.out.startswith(named)
    assert run.out.count("\n") == 1 + bool(named)
    assert [each.path for each in find_definitions(sent).definitions] == ["good.yaml"]
    # By itself it is no definition either, but for whoever names it, and where every file is to be one.
    Path("types/good.yaml").unlink()
    assert "[no-definitions]" in Run(capsys, "check", "types").out
    assert Run(capsys, "check", f"types/{name}").status == (1 if named else 0)
    Path("types").rename("cluster-types-enabled")
    assert "passed over" not in Run(capsys, "check", "cluster-types-enabled").out


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("kind: heat\n", ""),
        GOOD.replace("kind: heat", "kidn: haet").replace("title:", "titel:").replace("heat_template:", "template:"),
        GOOD.replace("kind: heat", "Kind: Heat"),
        GOOD.replace("kind: heat", "kind:heat"),
        "titel: A\ndescription: A\ncompnents:\n- name: one\n",
        "kind: magnum\ntitle: A\n",
        "magnum_cluster_templat: a\ndescription: A\n",
        "title Good\ndescription: A\n",
        "heat_template_version: 2021-04-16\nresources: {}\n",
        "description: A\nparameter_groups: []\n",
        "# to be written\n",
        "",
        "{description: A}\n",
    ],
)
def test_what_may_be_meant_as_a_definition_is_not_passed_over(capsys: pytest.CaptureFixture[str], text: str) -> None:
    Path("types").mkdir()
    Path("types/good.yaml").write_text(GOOD)
    Path("types/meant.yaml").write_text(text)
    run = Run(capsys, "check", "types")
    assert run.out.splitlines()[-1].startswith("2 definitions: ")
    assert "passed over" not in run.out


def test_links_in_a_circle_are_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").symlink_to("b.yaml")
    Path("b.yaml").symlink_to("a.yaml")
    assert "[link-loop]" in Run(capsys, "check", "a.yaml").out


def test_a_tree_is_searched_once_however_many_links_lead_around_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("tree/below/types").mkdir(parents=True)
    Path("tree/below/types/a.yaml").write_text(GOOD)
    plain = count_steps(lambda: find_targets(["tree"]))
    for name, target in {"a": "..", "b": ".", "z": "../below/types"}.items():
        Path("tree/below", name).symlink_to(target)
    assert count_steps(lambda: find_targets(["tree"])) < 4 * plain
    run = Run(capsys, "check", "--format", "json", "tree")
    assert [each["path"] for each in json.loads(run.out)["definitions"]] == ["tree/below/types/a.yaml"]


def test_a_definition_is_found_however_deep_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    deep = Path("tree", *"abcdefghijklmnopqrstuvwxyz")
    deep.mkdir(parents=True)
    (deep / "a.yaml").write_text(GOOD)
    assert Run(capsys, "check", "tree").out == "1 definition: no problems\n"


def test_standard_input_is_checked_with_files_of_the_current_folder(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("template.yaml").write_text(
        "heat_template_version: 2021-04-16\nparameters: {a: {type: string}}\n"
        "resources: {r: {type: OS::Heat::Value, properties: {value: {get_param: b}}}}\n"
    )
    definition = "kind: heat\ntitle: A\ndescription: A\nheat_template_url: template.yaml\ncolour: red\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(definition))
    run = Run(capsys, "check", "-")
    assert run.status == 1
    assert "<stdin>:5:1: error: unknown key 'colour'" in run.out
    assert "\ntemplate.yaml:3:72: error: there is no parameter 'b'" in run.out


def test_standard_input_that_is_not_utf_8_is_told_where() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "builder", "check", "-"],
        input=b"kind: heat\ntitle: Gr\xf6\xdfe\n", capture_output=True, check=False, timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
    )  # fmt: skip
    assert done.stdout.startswith(b"<stdin>:2:10: error: the file is not UTF-8: byte 0xf6 at line 2, column 10 ")


def test_a_byte_that_is_not_utf_8_is_told_where_behind_a_byte_order_mark(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mark.yaml").write_bytes(codecs.BOM_UTF8 + b"title: Gr\xf6\xdfe\n")
    told = "mark.yaml:1:10: error: the file is not UTF-8: byte 0xf6 at line 1, column 10 "
    assert Run(capsys, "check", "mark.yaml").out.startswith(told)


@pytest.mark.parametrize("output_format", FORMATS)
def test_a_name_that_is_not_utf_8_is_told_of_in_every_format(
    capsys: pytest.CaptureFixture[str], output_format: str
) -> None:
    Path("cluster-types-enabled").mkdir()
    Path("cluster-types-enabled", os.fsdecode(b"a\xff.yaml")).write_text(GOOD)
    run = Run(capsys, "check", "--format", output_format, "cluster-types-enabled")
    assert (run.status, run.err) == (1, "")
    assert "misnamed-entry" in run.out
    if output_format == "sarif":
        (result,) = json.loads(run.out)["runs"][0]["results"]
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert uri == "cluster-types-enabled/a%FF.yaml"


def test_neither_of_two_entries_with_one_id_wins(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(GOOD)
    Path("a.yml").write_text(GOOD)
    for arguments in ((".",), ("a.yaml", "a.yml")):
        assert Run(capsys, "check", *arguments).out.count("[duplicate-id]") == 2


@pytest.mark.parametrize("name", ["a.yaml~", ".a.yaml", "a.yaml.bak", "notes.txt"])
def test_a_file_that_the_service_ignores_is_told_of_when_it_is_named(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    Path(name).write_text(GOOD)
    run = Run(capsys, "check", name)
    assert (run.status, "[ignored-entry]" in run.out) == (0, True)


def test_the_same_definition_is_checked_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(GOOD)
    assert Run(capsys, "check", "a.yaml", "a.yaml").out == "1 definition: no problems\n"


def test_a_byte_order_mark_and_carriage_returns_are_no_problem(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert Run(capsys, "check", "a.yaml").status == 0


def test_template_roots_and_remote_templates_are_allowed_as_the_service_allows_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("types").mkdir()
    Path("shared").mkdir()
    Path("shared/hot.yaml").write_text(
        "heat_template_version: 2021-04-16\nparameters: {a: {type: string}}\n"
        "resources: {r: {type: OS::Heat::Value, properties: {value: {get_param: a}}}}\n"
    )
    Path("types/a.yaml").write_text(
        "# check: ignore=no-private-network\n"
        "kind: heat\ntitle: A\ndescription: A\nheat_template_url: ../shared/hot.yaml\n"
    )
    Path("types/b.yaml").write_text(
        "kind: heat\ntitle: A\ndescription: A\nheat_template_url: https://example.org/hot.yaml\n"
    )
    out = Run(capsys, "check", "types").out
    assert "[outside-tree]" in out
    assert "[remote-file]" in out
    monkeypatch.setenv("TEMPLATE_ROOTS", str(Path("shared").absolute()))
    monkeypatch.setenv("ALLOW_REMOTE_TEMPLATES", "true")
    run = Run(capsys, "check", "types")
    assert run.status == 0
    assert run.out.count("\n") == 2
    assert "types/b.yaml:4:20: warning: " in run.out
    assert "[unread-remote-file]" in run.out


def test_useless_comment_is_told_where_it_is_in_the_definitions_own_folder_and_not_in_one_beside_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    template = GOOD.partition("heat_template:\n")[2].replace("\n  ", "\n").strip()
    for folder in ("lab/own", "lab-shared"):  # whose name begins as the other's
        Path(folder).mkdir(parents=True)
        Path(folder, "hot.yaml").write_text(f"{template}  # check: ignore=unused-parameter\n")
    monkeypatch.setenv("TEMPLATE_ROOTS", str(Path("lab-shared").absolute()))
    told = []
    for place in ("own", "../lab-shared"):
        Path("lab/cluster-type.yaml").write_text(
            f"kind: heat\ntitle: A\ndescription: A\nheat_template_url: {place}/hot.yaml\n"
        )
        told.append("[unused-comment]" in Run(capsys, "check", "lab").out)
    assert told == [True, False]


def test_many_definitions_are_checked_by_several_processes_with_the_same_result(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("many").mkdir()
    for number in range(60):
        Path(f"many/{number:03}.yaml").write_text(BAD if number % 7 == 0 else GOOD)
    alone = Run(capsys, "check", "many").out
    monkeypatch.setattr(running, "PARALLEL_FROM", 10)
    monkeypatch.setattr(running, "_count_processors", lambda: 2)
    assert Run(capsys, "check", "many").out == alone


def test_limits_on_size_are_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    Path("large.yaml").write_text(GOOD + "# " + "x" * 1024 * 1024)
    assert "[file-too-large]" in Run(capsys, "check", "large.yaml").out
    bomb = "".join(f"x-{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 10)}]\n" for n in range(7))
    Path("bomb.yaml").write_text(GOOD + bomb)
    assert "[too-large]" in Run(capsys, "check", "bomb.yaml").out
    Path("pulling").mkdir()
    resources = []
    for number in range(201):
        Path(f"pulling/{number}.sh").write_text("true\n")
        resources.append(
            f"    r{number}: {{type: OS::Heat::Value, properties: {{value: {{get_file: {number}.sh}}}}}}\n"
        )
    Path("pulling/cluster-type.yaml").write_text(GOOD + "".join(resources).replace("    r", "    r"))
    text = GOOD.replace("  resources: {secret:", "  resources:\n    secret:").replace("}}}}\n", "}}}\n")
    Path("pulling/cluster-type.yaml").write_text(text + "".join(resources))
    assert "[too-many-files]" in Run(capsys, "check", "pulling").out


# ---- other things that the command prints


def test_rules_are_listed_with_their_severity_and_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Run(capsys, "check", "--list-rules").out.splitlines()
    assert len(lines) == len(RULES)
    assert [line.split()[:2] for line in lines] == [[rule.id, str(rule.severity)] for rule in RULES.values()]
    listed = json.loads(Run(capsys, "check", "--list-rules", "--format", "json").out)
    assert listed[0] == {
        "id": "allowed-pattern", "severity": "error", "meaning": RULES["allowed-pattern"].meaning,
    }  # fmt: skip


def test_schemas_are_printed_as_they_are_published(capsys: pytest.CaptureFixture[str]) -> None:
    published = Path(__file__).parent.parent.parent / "schemas/cluster-type.schema.json"
    assert Run(capsys, "schema").out == published.read_text()
    assert Run(capsys, "schema", "cluster-type.schema.json").out == published.read_text()
    assert json.loads(Run(capsys, "schema", "build-request").out)["$id"].endswith("build-request.schema.json")


def test_the_service_rejects_with_the_words_of_the_check() -> None:
    from builder.catalogue.entries import Entry
    from builder.catalogue.loader import LoadSettings, load_entry
    from builder.definitions.model import ClusterTypeId
    from builder.disk.links import LinkResolver
    from tests.checking.examples import check

    name = "everything-at-once"
    entry = Entry(ClusterTypeId(name), f"{name}.yaml", f"{name}.yaml")
    loaded = load_entry(entry, INVALID, LoadSettings(), LinkResolver())
    checked = check(str(INVALID / f"{name}.yaml")).problems()
    assert [(each.line, each.message, each.hint) for each in loaded.outcome.problems] == [
        (each.line, each.message, each.hint) for each in checked
    ]
    assert any(each.severity is Severity.ERROR for each in checked)


@pytest.mark.skipif(sys.platform != "linux", reason="needs a pseudo-terminal")
def test_a_terminal_shows_the_line_at_fault_and_colours() -> None:
    Path("bad.yaml").write_text(BAD)
    seen = run_on_a_terminal("check", "bad.yaml")
    assert "\033[31merror\033[0m: unknown key 'titel'" in seen
    assert "3 |\033[0m titel: Good\r\n" in seen
    assert "\033[31m^^^^^\033[0m\r\n" in seen
    plain = run_on_a_terminal("check", "bad.yaml", NO_COLOR="1")
    assert "\033" not in plain
    assert "  3 | titel: Good\r\n    | ^^^^^\r\n" in plain


def run_on_a_terminal(*arguments: str, **environment: str) -> str:
    """What the command prints when its standard output is a terminal."""
    import pty

    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "builder", *arguments]
    folder = Path(__file__).parent.parent.parent
    process = subprocess.Popen(
        command, stdout=follower, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(folder), "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(follower)
    seen = b""
    while True:
        try:
            read = os.read(leader, 65536)
        except OSError:  # Linux says so that the other side is closed
            break
        if not read:
            break
        seen += read
    os.close(leader)
    process.wait(timeout=120)
    return seen.decode()


def test_a_reader_that_goes_away_is_no_error() -> None:
    folder = Path(__file__).parent.parent.parent
    command = f"'{sys.executable}' -m builder check --format sarif '{INVALID}' '{LEGACY}' '{SHIPPED}' | head -n 1"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(folder)}, timeout=60,
    )  # fmt: skip
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["cluster-types-enabled", "cluster-types-available", "elsewhere"])
def test_templates_in_the_hot_folder_are_found_as_the_service_finds_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = Path(f"instance/{name}")
    (folder.parent / "hot" / "blocks").mkdir(parents=True)
    (folder.parent / "hot" / "blocks" / "one.yaml").write_text("heat_template_version: 2021-04-16\nresources: {}\n")
    folder.mkdir()
    definition = "kind: heat\ntitle: t\ndescription: d\nheat_template_url: blocks/one.yaml\n"
    (folder / "one.yaml").write_text(definition)
    for arguments in ((str(folder),), ("--instance", "instance", str(folder / "one.yaml"))):
        run = Run(capsys, "check", *arguments)
        assert (run.status, "[missing-file]" in run.out) == (0, False), run.out
    monkeypatch.setenv("INSTANCE_DIR", "nowhere")
    run = Run(capsys, "check", str(folder))
    assert ("[missing-file]" in run.out) == (name == "elsewhere"), run.out
