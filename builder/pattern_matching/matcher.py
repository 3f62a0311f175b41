"""The program of a process that tries patterns on texts, and is ended when one takes too long.

Run as a file, by itself: it imports nothing but the standard library, so that it starts within some ten milliseconds.
On its standard input, a socket, it is asked one thing at a time (:data:`QUESTION`, a pattern, a text), and answers
(:data:`ANSWER`); at the end of the input it ends. Time is that of the processor: what the machine does besides makes no
text slow, nor does a pattern that takes long to compile. When it is up the kernel ends the process, for nothing in
Python could be relied on to.
"""

from __future__ import annotations

import ctypes
import os
import re
import resource
import signal
import struct
import time
from contextlib import suppress
from typing import Final

QUESTION: Final = struct.Struct("!dII")
"""How many seconds the text may take, and the sizes of the pattern and of the text that follow, in bytes."""

ANSWER: Final = struct.Struct("!?d")
"""Whether the pattern matches the whole text, and how many seconds that took."""

ENCODING: Final = ("utf-8", "surrogatepass")
"""JSON can hold half characters."""

_MEMORY: Final = 1 << 28
"""In bytes: a quarter of a gigabyte. What the engine keeps to go back to grows with the text."""

_SOCKET: Final = 0
_PR_SET_DUMPABLE: Final = 4


def main() -> None:
    """Answer until nobody asks any more."""
    _settle_in()
    while head := _read(QUESTION.size):
        seconds, *sizes = QUESTION.unpack(head)
        pattern, text = (_read(size).decode(*ENCODING) for size in sizes)
        compiled = re.compile(pattern)  # whoever asks has done so, too: it is no slower here
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        match = None
        with suppress(SystemError):  # see Pattern.fits
            match = compiled.match(text)
        signal.setitimer(signal.ITIMER_PROF, 0)
        fits = match is not None and match.end() == len(text)
        os.write(_SOCKET, ANSWER.pack(fits, time.process_time() - began))


def _settle_in() -> None:
    """Outlive what is sent to the service, which may still need an answer; keep what is asked from other processes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123  # pathlib takes long to import
        score.write("1000")  # where memory runs short this process is ended, and not the service
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # answers are secrets, too: see builder.process.hardening


def _read(size: int) -> bytes:
    """So many bytes; none at the end of the input."""
    parts = []
    while size and (part := os.read(_SOCKET, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts) if not size else b""


if __name__ == "__main__":
    main()
