"""Conditional requests: when a client that has a representation already is told that nothing changed.

RFC 9110, section 13. ``If-None-Match`` counts where it is given; ``If-Modified-Since``, the only one that the
Visualisation App sends, counts otherwise. A later date than ours proves nothing, as another replica may have given it:
what counts is whether it is a date of this very content (section 13.1.3 speaks of servers that honour only those).
"""

from __future__ import annotations

from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache

from sanic import HTTPResponse, Request

from builder.api.prepared import PreparedHead, PreparedResponse
from builder.api.rendering import JSON
from builder.catalogue.snapshot import Representation
from builder.catalogue.validators import is_same_content

MATCHES_PER_FULL_ANSWER = 101
"""Of so many dates that are those of what is current one is answered in full all the same.

So that no client keeps something else for ever whose date agrees by chance, or of which it replaced a part meanwhile.
A prime, so that each of several clients that ask in turn gets it some time.
"""

_CONTENT_TYPE = (b"content-type", JSON.encode())


def respond_representation(
    request: Request, current: Representation, listing: Representation | None = None
) -> HTTPResponse:
    """200 with the ``current`` representation, or 304 without a body where the client has it already.

    It may have it from the ``listing`` that it is in, whose date is that of one of its cluster types.
    """
    tag, date = current.entity_tag, current.last_modified
    if _is_not_modified(request, current, listing):
        return PreparedResponse(b"", _prepare_head(304, tag, date, None))
    return PreparedResponse(current.body, _prepare_head(200, tag, date, len(current.body)))


def _is_not_modified(request: Request, current: Representation, listing: Representation | None) -> bool:
    """Whether the preconditions of a request say that the client has the current representation."""
    if_none_match = request.headers.getone("if-none-match", None)
    if if_none_match is not None:
        if if_none_match == current.entity_tag:
            return True
        tags = [tag.strip() for tag in if_none_match.split(",")]
        return "*" in tags or any(_weak(tag) == _weak(current.entity_tag) for tag in tags)
    if_modified_since = request.headers.getone("if-modified-since", None)
    if if_modified_since is None:
        return False
    try:
        since = int(parsedate_to_datetime(if_modified_since).timestamp())
    except (ValueError, OverflowError):
        return False
    if not any(is_same_content(since, each.last_modified) for each in (current, listing) if each is not None):
        return False
    return (next(current.matches) + 1) % MATCHES_PER_FULL_ANSWER != 0


@lru_cache(maxsize=1024)
def _prepare_head(status: int, entity_tag: str, date: int, length: int | None) -> PreparedHead:
    fields = (
        (b"etag", entity_tag.encode()),
        (b"last-modified", formatdate(date, usegmt=True).encode()),
        # A cache between may keep it, and has to ask each time: with a date alone it would guess how long it is good.
        (b"cache-control", b"no-cache"),
    )
    return PreparedHead(status, (*fields, _CONTENT_TYPE) if length is not None else fields, length)


def _weak(tag: str) -> str:
    return tag.removeprefix("W/")
