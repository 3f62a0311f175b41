"""The folder ``hot`` of the instance folder, where earlier releases kept templates: used, and watched, as they did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.watching.test_4_links import repoint
from tests.watching.world import World, remove

BY_URL = """\
kind: heat
title: {title}
description: A cluster for the tests.
heat_template_url: {url}
"""

TEMPLATE = """\
heat_template_version: 2021-04-16
parameters:
  size: {{type: number, default: 1, label: {label}}}
resources:
  config:
    type: OS::Heat::SoftwareConfig
    properties: {{config: {{get_file: ../scripts/boot.sh}}}}
  nested: {{type: OS::Heat::ResourceGroup, properties: {{resource_def: {{type: nested.yaml}}}}}}
"""

NESTED = """\
heat_template_version: 2021-04-16
resources:
  secret: {type: OS::Heat::RandomString, properties: {length: 8}}
"""


def write_hot(hot: Path, label: str) -> None:
    """What a release up to v1.1.0 had there: a folder of templates, and what they refer to."""
    for name in ("blocks", "scripts"):
        (hot / name).mkdir(parents=True)
    (hot / "scripts" / "boot.sh").write_text(f"#!/bin/sh\n# {label}\n")
    (hot / "blocks" / "nested.yaml").write_text(NESTED)
    (hot / "blocks" / "cluster.yaml").write_text(TEMPLATE.format(label=label))


@pytest.fixture
def hot(world: World) -> Iterator[Path]:
    folder = world.service.instance / "hot"
    write_hot(folder, "First")
    yield folder
    remove(folder)


def label_of(world: World, name: str) -> str | None:
    found = world.listing().get(name)
    label: str | None = found["parameters"]["size"].get("label") if found is not None else None
    return label


def test_template_is_found_in_the_hot_folder_and_its_files_are_watched(world: World, hot: Path) -> None:
    world.available.mkdir(exist_ok=True)
    world.replace(world.available / "old.yaml", BY_URL.format(title="Old", url="blocks/cluster.yaml"))
    (world.enabled / "old.yaml").symlink_to("../cluster-types-available/old.yaml")
    world.wait_for_title("old", "Old")
    before = world.etag("old")
    world.replace(hot / "blocks" / "cluster.yaml", TEMPLATE.format(label="Second"))
    world.wait(lambda: label_of(world, "old") == "Second", "an edit of the template")
    world.replace(hot / "scripts" / "boot.sh", "#!/bin/sh\n# another\n")
    world.replace(hot / "blocks" / "nested.yaml", "resources: [\n")
    world.wait_for_state("old.yaml", "stale")
    world.replace(hot / "blocks" / "nested.yaml", NESTED)
    world.wait_for_state("old.yaml", "listed")
    assert world.etag("old") != before


def test_own_folder_comes_before_the_hot_folder(world: World, hot: Path) -> None:
    own = world.enabled / "owner"
    own.mkdir()
    world.replace(own / "cluster-type.yaml", BY_URL.format(title="Owner", url="cluster.yaml"))
    world.replace(
        hot / "cluster.yaml", NESTED.replace("resources", "parameters: {size: {type: number, label: Hot}}\nresources")
    )
    world.wait_for_title("owner", "Owner")
    assert label_of(world, "owner") == "Hot"
    world.replace(own / "cluster.yaml", NESTED + "parameters: {size: {type: number, label: Own}}\n")
    world.wait(lambda: label_of(world, "owner") == "Own", "the definition's own template, once it is there")
    (own / "cluster.yaml").unlink()
    world.wait(lambda: label_of(world, "owner") == "Hot", "the other again")
    assert world.state("owner") == "listed"


def test_hot_folder_that_comes_later_heals_what_waits_for_it(world: World, hot: Path) -> None:
    hot.rename(hot.with_name("hot.later"))
    world.replace(world.enabled / "early.yaml", BY_URL.format(title="Early", url="blocks/cluster.yaml"))
    world.wait(lambda: world.rules("early.yaml") == {"missing-file"}, "nothing is there")
    hot.with_name("hot.later").rename(hot)
    world.wait_for_title("early", "Early")


def test_hot_folder_that_is_a_link_may_be_re_pointed(start: Callable[..., World], tmp_path: Path) -> None:
    for number in ("First", "Second"):
        write_hot(tmp_path / number, number)
    world = start()
    repoint(world.service.instance / "hot", tmp_path / "First")
    world.replace(world.enabled / "linked.yaml", BY_URL.format(title="Linked", url="blocks/cluster.yaml"))
    world.wait_for_title("linked", "Linked")
    repoint(world.service.instance / "hot", tmp_path / "Second")
    world.wait(lambda: label_of(world, "linked") == "Second", "the new version")
