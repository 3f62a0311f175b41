"""What the check proposes: the words that an author meant, for mistakes that authors really make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checking.examples import check

DEFINITION = """\
# check: ignore=no-private-network
kind: heat
title: Hints
description: A definition to misspell.
"""
TEMPLATE = "heat_template_version: 2021-04-16\nparameters: {{size: {{type: number, default: 1}}}}\nresources: {}\n"
USE = "{{use: {{type: OS::Heat::Value, properties: {{value: [{{get_param: size}}, {}]}}}}}}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tree" / "lab"
    for path in ("components", "scripts"):
        (folder / path).mkdir(parents=True)
    monkeypatch.chdir(folder.parent)
    return folder


def write(path: Path, use: str = "1") -> None:
    path.write_text(TEMPLATE.format(USE.format(use)))


def hints() -> list[str]:
    return [problem.hint for problem in check("lab").problems()]


@pytest.mark.parametrize(
    ("name", "present", "hint"),
    [
        ("shares", "components/share.yaml", "did you mean 'share'?"),
        ("share.yaml", "components/share.yaml", "did you mean 'share'?"),
        ("share", "components/share.yml", "rename components/share.yml to share.yaml"),
        ("share", "share.yaml", "move share.yaml into the folder components"),
        ("share", "components/disks.yaml", "create it, or name one that is there: disks"),
        ("share", "components/.share.yaml", "create it, or correct the path"),
        ("nodes2", "components/readme.txt", "create it, or correct the path"),
    ],
)
def test_a_component_without_a_file(folder: Path, name: str, present: str, hint: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}, {{name: {name}}}]\n")
    write(folder / "components/nodes.yaml")
    (folder / present).write_text("")
    assert hints() == [hint]


@pytest.mark.parametrize(
    ("reference", "hint"),
    [
        ("../scripts/loign.sh", "did you mean '../scripts/login.sh'?"),
        ("../scripts/login", "did you mean '../scripts/login.sh'?"),
        ("scripts/login.sh", "did you mean '../scripts/login.sh'? Paths are relative to the file that they stand in"),
        ("../scripts/wholly-different.sh", "create it, or correct the path"),
        ("../nowhere/login.sh", "create it, or correct the path"),
    ],
)
def test_a_file_that_is_not_there(folder: Path, reference: str, hint: str) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}]\n")
    write(folder / "components/nodes.yaml", f"{{get_file: {reference}}}")
    (folder / "scripts/login.sh").write_text("")
    assert hints() == [hint]


def test_names_outside_the_tree_are_not_told(folder: Path) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}components: [{{name: nodes}}]\n")
    write(folder / "components/nodes.yaml", "{get_file: ../secret.sh}")
    (folder.parent / "secret.sh").write_text("")
    assert hints() == ["create it, or correct the path"]


def test_a_template_by_path(folder: Path) -> None:
    (folder / "cluster-type.yaml").write_text(f"{DEFINITION}heat_template_url: templates.yaml\n")
    write(folder / "template.yaml")
    assert hints() == ["did you mean 'template.yaml'?"]
