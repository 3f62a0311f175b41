"""How a definition asks for the files that it refers to, and which may have been meant by a name that leads to none.

This room does no input or output; whoever builds a cluster type hands in a :class:`Files` that does it, and that
notes what was asked for, so that a change of any of it is a change of the type.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Sequence
from typing import Final, Protocol

from builder.text.excerpts import shorten
from builder.text.spelling import find_near, suggest

DEFINITION: Final = ""
"""The name of the definition itself among its files."""

MISSING_FILE: Final = "missing-file"
"""The rule of a file that is not there."""

_MAX_SHOWN = 200
"""In characters: as much of a path as two lines of a terminal can show."""

COMPONENTS = "components"
"""The folder of a definition's components."""


_PATH: Final = re.compile(
    r"(?:[~.]{0,2}/)?(?:[\w.@+-]+/)*[\w.@+-]+\."
    r"(?:sh|bash|ya?ml|py|pl|rb|ps1|txt|conf|cfg|ini|j2|tpl|tmpl|template|json|toml|pub|pem|service)"
)
"""A path, relative as a rule, of what people write in files of their own: scripts, settings and keys."""


class SourceError(Exception):
    """A file cannot be had. ``rule`` is the rule id of the problem that this makes.

    ``named`` is the reference or the URL that ``message`` names; a message without one speaks of "it".
    ``line`` and ``column`` tell where in the file the reading failed, from 1; 0 where the whole file is meant.
    """

    def __init__(
        self, rule: str, message: str, hint: str = "", line: int = 0, column: int = 0, *, named: str = ""
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column
        self.named = named


class Files(Protocol):
    """The files around one definition.

    A *name* identifies a file towards Heat: its path relative to the folder of the definition's real file, with
    slashes, or the URL of a remote file; :data:`DEFINITION` for the definition itself.
    """

    def resolve(self, reference: str, base: str) -> str:
        """The name of the file that ``reference`` means within the file named ``base``.

        Raises SourceError where the reference leads out of the folders that are allowed.
        """

    def resolve_template(self, reference: str) -> str:
        """The name of the file that a definition's own ``heat_template_url``, or a component's absolute path, means.

        As :meth:`resolve` from the definition, and besides as earlier releases did: a relative path that leads nowhere
        is looked for in the folder ``hot`` of the instance folder, and an absolute one may lead anywhere in that.

        Raises SourceError as :meth:`resolve` does.
        """

    def read(self, name: str) -> str:
        """The text of a file.

        Raises SourceError where it is missing, too large, not UTF-8 or not a regular file.
        """

    def read_data(self, name: str) -> str:
        """What Heat is sent of a file that is data: its text, or base64 where it is not UTF-8, as clients of Heat do.

        Raises SourceError as :meth:`read` does, but for what is not UTF-8.
        """

    def list_beside(self, name: str) -> Sequence[str]:
        """The names of the files in the folder that a file would be in: what may have been meant where it is missing.

        Nothing depends on them but a hint. Names that are not fit to be shown are left out.
        """

    def display(self, name: str) -> str:
        """The path of a file as the reader of a problem knows it."""


def looks_like_path(text: str) -> bool:
    """Whether a text is the path of a file, where what is in the file may be meant."""
    return len(text) <= _MAX_SHOWN and _PATH.fullmatch(text) is not None


def explain_path(path: str) -> tuple[str, str]:
    """The message and the hint of a path that is given as text; files are sent only from the type's own folder."""
    near = path if not path.startswith(("~", "/")) else posixpath.basename(path)
    hint = "" if near == path else "put the file beside this one, and "
    return f"the text is {path!r} itself, not what is in that file", f"{hint}write {{get_file: {near}}}"


def describe_source_error(reference: str, base: str, error: SourceError, files: Files) -> tuple[str, str]:
    """Message and hint for a file that cannot be had, which name it as it is referred to in the file ``base``."""
    hint = (_find_meant(reference, base, files) if error.rule == MISSING_FILE else "") or error.hint
    if error.named == reference and len(reference) <= _MAX_SHOWN:
        return error.message, hint
    return f"{shorten(reference, _MAX_SHOWN)}: {error.message}", hint


def hint_at_definition(path: str, files: Files) -> str:
    """A hint for the definition of a folder that has none, shown as ``path``: it may have the other ending."""
    wanted = posixpath.basename(path)
    misnamed = f"{posixpath.splitext(wanted)[0]}.yml"
    return f"rename {misnamed} to {wanted}" if misnamed in files.list_beside("") else ""


def hint_at_components(name: str, listed: Collection[str], files: Files) -> str:
    """A hint for a component that has no file; those that are ``listed`` already are not meant."""
    if ".." in name.split("/"):
        return f"components are files in the folder {COMPONENTS}"
    name = name.removeprefix(f"{COMPONENTS}/")
    wanted = f"{COMPONENTS}/{name}.yaml"
    stems = [posixpath.splitext(posixpath.basename(each)) for each in files.list_beside(wanted)]
    present = [stem for stem, suffix in stems if suffix == ".yaml" and stem not in listed]
    if near := suggest(name, present):
        return near
    if (name, ".yml") in stems:
        return f"rename {COMPONENTS}/{name}.yml to {name}.yaml"
    if f"{name}.yaml" in files.list_beside(f"{name}.yaml"):
        return f"move {name}.yaml into the folder {COMPONENTS}"
    return f"create it, or name one that is there: {', '.join(present[:10])}" if present else ""


def _find_meant(reference: str, base: str, files: Files) -> str:
    if "://" in reference or "://" in base:
        return ""
    from_definition = posixpath.normpath(reference)
    if base and from_definition in files.list_beside(from_definition):
        meant = posixpath.relpath(from_definition, posixpath.dirname(base) or ".")
        return f"did you mean {meant!r}? Paths are relative to the file that they stand in"
    folder, wanted = posixpath.split(reference)
    stem, suffix = posixpath.splitext(wanted)
    beside = files.list_beside(posixpath.normpath(posixpath.join(posixpath.dirname(base), reference)))
    names = [posixpath.splitext(posixpath.basename(each)) for each in beside]
    # What many names end with says nothing of how near they are.
    near = find_near(stem, [name for name, end in names if end == suffix])
    meant = near + suffix if near else next((name + end for name, end in names if name == stem), "")
    return f"did you mean {posixpath.join(folder, meant)!r}?" if meant else ""
