"""Mistakes in texts that servers run and people read, each told of in one line: scripts, and what is put into texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.checking.examples import check
from tests.checking.mistakes import LOGIN, NODE, Mistake
from tests.definitions.texts import build

SERVER: Final = "      networks:\n        - network: {get_param: network}\n"
FILE: Final = "template: {get_file: ../user-data/login.sh}\n"
SCRIPT: Final = "user-data/login.sh"
ADDRESS: Final = "    value: {get_attr: [login_ip, floating_ip_address]}\n"
LINK: Final = """\
    value:
      str_replace:
        template: {}
        params: {{ADDRESS: {{get_attr: [login_ip, floating_ip_address]}}}}
"""

MISTAKES: Final[Mapping[str, Mistake]] = {
    "a script that is folded": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data: >\n        #!/bin/bash\n        set -e\n\n        systemctl start slurmd\n",
        "warning: nested/node.yaml:20:18: '>' joins the lines of the script, and all of them are a comment then "
        "(write '|' for '>') [folded-script]",
    ),
    "a cloud-config that is folded": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data: >-\n        #cloud-config\n        packages: [slurm-wlm]\n",
        "warning: nested/node.yaml:20:18: '>' joins the lines of the script, and all of them are a comment then "
        "(write '|' for '>') [folded-script]",
    ),
    "a script that is folded, for a replacement": Mistake(
        LOGIN,
        FILE,
        "template: >\n            #!/bin/bash\n            echo __CLUSTER__ __MUNGE_KEY__\n",
        "warning: components/login.yaml:65:21: '>' joins the lines of the script, and all of them are a comment "
        "then (write '|' for '>') [folded-script]",
    ),
    "a here-document that is closed in the first column, in a nested template": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data: |\n        #!/bin/bash\n        cat >/etc/motd <<EOF\n        Hello.\nEOF\n        "
        f"systemctl start slurmd\n",
        "error: nested/node.yaml:24:1: not valid YAML: the text that begins in line 21 ends here, as this line is "
        "indented less (indent it as the rest of the text, of which YAML takes the indentation away) [yaml-syntax]",
    ),
    "a here-document that is closed in the first column, at the end of a script": Mistake(
        LOGIN,
        FILE,
        "template: |\n            #!/bin/bash\n            cat >/etc/motd <<EOF\n            __CLUSTER__ "
        "__MUNGE_KEY__\nEOF\n",
        "error: components/login.yaml:69:1: not valid YAML: the text that begins in line 66 ends here, as this line is "
        "indented less (indent it as the rest of the text, of which YAML takes the indentation away) [yaml-syntax]",
    ),
    "a script without a sign": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data:\n        #!/bin/bash\n        set -e\n        systemctl start slurmd\n",
        "warning: nested/node.yaml:22:9: the first line of the script is a comment to YAML, and the others are read "
        "as YAML (put '|' after 'user_data:', and the whole script on the lines below) [commented-script]",
    ),
    "a script that begins on the line of its key": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data: #!/bin/bash\n        set -e\n        systemctl start slurmd\n",
        "warning: nested/node.yaml:21:9: the first line of the script is a comment to YAML, and the others are read "
        "as YAML (put '|' after 'user_data:', and the whole script on the lines below) [commented-script]",
    ),
    "a script that is a comment": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data: #!/bin/bash\n",
        "warning: nested/node.yaml:20:17: the script is a comment to YAML, and nothing is left of it (put '|' after "
        "'user_data:', and the whole script on the lines below) [commented-script]",
    ),
    "a script that is a comment, for a replacement": Mistake(
        LOGIN,
        FILE,
        "template: #!/bin/bash\n",
        "error: components/login.yaml:65:20: the template of str_replace is empty (put '|' after 'template:', and "
        "the whole script on the lines below) [function-arguments]",
    ),
    "a cloud-config that is a mapping": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data:\n        packages: [slurm-wlm]\n        runcmd: [systemctl start slurmd]\n",
        "error: nested/node.yaml:21:9: 'user_data' of OS::Nova::Server must be a text (put '|' after 'user_data:', "
        "and '#cloud-config' on the line below) [property-type]",
    ),
    "a cloud-config that is a mapping below its first line": Mistake(
        NODE,
        SERVER,
        f"{SERVER}      user_data:\n        #cloud-config\n        packages: [slurm-wlm]\n",
        "error: nested/node.yaml:22:9: 'user_data' of OS::Nova::Server must be a text (put '|' after 'user_data:', "
        "and '#cloud-config' on the line below) [property-type]",
    ),
    "a placeholder that the file lacks": Mistake(
        LOGIN,
        "__MUNGE_KEY__: {",
        "__MUNGE_SECRET__: {",
        "warning: components/login.yaml:68:13: user-data/login.sh does not contain '__MUNGE_SECRET__', which "
        "str_replace replaces there (did you mean '__MUNGE_KEY__'?) [unknown-placeholder]",
    ),
    "a placeholder that the file lacks, strictly": Mistake(
        LOGIN,
        f"str_replace:\n          {FILE}          params:\n            __CLUSTER__:",
        f"str_replace_strict:\n          {FILE}          params:\n            __CLUSTERS__:",
        "error: components/login.yaml:67:13: user-data/login.sh does not contain '__CLUSTERS__', which "
        "str_replace_strict replaces there (did you mean '__CLUSTER__'?) [missing-placeholder]",
    ),
    "a placeholder as a variable of a shell": Mistake(
        LOGIN,
        ADDRESS,
        LINK.format("https://${ADDRESS}/"),
        "warning: components/login.yaml:75:19: str_replace replaces ADDRESS alone in '${ADDRESS}', and the signs "
        "around it stay in the text (write ADDRESS in the text, or name it '${ADDRESS}' in params) "
        "[wrapped-placeholder]",
    ),
    "a placeholder as of Jinja": Mistake(
        LOGIN,
        ADDRESS,
        LINK.format("'https://{{ ADDRESS }}/'"),
        "warning: components/login.yaml:75:19: str_replace replaces ADDRESS alone in '{{ ADDRESS }}', and the signs "
        "around it stay in the text (write ADDRESS in the text, or name it '{{ ADDRESS }}' in params) "
        "[wrapped-placeholder]",
    ),
    "a placeholder in angle brackets": Mistake(
        LOGIN,
        ADDRESS,
        LINK.format("ssh root@<ADDRESS>"),
        "warning: components/login.yaml:75:19: str_replace replaces ADDRESS alone in '<ADDRESS>', and the signs "
        "around it stay in the text (write ADDRESS in the text, or name it '<ADDRESS>' in params) "
        "[wrapped-placeholder]",
    ),
    "a placeholder in braces": Mistake(
        LOGIN,
        ADDRESS,
        LINK.format("https://{ADDRESS}/"),
        "warning: components/login.yaml:75:19: str_replace replaces ADDRESS alone in '{ADDRESS}', and the signs "
        "around it stay in the text (write ADDRESS in the text, or name it '{ADDRESS}' in params) "
        "[wrapped-placeholder]",
    ),
    "a link to a list of addresses": Mistake(
        LOGIN,
        "outputs:\n",
        "outputs:\n  web_access:\n    value: {list_join: ['', ['https://', {get_attr: [login_port, fixed_ips]}, /]]}\n",
        "warning: components/login.yaml:72:12: get_attr gives a list, of which Heat makes JSON, and web_access wants "
        "one address (write [login_port, fixed_ips, 0, ip_address]) [web-access-output]",
    ),
    "a link to the addresses of a server in a network": Mistake(
        LOGIN,
        "outputs:\n",
        "outputs:\n  web_access:\n    value: {str_replace: {template: 'https://IP/', "
        "params: {IP: {get_attr: [login_node, networks, private]}}}}\n",
        "warning: components/login.yaml:72:12: get_attr gives a list, of which Heat makes JSON, and web_access wants "
        "one address (write [login_node, networks, private, 0]) [web-access-output]",
    ),
    "placeholders as variables in a script": Mistake(
        LOGIN,
        FILE,
        "template: |\n            #!/bin/bash\n            echo ${__CLUSTER__} $__MUNGE_KEY__ __CLUSTER__\n",
        "warning: components/login.yaml:65:21: str_replace replaces __CLUSTER__ alone in '${__CLUSTER__}', and the "
        "signs around it stay in the text, as in '$__MUNGE_KEY__' (write __CLUSTER__ in the text, or name it "
        "'${__CLUSTER__}' in params) [wrapped-placeholder]",
    ),
    "a placeholder as a variable in the file": Mistake(
        SCRIPT,
        "'__MUNGE_KEY__'",
        '"$__MUNGE_KEY__"',
        "warning: components/login.yaml:68:13: str_replace replaces __MUNGE_KEY__ alone in '$__MUNGE_KEY__', and the "
        "signs around it stay in the text (write __MUNGE_KEY__ in user-data/login.sh, or name it '$__MUNGE_KEY__' in "
        "params) [wrapped-placeholder]",
    ),
}


SCRIPTS: Final = """\
kind: heat
title: Scripts
description: Scripts that are read as they are meant.
instructions:
  - id: launch
    title: Launch
    text: >
      # A heading
      and what follows it
heat_template:
  heat_template_version: 2021-04-16
  parameters: {{clustername: {{type: string}}}}
  resources:
    network: {{type: OS::Neutron::Net}}
    router: {{type: OS::Neutron::Router}}
    setup:
      type: OS::Heat::SoftwareConfig
      properties:
        config: {}
"""


@pytest.mark.parametrize(
    "config",
    [
        "|\n          #!/bin/bash\n          ls",
        "|\n          cat >\n          # all of it\n          ls",
        ">\n          #!/bin/bash\n\n          ls",
        ">\n          apt-get install\n          slurm-wlm",
        '"#!/bin/bash\\n\\\n          ls"',
        "#!/bin/bash stands in the file\n          get_file: setup.sh",
        "# A script\n          |\n          #!/bin/bash\n          ls",
    ],
)
def test_a_script_that_is_read_as_it_is_written(config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "setup.sh").write_text("#!/bin/bash\n")
    (tmp_path / "scripts.yaml").write_text(SCRIPTS.format(config))
    monkeypatch.chdir(tmp_path)
    assert [str(problem) for problem in check("scripts.yaml").problems()] == []


@pytest.mark.parametrize(
    ("template", "params"),
    [
        ("https://ADDRESS/", "{ADDRESS: {get_param: clustername}}"),
        ("https://${ADDRESS}/", "{'${ADDRESS}': {get_param: clustername}}"),
        ("https://$ADDRESS/", "{$ADDRESS: {get_param: clustername}}"),
        ("${ADDRESS} is ADDRESS", "{'${ADDRESS}': {get_param: clustername}, ADDRESS: 10.0.0.1}"),
        ("echo ${ADDRESS}", "{ADDRESS: HOSTNAME}"),
        ("<ADDRESS>10.0.0.1</ADDRESS> '[a-z]{ADDRESS}'", "{ADDRESS: {get_param: clustername}}"),
        ("A cluster <ADDRESS>", "{ADDRESS: {get_param: clustername}}"),
        ("ADDRESS $HOME ${HOME} {{ home }}", "{ADDRESS: {get_param: clustername}}"),
        ("ADDRESS $$ADDRESS", "{ADDRESS: {get_param: clustername}}"),
    ],
)
def test_a_placeholder_that_is_replaced_as_it_is_meant(template: str, params: str) -> None:
    call = f"{{str_replace: {{template: {template!r}, params: {params}}}}}"
    definition = f"""\
heat_template:
  heat_template_version: 2021-04-16
  parameters: {{clustername: {{type: string}}}}
  outputs: {{link: {{value: {call}}}}}
"""
    rules = {problem.rule for problem in build(definition).problems}
    assert not rules & {"wrapped-placeholder", "unknown-placeholder", "function-arguments"}


@pytest.mark.parametrize("address", ["port, fixed_ips, 0, ip_address", "server, networks, private, 0", "server, name"])
def test_a_link_to_one_address_is_right(address: str) -> None:
    link = "{list_join: ['', ['https://', {get_attr: [%s]}, '/', {list_join: ['', {get_attr: [port, tags]}]}]]}"
    definition = f"""\
heat_template:
  heat_template_version: 2021-04-16
  resources: {{port: {{type: OS::Neutron::Port}}, server: {{type: OS::Nova::Server}}}}
  outputs: {{web_access: {{value: {link % address}}}}}
"""
    assert "web-access-output" not in {problem.rule for problem in build(definition).problems}
