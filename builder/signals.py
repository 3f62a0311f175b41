"""Signals, held from the first moment of a process until it can act on them: none is lost, none is deadly by chance."""

from __future__ import annotations

import signal

STOP = (signal.SIGTERM, signal.SIGINT)
RESCAN = signal.SIGHUP


def hold_signals() -> None:
    """Have signals wait, in this thread and in all that it starts from now on."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {*STOP, RESCAN, signal.SIGCHLD})


def release_signals() -> None:
    """Let signals in, in this thread, first of all those that came meanwhile."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {*STOP, RESCAN, signal.SIGCHLD})
