"""How each kind of value is read from its text; what cannot be taken raises ValueError, with what is wanted."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from builder.net.addresses import normalize_host, parse_origin

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Value = TypeVar("Value")

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})
_INTEGER = re.compile(r"-?[0-9]{1,19}")
"""As many digits as 64 bits hold, which no setting comes near: Python refuses numbers of thousands in its own words."""


def parse_host(text: str) -> str:
    """An address, in brackets or not, or a host name.

    An empty one is an error, since it would mean every address of this host.
    """
    if not text.strip():
        raise ValueError("an address, or the name of one; 0.0.0.0 stands for all of this host, :: for IPv6 too")
    return text.removeprefix("[").removesuffix("]") if ":" in text else text


def optional(parse: Callable[[str], Value]) -> Callable[[str], Value | None]:
    """What ``parse`` reads; an empty text means that nothing is set."""
    return lambda text: parse(text) if text else None


def parse_proxy(text: str) -> str:
    """The URL of an HTTP proxy, with a user and a password where it wants them."""
    scheme, _, rest = text.partition("://")
    bare = f"{scheme}://{rest.rpartition('@')[2]}"
    try:
        parse_origin(bare)
    except ValueError:
        raise ValueError("the URL of a proxy, such as http://proxy.example.org:3128") from None
    return text.rstrip("/")


def parse_boolean(text: str) -> bool:
    """``true`` or ``false``, in the usual spellings of operators; Heat's, in requests and definitions, are others."""
    lowered = text.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError("true or false")


def parse_integer(least: int, greatest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(text: str) -> int:
        if not _INTEGER.fullmatch(text.strip()) or not least <= int(text) <= greatest:
            raise ValueError(f"a whole number from {least:,} to {greatest:,}")
        return int(text)

    return parse


def parse_seconds(least: float, greatest: float) -> Callable[[str], float]:
    """A number of seconds within bounds."""

    def parse(text: str) -> float:
        with suppress(ValueError):
            if least <= float(text) <= greatest:
                return float(text)
        raise ValueError(f"a number of seconds from {least:g} to {greatest:g}")

    return parse


def parse_choice(*choices: str) -> Callable[[str], str]:
    """One of a few words, in whatever case."""

    by_word = {choice.lower(): choice for choice in choices}

    def parse(text: str) -> str:
        try:
            return by_word[text.strip().lower()]
        except KeyError:
            raise ValueError(f"one of {', '.join(choices)}") from None

    return parse


def parse_path(text: str) -> Path:
    """A path; an empty one is an error."""
    if not text.strip():
        raise ValueError("a path")
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError("a path: there is no such user") from None


def parse_paths(text: str) -> tuple[Path, ...]:
    """Absolute paths, separated by colons."""
    paths = tuple(Path(part) for part in text.split(":") if part)
    if not all(path.is_absolute() for path in paths):
        raise ValueError("absolute paths, separated by colons")
    return paths


def parse_path_or_none(text: str) -> Path | None:
    """A path, or the word ``none``."""
    if not text.strip():
        raise ValueError("a path, or none")
    return None if text.strip().lower() == "none" else parse_path(text)


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas."""
    try:
        return tuple(map(ipaddress.ip_network, split_list(text)))
    except ValueError:
        raise ValueError("addresses and networks such as 10.0.0.0/8, separated by commas") from None


def parse_host_names(text: str) -> tuple[str, ...]:
    """Names of hosts, separated by commas; one with a dot before it stands for itself and all names below it."""
    wanted = "names such as builder.example.org or .example.org, without ports, separated by commas"
    try:
        names = tuple(
            name if name == "*" else "." * name.startswith(".") + normalize_host(name.removeprefix("."))
            for name in split_list(text)
        )
    except ValueError:
        raise ValueError(wanted) from None
    if not names:  # an empty list would allow everything
        raise ValueError(wanted)
    return names


def parse_secrets(text: str) -> tuple[str, ...]:
    """Secrets, separated by commas; whoever gives none at all meant to give one."""
    secrets = split_list(text)
    if not secrets:
        raise ValueError("a secret, or several that are separated by commas")
    return secrets


def split_list(text: str) -> tuple[str, ...]:
    """What stands between commas, without blanks around it and without what is empty."""
    return tuple(filter(None, map(str.strip, text.split(","))))
