"""The list of defects that ``make mutants`` puts in keeps up with the code."""

from __future__ import annotations

import pytest

from tests.mutants.run import ROOT, Defect, load_defects


@pytest.mark.parametrize("defect", load_defects(), ids=lambda each: each.name)
def test_defect_can_be_put_in_and_its_tests_are_there(defect: Defect) -> None:
    assert (ROOT / defect.file).read_text().count(defect.old) == 1
    for test in defect.tests:
        file, _, name = test.partition("::")
        assert (ROOT / file).is_dir() or (f"def {name}(" if name else "def test_") in (ROOT / file).read_text()


def test_names_are_unique() -> None:
    names = [each.name for each in load_defects()]
    assert len(names) == len(set(names)) > 0
