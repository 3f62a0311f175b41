"""The table of Heat's types of resources: what it was recorded from, and that a running Heat tells the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hot.record_resource_types import TABLE, ask_heat, dump, tabulate

ROWS: dict[str, Any] = json.loads(TABLE.read_text())["types"]


def test_the_table_is_as_its_script_writes_it() -> None:
    table = json.loads(TABLE.read_text())
    assert dump(table) == TABLE.read_text()
    assert table["recorded_from"] > table["holds_since"]


def test_what_a_heat_tells_anew_takes_the_place_of_a_row_but_for_what_it_leaves_out() -> None:
    row = ROWS["OS::Neutron::Subnet"]
    told = {name: {"type": "string"} for name, schema in row["properties"].items() if not schema.get("hidden")}
    anew = tabulate({"description": "", "hidden": False, "properties": told, "attributes": ["show"]}, row)
    assert anew["properties"]["network"] == {"type": "string", "instead": "network_id"}
    assert anew["properties"]["network_id"]["hidden"]
    assert anew["attributes"] == ["show"]


@pytest.mark.openstack
@pytest.mark.timeout(300)
def test_a_running_heat_tells_what_the_table_has() -> None:
    answers = ask_heat(ROWS)
    assert len(answers) > 20
    differing = {
        name
        for name, answer in answers.items()
        if tabulate({**ROWS[name], "description": ROWS[name].get("description"), "hidden": False, **answer}, ROWS[name])
        != ROWS[name]
    }
    assert differing == set()
