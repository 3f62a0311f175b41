"""What a launch shows: on standard error how it goes, for people; on standard output what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final, TextIO

from builder.kinds.protocol import ClusterOutput, ClusterStatus, LaunchPreview
from builder.logs.redaction import Redactor
from builder.logs.terminal import read_width
from builder.text.excerpts import show_printable

_BAR_WIDTH: Final = 30
"""In columns: with the numbers and the status beside it, a line of 80 is not full."""


class Display:
    """Shows one launch; nothing that it shows has any of the ``secrets``. Lives as long as the command."""

    def __init__(self, stdout: TextIO, stderr: TextIO, secrets: Iterable[str]) -> None:
        self._stdout, self._stderr = stdout, stderr
        self._redactor = Redactor(secrets)
        self._has_terminal = stderr.isatty()
        self._drawn = 0
        self._shown = ""

    def tell(self, text: str) -> None:
        """A line for the person who waits."""
        self._end_bar()
        self._stderr.write(f"{show_printable(self._redactor.mask(text))}\n")
        self._stderr.flush()

    def show_preview(self, preview: LaunchPreview) -> None:
        """What would be made, by types, and what that takes of what the project has left."""
        total = sum(each.count for each in preview.resources)
        self.tell(f"Dry run: {total} resource{'' if total == 1 else 's'} would be made")
        for each in preview.resources:
            self.tell(f"  {each.count:>3} x {each.type}  ({_list_some(each.names)})")
        for need in preview.needs:
            unit = f" {need.unit}" if need.unit else ""
            left = "no limit" if need.available is None else f"{need.available:,}{unit} left"
            self.tell(f"  {need.resource}: {need.required:,}{unit}, {left}{': too many' if need.is_exceeded else ''}")

    def show_progress(self, status: ClusterStatus) -> None:
        """How far it is: a bar that is drawn again on a terminal, elsewhere a line when the status changes."""
        if not self._has_terminal:
            if status.status != self._shown:
                self.tell(status.status)
            self._shown = status.status
            return
        line = status.status
        if status.progress is not None and status.progress.total:
            done, total = status.progress.complete, status.progress.total
            filled = _BAR_WIDTH * done // total
            line = f"[{'#' * filled}{'.' * (_BAR_WIDTH - filled)}] {done} of {total} resources  {status.status}"
        width = read_width(self._stderr.fileno()) or 80
        line = line[: width - 1]
        self._stderr.write(f"\r{line.ljust(self._drawn)}")
        self._stderr.flush()
        self._drawn = len(line)

    def show_outcome(self, status: ClusterStatus, *, output_format: str) -> None:
        """The outputs, and what failed and why; as ``json``, what the service answers when it is asked for a status."""
        self._end_bar()
        if output_format == "json":
            told = self._mask_values(asdict(status))
            self._stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
            return
        for failure in status.failures:
            self.tell(f"{failure.resource} ({failure.type or 'no type'}) {failure.status}: {failure.reason}")
        if status.status.endswith("_FAILED") and not status.failures:
            self.tell(f"{status.status}: {status.reason}")
        for output in status.outputs:
            self._stdout.write("".join(f"{line}\n" for line in _render_output(self._redactor, output)))

    def _end_bar(self) -> None:
        if self._drawn:
            self._stderr.write("\n")
            self._drawn = 0

    def _mask_values(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._mask_values(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._mask_values(each) for each in value]
        if value is None or isinstance(value, bool):
            return value
        masked = self._redactor.mask(str(value))
        return value if masked == str(value) else masked


def _render_output(redactor: Redactor, output: ClusterOutput) -> Iterator[str]:
    """An output in one line, or below its name where its value has several."""
    if output.value is None:
        yield f"{output.name}: {show_printable(redactor.mask(output.error)) if output.error else '(empty)'}"
        return
    is_text = isinstance(output.value, str)
    text = redactor.mask(output.value if is_text else json.dumps(output.value, ensure_ascii=False))
    first, *others = text.splitlines() or [""]
    if not others:
        yield f"{output.name}: {show_printable(first)}"
        return
    yield f"{output.name}:"
    yield from (f"  {show_printable(line)}".rstrip() for line in (first, *others))


def _list_some(names: tuple[str, ...]) -> str:
    more = len(names) - 5
    return ", ".join(names[:5]) + (f" and {more} more" if more > 0 else "")
