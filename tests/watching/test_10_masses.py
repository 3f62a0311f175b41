"""Many changes at once settle to the right catalogue; the benchmarks measure that readers hardly notice."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.watching.world import World, definition


def test_a_thousand_changes_in_a_row_settle_to_the_right_catalogue(start: Callable[..., World]) -> None:
    world = start()
    chance = random.Random(1)
    expected: dict[str, str] = {}
    for number in range(1_000):
        name = f"type-{chance.randrange(40)}"
        path = world.enabled / f"{name}.yaml"
        if name in expected and chance.random() < 0.3:
            path.unlink()
            del expected[name]
        else:
            expected[name] = f"Title {number}"
            write = chance.choice((lambda path, text: path.write_text(text), world.replace))
            write(path, definition(expected[name]))
    world.wait(lambda: world.titles() == expected, "the right catalogue")


def test_every_listing_on_the_way_is_whole(start: Callable[..., World]) -> None:
    """Two types are always edited by one rename of the folder that both lead through: no view mixes them."""
    world = start()
    for number in range(20):
        folder = world.available / f"release-{number}"
        folder.mkdir(parents=True)
        for name in ("left", "right"):
            (folder / f"{name}.yaml").write_text(definition(f"{name} {number}"))
    current = world.available / "current"
    current.symlink_to("release-0")
    for name in ("left", "right"):
        (world.enabled / f"{name}.yaml").symlink_to(current / f"{name}.yaml")
    world.wait(lambda: world.titles() == {"left": "left 0", "right": "right 0"}, "both types")
    with world.reader("left", "right") as seen:
        for number in range(1, 20):
            temporary = world.available / "current.new"
            temporary.symlink_to(f"release-{number}")
            temporary.rename(current)
            world.wait_for_title("left", f"left {number}")
    assert all(each["left"].split()[1] == each["right"].split()[1] for each in seen)
    assert len(seen) == 20
