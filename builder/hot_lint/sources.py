"""How a definition asks for the files that it refers to.

This room does no input or output; whoever builds a cluster type hands in a :class:`Files` that does it, and that
notes what was asked for, so that a change of any of it is a change of the type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

DEFINITION: Final = ""
"""The name of the definition itself among its files."""

MISSING_FILE: Final = "missing-file"
"""The rule of a file that is not there."""


class SourceError(Exception):
    """A file cannot be had. ``rule`` is the rule id of the problem that this makes.

    ``named`` is the reference or the URL that ``message`` names; a message without one speaks of "it".
    ``line`` and ``column`` tell where in the file the reading failed, from 1; 0 where the whole file is meant.
    """

    def __init__(
        self, rule: str, message: str, hint: str = "", line: int = 0, column: int = 0, *, named: str = ""
    ) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column
        self.named = named


class Files(Protocol):
    """The files around one definition.

    A *name* identifies a file towards Heat: its path relative to the folder of the definition's real file, with
    slashes, or the URL of a remote file; :data:`DEFINITION` for the definition itself.
    """

    def resolve(self, reference: str, base: str) -> str:
        """The name of the file that ``reference`` means within the file named ``base``.

        Raises SourceError where the reference leads out of the folders that are allowed.
        """

    def resolve_template(self, reference: str) -> str:
        """The name of the file that a definition's own ``heat_template_url``, or a component's absolute path, means.

        As :meth:`resolve` from the definition, and besides as earlier releases did: a relative path that leads nowhere
        is looked for in the folder ``hot`` of the instance folder, and an absolute one may lead anywhere in that.

        Raises SourceError as :meth:`resolve` does.
        """

    def read(self, name: str) -> str:
        """The text of a file.

        Raises SourceError where it is missing, too large, not UTF-8 or not a regular file.
        """

    def read_data(self, name: str) -> str:
        """What Heat is sent of a file that is data: its text, or base64 where it is not UTF-8, as clients of Heat do.

        Raises SourceError as :meth:`read` does, but for what is not UTF-8.
        """

    def list_beside(self, name: str) -> Sequence[str]:
        """The names of the files in the folder that a file would be in: what may have been meant where it is missing.

        Nothing depends on them but a hint. Names that are not fit to be shown are left out.
        """

    def display(self, name: str) -> str:
        """The path of a file as the reader of a problem knows it."""
