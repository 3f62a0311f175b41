"""Signals, held from the first moment of a process until it can act on them: none is lost, none is deadly by chance."""

from __future__ import annotations

import signal

STOP = (signal.SIGTERM, signal.SIGINT)
RESCAN = signal.SIGHUP
HURRY = signal.SIGRTMIN
"""What a supervisor sends its workers when it is told to stop a second time.

Apart from STOP, which a worker may get twice for one wish: Ctrl-C and some service managers signal all processes.
"""

UNUSED = (signal.SIGUSR1, signal.SIGUSR2)
"""What the service makes nothing of. Left alone, they would end it: with several workers, or while it starts."""

_HELD = {*STOP, RESCAN, HURRY, signal.SIGCHLD}


def hold_signals() -> None:
    """Have signals wait, in this thread and in all that it starts from now on, but for those that mean nothing."""
    for number in UNUSED:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)


def release_signals() -> None:
    """Let signals in, in this thread, first of all those that came meanwhile."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)
