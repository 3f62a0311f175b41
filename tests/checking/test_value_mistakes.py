"""Mistakes in values that people are offered, each told of in one line: numbers that were meant as texts, and units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import indent
from typing import Final

import pytest

from tests.checking.mistakes import COMPUTE, DEFINITION, LOGIN, NODE, STORAGE, Mistake, list_problems
from tests.definitions.texts import build, find_rules

FLAVOR: Final = "default: m1.small\n    constraints:\n      - custom_constraint: nova.flavor\n"
RELEASE: Final = "default: {}\n    constraints:\n      - allowed_values: [{}]\n"
PRESET: Final = "parameters: {volume_size: 200}\n"
LAID_OVER: Final = (
    "\nparameter_overrides:\n  login_flavor: {{default: null, constraints: [{{allowed_values: [{}]}}]}}\n"
)

MISTAKES: Final[Mapping[str, Mistake]] = {
    "a version that is a number among the values": Mistake(
        LOGIN,
        FLAVOR,
        RELEASE.format("'24.10'", "'24.8', 24.10"),
        "error: components/login.yaml:33:34: 24.10 is the number 24.1: the default must be one of: 24.8, 24.1 (write "
        "'24.10' in quotes if the last 0 matters) [invalid-default]",
    ),
    "a version that is a number as the default": Mistake(
        LOGIN,
        FLAVOR,
        RELEASE.format("24.10", "'24.8', '24.10'"),
        "error: components/login.yaml:31:14: 24.10 is the number 24.1: the default must be one of: 24.8, 24.10 (write "
        "'24.10' in quotes if the last 0 matters) [invalid-default]",
    ),
    "a version that is a number in both": Mistake(
        LOGIN,
        FLAVOR,
        RELEASE.format("24.8", "'24.8', 24.10"),
        "warning: components/login.yaml:33:34: 24.10 is the number 24.1 (write '24.10' in quotes if the last 0 "
        "matters) [lossy-number]",
    ),
    "a version that is a number among the values of a preset": Mistake(
        DEFINITION,
        PRESET,
        "parameters: {login_flavor: '24.10'}\n" + LAID_OVER.format("'24.8', 24.10"),
        "error: cluster-type.yaml:40:73: 24.10 is the number 24.1: the value of 'login_flavor' must be one of: 24.8, "
        "24.1 (write '24.10' in quotes if the last 0 matters) [invalid-preset-value]",
    ),
    "a version that is a number in a preset": Mistake(
        DEFINITION,
        PRESET,
        "parameters: {login_flavor: 24.10}\n" + LAID_OVER.format("'24.8', '24.10'"),
        "error: cluster-type.yaml:37:32: 24.10 is the number 24.1: the value of 'login_flavor' must be one of: 24.8, "
        "24.10 (write '24.10' in quotes if the last 0 matters) [invalid-preset-value]",
    ),
    "an output of an address that is an id": Mistake(
        LOGIN,
        "{get_attr: [login_ip, floating_ip_address]}",
        "{get_resource: login_ip}",
        "warning: components/login.yaml:73:12: get_resource gives the id of 'login_ip', and the output promises an "
        "address (write {get_attr: [login_ip, floating_ip_address]}) [id-for-address]",
    ),
    "an output of a link to an id": Mistake(
        LOGIN,
        "outputs:\n",
        "outputs:\n  dashboard:\n    description: The link to the dashboard.\n"
        "    value: {str_replace: {template: http://HOST/, params: {HOST: {get_resource: login_port}}}}\n",
        "warning: components/login.yaml:73:12: get_resource gives the id of 'login_port', and the output promises an "
        "address (write {get_attr: [login_port, fixed_ips, 0, ip_address]}) [id-for-address]",
    ),
    "a member's output of an address that is an id": Mistake(
        NODE,
        "outputs:\n",
        "outputs:\n  private_ip:\n    value: {get_resource: node}\n",
        "warning: nested/node.yaml:23:12: get_resource gives the id of 'node', and the output promises an address "
        "(write {get_attr: [node, first_address]}) [id-for-address]",
    ),
    "a number with its unit as the default": Mistake(
        STORAGE,
        "default: 100\n",
        "default: 100Gi\n",
        "error: components/storage.yaml:7:14: the default must be a number (write 100, without the unit) "
        "[invalid-default]",
    ),
    "a number in groups of three figures in a preset": Mistake(
        DEFINITION,
        "{volume_size: 200}",
        "{volume_size: '1,000'}",
        "error: cluster-type.yaml:37:31: the value of 'volume_size' must be a number (write 1000) "
        "[invalid-preset-value]",
    ),
    "a number of other units as the default": Mistake(
        STORAGE,
        "default: 100\n",
        "default: 1TB\n",
        "error: components/storage.yaml:7:14: the default must be a number (write the number alone, without the unit) "
        "[invalid-default]",
    ),
    "a property with its unit": Mistake(
        STORAGE,
        "resources:\n",
        "resources:\n  disk: {type: OS::Cinder::Volume, properties: {size: 15GB}}\n",
        "error: components/storage.yaml:12:55: 'size' of OS::Cinder::Volume must be a whole number (write 15, without "
        "the unit) [property-type]",
    ),
    "an order with a comma": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 1,000\n",
        "error: cluster-type.yaml:4:8: 'order' must be a number, not '1,000' (write 1000) [wrong-type]",
    ),
    "projects by their names": Mistake(
        DEFINITION,
        "hardcoded_parameters:\n",
        "projects:\n  allow:\n    - Team Analytics\n    - Data Platform\n\nhardcoded_parameters:\n",
        "error: cluster-type.yaml:33:7: 'Team Analytics', 'Data Platform' cannot be ids of a project (write what "
        "'openstack project list' shows as ID) [malformed-id]",
    ),
    "half a placeholder beside a whole one": Mistake(
        COMPUTE,
        "          key_name: {get_param: key_name}\n",
        "          key_name: index%\n",
        "warning: components/compute.yaml:52:21: the group puts the number of a member in place of '%index%', not of "
        "'index%' (write %index%) [index-placeholder]",
    ),
    "a switch in words whose values are no texts": Mistake(
        LOGIN,
        FLAVOR,
        RELEASE.format("'on'", "on, 'auto'"),
        "error: components/login.yaml:33:26: on is read as true by Heat (YAML 1.1), but as a text by YAML 1.2: the "
        "default must be one of: True, auto (write 'on' in quotes, or true) [invalid-default]",
    ),
}


def test_half_a_placeholder_for_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = "          flavor: {get_param: compute_flavor}\n"
    Mistake(COMPUTE, given, f"{given}          number: '%index'\n", "").make(tmp_path / "slurm")
    node = tmp_path / "slurm" / NODE
    text = node.read_text().replace("parameters:\n", "parameters:\n  number: {type: number}\n")
    node.write_text(f"{text}  number:\n    value: {{get_param: number}}\n")
    assert list_problems(tmp_path / "slurm", monkeypatch) == [
        "error: components/compute.yaml:52:19: the group puts the number of a member in place of '%index%', not of "
        "'%index': 'number' of nested/node.yaml must be a number (write %index%) [property-type]"
    ]


def test_a_default_that_no_quotes_would_mend_is_told_beside_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mistake(LOGIN, FLAVOR, RELEASE.format("'99'", "'24.8', 24.10"), "").make(tmp_path / "slurm")
    rules = [line.rsplit("[")[-1] for line in list_problems(tmp_path / "slurm", monkeypatch)]
    assert rules == ["invalid-default]", "lossy-number]"]


@pytest.mark.parametrize(
    "output",
    [
        "server_id: {description: 'The id of the server, whose address is given, too', value: {get_resource: s}}",
        "server: {value: {get_resource: s}}",
        "link: {value: {list_join: ['', ['https://cloud/instances/', {get_resource: s}]]}}",
        "address: {value: {get_attr: [s, first_address]}}",
        "address: {value: {if: [{equals: [{get_resource: s}, '']}, none, {get_attr: [s, first_address]}]}}",
    ],
)
def test_ids_that_are_meant(output: str) -> None:
    template = (
        "heat_template_version: 2021-04-16\n"
        "resources: {s: {type: OS::Nova::Server, properties: {image: i, flavor: f, networks: [{network: n}]}}}\n"
        f"outputs: {{{output}}}"
    )
    definition = f"heat_template:\n{indent(template, '  ')}\n"
    assert "id-for-address" not in find_rules(build(definition))
