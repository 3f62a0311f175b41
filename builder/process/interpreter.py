"""What Python's interpreter does not do by itself when a command starts."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def importing_for_good() -> Iterator[None]:
    """Keep the garbage collector from what is imported in the block, then and later.

    There is nothing in it to be freed, and going over it again and again takes an eighth of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def open_missing_streams() -> None:
    """Have a standard stream that was closed before we were started lead nowhere.

    Else the next file that is opened, or socket, would be taken for it, by libraries and by processes that are started.
    There is still nothing to be read from standard input: ``sys.stdin`` stays None.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is not None:
            continue
        opened = os.open(os.devnull, os.O_RDWR)
        if opened != number:
            os.dup2(opened, number)
            os.close(opened)
        if number > 0:
            setattr(sys, name, open(number, "w", encoding="utf-8", closefd=False))  # noqa: SIM115  # for good
