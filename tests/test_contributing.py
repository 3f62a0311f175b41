"""CONTRIBUTING.md names files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PATHS = sorted(set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|py|toml))`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_each_file_that_is_named_is_there(path: str) -> None:
    assert any((folder / path).exists() for folder in (ROOT, ROOT / "builder"))


@pytest.mark.parametrize("room", re.findall(r'\["(\w+)/', TEXT))
def test_each_room_of_the_picture_is_there(room: str) -> None:
    assert (ROOT / "builder" / room).is_dir()
