"""What a line of the log looks like on a terminal, to whoever has just started the service there and tries it out.

Short enough for 80 columns, most of the time: no date, no logger, no id of a request that went well. A longer line
goes on below its own beginning, broken between words, so that the times at the left stay a column. Files, pipes and
container runtimes get the lines that are made for programs, :mod:`builder.logs.lines`.
"""

from __future__ import annotations

import logging
import os
import textwrap
import time
from collections.abc import Callable, Mapping

from builder.logs.lines import RequestRecord, mask, read_fields, request_id, tell

LEAST_WIDTH = 40
"""In columns: on a narrower terminal, or one of an unknown width, lines are left as they are."""

_COLOURS = {"ERROR": "\33[31m", "CRITICAL": "\33[31m", "WARNING": "\33[33m", "DEBUG": "\33[2m"}
_PLAIN = "\33[0m"


def wants_colours(environment: Mapping[str, str]) -> bool:
    """Whether a terminal may be given colours: https://no-color.org/."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def read_width(descriptor: int) -> int:
    """The width of a terminal in columns, as it is now; 0 where it is unknown."""
    try:
        return os.get_terminal_size(descriptor).columns
    except OSError:
        return 0


class TerminalFormatter(logging.Formatter):
    """``21:00:00 INFO    message key=value``, with the local time; ``read_width`` gives the columns there are."""

    def __init__(self, read_width: Callable[[], int], *, colours: bool) -> None:
        super().__init__()
        self._read_width = read_width
        self._colours = colours

    def format(self, record: logging.LogRecord) -> str:
        """One line, or several that begin below each other, without secrets; a traceback follows as it is."""
        level, identifier = record.levelname, getattr(record, "identifier", None) or request_id.get()
        fields = {} if hasattr(record, "says_fields") else dict(read_fields(record))
        if isinstance(record, RequestRecord):
            is_good = record.status < 400
            told = f"{fields.pop('method')} {fields.pop('route')} {fields.pop('status')} {fields.pop('ms')} ms"
            level = level if is_good else "WARNING" if record.status < 500 else "ERROR"
        else:
            told, is_good = mask(record.getMessage()), record.levelno < logging.WARNING
        if identifier and not is_good:
            fields["request_id"] = identifier
        head = f"{time.strftime('%H:%M:%S', time.localtime(record.created))} {level:<7} "
        width, indent = self._read_width(), " " * len(head)
        lines = [tell(told, fields)]
        if width >= LEAST_WIDTH:
            lines = textwrap.wrap(lines[0], width - len(head), break_long_words=False, break_on_hyphens=False)
        colour = _COLOURS.get(level, "") if self._colours else ""
        text = f"{colour}{head}{_PLAIN if colour else ''}" + f"\n{indent}".join(lines)
        return text + ("\n" + mask(self.formatException(record.exc_info)) if record.exc_info else "")
