"""The last good version of a cluster type: all the files that it was made from, as text, and how it is made from them.

Content and not results are kept: another release reads them by its own rules, and nothing but text has to be trusted.
Apart from ``state_folder.py``, which keeps such versions on disk.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builder.disk.dependencies import digest_content, identify_dependencies
from builder.disk.safe_reading import NEWEST_DATE, UNREADABLE, decode, decode_data, display_name
from builder.hot_lint.sources import DEFINITION, SourceError

FORMAT = 1
"""Raised when what is written cannot be read by what reads it now."""


class ForeignVersionError(Exception):
    """What was kept is no version of a cluster type that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class LastGoodVersion:
    """A version of a cluster type that was without errors.

    ``path`` is that of its definition in the enabled folder. ``tree`` is the absolute path of the folder of the
    definition's real file, from which the names of the others start, and ``hot`` that of the folder in which earlier
    releases looked for templates, ``""`` if there is none. ``digests`` are those of all its dependencies, by name,
    ``contents`` what was in them; a file that was not there has a digest, and no content. ``last_modified`` is in
    seconds since the epoch.
    """

    id: str
    path: str
    tree: str
    hot: str
    last_modified: int
    digests: Mapping[str, str]
    contents: Mapping[str, bytes]

    @property
    def revision(self) -> str:
        """Identifies the content, as that of the type which was loaded from the files themselves."""
        return identify_dependencies(self.digests)

    def encode(self) -> bytes:
        """The version as it is kept: JSON, with the files as text, for people who look for what they have lost.

        Bytes that are no text, as a file for ``get_file`` may hold, become lone surrogates (PEP 383).
        """
        texts = {name: content.decode("utf-8", "surrogateescape") for name, content in self.contents.items()}
        files = {name: {"digest": digest, "text": texts.get(name)} for name, digest in sorted(self.digests.items())}
        kept = {
            "format": FORMAT, "id": self.id, "path": self.path, "revision": self.revision,
            "last_modified": self.last_modified, "tree": self.tree, "hot": self.hot, "files": files,
        }  # fmt: skip
        return json.dumps(kept, indent=1).encode()


def decode_version(kept: bytes) -> LastGoodVersion:
    """The version that was kept so; raises ForeignVersionError where that is not whole, or not of this format."""
    try:
        values: Any = json.loads(kept)
        found = values["format"] if isinstance(values, dict) else None
        if found != FORMAT:
            raise ForeignVersionError(f"it is not of format {FORMAT}")
        files = values["files"]
        version = LastGoodVersion(
            id=_text_of(values["id"]),
            path=_text_of(values["path"]),
            tree=_text_of(values["tree"]),
            hot=_text_of(values["hot"]),
            last_modified=min(max(int(values["last_modified"]), 0), NEWEST_DATE),
            digests={name: _text_of(file["digest"]) for name, file in files.items()},
            contents={
                name: file["text"].encode("utf-8", "surrogateescape")
                for name, file in files.items()
                if file["text"] is not None
            },
        )
        is_whole = version.revision == values["revision"] and all(
            digest_content(content) == version.digests[name] for name, content in version.contents.items()
        )
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as error:
        raise ForeignVersionError("it is not what was written") from error
    if not is_whole:
        raise ForeignVersionError("it is not what was written")
    return version


def _text_of(value: object) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    return value


class StoredFiles:
    """The files of a version that was kept; an implementation of :class:`builder.hot_lint.sources.Files`.

    References lead where they led in the folders of then: what they meant was judged when the version was loaded.
    """

    def __init__(self, version: LastGoodVersion) -> None:
        self._version = version

    def resolve(self, reference: str, base: str) -> str:
        if "://" in reference:
            return reference
        tree = self._version.tree
        return os.path.relpath(os.path.normpath(os.path.join(tree, os.path.dirname(base), reference)), tree)

    def resolve_template(self, reference: str) -> str:
        name = self.resolve(reference, DEFINITION)
        if name in self._version.contents or "://" in reference or not self._version.hot:
            return name
        other = self.resolve(os.path.join(self._version.hot, reference), DEFINITION)
        return other if other in self._version.contents else name

    def read(self, name: str) -> str:
        return decode(self._content(name))

    def read_data(self, name: str) -> str:
        return decode_data(self._content(name))

    def _content(self, name: str) -> bytes:
        content = self._version.contents.get(name)
        if content is None:
            raise SourceError(UNREADABLE, "it was not kept")
        return content

    def list_beside(self, name: str) -> Sequence[str]:  # noqa: ARG002  # the signature is that of Files
        return ()

    def display(self, name: str) -> str:
        return display_name(self._version.path, name)
