"""Our verdicts beside those of real Heat that were recorded, for runs where no Heat is at hand.

``python -m tests.definitions.oracle.record`` records them anew; see its docstring.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.definitions.oracle.comparison import ACCEPTED, find_disagreement, judge

VERDICTS = json.loads((Path(__file__).parent / "oracle" / "verdicts.json").read_text())


@pytest.mark.parametrize("record", VERDICTS, ids=lambda record: f"{record['schema']} {record['value']!r}"[:120])
def test_recorded_verdict_of_heat_is_ours(record: dict[str, Any]) -> None:
    schema, value = record["schema"], record["value"]
    ours = judge(schema, value)
    find_disagreement(schema, value, ours, record["heat"])
    if "sent" in record:
        assert repr(ours.sent) == repr(record["sent"])
        find_disagreement(schema, record["sent"], ours, record["heat_on_sent"])


def test_recorded_verdicts_are_on_both_sides() -> None:
    accepted = sum(record["heat"] == ACCEPTED for record in VERDICTS)
    assert 100 < accepted < len(VERDICTS) - 100
