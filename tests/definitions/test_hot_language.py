"""What we hold each version of HOT to know is what Heat's own classes say."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from builder.hot.custom_constraints import KNOWN as CUSTOM_CONSTRAINTS
from builder.hot.language import KNOWN_VERSIONS, find_language
from builder.hot.resource_types import load_names

QUESTION = """
import importlib.metadata, json
from heat.engine.hot import functions

def names(known, removed):
    return sorted(name for name, each in known.items() if (each is functions.Removed) == removed)

told = {}
for point in importlib.metadata.entry_points(group="heat.templates"):
    kind, _, version = point.name.partition(".")
    if kind == "heat_template_version":
        each = point.load()
        told[version] = {
            "sections": sorted(set(each.SECTIONS) - {"__undefined__"}),
            "resource_keys": sorted(each._RESOURCE_KEYS),
            "parameter_keys": sorted(each.param_schema_class.KEYS),
            "functions": names(each.functions, False),
            "removed_functions": names(each.functions, True),
            "condition_functions": sorted(each.condition_functions),
        }
constraints = sorted(point.name for point in importlib.metadata.entry_points(group="heat.constraints"))
print(json.dumps({"versions": told, "constraints": constraints}))
"""


@pytest.fixture(scope="module")
def heat() -> Any:
    """What Heat's classes say of themselves."""
    interpreter = os.environ.get("HEAT_ORACLE_PYTHON")
    if not interpreter:
        pytest.skip("HEAT_ORACLE_PYTHON names no interpreter with openstack-heat")
    done = subprocess.run(
        [interpreter, "-W", "ignore", "-c", QUESTION], capture_output=True, text=True, check=True, timeout=50
    )
    return json.loads(done.stdout)


@pytest.mark.openstack
def test_every_version_is_known_and_no_other(heat: Any) -> None:
    assert sorted(KNOWN_VERSIONS) == sorted(heat["versions"])


@pytest.mark.openstack
@pytest.mark.parametrize("version", KNOWN_VERSIONS)
def test_each_version_knows_what_heat_says(heat: Any, version: str) -> None:
    language = find_language(version)
    assert language is not None
    ours = {
        "sections": sorted(language.sections),
        "resource_keys": sorted(language.resource_keys),
        "parameter_keys": sorted(language.parameter_keys),
        "functions": sorted(language.functions),
        "removed_functions": sorted(language.removed_functions),
        "condition_functions": sorted(language.condition_functions),
    }
    assert ours == heat["versions"][version]


@pytest.mark.openstack
def test_every_custom_constraint_of_heat_is_known(heat: Any) -> None:
    assert set(heat["constraints"]) - set(CUSTOM_CONSTRAINTS) == set()


@pytest.mark.parametrize("version", ["2020-01-01", "mitaka", "victoria", "2021", "Wallaby", "", 2021, None, True])
def test_a_version_that_no_heat_takes_has_no_language(version: object) -> None:
    assert find_language(version) is None


@pytest.mark.parametrize("version", ["2021-04-17", "2030-01-01", "xena", "zed", "epoxy"])
def test_a_version_to_come_is_read_as_the_newest_and_refused_nothing(version: str) -> None:
    language = find_language(version)
    assert language is not None
    assert language.newer
    assert "conditions" in language.sections


def test_names_are_given_once() -> None:
    assert len(set(load_names())) == len(load_names()) > 150
    assert len(set(CUSTOM_CONSTRAINTS)) == len(CUSTOM_CONSTRAINTS)
