"""The style, the script and the icon of the pages: read once, compressed once, and named after their content.

A name is never given to other content, so browsers may keep what they have for ever.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from sanic import HTTPResponse, Request
from sanic.response import raw

from builder.errors import Fault, RequestError

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ico": "image/x-icon",
}

_FOR_EVER: Final = "public, max-age=31536000, immutable"
"""For a year: the longest that caches take in earnest (RFC 9111, and RFC 8246 for ``immutable``)."""

_A_DAY: Final = "public, max-age=86400"
"""For what is asked for by a name that stays the same."""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, as it is and compressed; ``plain`` is its name without its hash."""

    plain: str
    content: bytes
    compressed: bytes
    content_type: str


def accepts_gzip(request: Request) -> bool:
    """Whether the client takes gzip (RFC 9110, section 12.5.3); one that weighs it with 0 does not."""
    for coding in request.headers.getone("accept-encoding", "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "").rstrip("0").rstrip(".") not in ("q=", "q=0")
    return False


@cache
def load_static_files() -> Mapping[str, StaticFile]:
    """Every file by its name with its hash in it, as ``console.0123456789ab.css``."""
    files = {}
    for entry in resources.files("builder.console").joinpath("static").iterdir():
        stem, dot, suffix = entry.name.rpartition(".")
        if f"{dot}{suffix}" in _TYPES:
            content = entry.read_bytes()
            name = f"{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{suffix}"
            files[name] = StaticFile(entry.name, content, gzip.compress(content, 9, mtime=0), _TYPES[f".{suffix}"])
    return MappingProxyType(files)


def find_static_name(plain: str) -> str:
    """The name under which ``plain``, as ``console.css``, is served. Raises LookupError."""
    return {file.plain: name for name, file in load_static_files().items()}[plain]


async def show_static_file(request: Request, name: str) -> HTTPResponse:
    """One of the files, which anybody may have: nothing of the service is in them."""
    file = load_static_files().get(name)
    if file is None:
        raise RequestError(Fault(404, "Not Found", "There is no such file; the page may be of another release."))
    return _respond(request, file, _FOR_EVER)


async def show_icon(request: Request) -> HTTPResponse:
    """The icon, for browsers that ask for it by the name that all sites have it by."""
    return _respond(request, load_static_files()[find_static_name("favicon.ico")], _A_DAY)


def _respond(request: Request, file: StaticFile, caching: str) -> HTTPResponse:
    headers = {"Cache-Control": caching, "Vary": "Accept-Encoding"}
    if accepts_gzip(request) and len(file.compressed) < len(file.content):
        return raw(file.compressed, headers={**headers, "Content-Encoding": "gzip"}, content_type=file.content_type)
    return raw(file.content, headers=headers, content_type=file.content_type)
