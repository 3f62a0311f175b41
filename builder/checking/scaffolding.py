"""``cluster-builder new``: a definition to start from, which passes every check and says what each part is for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from builder.catalogue.entries import SUFFIXES
from builder.checking.streams import EXIT_CLEAN, Streams
from builder.definitions.model import ID_PATTERN
from builder.errors import ConfigurationError
from builder.kinds.registry import KINDS
from builder.text.spelling import suggest_or_list

_SKELETONS: Final = Path(__file__).with_name("skeletons")
"""What is written: one file for each kind, and a folder with components."""


def create_definition(cluster_type_id: str, streams: Streams, *, kind: str = "heat", composed: bool) -> int:
    """Write a new definition into the current folder, print where it is, and return the exit status.

    Raises ConfigurationError for an unusable id, an unknown kind, and components of one without; where something of
    that name exists, and where it cannot be written.
    """
    if kind not in KINDS:
        raise ConfigurationError(f"no kind is named {kind!r}; {suggest_or_list(kind, KINDS)}")
    if composed and kind != "heat":
        raise ConfigurationError(f"new: --composed is of use with --kind heat only; {kind} has no components")
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
    skeletons = {Path(f"{cluster_type_id}.yaml"): _SKELETONS / f"{kind}.yaml"}
    if composed:
        folder = _SKELETONS / "composed"
        found = (each for each in sorted(folder.rglob("*")) if each.is_file())
        skeletons = {Path(cluster_type_id, each.relative_to(folder)): each for each in found}
    for taken in (Path(cluster_type_id), *(Path(f"{cluster_type_id}{suffix}") for suffix in (".yaml", ".yml"))):
        if taken.exists() or taken.is_symlink():
            raise ConfigurationError(f"{str(taken)!r} exists already")
    try:
        for path, skeleton in skeletons.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            text = skeleton.read_text("utf-8")
            path.write_text(text.replace("__ID__", cluster_type_id).replace("__TITLE__", title), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{error.filename!r} cannot be written: {error.strerror}") from error
    streams.stdout.write("".join(f"{path}\n" for path in skeletons))
    streams.stderr.write(f"Check it with: cluster-builder check {cluster_type_id}{'' if composed else '.yaml'}\n")
    return EXIT_CLEAN
