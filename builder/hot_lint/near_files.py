"""Which file may have been meant by a reference that leads to none."""

from __future__ import annotations

import posixpath
from collections.abc import Collection

from builder.hot_lint.sources import MISSING_FILE, Files, SourceError
from builder.text.excerpts import shorten
from builder.text.spelling import find_near, suggest

_MAX_SHOWN = 200
"""In characters: as much of a path as two lines of a terminal hold."""

COMPONENTS = "components"
"""The folder of a definition's components."""


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
