"""The Visualisation App, as far as it reads cluster types: what it sends, what it stores of the answers, what it shows.

What its models refuse, and what its code fails on, was seen by running that code against listings.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

Get = Callable[[str, dict[str, str]], tuple[int, bytes]]
"""Sends a GET for a path with headers; gives status and body."""


class PageCrashError(Exception):
    """A page is not shown: the App's own code fails on what it was sent."""


class SynchronisationCrashError(Exception):
    """The App's own code fails on a listing, so that nobody sees any cluster type of it."""


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


# ---- what its models say of a listing

_TEXT_LIMIT = 255
_DESCRIPTION_LIMIT = 1024
_ORDER_LIMIT = 2**31


def store_listing(media_type: str, body: bytes) -> dict[str, list[str]]:
    """Take a listing in, and give why each type is refused, by its id; no reason where it is taken.

    Raises:
        SynchronisationCrashError: none is taken.
    """
    if media_type.partition(";")[0].strip() != "application/json":
        raise SynchronisationCrashError(f"{media_type} is no JSON")
    listing = json.loads(body)
    if not isinstance(listing, list):
        raise SynchronisationCrashError("the listing is no array")
    for listed in listing:
        _store(listed)
    return {listed["id"]: list(_judge(listed)) for listed in listing}


def _store(listed: dict[str, Any]) -> None:
    """What the database or the code before it cannot take."""
    if not isinstance(listed.get("parameter_groups"), list):
        raise SynchronisationCrashError("parameter_groups is no array")
    if len(listed.get("logo_url") or "") > _TEXT_LIMIT:
        raise SynchronisationCrashError("logo_url is too long")
    order = listed.get("order")
    if isinstance(order, int | float) and not -_ORDER_LIMIT <= order < _ORDER_LIMIT:
        raise SynchronisationCrashError("order has more than 32 bits")
    if "\\u0000" in json.dumps(listed):
        raise SynchronisationCrashError("there is a NUL in a text")


def _judge(listed: dict[str, Any]) -> Iterator[str]:
    for key, limit in (("title", _TEXT_LIMIT), ("description", _DESCRIPTION_LIMIT)):
        if not listed.get(key) or len(listed[key]) > limit:
            yield f"{key} is missing or too long"
    if isinstance(listed.get("order"), bool) or not isinstance(listed.get("order"), int | float):
        yield "order is no number"
    if not isinstance(listed.get("last_modified"), str):
        yield "last_modified is no text"
    if not listed.get("parameters"):
        yield "there are no parameters"
    for name, parameter in (listed.get("parameters") or {}).items():
        yield from (f"{name}: {reason}" for reason in _judge_parameter(parameter))


def _judge_parameter(parameter: dict[str, Any]) -> Iterator[str]:
    constraints = parameter.get("constraints", [])
    if not isinstance(constraints, list):
        yield "constraints is no array"
        return
    for constraint in constraints:
        if len(constraint.keys() - {"description"}) != 1:
            yield "a constraint has not one kind"
            return
    default = parameter.get("default")
    if default == "":
        yield "the default is empty"
    elif default is not None:
        yield from _judge_default(parameter["type"], default, constraints)


def _judge_default(type_: str, default: Any, constraints: list[dict[str, Any]]) -> Iterator[str]:
    if type_ == "json" and not isinstance(default, str):
        yield "the default is no text of JSON"
    if type_ == "boolean" and not isinstance(default, bool):  # not refused, but as bad
        yield "the default is no boolean, and shown as unticked"
    for constraint in constraints:
        values = constraint.get("allowed_values", [0])
        is_for_texts = "allowed_pattern" in constraint or "length" in constraint or isinstance(values[0], str)
        if type_ == "string" and is_for_texts and not isinstance(default, str):
            yield "the default is no text"
        elif not _satisfies(type_, default, constraint):
            yield f"the default breaks {constraint}"


def _satisfies(type_: str, value: Any, constraint: dict[str, Any]) -> bool:
    match type_, constraint:
        case "string" | "comma_delimited_list" | "json", {"length": limits}:
            return bool(limits.get("min", 0) <= len(value) <= limits.get("max", len(value)))
        case "number", {"range": limits}:
            return bool(limits.get("min", -math.inf) <= float(value) <= limits.get("max", math.inf))
        case "number", {"modulo": modulo}:
            return bool((float(value) - modulo["offset"]) % modulo["step"] == 0)
        case _, {"allowed_values": values}:
            return value in values or (type_ == "number" and float(value) in values)
        case "string", {"allowed_pattern": pattern}:
            found = re.search(pattern, value)
            return found is not None and found[0].strip() != ""
    return True  # it knows ip_addr and net_cidr besides, and takes all other kinds


# ---- what its pages make of a type


def draw_launch_form(listed: dict[str, Any]) -> dict[str, list[str]]:
    """The sections that the launch page shows, as label and names of fields; "" holds what is in no section.

    Raises:
        PageCrashError: the page is not shown.
    """
    if listed["instructions"] is None:
        raise PageCrashError("instructions is null")
    fields = dict(listed["parameters"])
    shown: dict[str, list[str]] = {}
    for group in listed["parameter_groups"]:
        required = {"label", "description", "parameters"}
        if not required <= group.keys() <= required | {"optional"}:
            raise PageCrashError(f"a group has the keys {sorted(group)}")
        names = [name for name in group["parameters"] if name in fields]
        if any(not fields.pop(name)["hidden"] for name in names):
            shown[group["label"]] = names
    return {**shown, "": list(fields)}
