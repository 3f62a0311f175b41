"""``check --cloud``: a cloud's own verdict on each selection of components, at the places that it means."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
COMPOSED = """\
kind: heat
title: Composed
description: Of two, one of them refused.
components:
  - name: base
  - name: extra
    optional: true
"""
BASE = """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number, label: Size}
resources:
  told: {type: OS::Heat::Value, properties: {value: {get_param: size}}}
"""
EXTRA = """\
heat_template_version: 2021-04-16
resources:
  more:
    type: OS::Heat::RandomString
    properties:
      length: LENGTH
"""


def check(*arguments: str, stdin: str = "", **environment: str) -> tuple[int, str]:
    ran = subprocess.run(
        [sys.executable, "-m", "builder", "check", *arguments],
        env={"PYTHONPATH": str(ROOT), **environment},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


@pytest.fixture(params=["sandbox", pytest.param("openstack", marks=pytest.mark.openstack)])
def shell(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The variables that name a cloud."""
    if request.param == "openstack":
        if "OS_AUTH_URL" not in os.environ:
            pytest.skip("OS_AUTH_URL names no cloud")
        yield {name: value for name, value in os.environ.items() if name.startswith("OS_")}
        return
    with Sandbox() as sandbox:
        who = sandbox.credentials
        yield {
            "OS_AUTH_URL": sandbox.auth_url,
            "OS_USER_ID": who.user_id,
            "OS_PASSWORD": who.password,
            "OS_PROJECT_ID": who.project_id,
        }


def write(folder: Path, length: str = "8") -> str:
    """A definition of two components; the optional one has a string of this length."""
    definition = folder / "composed"
    (definition / "components").mkdir(parents=True)
    (definition / "cluster-type.yaml").write_text(COMPOSED)
    (definition / "components/base.yaml").write_text(BASE)
    (definition / "components/extra.yaml").write_text(EXTRA.replace("LENGTH", length))
    return str(definition)


def test_what_the_cloud_takes_is_said_to_be_so(tmp_path: Path, shell: dict[str, str]) -> None:
    status, output = check("--cloud", "-p", "size=3", write(tmp_path), **shell)
    assert "the cloud takes it, in 2 selections" in output
    assert status == 0


def test_refusal_is_told_at_its_place_with_the_selection_that_it_is_of(tmp_path: Path, shell: dict[str, str]) -> None:
    # Beyond 512, which nothing but the type of the resource says.
    status, output = check("--cloud", "-p", "size=3", write(tmp_path, "100000"), **shell)
    assert status == 1
    (line,) = [each for each in output.splitlines() if each.endswith("[with extra]")]
    assert "components/extra.yaml:6:" in line
    assert "length" in line


def test_field_without_a_default_wants_an_answer(tmp_path: Path, shell: dict[str, str]) -> None:
    status, output = check("--cloud", write(tmp_path), **shell)
    assert status == 1
    assert "size: Size is required; give a value by --parameter size=VALUE" in output


def test_value_that_is_given_and_wrong_is_told_without_the_advice_to_give_one(
    tmp_path: Path, shell: dict[str, str]
) -> None:
    status, output = check("--cloud", "-p", "size=many", write(tmp_path), **shell)
    assert status == 1
    assert "size: Size " in output
    assert "give a value" not in output


def test_answer_that_no_form_asks_for_is_told(tmp_path: Path, shell: dict[str, str]) -> None:
    status, output = check("--cloud", "-p", "size=3", "-p", "sise=4", write(tmp_path), **shell)
    assert status == 1
    assert "-p sise: no form asks for it; did you mean 'size'?\n" in output


@pytest.mark.parametrize("answers", [[], ["-p", "size=3"]])
def test_exit_zero_is_for_what_the_cloud_refuses_too(tmp_path: Path, shell: dict[str, str], answers: list[str]) -> None:
    status, output = check("--cloud", "--exit-zero", *answers, write(tmp_path, "100000"), **shell)
    assert (status, "length" in output or "required" in output) == (0, True)


def test_definition_on_standard_input_is_asked_of_the_cloud(shell: dict[str, str]) -> None:
    body = BASE.replace("\n", "\n  ").rstrip()
    definition = f"kind: heat\ntitle: Inline\ndescription: Of one template.\nheat_template:\n  {body}\n"
    status, output = check("--cloud", "-p", "size=3", "-", stdin=definition, **shell)
    assert "the cloud takes it, in 1 selection" in output
    assert status == 0


def test_cloud_that_cannot_be_asked_is_told_without_the_password(tmp_path: Path, shell: dict[str, str]) -> None:
    status, output = check("--cloud", "-p", "size=3", write(tmp_path), **{**shell, "OS_PASSWORD": "not-this-one"})
    assert status == 2
    assert "the cloud cannot be asked: The identity service (Keystone) refused the credentials" in output
    assert "not-this-one" not in output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--cloud", "."], "no cloud is named"),
        (["--cloud", "--format", "json", "."], "tells text only"),
        (["--parameter", "size=3", "."], "with --cloud only"),
        (["--cloud", "--parameter", "size", "."], "NAME=VALUE"),
    ],
)
def test_useless_arguments_are_refused(arguments: list[str], told: str) -> None:
    status, output = check(*arguments)
    assert (status, output.count("\n")) == (2, 1)
    assert told in output
