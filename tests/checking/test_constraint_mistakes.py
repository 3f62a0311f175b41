"""Mistakes in the constraints of parameters, each told of in one line: ranges in pieces, and under other names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.checking.mistakes import COMPUTE, DEFINITION, LOGIN, Mistake
from tests.definitions.texts import build, find_rules

MISTAKES: Final[Mapping[str, Mistake]] = {
    "a range in two items": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - min: 1\n      - max: 64",
        "error: components/compute.yaml:25:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (write range: {min: 1, max: "
        "64}) [parameter-syntax]",
    ),
    "a range in two items, and what it is for": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - max: 64\n      - min: 1\n      - description: As many as there are.",
        "error: components/compute.yaml:25:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (write range: {min: 1, max: "
        "64}) [parameter-syntax]",
    ),
    "a range in the items below it": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - range:\n      - min: 1\n      - max: 64",
        "error: components/compute.yaml:25:15: range must be a mapping of min and max (write range: {min: 1, "
        "max: 64}) [parameter-syntax]",
    ),
    "a range in the items below its name": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - range\n      - min: 1\n      - max: 64",
        "error: components/compute.yaml:25:9: a constraint must be a mapping (write range: {min: 1, max: 64}) "
        "[parameter-syntax]",
    ),
    "the other half of a range": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - range: {min: 1}\n      - max: 64",
        "error: components/compute.yaml:26:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (write range: {max: 64}) "
        "[parameter-syntax]",
    ),
    "a length in two items": Mistake(
        LOGIN,
        "      - allowed_pattern: '^[a-z][a-z0-9-]*$'\n",
        "      - min_length: 1\n      - max_length: 9\n      - allowed_pattern: '^[a-z][a-z0-9-]*$'\n",
        "error: components/login.yaml:8:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (write length: {min: 1, max: "
        "9}) [parameter-syntax]",
    ),
    "a minimum and a maximum": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - minimum: 1\n      - maximum: 64",
        "error: components/compute.yaml:25:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (write range: {min: 1, max: "
        "64}) [parameter-syntax]",
    ),
    "a range in words": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - range: 1-64",
        "error: components/compute.yaml:25:16: range must be a mapping of min and max (write range: {min: 1, "
        "max: 64}) [parameter-syntax]",
    ),
    "a range as a list": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - range: [1, 64]",
        "error: components/compute.yaml:25:16: range must be a mapping of min and max (write range: {min: 1, "
        "max: 64}) [parameter-syntax]",
    ),
    "a range as a list of mappings": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - range: [{min: 1}, {max: 64}]",
        "error: components/compute.yaml:25:16: range must be a mapping of min and max (write range: {min: 1, "
        "max: 64}) [parameter-syntax]",
    ),
    "a range by other names of its ends": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      - range: {from: 1, to: 64}",
        "error: components/compute.yaml:25:16: range must be a mapping of min and max (write range: {min: 1, "
        "max: 64}) [parameter-syntax]",
    ),
    "the ends of a range for the constraints": Mistake(
        COMPUTE,
        "      - range: {min: 1, max: 64}",
        "      min: 1\n      max: 64",
        "error: components/compute.yaml:25:7: constraints must be a list (write constraints: [{range: {min: 1, "
        "max: 64}}]) [parameter-syntax]",
    ),
    "the ends of a range beside the type": Mistake(
        COMPUTE,
        "    constraints:\n      - range: {min: 1, max: 64}",
        "    minimum: 1\n    maximum: 64",
        "error: components/compute.yaml:24:5: 'minimum' is no key of a parameter (write constraints: [{range: "
        "{min: 1, max: 64}}]) [unknown-parameter-key]",
    ),
    "a range in two items of an override": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  volume_size: {constraints: [{min: 10}, {max: 50}]}\n\npresets:\n",
        "error: cluster-type.yaml:35:32: unknown key 'min' (write range: {min: 10, max: 50}) [unknown-key]",
    ),
    "a range without its name in an override": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  volume_size: {constraints: [{min: 10, max: 50}]}\n\npresets:\n",
        "error: cluster-type.yaml:35:32: unknown key 'min' (write range: {min: 10, max: 50}) [unknown-key]",
    ),
    "the ends of a range in an override": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  volume_size: {min: 10, max: 50}\n\npresets:\n",
        "error: cluster-type.yaml:35:17: unknown key 'min' (write constraints: [{range: {min: 10, max: 50}}]) "
        "[unknown-key]",
    ),
    "an enum among the constraints of an override": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  volume_size: {constraints: [{enum: [10, 50]}]}\n\npresets:\n",
        "error: cluster-type.yaml:35:32: unknown key 'enum' (did you mean 'allowed_values'?) [unknown-key]",
    ),
}


def test_two_ranges_are_two_constraints() -> None:
    definition = """\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {size: {type: number, default: 2, constraints: [{range: {min: 1}}, {range: {max: 64}}]}}
  resources: {v: {type: OS::Heat::Value, properties: {value: {get_param: size}}}}
"""
    assert "parameter-syntax" not in find_rules(build(definition))


def test_constraints_that_are_wrong_each_for_itself_are_told_each() -> None:
    definition = """\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {size: {type: number, constraints: [{rnage: {min: 1}}, {range: {min: 9, max: 1}}, {modulo: 2}]}}
  resources: {v: {type: OS::Heat::Value, properties: {value: {get_param: size}}}}
"""
    assert find_rules(build(definition)).count("parameter-syntax") == 3
