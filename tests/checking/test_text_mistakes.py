"""Mistakes in texts that servers run and people read, each told of in one line: scripts, and what is put into texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.checking.examples import check
from tests.checking.mistakes import LOGIN, NODE, Mistake
from tests.checking.test_mistakes import list_problems

SERVER: Final = "      networks:\n        - network: {get_param: network}\n"
FILE: Final = "template: {get_file: ../user-data/login.sh}\n"

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
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=[*MISTAKES])
def test_a_mistake_is_told_of_in_one_line(mistake: Mistake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake.make(tmp_path / "slurm")
    assert list_problems(tmp_path / "slurm", monkeypatch) == [mistake.line]


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
