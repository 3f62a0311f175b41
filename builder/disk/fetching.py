"""What definitions use of other hosts: fetched beside the reconcile loop, so that a dead host delays nobody else.

Apart from ``remote.py``, which fetches one URL and blocks. One :class:`RemoteFiles` lives in each worker process, as
long as the process; asked by the reconcile loop's thread, it answers at once with what is known.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from builder.disk.safe_reading import UNREADABLE
from builder.hot_lint.sources import SourceError

logger = logging.getLogger(__name__)

FRESH_SECONDS = 300.0
"""For so long what was fetched counts as unchanged; nobody tells when it changes."""

FAILED_SECONDS = 30.0
"""After so long it is tried again where there was nothing to be had."""

FORGOTTEN_SECONDS = 7200.0
"""What nobody asked for so long is forgotten; a rescan, which asks for everything, is due at least every hour."""

FIRST_SECONDS = 10.0
"""How long the first load waits for files of other hosts."""

FETCHERS = 4
"""How many fetches are under way at once."""

_PENDING = SourceError(UNREADABLE, "it is being fetched from its host", "wait a moment")


@dataclass(slots=True)
class _Known:
    """What is known of one URL; times are in seconds of the steady clock."""

    content: bytes | SourceError
    digest: str
    fetched: float | None
    asked: float
    is_awaited: bool = False


class RemoteFiles:
    """The files of other hosts. ``fetch`` gets one, blocks, and raises SourceError; it is called in threads.

    ``on_change`` is called, in one of these, whenever something else is known of a URL than before.
    """

    def __init__(self, fetch: Callable[[str], bytes], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self._fetch = fetch
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._due: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._threads = 0
        self._is_short = False
        self._awaited = 0
        self._was_early = False
        """Whether anybody was told, since the last round, that something is still being fetched."""
        self._condition = threading.Condition()

    def read(self, url: str) -> bytes:
        """What is at a URL, as far as is known; what is not known, or not any more, is fetched meanwhile.

        Raises SourceError where nothing could be fetched, or nothing was yet.
        """
        content = self._look_up(url).content
        if isinstance(content, SourceError):
            raise content
        return content

    def digest(self, url: str) -> str:
        """Tells whether :meth:`read` would give something else than before."""
        return self._look_up(url).digest

    def rounds(self) -> Iterator[None]:
        """Wait for what was asked for before it was there, and again for what is then, for FIRST_SECONDS altogether."""
        end = self._clock() + FIRST_SECONDS
        while self._was_early and self._clock() < end:
            with self._condition:
                self._was_early = False
                self._condition.wait_for(lambda: self._awaited == 0, end - self._clock())
            yield

    def _look_up(self, url: str) -> _Known:
        with self._condition:
            now = self._clock()
            known = self._known.setdefault(url, _Known(_PENDING, digest_remote(_PENDING), None, now))
            known.asked = now
            good_for = FAILED_SECONDS if isinstance(known.content, SourceError) else FRESH_SECONDS
            if not known.is_awaited and (known.fetched is None or now - known.fetched >= good_for):
                known.is_awaited = True
                self._awaited += 1
                self._due.put(url)
            if known.is_awaited:
                self._start_thread()
            self._was_early |= known.content is _PENDING
            return known

    def _start_thread(self) -> None:
        """Start another thread where that is of use; where none can be started, the next look tries again."""
        if self._threads >= min(FETCHERS, self._awaited):
            return
        try:
            # Daemons: a fetch holds up no stop.
            threading.Thread(target=self._run, name="remote-files", daemon=True).start()
        except RuntimeError as error:  # a limit of processes, which threads count as
            if not self._is_short:
                logger.warning("no further thread can be started to fetch templates: %s", error)
            self._is_short = True
        else:
            self._threads += 1
            self._is_short = False

    def _run(self) -> None:
        while True:
            url = self._due.get()
            try:
                content: bytes | SourceError = self._fetch(url)
            except SourceError as error:
                content = error
            except Exception:  # the thread is an edge: others wait for it
                logger.exception("fetching a template failed")
                content = SourceError(UNREADABLE, "fetching it failed; the log says why")
            with self._condition:
                now, known, digest = self._clock(), self._known[url], digest_remote(content)
                changed = digest != known.digest
                known.content, known.digest, known.fetched, known.is_awaited = content, digest, now, False
                self._awaited -= 1
                for each, old in list(self._known.items()):
                    if now - old.asked > FORGOTTEN_SECONDS and not old.is_awaited:
                        del self._known[each]
                self._condition.notify_all()
            if changed:
                self.on_change()


def digest_remote(content: bytes | SourceError) -> str:
    """Identifies what is at a URL, or why there is nothing."""
    if isinstance(content, SourceError):
        return f"{content.rule}: {content.message}"
    return hashlib.sha256(content).hexdigest()
