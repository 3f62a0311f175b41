"""Mistakes that authors make in the Slurm type beside this module: what each changes, and the line that tells of it.

Each is made alone, in a copy of the folder; a line begins with the file, the line and the column of the mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import Final

import pytest

from tests.checking.examples import check

SLURM: Final = Path(__file__).parent / "slurm"

DEFINITION: Final = "cluster-type.yaml"
NETWORK, LOGIN, COMPUTE, STORAGE = (f"components/{name}.yaml" for name in ("network", "login", "compute", "storage"))
NODE: Final = "nested/node.yaml"


@dataclass(frozen=True)
class Mistake:
    """In the file ``file``, what was ``right`` is ``wrong``, of which one ``line`` tells."""

    file: str
    right: str
    wrong: str
    line: str

    def make(self, folder: Path) -> None:
        """Copy the Slurm type to ``folder``, with the mistake in it."""
        copytree(SLURM, folder)
        path = folder / self.file
        text = path.read_text()
        assert text.count(self.right) == 1, f"{self.right!r} is {text.count(self.right)} times in {self.file}"
        path.write_text(text.replace(self.right, self.wrong))


def list_problems(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the check command tells of a folder that it is called in, a line for each problem."""
    monkeypatch.chdir(folder)
    return [f"{problem.severity}: {problem}" for problem in check(".").problems()]


LIKELY: Final[Mapping[str, Mistake]] = {
    "a pattern that is no regular expression": Mistake(
        LOGIN,
        "'^[a-z][a-z0-9-]*$'",
        "'^[a-z[a-z0-9-*$'",
        "error: components/login.yaml:8:26: not a regular expression: unterminated character set at position "
        "1 [allowed-pattern]",
    ),
    "a type of another tool": Mistake(
        COMPUTE,
        "type: number",
        "type: int",
        "error: components/compute.yaml:21:11: type must be one of string, number, boolean, json, "
        "comma_delimited_list (did you mean 'number'?) [parameter-syntax]",
    ),
    "a switch that is on by yes": Mistake(
        DEFINITION,
        "default: false",
        "default: yes",
        "error: cluster-type.yaml:29:16: 'default' must be true or false, not 'yes' (write true or false, "
        "without quotes) [wrong-type]",
    ),
    "a boolean default in quotes": Mistake(
        COMPUTE,
        "default: false",
        "default: maybe",
        "error: components/compute.yaml:35:14: the default must be true or false (yes, no, on, off, 1 and 0 "
        "will do) [invalid-default]",
    ),
    "a component that no entry lists": Mistake(
        DEFINITION,
        "  - name: compute\n",
        "",
        "warning: cluster-type.yaml:6:1: no entry lists the component components/compute.yaml (add '- name: "
        "compute', or remove the file) [unlisted-component]",
    ),
    "an optional component that no entry lists": Mistake(
        DEFINITION,
        "  - name: storage\n    optional: true\n",
        "",
        "error: cluster-type.yaml:6:1: no entry lists the component components/storage.yaml (add '- name: "
        "storage', or remove the file) [component-reference]",
    ),
    "the scheduler as the kind": Mistake(
        DEFINITION,
        "kind: heat",
        "kind: slurm",
        "error: cluster-type.yaml:1:7: 'kind' must be heat or magnum, not 'slurm' [unknown-value]",
    ),
    "a template of Jinja": Mistake(
        LOGIN,
        "image: {get_param: image}",
        "image: {{ image }}",
        "error: components/login.yaml:57:15: '{{ image }}' is Jinja's, which is not understood here (write "
        "{get_param: image}) [yaml-key]",
    ),
    "a tab for indentation": Mistake(
        LOGIN,
        "    label: Image\n",
        "\tlabel: Image\n",
        "error: components/login.yaml:24:1: a tab is used for indentation (YAML is indented with spaces) [yaml-tab]",
    ),
    "a key that is not indented enough": Mistake(
        LOGIN,
        "      networks:\n        - port",
        "    networks:\n      - port",
        "error: components/login.yaml:62:7: not valid YAML: items of a list and keys are mixed here (begin "
        "every item with '- ', or indent what belongs to one) [yaml-syntax]",
    ),
    "a key of a group at the top": Mistake(
        DEFINITION,
        "    description: A disk",
        "description: A disk",
        "error: cluster-type.yaml:24:1: not valid YAML: this line is indented less than those that it stands among "
        "(indent it as far as they are) [yaml-syntax]",
    ),
    "a parameter that is misspelt where it is used": Mistake(
        COMPUTE,
        "{get_param: compute_count}",
        "{get_param: compute_cuont}",
        "error: components/compute.yaml:45:26: there is no parameter 'compute_cuont' (did you mean "
        "'compute_count'?) [parameter-reference]",
    ),
    "a parameter that is misspelt where it is declared": Mistake(
        COMPUTE,
        "  compute_flavor:\n",
        "  compute_flavour:\n",
        "error: components/compute.yaml:51:31: there is no parameter 'compute_flavor' (did you mean "
        "'compute_flavour'?) [parameter-reference]",
    ),
    "a resource that is misspelt": Mistake(
        LOGIN,
        "{get_resource: login_port}\n\n",
        "{get_resource: login_prot}\n\n",
        "error: components/login.yaml:51:31: there is no resource 'login_prot' (did you mean 'login_port'?) "
        "[resource-reference]",
    ),
    "a function that is misspelt": Mistake(
        LOGIN,
        "{get_param: login_flavor}",
        "{get_parm: login_flavor}",
        "warning: components/login.yaml:58:16: 'get_parm' is no function; here it is plain data (did you "
        "mean 'get_param'?) [unknown-function]",
    ),
    "a group with a parameter that is misspelt": Mistake(
        DEFINITION,
        "compute_flavor, compute_count",
        "compute_flavour, compute_count",
        "warning: cluster-type.yaml:19:39: no parameter 'compute_flavour' is asked for (did you mean "
        "'compute_flavor'?) [unknown-group-parameter]",
    ),
    "a component that has no file": Mistake(
        DEFINITION,
        "  - name: compute\n",
        "  - name: computes\n",
        "error: cluster-type.yaml:9:11: components/computes.yaml: the file does not exist (did you mean "
        "'compute'?) [missing-file]",
    ),
    "components that are a mapping": Mistake(
        DEFINITION,
        "  - name: network\n  - name: login\n  - name: compute\n  - name: storage\n    optional: true\n",
        "  network:\n  login:\n  compute:\n  storage:\n    optional: true\n",
        "error: cluster-type.yaml:7:3: 'components' must be a list, not a mapping (write a list, each item "
        "on a line that begins with '- ') [wrong-type]",
    ),
    "a component that is only a name": Mistake(
        DEFINITION,
        "  - name: compute\n",
        "  - compute\n",
        "error: cluster-type.yaml:9:5: item 3 of 'components' must be a mapping of keys, not 'compute' "
        "(write name: compute) [wrong-type]",
    ),
    "a hidden parameter with a default": Mistake(
        LOGIN,
        "    hidden: true\n",
        "    hidden: true\n    default: not-so-secret\n",
        "warning: components/login.yaml:21:14: parameter 'munge_key' is hidden, and everybody can read its "
        "default in the listing (leave the default out, or hidden: true if it is no secret) [hidden-default]",
    ),
    "a picker on a list": Mistake(
        COMPUTE,
        "    label: Partitions\n    default: [batch, debug]\n",
        "    label: Partitions\n    constraints:\n      - custom_constraint: nova.flavor\n",
        "error: components/compute.yaml:31:28: Heat refuses every list here: it looks for one flavor whose "
        "name is the whole list (write type: string, or remove the constraint) [list-picker]",
    ),
    "a server without networks": Mistake(
        NODE,
        "      networks:\n        - network: {get_param: network}\n",
        "      metadata: {network: {get_param: network}}\n",
        "warning: nested/node.yaml:12:11: server 'node' names no network (give it networks: [{network: "
        "...}], or a port) [server-without-network]",
    ),
    "a hardcoded parameter in a group": Mistake(
        DEFINITION,
        "[external_network]",
        "[external_network, dns_nameservers]",
        "warning: cluster-type.yaml:22:36: parameter 'dns_nameservers' is hardcoded, so that the group shows "
        "no field (keep one of them) [hardcoded-group-parameter]",
    ),
    "a placeholder that the text lacks": Mistake(
        LOGIN,
        "__CLUSTER__:",
        "__CLUSTERNAME__:",
        "warning: components/login.yaml:67:13: user-data/login.sh does not contain '__CLUSTERNAME__', which "
        "str_replace replaces there (did you mean '__CLUSTER__'?) [unknown-placeholder]",
    ),
    "an output that only some launches show": Mistake(
        COMPUTE,
        "{if: [with_gpu, nvidia, none]}",
        "{if: [with_gpu, {get_attr: [gpu_node, name]}, none]}",
        "warning: components/compute.yaml:61:40: there is no resource 'gpu_node'; only the launches that "
        "come to it fail (did you mean 'login_node'?) [conditional-mistake]",
    ),
    "a number in quotes": Mistake(
        DEFINITION,
        "order: 30",
        'order: "30"',
        "error: cluster-type.yaml:4:8: 'order' must be a number, not '30' (write it without quotes) [wrong-type]",
    ),
    "an optional component that is misspelt in its group": Mistake(
        DEFINITION,
        "      name: storage",
        "      name: sotrage",
        "error: cluster-type.yaml:27:13: no optional component is named 'sotrage' (did you mean 'storage'?) "
        "[unknown-optional-component]",
    ),
    "a component without version": Mistake(
        STORAGE,
        "heat_template_version: 2021-04-16\n",
        "",
        "error: components/storage.yaml:2:1: the template has no heat_template_version (add "
        "heat_template_version: 2021-04-16) [template-version]",
    ),
}
"""Mistakes of somebody who has never written a definition, but has read the documents."""

FURTHER: Final[Mapping[str, Mistake]] = {
    "a resource type in small letters": Mistake(
        NODE,
        "OS::Nova::Server",
        "OS::Nova::server",
        "error: nested/node.yaml:12:11: Heat has no type 'OS::Nova::server' of its own (did you mean "
        "'OS::Nova::Server'?) [misspelt-resource-type]",
    ),
    "a section that is misspelt": Mistake(
        NETWORK,
        "resources:\n",
        "ressources:\n",
        "error: components/network.yaml:13:1: 'ressources' is no section of a template (did you mean "
        "'resources'?) [unknown-section]",
    ),
    "parameters under another name": Mistake(
        COMPUTE,
        "parameters:\n",
        "paramaters:\n",
        "error: components/compute.yaml:3:1: 'paramaters' is no section of a template (did you mean "
        "'parameters'?) [unknown-section]",
    ),
    "properties that are misspelt": Mistake(
        LOGIN,
        "    properties:\n      name: {list_join",
        "    propreties:\n      name: {list_join",
        "error: components/login.yaml:55:5: 'propreties' is no key of a resource (did you mean "
        "'properties'?) [unknown-resource-key]",
    ),
    "a type that is misspelt": Mistake(
        STORAGE,
        "    type: OS::Cinder::Volume\n",
        "    tpye: OS::Cinder::Volume\n",
        "error: components/storage.yaml:13:5: 'tpye' is no key of a resource (did you mean 'type'?) "
        "[unknown-resource-key]",
    ),
    "a value that is misspelt": Mistake(
        LOGIN,
        "    value: {get_attr: [login_ip",
        "    vlaue: {get_attr: [login_ip",
        "error: components/login.yaml:73:5: output login_address has no value (write value: for vlaue:) "
        "[template-shape]",
    ),
    "constraints that are no list": Mistake(
        STORAGE,
        "      - range: {min: 10, max: 1000}",
        "      range: {min: 10, max: 1000}",
        "error: components/storage.yaml:9:7: constraints must be a list (begin each with '- ', which makes it an "
        "item of a list) [parameter-syntax]",
    ),
    "a constraint that is misspelt": Mistake(
        COMPUTE,
        "- range: {min: 1, max: 64}",
        "- rnage: {min: 1, max: 64}",
        "error: components/compute.yaml:25:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (did you mean 'range'?) "
        "[parameter-syntax]",
    ),
    "a default that breaks its constraint": Mistake(
        STORAGE,
        "default: 100",
        "default: 5",
        "error: components/storage.yaml:7:14: the default must be between 10 and 1000 [invalid-default]",
    ),
    "a range whose ends are texts": Mistake(
        COMPUTE,
        "{min: 1, max: 64}",
        "{min: one, max: 64}",
        "error: components/compute.yaml:25:22: min must be a number [parameter-syntax]",
    ),
    "an attribute of a member that it lacks": Mistake(
        COMPUTE,
        "[compute_nodes, name]",
        "[compute_nodes, hostname]",
        "warning: components/compute.yaml:64:57: nested/node.yaml has no output 'hostname'; Heat makes the "
        "stack, and this output stays empty (did you mean 'name'?) [conditional-mistake]",
    ),
    "a property that the nested template lacks": Mistake(
        COMPUTE,
        "          flavor: {get_param: compute_flavor}",
        "          flavour: {get_param: compute_flavor}",
        "error: components/compute.yaml:51:11: nested/node.yaml has no parameter 'flavour' (did you mean "
        "'flavor'?) [nested-property]",
    ),
    "a file of user data that is not there": Mistake(
        LOGIN,
        "../user-data/login.sh",
        "user-data/login.sh",
        "error: components/login.yaml:65:32: user-data/login.sh: the file does not exist (did you mean "
        "'../user-data/login.sh'? Paths are relative to the file that they stand in) [missing-file]",
    ),
    "a nested template under the wrong name": Mistake(
        COMPUTE,
        "../nested/node.yaml",
        "../nested/nodes.yaml",
        "error: components/compute.yaml:47:15: ../nested/nodes.yaml: the file does not exist (did you mean "
        "'../nested/node.yaml'?) [missing-file]",
    ),
    "get_attr written as in Terraform": Mistake(
        LOGIN,
        "{get_attr: [login_ip, floating_ip_address]}",
        "{get_attr: login_ip.floating_ip_address}",
        "error: components/login.yaml:73:23: get_attr wants a list: [resource, attribute, key or index, ...] "
        "(write [login_ip, floating_ip_address]) [function-arguments]",
    ),
    "a condition that nobody has defined": Mistake(
        COMPUTE,
        "{if: [with_gpu, nvidia, none]}",
        "{if: [has_gpu, nvidia, none]}",
        "error: components/compute.yaml:61:18: there is no condition 'has_gpu' (did you mean 'with_gpu'?) "
        "[condition-reference]",
    ),
    "resources that wait for each other": Mistake(
        NETWORK,
        "    type: OS::Neutron::Net\n",
        "    type: OS::Neutron::Net\n    depends_on: router_interface\n",
        "error: components/network.yaml:16:17: resources depend on each other in a circle: network -> "
        "router_interface -> subnet -> network (remove it: 'router_interface' needs 'network') [dependency-cycle]",
    ),
    "two resources of one name": Mistake(
        STORAGE,
        "  volume_attachment:\n",
        "  login_port:\n",
        "error: components/storage.yaml:17:3: resource 'login_port' of 'storage' is in 'login' too, at "
        "components/login.yaml:39 (rename one of them) [duplicate-resource]",
    ),
    "a version that does not exist": Mistake(
        STORAGE,
        "2021-04-16",
        "2021-04-17",
        "error: components/storage.yaml:1:24: 'storage' is of heat_template_version 2021-04-17, but 'network' of "
        "2021-04-16 (write the same version into all components) [template-versions-differ]",
    ),
    "a key without a space": Mistake(
        DEFINITION,
        "order: 30",
        "order:30",
        "error: cluster-type.yaml:4:1: not valid YAML: a space is missing after the ':' (put one there) [yaml-syntax]",
    ),
    "a title twice": Mistake(
        DEFINITION,
        "title: Slurm\n",
        "title: Slurm\ntitle: Slurm again\n",
        "error: cluster-type.yaml:3:1: the key 'title' is given twice (keep one of them) [duplicate-key]",
    ),
    "a group whose parameters are a text": Mistake(
        DEFINITION,
        "[external_network]",
        "external_network",
        "error: cluster-type.yaml:22:17: 'parameters' must be a list, not 'external_network' (write a list, "
        "each item on a line that begins with '- ') [wrong-type]",
    ),
    "a group without a label": Mistake(
        DEFINITION,
        "  - label: Network\n    description",
        "  - description",
        "error: cluster-type.yaml:20:5: the key 'label' is missing [missing-key]",
    ),
    "an optional that is only a name": Mistake(
        DEFINITION,
        "    optional:\n      name: storage\n      label: Add a disk?\n      default: false\n",
        "    optional: storage\n",
        "error: cluster-type.yaml:26:15: 'optional' must be a mapping of keys, not 'storage' (write name: "
        "storage) [wrong-type]",
    ),
    "a key that is misspelt": Mistake(
        DEFINITION,
        "title: Slurm\n",
        "titel: Slurm\n",
        "error: cluster-type.yaml:2:1: unknown key 'titel' (did you mean 'title'?) [unknown-key]",
    ),
    "a parameter in two groups": Mistake(
        DEFINITION,
        "[external_network]",
        "[external_network, image]",
        "warning: cluster-type.yaml:22:36: parameter 'image' is in a group already (keep one of them) "
        "[parameter-in-two-groups]",
    ),
    "a required component that needs an optional one": Mistake(
        LOGIN,
        "depends_on: router_interface",
        "depends_on: [router_interface, volume]",
        "error: components/login.yaml:48:36: resource 'volume' is there only if the optional component "
        "'storage' is selected (move it out of 'storage') [optional-reference]",
    ),
    "a hardcoded value of another type": Mistake(
        DEFINITION,
        "dns_nameservers: [9.9.9.9]",
        "dns_nameservers: {first: 9.9.9.9}",
        "error: cluster-type.yaml:32:20: the value of 'dns_nameservers' must be a list of values with commas "
        "between them [invalid-hardcoded-value]",
    ),
    "a parameter without a type": Mistake(
        COMPUTE,
        "    type: boolean\n",
        "",
        "error: components/compute.yaml:33:5: type must be one of string, number, boolean, json, "
        "comma_delimited_list (write type: string, or another) [parameter-syntax]",
    ),
    "a quote that is never closed": Mistake(
        DEFINITION,
        "label: Add a disk?",
        "label: 'Add a disk?",
        "error: cluster-type.yaml:28:14: not valid YAML: the quote that is opened here is never closed "
        "(close it) [yaml-syntax]",
    ),
}
"""Mistakes of somebody who knows other tools well, and types fast."""

SUBTLE: Final[Mapping[str, Mistake]] = {
    "a call in quotes": Mistake(
        COMPUTE,
        "          image: {get_param: image}",
        "          image: '{get_param: image}'",
        "warning: components/compute.yaml:50:18: '{get_param: image}' is plain data here (the quotes make it a "
        "text: write it without them) [unknown-function]",
    ),
    "a call in quotes for an output": Mistake(
        LOGIN,
        "value: {get_attr: [login_ip, floating_ip_address]}",
        'value: "{get_attr: [login_ip, floating_ip_address]}"',
        "warning: components/login.yaml:73:12: '{get_attr: [login_ip, floating_ip_address]}' is plain data here "
        "(the quotes make it a text: write it without them) [unknown-function]",
    ),
    "a call in quotes for a placeholder": Mistake(
        LOGIN,
        "__MUNGE_KEY__: {get_param: munge_key}",
        "__MUNGE_KEY__: '{get_param: munge_key}'",
        "warning: components/login.yaml:68:28: '{get_param: munge_key}' is plain data here (the quotes make it a "
        "text: write it without them) [unknown-function]",
    ),
    "a call in quotes for a number": Mistake(
        COMPUTE,
        "count: {get_param: compute_count}",
        'count: "{get_param: compute_count}"',
        "error: components/compute.yaml:45:14: 'count' of OS::Heat::ResourceGroup must be a whole number (the "
        "quotes make it a text: write it without them) [property-type]",
    ),
    "a list without its brackets": Mistake(
        LOGIN,
        "{get_attr: [login_ip, floating_ip_address]}",
        "{get_attr: login_ip, floating_ip_address}",
        "warning: components/login.yaml:73:12: get_attr is no call beside further keys; here it is plain data "
        "(write a list: {get_attr: [login_ip, floating_ip_address]}) [unknown-function]",
    ),
    "a list without its brackets for a property": Mistake(
        LOGIN,
        "port_id: {get_resource: login_port}",
        "port_id: {get_attr: login_port, id}",
        "error: components/login.yaml:51:16: 'port_id' of OS::Neutron::FloatingIP must be a text (write a list: "
        "{get_attr: [login_port, id]}) [property-type]",
    ),
    "a parameter as a variable of a shell": Mistake(
        LOGIN,
        "name: {list_join: ['-', [{get_param: clustername}, login]]}",
        "name: $clustername-login",
        "warning: components/login.yaml:56:13: Heat does not replace '$clustername' here (write {list_join: "
        "['', [{get_param: clustername}, '-login']]}) [unknown-function]",
    ),
    "a function within a call without its colon": Mistake(
        LOGIN,
        "template: {get_file: ",
        "template: {get_file ",
        "error: components/login.yaml:65:21: 'get_file ../user-data/login.sh' is no function (put a ':' after "
        "'get_file') [function-arguments]",
    ),
    "a subnet of another component for a prefix": Mistake(
        LOGIN,
        "resources:\n",
        "resources:\n  access:\n    type: OS::Neutron::SecurityGroup\n    properties:\n"
        "      rules: [{remote_ip_prefix: {get_resource: subnet}}]\n\n",
        "warning: components/login.yaml:42:34: a prefix is a range of addresses, and 'subnet' is an "
        "OS::Neutron::Subnet: Neutron refuses its id (write {get_attr: [subnet, cidr]}) [service-refusal]",
    ),
    "a port for a network": Mistake(
        LOGIN,
        "- port: {get_resource: login_port}",
        "- network: {get_resource: login_port}",
        "error: components/login.yaml:61:20: 'networks[0].network' of OS::Nova::Server must be a network, and "
        "'login_port' is an OS::Neutron::Port (write port: {get_resource: login_port}) [property-type]",
    ),
    "a comma that is missing": Mistake(
        DEFINITION,
        "[clustername, key_name, munge_key]",
        "[clustername key_name, munge_key]",
        "warning: cluster-type.yaml:16:18: no parameter 'clustername key_name' is asked for (a comma is missing: "
        "write clustername, key_name) [unknown-group-parameter]",
    ),
    "a condition as in Ansible": Mistake(
        LOGIN,
        "    depends_on: router_interface\n",
        "    depends_on: router_interface\n    when: with_gpu\n",
        "error: components/login.yaml:49:5: 'when' is no key of a resource (did you mean 'condition'?) "
        "[unknown-resource-key]",
    ),
    "an attribute under a shorter name": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[login_ip, ip_address]",
        "warning: components/login.yaml:73:34: OS::Neutron::FloatingIP has no attribute 'ip_address' (did you "
        "mean 'floating_ip_address'?) [unknown-attribute]",
    ),
    "an output that is renamed in the nested template only": Mistake(
        NODE,
        "  name:\n    value",
        "  address:\n    value",
        "warning: components/compute.yaml:64:57: nested/node.yaml has no output 'name'; Heat makes the stack, and "
        "this output stays empty (did you mean 'address'?) [conditional-mistake]",
    ),
    "a resource after its attribute": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[floating_ip_address, login_ip]",
        "error: components/login.yaml:73:24: there is no resource 'floating_ip_address' (write the resource "
        "first: [login_ip, floating_ip_address]) [resource-reference]",
    ),
    "a condition that is only a parameter": Mistake(
        LOGIN,
        "    depends_on: router_interface\n",
        "    depends_on: router_interface\n    condition: selected_storage\n",
        "error: components/login.yaml:49:16: there is no condition 'selected_storage' (write conditions: "
        "{selected_storage: {get_param: selected_storage}}, and declare that parameter with type: boolean) "
        "[condition-reference]",
    ),
    "a volume for a server": Mistake(
        STORAGE,
        "instance_uuid: {get_resource: login_node}",
        "instance_uuid: {get_resource: volume}",
        "error: components/storage.yaml:20:22: 'instance_uuid' of OS::Cinder::VolumeAttachment must be a server, "
        "and 'volume' is an OS::Cinder::Volume (did you mean 'login_node'?) [property-type]",
    ),
    "a volume and a server that are swapped": Mistake(
        STORAGE,
        "instance_uuid: {get_resource: login_node}\n      volume_id: {get_resource: volume}",
        "instance_uuid: {get_resource: volume}\n      volume_id: {get_resource: login_node}",
        "error: components/storage.yaml:20:22: 'instance_uuid' of OS::Cinder::VolumeAttachment must be a server, "
        "and 'volume' is an OS::Cinder::Volume (swap it with volume_id) [property-type]",
    ),
    "a link to an id": Mistake(
        LOGIN,
        "outputs:\n",
        "outputs:\n  web_access:\n    value: {list_join: ['', ['https://', {get_resource: login_ip}, /]]}\n",
        "warning: components/login.yaml:72:12: get_resource gives the id of 'login_ip', and web_access wants its "
        "address (write {get_attr: [login_ip, floating_ip_address]}) [web-access-output]",
    ),
    "a list before its separator, in an output": Mistake(
        COMPUTE,
        "{list_join: [' ', {get_attr: [compute_nodes, name]}]}",
        "{list_join: [{get_attr: [compute_nodes, name]}, ' ']}",
        "warning: components/compute.yaml:64:24: list_join wants a list: [separator, [text, ...], ...]; Heat makes the "
        "stack, and this output stays empty (swap the two: [' ', {get_attr: ...}]) [conditional-mistake]",
    ),
    "a list without a separator": Mistake(
        COMPUTE,
        "{list_join: [' ', {get_param: partitions}]}",
        "{list_join: {get_param: partitions}}",
        "error: components/compute.yaml:58:24: list_join wants a list: [separator, [text, ...], ...] (write the "
        "separator first: [',', {get_param: ...}]) [function-arguments]",
    ),
    "an output of a resource that a condition may leave out": Mistake(
        COMPUTE,
        "outputs:\n",
        "  extra: {type: OS::Heat::RandomString, condition: with_gpu}\n\noutputs:\n  extra: {value: {get_attr: [extra, "
        "value]}}\n",
        "warning: components/compute.yaml:58:30: resource 'extra' is left out when its condition is false (give the "
        "output condition: with_gpu) [conditional-resource]",
    ),
    "a resource of another that a condition may leave out": Mistake(
        COMPUTE,
        "outputs:\n",
        "  extra: {type: OS::Heat::RandomString, condition: with_gpu}\n  other: {type: OS::Heat::Value, properties: "
        "{value: {get_attr: [extra, value]}}}\n\noutputs:\n",
        "warning: components/compute.yaml:56:66: resource 'extra' is left out when its condition is false (put the "
        "reference under the same condition, with if: [with_gpu, ...]) [conditional-resource]",
    ),
    "a call without its colon": Mistake(
        LOGIN,
        "{get_param: login_flavor}",
        "{get_param login_flavor}",
        "warning: components/login.yaml:58:16: 'get_param login_flavor' is no function; here it is plain data "
        "(put a ':' after 'get_param') [unknown-function]",
    ),
    "a call without its space, of a parameter": Mistake(
        LOGIN,
        "{get_param: login_flavor}",
        "{get_param:login_flavor}",
        "warning: components/login.yaml:58:16: 'get_param:login_flavor' is no function; here it is plain data (put a "
        "space after 'get_param:') [unknown-function]",
    ),
    "a call without its space, of a nested parameter": Mistake(
        NODE,
        "{get_param: flavor}",
        "{get_param:flavor}",
        "warning: nested/node.yaml:16:16: 'get_param:flavor' is no function; here it is plain data (put a space after "
        "'get_param:') [unknown-function]",
    ),
    "a call without its space, for a condition": Mistake(
        COMPUTE,
        "with_gpu: {get_param: use_gpu}",
        "with_gpu: {get_param:use_gpu}",
        "error: components/compute.yaml:38:14: 'get_param:use_gpu' is no function that conditions can use (put a space "
        "after 'get_param:') [misplaced-function]",
    ),
    "a call without its space and braces": Mistake(
        LOGIN,
        "flavor: {get_param: login_flavor}",
        "flavor: get_param:login_flavor",
        "warning: components/login.yaml:58:15: 'get_param:login_flavor' is plain data here (write {get_param: "
        "login_flavor}) [unknown-function]",
    ),
    "a call without its space, with a list": Mistake(
        LOGIN,
        "value: {get_attr: [",
        "value: {get_attr:[",
        "error: components/login.yaml:73:22: not valid YAML: a space is missing between ':' and the bracket (put one "
        "there) [yaml-syntax]",
    ),
    "a call without the space before it": Mistake(
        LOGIN,
        "flavor: {get_param: login_flavor}",
        "flavor:{get_param: login_flavor}",
        "error: components/login.yaml:58:7: a space is missing after 'flavor:' (write flavor: {get_param: "
        "login_flavor}) [missing-property]",
    ),
    "a link to the id of another component's": Mistake(
        STORAGE,
        "resources:\n",
        "outputs:\n  web_access:\n"
        "    value: {list_join: ['', ['https://', {get_resource: login_ip}, /]]}\n\nresources:\n",
        "warning: components/storage.yaml:13:12: get_resource gives the id of 'login_ip', and web_access wants "
        "its address (write {get_attr: [login_ip, floating_ip_address]}) [web-access-output]",
    ),
    "a list that is joined by its last item": Mistake(
        LOGIN,
        "{list_join: ['-', [{get_param: clustername}, login]]}",
        "{list_join: [[{get_param: clustername}, login], '-']}",
        "error: components/login.yaml:56:25: list_join wants a list: [separator, [text, ...], ...] (swap the two: "
        "['-', [...]]) [function-arguments]",
    ),
}
"""Mistakes that leave a template which Heat can read, and takes otherwise than it looks."""

STRUCTURAL: Final[Mapping[str, Mistake]] = {
    "a range without its name": Mistake(
        COMPUTE,
        "- range: {min: 1, max: 64}",
        "- {min: 1, max: 64}",
        "error: components/compute.yaml:25:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (write range: {min: 1, max: 64}) "
        "[parameter-syntax]",
    ),
    "a parameter of a preset without a type": Mistake(
        COMPUTE,
        "    type: number\n",
        "",
        "error: components/compute.yaml:21:5: type must be one of string, number, boolean, json, "
        "comma_delimited_list (write type: string, or another) [parameter-syntax]",
    ),
    "a parameter that is pasted and not renamed": Mistake(
        COMPUTE,
        "  compute_count:\n",
        "  compute_flavor:\n",
        "error: components/compute.yaml:20:3: the key 'compute_flavor' is given twice, and Heat takes the last one: "
        "there is no parameter 'compute_count' (rename one of them) [parameter-reference]",
    ),
    "a parameter of a preset that is pasted and not renamed": Mistake(
        STORAGE,
        "  volume_size:\n    type: number\n",
        "  volume_type: {type: string}\n  volume_type:\n    type: number\n",
        "error: components/storage.yaml:5:3: the key 'volume_type' is given twice, and Heat takes the last one: "
        "there is no parameter 'volume_size' (rename one of them) [parameter-reference]",
    ),
    "a resource that is pasted and not renamed": Mistake(
        STORAGE,
        "  volume:\n",
        "  disk: {type: OS::Cinder::Volume, properties: {size: 10}}\n  disk:\n",
        "error: components/storage.yaml:13:3: the key 'disk' is given twice, and Heat takes the last one: "
        "there is no resource 'volume' (rename one of them) [resource-reference]",
    ),
    "a resource of another type that has the name of one": Mistake(
        NETWORK,
        "  router:\n",
        "  network:\n",
        "error: components/network.yaml:24:3: the key 'network' is given twice, and Heat takes the last one: there is "
        "no resource 'router' (rename one of them) [resource-reference]",
    ),
    "a resource that is called as one of another component": Mistake(
        STORAGE,
        "  volume:\n",
        "  login_port:\n",
        "error: components/storage.yaml:12:3: resource 'login_port' of 'storage' is in 'login' too, at "
        "components/login.yaml:39 (rename one of them) [duplicate-resource]",
    ),
    "properties forgotten in a resource": Mistake(
        NETWORK,
        "    properties:\n      router: {get_resource: router}\n      subnet: {get_resource: subnet}",
        "    router: {get_resource: router}\n    subnet: {get_resource: subnet}",
        "error: components/network.yaml:32:5: 'router', 'subnet' must stand below properties, which is missing here "
        "(write properties: above them, and indent them below it) [unknown-resource-key]",
    ),
    "properties forgotten in a member": Mistake(
        COMPUTE,
        "        properties:\n          name: {list_join: ['-', [{get_param: clustername}, node, '%index%']]}\n"
        "          image: {get_param: image}\n          flavor: {get_param: compute_flavor}\n"
        "          key_name: {get_param: key_name}\n          network: {get_resource: network}\n",
        "        name: {list_join: ['-', [{get_param: clustername}, node, '%index%']]}\n"
        "        image: {get_param: image}\n        flavor: {get_param: compute_flavor}\n"
        "        key_name: {get_param: key_name}\n        network: {get_resource: network}\n",
        "error: components/compute.yaml:48:9: 'name', 'image', 'flavor', 'key_name', 'network' must stand below "
        "properties, which is missing here (write properties: above them, and indent them below it) "
        "[unknown-resource-key]",
    ),
    "the properties of one resource forgotten": Mistake(
        STORAGE,
        "    properties:\n      size: {get_param: volume_size}",
        "    size: {get_param: volume_size}",
        "error: components/storage.yaml:14:5: 'size' must stand below properties, which is missing here (write "
        "properties: above it, and indent it below it) [unknown-resource-key]",
    ),
    "outputs among the resources": Mistake(
        LOGIN,
        "outputs:\n  login_address:\n    description: The address to log in to.\n    value:",
        "  outputs:\n    login_address:\n      description: The address to log in to.\n      value:",
        "error: components/login.yaml:70:3: outputs is a section of the template, and stands inside resources "
        "(indent it less) [template-shape]",
    ),
    "outputs in a resource": Mistake(
        LOGIN,
        "outputs:\n  login_address:\n    description: The address to log in to.\n    value:",
        "    outputs:\n      login_address:\n        description: The address to log in to.\n        value:",
        "error: components/login.yaml:70:5: outputs is a section of the template, and stands inside a resource "
        "(indent it less) [unknown-resource-key]",
    ),
    "resources among the parameters": Mistake(
        STORAGE,
        "resources:\n  volume:\n    type: OS::Cinder::Volume\n    properties:\n"
        "      size: {get_param: volume_size}\n\n  volume_attachment:\n    type: OS::Cinder::VolumeAttachment\n"
        "    properties:\n      instance_uuid: {get_resource: login_node}\n      volume_id: {get_resource: volume}\n",
        "  resources:\n    volume:\n      type: OS::Cinder::Volume\n      properties:\n"
        "        size: {get_param: volume_size}\n",
        "error: components/storage.yaml:11:3: resources is a section of the template, and stands inside parameters "
        "(indent it less) [template-shape]",
    ),
    "a parameter beside the sections": Mistake(
        STORAGE,
        "  volume_size:\n    type: number\n    label: Size of the disk\n    default: 100\n    constraints:\n"
        "      - range: {min: 10, max: 1000}\n",
        "volume_size:\n  type: number\n  label: Size of the disk\n  default: 100\n  constraints:\n"
        "    - range: {min: 10, max: 1000}\n",
        "error: components/storage.yaml:4:1: 'volume_size' looks like one of the parameters, and stands beside them "
        "(indent it below parameters) [unknown-section]",
    ),
    "a resource beside the sections": Mistake(
        LOGIN,
        "  login_node:\n    type: OS::Nova::Server\n    properties:\n",
        "login_node:\n    type: OS::Nova::Server\n    properties:\n",
        "error: components/login.yaml:53:1: 'login_node' looks like one of the resources, and stands beside them "
        "(indent it below resources) [unknown-section]",
    ),
    "a resource beside the sections that others follow": Mistake(
        NETWORK,
        "  subnet:\n    type: OS::Neutron::Subnet\n    properties:\n      network: {get_resource: network}\n"
        "      cidr: 10.60.0.0/24\n      dns_nameservers: {get_param: dns_nameservers}\n",
        "subnet:\n  type: OS::Neutron::Subnet\n  properties:\n    network: {get_resource: network}\n"
        "    cidr: 10.60.0.0/24\n    dns_nameservers: {get_param: dns_nameservers}\n",
        "error: components/network.yaml:17:1: 'subnet' looks like one of the resources, and stands beside them "
        "(indent it below resources) [unknown-section]",
    ),
    "a version that is older than the others": Mistake(
        NETWORK,
        "2021-04-16",
        "2018-08-31",
        "error: components/network.yaml:1:24: 'network' is of heat_template_version 2018-08-31, but 'login' of "
        "2021-04-16 (write the same version into all components) [template-versions-differ]",
    ),
    "outputs beside the components": Mistake(
        DEFINITION,
        "hardcoded_parameters:\n",
        "outputs:\n  address:\n    value: {get_attr: [login_ip, floating_ip_address]}\n\nhardcoded_parameters:\n",
        "error: cluster-type.yaml:31:1: unknown key 'outputs': it belongs in a component (move it) [unknown-key]",
    ),
    "a name for the title": Mistake(
        DEFINITION,
        "title: Slurm\n",
        "name: Slurm\n",
        "error: cluster-type.yaml:2:1: unknown key 'name', and the key 'title' is missing (write title: for name:) "
        "[unknown-key]",
    ),
    "a name for the label of a group": Mistake(
        DEFINITION,
        "  - label: Network\n",
        "  - name: Network\n",
        "error: cluster-type.yaml:20:5: unknown key 'name', and the key 'label' is missing (write label: for name:) "
        "[unknown-key]",
    ),
    "an optional that is true": Mistake(
        DEFINITION,
        "    optional:\n      name: storage\n      label: Add a disk?\n      default: false\n",
        "    optional: true\n",
        "error: cluster-type.yaml:26:15: 'optional' must be a mapping of keys, not true (write optional: {name: "
        "storage}) [wrong-type]",
    ),
    "a parameter that is used as in CloudFormation": Mistake(
        LOGIN,
        "flavor: {get_param: login_flavor}",
        "flavor: !Ref login_flavor",
        "error: components/login.yaml:58:15: the tag !Ref has no meaning here (it is a function of CloudFormation's: "
        "use get_param or get_resource) [yaml-tag]",
    ),
}
"""Mistakes in how files are put together: what stands in the wrong place, is given twice, or has another name."""

DAILY: Final[Mapping[str, Mistake]] = {
    "a resource that is indented too far": Mistake(
        LOGIN,
        "  login_ip:\n    type: OS::Neutron::FloatingIP\n    depends_on: router_interface\n    properties:\n"
        "      floating_network: {get_param: external_network}\n      port_id: {get_resource: login_port}\n",
        "    login_ip:\n      type: OS::Neutron::FloatingIP\n      depends_on: router_interface\n      properties:\n"
        "        floating_network: {get_param: external_network}\n        port_id: {get_resource: login_port}\n",
        "error: components/login.yaml:46:5: 'login_ip' is a resource, and stands inside another one (indent it "
        "less) [unknown-resource-key]",
    ),
    "a member's number where an attribute is named": Mistake(
        COMPUTE,
        "{get_attr: [compute_nodes, name]}",
        "{get_attr: [compute_nodes, 0, name]}",
        "error: components/compute.yaml:64:57: 0 is no name of an attribute (write [compute_nodes, name, 0]) "
        "[function-arguments]",
    ),
    "Jinja for a parameter": Mistake(
        COMPUTE,
        "count: {get_param: compute_count}",
        "count: {{ compute_count }}",
        "error: components/compute.yaml:45:15: '{{ compute_count }}' is Jinja's, which is not understood here "
        "(write {get_param: compute_count}) [yaml-key]",
    ),
    "an output that is its value": Mistake(
        LOGIN,
        "    description: The address to log in to.\n    value: {get_attr: [login_ip, floating_ip_address]}",
        "    {get_attr: [login_ip, floating_ip_address]}",
        "error: components/login.yaml:72:6: the value of output login_address stands where its keys do (write "
        "{value: {get_attr: ...}}) [template-shape]",
    ),
    "an override that the template's own constraint does not allow": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  compute_count: {default: 128, constraints: [{range: {min: 1, max: 256}}]}\n\n"
        "presets:\n",
        "error: cluster-type.yaml:35:28: the default must be between 1 and 64 [invalid-default]",
    ),
    "an output of what only an optional component has": Mistake(
        LOGIN,
        "outputs:\n",
        "outputs:\n  disk:\n    value: {get_resource: volume}\n",
        "warning: components/login.yaml:72:27: resource 'volume' is there only if the optional component 'storage' is "
        "selected; Heat makes the stack, and this output stays empty (move the output into 'storage', or put it "
        "under the condition selected_storage) [conditional-mistake]",
    ),
    "a link to what only an optional component has": Mistake(
        LOGIN,
        "outputs:\n",
        "outputs:\n  web_access:\n    value: {list_join: ['', ['https://', {get_attr: [volume, display_name]}, /]]}\n",
        "error: components/login.yaml:72:54: resource 'volume' is there only if the optional component 'storage' is "
        "selected (move the output into 'storage', or put it under the condition selected_storage) "
        "[optional-reference]",
    ),
    "a range that is wider than that of the template": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  volume_size: {constraints: [{range: {min: 10, max: 5000}}]}\n\npresets:\n",
        "warning: cluster-type.yaml:35:39: the form takes what Heat refuses: a value in the template must be between "
        "10 and 1000 (narrow it, or widen the constraint in the template) [wider-constraint]",
    ),
    "a choice that the template does not allow": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  compute_count: {constraints: [{allowed_values: [2, 4, 96, 128]}]}\n\npresets:\n",
        "warning: cluster-type.yaml:35:50: the form offers 96, 128, and Heat refuses that: a value in the template "
        "must be between 1 and 64 (narrow it, or widen the constraint in the template) [wider-constraint]",
    ),
    "a value of a preset that only the template does not allow": Mistake(
        DEFINITION,
        "parameters: {volume_size: 200}",
        "parameters: {volume_size: 2000}\n\nparameter_overrides: {volume_size: {constraints: []}}",
        "error: cluster-type.yaml:37:31: the value of 'volume_size' must be between 10 and 1000 [invalid-preset-value]",
    ),
    "a number that the group calls otherwise": Mistake(
        COMPUTE,
        "      resource_def:\n",
        "      index_var: '%i%'\n      resource_def:\n",
        "warning: components/compute.yaml:50:68: the group puts the number of a member in place of '%i%', not of "
        "'%index%' (write %i%, or remove index_var) [index-placeholder]",
    ),
    "a number under a name that the group does not know": Mistake(
        COMPUTE,
        "'%index%'",
        "'%i%'",
        "warning: components/compute.yaml:49:68: the group puts the number of a member in place of '%index%', not of "
        "'%i%' (write %index%, or give the group index_var: '%i%') [index-placeholder]",
    ),
    "a number with one percent sign": Mistake(
        COMPUTE,
        "'%index%'",
        "'%index'",
        "warning: components/compute.yaml:49:68: the group puts the number of a member in place of '%index%', not of "
        "'%index' (write %index%) [index-placeholder]",
    ),
    "a number that no member has": Mistake(
        COMPUTE,
        "      resource_def:\n        type: ../nested/node.yaml\n        properties:\n"
        "          name: {list_join: ['-', [{get_param: clustername}, node, '%index%']]}\n",
        "      index_var: '%n%'\n      resource_def:\n        type: ../nested/node.yaml\n        properties:\n"
        "          name: {get_param: clustername}\n",
        "warning: components/compute.yaml:46:18: no property of the members contains '%n%', so that all are alike "
        "(write it where the number belongs, or remove index_var) [index-placeholder]",
    ),
    "an address of a list without its number": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[login_port, fixed_ips, ip_address]",
        "warning: components/login.yaml:73:47: [login_port, fixed_ips] is a list, and Heat gives null for its "
        "'ip_address' (write [login_port, fixed_ips, 0, ip_address]) [list-attribute]",
    ),
    "an address of a list with its number in quotes": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[login_port, fixed_ips, '0', ip_address]",
        "warning: components/login.yaml:73:47: [login_port, fixed_ips] is a list, and Heat gives null for its '0' "
        "(write [login_port, fixed_ips, 0, ip_address]) [list-attribute]",
    ),
    "an address of a server's without its number": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[login_node, addresses, private, addr]",
        "warning: components/login.yaml:73:56: [login_node, addresses, private] is a list, and Heat gives null for "
        "its 'addr' (write [login_node, addresses, private, 0, addr]) [list-attribute]",
    ),
    "an address among those of a server's network": Mistake(
        COMPUTE,
        "{if: [with_gpu, nvidia, none]}",
        "{if: [with_gpu, {get_attr: [login_node, networks, private, ip_address]}, none]}",
        "warning: components/compute.yaml:61:71: [login_node, networks, private] is a list, and Heat gives null for "
        "its 'ip_address' (write [login_node, networks, private, 0]) [list-attribute]",
    ),
    "a floating IP that no router leads to": Mistake(
        NETWORK,
        "    type: OS::Neutron::RouterInterface\n    properties:\n      router: {get_resource: router}\n"
        "      subnet: {get_resource: subnet}\n",
        "    type: OS::Heat::RandomString\n",
        "warning: components/login.yaml:51:16: Neutron refuses the floating IP: nothing connects subnet 'subnet' to a "
        "router (add an OS::Neutron::RouterInterface with subnet: {get_resource: subnet}) [service-refusal]",
    ),
    "a floating IP behind a router that leads nowhere": Mistake(
        NETWORK,
        "    properties:\n      external_gateway_info:\n        network: {get_param: external_network}\n",
        "    properties: {name: {get_param: external_network}}\n",
        "warning: components/login.yaml:51:16: Neutron refuses the floating IP: router 'router' has no external "
        "gateway (give router external_gateway_info: {network: ...}) [service-refusal]",
    ),
    "a resource of the template around a nested one": Mistake(
        NODE,
        "- network: {get_param: network}\n",
        "- network: {get_param: network}\n          subnet: {get_resource: subnet}\n",
        "error: nested/node.yaml:20:34: there is no resource 'subnet' (it is outside of this nested template: declare "
        "a parameter here, and give it {get_resource: subnet}) [resource-reference]",
    ),
    "an attribute of a resource of the template around a nested one": Mistake(
        NODE,
        "outputs:\n",
        "outputs:\n  login: {value: {get_attr: [login_ip, floating_ip_address]}}\n",
        "error: nested/node.yaml:22:30: there is no resource 'login_ip' (it is outside of this nested template: "
        "declare a parameter here, and give it {get_attr: [login_ip, floating_ip_address]}) [resource-reference]",
    ),
    "a parameter of the template around a nested one": Mistake(
        NODE,
        "- network: {get_param: network}\n",
        "- network: {get_param: network}\n      metadata: {cluster: {get_param: clustername}}\n",
        "error: nested/node.yaml:20:39: there is no parameter 'clustername' (it is outside of this nested template: "
        "declare it here, too, and give it among the properties) [parameter-reference]",
    ),
    "a port that has another name by now": Mistake(
        LOGIN,
        "port_id: {get_resource: login_port}",
        "port_id: {get_resource: login_nic}",
        "error: components/login.yaml:51:31: there is no resource 'login_nic' (did you mean 'login_port'?) "
        "[resource-reference]",
    ),
    "a network that has another name by now": Mistake(
        LOGIN,
        "network: {get_resource: network}",
        "network: {get_resource: private}",
        "error: components/login.yaml:42:31: there is no resource 'private' (did you mean 'network'?) "
        "[resource-reference]",
    ),
    "a port of a server's that has another name by now": Mistake(
        LOGIN,
        "- port: {get_resource: login_port}",
        "- port: {if: [with_gpu, {get_resource: login_nic}, null]}",
        "warning: components/login.yaml:61:48: there is no resource 'login_nic'; only the launches that come to it "
        "fail (did you mean 'login_port'?) [conditional-mistake]",
    ),
    "a floating address that has another name by now": Mistake(
        LOGIN,
        "[login_ip, floating_ip_address]",
        "[public_address, floating_ip_address]",
        "error: components/login.yaml:73:24: there is no resource 'public_address' (did you mean 'login_ip'?) "
        "[resource-reference]",
    ),
    "a server that needs its own address": Mistake(
        LOGIN,
        "  login_node:\n    type: OS::Nova::Server\n    properties:\n",
        "  address:\n    type: OS::Heat::Value\n    properties: {value: {get_attr: [login_node, first_address]}}\n"
        "  login_node:\n    type: OS::Nova::Server\n    properties:\n"
        "      metadata: {address: {get_attr: [address, value]}}\n",
        "error: components/login.yaml:55:37: resources depend on each other in a circle: address -> login_node -> "
        "address (read it of the port: {get_attr: [login_port, fixed_ips, 0, ip_address]}) [dependency-cycle]",
    ),
    "a path for the text of a replacement": Mistake(
        LOGIN,
        "template: {get_file: ../user-data/login.sh}",
        "template: ../user-data/login.sh",
        "warning: components/login.yaml:65:21: the text is '../user-data/login.sh' itself, not what is in that file "
        "(write {get_file: ../user-data/login.sh}) [unknown-placeholder]",
    ),
    "a path for a script": Mistake(
        NODE,
        "      networks:\n",
        "      user_data: scripts/node.sh\n      networks:\n",
        "warning: nested/node.yaml:18:18: the text is 'scripts/node.sh' itself, not what is in that file (write "
        "{get_file: scripts/node.sh}) [path-as-text]",
    ),
    "a boolean that is compared with a text": Mistake(
        COMPUTE,
        "with_gpu: {get_param: use_gpu}",
        "with_gpu: {equals: [{get_param: use_gpu}, 'yes']}",
        "warning: components/compute.yaml:38:22: 'use_gpu' is a boolean, which never equals 'yes', so that this is "
        "always false (write {get_param: use_gpu}) [never-equal]",
    ),
    "a number that is compared with a text": Mistake(
        COMPUTE,
        "with_gpu: {get_param: use_gpu}",
        "with_gpu: {and: [{get_param: use_gpu}, {not: {equals: [{get_param: compute_count}, '1']}}]}",
        "warning: components/compute.yaml:38:57: 'compute_count' is a number, which never equals '1', so that this is "
        "always false (write the number without quotes) [never-equal]",
    ),
    "a list that is joined without its brackets": Mistake(
        LOGIN,
        "{list_join: ['-', [{get_param: clustername}, login]]}",
        "{list_join: ['-', {get_param: clustername}, login]}",
        "error: components/login.yaml:56:25: list_join wants a list: [separator, [text, ...], ...] (write what is "
        "joined in brackets of its own: ['-', [...]]) [function-arguments]",
    ),
    "a preset with the former name of a parameter": Mistake(
        DEFINITION,
        "parameters: {volume_size: 200}",
        "parameters: {disk_size: 200}",
        "error: cluster-type.yaml:37:18: the type asks for no parameter 'disk_size' (did you mean 'volume_size'?) "
        "[unknown-preset-parameter]",
    ),
    "a type of JSON schema in the definition": Mistake(
        DEFINITION,
        "presets:\n",
        "parameters:\n  volume_size: {type: integer}\n\npresets:\n",
        "error: cluster-type.yaml:35:23: 'type' must be string or number or comma_delimited_list or json or boolean, "
        "not 'integer' (did you mean 'number'?) [unknown-value]",
    ),
    "a section of the definition that is given twice": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 30\nhardcoded_parameters:\n  dns_nameservers: [1.1.1.1]\n",
        "error: cluster-type.yaml:33:1: the key 'hardcoded_parameters' is given twice (put all of it under the "
        "first, in line 5) [duplicate-key]",
    ),
    "a resource that is copied to where it is used": Mistake(
        LOGIN,
        "resources:\n",
        "resources:\n  network:\n    type: OS::Neutron::Net\n\n",
        "error: components/login.yaml:39:3: resource 'network' of 'login' is in 'network' too, at "
        "components/network.yaml:14 (remove it here: components share what they have) [duplicate-resource]",
    ),
    "a list of one network without its dash": Mistake(
        LOGIN,
        "        - port: {get_resource: login_port}",
        "        port: {get_resource: login_port}",
        "error: components/login.yaml:61:9: 'networks' of OS::Nova::Server must be a list (begin it with '- ', which "
        "makes it an item of a list) [property-type]",
    ),
}
"""Mistakes of the day: an indentation, a value in the place of its key, a number for a name, a wish for more."""
