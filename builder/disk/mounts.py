"""File systems that report no changes, and volumes that are gone: recognised from the table of mounts.

inotify sees what this kernel does. What another host, a hypervisor or a program in user space changes on a mounted
file system is never reported, though watching it fails with no error.
"""

from __future__ import annotations

import os
import re

from builder.disk.links import is_at_or_below

_SILENT = re.compile(
    r"nfs\d*|cifs|smb\d*|smbfs|9p|virtiofs|vboxsf|prl_fs|fakeowner|fuse\..+|fuse|fuseblk|afs|ceph|gfs2|ocfs2|lustre"
)

MOUNT_TABLE = "/proc/self/mountinfo"


def find_file_system(path: str, table: str = MOUNT_TABLE) -> str:
    """The type of the file system that holds ``path`` (proc(5), /proc/pid/mountinfo); "" where it is not known."""
    return _find_mount(path, table)[1]


def reports_changes(file_system: str) -> bool:
    """Whether the kernel reports all changes in a file system of this type."""
    return _SILENT.fullmatch(file_system) is None


def is_mount_point(path: str, table: str = MOUNT_TABLE) -> bool:
    """Whether something is mounted at ``path`` itself, as a volume of a container is; False where it is not known."""
    real = os.path.realpath(path)
    return any(point == real for point, _ in _read_mounts(table))


def identify_mount(path: str) -> str:
    """Which file system a folder is on, and where that is mounted: another text where a volume came, went or changed.

    The device alone would not tell a folder from one of the same disk that is mounted there; the mount alone would not
    tell a container's volume from the empty folder that is mounted in its place.
    """
    return f"{os.stat(path).st_dev}:{_find_mount(path, MOUNT_TABLE)[0]}"


def _find_mount(path: str, table: str) -> tuple[str, str]:
    """The mount point that holds ``path``, and the type of its file system; empty texts where that is not known."""
    real = os.path.realpath(path)
    holders = [mount for mount in _read_mounts(table) if is_at_or_below(real, mount[0])]
    # Of several mounts on one folder the last in the table is on top.
    return max(reversed(holders), key=lambda mount: len(mount[0]), default=("", ""))


def _read_mounts(table: str) -> list[tuple[str, str]]:
    """Every mount point, with the type of its file system; none where the table cannot be read."""
    try:
        with open(table, encoding="utf-8", errors="surrogateescape") as lines:
            mounts = [line.split(" ") for line in lines]
    except OSError:
        return []
    return [
        (re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4]), fields[fields.index("-") + 1])
        for fields in mounts
    ]
