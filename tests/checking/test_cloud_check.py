"""``check --cloud``: a cloud's own verdict on each selection of components, at the places that it means."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.sandbox import Sandbox
from tests.command import run_here

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
    done = run_here("check", *arguments, stdin=stdin, **environment)
    return done.returncode, done.stdout + done.stderr


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


REAL = pytest.mark.parametrize("shell", [pytest.param("openstack", marks=pytest.mark.openstack)], indirect=True)
"""What only a cloud with real services can tell."""


def write(folder: Path, length: str = "8", *, base: str = BASE, more: str = "", nested: str = "") -> str:
    """A definition of two components; the optional one has a string of this length. ``more`` are further keys."""
    definition = folder / "composed"
    (definition / "components").mkdir(parents=True)
    (definition / "cluster-type.yaml").write_text(COMPOSED + more)
    (definition / "components/base.yaml").write_text(base)
    (definition / "components/extra.yaml").write_text(EXTRA.replace("LENGTH", length))
    if nested:
        (definition / "components/nested.yaml").write_text(nested)
    return str(definition)


def ask(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    """What the cloud says, without the lines of the check that needs none."""
    status, output = check("--cloud", *arguments, **environment)
    return status, output.partition("\n1 definition: ")[2].splitlines()[1:]


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


# What is wrong here needs no answer to be seen; Heat looks for answers first in a preview.
MISNAMED = BASE.replace("  told:", "  code: {type: OS::Heat::RandomString, properties: {len: 8}}\n  told:")


def test_field_without_an_answer_hides_no_mistake_of_the_template(tmp_path: Path, shell: dict[str, str]) -> None:
    status, (wanted, refused) = ask(write(tmp_path, base=MISNAMED), **shell)
    assert status == 1
    assert "size: Size is required; give a value by --parameter size=VALUE" in wanted
    assert "components/base.yaml:5:" in refused
    assert refused.endswith("Property error: resources.code.properties: Unknown Property len")


def test_mistake_that_validation_finds_once_more_is_told_once(tmp_path: Path, shell: dict[str, str]) -> None:
    path = Path(write(tmp_path))
    (path / "components/extra.yaml").write_text(EXTRA.replace("length: LENGTH", "len: 8"))
    _, (line,) = ask("-p", "size=3", str(path), **shell)
    assert line.endswith("resources.more.properties: Unknown Property len [with extra]")


@REAL
def test_mistake_beside_one_that_a_preview_finds_first_is_told_too(tmp_path: Path, shell: dict[str, str]) -> None:
    key = "  key: {type: string, default: no-such, constraints: [{custom_constraint: nova.keypair}]}\n"
    path = write(tmp_path, base=MISNAMED.replace("resources:", f"{key}resources:"))
    _, lines = ask("-p", "size=3", path, **shell)
    assert [line.rpartition(": ")[2] for line in lines] == [
        "The Key (no-such) could not be found.",
        "Unknown Property len",
    ]


@REAL
def test_type_whose_service_the_cloud_lacks_is_told_where_it_is_used(tmp_path: Path, shell: dict[str, str]) -> None:
    base = BASE.replace("  told:", "  disk: {type: OS::Cinder::Volume, properties: {size: 3}}\n  told:")
    _, (_, line) = ask(write(tmp_path, base=base), **shell)
    assert "components/base.yaml:5:16: " in line
    assert "Service cinder is not available" in line


def test_condition_that_wants_an_answer_is_no_second_line(tmp_path: Path, shell: dict[str, str]) -> None:
    depending = BASE.replace("resources:", "conditions: {large: {equals: [{get_param: size}, 9]}}\nresources:")
    depending = depending.replace("told: {", "told: {condition: large, ")
    _, lines = ask(write(tmp_path, base=depending), **shell)
    (line,) = lines
    assert "size: Size is required" in line


GROUP = "{type: OS::Heat::ResourceGroup, properties: {count: 1, resource_def: {type: nested.yaml}}}"


def test_mistake_in_a_nested_template_is_told_in_its_file(tmp_path: Path, shell: dict[str, str]) -> None:
    nested = "heat_template_version: 2021-04-16\nresources:\n  code:\n    type: OS::Heat::RandomString\n"
    base = BASE.replace("  told:", f"  nodes: {GROUP}\n  told:")
    path = write(tmp_path, base=base, nested=f"{nested}    properties: {{len: 8}}\n")
    _, lines = ask("-p", "size=3", path, **shell)
    assert any("components/nested.yaml:5:17: " in line and "Unknown Property len" in line for line in lines)


PRESETS = """\
presets:
  - {id: small, title: Small, parameters: {size: 1}}
  - {id: large, title: Large, parameters: {size: 900}}
"""
SIZED = BASE.replace("Value, properties: {value:", "RandomString, properties: {length:")


def test_presets_are_asked_about_with_their_own_values(tmp_path: Path, shell: dict[str, str]) -> None:
    status, (line,) = ask("-p", "size=3", write(tmp_path, base=SIZED, more=PRESETS), **shell)
    assert status == 1
    assert "components/base.yaml:5:" in line
    assert line.endswith("length: 900 is out of range (min: 1, max: 512) [preset large]")


def test_preset_answers_what_the_type_itself_asks_for(tmp_path: Path, shell: dict[str, str]) -> None:
    _, (line,) = ask(write(tmp_path, more=PRESETS), **shell)
    assert line.endswith("give a value by --parameter size=VALUE [without a preset]")


def test_selections_of_a_preset_are_named_with_it(tmp_path: Path, shell: dict[str, str]) -> None:
    several = EXTRA.replace("LENGTH", "{get_param: size}")
    path = Path(write(tmp_path, more=PRESETS))
    parameters = "parameters:\n  size: {type: number, label: Size}\nresources:"
    (path / "components/extra.yaml").write_text(several.replace("resources:", parameters))
    _, (line,) = ask("-p", "size=3", str(path), **shell)
    assert line.endswith("[preset large with extra]")


def test_what_the_cloud_takes_of_presets_is_said(tmp_path: Path, shell: dict[str, str]) -> None:
    status, lines = ask("-p", "size=3", write(tmp_path, more=PRESETS), **shell)
    assert (status, lines[0].partition(": ")[2]) == (
        0,
        "the cloud takes it, in 2 selections, as it is and in 2 presets",
    )


@REAL
def test_value_that_the_cloud_lacks_is_told_where_the_preset_gives_it(tmp_path: Path, shell: dict[str, str]) -> None:
    base = BASE.replace("number, label: Size", "string, label: Size, constraints: [{custom_constraint: nova.flavor}]")
    presets = PRESETS.replace("size: 900", "size: m1.enormous").replace("size: 1", "size: m1.small")
    _, (line,) = ask("-p", "size=m1.small", write(tmp_path, base=base, more=presets), **shell)
    assert "cluster-type.yaml:10:50: " in line
    assert line.endswith("[preset large]")
