"""Validators of what is served (RFC 9110, section 8.8): entity tags, and dates that identify content as well.

A date that says when a file was modified proves nothing: a new version may have the date of the old one, and the same
version another date on another replica. The dates here have the day of the files and a time of day that derives from
the entity tag. So every worker and replica can tell from a date alone whether what came with it is what it has itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from builder import __version__

DAY = 86_400
HALF_DAY = 43_200
"""How many times of day there are for cluster types, and as many for listings: so rarely do two contents share one."""

_ENTITY_TAG_LENGTH = 32


def build_entity_tag(parts: Iterable[bytes]) -> str:
    """A weak entity tag (RFC 9110, section 8.8.3) of content; another release of this service has others."""
    digest = hashlib.sha256(b"\0".join((__version__.encode(), *parts)))
    return f'W/"{digest.hexdigest()[:_ENTITY_TAG_LENGTH]}"'


def date_cluster_type(entity_tag: str, modified: float, now: float, replaced: int | None = None) -> int:
    """The date of a cluster type: a morning (UTC) of the day before the newest of its files was ``modified``.

    The day before, so that the date is never in the future, and an afternoon of the same day is later than it.
    ``replaced`` is the date of what it takes the place of, if anything. All are in seconds since the epoch.
    """
    day = max(int(min(modified, now)) // DAY - 1, 0)
    return day * DAY + _choose_second(entity_tag, replaced)


def date_listing(entity_tag: str, newest: float, replaced: int | None = None) -> int:
    """The date of a listing: an afternoon (UTC) of the day of its ``newest`` type, and so later than all its types."""
    return int(newest) // DAY * DAY + HALF_DAY + _choose_second(entity_tag, replaced)


def is_same_content(date: int, other: int) -> bool:
    """Whether two dates that were made here are those of the same content: the day does not matter."""
    return (date - other) % DAY == 0


def _choose_second(entity_tag: str, replaced: int | None) -> int:
    """Derives from the content alone, except where that would be the second of what the content takes the place of."""
    second = int(entity_tag[3:-1], 16) % HALF_DAY
    if replaced is not None and (replaced - second) % HALF_DAY == 0:
        return (second + 1) % HALF_DAY
    return second
