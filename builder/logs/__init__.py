"""Logging: where lines go, what they look like, and what never gets into them.

Lines go to standard output, and to a file where one is named. Whatever happens to the log (a full disk, a closed pipe,
a reader that stalls) never disturbs the service.

The OpenStack clients and urllib3 are never logged below WARNING: at DEBUG they print whole requests.
"""

from __future__ import annotations

import logging
import sys
from functools import partial
from logging.handlers import MemoryHandler

from builder.logs.lines import JsonFormatter, TextFormatter
from builder.logs.output import Descriptor, LogFile, LogOutput
from builder.logs.terminal import TerminalFormatter, read_width

_TALKATIVE = (
    "keystoneauth",
    "keystoneauth1",
    "heatclient",
    "openstack",
    "urllib3",
    "requests",
    "stevedore",
    "watchdog",
)


def hold_early_records() -> None:
    """Keep what is logged until :func:`configure_logging`, which logs it; where that never is, standard error has it.

    Settings say where the log goes, and something may be wrong with them.
    """
    logging.getLogger().addHandler(MemoryHandler(capacity=1000, target=logging.StreamHandler()))


def configure_logging(level: str, style: str = "text", file: str | None = None, *, colours: bool = False) -> None:
    """Have everything logged from ``level`` on, as ``text`` or ``json``, to standard output and to a file, if any.

    Text on a terminal is laid out for people, with ``colours`` if these are wished for.
    """
    formatter = JsonFormatter() if style == "json" else TextFormatter()
    handlers = [LogOutput(Descriptor(sys.stdout.fileno(), sys.stdout.encoding).write)]
    if file is not None:
        handlers.append(LogOutput(LogFile(file).write))
    for handler in handlers:
        handler.setFormatter(formatter)
    if style == "text" and sys.stdout.isatty():
        handlers[0].setFormatter(TerminalFormatter(partial(read_width, sys.stdout.fileno()), colours=colours))
    # Nobody reads source lines, threads and processes: see the HOWTO of :mod:`logging`, section "Optimization".
    logging._srcfile = None
    logging.logThreads = logging.logMultiprocessing = logging.logProcesses = False
    logging.raiseExceptions = False  # a log that cannot be written is nobody's fault who is being served
    root = logging.getLogger()
    held = [each for each in root.handlers if isinstance(each, MemoryHandler)]
    early = [record for each in held for record in each.buffer]
    for each in held:
        each.buffer.clear()
    logging.basicConfig(level=level, handlers=handlers, force=True)
    for record in early:
        if record.levelno >= root.level:
            root.handle(record)
    logging.captureWarnings(True)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLogger().level))
    for name in ("sanic.root", "sanic.server", "sanic.error", "sanic.access"):
        other = logging.getLogger(name)
        other.handlers.clear()
        other.propagate = True
        other.setLevel(logging.NOTSET if logging.getLogger().level <= logging.DEBUG else logging.WARNING)
