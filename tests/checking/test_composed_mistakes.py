"""Mistakes in how the parts of a type fit together, each told of in one line: names and parameters of components."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.checking.mistakes import COMPUTE, DEFINITION, LOGIN, NETWORK, NODE, STORAGE, Mistake, list_problems

_MOUNTED: Final = """\
conditions:
  has_storage: {get_param: NAME}

resources:
  mount: {type: OS::Heat::None, condition: has_storage}
"""

_VOLUME: Final = "resources:\n  volume:"

_GUARDED: Final = """\
conditions:
  has_storage: {{get_param: {name}}}

resources:
  mount: {{type: OS::Heat::Value, condition: has_storage, properties: {{value: {{get_resource: volume}}}}}}
  disk: {{type: OS::Heat::Value, properties: {{value: {{if: [has_storage, {{get_resource: volume}}, '']}}}}}}
"""

MISTAKES: Final[Mapping[str, Mistake]] = {
    "a component that was renamed, of which a parameter tells": Mistake(
        LOGIN,
        "resources:\n",
        "  selected_disk: {type: boolean}\n\n" + _MOUNTED.replace("NAME", "selected_disk"),
        "warning: components/login.yaml:38:3: there is no component 'disk' whose selection 'selected_disk' could tell "
        "(did you mean 'selected_storage'?) [selection-parameter]",
    ),
    "a condition on a component that was renamed": Mistake(
        LOGIN,
        "resources:\n",
        _MOUNTED.replace("NAME", "selected_disk"),
        "error: components/login.yaml:39:28: there is no parameter 'selected_disk' (did you mean 'selected_storage'?) "
        "[parameter-reference]",
    ),
    "a condition on a component, and no parameter that tells of it": Mistake(
        LOGIN,
        "resources:\n",
        _MOUNTED.replace("NAME", "selected_storage"),
        "error: components/login.yaml:39:28: there is no parameter 'selected_storage' (write parameters: "
        "{selected_storage: {type: boolean}}) [parameter-reference]",
    ),
    "a selection of a component that was renamed, which asks for what is in it": Mistake(
        LOGIN,
        "resources:\n",
        f"  selected_disk: {{type: boolean}}\n\n{_GUARDED.format(name='selected_disk')}",
        "warning: components/login.yaml:38:3: there is no component 'disk' whose selection 'selected_disk' could tell "
        "(did you mean 'selected_storage'?) [selection-parameter]",
    ),
    "a condition on a component that was renamed, which asks for what is in it": Mistake(
        LOGIN,
        "resources:\n",
        _GUARDED.format(name="selected_disk"),
        "error: components/login.yaml:39:28: there is no parameter 'selected_disk' (did you mean 'selected_storage'?) "
        "[parameter-reference]",
    ),
    "a condition on a component that was renamed, but not its parameter": Mistake(
        LOGIN,
        "resources:\n",
        f"  selected_storage: {{type: boolean}}\n\n{_GUARDED.format(name='selected_disk')}",
        "error: components/login.yaml:41:28: there is no parameter 'selected_disk' (did you mean 'selected_storage'?) "
        "[parameter-reference]",
    ),
    "a component with bare declarations before the one that describes them": Mistake(
        DEFINITION,
        "  - name: login\n  - name: compute\n",
        "  - name: compute\n  - name: login\n",
        "warning: cluster-type.yaml:9:11: the form shows 'clustername', 'key_name', 'image' as 'compute' declares "
        "them, and not with the label, constraints of 'login' (list 'login' before 'compute') [unused-declaration]",
    ),
    "a default in the second of two components": Mistake(
        COMPUTE,
        "  clustername:\n    type: string\n",
        "  clustername:\n    type: string\n    default: mine\n",
        "warning: cluster-type.yaml:9:11: the form shows 'clustername' as 'login' declares it, and not with the "
        "default of 'compute' (say it in 'login', or in parameter_overrides) [unused-declaration]",
    ),
    "the component with the network, which no entry lists": Mistake(
        DEFINITION,
        "  - name: network\n",
        "",
        "error: cluster-type.yaml:6:1: no entry lists the component components/network.yaml (add '- name: network', or "
        "remove the file) [component-reference]",
    ),
    "a project that is named and not given by its id": Mistake(
        DEFINITION,
        "components:\n",
        "projects:\n  deny: [students]\n\ncomponents:\n",
        "warning: cluster-type.yaml:7:10: 'students' looks like the name of a project, and projects are known by "
        "their ids (write the id that 'openstack project list' shows) [project-name]",
    ),
    "the number of a member in the template of the members": Mistake(
        NODE,
        "name: {get_param: name}",
        "name: {list_join: ['-', [{get_param: name}, '%index%']]}",
        "warning: nested/node.yaml:14:51: Heat leaves '%index%' as it is here: a group replaces it only in what it "
        "gives its members (give it to a parameter of this template in resource_def, and write {get_param: ...} here) "
        "[index-placeholder]",
    ),
    "a parameter that was renamed, and not in its group": Mistake(
        DEFINITION,
        "[image, login_flavor,",
        "[image, size,",
        "warning: cluster-type.yaml:19:25: no parameter 'size' is asked for (did you mean 'login_flavor', which is in "
        "no group?) [unknown-group-parameter]",
    ),
    "a default that calls a function": Mistake(
        LOGIN,
        "login node\n    default: m1.small\n",
        "login node\n    default: {get_param: image}\n",
        "warning: components/login.yaml:31:14: the default of a string is a mapping, of which Heat makes a text as "
        "Python writes it (write a text: Heat calls no get_param in the section parameters) [structured-default]",
    ),
    "a group that waits for no subnet": Mistake(
        COMPUTE,
        "    depends_on: router_interface\n",
        "",
        "warning: components/compute.yaml:41:3: 'compute_nodes' is given 'network', and does not wait for its subnet "
        "'subnet': what is in a stack of its own may be made before the subnet (add depends_on: router_interface) "
        "[unawaited-subnet]",
    ),
    "a parameter that is given to no member any more": Mistake(
        COMPUTE,
        "          flavor: {get_param: compute_flavor}\n",
        "",
        "error: components/compute.yaml:47:15: nested/node.yaml needs the property 'flavor' (add flavor: "
        "{get_param: compute_flavor}) [nested-parameter]",
    ),
    "a parameter that the members need newly": Mistake(
        NODE,
        "  network: {type: string}\n",
        "  network: {type: string}\n  compute_count: {type: number}\n",
        "error: components/compute.yaml:47:15: nested/node.yaml needs the property 'compute_count' (add "
        "compute_count: {get_param: compute_count}) [nested-parameter]",
    ),
    "a network that is given to no member any more": Mistake(
        COMPUTE,
        "          network: {get_resource: network}\n",
        "",
        "error: components/compute.yaml:47:15: nested/node.yaml needs the property 'network' (add network: "
        "{get_resource: network}) [nested-parameter]",
    ),
    "a server whose flavor is lost": Mistake(
        LOGIN,
        "      flavor: {get_param: login_flavor}\n",
        "",
        "error: components/login.yaml:54:11: OS::Nova::Server needs the property 'flavor' (add flavor: "
        "{get_param: login_flavor}) [missing-property]",
    ),
    "a server whose image is lost in the nested template": Mistake(
        NODE,
        "      image: {get_param: image}\n",
        "",
        "error: nested/node.yaml:12:11: OS::Nova::Server has nothing to boot from (add image: {get_param: image}) "
        "[property-conflict]",
    ),
    "a volume whose size is lost": Mistake(
        STORAGE,
        "      size: {get_param: volume_size}\n",
        "      description: For the home folders\n",
        "error: components/storage.yaml:13:11: nothing says how large the volume is (add size: {get_param: "
        "volume_size}) [property-conflict]",
    ),
    "a floating address whose network is lost": Mistake(
        LOGIN,
        "      floating_network: {get_param: external_network}\n",
        "",
        "error: components/login.yaml:47:11: OS::Neutron::FloatingIP needs the property 'floating_network' "
        "[missing-property]",
    ),
    "a subnet whose network is lost": Mistake(
        NETWORK,
        "      network: {get_resource: network}\n",
        "",
        "error: components/network.yaml:18:11: OS::Neutron::Subnet needs the property 'network' (add network: "
        "{get_resource: network}) [missing-property]",
    ),
    "another default in the second of two components": Mistake(
        COMPUTE,
        "  image:\n    type: string\n",
        "  image:\n    type: string\n\n  login_flavor:\n    type: string\n    default: m1.large\n",
        "warning: components/compute.yaml:15:5: the form shows 'login_flavor' with the default of 'login', not "
        "with this one (leave this one out, or say it in 'login' or in parameter_overrides) "
        "[unused-declaration]",
    ),
    "other constraints in the second of two components": Mistake(
        STORAGE,
        _VOLUME,
        f"  compute_count: {{type: number, default: 2, constraints: [{{range: {{min: 2, max: 64}}}}]}}\n\n{_VOLUME}",
        "warning: components/storage.yaml:11:45: the form shows 'compute_count' with the constraints of "
        "'compute', not with these (leave these out, or say it in 'compute' or in parameter_overrides) "
        "[unused-declaration]",
    ),
    "another default and other constraints in the second of two components": Mistake(
        STORAGE,
        _VOLUME,
        f"  compute_count: {{type: number, default: 4, constraints: [{{range: {{min: 2, max: 64}}}}]}}\n\n{_VOLUME}",
        "warning: components/storage.yaml:11:33: the form shows 'compute_count' with the default and "
        "constraints of 'compute', not with these (leave these out, or say it in 'compute' or in "
        "parameter_overrides) [unused-declaration]",
    ),
}


def test_a_switch_that_a_group_asks_for_may_begin_as_a_selection_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    MISTAKES["a component that was renamed, of which a parameter tells"].make(tmp_path / "slurm")
    definition = tmp_path / "slurm" / DEFINITION
    definition.write_text(definition.read_text().replace("[clustername,", "[selected_disk, clustername,"))
    assert list_problems(tmp_path / "slurm", monkeypatch) == []


@pytest.mark.parametrize(
    "declaration",
    [
        "compute_count: {type: number, default: '2', constraints: [{range: {max: 64, min: 1}, description: Few.}]}",
        "compute_count: {type: number}",
        "partitions: {type: comma_delimited_list, default: 'batch,debug'}",
        "use_gpu: {type: boolean, default: 'no'}",
    ],
)
def test_what_is_merely_written_otherwise_is_the_same(
    declaration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Mistake(STORAGE, _VOLUME, f"  {declaration}\n\n{_VOLUME}", "").make(tmp_path / "slurm")
    assert list_problems(tmp_path / "slurm", monkeypatch) == []


def test_a_default_that_the_definition_gives_is_shown_whatever_components_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    MISTAKES["another default in the second of two components"].make(tmp_path / "slurm")
    definition = tmp_path / "slurm" / DEFINITION
    definition.write_text(f"{definition.read_text()}\nparameter_overrides:\n  login_flavor: {{default: m1.large}}\n")
    assert list_problems(tmp_path / "slurm", monkeypatch) == []
