"""Random file operations, and after each few of them the settled catalogue against a model of what it should be.

The catalogue is driven as its reconcile loop drives it, but by the test's own clocks, so that waiting costs no time.
Hints are given for the changed paths only, as inotify gives them, or not at all, as when events are lost.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.catalogue.scan import EVERYTHING, ChangeHint
from builder.catalogue.settling import Settling
from builder.catalogue.snapshot import State
from builder.catalogue.validators import is_same_content
from builder.definitions.model import ClusterTypeId
from tests.samples import share_of
from tests.watching.world import definition

NAMES = st.sampled_from(["a.yaml", "b.yaml", "c.yaml", "a.yml", "d"])
TITLES = st.sampled_from(["One", "Two", "Six", "Ten"])
FILES = st.sampled_from(["x.yaml", "y.yaml", "z.yaml"])
FOLDERS = st.sampled_from(["red", "blue"])
BROKEN = st.sampled_from(["", "kind: [", "- a\n", "kind: heat\n"])


class CatalogueMachine(RuleBasedStateMachine):
    """The model reads the files anew each time; what it remembers is only what was listed last, by id."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="catalogue-"))
        self.enabled = self.root / "enabled"
        self.available = self.root / "cluster-types-available"
        self.now = 1_000_000_000.0
        self.hinted: set[str] = set()
        self.lost = False
        self.listed: dict[str, str] = {}
        self.tags: dict[str, str] = {}

    @initialize()
    def begin(self) -> None:
        self.enabled.mkdir()
        for folder in ("red", "blue"):
            (self.available / folder).mkdir(parents=True)
        (self.available / "current").symlink_to("red")
        settling = Settling(lambda: self.now)
        self.catalogue = Catalogue(self.enabled, LoadSettings(), clock=lambda: self.now, settling=settling)
        self.catalogue.reconcile(EVERYTHING)

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    # ---- what happens to files

    def touched(self, *paths: Path) -> None:
        self.hinted.update(map(str, paths))

    def write_to(self, path: Path, text: str, *, whole: bool) -> None:
        if path.is_dir():
            return
        if whole or path.is_symlink():
            temporary = path.with_name(f".{path.name}.new")
            temporary.write_text(text)
            temporary.rename(path)
        else:
            path.write_text(text)
        self.touched(path)

    @rule(name=NAMES, title=TITLES, whole=st.booleans())
    def write_definition(self, name: str, title: str, whole: bool) -> None:
        path = self.enabled / name / "cluster-type.yaml" if name == "d" else self.enabled / name
        if path.parent.is_symlink():
            return
        path.parent.mkdir(exist_ok=True)
        self.write_to(path, definition(title), whole=whole)
        self.touched(path.parent)

    @rule(name=NAMES, text=BROKEN)
    def write_broken(self, name: str, text: str) -> None:
        if name != "d":
            self.write_to(self.enabled / name, text, whole=True)

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        path = self.enabled / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        self.touched(path)

    @rule(old_name=NAMES, new_name=NAMES)
    def rename(self, old_name: str, new_name: str) -> None:
        old, new = self.enabled / old_name, self.enabled / new_name
        if os.path.lexists(old) and "d" not in (old_name, new_name) and not new.is_dir():
            old.rename(new)
            self.touched(old, new)

    @rule(name=NAMES)
    def touch(self, name: str) -> None:
        path = self.enabled / name
        if path.is_file():
            os.utime(path, (1_500_000_000, 1_500_000_000))
            self.touched(path.resolve())

    @rule(folder=FOLDERS, file=FILES, title=TITLES, whole=st.booleans())
    def write_target(self, folder: str, file: str, title: str, whole: bool) -> None:
        self.write_to(self.available / folder / file, definition(title), whole=whole)

    @rule(folder=FOLDERS, file=FILES)
    def remove_target(self, folder: str, file: str) -> None:
        path = self.available / folder / file
        path.unlink(missing_ok=True)
        self.touched(path)

    @rule(name=NAMES, file=FILES, way=st.sampled_from(["current", "red", "blue"]))
    def link(self, name: str, file: str, way: str) -> None:
        path = self.enabled / name
        if name == "d" or path.is_dir():
            return
        temporary = self.enabled / ".link"
        temporary.symlink_to(self.available / way / file)
        temporary.rename(path)
        self.touched(path)

    @rule(folder=FOLDERS)
    def repoint(self, folder: str) -> None:
        temporary = self.available / ".current"
        temporary.symlink_to(folder)
        temporary.rename(self.available / "current")
        self.touched(self.available / "current")

    @rule()
    def replace_enabled_folder(self) -> None:
        other = self.root / "other"
        shutil.copytree(self.enabled, other, symlinks=True)
        self.enabled.rename(self.root / "old")
        other.rename(self.enabled)
        shutil.rmtree(self.root / "old")
        self.touched(self.enabled)

    @rule()
    def lose_events(self) -> None:
        self.hinted.clear()
        self.lost = True

    # ---- what must hold

    @rule()
    def settle(self) -> None:
        """Everything is noticed by hints, or by a rescan where some were lost; then all waits are over."""
        before = self.catalogue.snapshot
        if self.lost:
            found = set().union(*self.catalogue.sweep())
            self.catalogue.reconcile(ChangeHint(frozenset(found)))
        else:
            self.catalogue.reconcile(ChangeHint(frozenset(self.hinted)))
        for _ in range(3):
            self.now += 10
            if not self.catalogue.deferred:
                break
            self.catalogue.reconcile(ChangeHint(self.catalogue.deferred))
        self.hinted.clear()
        self.lost = False
        self.compare_with_model()
        now = self.catalogue.snapshot
        same = now.listing.entity_tag == before.listing.entity_tag
        assert is_same_content(now.listing.last_modified, before.listing.last_modified) == same

    def compare_with_model(self) -> None:
        """What is listed is what the files hold; a broken one keeps what was listed of it before."""
        expected: dict[str, str] = {}
        states: dict[str, State] = {}
        by_id: dict[str, list[str]] = {}
        for name in (path.name for path in self.enabled.iterdir()):
            by_id.setdefault(name.partition(".")[0], []).append(name)
        for key, names in by_id.items():
            title = self.read_title(names[0]) if len(names) == 1 else None
            if title is not None:
                expected[key] = title
            elif key in self.listed:
                expected[key] = self.listed[key]
            fallen = State.STALE if key in self.listed else State.REJECTED
            states |= dict.fromkeys(names, State.LISTED if title is not None else fallen)
        snapshot = self.catalogue.snapshot
        for key, names in by_id.items():
            # Of two changes one may have been complete a moment earlier: then that is what was there before.
            if len(names) > 1 and key in snapshot.types:
                expected[key] = snapshot.types[ClusterTypeId(key)].cluster_type.title
                assert expected[key] in {self.listed.get(key), *map(self.read_title, names)}
                states |= dict.fromkeys(names, State.STALE)
        assert {key: each.cluster_type.title for key, each in snapshot.types.items()} == expected
        assert {report.path: report.state for report in snapshot.reports()} == states
        for key, each in snapshot.types.items():
            if self.listed.get(key) == expected[key]:
                assert self.tags[key] == each.representation.entity_tag
        self.listed = expected
        self.tags = {key: each.representation.entity_tag for key, each in snapshot.types.items()}

    def read_title(self, name: str) -> str | None:
        path = self.enabled / name / "cluster-type.yaml" if name == "d" else self.enabled / name
        try:
            text = path.read_text()
        except OSError:
            return None
        return text.splitlines()[1].removeprefix("title: ") if text.count("\n") > 5 else None

    @invariant()
    def reconciling_again_changes_nothing(self) -> None:
        if not self.hinted and not self.lost and hasattr(self, "catalogue"):
            assert not self.catalogue.reconcile(EVERYTHING)


pytestmark = pytest.mark.generated

TestCatalogueMachine = CatalogueMachine.TestCase
TestCatalogueMachine.settings = settings(
    max_examples=int(os.environ.get("RANDOM_EXAMPLES", share_of(120))),
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
)
