"""In an editor: the YAML language server completes and checks definitions by the published schema.

``make test-editor`` installs the server (npm package yaml-language-server) and names it by YAML_LANGUAGE_SERVER.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.checking.examples import ROOT, SHIPPED
from tests.checking.language_server import LanguageServer
from tests.service import Service

SERVER = Path(
    os.environ.get("YAML_LANGUAGE_SERVER", str(ROOT / "build/editor/node_modules/.bin/yaml-language-server"))
).resolve()
SCHEMA = ROOT / "schemas/cluster-type.schema.json"

pytestmark = [
    pytest.mark.editor,
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
    pytest.mark.skipif(not SERVER.is_file(), reason=f"no YAML language server at {SERVER}: make test-editor"),
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LanguageServer]:
    with LanguageServer([str(shutil.which("node")), str(SERVER), "--stdio"], tmp_path) as running:
        yield running


def by_path() -> str:
    return f"# yaml-language-server: $schema={SCHEMA}\n"


def test_keys_are_offered(server: LanguageServer) -> None:
    uri = server.open("a.yaml", by_path() + "kind: heat\nheat_template_\n")
    offered = server.complete(uri, 2, len("heat_template_"))
    assert "heat_template_url" in offered
    documentation = offered["heat_template_url"].get("documentation", "")
    shown = documentation["value"] if isinstance(documentation, dict) else documentation
    assert "relative to this file" in shown


@pytest.mark.parametrize(
    ("kind", "offered", "other"),
    [
        ("heat", "heat_template_url", "magnum_cluster_template"),
        ("magnum", "magnum_cluster_template", "heat_template_url"),
    ],
)
def test_keys_of_the_kind_are_offered_and_those_of_another_are_marked(
    server: LanguageServer, kind: str, offered: str, other: str
) -> None:
    uri = server.open("a.yaml", by_path() + f"kind: {kind}\n\n")
    keys = server.complete(uri, 2, 0)
    assert {offered, "title", "parameters", "hardcoded_parameters"} <= keys.keys()
    assert other not in keys
    text = f"kind: {kind}\ntitle: A\ndescription: A\n{offered}: a\n{other}: b\n"
    marked = server.diagnostics(server.open("b.yaml", by_path() + text))
    assert [each["range"]["start"]["line"] for each in marked] == [5]


def test_values_are_offered(server: LanguageServer) -> None:
    uri = server.open("a.yaml", by_path() + "parameters:\n  p:\n    type: \n")
    assert {"string", "number", "comma_delimited_list", "json", "boolean"} <= server.complete(uri, 3, 10).keys()


def test_snippets_are_offered(server: LanguageServer) -> None:
    uri = server.open("a.yaml", by_path() + "components:\n  - \n")
    assert {"Component", "Optional component"} <= server.complete(uri, 2, 4).keys()
    empty = server.open("b.yaml", by_path() + "\n")
    assert "New composed cluster type" in server.complete(empty, 1, 0)


PROPERTIES = """\
heat_template_version: 2021-04-16
resources:
  group:
    type: OS::Heat::ResourceGroup
    properties:
      resource_def:
        type: OS::Nova::Server
        properties:
          networks:
            - port_extra_properties: {}
              
          
"""  # noqa: W293  # where keys are offered, their indentation counts


@pytest.mark.parametrize("inline", [False, True], ids=["file", "inline"])
def test_properties_of_resources_are_offered_in_template_files_and_inline(server: LanguageServer, inline: bool) -> None:
    head = f"# yaml-language-server: $schema={SCHEMA.with_name('heat-template.schema.json')}\n"
    text, indent, line = PROPERTIES, 0, 11
    if inline:
        head, indent, line = by_path() + "kind: heat\ntitle: A\ndescription: A\nheat_template:\n", 2, 15
        text = "".join(f"  {each}\n" for each in PROPERTIES.splitlines())
    uri = server.open("a.yaml", head + text)
    assert {"network", "port", "fixed_ip", "get_param"} <= server.complete(uri, line, 14 + indent).keys()
    offered = server.complete(uri, line + 1, 10 + indent)
    assert {"flavor", "image", "key_name"} <= offered.keys()
    assert "policies" not in offered  # of OS::Nova::ServerGroup
    assert "ID or name of the flavor" in str(offered["flavor"]["documentation"])


def test_types_sections_and_keys_of_resources_are_offered_in_template_files(server: LanguageServer) -> None:
    head = f"# yaml-language-server: $schema={SCHEMA.with_name('heat-template.schema.json')}\n"
    text = "heat_template_version: 2021-04-16\nresources:\n  server:\n    type: \n    \n"
    uri = server.open("a.yaml", head + text)
    assert {"OS::Nova::Server", "OS::Heat::ResourceGroup"} <= server.complete(uri, 4, 10).keys()
    assert {"properties", "depends_on", "condition"} <= server.complete(uri, 5, 4).keys()
    marked = server.diagnostics(server.open("b.yaml", head + text + "    propertis: {}\n"))
    assert any("propertis" in each["message"] for each in marked)


def test_a_misspelt_key_is_marked_where_it_is(server: LanguageServer) -> None:
    text = (SHIPPED / "self-contained.yaml").read_text().replace("\ntitle:", "\ntitel:")
    lines = [line for line in text.splitlines() if "yaml-language-server" not in line]
    uri = server.open("a.yaml", by_path() + "\n".join(lines))
    marked = server.diagnostics(uri)
    at = 1 + next(number for number, line in enumerate(lines) if line.startswith("titel:"))
    assert any("titel" in each["message"] and each["range"]["start"] == {"line": at, "character": 0} for each in marked)
    assert any("title" in each["message"] for each in marked)


def test_extensions_are_not_marked(server: LanguageServer) -> None:
    text = "kind: heat\ntitle: A\ndescription: A\nheat_template_url: a.yaml\nx-note: mine\n"
    assert server.diagnostics(server.open("a.yaml", by_path() + text)) == []


def test_descriptions_are_shown_as_markdown(server: LanguageServer) -> None:
    uri = server.open("a.yaml", by_path() + "title: A\n")
    assert "At most **255** characters" in server.hover(uri, 1, 2)


@pytest.mark.parametrize("example", sorted(SHIPPED.glob("*.yaml")) + sorted(SHIPPED.glob("*/cluster-type.yaml")))
def test_shipped_examples_are_not_marked(tmp_path: Path, example: Path) -> None:
    with LanguageServer([str(shutil.which("node")), str(SERVER), "--stdio"], example.parent) as server:
        assert server.diagnostics(server.open(example.name, example.read_text())) == []


def test_the_schema_of_a_running_service_does_as_well(server: LanguageServer, service: Service) -> None:
    url = f"{service.url}/schemas/cluster-type.schema.json"
    uri = server.open("a.yaml", f"# yaml-language-server: $schema={url}\nkind: heat\nheat_template_\n")
    assert "heat_template_url" in server.complete(uri, 2, len("heat_template_"))
