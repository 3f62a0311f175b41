"""What earlier releases let a definition use, and no more: the folder ``hot``, components at absolute paths."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from builder.catalogue.entries import Entry
from builder.catalogue.loader import LoadedEntry, LoadSettings, load_entry
from builder.definitions.model import ClusterTypeId
from builder.disk.links import LinkResolver

CANARY = "canary-of-the-host"

HEAD = "kind: heat\ntitle: t\ndescription: d\n"
TEMPLATE = "heat_template_version: 2021-04-16\nparameters: {a: {type: string, default: x}}\n"


def reading(reference: str) -> str:
    """A template that includes a file."""
    return (
        f'{TEMPLATE}resources: {{r: {{type: OS::Heat::Value, properties: {{value: {{get_file: "{reference}"}}}}}}}}\n'
    )


class Instance:
    """An instance folder with secrets in it and beside it, and one definition, which a test writes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "instance"
        self.enabled = self.folder / "cluster-types-enabled"
        self.own = self.folder / "cluster-types-available" / "one"
        self.put("instance/config.py", CANARY)
        self.put("instance/.state/secret.yaml", TEMPLATE)
        self.put("instance/hidden/.secret.yaml", TEMPLATE)
        self.put("secret.yaml", f"{TEMPLATE}# {CANARY}\n")
        self.put("instance-evil/hot/secret.yaml", TEMPLATE)
        self.enabled.mkdir()
        self.own.mkdir(parents=True)
        (self.enabled / "one").symlink_to("../cluster-types-available/one")

    def put(self, path: str, text: str) -> str:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    def load(self, definition: str) -> LoadedEntry:
        (self.own / "cluster-type.yaml").write_text(HEAD + definition)
        entry = Entry(ClusterTypeId("one"), "one", "one/cluster-type.yaml")
        return load_entry(entry, self.enabled, LoadSettings(enabled=str(self.enabled)), LinkResolver())

    def errors(self, definition: str) -> set[str]:
        """The rules that a definition breaks; nothing of a secret is in what is said or kept of it."""
        loaded = self.load(definition)
        assert CANARY not in repr(loaded.outcome)
        return {each.rule for each in loaded.outcome.problems if each.severity.value == "error"}


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path)


def component(path: str) -> str:
    return f"components: [{{name: {path}}}]\n"


@pytest.mark.parametrize(
    "reference", ["../secret.yaml", "../../secret.yaml", "x/../../config.py", "../../instance-evil/hot/secret.yaml", ""]
)
def test_hot_folder_is_left_by_no_reference(instance: Instance, reference: str) -> None:
    instance.put("instance/hot/x/a.yaml", TEMPLATE)
    assert instance.errors(f'heat_template_url: "{reference}"\n') & {"outside-tree", "missing-file", "empty-value"}


@pytest.mark.parametrize("reference", ["../config.py", "../../secret.yaml", "/etc/passwd", "link-out"])
def test_template_in_the_hot_folder_reads_nothing_outside_of_it(instance: Instance, reference: str) -> None:
    instance.put("instance/hot/a.yaml", reading(reference))
    (instance.folder / "hot" / "link-out").symlink_to(instance.root / "secret.yaml")
    assert instance.errors("heat_template_url: a.yaml\n") == {"outside-tree"}


def test_link_in_the_hot_folder_that_leads_out_of_it_is_not_followed(instance: Instance) -> None:
    (instance.folder / "hot").mkdir()
    (instance.folder / "hot" / "a.yaml").symlink_to(instance.root / "secret.yaml")
    assert instance.errors("heat_template_url: a.yaml\n") & {"outside-tree", "missing-file"}


def test_the_hot_folder_itself_may_be_a_link_of_the_operators(instance: Instance) -> None:
    instance.put("volume/a.yaml", reading("b"))
    instance.put("volume/b", "text")
    (instance.folder / "hot").symlink_to("../volume")
    assert instance.errors("heat_template_url: a.yaml\n") == set()


def test_a_definition_is_not_enabled_from_the_hot_folder(instance: Instance) -> None:
    """It has templates; whoever may write there could not enable anything before either."""
    instance.put("instance/hot/a.yaml", HEAD + "heat_template_url: b.yaml\n")
    (instance.enabled / "a.yaml").symlink_to("../hot/a.yaml")
    entry = Entry(ClusterTypeId("a"), "a.yaml", "a.yaml")
    loaded = load_entry(entry, instance.enabled, LoadSettings(enabled=str(instance.enabled)), LinkResolver())
    assert [each.rule for each in loaded.outcome.problems] == ["outside-tree"]


@pytest.mark.parametrize(
    "place", ["instance/hot/a.yaml", "instance/shared/components/a.yaml", "instance/shared/a.yaml", "instance/a.yaml",
              "instance/cluster-types-available/other/components/a.yaml"],
)  # fmt: skip
def test_component_at_an_absolute_path_in_the_instance_folder_loads(instance: Instance, place: str) -> None:
    path = instance.put(place, reading("a.yaml"))
    assert instance.errors(component(path)) == set()


def test_component_of_a_folder_behind_a_link_of_the_operators_loads(instance: Instance) -> None:
    """The folder of available types may be a link: then its files are not in the instance folder at all."""
    path = instance.put("instance/cluster-types-available/other/components/a.yaml", TEMPLATE)
    available = instance.folder / "cluster-types-available"
    available.rename(instance.root / "volume")
    available.symlink_to(instance.root / "volume")
    assert instance.errors(component(path)) == set()


@pytest.mark.parametrize(
    "path", ["{root}/secret.yaml", "{root}/instance/../secret.yaml", "{root}/instance/link/secret.yaml",
             "{root}/instance/.state/secret.yaml", "{root}/instance/hidden/.secret.yaml",
             "{root}/instance-evil/hot/secret.yaml", "/etc/passwd", "{root}/instance"],
)  # fmt: skip
def test_component_at_an_absolute_path_elsewhere_is_refused(instance: Instance, path: str) -> None:
    (instance.folder / "link").symlink_to(instance.root)
    assert instance.errors(component(path.format(root=instance.root))) & {"outside-tree", "not-a-file"}


@pytest.mark.parametrize(
    ("place", "reference", "allowed"),
    [
        ("shared/components/a.yaml", "../user_data/b", True),
        ("shared/components/a.yaml", "b", True),
        ("shared/a.yaml", "below/b", True),
        ("shared/components/a.yaml", "../../config.py", False),
        ("shared/a.yaml", "../config.py", False),
        ("components/a.yaml", "../config.py", False),  # what is beside "components" is the whole instance folder
        ("a.yaml", "config.py", False),
        ("cluster-types-available/a.yaml", "other/password", False),
    ],
)
def test_component_at_an_absolute_path_brings_what_is_its_own(
    instance: Instance, place: str, reference: str, allowed: bool
) -> None:
    for name in ("shared/user_data/b", "shared/components/b", "shared/below/b"):
        instance.put(f"instance/{name}", "text")
    instance.put("instance/cluster-types-available/other/password", CANARY)
    path = instance.put(f"instance/{place}", reading(reference))
    assert instance.errors(component(path)) == (set() if allowed else {"outside-tree"})


def test_inline_template_reads_nothing_of_the_instance_folder(instance: Instance) -> None:
    path = instance.put("instance/shared/b", CANARY)
    assert instance.errors("heat_template:\n" + textwrap.indent(reading(path), "  ")) == {"outside-tree"}
