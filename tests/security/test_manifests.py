"""The files that docs/deploy.md hands out: they are what they say, and name only settings that there are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from builder.api.metrics import Metrics
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.openstack.deadline import OVERTIME_SECONDS
from builder.process.worker import LAST_ANSWERS_SECONDS, LOOK_AWAY_SECONDS
from builder.settings.table import Settings, list_settings

DOCS = Path(__file__).parent.parent.parent / "docs"
DEPLOY = DOCS / "deploy"
PAUSE_BEFORE_STOP = 5
LONGEST_STOP = LOOK_AWAY_SECONDS + Settings().build_deadline + OVERTIME_SECONDS + LAST_ANSWERS_SECONDS
VARIABLES = {setting.variable for setting in list_settings()}


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """The Kubernetes objects by kind."""
    documents = yaml.safe_load_all((DEPLOY / "kubernetes" / "cluster-builder.yaml").read_text())
    return {document["kind"]: document for document in documents}


@pytest.fixture(scope="module")
def container(objects: dict[str, Any]) -> Any:
    (container,) = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    return container


def test_kubernetes_objects_are_complete(objects: dict[str, Any]) -> None:
    versions = {kind: document["apiVersion"] for kind, document in objects.items()}
    assert versions == {
        "Deployment": "apps/v1",
        "Service": "v1",
        "PodDisruptionBudget": "policy/v1",
        "HorizontalPodAutoscaler": "autoscaling/v2",
        "NetworkPolicy": "networking.k8s.io/v1",
    }
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert objects["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert objects["Service"]["spec"]["selector"] == labels
    assert objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == labels
    assert objects["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert objects["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "cluster-builder"


def test_pod_is_hardened(objects: dict[str, Any], container: Any) -> None:
    pod = objects["Deployment"]["spec"]["template"]["spec"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in pod["volumes"]}
    assert not any("subPath" in mount for mount in container["volumeMounts"])


def test_pod_is_given_time_for_its_builds(objects: dict[str, Any], container: Any) -> None:
    assert objects["Deployment"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > (
        PAUSE_BEFORE_STOP + LONGEST_STOP
    )
    assert f"time.sleep({PAUSE_BEFORE_STOP})" in container["lifecycle"]["preStop"]["exec"]["command"][-1]
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["livenessProbe"]["httpGet"]["path"] == "/health"
    (port,) = container["ports"]
    assert port["containerPort"] == Settings().port


def test_every_variable_that_is_set_is_a_setting(container: Any) -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    unit = (DEPLOY / "cluster-builder.service").read_text()
    used = {variable["name"] for variable in container["env"]}
    used |= set(compose["services"]["cluster-builder"]["environment"])
    used |= set(re.findall(r"^Environment=(\w+)=", unit, re.MULTILINE))
    used |= set(re.findall(r"--env (\w+)=", (DOCS / "deploy.md").read_text()))
    assert used <= VARIABLES


def test_composed_type_of_the_manifest_is_listed_as_kubernetes_lays_it_out(
    objects: dict[str, Any], tmp_path: Path
) -> None:
    """pkg/volume/util/atomic_writer.go: a folder for each version, a link to it, and links to what is at the top."""
    folder = DEPLOY / "kubernetes"
    base = yaml.safe_load((folder / "kustomization.yaml").read_text())
    (generated,) = base["configMapGenerator"]
    sources = {Path(file).name: folder / file for file in generated["files"]}
    assert set(sources.values()) == {path for path in (folder / "two-tier").rglob("*") if path.is_file()}
    assert base["generatorOptions"] == {"disableNameSuffixHash": True}
    volumes = {each["name"]: each for each in objects["Deployment"]["spec"]["template"]["spec"]["volumes"]}
    flat, composed = (each["configMap"] for each in volumes["cluster-types"]["projected"]["sources"])
    assert "items" not in flat
    assert composed["name"] == generated["name"]
    items = {item["key"]: item["path"] for item in composed["items"]}
    assert items.keys() == sources.keys()
    enabled = tmp_path / "cluster-types-enabled"
    for key, path in items.items():
        assert folder / path == sources[key]
        target = enabled / "..2026_01" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sources[key], target)
    (enabled / "..data").symlink_to("..2026_01")
    (enabled / "two-tier").symlink_to("..data/two-tier")
    catalogue = Catalogue(enabled, LoadSettings())
    catalogue.reconcile()
    (report,) = catalogue.snapshot.reports()
    assert (report.state, report.problems) == ("listed", ())


def test_what_compose_needs_is_made_before_it_is_started() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    service = compose["services"]["cluster-builder"]
    section = (DOCS / "deploy.md").read_text().partition("## Compose")[2].partition("## Kubernetes")[0]
    commands = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert commands[0] == f"docker build --tag {service['image']} ."
    assert [line.removeprefix("#").strip() for line in (DEPLOY / "compose.yaml").read_text().splitlines()[3:8]] == (
        commands[2:]
    )
    assert all(any(each.partition(":")[0] in line for line in commands) for each in service["volumes"])
    assert any(compose["secrets"]["jwt"]["file"].removeprefix("./") in line for line in commands)
    assert service["healthcheck"]["test"][-1] == "/ready"


def test_port_that_is_reserved_is_the_services() -> None:
    (port,) = re.findall(r"^net\.ipv4\.ip_local_reserved_ports = (\d+)$",
                         (DEPLOY / "90-cluster-builder.conf").read_text(), re.MULTILINE)  # fmt: skip
    assert int(port) == Settings().port


def test_compose_file_is_hardened() -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["cluster-builder"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {port.rpartition(":")[0].rpartition(":")[0] for port in service["ports"]} == {"127.0.0.1"}
    grace = int(service["stop_grace_period"].removesuffix("s"))
    assert grace > LONGEST_STOP


def test_proxy_waits_longer_than_the_service_and_keeps_connections_for_less() -> None:
    text = (DEPLOY / "nginx.conf").read_text()
    seconds = {name: float(value) for name, value in re.findall(r"^\s*(\w+_timeout) (\d+)s;", text, re.MULTILINE)}
    assert seconds["proxy_read_timeout"] > Settings().build_deadline + 10
    assert seconds["keepalive_timeout"] < Settings().keep_alive_timeout
    assert "non_idempotent" not in text
    assert text.count(" max_fails=0;") == text.count("    server 10.0.0.")
    upstreams = dict(re.findall(r"^upstream (\w+) \{(.*?)^\}", text, re.MULTILINE | re.DOTALL))
    assert "keepalive" not in upstreams["cluster_builds"]
    assert text.count("{") == text.count("}")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_unit_is_one(tmp_path: Path) -> None:
    unit = tmp_path / "cluster-builder.service"
    text = (DEPLOY / "cluster-builder.service").read_text()
    unit.write_text(text.replace("/opt/cluster-builder/bin/cluster-builder", "/bin/true"))
    checked = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert "cluster-builder.service" not in checked.stderr


def test_what_the_unit_needs_is_made_before_it_is_enabled() -> None:
    unit = (DEPLOY / "cluster-builder.service").read_text()
    section = (DOCS / "deploy.md").read_text().partition("## systemd")[2].partition("systemctl enable")[0]
    needed = set(re.findall(r"/(?:etc|srv)/cluster-builder/[\w-]+", unit))
    assert len(needed) == 3
    assert [path for path in (*needed, "/opt/cluster-builder", "/etc/systemd/system/") if path not in section] == []


def test_metrics_that_the_guide_names_are_there() -> None:
    text = (DOCS / "operate.md").read_text()
    metrics = Metrics({})
    known = {line.split()[2] for line in metrics.render().decode().splitlines() if line.startswith("# TYPE")}
    known |= {"cluster_builder_rescan_age_seconds"}  # it is there once there was a rescan
    named = {name.removesuffix("_count") for name in re.findall(r"cluster_builder_\w+", text)}
    assert len(named) > 5
    assert named <= known


def test_each_row_of_the_threat_model_names_a_test_that_exists() -> None:
    text = (DOCS / "security.md").read_text()
    lines = text.partition("| who | wants |")[2].partition("\n\n")[0].splitlines()[2:]
    assert len(lines) >= 15
    for line in lines:
        named = re.fullmatch(r"\|.*\| `(?:(tests/\w+/))?(test_\w+\.py)::(test_\w+)` \|", line)
        assert named is not None, f"no test is named in: {line}"
        folder, file, test = named.groups()
        path = DOCS.parent / (folder or "tests/security/") / file
        assert re.search(rf"^def {test}\(", path.read_text(), re.MULTILINE), f"{path.name} has no {test}"
