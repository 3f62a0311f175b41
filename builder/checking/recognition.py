"""What a file or a folder is meant to be, told from what is in it: definitions stand among files of other tools."""

# Paths are plain strings here, shown as they were given, which a Path would tidy up.
# ruff: noqa: PTH100, PTH118, PTH119, PTH120, PTH208

from __future__ import annotations

import os
import re
from typing import Final

from builder.disk.dangling import AVAILABLE_NAME
from builder.disk.files import DefinitionFolders, list_definition_folders
from builder.disk.safe_reading import decode, read_file
from builder.hot.language import VERSION_KEY
from builder.hot_lint.sources import COMPONENTS, SourceError
from builder.settings.table import ENABLED_NAME
from builder.text.spelling import find_near

MISNAMED_DEFINITION: Final = "cluster-type.yml"
"""What the definition in a folder is called by mistake; the service looks for ``cluster-type.yaml`` alone."""

_MARK: Final = re.compile(r"""^(?:heat_template(?:_url)?\s*:|kind\s*:\s*["']?heat["']?\s*(?:#|$))""", re.M | re.I)
_COMPONENTS: Final = re.compile(
    r"""
    ^components\s*:\s*(?:\#.*)?      # the key, at the top
    (?:\[\s*|(?:\n\s*(?:\#.*)?)*\n[ ]*-\s+)
    \{?\s*(?:name|optional)\s*:      # the first item is a mapping with a key of a component's
    """,
    re.M | re.X,
)
_TITLE: Final = re.compile(r"^title\s*:", re.M)
_TOP_WORD: Final = re.compile(r"""^(?:-[ ]+)?["']?([a-z_][\w.-]*)["']?[ ]*(:?)""", re.M | re.I)
"""The first word of a line at the top, and the colon after it: found in what is no YAML, too, unlike keys."""

_OWN: Final = ("kind", "title", "heat_template", "heat_template_url", "magnum_cluster_template")
"""Keys that tell of a definition, misspelt as well. Files of other tools hardly have them, but for ``kind``."""

_SURE: Final = frozenset({"hardcoded_parameters", "parameter_groups", "parameter_overrides", VERSION_KEY})
"""Further ones, as they are: of a definition, or of a template that stands where one should."""

_CUTOFF: Final = 0.75
"""How near a misspelt one is: as ``titel``, ``kidn`` and ``template`` are, not ``theme``, ``file`` or ``mode``."""


def is_enabled_folder(folder: str, enabled: str) -> bool:
    """Whether a folder is one whose every entry the service loads: by its name, or because it is ``enabled``."""
    real = os.path.realpath(folder)
    return ENABLED_NAME in (os.path.basename(os.path.abspath(folder)), os.path.basename(real)) or (
        enabled != "" and real == os.path.realpath(enabled)
    )


def find_surroundings(entry: str, enabled: str) -> tuple[DefinitionFolders | None, str]:
    """Where the real file of an entry may be, None where it may be anywhere; and the folder that holds the enabled one.

    Only what stands in an enabled folder may not be anywhere. The folder around that is the service's, unless the entry
    stands in that of another.
    """
    folder = os.path.dirname(os.path.abspath(entry))
    of_service = os.path.abspath(enabled) if enabled else ""
    real = os.path.realpath(folder)
    is_of_service = enabled != "" and real == os.path.realpath(enabled)
    instance = os.path.dirname(of_service)
    if not is_of_service and os.path.basename(folder) in (ENABLED_NAME, AVAILABLE_NAME):
        instance = os.path.dirname(folder)
    if not is_enabled_folder(folder, enabled):
        return None, instance
    return list_definition_folders(of_service if is_of_service else folder, real), instance


def read_text(path: str) -> str | None:
    """What is in a file; None where it cannot be read."""
    try:
        content, _ = read_file(os.path.realpath(path))
        return decode(content)
    except SourceError:
        return None


def reads_like_definition(text: str | None) -> bool:
    """Whether a text has at its top what only definitions have; what cannot be read might.

    Other tools have ``components`` too: with a list of names and a title below it, it is taken for a definition whose
    ``kind`` is misspelt.
    """
    return (
        text is None
        or _MARK.search(text) is not None
        or (_COMPONENTS.search(text) is not None and _TITLE.search(text) is not None)
    )


def reads_foreign(text: str | None) -> bool:
    """Whether a text has keys at its top, and none that tells of a definition, however it is misspelt.

    So have the files of Compose, MkDocs, Helm, Kubernetes and GitHub Actions. A text without a key is none of theirs,
    but for somebody to mend; what cannot be read might be a definition.
    """
    found = _TOP_WORD.findall(text or "")
    words = {word.lower() for word, _ in found}
    own = _OWN[1:] if "apiversion" in words else _OWN  # objects of Kubernetes have a kind, too
    return any(colon for _, colon in found) and not (
        words & {*own, *_SURE} or any(find_near(word, own, cutoff=_CUTOFF) for word in words)
    )


def holds_components(folder: str) -> bool:
    """Whether a folder has templates where a composed cluster type has its components."""
    components = os.path.join(folder, COMPONENTS)
    try:
        names = os.listdir(components)
    except OSError:
        return False
    templates = (os.path.join(components, name) for name in sorted(names) if name.endswith((".yaml", ".yml")))
    return any(f"\n{VERSION_KEY}:" in f"\n{read_text(path) or ''}" for path in templates)
