"""The names and tags of stacks: how a cluster, its type and its request can be told from the stack alone.

Pure. How long a cluster's name may be, so that Heat accepts the stack's, is ``clusters/plan.py``'s to say.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from builder.clusters.plan import NAME_SEPARATOR, ClusterPlan

SUFFIX_LENGTH = 12
MAX_TAG = 80
"""Heat's limit; a tag may not contain a comma either."""

MARK = "concertim"
"""What the names of all tags of this service begin with; by itself, the tag of what it launched."""

_TYPE = "concertim-type"
_REVISION = "concertim-revision"

_ORDER_TAG = "concertim-order:"
_ORDER_TAG_FORM = re.compile(rf"{_ORDER_TAG}([A-Za-z0-9._-]{{1,64}})")
"""Whoever owns a stack may change its tags; the id goes into a call of the billing service."""

_NOT_IN_A_TAG = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class CreatedStack:
    """A stack, or a cluster, that the cloud has accepted."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Origin:
    """The cluster type that a stack was made of, and its revision, as tags hold them; empty where they do not."""

    type_id: str
    revision: str


def build_stack_name(cluster_name: str, suffix: str) -> str:
    """The name of a stack, of which Concertim takes what stands before the first ``--`` as the cluster's."""
    return f"{cluster_name}{NAME_SEPARATOR}{suffix}"


def read_suffix(stack_name: str) -> str:
    """What :func:`build_stack_name` was given as suffix."""
    return stack_name.rpartition(NAME_SEPARATOR)[2]


def random_suffix() -> str:
    """Sixty random bits, in letters and digits that need no escaping anywhere."""
    return _suffix(secrets.token_bytes(16))


def keyed_suffix(key: str, project_id: str, attempt: int) -> str:
    """The suffix that the same key in the same project always gets, for the same attempt."""
    return _suffix(_digest("suffix", project_id, key, str(attempt)))


def build_tags(type_id: str, revision: str) -> tuple[str, ...]:
    """Where a stack comes from, for operators; a value too long for Heat is cut."""
    return (MARK, _tag(_TYPE, type_id), _tag(_REVISION, revision))


def key_tag(key: str, project_id: str) -> str:
    """Marks the stacks of one ``Idempotency-Key``; the key cannot be told from it."""
    return _tag("concertim-key", _digest("key", project_id, key).hex()[:32])


def fingerprint_tag(key: str, payload: Mapping[str, Any]) -> str:
    """The idempotency fingerprint: tells whether two requests of one key ask for the same.

    Keyed with the key, which only the caller has: nobody else can try out what a hidden parameter might have been.
    """
    canonical = json.dumps(payload, sort_keys=True, separators=(",", ":")).encode()
    return _tag("concertim-body", hmac.digest(_encode(key), canonical, "sha256").hex()[:32])


def order_tag(order: str) -> str:
    """Marks the stack of an order; one whose id Heat could not take as a tag is none."""
    return f"{_ORDER_TAG}{order}"


def read_order(tags: Iterable[str]) -> str | None:
    """The order that a stack's tags name; None where they name none."""
    return next((match[1] for match in map(_ORDER_TAG_FORM.fullmatch, tags) if match), None)


def digest_plan(plan: ClusterPlan, project_id: str, user_id: str) -> str:
    """Tells whether two requests without a key ask for the same: the same user of the cloud, and of the page."""
    shown = {name: value for name, value in plan.parameters.items() if name not in plan.hidden}
    hidden = {name: value for name, value in plan.parameters.items() if name in plan.hidden}
    wish = [plan.type_id, plan.cluster_name, plan.payload.get("selections"), shown]
    return digest_wish([project_id, user_id, plan.subject, wish], hidden)


def digest_wish(wish: object, hidden: object) -> str:
    """Tells whether two requests without a key ask for the same; both arguments are what JSON has.

    Whoever may see the stack sees its name, which is made from this. So no more than a byte of a digest of the
    ``hidden`` answers goes in: enough to tell a corrected answer from a repeated one nearly always, and too little to
    try out what it might have been.
    """
    canonical = [json.dumps(each, sort_keys=True) for each in (wish, hidden)]
    return _digest("repeat", canonical[0], _digest(*canonical).hex()[:2]).hex()


def read_origin(tags: Iterable[str]) -> Origin | None:
    """Where a stack comes from, as :func:`build_tags` says it; None for one that this service did not launch."""
    told = {name: value for name, _, value in (tag.partition(":") for tag in tags)}
    return Origin(told.get(_TYPE, ""), told.get(_REVISION, "")) if MARK in told else None


def _suffix(entropy: bytes) -> str:
    return base64.b32encode(entropy).decode().lower()[:SUFFIX_LENGTH]


def _digest(*parts: str) -> bytes:
    return hashlib.sha256(_encode(json.dumps(parts))).digest()


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _tag(name: str, value: str) -> str:
    return f"{name}:{_NOT_IN_A_TAG.sub('_', value)}"[:MAX_TAG]
