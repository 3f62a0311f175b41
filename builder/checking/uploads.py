"""What is sent to be checked, all in memory: one definition, or a folder of them as a tar archive.

An implementation of :class:`builder.hot_lint.sources.Files` that has no path of this machine, so that nothing which a
stranger writes into a definition makes the service read a file of its own, and nothing of an archive is ever unpacked.
"""

from __future__ import annotations

import io
import posixpath
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from builder.catalogue.entries import DEFINITION_NAME, Classified, classify, printable
from builder.checking.recognition import MISNAMED_DEFINITION
from builder.checking.targets import Target, Targets, take, take_entries
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.disk.files import MAX_LISTED, OUTSIDE_TREE, judge_reference
from builder.disk.safe_reading import MAX_FILE_BYTES, decode, decode_data
from builder.errors import Fault, RequestError, bad_request
from builder.hot_lint.sources import COMPONENTS, DEFINITION, MISSING_FILE, SourceError

MAX_UPLOAD_BYTES: Final = MAX_FILE_BYTES
"""The largest body, in bytes: that of one file of a definition, for a folder is seldom larger."""

MAX_MEMBERS: Final = 1000
"""Files and folders of an archive: what fits into one of that size, where each has some content."""

MAX_DEFINITIONS: Final = 50
"""Definitions of an archive: each may have 200 problems, and somebody is to read them."""

MAX_PATH: Final = 4096  # as Linux: PATH_MAX, and NAME_MAX in limits.h
MAX_NAME: Final = 255
"""Bytes of a path in an archive, and of each name in it: longer ones are on no disk."""

MAX_SHOWN: Final = 200
"""Characters of a name that are repeated: as much as two lines of a terminal hold."""

UNNAMED: Final = ClusterTypeId("cluster-type")
"""The id of a definition that is sent without a name."""

_MAGIC_AT: Final = 257
_MAGIC: Final = b"ustar"
"""Where a header of POSIX's tar, and of GNU's, says that it is one (pax(1), ustar Interchange Format)."""


def is_archive(content: bytes) -> bool:
    """Whether something is a tar archive, as it says itself."""
    return content[_MAGIC_AT:].startswith(_MAGIC)


def unpack(content: bytes) -> dict[str, bytes]:
    """The files of a tar archive, by their paths in it.

    What could not be in a folder of a definition, or would lead out of it, is refused: nobody is told that a definition
    is right of which a part was left out.

    Raises RequestError (400) with every member that is refused, or that it is no archive.
    """
    files: dict[str, bytes] = {}
    folders = set()
    faults = []
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number == MAX_MEMBERS:
                    raise bad_request(f"The archive has more than {MAX_MEMBERS:,} files and folders.")
                path = posixpath.normpath(member.name)
                if why := _judge(member, path):
                    faults.append(Fault(400, "Bad Request", f"'{printable(member.name)[:MAX_SHOWN]}' {why}."))
                elif member.isdir():
                    folders.add(path)
                else:
                    reader = archive.extractfile(member)
                    files[path] = reader.read() if reader else b""  # of several of one name the last counts, as for tar
    except (tarfile.TarError, ValueError, ArithmeticError, EOFError, OSError, RecursionError) as error:
        raise bad_request("The body is no whole tar archive.") from error
    if faults:
        raise RequestError(*faults)
    for path in files:
        if path in folders or any(str(above) in files for above in PurePosixPath(path).parents):
            raise bad_request(f"{path[:MAX_SHOWN]!r} is both a file and a folder of the archive, or lies in a file.")
    return files


def _judge(member: tarfile.TarInfo, path: str) -> str:
    """Why a member is not taken; an empty text where it is."""
    names = member.name.split("/")
    if member.name.startswith("/") or ".." in names:
        return "leads out of the archive: name the files by paths within the folder"
    if len(member.name) > MAX_PATH or any(len(name.encode("utf-8", "surrogateescape")) > MAX_NAME for name in names):
        return "is a longer name than any file has"
    if not member.name.isprintable():
        return "is no name that can be shown"
    if member.issym() or member.islnk():
        return "is a link: archive what it leads to instead (tar --dereference --hard-dereference)"
    if not (member.isdir() or member.isreg()) or member.issparse():
        return "is neither an ordinary file nor a folder"
    if path == "." and not member.isdir():
        return "is no name of a file"
    return ""


def find_definitions(files: Mapping[str, bytes]) -> Targets:
    """The definitions in a folder that was archived, as ``check`` would find them in it.

    The folder is that of one definition, or holds several; folders that hold nothing but another are passed through.

    Raises RequestError (400) where there are too many.
    """
    found = Targets()
    texts = {path: content.decode("utf-8", "replace") for path, content in files.items()}
    folder = ""
    while True:
        listed = _list_folder(files, folder)
        if _is_of_definition(files, folder):
            path = posixpath.join(folder, DEFINITION_NAME)
            if folder:
                take(classify(posixpath.basename(folder), lambda: True), path, folder, found)
            else:
                found.definitions.append(Target(UNNAMED, path, path))
            return found
        entries = [each for name in listed if (each := _classify(files, folder, name, listed[name])) is not None]
        if take_entries(entries, folder, texts.get, found):
            if len(found.definitions) > MAX_DEFINITIONS:
                raise bad_request(f"The archive has more than {MAX_DEFINITIONS} definitions.")
            return found
        folders = [name for name, is_folder in listed.items() if is_folder]
        if len(folders) != 1 or len(listed) != 1:
            break
        folder = posixpath.join(folder, folders[0])
    hint = "archive the folder of a definition, or a folder of definitions"
    return Targets(problems=[Problem(folder or ".", 0, 0, "", "no-definitions", "it holds no definition", hint)])


def _classify(files: Mapping[str, bytes], folder: str, name: str, is_folder: bool) -> Classified | None:
    """What an entry of a folder is; None for a folder that is none of a definition, and what is passed over."""
    if is_folder and not _is_of_definition(files, posixpath.join(folder, name)):
        return None
    return classify(name, lambda: is_folder)


def _is_of_definition(files: Mapping[str, bytes], folder: str) -> bool:
    """Whether a folder has a definition, or components, for which one is missing."""
    components = posixpath.join(folder, COMPONENTS, "")
    return any(posixpath.join(folder, name) in files for name in (DEFINITION_NAME, MISNAMED_DEFINITION)) or any(
        path.startswith(components) for path in files
    )


def _list_folder(files: Mapping[str, bytes], folder: str) -> dict[str, bool]:
    """The names in a folder, sorted, each with whether it is a folder itself."""
    start = f"{folder}/" if folder else ""
    below = (path.removeprefix(start).partition("/") for path in sorted(files) if path.startswith(start))
    return {name: bool(rest) for name, slash, rest in below if not name.startswith(".")}


class UploadedFiles:
    """The files around one definition of those that were sent; an implementation of ``Files``.

    ``definition`` is its path among them. It may use what lies in its own folder, and nothing else that is there. With
    ``allow_remote`` it may refer to files on other hosts, which are not fetched.
    """

    def __init__(self, files: Mapping[str, bytes], definition: str, *, allow_remote: bool = False) -> None:
        self._files = files
        self._definition = definition
        self._tree = posixpath.dirname(definition)
        self._allow_remote = allow_remote

    def resolve(self, reference: str, base: str) -> str:
        if judge_reference(reference, base, may_be_remote=self._allow_remote):
            return reference
        name = posixpath.normpath(posixpath.join(posixpath.dirname(base), reference))
        if name.startswith(("/", "../")) or name == "..":
            message = f"{reference!r} is outside the folder of the definition"
            raise SourceError(OUTSIDE_TREE, message, "keep it in that folder", named=reference)
        return name

    def resolve_template(self, reference: str) -> str:
        return self.resolve(reference, DEFINITION)

    def read(self, name: str) -> str:
        return decode(self._load(name))

    def read_data(self, name: str) -> str:
        return decode_data(self._load(name))

    def _load(self, name: str) -> bytes:
        if "://" in name:
            raise SourceError("unread-remote-file", f"{name!r} is on another host and is not read here", named=name)
        path = self.display(name)
        content = self._files.get(path)
        if content is None:
            if path == "." or any(each.startswith(f"{path}/") for each in self._files):
                raise SourceError("not-a-file", "it is a folder, not a file", "put a file there")
            hint = "correct the path, or send the whole folder of the definition, as a tar archive"
            raise SourceError(MISSING_FILE, "the file is not among what was sent", hint)
        return content

    def list_beside(self, name: str) -> Sequence[str]:
        if "://" in name:
            return ()
        parent = posixpath.dirname(name)
        folder = posixpath.normpath(posixpath.join(self._tree, parent))
        names = _list_folder(self._files, "" if folder == "." else folder)
        return [posixpath.join(parent, each) for each, is_folder in names.items() if not is_folder][:MAX_LISTED]

    def display(self, name: str) -> str:
        if name == DEFINITION:
            return self._definition
        return name if "://" in name else posixpath.normpath(posixpath.join(self._tree, name))
