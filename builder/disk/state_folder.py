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
from collections.abc import Callable, Generator, Iterator
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
"""More versions than these at once are left to the system to bring to the disk, which takes milliseconds for each. A
process may be killed at any time all the same; a machine that stops may leave files that are not whole, and are
ignored."""

WRITTEN_AT_ONCE = 4
"""How many versions one step writes, at a quarter of a millisecond each."""

LISTED_AT_ONCE = 128
"""How many files one step looks at: a millisecond or so."""

FORGOTTEN_SECONDS = 86_400.0
"""After so long without use the version of a type that is not enabled is removed.

Whoever has the type enabled touches the file twice in this time, so that of several services on one folder none removes
what another has, whichever of them has noticed what was enabled last.
"""

_SUFFIX = ".json"
_NEXT = ".json.next"
"""Of a version that is not known to be on the disk; until it is, the one before stays beside it.

It has a name that nothing has: to take another's place, some file systems first write all of a file to the disk.
"""
_MOUNT_NAME = "mount"
"""Has no suffix, and so is of no id."""


class StateFolder:
    """Keeps versions; lives as long as its catalogue, and is used from that one's thread.

    What looks at all files, or writes many, does so in steps of a millisecond or so, between which everything else may
    be called.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER_NAME
        self._due: dict[str, LastGoodVersion | None] = {}
        """What is to be written; None for what has to be read again first, so that no content is held meanwhile."""
        self._written: set[str] = set()
        """What was written, and has not taken the place of the version before."""
        self._refused: dict[str, str] = {}
        """Why some ids are not kept: not tried again, for another try would end the same way."""
        self._used = 0
        """How much is in the folder, by the last :meth:`tidy`, and by what was written since."""
        self._failure = ""

    @property
    def problem(self) -> str:
        """Why not all is kept that should be; an empty text where all is."""
        return self._failure or next(iter([*self._refused.values()]), "")  # a copy: any thread may ask

    @property
    def is_behind(self) -> bool:
        """Whether there is something to do for :meth:`catch_up`; not where the disk has just refused it."""
        return bool(self._due or self._written) and not self._failure

    def read(self, cluster_type_id: str) -> LastGoodVersion | None:
        """The version that is kept of an id, if any.

        Raises ForeignVersionError where something is there that cannot be used, which names the file.
        """
        with suppress(ForeignVersionError):  # what a machine that stopped has left half written
            if (version := self._read(cluster_type_id, _NEXT)) is not None:
                return version
        return self._read(cluster_type_id, _SUFFIX)

    def _read(self, cluster_type_id: str, suffix: str) -> LastGoodVersion | None:
        path = self._path(cluster_type_id, suffix)
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
        names = [entry.name for entry in self._scan()]
        for cluster_type_id in dict.fromkeys(filter(None, map(_id_of, names))):
            with suppress(ForeignVersionError):
                if (version := self.read(cluster_type_id)) is not None:
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

    def write(self, version: LastGoodVersion) -> None:
        """Write a version now; where that fails, it is tried again with what is missing."""
        self._due[version.id] = version
        self._write_due(version)

    def defer(self, version: LastGoodVersion) -> None:
        """Have a version written by :meth:`catch_up`."""
        self._due[version.id] = None if self._failure else version

    def defer_listed(self, cluster_type_id: str) -> None:
        """Have the version of an id that is listed now written by :meth:`catch_up`."""
        if cluster_type_id not in self._refused:
            self._due.setdefault(cluster_type_id, None)

    def forget(self, cluster_type_id: str) -> None:
        """Remove what is kept of an id, which was withdrawn."""
        self._due.pop(cluster_type_id, None)
        self._refused.pop(cluster_type_id, None)
        for suffix in (_NEXT, _SUFFIX):
            with suppress(OSError):
                self._path(cluster_type_id, suffix).unlink()

    def catch_up(self, reread: Callable[[str], LastGoodVersion | None]) -> Iterator[None]:
        """Write what was deferred, in steps, and have the disk hold it; what fails ends this.

        ``reread`` gives the version of an id that is listed now, None where there is none any more.
        """
        flush, done = len(self._due) <= MANY, 0
        while self._due or self._written:
            step_is_long = flush
            if self._written:
                is_settled = self._place(self._written.pop(), flush=flush)
            else:
                cluster_type_id = next(reversed(self._due))  # the first would be looked for behind all that have gone
                kept = self._due[cluster_type_id]
                version = kept or reread(cluster_type_id)
                if version is None:
                    del self._due[cluster_type_id]
                is_settled = version is None or self._write_due(version)
                step_is_long = kept is None  # reading takes longer than writing
            if not is_settled:
                return
            done += 1
            if step_is_long or done % (2 * WRITTEN_AT_ONCE) == 0:
                yield
        self._failure = ""

    def tidy(self, is_enabled: Callable[[str], bool]) -> Generator[None, None, set[str]]:
        """Remove what nobody has enabled for long, in steps; gives the ids, among those enabled, of what is kept."""
        stored, used = set(), 0
        for number, entry in enumerate(self._scan(), start=1):
            if number % LISTED_AT_ONCE == 0:
                yield
            name, age, size = _id_of(entry.name), 0.0, 0
            with suppress(OSError):  # another has removed it
                status = entry.stat(follow_symlinks=False)
                age, size = time.time() - status.st_mtime, status.st_size
                if name and is_enabled(name):
                    stored.add(name)
                    if age > FORGOTTEN_SECONDS / 2:
                        os.utime(entry.path)
                elif age > FORGOTTEN_SECONDS and entry.name != _MOUNT_NAME:
                    os.unlink(entry.path)
                    continue
            used += _count(size)
        self._used = used
        return stored

    def _path(self, cluster_type_id: str, suffix: str = _SUFFIX) -> Path:
        return self._folder / f"{cluster_type_id}{suffix}"

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

    def _write_due(self, version: LastGoodVersion) -> bool:
        """Write a version that is due; gives whether that is settled, one way or the other."""
        try:
            self._write(version)
        except OSError as error:
            self._fail(error)
            return False
        self._due.pop(version.id, None)
        if not self._due:
            self._failure = ""
        return True

    def _fail(self, error: OSError) -> None:
        self._failure = f"{self._folder} cannot be written: {error.strerror}"
        self._due = dict.fromkeys(self._due)

    def _write(self, version: LastGoodVersion) -> None:
        """Write a version beside the one before, unless it is there or too large. Raises OSError."""
        path, content = self._path(version.id, _NEXT), version.encode()
        self._refused.pop(version.id, None)
        if len(content) > MAX_VERSION_BYTES:
            self._refused[version.id] = f"{version.path} is not kept: it has more than {MAX_VERSION_BYTES:,} bytes"
            return
        try:
            self._check_owner()
        except FileNotFoundError:
            self._make_folder()
        before = _read_if_there(path)
        if before == content:
            self._written.add(version.id)  # by another process, which may have ended
            return
        before = before or _read_if_there(self._path(version.id))
        if before == content:
            return
        used = self._used + _count(len(content)) - (_count(len(before)) if before else 0)
        if used > MAX_FOLDER_BYTES:
            raise OSError(errno.EDQUOT, f"it holds as much as it may, {MAX_FOLDER_BYTES:,} bytes")
        _replace(path, content)
        self._used = used
        self._written.add(version.id)

    def _place(self, cluster_type_id: str, *, flush: bool) -> bool:
        """Have a version that was written take the place of the one before, with ``flush`` once the disk has it.

        What the disk does not take is due again. Gives whether it is settled.
        """
        path = self._path(cluster_type_id, _NEXT)
        try:
            if flush:
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)
            path.rename(self._path(cluster_type_id))
        except FileNotFoundError:  # it was withdrawn, or another process was first
            return True
        except OSError as error:
            with suppress(OSError):
                path.unlink()
            self._due[cluster_type_id] = None
            self._fail(error)
            return False
        return True


def _id_of(name: str) -> str:
    """The id that a file is of; an empty text where it is of none, as what a process that was killed has left."""
    suffix = next((each for each in (_NEXT, _SUFFIX) if name.endswith(each)), "")
    return name.removesuffix(suffix) if suffix and not name.startswith(".") else ""


def _count(size: int) -> int:
    return max(size, BLOCK_BYTES)


def _read_bounded(path: Path) -> bytes:
    """What is in a file of ours. Raises OSError; what is no file, or too large for one, reads as nothing."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        is_ours = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = file.read(MAX_VERSION_BYTES + 1) if is_ours else b""
    return content if len(content) <= MAX_VERSION_BYTES else b""


def _read_if_there(path: Path) -> bytes:
    try:
        return _read_bounded(path)
    except OSError:
        return b""


def _replace(path: Path, content: bytes) -> None:
    """Put a file in place whole. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # not the process's id: hosts share the folder
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(content)
        temporary.rename(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
