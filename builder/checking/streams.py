"""What a command reads and writes, and how it ends. Light: every command imports it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TextIO

EXIT_CLEAN: Final = 0
EXIT_PROBLEMS: Final = 1


@dataclass(frozen=True, slots=True)
class Streams:
    """Standard input and output of a command; ``colours`` says whether a terminal is to be given any.

    ``stdin`` is None where it was closed before the command began. With ``always_coloured`` also what is no terminal is
    given colours.
    """

    stdin: TextIO | None
    stdout: TextIO
    stderr: TextIO
    colours: bool = True
    always_coloured: bool = False

    def takes_colours(self, stream: TextIO) -> bool:
        """Whether one of the streams is to be given colours."""
        return self.always_coloured or (self.colours and stream.isatty())
