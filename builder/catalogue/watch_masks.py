"""Where inotify watches go, so that every change that matters to some folders is reported: decisions, and questions
to the disk that they need.

A folder that matters is watched for all that happens in it. The folders above it are watched for their own going alone,
which costs nothing: the kernel reports that a folder was moved away to whoever watches that folder, and to nobody who
watches one inside it. Where a folder is missing, the nearest one above it that exists stands in for it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

# The numbers that inotify(7) gives names to.
IN_MODIFY = 0x0002
IN_ATTRIB = 0x0004
IN_CLOSE_WRITE = 0x0008
IN_MOVED_FROM = 0x0040
IN_MOVED_TO = 0x0080
IN_CREATE = 0x0100
IN_DELETE = 0x0200
IN_DELETE_SELF = 0x0400
IN_MOVE_SELF = 0x0800
IN_UNMOUNT = 0x2000
IN_ONLYDIR = 0x0100_0000
IN_DONT_FOLLOW = 0x0200_0000
IN_ISDIR = 0x4000_0000

OWN_GOING = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW
ALL_CHANGES = (
    OWN_GOING | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE
)  # and no event of reading, or the service would wake itself

Identity = tuple[int, int]
"""Device and inode: tells when another folder has taken the place of one that is watched."""


def plan_masks(folders: Iterable[str]) -> dict[str, int]:
    """What to watch each folder for, so that all changes in ``folders`` are reported; the folders themselves first."""
    masks = dict.fromkeys(folders, ALL_CHANGES)
    for folder in list(masks):
        above = os.path.dirname(folder)
        while above not in masks and above not in ("/", ""):
            masks[above] = OWN_GOING
            above = os.path.dirname(above)
    return masks


def find_standin(folder: str) -> str:
    """The nearest folder above a missing one that exists: where its appearance will show."""
    while folder not in ("/", "") and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def identify(folder: str) -> Identity | None:
    """Which folder is at a path now; None where there is none."""
    try:
        status = os.lstat(folder)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def is_within(path: str, folders: Collection[str]) -> bool:
    """Whether a path is one of ``folders`` or something in one of them, however many they are."""
    while path not in folders:
        if path in ("/", ""):
            return False
        path = os.path.dirname(path)
    return True
