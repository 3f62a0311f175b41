"""The folder in which the last good version of each cluster type outlives the process; one file for each id.

Any number of processes use one folder at once, on several hosts perhaps: each file is put in place whole, by renaming,
and two that write the same version write the same file. Nothing that is read is trusted to be whole, or ours. Nothing
raises for the state of a disk: what cannot be kept is told by ``problem``, and the service goes on without.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

from builder.disk.last_good import ForeignVersionError, LastGoodVersion, decode_version

FOLDER_NAME = "last-good"
"""The folder within the state's own, which an operator may have made, and mounted, with other rights."""

MAX_VERSION_BYTES = 8 * 1024**2
"""The largest version that is kept: Heat takes requests of 1 MiB unless told otherwise, in which all files are sent."""

MAX_FOLDER_BYTES = 256 * 1024**2
"""How much is kept altogether: ten thousand types of 24 KiB."""

BLOCK_BYTES = 4096
"""What the smallest file counts as, so that the number of files is bounded, too; most file systems allot as much."""

MANY = 16
"""With more versions than these at once, a write does not wait until each is on the disk, which takes milliseconds for
each. A process may be killed at any time all the same; a machine that stops may leave files that are not whole, and are
ignored."""

FORGOTTEN_SECONDS = 86_400.0
"""After so long without use the version of a type that is not enabled is removed.

Whoever has the type enabled touches the file twice in this time, so that of several services on one folder none removes
what another has, whichever of them has noticed what was enabled last.
"""

_SUFFIX = ".json"
_MOUNT_NAME = "mount"
"""Has no suffix, and so is of no id."""


class StateFolder:
    """Keeps versions; lives as long as its catalogue, and is used from that one's thread.

    ``reread`` gives the version of an id that is listed now, None where there is none any more. ``clock`` is in seconds
    since the epoch: it is compared with the times of files.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder / FOLDER_NAME
        self._clock = clock
        self._due: dict[str, LastGoodVersion | None] = {}
        """What is to be written; None for what has to be read again first, so that no content is held meanwhile."""
        self._refused: dict[str, str] = {}
        """Why some ids are not kept: not tried again, for another try would end the same way."""
        self._used: int | None = None
        self._has_folder = False
        """Whether the write that is under way has found the folder to be there, and ours."""
        self._failure = ""

    @property
    def problem(self) -> str:
        """Why not all is kept that should be; an empty text where all is."""
        return self._failure or next(iter([*self._refused.values()]), "")  # a copy: any thread may ask

    def read(self, cluster_type_id: str) -> LastGoodVersion | None:
        """The version that is kept of an id, if any.

        Raises ForeignVersionError where something is there that cannot be used, which names the file.
        """
        path = self._path(cluster_type_id)
        try:
            self._check_owner()
            content = _read_bounded(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ForeignVersionError(f"{path} cannot be read: {error.strerror}") from error
        try:
            version = decode_version(content)
        except ForeignVersionError as error:
            raise ForeignVersionError(f"{path} is ignored: {error}") from error
        if version.id != cluster_type_id:
            raise ForeignVersionError(f"{path} is ignored: it is of another cluster type")
        return version

    def read_all(self) -> Iterator[LastGoodVersion]:
        """Every version that is kept, and can be used."""
        for entry in self._scan():
            with suppress(ForeignVersionError):
                version = self.read(entry.name.removesuffix(_SUFFIX)) if entry.name.endswith(_SUFFIX) else None
                if version is not None:
                    yield version

    def read_mount(self) -> str:
        """The mount that the enabled folder was on when something was in it; an empty text where that is not known."""
        try:
            self._check_owner()
            return _read_bounded(self._folder / _MOUNT_NAME).decode(errors="replace")
        except OSError:
            return ""

    def write_mount(self, mount: str) -> None:
        """Keep that, where anything can be kept."""
        with suppress(OSError):
            if self.read_mount() != mount:
                self._make_folder()
                _replace(self._folder / _MOUNT_NAME, mount.encode(errors="replace"))

    def keep(self, version: LastGoodVersion) -> None:
        """Have a version written by the next :meth:`write`."""
        self._due[version.id] = version

    def forget(self, cluster_type_id: str) -> None:
        """Remove what is kept of an id, which was withdrawn."""
        self._due.pop(cluster_type_id, None)
        self._refused.pop(cluster_type_id, None)
        with suppress(OSError):
            self._path(cluster_type_id).unlink()

    def write(self, reread: Callable[[str], LastGoodVersion | None]) -> None:
        """Write what is to be written. What cannot be is tried again after the next :meth:`tidy`."""
        flush = len(self._due) <= MANY
        self._has_folder = False
        for cluster_type_id, kept in list(self._due.items()):
            version = kept or reread(cluster_type_id)
            try:
                if version is not None:
                    self._write(version, flush=flush)
            except OSError as error:
                self._failure = f"{self._folder} cannot be written: {error.strerror}"
                self._due = dict.fromkeys(self._due)
                return
            del self._due[cluster_type_id]
        self._failure = ""

    def tidy(self, listed: Collection[str], enabled: Collection[str]) -> None:
        """Remove what nobody has enabled for long, and have what is missing of the ``listed`` ids written."""
        stored, self._used = set(), 0
        now = self._clock()
        for entry in self._scan():
            name, age, size = entry.name.removesuffix(_SUFFIX), 0.0, 0
            with suppress(OSError):  # another has removed it
                status = entry.stat(follow_symlinks=False)
                age, size = now - status.st_mtime, status.st_size
                is_version = entry.name.endswith(_SUFFIX) and not entry.name.startswith(".")
                if is_version and name in enabled:
                    stored.add(name)
                    if age > FORGOTTEN_SECONDS / 2:
                        os.utime(entry.path)
                elif age > FORGOTTEN_SECONDS and entry.name != _MOUNT_NAME:
                    os.unlink(entry.path)
                    continue
            self._used += _count(size)
        for cluster_type_id in listed:
            if cluster_type_id not in stored and cluster_type_id not in self._refused:
                self._due.setdefault(cluster_type_id, None)

    def _path(self, cluster_type_id: str) -> Path:
        return self._folder / f"{cluster_type_id}{_SUFFIX}"

    def _scan(self) -> Iterator[os.DirEntry[str]]:
        try:
            self._check_owner()
            with os.scandir(self._folder) as entries:
                yield from entries
        except OSError:
            return

    def _make_folder(self) -> None:
        """Make the folder for this user alone, where there is none yet; raises OSError where another's is there."""
        self._folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._check_owner()

    def _check_owner(self) -> None:
        """Raises PermissionError for a folder that another user may have filled: definitions come from it."""
        status = os.lstat(self._folder)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise PermissionError(0, "it is another user's, or others may write to it")

    def _write(self, version: LastGoodVersion, *, flush: bool) -> None:
        """Put a version in place, unless it is there or too large. Raises OSError."""
        path, content = self._path(version.id), version.encode()
        self._refused.pop(version.id, None)
        if len(content) > MAX_VERSION_BYTES:
            self._refused[version.id] = f"{version.path} is not kept: it has more than {MAX_VERSION_BYTES:,} bytes"
            return
        if not self._has_folder:
            self._make_folder()
            self._has_folder = True
        before = b""
        with suppress(OSError):
            before = _read_bounded(path)
        if before == content:
            return
        if self._used is None:
            self._used = sum(_count(entry.stat(follow_symlinks=False).st_size) for entry in self._scan())
        used = self._used + _count(len(content)) - (_count(len(before)) if before else 0)
        if used > MAX_FOLDER_BYTES:
            raise OSError(errno.EDQUOT, f"it holds as much as it may, {MAX_FOLDER_BYTES:,} bytes")
        _replace(path, content, flush=flush)
        self._used = used


def _count(size: int) -> int:
    return max(size, BLOCK_BYTES)


def _read_bounded(path: Path) -> bytes:
    """What is in a file of ours. Raises OSError; what is no file, or too large for one, reads as nothing."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        is_ours = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = file.read(MAX_VERSION_BYTES + 1) if is_ours else b""
    return content if len(content) <= MAX_VERSION_BYTES else b""


def _replace(path: Path, content: bytes, *, flush: bool = True) -> None:
    """Put a file in place whole, with ``flush`` also where the machine stops meanwhile. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # not the process's id: hosts share the folder
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
            if flush:
                file.flush()
                os.fsync(file.fileno())
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
