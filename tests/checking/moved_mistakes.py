"""Mistakes with what is moved, renamed or quoted, each told of in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.checking.mistakes import COMPUTE, DEFINITION, LOGIN, NETWORK, Mistake

MISTAKES: Final[Mapping[str, Mistake]] = {
    "an expression for a condition": Mistake(
        COMPUTE,
        "with_gpu: {get_param: use_gpu}",
        "with_gpu: use_gpu == true",
        "error: components/compute.yaml:38:13: a condition must be true, false or a function, not a text "
        "[template-shape]",
    ),
    "properties of a member in the singular": Mistake(
        COMPUTE,
        "        properties:\n",
        "        property:\n",
        "error: components/compute.yaml:48:9: 'property' is no key of the members of a group (did you mean "
        "'properties'?) [unknown-resource-key]",
    ),
    "get_file in quotes": Mistake(
        LOGIN,
        "template: {get_file: ../user-data/login.sh}",
        "template: '{get_file: ../user-data/login.sh}'",
        "warning: components/login.yaml:65:21: get_file in quotes is the text itself (write it without them: "
        "{get_file: ../user-data/login.sh}) [unknown-placeholder]",
    ),
    "a file without get_": Mistake(
        LOGIN,
        "{get_file: ../user-data/login.sh}",
        "{file: ../user-data/login.sh}",
        "error: components/login.yaml:65:21: 'file' is no function (write {get_file: ../user-data/login.sh}) "
        "[function-arguments]",
    ),
    "parameters for params": Mistake(
        LOGIN,
        "          params:\n",
        "          parameters:\n",
        "error: components/login.yaml:65:11: str_replace wants a mapping of template and params, which is a "
        "mapping too (write params: for parameters:) [function-arguments]",
    ),
    "the name of a resource in a list": Mistake(
        LOGIN,
        "port_id: {get_resource: login_port}",
        "port_id: {get_resource: [login_port]}",
        "error: components/login.yaml:51:31: get_resource wants the name of a resource (write {get_resource: "
        "login_port}) [function-arguments]",
    ),
    "a type without OS": Mistake(
        LOGIN,
        "OS::Neutron::Port",
        "Neutron::Port",
        "error: components/login.yaml:40:11: Heat has no type 'Neutron::Port' of its own (did you mean "
        "'OS::Neutron::Port'?) [misspelt-resource-type]",
    ),
    "a type with single colons": Mistake(
        LOGIN,
        "OS::Neutron::Port",
        "OS:Neutron:Port",
        "error: components/login.yaml:40:11: Heat has no type 'OS:Neutron:Port' of its own (did you mean "
        "'OS::Neutron::Port'?) [misspelt-resource-type]",
    ),
    "a component for the name of one": Mistake(
        DEFINITION,
        "      name: storage",
        "      component: storage",
        "error: cluster-type.yaml:27:7: unknown key 'component', and the key 'name' is missing (write name: "
        "for component:) [unknown-key]",
    ),
    "a path for the name of a component": Mistake(
        DEFINITION,
        "  - name: compute\n",
        "  - name: components/compute.yaml\n",
        "error: cluster-type.yaml:9:11: components/components/compute.yaml.yaml: the file does not exist "
        "(did you mean 'compute'?) [missing-file]",
    ),
    "a cidr without its length": Mistake(
        NETWORK,
        "cidr: 10.60.0.0/24",
        "cidr: 10.60.0.0\n      allocation_pools: [{start: 10.60.0.9, end: 10.60.0.99}]",
        "warning: components/network.yaml:21:13: 'cidr' of OS::Neutron::Subnet must be a network in CIDR "
        "notation, such as 192.168.0.0/24 [property-constraint]",
    ),
    "a parameter with a title": Mistake(
        LOGIN,
        "    label: Image\n",
        "    title: Image\n",
        "error: components/login.yaml:24:5: 'title' is no key of a parameter (did you mean 'label'?) "
        "[unknown-parameter-key]",
    ),
    "a parameter that is required": Mistake(
        LOGIN,
        "    label: Image\n",
        "    label: Image\n    required: true\n",
        "error: components/login.yaml:25:5: 'required' is no key of a parameter (write no default, which "
        "makes it required) [unknown-parameter-key]",
    ),
    "a secret parameter": Mistake(
        LOGIN,
        "    hidden: true\n",
        "    sensitive: true\n",
        "error: components/login.yaml:20:5: 'sensitive' is no key of a parameter (did you mean 'hidden'?) "
        "[unknown-parameter-key]",
    ),
    "a minimum beside the type": Mistake(
        COMPUTE,
        "    default: 2\n",
        "    default: 2\n    minimum: 1\n",
        "error: components/compute.yaml:24:5: 'minimum' is no key of a parameter (write constraints: "
        "[{range: {min: 1}}]) [unknown-parameter-key]",
    ),
    "options beside the type": Mistake(
        COMPUTE,
        "    default: m1.large\n",
        "    default: m1.large\n    options: [m1.large]\n",
        "error: components/compute.yaml:17:5: 'options' is no key of a parameter (write constraints: "
        "[{allowed_values: ...}]) [unknown-parameter-key]",
    ),
    "an enum among the constraints": Mistake(
        LOGIN,
        "- allowed_pattern: '^[a-z][a-z0-9-]*$'",
        "- enum: [one, two]",
        "error: components/login.yaml:8:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (did you mean "
        "'allowed_values'?) [parameter-syntax]",
    ),
    "a regular expression among the constraints": Mistake(
        LOGIN,
        "- allowed_pattern:",
        "- regex:",
        "error: components/login.yaml:8:9: a constraint holds exactly one of modulo, range, length, "
        "allowed_values, allowed_pattern, custom_constraint, and a description (did you mean "
        "'allowed_pattern'?) [parameter-syntax]",
    ),
    "a secret parameter of the definition": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  image: {secret: true}\n\npresets:\n",
        "error: cluster-type.yaml:35:11: unknown key 'secret' (did you mean 'hidden'?) [unknown-key]",
    ),
    "an id as in Terraform": Mistake(
        LOGIN,
        "- port: {get_resource: login_port}",
        "- port: login_port.id",
        "warning: components/login.yaml:61:17: 'networks[0].port' of OS::Nova::Server is text, not the "
        "resource 'login_port' (write {get_resource: login_port}) [property-constraint]",
    ),
    "a picker by another name": Mistake(
        LOGIN,
        "custom_constraint: glance.image",
        "custom_constraint: nova.image",
        "warning: components/login.yaml:26:28: Heat has no custom constraint 'nova.image' of its own (did "
        "you mean 'glance.image'?) [unknown-custom-constraint]",
    ),
    "a value in small letters": Mistake(
        LOGIN,
        "user_data_format: RAW",
        "user_data_format: raw",
        "warning: components/login.yaml:62:25: 'user_data_format' of OS::Nova::Server must be one of: "
        "HEAT_CFNTOOLS, RAW, SOFTWARE_CONFIG (did you mean 'RAW'?) [property-constraint]",
    ),
    "a tag that includes a file": Mistake(
        LOGIN,
        "{get_file: ../user-data/login.sh}",
        "!include ../user-data/login.sh",
        "error: components/login.yaml:65:21: the tag !include has no meaning here (write {get_file: "
        "../user-data/login.sh}) [yaml-tag]",
    ),
}
