"""``cluster-builder check --watch``: the check again upon each change, until Ctrl-C.

It looks at the dates of files instead of having the kernel tell of them: so it works on every file system and in every
container, and has no thread, beside which the processes of a check could not be forked.
"""

# Paths are plain strings here, as in the rest of the room.
# ruff: noqa: PTH112, PTH116, PTH118, PTH120

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NoReturn

from builder.checking.checked_files import CheckSettings
from builder.checking.streams import Streams
from builder.checking.targets import find_targets
from builder.errors import ConfigurationError

LOOK_SECONDS: Final = 0.3
"""Between two looks: people hardly notice it, and the files of an editor's save have all been written."""

REST: Final = 10
"""So many times as long as a look takes, the next one is waited for: a large tree takes a tenth of a processor."""

MAX_UNSETTLED: Final = 10
"""Looks that find a further change before the check runs all the same, as where a log is written all the time."""

_Stamps = Mapping[str, tuple[int, ...]]


def watch(
    paths: Sequence[str],
    settings: CheckSettings,
    streams: Streams,
    check: Callable[[], int],
    wait: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Run ``check`` now and upon each change, until the KeyboardInterrupt of Ctrl-C, which is raised on.

    Raises ConfigurationError where the first check does: a path that leads nowhere later may come back.
    """
    stamps = _look(paths, settings)  # before the check, so that no change is missed meanwhile
    check()
    while True:
        streams.stdout.flush()
        stamps = _wait_for_change(paths, settings, stamps, wait)
        streams.stdout.write("\n")
        try:
            check()
        except ConfigurationError as error:
            streams.stderr.write(f"cluster-builder: {error}\n")


def _wait_for_change(
    paths: Sequence[str], settings: CheckSettings, known: _Stamps, wait: Callable[[float], None]
) -> _Stamps:
    """Wait until files are not as ``known``, and change no further; returns how they are then."""
    last, unsettled = known, 0
    while True:
        start = time.monotonic()
        now = _look(paths, settings)
        if now != known and (now == last or unsettled == MAX_UNSETTLED):
            return now
        unsettled += now != last
        last = now
        wait(max(LOOK_SECONDS, REST * (time.monotonic() - start)))


def _look(paths: Sequence[str], settings: CheckSettings) -> _Stamps:
    """What tells one version of a file from the next, for each that definitions may be in or refer to.

    Hidden ones, as those of Git and of editors, are passed over.
    """
    stamps: dict[str, tuple[int, ...]] = {}
    for top in _list_folders(paths, settings):
        for folder, within, names in os.walk(top):
            within[:] = [name for name in within if not name.startswith(".")]
            for path in (os.path.join(folder, name) for name in (*within, *names) if not name.startswith(".")):
                stamps[path] = ()
                with suppress(OSError):  # it is gone, or a link that leads nowhere
                    found = os.stat(path)
                    # The date of a folder changes with hidden files as well.
                    dated = () if stat.S_ISDIR(found.st_mode) else (found.st_mtime_ns, found.st_size)
                    stamps[path] = (found.st_ino, *dated)
    return stamps


def _list_folders(paths: Sequence[str], settings: CheckSettings) -> set[str]:
    tops = [path if os.path.isdir(path) else os.path.dirname(path) or "." for path in paths]
    with suppress(ConfigurationError):  # a path leads nowhere for now
        # Definitions may be links to where their files are.
        found = find_targets(paths, settings.enabled).definitions
        tops += [os.path.dirname(os.path.realpath(each.path)) for each in found]
    tops += settings.template_roots
    if settings.enabled:
        tops.append(os.path.join(os.path.dirname(settings.enabled), "hot"))
    return {os.path.realpath(top) for top in tops}
