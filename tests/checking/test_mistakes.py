"""Each mistake in the Slurm type is told of in one line, which names its cause, its place and how to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.checking import (
    form_mistakes,
    mistakes,
    moved_mistakes,
    test_call_mistakes,
    test_composed_mistakes,
    test_constraint_mistakes,
    test_indentation_mistakes,
    test_property_mistakes,
    test_text_mistakes,
    test_value_mistakes,
)
from tests.checking.mistakes import SLURM, Mistake, list_problems
from tests.definitions.texts import build, find_rules

TABLES: Final = (
    mistakes.LIKELY,
    mistakes.FURTHER,
    mistakes.SUBTLE,
    mistakes.STRUCTURAL,
    mistakes.DAILY,
    form_mistakes.MISTAKES,
    moved_mistakes.MISTAKES,
    test_call_mistakes.MISTAKES,
    test_composed_mistakes.MISTAKES,
    test_constraint_mistakes.MISTAKES,
    test_indentation_mistakes.MISTAKES,
    test_property_mistakes.MISTAKES,
    test_property_mistakes.FOREIGN,
    test_text_mistakes.MISTAKES,
    test_value_mistakes.MISTAKES,
)
CASES: Final = [pytest.param(mistake, id=name) for table in TABLES for name, mistake in table.items()]


def test_nothing_is_wrong_with_the_type_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list_problems(SLURM, monkeypatch) == []


@pytest.mark.parametrize("mistake", CASES)
def test_a_mistake_is_told_of_in_one_line(mistake: Mistake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake.make(tmp_path / "slurm")
    assert list_problems(tmp_path / "slurm", monkeypatch) == [mistake.line]


def test_of_an_error_and_a_warning_about_one_name_the_error_is_told() -> None:
    definition = """\
parameters: {size: {type: number, default: 1}}
hardcoded_parameters: {flavour: m1.small}
heat_template:
  heat_template_version: 2021-04-16
  parameters: {size: {type: number}, flavor: {type: string}}
  resources: {r: {type: OS::Heat::Value, properties: {value: [{get_param: size}, {get_param: flavor}]}}}
"""
    assert find_rules(build(definition)) == ["unexposed-parameter"]
