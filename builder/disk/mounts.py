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
    real = os.path.realpath(path)
    # Of several mounts on one folder the last in the table is on top.
    holders = [
        (len(point), number, kind)
        for number, (point, kind) in enumerate(_read_mounts(table))
        if is_at_or_below(real, point)
    ]
    return max(holders)[2] if holders else ""


def reports_changes(path: str, table: str = MOUNT_TABLE) -> bool:
    """Whether the kernel reports all changes below ``path``."""
    return _SILENT.fullmatch(find_file_system(path, table)) is None


def is_mount_point(path: str, table: str = MOUNT_TABLE) -> bool:
    """Whether something is mounted at ``path`` itself, as a volume of a container is; False where it is not known."""
    real = os.path.realpath(path)
    return any(point == real for point, _ in _read_mounts(table))


def identify_mount(path: str) -> str:
    """Which file system a folder is on, and where that is mounted: another text where a volume came, went or changed.

    The device alone would not tell a folder from one of the same disk that is mounted there; the mount alone would not
    tell a container's volume from the empty folder that is mounted in its place.
    """
    real = os.path.realpath(path)
    point = max((point for point, _ in _read_mounts(MOUNT_TABLE) if is_at_or_below(real, point)), key=len, default="")
    return f"{os.stat(real).st_dev}:{point}"


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
