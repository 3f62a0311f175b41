"""Mistakes in how the parts of a type fit together, each told of in one line: names and parameters of components."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.checking.mistakes import COMPUTE, DEFINITION, LOGIN, Mistake
from tests.checking.test_mistakes import list_problems

_MOUNTED: Final = """\
conditions:
  has_storage: {get_param: NAME}

resources:
  mount: {type: OS::Heat::None, condition: has_storage}
"""

MISTAKES: Final[Mapping[str, Mistake]] = {
    "a component that was renamed, of which a parameter tells": Mistake(
        LOGIN,
        "resources:\n",
        "  selected_disk: {type: boolean}\n\n" + _MOUNTED.replace("NAME", "selected_disk"),
        "warning: components/login.yaml:38:3: there is no component 'disk' that 'selected_disk' could be told of (did "
        "you mean 'selected_storage'?) [selection-parameter]",
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
    "a group that waits for no subnet": Mistake(
        COMPUTE,
        "    depends_on: router_interface\n",
        "",
        "warning: components/compute.yaml:41:3: 'compute_nodes' is given 'network', and does not wait for its subnet "
        "'subnet': what is in a stack of its own may be made before (add depends_on: router_interface) "
        "[unawaited-subnet]",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=[*MISTAKES])
def test_a_mistake_is_told_of_in_one_line(mistake: Mistake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake.make(tmp_path / "slurm")
    assert list_problems(tmp_path / "slurm", monkeypatch) == [mistake.line]


def test_a_switch_that_a_group_asks_for_may_begin_as_a_selection_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    MISTAKES["a component that was renamed, of which a parameter tells"].make(tmp_path / "slurm")
    definition = tmp_path / "slurm" / DEFINITION
    definition.write_text(definition.read_text().replace("[clustername,", "[selected_disk, clustername,"))
    assert list_problems(tmp_path / "slurm", monkeypatch) == []
