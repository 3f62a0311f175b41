"""What a type depends on: each file's change is a change of the types that use it, and of no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.watching.test_4_links import repoint
from tests.watching.world import COMPOSED, World, definition, relative_link

MAIN = """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number, default: 1}
resources:
  config:
    type: OS::Heat::SoftwareConfig
    properties: {config: {get_file: ../scripts/boot.sh}}
  nested:
    type: OS::Heat::ResourceGroup
    properties:
      resource_def: {type: ../nested/one.yaml, properties: {size: {get_param: size}}}
"""

NESTED = """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number}
resources:
  deeper: {type: two.yaml}
"""

DEEPER = """\
heat_template_version: 2021-04-16
resources:
  secret: {type: OS::Heat::RandomString, properties: {length: 8}}
"""

BY_URL = """\
kind: heat
title: By URL
description: A cluster for the tests.
heat_template_url: templates/one.yaml
"""

TEMPLATE = """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number, default: 1, label: Size}
resources:
  secret: {type: OS::Heat::RandomString, properties: {length: {get_param: size}}}
"""


@pytest.fixture
def tree(world: World) -> Path:
    """A type with a component, a script, a nested template and another within that; and a neighbour like it."""
    for name in ("user", "neighbour"):
        folder = world.available / name
        for file, text in {
            "cluster-type.yaml": COMPOSED.format(title=name),
            "components/main.yaml": MAIN,
            "scripts/boot.sh": "#!/bin/sh\n",
            "nested/one.yaml": NESTED,
            "nested/two.yaml": DEEPER,
        }.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
        relative_link(folder, world.enabled / name)
        world.wait_for_title(name, name)
    return world.available / "user"


@pytest.mark.parametrize("file", ["components/main.yaml", "scripts/boot.sh", "nested/one.yaml", "nested/two.yaml"])
@pytest.mark.parametrize("in_place", [True, False], ids=["in-place", "renamed-over"])
def test_edited_dependency_changes_the_type_that_uses_it_and_only_that(
    world: World, tree: Path, file: str, in_place: bool
) -> None:
    user, neighbour, revision = world.etag("user"), world.etag("neighbour"), world.entry("user")["revision"]
    text = (tree / file).read_text() + "# edited\n"
    if in_place:
        (tree / file).write_text(text)
    else:
        world.replace(tree / file, text)
    world.wait(lambda: world.etag("user") != user, "the type has another version")
    assert world.entry("user")["revision"] != revision
    assert world.etag("neighbour") == neighbour


@pytest.mark.parametrize("file", ["components/main.yaml", "scripts/boot.sh", "nested/one.yaml", "nested/two.yaml"])
def test_missing_dependency_keeps_the_last_good_version_and_heals_by_itself(
    world: World, tree: Path, file: str
) -> None:
    tag = world.etag("user")
    text = (tree / file).read_text()
    (tree / file).unlink()
    world.wait_for_state("user", "stale")
    assert world.rules("user") == {"missing-file"}
    assert world.etag("user") == tag
    (tree / file).write_text(text)
    world.wait_for_state("user", "listed")
    assert world.etag("user") == tag
    assert [line.split(" id=")[0].rpartition(" ")[2] for line in world.log() if "id=user" in line] == [
        "enabled", "stale", "recovered",
    ]  # fmt: skip


@pytest.mark.parametrize("file", ["components/main.yaml", "scripts/boot.sh", "nested/one.yaml", "nested/two.yaml"])
def test_type_that_was_broken_from_the_start_is_listed_when_its_dependency_appears(
    world: World, tree: Path, file: str
) -> None:
    text = (tree / file).read_text()
    new = world.available / "new"
    tree.rename(new)
    (world.enabled / "user").unlink()
    (new / file).unlink()
    if not any((new / file).parent.iterdir()):
        (new / file).parent.rmdir()
    relative_link(new, world.enabled / "new")
    world.wait_for_state("new", "rejected")
    (new / file).parent.mkdir(exist_ok=True)
    (new / file).write_text(text)
    world.wait_for_title("new", "user")


def test_edited_template_by_url_changes_the_type(world: World) -> None:
    (world.available / "templates").mkdir()
    template = world.available / "templates" / "one.yaml"
    template.write_text(TEMPLATE)
    (world.available / "by-url.yaml").write_text(BY_URL)
    relative_link(world.available / "by-url.yaml", world.enabled / "by-url.yaml")
    world.wait_for_title("by-url", "By URL")
    template.write_text(TEMPLATE.replace("Size", "Girth"))
    world.wait(lambda: world.listing()["by-url"]["parameters"]["size"]["label"] == "Girth", "the label")


def test_one_dependency_of_two_types_changes_both(world: World) -> None:
    (world.available / "templates").mkdir()
    template = world.available / "templates" / "one.yaml"
    template.write_text(TEMPLATE)
    for name in ("first", "second"):
        (world.available / f"{name}.yaml").write_text(BY_URL)
        relative_link(world.available / f"{name}.yaml", world.enabled / f"{name}.yaml")
        world.wait_for_title(name, "By URL")
    listings = world.listings()
    world.replace(template, TEMPLATE.replace("Size", "Girth"))
    world.wait(lambda: world.listing()["first"]["parameters"]["size"]["label"] == "Girth", "the label")
    assert world.listing()["second"]["parameters"]["size"]["label"] == "Girth"
    assert world.listings() == listings + 1


def test_dependency_through_a_link_heals_when_the_link_is_mended(world: World, tmp_path: Path) -> None:
    """A template that a link leads to outside of the allowed folders is refused, and taken once it is inside."""
    outside = tmp_path / "outside.yaml"
    outside.write_text(TEMPLATE)
    (world.available / "templates").mkdir()
    link = world.available / "templates" / "one.yaml"
    link.symlink_to(outside)
    (world.available / "linked.yaml").write_text(BY_URL)
    relative_link(world.available / "linked.yaml", world.enabled / "linked.yaml")
    world.wait(lambda: world.rules("linked.yaml") == {"outside-tree"}, "the template is refused")
    link.unlink()
    link.write_text(TEMPLATE)
    world.wait_for_title("linked", "By URL")


def test_dependency_that_becomes_readable_text_heals(world: World) -> None:
    (world.enabled / "latin.yaml").write_bytes(definition("Größe").encode("latin-1"))
    world.wait(lambda: world.rules("latin.yaml") == {"not-utf-8"}, "the encoding is refused")
    (world.enabled / "latin.yaml").write_text(definition("Größe"))
    world.wait_for_title("latin", "Größe")


def test_template_root_that_is_a_link_may_be_re_pointed(start: Callable[..., World], tmp_path: Path) -> None:
    current = tmp_path / "current"
    for number in (1, 2):
        (tmp_path / f"v{number}").mkdir()
        (tmp_path / f"v{number}" / "one.yaml").write_text(TEMPLATE.replace("Size", f"Size {number}"))
    repoint(current, tmp_path / "v1")
    world = start(TEMPLATE_ROOTS=str(current))
    for name, folder in (("follows", current), ("stays", tmp_path / "v1")):
        text = BY_URL.replace("templates", str(folder)).replace("By URL", name)
        world.replace(world.enabled / f"{name}.yaml", text)
        world.wait_for_title(name, name)
    repoint(current, tmp_path / "v2")
    world.wait(lambda: world.listing()["follows"]["parameters"]["size"]["label"] == "Size 2", "the new version")
    world.wait(lambda: world.rules("stays.yaml") == {"outside-tree"}, "what is no longer within the root")
    assert world.state("follows.yaml") == "listed"
    repoint(current, tmp_path / "v1")
    world.wait_for_state("stays.yaml", "listed")
