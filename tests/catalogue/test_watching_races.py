"""Folders that come and go between any two steps of placing watches: no change is missed, with no rescan to find it.

A real inotify instance is read in the test's own thread, so that each step of the watcher is one at which something can
happen to the folders. What happens, and at which steps, is drawn at random, from a seed.
"""

from __future__ import annotations

import os
import random
import select
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from watchdog.observers.inotify_c import InotifyFD

from builder.catalogue.watcher import Watcher
from builder.disk.links import is_at_or_below

ROUNDS = int(os.environ.get("RACE_ROUNDS", "60"))
"""How many ways to interleave are tried of each kind: some seconds; of a hundred ways a few once missed a change."""

LAST_STEP = 120
"""Placing all watches anew a few times takes about so many steps."""

MAX_TURNS = 200

Operation = Callable[[], object]


class Interleaving:
    """Counts steps, and lets each operation happen at its step."""

    def __init__(self) -> None:
        self.pending: list[tuple[int, Operation]] = []
        self._steps = 0
        self._is_operating = False

    def begin(self, operations: Sequence[Operation], steps: Sequence[int]) -> None:
        self.pending = list(zip(steps, operations, strict=True))
        self._steps = 0

    def step(self) -> None:
        if self._is_operating:
            return
        self._steps += 1
        while self.pending and self.pending[0][0] <= self._steps:
            _, operation = self.pending.pop(0)
            self._is_operating = True
            operation()
            self._is_operating = False

    def stepping(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.step()
            result = function(*arguments, **options)
            self.step()
            return result

        return call


class Reader(InotifyFD):
    """The real reader, without its thread."""

    def start(self) -> None:
        pass

    def is_alive(self) -> bool:
        return True

    def has_events(self) -> bool:
        return bool(select.select([self._inotify_fd], [], [], 0)[0])


class Scene:
    """A watcher that follows the folder of one file, and whoever reads the file when a change of it is noticed."""

    def __init__(self, root: Path, interleaving: Interleaving) -> None:
        self.file = root / "a" / "b" / "c" / "file"
        self.file.parent.mkdir(parents=True)
        self.file.write_text("first")
        self.seen: str | None = None
        self.interleaving = interleaving
        self._noticed: set[str] = set()
        self._reader = Reader()
        self._reader.add_callback = interleaving.stepping(self._reader.add_callback)  # type: ignore[method-assign]
        self._watcher = Watcher(self, lambda: self._reader)  # type: ignore[arg-type, return-value]  # its parameters are NewTypes of int
        self._folders = frozenset({str(self.file.parent)})

    def close(self) -> None:
        self._reader.close()

    def notice(self, path: str, finished: bool | None = None) -> None:
        self._noticed.add(path)

    def notice_loss(self) -> None:
        raise AssertionError("there are few events")

    def look(self) -> None:
        """Read the file, and have the watcher follow it."""
        self.interleaving.step()
        self.seen = self.file.read_text() if self.file.exists() else None
        self.interleaving.step()
        self._noticed.update(self._watcher.watch(self._folders))
        self.interleaving.step()

    def settle(self) -> None:
        """Take in what is reported, as the reconcile loop does, until nothing more happens."""
        for _ in range(MAX_TURNS):
            while self._reader.has_events():
                for event in self._reader.read_events():
                    self.interleaving.step()
                    self._reader.handle_event(event)
            concerns_file = any(is_at_or_below(str(self.file), path) for path in self._noticed)
            self._noticed.clear()
            if concerns_file:
                self.look()
            elif self.interleaving.pending:
                self.interleaving.step()
            elif not self._reader.has_events():
                return
        raise AssertionError("it does not settle")


def make_anew(root: Path) -> list[Operation]:
    folder = root / "a" / "b" / "c"
    return [
        (root / "a").mkdir,
        (root / "a" / "b").mkdir,
        folder.mkdir,
        lambda: (folder / "file").write_text("second"),
    ]


def move_away(root: Path) -> list[Operation]:
    return [lambda: (root / "a").rename(root / "old"), *make_anew(root)]


def remove(root: Path) -> list[Operation]:
    folder = root / "a" / "b" / "c"
    return [(folder / "file").unlink, folder.rmdir, folder.parent.rmdir, (root / "a").rmdir, *make_anew(root)]


def move_back(root: Path) -> list[Operation]:
    return [
        *move_away(root),
        lambda: shutil.rmtree(root / "a"),
        lambda: (root / "old").rename(root / "a"),
    ]


def move_back_at_once(root: Path) -> list[Operation]:
    return [
        lambda: (root / "a").rename(root / "old"),
        lambda: shutil.copytree(root / "old", root / "a"),
        lambda: shutil.rmtree(root / "a"),
        lambda: (root / "old").rename(root / "a"),
    ]


def replace_a_folder_between(root: Path) -> list[Operation]:
    return [
        lambda: (root / "a" / "b").rename(root / "kept"),
        lambda: (root / "a").rename(root / "old"),
        (root / "a").mkdir,
        lambda: (root / "kept").rename(root / "a" / "b"),
        lambda: (root / "a" / "b" / "c" / "file").write_text("second"),
    ]


def rename_another_into_place(root: Path) -> list[Operation]:
    return [
        lambda: shutil.copytree(root / "a", root / "new"),
        lambda: (root / "new" / "b" / "c" / "file").write_text("second"),
        lambda: (root / "a").rename(root / "old"),
        lambda: (root / "new").rename(root / "a"),
        lambda: shutil.rmtree(root / "old"),
        lambda: (root / "a" / "b" / "c" / "file").write_text("third"),
    ]


@contextmanager
def stepping(interleaving: Interleaving) -> Iterator[None]:
    """Each look of the watcher at the disk is a step."""
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr(os, "lstat", interleaving.stepping(os.lstat))
        patches.setattr(os.path, "isdir", interleaving.stepping(os.path.isdir))
        yield


def draw_steps(chance: random.Random, count: int) -> list[int]:
    """At which steps the operations happen: close together, or anywhere."""
    if chance.random() < 0.5:
        return sorted(min(LAST_STEP, int(chance.expovariate(1 / 15))) for _ in range(count))
    return sorted(chance.choice([0, chance.randrange(LAST_STEP)]) for _ in range(count))


@pytest.mark.parametrize(
    "happen",
    [move_away, remove, move_back, move_back_at_once, replace_a_folder_between, rename_another_into_place],
)
@pytest.mark.parametrize("is_followed", [True, False], ids=["followed", "first-look"])
def test_no_change_is_missed_whenever_folders_come_and_go(
    tmp_path: Path, happen: Callable[[Path], list[Operation]], is_followed: bool
) -> None:
    chance = random.Random(happen.__name__)
    for number in range(ROUNDS):
        root = tmp_path / str(number)
        root.mkdir()
        operations = happen(root)
        steps = draw_steps(chance, len(operations))
        scene = Scene(root, Interleaving())
        if is_followed:
            scene.look()
            scene.settle()
        with stepping(scene.interleaving):
            scene.interleaving.begin(operations, steps)
            if not is_followed:
                scene.look()
            scene.settle()
        assert scene.seen == scene.file.read_text(), steps
        scene.file.write_text("later")
        scene.settle()
        assert scene.seen == "later", steps
        scene.close()
        shutil.rmtree(root)
