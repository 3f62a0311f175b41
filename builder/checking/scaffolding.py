"""``cluster-builder new``: a definition to start from, which passes every check and says what each part is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Final

from builder.catalogue.entries import DEFINITION_NAME, SUFFIXES
from builder.checking.command import EXIT_CLEAN, Streams
from builder.definitions.model import ID_PATTERN
from builder.errors import ConfigurationError

_SKELETONS: Final = "skeletons"
_COMPOSED: Final = (
    DEFINITION_NAME,
    "components/network.yaml",
    "components/server.yaml",
    "components/storage.yaml",
    "user-data/setup.sh",
)


def build_skeleton(cluster_type_id: str, *, composed: bool) -> Mapping[str, str]:
    """The files of a new definition, by their paths.

    Raises ConfigurationError for an id that no definition can have.
    """
    named = Path(cluster_type_id)
    if named.suffix in SUFFIXES:  # which an id may hold; but a folder of that name would be taken for a file
        raise ConfigurationError(
            f"{cluster_type_id!r} is the name of a file, whose ending would be part of the id; give {named.stem!r}"
        )
    if re.fullmatch(ID_PATTERN, cluster_type_id) is None or "--" in cluster_type_id:
        raise ConfigurationError(
            f"{cluster_type_id!r} cannot be an id: it starts with a letter or a digit; . _ and single - may follow"
        )
    title = re.sub(r"[-_.]+", " ", cluster_type_id).strip().capitalize()
    if not composed:
        return {f"{cluster_type_id}.yaml": _read("single.yaml", cluster_type_id, title)}
    return {f"{cluster_type_id}/{name}": _read(f"composed/{name}", cluster_type_id, title) for name in _COMPOSED}


def create_definition(cluster_type_id: str, streams: Streams, *, composed: bool) -> int:
    """Write a new definition into the current folder, print where it is, and return the exit status.

    Raises ConfigurationError for an unusable id, where something of that name exists, and where it cannot be written.
    """
    files = build_skeleton(cluster_type_id, composed=composed)
    first = Path(next(iter(files)))
    for taken in (Path(cluster_type_id), *(Path(f"{cluster_type_id}{suffix}") for suffix in (".yaml", ".yml"))):
        if taken.exists() or taken.is_symlink():
            raise ConfigurationError(f"{str(taken)!r} exists already")
    try:
        for name, text in files.items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{error.filename!r} cannot be written: {error.strerror}") from error
    streams.stdout.write("".join(f"{name}\n" for name in files))
    streams.stderr.write(f"Check it with: cluster-builder check {first if not composed else first.parent}\n")
    return EXIT_CLEAN


def _read(name: str, cluster_type_id: str, title: str) -> str:
    """A file of a skeleton, with the id and the title in their places."""
    text = resources.files("builder.checking").joinpath(_SKELETONS, *name.split("/")).read_text(encoding="utf-8")
    return text.replace("__ID__", cluster_type_id).replace("__TITLE__", title)
