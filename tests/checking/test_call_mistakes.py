"""Mistakes in how calls of functions are written, each told of in one line: texts for calls, and what calls lack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from tests.checking.mistakes import COMPUTE, LOGIN, NETWORK, NODE, Mistake
from tests.definitions.texts import build, find_rules

KEY: Final = "key_name: {get_param: key_name}"
IMAGE: Final = "image: {get_param: image}"
NAME: Final = "name: {list_join: ['-', [{get_param: clustername}, login]]}"
NETWORK_OF_PORT: Final = "      network: {get_resource: network}"
ADDRESS: Final = "value: {get_attr: [login_ip, floating_ip_address]}"
SWITCH: Final = "with_gpu: {get_param: use_gpu}"
TEMPLATE: Final = "template: {get_file: ../user-data/login.sh}"
NETWORKS: Final = "      networks:\n        - network: {get_param: network}\n"

DRIVER: Final = "    value: {if: [with_gpu, nvidia, none]}"
CONDITION: Final = f"  {SWITCH}"
TEXT: Final = f"          {TEMPLATE}\n"
PARAMS: Final = "            __CLUSTER__: {get_param: clustername}\n            __MUNGE_KEY__: {get_param: munge_key}\n"
REPLACEMENT: Final = f"{TEXT}          params:\n{PARAMS}"

BARE: Final[Mapping[str, Mistake]] = {
    "a parameter": Mistake(
        LOGIN,
        KEY,
        "key_name: get_param key_name",
        "warning: components/login.yaml:59:17: 'get_param key_name' is plain data here (write {get_param: key_name}) "
        "[unknown-function]",
    ),
    "a parameter of a nested template": Mistake(
        NODE,
        KEY,
        "key_name: get_param key_name",
        "warning: nested/node.yaml:17:17: 'get_param key_name' is plain data here (write {get_param: key_name}) "
        "[unknown-function]",
    ),
    "a parameter in parentheses": Mistake(
        LOGIN,
        KEY,
        "key_name: get_param('key_name')",
        "warning: components/login.yaml:59:17: \"get_param('key_name')\" is plain data here (write {get_param: "
        "key_name}) [unknown-function]",
    ),
    "a parameter after a dot": Mistake(
        LOGIN,
        KEY,
        "key_name: get_param.key_name",
        "warning: components/login.yaml:59:17: 'get_param.key_name' is plain data here (write {get_param: key_name}) "
        "[unknown-function]",
    ),
    "a parameter in a list": Mistake(
        LOGIN,
        KEY,
        "key_name: [get_param, key_name]",
        "error: components/login.yaml:59:17: 'key_name' of OS::Nova::Server must be a text (write {get_param: "
        "key_name}) [property-type]",
    ),
    "a parameter for a number": Mistake(
        COMPUTE,
        "count: {get_param: compute_count}",
        "count: get_param compute_count",
        "error: components/compute.yaml:45:14: 'count' of OS::Heat::ResourceGroup must be a whole number (write "
        "{get_param: compute_count}) [property-type]",
    ),
    "a parameter for a list": Mistake(
        NETWORK,
        "dns_nameservers: {get_param: dns_nameservers}",
        "dns_nameservers: get_param dns_nameservers",
        "error: components/network.yaml:22:24: 'dns_nameservers' of OS::Neutron::Subnet must be a list (write "
        "{get_param: dns_nameservers}) [property-type]",
    ),
    "a parameter among what is joined": Mistake(
        COMPUTE,
        "[{get_param: clustername}, node, '%index%']",
        "[get_param clustername, node, '%index%']",
        "warning: components/compute.yaml:49:36: 'get_param clustername' is plain data here (write {get_param: "
        "clustername}) [unknown-function]",
    ),
    "a parameter for a placeholder": Mistake(
        LOGIN,
        "__MUNGE_KEY__: {get_param: munge_key}",
        "__MUNGE_KEY__: get_param munge_key",
        "warning: components/login.yaml:68:28: 'get_param munge_key' is plain data here (write {get_param: munge_key}) "
        "[unknown-function]",
    ),
    "a parameter in a branch": Mistake(
        COMPUTE,
        "flavor: {get_param: compute_flavor}",
        "flavor: {if: [with_gpu, g1.large, get_param compute_flavor]}",
        "warning: components/compute.yaml:51:45: 'get_param compute_flavor' is plain data here (write {get_param: "
        "compute_flavor}) [unknown-function]",
    ),
    "a parameter for a condition": Mistake(
        COMPUTE,
        SWITCH,
        "with_gpu: get_param use_gpu",
        "error: components/compute.yaml:38:13: a condition must be true, false or a function, not a text (write "
        "{get_param: use_gpu}) [template-shape]",
    ),
    "a parameter for the condition of an output": Mistake(
        COMPUTE,
        "    value: {if: [with_gpu, nvidia, none]}",
        "    condition: get_param use_gpu\n    value: nvidia",
        "error: components/compute.yaml:61:16: a condition must be a name, true, false or a function (write "
        "{get_param: use_gpu}) [template-shape]",
    ),
    "a resource": Mistake(
        LOGIN,
        NETWORK_OF_PORT,
        "      network: get_resource network",
        "warning: components/login.yaml:42:16: 'get_resource network' is plain data here (write {get_resource: "
        "network}) [unknown-function]",
    ),
    "an attribute": Mistake(
        LOGIN,
        ADDRESS,
        "value: get_attr login_ip floating_ip_address",
        "warning: components/login.yaml:73:12: 'get_attr login_ip floating_ip_address' is plain data here (write "
        "{get_attr: [login_ip, floating_ip_address]}) [unknown-function]",
    ),
    "an attribute in brackets": Mistake(
        LOGIN,
        ADDRESS,
        "value: get_attr [login_ip, floating_ip_address]",
        "warning: components/login.yaml:73:12: 'get_attr [login_ip, floating_ip_address]' is plain data here (write "
        "{get_attr: [login_ip, floating_ip_address]}) [unknown-function]",
    ),
    "an if in brackets": Mistake(
        COMPUTE,
        "value: {if: [with_gpu, nvidia, none]}",
        "value: if [with_gpu, nvidia, none]",
        "warning: components/compute.yaml:61:12: 'if [with_gpu, nvidia, none]' is plain data here (write {if: "
        "[with_gpu, nvidia, none]}) [unknown-function]",
    ),
    "a file for the text of a replacement": Mistake(
        LOGIN,
        TEMPLATE,
        "template: get_file ../user-data/login.sh",
        "warning: components/login.yaml:65:21: 'get_file ../user-data/login.sh' is plain data here (write {get_file: "
        "../user-data/login.sh}) [unknown-placeholder]",
    ),
    "a file for a script": Mistake(
        NODE,
        NETWORKS,
        f"{NETWORKS}      user_data: get_file ../user-data/node.sh\n",
        "warning: nested/node.yaml:20:18: 'get_file ../user-data/node.sh' is plain data here (write {get_file: "
        "../user-data/node.sh}) [unknown-function]",
    ),
    "a file in quotes for a script": Mistake(
        NODE,
        NETWORKS,
        f"{NETWORKS}      user_data: '{{get_file: ../user-data/node.sh}}'\n",
        "warning: nested/node.yaml:20:18: '{get_file: ../user-data/node.sh}' is plain data here (the quotes make it a "
        "text: write it without them) [unknown-function]",
    ),
    "a file for a configuration": Mistake(
        NETWORK,
        "resources:\n",
        "resources:\n  setup: {type: OS::Heat::SoftwareConfig, properties: {config: get_file(../setup.sh)}}\n",
        "warning: components/network.yaml:14:64: 'get_file(../setup.sh)' is plain data here (write {get_file: "
        "../setup.sh}) [unknown-function]",
    ),
}
"""Calls without their colon and braces, which Heat takes for texts."""

FOREIGN: Final[Mapping[str, Mistake]] = {
    "a variable of Terraform's": Mistake(
        LOGIN,
        IMAGE,
        "image: var.image",
        "warning: components/login.yaml:57:14: Heat does not replace 'var.image' here (write {get_param: image}) "
        "[unknown-function]",
    ),
    "a variable of Terraform's for a flavor": Mistake(
        LOGIN,
        "flavor: {get_param: login_flavor}",
        "flavor: var.login_flavour",
        "warning: components/login.yaml:58:15: Heat does not replace 'var.login_flavour' here (write {get_param: "
        "login_flavor}) [unknown-function]",
    ),
    "a variable of Terraform's in a text": Mistake(
        LOGIN,
        IMAGE,
        "image: ${var.image}",
        "warning: components/login.yaml:57:14: Heat does not replace '${var.image}' here (write {get_param: image}) "
        "[unknown-function]",
    ),
    "a variable of Terraform's in a nested template": Mistake(
        NODE,
        IMAGE,
        "image: ${var.image}",
        "warning: nested/node.yaml:15:14: Heat does not replace '${var.image}' here (write {get_param: image}) "
        "[unknown-function]",
    ),
    "a variable of Terraform's as a part of a text": Mistake(
        LOGIN,
        NAME,
        "name: ${var.clustername}-login",
        "warning: components/login.yaml:56:13: Heat does not replace '${var.clustername}' here (write {list_join: ['', "
        "[{get_param: clustername}, '-login']]}) [unknown-function]",
    ),
    "a variable of a shell": Mistake(
        LOGIN,
        IMAGE,
        "image: $image",
        "warning: components/login.yaml:57:14: Heat does not replace '$image' here (write {get_param: image}) "
        "[unknown-function]",
    ),
    "a value of Helm's": Mistake(
        LOGIN,
        IMAGE,
        "image: '{{ .Values.image }}'",
        "warning: components/login.yaml:57:14: '{{ .Values.image }}' is Jinja's; here it is plain data (write "
        "{get_param: image}) [unknown-function]",
    ),
    "the id of a resource in a text": Mistake(
        LOGIN,
        NETWORK_OF_PORT,
        "      network: ${network.id}",
        "warning: components/login.yaml:42:16: 'network' of OS::Neutron::Port is text, not the resource 'network' "
        "(write {get_resource: network}) [property-constraint]",
    ),
    "the id of a resource, after its type": Mistake(
        LOGIN,
        NETWORK_OF_PORT,
        "      network: openstack_networking_network_v2.network.id",
        "warning: components/login.yaml:42:16: 'network' of OS::Neutron::Port is text, not the resource 'network' "
        "(write {get_resource: network}) [property-constraint]",
    ),
    "an attribute": Mistake(
        LOGIN,
        ADDRESS,
        "value: login_ip.floating_ip_address",
        "warning: components/login.yaml:73:12: Heat does not replace 'login_ip.floating_ip_address' here (write "
        "{get_attr: [login_ip, floating_ip_address]}) [unknown-function]",
    ),
    "an attribute by its name there": Mistake(
        LOGIN,
        ADDRESS,
        "value: ${openstack_networking_floatingip_v2.login_ip.address}",
        "warning: components/login.yaml:73:12: Heat does not replace "
        "'${openstack_networking_floatingip_v2.login_ip.address}' here (write {get_attr: [login_ip, "
        "floating_ip_address]}) [unknown-function]",
    ),
}
"""Parameters and resources as other tools refer to them."""

BRANCHES: Final[Mapping[str, Mistake]] = {
    "an if without its condition": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: [nvidia, none]}",
        "error: components/compute.yaml:61:18: there is no condition 'nvidia' (write the condition first: "
        "[with_gpu, nvidia, none]) [condition-reference]",
    ),
    "an if whose condition is the last": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: [nvidia, none, with_gpu]}",
        "error: components/compute.yaml:61:18: there is no condition 'nvidia' (write the condition first: "
        "[with_gpu, nvidia, none]) [condition-reference]",
    ),
    "an if of a condition alone": Mistake(
        COMPUTE,
        "flavor: {get_param: compute_flavor}",
        "flavor: {if: with_gpu}",
        "error: components/compute.yaml:51:24: if wants a list: [condition, value if true, value if false] "
        "[function-arguments]",
    ),
    "an if with a text for its list": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: 'with_gpu, nvidia, none'}",
        "error: components/compute.yaml:61:17: if wants a list: [condition, value if true, value if false] "
        "(write [with_gpu, nvidia, none]) [function-arguments]",
    ),
    "an if with words for its list": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: with_gpu nvidia none}",
        "error: components/compute.yaml:61:17: if wants a list: [condition, value if true, value if false] "
        "(write [with_gpu, nvidia, none]) [function-arguments]",
    ),
    "an if with a text for its list, for a property": Mistake(
        COMPUTE,
        "flavor: {get_param: compute_flavor}",
        "flavor: {if: with_gpu g1.large m1.large}",
        "error: components/compute.yaml:51:24: if wants a list: [condition, value if true, value if false] "
        "(write [with_gpu, g1.large, m1.large]) [function-arguments]",
    ),
    "an if with brackets around its list": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: [[with_gpu, nvidia, none]]}",
        "error: components/compute.yaml:61:17: if wants a list: [condition, value if true, value if false] "
        "(leave the outer brackets out) [function-arguments]",
    ),
    "an if with then and else": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: {condition: with_gpu, then: nvidia, else: none}}",
        "error: components/compute.yaml:61:17: if wants a list: [condition, value if true, value if false] "
        "(write [with_gpu, nvidia, none]) [function-arguments]",
    ),
    "an if with then and else beside it": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: with_gpu, then: nvidia, else: none}",
        "warning: components/compute.yaml:61:12: if is no call beside further keys; here it is plain data "
        "(write a list: {if: [with_gpu, nvidia, none]}) [unknown-function]",
    ),
}

CONDITIONS: Final[Mapping[str, Mistake]] = {
    "a text for a condition": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {get_param: image}",
        "error: components/compute.yaml:38:25: only a boolean parameter can be a condition, and 'image' is "
        "none (did you mean 'use_gpu'? Else write equals: [{get_param: image}, ...], or type: boolean) "
        "[template-shape]",
    ),
    "a number for a condition": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {get_param: compute_count}",
        "error: components/compute.yaml:38:25: only a boolean parameter can be a condition, and "
        "'compute_count' is none (did you mean 'use_gpu'? Else write equals: [{get_param: compute_count}, "
        "...], or type: boolean) [template-shape]",
    ),
    "an item of a list for a condition": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {get_param: [partitions, 0]}",
        "error: components/compute.yaml:38:25: only a boolean parameter can be a condition, and 'partitions' "
        "is none (did you mean 'use_gpu'? Else write equals: [{get_param: partitions}, ...], or type: boolean) "
        "[template-shape]",
    ),
    "a part of what is true or false": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {get_param: [use_gpu, 0]}",
        "error: components/compute.yaml:38:25: 'use_gpu' is true or false, and has no parts (write {get_param: "
        "use_gpu}) [template-shape]",
    ),
    "a text that is negated": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {not: {get_param: image}}",
        "error: components/compute.yaml:38:31: only a boolean parameter can be a condition, and 'image' is "
        "none (did you mean 'use_gpu'? Else write equals: [{get_param: image}, ...], or type: boolean) "
        "[template-shape]",
    ),
    "a text among conditions": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {and: [{get_param: image}, true]}",
        "error: components/compute.yaml:38:32: only a boolean parameter can be a condition, and 'image' is "
        "none (did you mean 'use_gpu'? Else write equals: [{get_param: image}, ...], or type: boolean) "
        "[template-shape]",
    ),
    "a text for the condition of an if": Mistake(
        COMPUTE,
        DRIVER,
        "    value: {if: [{get_param: image}, nvidia, none]}",
        "error: components/compute.yaml:61:30: only a boolean parameter can be a condition, and 'image' is "
        "none (did you mean 'use_gpu'? Else write equals: [{get_param: image}, ...], or type: boolean) "
        "[template-shape]",
    ),
    "a parameter that nobody declares": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {get_param: gpus}",
        "error: components/compute.yaml:38:25: there is no parameter 'gpus' (did you mean 'use_gpu'?) "
        "[parameter-reference]",
    ),
    "a parameter that nobody declares, which is compared": Mistake(
        COMPUTE,
        CONDITION,
        "  with_gpu: {equals: [{get_param: gpus}, true]}",
        "error: components/compute.yaml:38:35: there is no parameter 'gpus' (did you mean 'use_gpu'?) "
        "[parameter-reference]",
    ),
}

REPLACEMENTS: Final[Mapping[str, Mistake]] = {
    "a replacement without params": Mistake(
        LOGIN,
        REPLACEMENT,
        TEXT,
        "error: components/login.yaml:65:11: str_replace has no params (write what is put for each placeholder "
        "of the text below params:) [function-arguments]",
    ),
    "a replacement with empty params": Mistake(
        LOGIN,
        REPLACEMENT,
        f"{TEXT}          params:\n",
        "error: components/login.yaml:65:11: str_replace has no params (write what is put for each placeholder "
        "of the text below params:) [function-arguments]",
    ),
    "a replacement with what belongs into params": Mistake(
        LOGIN,
        "          params:\n" + PARAMS,
        PARAMS.replace(" " * 12, " " * 10),
        "error: components/login.yaml:66:24: str_replace has no params (write params: above __CLUSTER__, and "
        "indent them below that) [function-arguments]",
    ),
    "a replacement with its params beside it": Mistake(
        LOGIN,
        "          params:\n",
        "        params:\n",
        "error: components/login.yaml:64:9: 'user_data' of OS::Nova::Server must be a text (indent params "
        "further) [property-type]",
    ),
    "a replacement without template": Mistake(
        LOGIN,
        TEXT,
        "",
        "error: components/login.yaml:65:11: str_replace has no template (add template: with the text) "
        "[function-arguments]",
    ),
    "a replacement of a file alone": Mistake(
        LOGIN,
        f"        str_replace:\n{REPLACEMENT}",
        "        str_replace: {get_file: ../user-data/login.sh}\n",
        "error: components/login.yaml:64:22: str_replace has no template (write template: before it) "
        "[function-arguments]",
    ),
}

MISTAKES: Final = {
    **{f"bare: {name}": each for name, each in BARE.items()},
    **{f"foreign: {name}": each for name, each in FOREIGN.items()},
    **BRANCHES,
    **CONDITIONS,
    **REPLACEMENTS,
}


@pytest.mark.parametrize(
    "value",
    [
        "get_file.sh",
        "get_param is what reads a parameter",
        "get_param_count 3",
        "if [ -e /etc/motd ]",
        "if [a, b]",
        "list_join of texts",
        "variable.size",
        "var.log",
        "s.local",
        "$size.example.org is a host",
        "'[a, b]'",
        "'note: the size'",
    ],
)
def test_a_text_that_is_meant_as_one(value: str) -> None:
    definition = f"""\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {{size: {{type: string}}}}
  resources:
    s: {{type: OS::Heat::Value, properties: {{value: {value}}}}}
    t: {{type: OS::Heat::Value, properties: {{value: {{get_param: size}}}}}}
  outputs: {{text: {{value: {value}}}}}
"""
    assert "unknown-function" not in find_rules(build(definition))


def test_a_description_may_tell_of_a_call() -> None:
    definition = """\
heat_template:
  heat_template_version: 2021-04-16
  resources:
    g: {type: OS::Neutron::SecurityGroup, properties: {description: get_param size}}
"""
    assert "unknown-function" not in find_rules(build(definition))
