"""Files that templates refer to: which are sent, what of those refer to further ones, and what is told of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from heatclient.common import template_utils

from builder.definitions.building import Outcome, build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.disk.files import DefinitionFiles
from builder.disk.links import LinkResolver
from builder.hot_lint.sources import SourceError, describe_source_error
from builder.kinds.heat.reading.components import HeatContent
from builder.kinds.registry import KINDS
from tests.definitions.files import FilesInMemory
from tests.definitions.texts import VERSION, build, find_rules

DEFINITION = "heat_template_url: root.yaml\n"
SCRIPT = "#!/bin/sh\n# heat_template_version: none of it\nexit\n"
CHILD = (
    f"{VERSION}\nresources:\n  a: {{type: OS::Heat::Value, properties: {{value: {{get_file: ../scripts/setup.sh}}}}}}\n"
)
STACK = "{type: OS::Heat::Stack, properties: {template: {get_file: child/child.yaml}}}"
VALUE = "{type: OS::Heat::Value, properties: {value: {get_file: child/child.yaml}}}"
TYPE = "{type: OS::Heat::ResourceGroup, properties: {resource_def: {type: child/child.yaml}}}"
FILES = {"child/child.yaml": CHILD, "scripts/setup.sh": SCRIPT}


def root(*resources: str) -> str:
    lines = [f"  r{number}: {resource}\n" for number, resource in enumerate(resources)]
    return f"{VERSION}\nresources:\n{''.join(lines)}"


def build_root(*resources: str, **changes: str) -> Outcome:
    """The outcome of a template of these resources, beside the files; a change of ``x`` is one of child/x.yaml."""
    return build(
        DEFINITION, {"root.yaml": root(*resources), **FILES, **{f"child/{k}.yaml": changes[k] for k in changes}}
    )


def sent(outcome: Outcome) -> dict[str, str]:
    assert outcome.cluster_type is not None
    (component,) = outcome.cluster_type.content_as(HeatContent).components
    return dict(component.files)


def read_all(texts: dict[str, str]) -> dict[str, Any]:
    """What the texts mean to Heat: those that are JSON, as heatclient and we write templates, are compared as data."""
    return {name: json.loads(text) if text.startswith("{") else text for name, text in texts.items()}


USES = [TYPE, STACK, VALUE, f"{{type: OS::Heat::ResourceGroup, properties: {{resource_def: {STACK}}}}}"]


@pytest.mark.parametrize("use", USES)
def test_what_an_included_template_refers_to_is_sent_whichever_way_it_is_included(use: str) -> None:
    files = sent(build_root(use))
    assert files["scripts/setup.sh"] == SCRIPT
    child = json.loads(files["child/child.yaml"])
    assert child["resources"]["a"]["properties"]["value"] == {"get_file": "scripts/setup.sh"}


def test_files_that_are_sent_are_those_of_heatclient(tmp_path: Path) -> None:
    included = "{type: OS::Heat::Value, properties: {value: [{get_file: deep/a.cfn}, {get_file: plain.yaml}]}}"
    files = {
        "root.yaml": root(STACK, included, TYPE.replace("child/child", "deep/c")),
        "deep/a.cfn": json.dumps(
            {"HeatTemplateFormatVersion": "2012-12-12", "Resources": {"r": {"get_file": "b.txt"}}}
        ),
        "deep/b.txt": f"{VERSION}\nresources: {{r: {{type: d.template}}, s: {{type: OS::Heat::None}}}}\n",
        "deep/c.yaml": f"{VERSION}\ndescription: é\nresources: {{r: {{type: My::Type}}, s: {{type: d.template}}}}\n",
        "deep/d.template": f"{VERSION}\noutputs: {{o: {{value: {{get_file: ../plain.yaml}}}}}}\n",
        "plain.yaml": "get_file: nowhere.sh\ntype: nowhere.yaml\n",
        **FILES,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    read, _ = template_utils.get_template_contents(str(tmp_path / "root.yaml"))
    texts = {name: text if isinstance(text, str) else text.decode() for name, text in read.items()}
    prefix = f"file://{tmp_path}/"
    theirs = {name.removeprefix(prefix): text.replace(prefix, "") for name, text in texts.items()}
    assert theirs.keys() == files.keys() - {"root.yaml"}
    assert read_all(sent(build(DEFINITION, files))) == read_all(theirs)


@pytest.mark.parametrize("uses", [(VALUE, TYPE), (TYPE, VALUE), (VALUE, STACK), (STACK, VALUE)])
def test_file_that_is_included_both_ways_is_checked_as_the_template_of_a_stack_whichever_comes_first(
    uses: tuple[str, str],
) -> None:
    outcome = build_root(*uses, child=f"{VERSION}\nresources: {{a: {{type: OS::Heat::RandomString, depends_on: b}}}}\n")
    assert find_rules(outcome) == ["resource-reference"]
    assert [each.path for each in outcome.problems if each.rule == "resource-reference"] == ["child/child.yaml"]


MISTAKES = [
    ("resources: {a: {type: OS::Heat::RandomString, depends_on: b}}", "resource-reference"),
    ("resources: {a: {type: OS::Heat::Value, properties: {value: {get_file: nowhere.sh}}}}", "missing-file"),
    (
        "resources: {a: {type: OS::Heat::ResourceGroup, properties: {resource_def: {type: nowhere.yaml}}}}",
        "missing-file",
    ),
    ("sections: {}", "unknown-section"),
    ("resources: []", "template-shape"),
]


@pytest.mark.parametrize(("mistake", "rule"), MISTAKES)
@pytest.mark.parametrize("use", [TYPE, STACK])
def test_mistake_in_the_template_of_a_stack_is_an_error(use: str, mistake: str, rule: str) -> None:
    assert find_rules(build_root(use, child=f"{VERSION}\n{mistake}\n")) == [rule]


@pytest.mark.parametrize("text", ["no template", "- a", "a: [", "parameters: {}"])
def test_text_that_a_stack_is_made_from_must_be_a_template(text: str) -> None:
    assert build_root(STACK, child=text).cluster_type is None
    assert find_rules(build_root(VALUE, child=text)) == []


@pytest.mark.parametrize(("mistake", "rule"), MISTAKES)
def test_mistake_in_a_template_that_is_data_is_none_for_nobody_knows_its_use(mistake: str, rule: str) -> None:
    outcome = build_root(VALUE, child=f"{VERSION}\n{mistake}\n")
    assert find_rules(outcome) == (["conditional-mistake"] if rule == "missing-file" else [])
    assert outcome.cluster_type is not None


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("heat_template_version: 1999-01-01", "unknown-template-version"),
        ("heat_template_version: 5", "unknown-template-version"),
        (f"{VERSION}\nparameters: [a]", "template-shape"),
        (f"{VERSION}\nparameters: {{a: text}}", "template-shape"),
        (f"{VERSION}\nparameters: {{a: {{type: strin}}}}", "parameter-syntax"),
        (f"{VERSION}\nparameters: {{a: {{type: string, defualt: a}}}}", "unknown-parameter-key"),
        (
            f"{VERSION}\nparameters: {{a: {{type: number, constraints: [{{length: {{min: 1}}}}]}}}}",
            "conditional-mistake",
        ),
        (f"{VERSION}\nparameters: {{a: {{type: number, default: many}}}}", ""),
    ],
)
def test_version_and_parameters_are_checked_of_every_template_for_heat_reads_them(text: str, rule: str) -> None:
    assert find_rules(build_root(VALUE, child=text)) == [rule] * bool(rule)


def test_template_that_only_a_template_for_data_names_is_data_too() -> None:
    child = root(TYPE.replace("child/child", "inner"))
    inner = f"{VERSION}\nresources: {{a: {{type: OS::Heat::RandomString, depends_on: b}}}}\n"
    assert find_rules(build_root(VALUE, child=child, inner=inner)) == []
    assert find_rules(build_root(STACK, child=child, inner=inner)) == ["resource-reference"]
    assert find_rules(build_root(VALUE, TYPE.replace("child/child", "child/inner"), child=child, inner=inner)) == [
        "resource-reference"
    ]


@pytest.mark.parametrize("text", [SCRIPT, "type: a.yaml\n", "a: {get_file: b}\n", "heat_template_version", "- a: ["])
def test_text_that_is_no_template_is_sent_as_it_is(text: str) -> None:
    assert sent(build_root(VALUE, child=text)) == {"child/child.yaml": text}


def test_text_of_data_that_cannot_be_read_as_it_is_written_is_sent_as_it_is() -> None:
    text = f"{VERSION}\ndescription: !!binary aGVsbG8=\nresources: {{a: {{type: OS::Heat::None}}}}\n"
    assert sent(build_root(VALUE, child=text))["child/child.yaml"] == text


def test_template_may_include_itself_as_data() -> None:
    child = f"{VERSION}\nresources: {{a: {{type: OS::Heat::Value, properties: {{value: {{get_file: child.yaml}}}}}}}}\n"
    assert "get_file" in sent(build_root(STACK, child=child))["child/child.yaml"]


def test_as_many_templates_as_are_read_may_be_nested_in_each_other() -> None:
    files = {f"n{number}.yaml": root(TYPE.replace("child/child", f"n{number + 1}")) for number in range(200)}
    assert find_rules(build("heat_template_url: n0.yaml\n", {**files, "n200.yaml": VERSION})) == []


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (SourceError("unreadable-file", "it cannot be read: 'a' is no link"), "a: it cannot be read: 'a' is no link"),
        (SourceError("unreadable-file", "'a' cannot be fetched", named="a"), "'a' cannot be fetched"),
        (SourceError("unreadable-file", "'b' cannot be fetched", named="b"), "a: 'b' cannot be fetched"),
    ],
)
def test_problem_of_a_file_names_it_as_it_is_referred_to_and_only_once(error: SourceError, message: str) -> None:
    assert describe_source_error("a", "", error, FilesInMemory({})) == (message, "")


BINARY = [
    pytest.param("Bienvenue à tous\n".encode("latin-1"), id="latin-1"),
    pytest.param("Willkommen".encode("utf-16"), id="utf-16"),
    pytest.param(bytes(range(256)) * 40, id="binary"),
    pytest.param("Größe".encode(), id="utf-8"),
    pytest.param(b"", id="empty"),
]


@pytest.mark.parametrize("content", BINARY)
def test_file_that_is_no_text_is_sent_as_heatclient_sends_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "motd").write_bytes(content)
    template = f"{VERSION}\nresources: {{r: {{type: OS::Heat::Value, properties: {{value: {{get_file: motd}}}}}}}}\n"
    (tmp_path / "template.yaml").write_text(template)
    (tmp_path / "type.yaml").write_text("kind: heat\ntitle: T\ndescription: D\nheat_template_url: template.yaml\n")
    read, _ = template_utils.get_template_contents(str(tmp_path / "template.yaml"))
    (theirs,) = (text if isinstance(text, str) else text.decode() for text in read.values())
    files = open_files(tmp_path / "type.yaml")
    assert sent(build_cluster_type(ClusterTypeId("type"), files, KINDS)) == {"motd": theirs}


def test_template_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "node.yaml").write_bytes(f"{VERSION}\ndescription: é\n".encode("latin-1"))
    template = f"{VERSION}\nresources: {{r: {{type: node.yaml}}, s: {{type: OS::Heat::None, depends_on: r}}}}\n"
    (tmp_path / "template.yaml").write_text(template)
    (tmp_path / "type.yaml").write_text("kind: heat\ntitle: T\ndescription: D\nheat_template_url: template.yaml\n")
    outcome = build_cluster_type(ClusterTypeId("type"), open_files(tmp_path / "type.yaml"), KINDS)
    assert find_rules(outcome, "concertim-nested") == ["not-utf-8"]


def open_files(definition: Path) -> DefinitionFiles:
    return DefinitionFiles(str(definition), definition.name, LinkResolver(), now_ns=0)
