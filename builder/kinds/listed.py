"""Stacks and clusters as clouds list them for a project, as far as all kinds read them alike.

Ids, names and states go into answers and URLs: they must be no more than an id, a name or a state.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

OLD_SECONDS = 60.0
"""A stack of this age is settled: its creator has until ``BUILD_DEADLINE``, and ten seconds more, to give it up."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A stack or a cluster, with the tags that mark it.

    ``age`` is how many seconds it has lived, or lived until it was deleted. The cloud's clock alone tells: this host's
    may be wrong. None where the cloud does not tell the time.
    """

    id: str
    name: str
    status: str
    age: float | None
    tags: tuple[str, ...]

    @property
    def is_live(self) -> bool:
        """Whether it is neither deleted nor being deleted."""
        return not self.status.startswith("DELETE")

    @property
    def is_old(self) -> bool:
        """Whether it has lived, or lived until it was deleted, for so long that its creator had decided to keep it."""
        return self.age is not None and self.age > OLD_SECONDS


def _read(given: object, *, form: re.Pattern[str]) -> str:
    if not isinstance(given, str) or form.fullmatch(given) is None:
        raise TypeError("no id, name, status or tag")
    return given


read_id = partial(_read, form=re.compile(r"[A-Za-z0-9-]{1,64}"))
"""The id of a stack or a cluster: UUIDs, at Heat and at Magnum. Raises TypeError where it is none."""

read_name = partial(_read, form=re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,254}"))
"""The name of a stack or a cluster, as both services allow names. Raises TypeError where it is none."""

read_status = partial(_read, form=re.compile(r"[A-Z_]{1,64}"))
"""The status of a stack, a resource or a cluster, an action and a state: CREATE_IN_PROGRESS. Raises TypeError, too."""

read_tag = partial(_read, form=re.compile(r".*", re.DOTALL))
"""A tag of a stack, whoever gave it. Raises TypeError where it is no text."""


def read_time(parse: Callable[[str], datetime], told: object) -> datetime | None:
    """A time that a service told; None for what is none, or is none in UTC: Python's years are 1 to 9999."""
    try:
        moment = parse(told) if isinstance(told, str) else None
        return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):  # email's parser raises all of them
        return None
