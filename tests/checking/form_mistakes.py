"""Mistakes in the form in which something is written, each told of in one line: texts for calls, lists for mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tests.checking.mistakes import COMPUTE, DEFINITION, LOGIN, NODE, Mistake

ADDRESS: Final = "{get_attr: [login_ip, floating_ip_address]}"

MISTAKES: Final[Mapping[str, Mistake]] = {
    "a parameter's name for the number of members": Mistake(
        COMPUTE,
        "count: {get_param: compute_count}",
        "count: compute_count",
        "error: components/compute.yaml:45:14: 'count' of OS::Heat::ResourceGroup must be a whole number (write "
        "{get_param: compute_count}) [property-type]",
    ),
    "a parameter's name for a condition": Mistake(
        COMPUTE,
        "with_gpu: {get_param: use_gpu}",
        "with_gpu: use_gpu",
        "error: components/compute.yaml:38:13: a condition must be true, false or a function, not a text (write "
        "{get_param: use_gpu}) [template-shape]",
    ),
    "a member in a list": Mistake(
        COMPUTE,
        "      resource_def:\n        type:",
        "      resource_def:\n      - type:",
        "error: components/compute.yaml:47:7: 'resource_def' of OS::Heat::ResourceGroup must be a mapping (write it "
        "without the '- ', which makes it an item of a list) [property-type]",
    ),
    "a member in two items of a list": Mistake(
        COMPUTE,
        "        type: ../nested/node.yaml\n        properties:\n",
        "      - type: ../nested/node.yaml\n      - properties:\n",
        "error: components/compute.yaml:47:7: 'resource_def' of OS::Heat::ResourceGroup must be a mapping (write it "
        "without the '- ', which makes it an item of a list) [property-type]",
    ),
    "a call within a text": Mistake(
        LOGIN,
        ADDRESS,
        f"'https://{ADDRESS}/'",
        f"warning: components/login.yaml:73:12: Heat does not replace '{ADDRESS}' here (write {{list_join: ['', "
        f"['https://', {ADDRESS}, '/']]}}) [unknown-function]",
    ),
    "a cloud-config with a blank in its first line": Mistake(
        NODE,
        "      networks:\n",
        "      user_data: |\n        # cloud-config\n        packages: [slurm-wlm]\n      networks:\n",
        "warning: nested/node.yaml:18:18: cloud-init takes no text for a cloud-config "
        "that begins with '# cloud-config' (begin it with #cloud-config) [cloud-config-header]",
    ),
    "a comment above the first line of a script": Mistake(
        NODE,
        "      networks:\n",
        "      user_data: |\n        # For all nodes.\n\n        #!/bin/bash\n        dnf update\n      networks:\n",
        "warning: nested/node.yaml:18:18: cloud-init does not run this: a comment stands above '#!/bin/bash' (begin it "
        "with #!/bin/bash) [cloud-config-header]",
    ),
    "a comment above the first line of a script that is included": Mistake(
        "user-data/login.sh",
        "#!/bin/bash\n",
        "# Of the login node.\n#!/bin/bash\n",
        "warning: components/login.yaml:65:32: cloud-init does not run user-data/login.sh: a comment stands above "
        "'#!/bin/bash' (begin the file with #!/bin/bash) [cloud-config-header]",
    ),
    "a network of the components in the members' template, which is given it": Mistake(
        NODE,
        "- network: {get_param: network}",
        "- network: {get_resource: subnet}",
        "error: nested/node.yaml:19:35: there is no resource 'subnet' (it is outside of this nested template: write "
        "{get_param: network}) [resource-reference]",
    ),
    "a group that is switched by the name of no component": Mistake(
        DEFINITION,
        "      name: storage\n",
        "      name: disk\n",
        "error: cluster-type.yaml:27:13: no optional component is named 'disk' (name one that is: 'storage') "
        "[unknown-optional-component]",
    ),
    "a cloud-config as a script": Mistake(
        NODE,
        "      networks:\n",
        "      user_data: |\n        #!cloud-config\n        packages: [slurm-wlm]\n      networks:\n",
        "warning: nested/node.yaml:18:18: cloud-init takes no text for a cloud-config "
        "that begins with '#!cloud-config' (begin it with #cloud-config) [cloud-config-header]",
    ),
    "a range of an override without its constraints": Mistake(
        DEFINITION,
        "presets:\n",
        "parameter_overrides:\n  volume_size: {range: {min: 10, max: 50}}\n\npresets:\n",
        "error: cluster-type.yaml:35:17: unknown key 'range' (write it below constraints: - range: ...) [unknown-key]",
    ),
    "values for the parameters of a preset": Mistake(
        DEFINITION,
        "    parameters: {volume_size: 200}\n",
        "    values: {volume_size: 200}\n",
        "error: cluster-type.yaml:37:5: unknown key 'values' (write parameters: for values:) [unknown-key]",
    ),
    "a call for what is depended on": Mistake(
        COMPUTE,
        "depends_on: router_interface",
        "depends_on: {get_resource: router_interface}",
        "error: components/compute.yaml:43:17: depends_on must be the name of a resource or a list of names "
        "[template-shape]",
    ),
    "a component before what is depended on": Mistake(
        COMPUTE,
        "depends_on: router_interface",
        "depends_on: network.router_interface",
        "error: components/compute.yaml:43:17: there is no resource 'network.router_interface' (did you mean "
        "'router_interface'?) [resource-reference]",
    ),
    "a file for the name of a component": Mistake(
        DEFINITION,
        "  - name: compute\n",
        "  - file: compute\n",
        "error: cluster-type.yaml:9:5: unknown key 'file', and the key 'name' is missing (write name: for file:) "
        "[unknown-key]",
    ),
    "a content for the text of instructions": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 30\ninstructions:\n  - id: login\n    title: Log in\n    content: By ssh.\n",
        "error: cluster-type.yaml:8:5: unknown key 'content', and the key 'text' is missing (write text: for content:) "
        "[unknown-key]",
    ),
    "a successor that nobody knows of a type that is not deprecated": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 30\nreplaced_by: slurm-2\n",
        "warning: cluster-type.yaml:5:14: the type is neither deprecated nor retired, so that nobody is told "
        "what replaces it (add lifecycle: deprecated, or remove replaced_by) [untold-successor]",
    ),
    "a successor of a type whose lifecycle is misspelt": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 30\nlifecycle: deprecatd\nreplaced_by: slurm-2\n",
        "error: cluster-type.yaml:5:12: 'lifecycle' must be experimental or active or deprecated or retired, "
        "not 'deprecatd' (did you mean 'deprecated'?) [unknown-value]",
    ),
    "a successor beside a lifecycle that is misspelt": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 30\nlifecyle: deprecated\nreplaced_by: slurm-2\n",
        "error: cluster-type.yaml:5:1: unknown key 'lifecyle' (did you mean 'lifecycle'?) [unknown-key]",
    ),
    "a stage of the lifecycle as a key": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 30\ndeprecated: true\nreplaced_by: slurm-2\n",
        "error: cluster-type.yaml:5:1: unknown key 'deprecated' (write lifecycle: deprecated) [unknown-key]",
    ),
    "a successor that nobody knows": Mistake(
        DEFINITION,
        "order: 30\n",
        "order: 30\nlifecycle: deprecated\nreplaced_by: slurm-2\n",
        "warning: cluster-type.yaml:6:14: there is no cluster type 'slurm-2' to replace this one (write the id "
        "of one that is listed: the name of its file or folder) [unknown-successor]",
    ),
}
