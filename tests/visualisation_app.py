"""The Visualisation App, as far as it reads cluster types: what it sends, and what it stores of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

Get = Callable[[str, dict[str, str]], tuple[int, bytes]]
"""Sends a GET for a path with headers; gives status and body."""


class PageCrashError(Exception):
    """A page is not shown: the App's own code fails on what it was sent."""


@dataclass
class VisualisationApp:
    """One installation. ``stored`` are the bodies of its cluster types, by id."""

    stored: dict[str, dict[str, Any]] = field(default_factory=dict)

    def open_cluster_types(self, get: Get, *, use_cache: bool = True) -> int:
        """Somebody opens the page of cluster types, which is its usual poll. Returns the status of the answer."""
        dates = [body["last_modified"] for body in self.stored.values()] if use_cache else []
        status, body = get("/cluster-types/", _since(max(dates, key=parsedate_to_datetime, default=None)))
        if status == 200:
            self.stored = {each["id"]: each for each in json.loads(body)}  # what is no longer listed is deleted
        return status

    def open_launch_form(self, get: Get, cluster_type: str) -> int:
        """Somebody opens the form of one stored cluster type. Returns the status of the answer."""
        status, body = get(f"/cluster-types/{cluster_type}", _since(self.stored[cluster_type]["last_modified"]))
        if status == 200:
            self.stored[cluster_type] = json.loads(body)
        return status

    def titles(self) -> dict[str, str]:
        """What its users see."""
        return {key: body["title"] for key, body in self.stored.items()}


def _since(date: str | None) -> dict[str, str]:
    return {} if date is None else {"If-Modified-Since": date}


def read_creation_output(text: str) -> dict[str, str | None]:
    """The outputs of a cluster as the page of its rack shows them.

    Raises:
        PageCrashError: the page cannot take the text apart.
    """
    shown: dict[str, str | None] = {}
    for piece in text.split(", "):
        key, *value = piece.split("=")
        while value and not value[-1]:
            value.pop()
        if len(value) > 1 or not piece.strip("="):
            raise PageCrashError(f"{piece!r} is no key and value")
        shown[key] = value[0] if value else None
    return shown
