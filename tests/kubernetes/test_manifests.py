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


needs_kubectl = pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl here")


def validate(manifest: Path) -> subprocess.CompletedProcess[str]:
    assert PROGRAM is not None
    command = [PROGRAM, "--strict", str(manifest)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_manifests_are_valid() -> None:
    checked = validate(MANIFEST)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (checked.stdout + checked.stderr).count(" passed ") == 5


@needs_kubectl
def test_what_kustomize_makes_of_the_base_is_valid_and_has_the_composed_type(tmp_path: Path) -> None:
    command = ["kubectl", "kustomize", str(MANIFEST.parent)]
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    checked = validate(rendered)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert (checked.stdout + checked.stderr).count(" passed ") == 6
    assert "kind: ConfigMap" in rendered.read_text()


@needs_kubectl
def test_base_can_be_patched_as_deployment_says(tmp_path: Path) -> None:
    base = tmp_path / "base"
    shutil.copytree(MANIFEST.parent, base)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "kustomization.yaml").write_text(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\nnamespace: concertim\n"
        "images: [{name: concertim-cluster-builder, newName: registry.example.org/builder, newTag: '2'}]\n"
    )
    command = ["kubectl", "kustomize", str(tmp_path / "own")]
    rendered = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "image: registry.example.org/builder:2" in rendered


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
