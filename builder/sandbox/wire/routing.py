"""Which handler a path and a method lead to.

Apart from the edge and the services: both services route alike, and differ in what they say of a path they do not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Match(Generic[Handler]):
    """Where a request leads: a handler and what the path says, or None and the methods the path does have."""

    handler: Handler | None
    parameters: Mapping[str, str]
    allowed: tuple[str, ...]


class Router(Generic[Handler]):
    """A table of routes; the first pattern that fits a path decides. ``{name}`` stands for any one segment."""

    def __init__(self, routes: Mapping[str, Mapping[str, Handler]]) -> None:
        self._routes = [(pattern.removeprefix("/").split("/"), methods) for pattern, methods in routes.items()]

    def match(self, method: str, segments: Sequence[str]) -> Match[Handler] | None:
        """Return where a request leads, or None when no pattern fits its path."""
        for pattern, methods in self._routes:
            parameters = _fit(pattern, segments)
            if parameters is not None:
                return Match(methods.get(method), parameters, tuple(methods))
        return None


def _fit(pattern: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if len(pattern) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for part, segment in zip(pattern, segments, strict=True):
        if part.startswith("{"):
            if not segment:
                return None
            parameters[part.strip("{}")] = segment
        elif part != segment:
            return None
    return parameters
