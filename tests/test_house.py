"""The house keeps its measure, and docs/architecture.md tells it as it is."""

from __future__ import annotations

import re
from collections import Counter

from tests.house import SOURCE, count_lines, count_modules, figures

MAX_LINES = 350
"""About 300 is what one can hold in the head; a module that has grown beyond this has two things in it."""

MAX_MODULES = 16
"""As many names as are looked through at a glance."""

DOCUMENT = SOURCE.parent / "docs" / "architecture.md"


def test_no_module_is_longer_than_one_can_hold_in_the_head() -> None:
    assert [path for path, lines in count_lines().items() if lines > MAX_LINES] == []


def test_no_room_has_more_modules_than_one_finds_things_in() -> None:
    assert [room for room, number in count_modules().items() if number > MAX_MODULES] == []


def test_figures_of_the_house_are_told_as_they_are_but_for_a_few_percent() -> None:
    text = DOCUMENT.read_text()
    for row, now in figures().items():
        told = re.search(rf"^\| {re.escape(row)} \|.*\| ([^|]*) \|$", text, re.MULTILINE)
        assert told is not None, row
        numbers = [[int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*\b", cell)] for cell in (told[1], now)]
        for one, other in zip(*numbers, strict=False):
            assert abs(one - other) <= max(2, other * 0.04), f"{row}: {now} by now, python -m tests.house tells"


def test_no_name_of_a_module_stands_more_than_twice() -> None:
    names = Counter(path.stem for path in count_lines() if path.stem != "__init__")
    assert [name for name, number in names.items() if number > 2] == []


def test_where_to_look_first_is_there() -> None:
    rows = re.findall(r"^\| (?:where|what) .*\? \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    places = re.findall(r"`([\w/]+\.py)`", "\n".join(rows))
    assert len(places) > len(rows) > 10
    assert [place for place in places if not (SOURCE / place).is_file()] == []
