"""The manifests against the schemas of Kubernetes itself, by a tool that has them in it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MANIFEST = Path(__file__).parent.parent.parent / "docs" / "deploy" / "kubernetes" / "cluster-builder.yaml"
PROGRAM = os.environ.get("KUBERNETES_VALIDATE") or shutil.which("kubernetes-validate")

pytestmark = [
    pytest.mark.kubernetes,
    pytest.mark.skipif(PROGRAM is None, reason="the schemas are not here: make test-kubernetes fetches them"),
]


def validate(manifest: Path) -> subprocess.CompletedProcess[str]:
    assert PROGRAM is not None
    command = [PROGRAM, "--strict", str(manifest)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_manifests_are_valid() -> None:
    checked = validate(MANIFEST)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (checked.stdout + checked.stderr).count(" passed ") == 5


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("maxSurge: 1", "maxSurges: 1"),
        ("containerPort: 42378", "containerPort: http"),
        ("readOnly: true", "readonly: true"),
    ],
)
def test_manifests_that_are_wrong_are_found_out(tmp_path: Path, right: str, wrong: str) -> None:
    text = MANIFEST.read_text()
    assert right in text
    manifest = tmp_path / "wrong.yaml"
    manifest.write_text(text.replace(right, wrong, 1))
    assert validate(manifest).returncode != 0
