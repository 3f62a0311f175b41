"""The smaller decisions of the catalogue, where the scenarios on the real service cannot bring a case about."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from builder.catalogue.entries import scan_folder
from builder.catalogue.scan import LONGEST_BURST_SECONDS, MAX_PATHS, QUIET_SECONDS, Hints
from builder.catalogue.validators import DAY, build_entity_tag, date_cluster_type, date_listing, is_same_content
from builder.disk.dependencies import RACY_NS, load_dependency, recheck_dependency
from builder.disk.links import LinkLoopError, LinkResolver, is_at_or_below
from builder.disk.mounts import find_file_system, is_mount_point, reports_changes
from builder.disk.safe_reading import read_file

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:45 / /srv/nfs rw - nfs4 server:/export rw
31 22 0:46 / /mnt/with\\040space rw - fuse.sshfs user@host:/ rw
32 30 0:47 / /srv/nfs/local rw master:3 - tmpfs tmpfs rw
33 22 0:48 / /lima rw - 9p share rw
34 22 0:49 / /shared rw - virtiofs share rw
35 22 0:50 / /smb rw - cifs //host/share rw
36 22 0:51 / /smb rw - ext4 /dev/sdb1 rw
37 22 0:52 / /desktop rw - fakeowner /run/host_mark/Users rw
"""


@pytest.mark.parametrize(
    ("path", "kind", "reports"),
    [
        ("/etc/types", "ext4", True),
        ("/srv/nfs/types", "nfs4", False),
        ("/srv/nfsother", "ext4", True),
        ("/srv/nfs/local/types", "tmpfs", True),
        ("/mnt/with space/types", "fuse.sshfs", False),
        ("/lima", "9p", False),
        ("/shared/types", "virtiofs", False),
        ("/desktop/types", "fakeowner", False),
        ("/smb/types", "ext4", True),
    ],
)
def test_silent_file_system_is_recognised_from_the_mount(tmp_path: Path, path: str, kind: str, reports: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert find_file_system(path, str(table)) == kind
    assert reports_changes(kind) is reports


def test_mount_point_is_told_from_what_is_below_it(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTS)
    assert is_mount_point("/srv/nfs", str(table))
    assert not is_mount_point("/srv/nfs/types", str(table))
    assert not is_mount_point("/srv/nfs", str(tmp_path / "missing"))


def test_a_number_is_the_name_of_a_probe_of_vims_but_of_a_folder_too(tmp_path: Path) -> None:
    (tmp_path / "4913").touch()
    (tmp_path / "5000").symlink_to("nowhere")
    (tmp_path / "2024").mkdir()
    assert list(scan_folder(str(tmp_path))) == ["2024"]


def test_no_mount_table_means_that_changes_are_reported(tmp_path: Path) -> None:
    assert reports_changes(find_file_system("/anywhere", str(tmp_path / "missing")))


# ---- stamps


def test_equal_stamp_proves_nothing_until_it_was_met_twice_two_seconds_apart(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    known, _ = load_dependency("", str(path), LinkResolver(), 0)
    assert not known.settled
    soon = recheck_dependency(known, LinkResolver(), RACY_NS - 1)
    assert soon is not None
    assert not soon.settled
    late = recheck_dependency(soon, LinkResolver(), RACY_NS)
    assert late is not None
    assert late.settled
    assert recheck_dependency(late, LinkResolver(), RACY_NS + 1) is late


def test_touched_file_is_the_same_with_another_stamp_that_proves_nothing_yet(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    known, _ = load_dependency("", str(path), LinkResolver(), 0)
    settled = recheck_dependency(known, LinkResolver(), RACY_NS)
    assert settled is not None
    os.utime(path, (1, 1))
    touched = recheck_dependency(settled, LinkResolver(), RACY_NS + 1)
    assert touched is not None
    assert touched.digest == known.digest
    assert not touched.settled


# ---- hints


def test_burst_is_over_when_nothing_comes_and_patience_is_limited() -> None:
    hints = Hints()
    hints.add("/a", 10.0)
    assert 10.01 < hints.ripe_at() == 10.0 + QUIET_SECONDS
    for step in range(100):
        hints.add("/a", 10.0 + step * 0.01)
    assert hints.ripe_at() == 10.0 + LONGEST_BURST_SECONDS


def test_hints_are_bounded() -> None:
    hints = Hints()
    for number in range(MAX_PATHS + 1):
        hints.add(f"/{number}", 0.0)
    assert hints.lost
    assert len(hints.take().paths) <= MAX_PATHS


def test_file_that_is_written_again_is_not_finished() -> None:
    hints = Hints()
    hints.add("/a", 0.0, finished=True)
    hints.add("/a", 0.0, finished=None)
    assert hints.take().finished == {"/a"}
    hints.add("/a", 0.0, finished=True)
    hints.add("/a", 0.0, finished=False)
    assert hints.take().finished == set()


# ---- dates


@pytest.mark.parametrize("modified", [-(10**12), 0, 1, 10**9, 10**9 + 43_199, 2 * 10**9, 10**12])
def test_dates_are_of_the_past_and_of_the_day_before_that_of_the_files(modified: int) -> None:
    now = 1_999_999_999.5
    for number in range(50):
        tag = build_entity_tag([b"%d" % number])
        date = date_cluster_type(tag, modified, now)
        listing = date_listing(tag, date)
        assert 0 <= date < listing < now
        assert date // DAY == listing // DAY == max(min(modified, int(now)) // DAY - 1, 0)
        assert is_same_content(date, date_cluster_type(tag, modified + 3 * DAY, now + 2 * DAY))
        assert not is_same_content(date, listing)


def test_what_takes_the_place_of_something_never_has_its_time_of_day() -> None:
    tag = build_entity_tag([b""])
    date = date_cluster_type(tag, 10**9, 10**9)
    assert not is_same_content(date, date_cluster_type(tag, 10**9, 10**9, replaced=date))
    listing = date_listing(tag, date)
    assert not is_same_content(listing, date_listing(tag, date, replaced=listing))


# ---- paths


def test_path_of_many_folders_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("x/y")
    path = f"{tmp_path}/link/{'a/' * 1500}b"
    assert LinkResolver().resolve(path).real == f"{tmp_path}/x/y/{'a/' * 1500}b"


@pytest.mark.parametrize("root", ["/", "//", "///"])
def test_path_may_begin_with_several_slashes(tmp_path: Path, root: str) -> None:
    (tmp_path / "link").symlink_to(root + "etc")
    assert LinkResolver().resolve(f"{root}{str(tmp_path).lstrip('/')}/link/x").real == "/etc/x"


def test_path_that_was_asked_for_with_two_slashes_is_not_what_a_link_means_by_it(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("a//../b")
    resolver = LinkResolver()
    assert resolver.resolve(f"{tmp_path}/a//..").real == str(tmp_path)
    with pytest.raises(LinkLoopError):
        resolver.resolve(f"{tmp_path}/a")


@pytest.mark.parametrize(
    ("path", "folder", "within"),
    [
        ("/a/b", "/a/b", True),
        ("/a/b/c", "/a/b", True),
        ("/a/b/c", "/a/b/", True),
        ("/a/bc", "/a/b", False),
        ("/a", "/a/b", False),
        ("/b/a/b", "/a/b", False),
        ("/a", "/", True),
        ("/", "/", True),
    ],
)
def test_what_is_in_a_folder_is_told_by_whole_names(path: str, folder: str, within: bool) -> None:
    assert is_at_or_below(path, folder) is within


@pytest.mark.skipif(sys.platform != "linux", reason="there is such a file system on Linux only")
def test_file_is_read_whole_though_its_file_system_tells_no_size() -> None:
    content, stamp = read_file(f"/proc/{os.getpid()}/cmdline")
    assert (content, stamp.size) == (Path("/proc/self/cmdline").read_bytes(), 0)
