"""Ways out of the folders of definitions, into the files of the host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.raw import assert_is_error, exchange, head, parse_answer
from tests.service import Service, minimal_definition

CANARY = "canary-of-the-host"

WITH_FILE = """\
kind: heat
title: Reads a file
description: It should not.
heat_template:
  heat_template_version: 2021-04-16
  resources:
    config:
      type: OS::Heat::SoftwareConfig
      properties:
        config: {{get_file: "{reference}"}}
"""

NESTED = """\
kind: heat
title: Nests a template
description: It should not.
heat_template:
  heat_template_version: 2021-04-16
  resources:
    nested: {{type: "{reference}"}}
"""

BY_URL = """\
kind: heat
title: Is elsewhere
description: It should not be.
heat_template_url: "{reference}"
"""

COMPONENT = """\
kind: heat
title: Is composed
description: It should not be.
components:
- name: "{reference}"
"""


REFERENCES = [
    "../../secret.yaml",
    "../../../../../../../../etc/passwd",
    "/etc/passwd",
    "//etc/passwd",
    "./../../secret.yaml",
    "sub/../../../secret.yaml",
    "{root}/secret.yaml",
    "{root}/instance-evil/secret.yaml",
    "file:///etc/passwd",
    "FILE:///etc/passwd",
    "file:/etc/passwd",
    "file://localhost/etc/passwd",
    "ftp://127.0.0.1/x",
    "gopher://127.0.0.1/x",
    "data:text/plain,x",
    "http://169.254.169.254/latest/meta-data/",
    "hTTp://127.0.0.1/x",
    "//127.0.0.1/x",
    "link-out.yaml",
    "folder-out/secret.yaml",
    "link-to-link.yaml",
    "proc-link",
    "..%2f..%2fsecret.yaml",
    "..\\\\..\\\\secret.yaml",
    "~/secret.yaml",
    "$HOME/secret.yaml",
    "/proc/self/environ",
    "/dev/stdin",
    "",
    ".",
    "..",
    "a\\0b",
]

KINDS = {"get_file": WITH_FILE, "nested": NESTED, "url": BY_URL, "component": COMPONENT}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    """A service with every evil definition enabled, and a good one."""
    root = tmp_path_factory.mktemp("traversal")
    (root / "secret.yaml").write_text(f"heat_template_version: 2021-04-16\nresources: {{}}\n# {CANARY}\n")
    (root / "instance-evil").mkdir()
    (root / "instance-evil" / "secret.yaml").write_text((root / "secret.yaml").read_text())
    enabled = root / "instance" / "cluster-types-enabled"
    enabled.mkdir(parents=True)
    (root / "instance" / "secret.yaml").write_text((root / "secret.yaml").read_text())
    for kind in KINDS:
        for number, reference in enumerate(REFERENCES):
            _write_evil(enabled / f"{kind}-{number}", root, kind, reference)
    (enabled / "good.yaml").write_text(minimal_definition())
    with Service(root / "instance") as service:
        service.ids()  # waits for the first load
        yield service, root


def _write_evil(folder: Path, root: Path, kind: str, reference: str) -> None:
    folder.mkdir()
    (folder / "link-out.yaml").symlink_to(root / "secret.yaml")
    (folder / "folder-out").symlink_to(root)
    (folder / "link-to-link.yaml").symlink_to(folder / "link-out.yaml")
    (folder / "proc-link").symlink_to("/proc/self/environ")
    shown = reference.replace("{root}", str(root))
    if kind == "nested" and not shown.endswith(".yaml"):
        shown += "#.yaml"
    (folder / "cluster-type.yaml").write_text(KINDS[kind].format(reference=shown))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(len(REFERENCES)), ids=REFERENCES)
def test_definition_reaches_no_file_of_the_host(world: tuple[Service, Path], kind: str, number: int) -> None:
    service, _ = world
    entries = {entry["id"]: entry for entry in service.get("/catalogue").json()["entries"]}
    assert entries[f"{kind}-{number}"]["state"] == "rejected"
    assert_is_error(service.get(f"/cluster-types/{kind}-{number}"), 404)


def test_nothing_of_the_host_is_shown(world: tuple[Service, Path]) -> None:
    service, _ = world
    assert service.ids() == ["good"]
    for path in ("/catalogue", "/cluster-types/", "/metrics"):
        assert not [word for word in (CANARY, "root:", "PYTHONUNBUFFERED") if word in service.get(path).body.decode()]
    assert CANARY not in service.settled_log()


IDS = [
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc%252fpasswd",
    "....//....//etc/passwd",
    "..%5c..%5cetc%5cpasswd",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "good.yaml",
    "good%00",
    "good%2f",
    "%c0%ae%c0%ae%c0%afetc%c0%afpasswd",
    "cluster-type/../../../pyproject.toml",
    ".",
    "..",
    "%ff",
    "errors%0a",
    "'%20OR%201=1--",
    "{{7*7}}",
    "${jndi:ldap://127.0.0.1/x}",
    "a" * 4000,
]


@pytest.mark.parametrize("resource", ["cluster-types", "schemas"])
@pytest.mark.parametrize("name", IDS)
def test_name_in_a_path_reaches_nothing_but_what_is_published(
    world: tuple[Service, Path], resource: str, name: str
) -> None:
    service, _ = world
    received = exchange(service, head("GET", f"/{resource}/{name}", "Connection: close"))
    answer = parse_answer(received)
    if name == "." and answer.status == 200:
        return  # the listing itself
    assert_is_error(answer, 400, 404)
    assert "root:" not in answer.body.decode()


@pytest.mark.parametrize("name", ["../good", "good.yaml", "good\0", "/good", "GOOD", "", " good", "good/", "__proto__"])
def test_only_the_id_itself_names_a_type(world: tuple[Service, Path], name: str) -> None:
    service, _ = world
    body = {
        "cloud_env": {"auth_url": "http://127.0.0.1:1/v3", "password": "x", "user_id": "u", "project_id": "p"},
        "cluster": {"name": "c", "cluster_type_id": name},
    }
    answer = service.post("/clusters/", body)
    assert_is_error(answer, 400)
    assert answer.faults() == [("Unknown cluster type", "/cluster/cluster_type_id")]
