"""File systems that report no changes: recognised from the table of mounts.

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
    try:
        with open(table, encoding="utf-8", errors="surrogateescape") as lines:
            mounts = [line.split(" ") for line in lines]
    except OSError:
        return ""
    real = os.path.realpath(path)
    holders = []
    for number, fields in enumerate(mounts):
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), fields[4])
        if is_at_or_below(real, point):
            # Of several mounts on one folder the last in the table is on top.
            holders.append((len(point), number, fields[fields.index("-") + 1]))
    return max(holders)[2] if holders else ""


def reports_changes(path: str, table: str = MOUNT_TABLE) -> bool:
    """Whether the kernel reports all changes below ``path``."""
    return _SILENT.fullmatch(find_file_system(path, table)) is None
