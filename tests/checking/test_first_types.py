"""Mistakes in somebody's first definitions are each told of in one line: who made them had only the documentation."""

from __future__ import annotations

import tomllib
from pathlib import Path
from shutil import copytree
from typing import Any, Final

import pytest

from tests.checking.mistakes import list_problems

HERE: Final = Path(__file__).parent
MISTAKES: Final[dict[str, dict[str, Any]]] = tomllib.loads((HERE / "first_types.toml").read_text())
"""By name: the ``changes``, each of which writes what is ``wrong`` in place of what is ``right`` in a ``file``, which
files are ``renamed``, and the ``line`` that tells of it."""


def test_nothing_is_wrong_with_the_types_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list_problems(HERE / "first_types", monkeypatch) == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=[*MISTAKES])
def test_a_mistake_is_told_of_in_one_line(
    mistake: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copytree(HERE / "first_types", tmp_path / "types")
    for change in mistake["changes"]:
        path = tmp_path / "types" / change["file"]
        text = path.read_text()
        assert text.count(change["right"]) == 1
        path.write_text(text.replace(change["right"], change["wrong"]))
    for old, new in mistake.get("renamed", {}).items():
        (tmp_path / "types" / old).rename(tmp_path / "types" / new)
    assert list_problems(tmp_path / "types", monkeypatch) == [mistake["line"]]
