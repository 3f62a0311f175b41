"""The pinned dependencies: complete, in step with pyproject.toml, and bound to no index. Needs no Docker."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
LOCKS = ("runtime", "build", "dev", "kubernetes", "audit")


def load_project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def load_lock(name: str) -> dict[str, str]:
    """Each pinned version by the package's name; every entry has to have hashes."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    entries = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", text)).splitlines()
    pinned: dict[str, str] = {}
    for entry in entries:
        requirement, *hashes = re.split(r"\s+--hash=", entry.strip())
        assert hashes, f"{name}.txt: {requirement} has no hash"
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
        parsed = Requirement(requirement)
        (specifier,) = parsed.specifier
        assert specifier.operator == "=="
        pinned[canonicalize_name(parsed.name)] = specifier.version
    return pinned


def assert_satisfied(requirements: list[str], pinned: dict[str, str]) -> None:
    for each in requirements:
        requirement = Requirement(each)
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is not locked: make lock"
        assert requirement.specifier.contains(pinned[name]), f"{each}, but {pinned[name]} is locked: make lock"


def test_runtime_dependencies_are_locked() -> None:
    assert_satisfied(load_project()["project"]["dependencies"], load_lock("runtime"))


def test_build_dependencies_are_locked() -> None:
    assert_satisfied(load_project()["build-system"]["requires"], load_lock("build"))


def test_development_is_locked_to_what_is_shipped() -> None:
    project = load_project()["project"]
    pinned = load_lock("dev")
    assert_satisfied([each for extra in project["optional-dependencies"].values() for each in extra], pinned)
    assert load_lock("runtime").items() <= pinned.items()
    assert load_lock("build").items() <= pinned.items()


@pytest.mark.parametrize("name", ["kubernetes", "audit"])
def test_tools_are_locked(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    assert_satisfied([line for line in lines if not line.startswith("#")], load_lock(name))


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_index(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--extra-index" not in text
