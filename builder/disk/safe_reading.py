"""Reading one file safely and within bounds.

Nothing that an operator may put into a folder makes a read hang or grow without bound: pipes, devices and sockets are
refused before they are opened, and a file larger than the limit is refused before it is read. Nor does a read follow a
link: where a path really is was found out and judged before, and a folder that has been exchanged for a link since then
would lead elsewhere.
"""

from __future__ import annotations

import base64
import codecs
import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from builder.hot_lint.sources import MISSING_FILE, SourceError

MAX_FILE_BYTES = 1024 * 1024
"""The largest file of a definition; Heat itself refuses templates over 512 KiB."""

MAX_READS = 3
"""How often a file is read again because somebody wrote to it meanwhile; the next look goes on."""

NEWEST_DATE = 2**32 - 1
"""The last second, in 2106, that a file counts as modified in: some file systems hold dates that no calendar does."""

# A folder that is only passed through need not be readable, where the system can tell.
_SEARCH: int = getattr(os, "O_PATH", os.O_RDONLY)

LINK_LOOP = "link-loop"
UNREADABLE = "unreadable-file"


class Stamp(NamedTuple):
    """What stat tells of a file. ctime cannot be set by hand, so restored times do not hide an edit."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp in a stat result."""
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def newest_date(mtimes_ns: Iterable[int]) -> int:
    """The newest of the times of some files, in seconds since the epoch, as an HTTP date can tell it; 0 without any."""
    return min(max((*mtimes_ns, 0)) // 1_000_000_000, NEWEST_DATE)


def stamp_of(path: str) -> Stamp | None:
    """The stamp of what is at ``path``; None where there is nothing, or nothing that may be looked at."""
    try:
        return Stamp.of(os.stat(path))
    except OSError:
        return None


@contextmanager
def open_folder(path: str, access: int = _SEARCH) -> Iterator[int]:
    """A descriptor of the folder at an absolute path, on the way to which no link is followed.

    Raises OSError: ENOTDIR where a link is in the path, as where a file is.
    """
    flags = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    names = [name for name in path.split("/") if name]
    descriptor = os.open("/", flags | (_SEARCH if names else access))
    try:
        for number, name in enumerate(names, start=1):
            above = descriptor
            descriptor = os.open(name, flags | (access if number == len(names) else _SEARCH), dir_fd=above)
            os.close(above)
        yield descriptor
    finally:
        os.close(descriptor)


ReadFile = Callable[[str], tuple[bytes, Stamp]]
"""What :func:`read_file` does; of one file once, where what was compared is what has to be loaded."""


def read_file(path: str) -> tuple[bytes, Stamp]:
    """The content of a regular file of bounded size, and its stamp; ``path`` is absolute and has no link in it.

    Raises SourceError; a link that has appeared in the path is no file.
    """
    try:
        descriptor = _open_file(path)
    except OSError as error:
        raise explain_unreadable(error) from error
    try:
        for _ in range(MAX_READS):
            before = os.fstat(descriptor)
            _check(before)
            # Room for the largest file takes longer to get than most files take to read.
            content = os.pread(descriptor, before.st_size + 1, 0)
            if len(content) > before.st_size:  # it has grown, or its file system does not tell its size
                content = os.pread(descriptor, MAX_FILE_BYTES + 1, 0)
            after = Stamp.of(os.fstat(descriptor))
            if after == Stamp.of(before) and len(content) == after.size:
                break
    except OSError as error:
        raise explain_unreadable(error) from error
    finally:
        os.close(descriptor)
    if len(content) > MAX_FILE_BYTES:
        raise _too_large()
    return content, after


def _open_file(path: str) -> int:
    folder, name = os.path.split(path)
    with open_folder(folder) as above:
        status = os.stat(name, dir_fd=above, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        _check(status)  # opening a device may do something; opening a pipe may wait
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY
        try:
            return os.open(name, flags, dir_fd=above)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from error


def decode(content: bytes) -> str:
    """The text of a file, which is UTF-8, with or without a byte order mark. Raises SourceError."""
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - (content.rfind(b"\n", 0, error.start) + 1) + 1
        raise SourceError(
            "not-utf-8",
            f"the file is not UTF-8: byte 0x{content[error.start]:02x} at line {line}, column {column}",
            "save it as UTF-8",
            line,
            column,
        ) from error


def decode_data(content: bytes) -> str:
    """What Heat is sent of a file that is data: its text, or base64, wrapped as python-heatclient does it."""
    try:
        return decode(content)
    except SourceError:
        return base64.encodebytes(content).decode("ascii")


def display_name(shown_as: str, name: str) -> str:
    """The path of a file as operators know it, given that of its definition, and what that calls the file."""
    if not name:
        return shown_as
    return name if "://" in name else os.path.normpath(os.path.join(os.path.dirname(shown_as), name))


def explain_unreadable(error: OSError) -> SourceError:
    """Why a file cannot be read, in words for whoever wrote the definition."""
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return SourceError(MISSING_FILE, "the file does not exist", "create it, or correct the path")
        case errno.ELOOP:
            return SourceError(LINK_LOOP, "the symbolic links lead in a circle", "point the link at a file")
        case errno.EACCES | errno.EPERM:
            return SourceError(UNREADABLE, "the service may not read it", "make it readable for the service's user")
        case errno.ENXIO:
            return SourceError("not-a-file", "it is a socket or a device, not a file", "put a file there")
        case _:
            return SourceError(UNREADABLE, f"it cannot be read: {error.strerror}")


def _check(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
        kind = kinds.get(stat.S_IFMT(status.st_mode), "a device")
        raise SourceError("not-a-file", f"it is {kind}, not a file", "put a file there")
    if status.st_size > MAX_FILE_BYTES:
        raise _too_large()


def _too_large() -> SourceError:
    return SourceError("file-too-large", f"the file is larger than {MAX_FILE_BYTES:,} bytes", "split or shorten it")
