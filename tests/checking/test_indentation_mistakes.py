"""Mistakes in how far lines are indented, each told of in one line: keys beside or below what they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.checking.mistakes import COMPUTE, DEFINITION, LOGIN, STORAGE, Mistake, list_problems
from tests.definitions.texts import build, find_rules

DEDENTED: Final = (
    "error: {}: not valid YAML: this line is indented less than those that it stands among (indent it as far as they "
    "are) [yaml-syntax]"
)
OPTIONAL: Final = "    optional:\n      name: storage\n      label: Add a disk?\n      default: false\n"

MISTAKES: Final[Mapping[str, Mistake]] = {
    "constraints beside their parameter": Mistake(
        STORAGE,
        "    constraints:\n      - range",
        "  constraints:\n    - range",
        "error: components/storage.yaml:8:3: 'constraints' is a key of parameter 'volume_size' above, and stands "
        "beside it (indent it further) [template-shape]",
    ),
    "all keys of a parameter beside it": Mistake(
        STORAGE,
        "    type: number\n    label: Size of the disk\n    default: 100\n    constraints:\n      - range",
        "  type: number\n  label: Size of the disk\n  default: 100\n  constraints:\n    - range",
        "error: components/storage.yaml:5:3: 'type', 'label', 'default', 'constraints' are keys of parameter "
        "'volume_size' above, and stand beside it (indent them further) [template-shape]",
    ),
    "hidden beside its parameter": Mistake(
        LOGIN,
        "    hidden: true\n",
        "  hidden: true\n",
        "error: components/login.yaml:20:3: 'hidden' is a key of parameter 'munge_key' above, and stands beside it "
        "(indent it further) [template-shape]",
    ),
    "properties beside their resource": Mistake(
        STORAGE,
        "    properties:\n      size",
        "  properties:\n    size",
        "error: components/storage.yaml:14:3: 'properties' is a key of resource 'volume' above, and stands beside it "
        "(indent it further) [template-shape]",
    ),
    "a value beside its output": Mistake(
        LOGIN,
        "    value: {get_attr: [login_ip",
        "  value: {get_attr: [login_ip",
        "error: components/login.yaml:73:3: 'value' is a key of output 'login_address' above, and stands beside it "
        "(indent it further) [template-shape]",
    ),
    "a default between others beside its parameter": Mistake(
        STORAGE,
        "    default: 100\n",
        "  default: 100\n",
        DEDENTED.format("components/storage.yaml:7:3"),
    ),
    "a type beside its parameter": Mistake(
        STORAGE,
        "    type: number\n",
        "  type: number\n",
        DEDENTED.format("components/storage.yaml:5:3"),
    ),
    "a list of what is depended on beside its resource": Mistake(
        COMPUTE,
        "    depends_on: router_interface\n",
        "  depends_on: [router_interface]\n",
        DEDENTED.format("components/compute.yaml:43:3"),
    ),
    "a description beside its output": Mistake(
        LOGIN,
        "    description: The address",
        "  description: The address",
        DEDENTED.format("components/login.yaml:72:3"),
    ),
    "parameters beside their group": Mistake(
        DEFINITION,
        "    parameters: [volume_size]\n",
        "parameters: [volume_size]\n",
        DEDENTED.format("cluster-type.yaml:25:1"),
    ),
    "what is optional beside the groups": Mistake(
        DEFINITION,
        OPTIONAL,
        OPTIONAL.replace("\n    ", "\n").removeprefix("    "),
        "error: cluster-type.yaml:26:1: 'optional' is a key of the last item of 'parameter_groups' above, and stands "
        "outside it (indent it further) [unknown-key]",
    ),
    "what makes a component optional beside the components": Mistake(
        DEFINITION,
        "    optional: true\n",
        "optional: true\n",
        "error: cluster-type.yaml:11:1: 'optional' is a key of the last item of 'components' above, and stands "
        "outside it (indent it further) [unknown-key]",
    ),
    "what makes a component optional as a component": Mistake(
        DEFINITION,
        "    optional: true\n",
        "  - optional: true\n",
        "error: cluster-type.yaml:11:5: the key 'name' is missing (give it, or write a blank for the '-' if this "
        "belongs to the item above) [missing-key]",
    ),
    "the default of a choice beside it": Mistake(
        DEFINITION,
        "      default: false\n",
        "    default: false\n",
        "error: cluster-type.yaml:29:5: unknown key 'default' (indent it, so that it stands below 'optional') "
        "[unknown-key]",
    ),
    "a value of a preset beside its parameters": Mistake(
        DEFINITION,
        "    parameters: {volume_size: 200}\n",
        "    volume_size: 200\n",
        "error: cluster-type.yaml:37:5: unknown key 'volume_size' (write it below parameters, if it is one) "
        "[unknown-key]",
    ),
    "a default in the constraints": Mistake(
        STORAGE,
        "    default: 100\n    constraints:\n      - range: {min: 10, max: 1000}\n",
        "    constraints:\n      - range: {min: 10, max: 1000}\n        default: 100\n",
        "error: components/storage.yaml:8:9: a constraint holds exactly one of modulo, range, length, allowed_values, "
        "allowed_pattern, custom_constraint, and a description (write default beside constraints, not in them) "
        "[parameter-syntax]",
    ),
    "a range without its constraints": Mistake(
        STORAGE,
        "    constraints:\n      - range:",
        "    range:",
        "error: components/storage.yaml:8:5: 'range' is no key of a parameter (write it below constraints: - range: "
        "...) [unknown-parameter-key]",
    ),
}


def test_parameters_of_a_group_beside_the_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = (
        "error: cluster-type.yaml:24:13: 'parameters' is a key of the last item of 'parameter_groups' above, and "
        "stands outside it (indent it further) [wrong-type]"
    )
    Mistake(DEFINITION, OPTIONAL, "", "").make(tmp_path / "slurm")
    definition = tmp_path / "slurm" / DEFINITION
    text = definition.read_text().replace("    optional: true\n", "")
    definition.write_text(text.replace("    parameters: [volume_size]", "parameters: [volume_size]"))
    assert list_problems(tmp_path / "slurm", monkeypatch) == [line]


@pytest.mark.parametrize(
    "template",
    [
        "parameters: {type: {type: string, default: a}, label: {type: number, default: 1}}\n"
        "  resources: {r: {type: OS::Heat::Value, properties: {value: [{get_param: type}, {get_param: label}]}}}",
        "resources: {a: {type: OS::Heat::None}, properties: {type: OS::Heat::None}, metadata: {type: OS::Heat::None}}",
        "outputs: {a: {value: 1}, value: {value: 2}, description: {value: {get_param: OS::stack_id}}}",
    ],
)
def test_what_has_the_name_of_a_key_is_none(template: str) -> None:
    assert find_rules(build(f"heat_template:\n  heat_template_version: 2021-04-16\n  {template}\n")) == []
