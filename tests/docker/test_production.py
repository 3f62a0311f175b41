"""docs/deploy/compose.yaml, started word for word as documented, on folders and a port of the test's own."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path

import pytest

from tests.docker.engine import PORT, ROOT, docker, docker_ok, find_free_port, has_bridge
from tests.service import fetch, minimal_definition, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]


def test_commands_of_the_documentation_start_it_and_it_is_waited_for(image: str, tmp_path: Path) -> None:
    if not has_bridge():
        pytest.skip("this engine cannot publish ports")
    section = (ROOT / "docs/deploy.md").read_text().partition("## Compose")[2].partition("## Kubernetes")[0]
    commands = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    assert commands[:2] == [f"docker build --tag {image} .", "cd docs/deploy"]
    port, srv = find_free_port(), str(tmp_path / "srv")
    name = f"cluster-builder-test-{uuid.uuid4().hex[:12]}"
    text = (ROOT / "docs/deploy/compose.yaml").read_text()
    for old, new in (
        ("/srv", srv),
        (f"127.0.0.1:{PORT}:", f"127.0.0.1:{port}:"),
        ("name: cluster-builder", f"name: {name}"),
    ):
        assert text.count(f"\n{old}") + text.count(f" {old}") + text.count(f'"{old}') >= 1
        text = text.replace(old, new)
    (tmp_path / "compose.yaml").write_text(text)
    script = "set -e\n" + "\n".join(command.replace("/srv", srv) for command in commands[2:])
    try:
        started = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert started.returncode == 0, started.stdout + started.stderr
        url = f"http://127.0.0.1:{port}"
        assert fetch(f"{url}/ready").status == 200
        assert fetch(f"{url}/clusters/", "POST", body={}).status == 401
        instance = Path(srv) / "cluster-builder" / "instance"
        (instance / "cluster-types-available" / "one.yaml").write_text(minimal_definition("One"))
        (instance / "cluster-types-enabled" / "one.yaml").symlink_to("../cluster-types-available/one.yaml")
        wait_until(lambda: fetch(f"{url}/cluster-types/one").status == 200, "the type that was enabled")
    finally:
        print(docker("compose", "--file", str(tmp_path / "compose.yaml"), "logs").output)
        docker_ok("compose", "--file", str(tmp_path / "compose.yaml"), "down", "--volumes", "--timeout", "10")
