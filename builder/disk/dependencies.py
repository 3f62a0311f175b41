"""What a definition was built from, and whether all of it is still the same.

Change means content: stat is a shortcut that is taken only where it cannot be fooled.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from builder.disk.links import LinkLoopError, LinkResolver, ResolvedPath
from builder.disk.safe_reading import LINK_LOOP, UNREADABLE, ReadFile, Stamp, explain_unreadable, read_file, stamp_of
from builder.hot_lint.sources import MISSING_FILE, SourceError

REVISION_LENGTH = 12

RACY_NS = 2_000_000_000
"""For so long (in ns) after a stamp was first met, an equal stamp does not prove equal content.

The clock of a file system ticks in steps (4 ms on Linux, up to 2 s elsewhere), so a second edit within the same step
leaves size and times as they were; git calls such an entry "racily clean". Time is measured by this host's own steady
clock, never against the clock of the file system, which may be another host's.
"""


@dataclass(frozen=True, slots=True)
class Dependency:
    """A file that a definition was built from, as it was then.

    ``name`` is what the definition calls it, see :class:`builder.hot_lint.sources.Files`. ``path`` is where it was
    looked for, ``resolved`` where that led. ``digest`` is that of the content, or the rule
    that says why there is none. ``stamp`` is None where there was nothing to take it of. ``met_ns`` is when the stamp
    was first met, in ns of the steady clock; ``settled`` tells whether an equal stamp proves equal content.
    ``refused`` tells that it was not read and matters for where it is alone, ``remote`` that it is on another host.
    """

    name: str
    path: str
    resolved: ResolvedPath
    stamp: Stamp | None
    digest: str
    met_ns: int
    settled: bool = False
    refused: bool = False
    remote: bool = False


def load_dependency(
    name: str, path: str, resolver: LinkResolver, now_ns: int, read: ReadFile = read_file
) -> tuple[Dependency, bytes | SourceError]:
    """Read a file, and note what must be the same for it to be the same; gives its content or why there is none."""
    try:
        resolved = resolver.resolve(path)
    except LinkLoopError as error:
        return _loop(name, path, error, now_ns), explain_unreadable(error)
    try:
        content, stamp = read(resolved.real)
    except SourceError as error:
        found = None if error.rule == MISSING_FILE else stamp_of(resolved.real)
        return Dependency(name, path, resolved, found, error.rule, now_ns), error
    return Dependency(name, path, resolved, stamp, digest_content(content), now_ns), content


def refuse_dependency(name: str, path: str, resolver: LinkResolver, now_ns: int, rule: str) -> Dependency:
    """Note a file or folder that is not read, and matters for where it is: it changes when that does."""
    try:
        resolved = resolver.resolve(path)
    except LinkLoopError as error:
        return _loop(name, path, error, now_ns)
    return Dependency(name, path, resolved, None, rule, now_ns, refused=True)


def recheck_dependency(
    known: Dependency, resolver: LinkResolver, now_ns: int, read: ReadFile = read_file
) -> Dependency | None:
    """The dependency if it is what it was, by its stamp where that proves it, else by its content; None if it is not.

    It is one of this host: for others see :meth:`builder.disk.fetching.RemoteFiles.digest`.

    What is returned may carry a newer stamp: the file was touched.
    """
    try:
        resolved = resolver.resolve(known.path)
    except LinkLoopError as error:
        return known if _loop(known.name, known.path, error, now_ns).resolved == known.resolved else None
    if resolved != known.resolved:
        return None
    if known.refused:
        return known
    stamp = stamp_of(resolved.real)
    if stamp is None or known.stamp is None:
        return known if stamp is known.stamp else None
    if stamp == known.stamp and known.settled:
        return known
    try:
        content, stamp = read(resolved.real)
        digest = digest_content(content)
    except SourceError as error:
        digest = error.rule
    if digest != known.digest:
        return None
    if stamp != known.stamp:
        return replace(known, stamp=stamp, met_ns=now_ns, settled=False)
    # What may not be read may become readable without its stamp telling.
    return replace(known, settled=now_ns - known.met_ns >= RACY_NS and digest != UNREADABLE)


def _loop(name: str, path: str, error: LinkLoopError, now_ns: int) -> Dependency:
    return Dependency(name, path, ResolvedPath(error.links[-1], error.links), None, LINK_LOOP, now_ns)


def digest_content(content: bytes) -> str:
    """The digest of what is in a file."""
    return hashlib.sha256(content).hexdigest()


def identify_dependencies(digests: Mapping[str, str]) -> str:
    """The revision of a definition, given the digests of all that it was built from, by name."""
    digest = hashlib.sha256()
    for name, each in sorted(digests.items()):
        digest.update(f"{name}\0{each}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:REVISION_LENGTH]
