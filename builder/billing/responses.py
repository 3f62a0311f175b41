"""What the answers of the billing service mean: whether a call was done, was not, or nobody knows. Pure, and light.

The service answers 500 with a page of HTML to nearly everything that it cannot do; to a tag, 500 with JSON.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from builder.billing.saga import Outcome

STACK_ID: Final = "openstack_stack_id"
STACK_NAME: Final = "openstack_stack_name"
"""The tags of an order by which Concertim knows its stack."""

_ORDER_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")  # Kill Bill's are UUIDs; it goes into a tag of Heat, and into answers
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?")
_ALREADY_THERE = re.compile(r"already[ _]exists?", re.IGNORECASE)
"""What the service says of a tag that the order has. It answers 500 to that and to any other failure, and there is no
other sign by which to tell: where it says it in other words, tags that are there count as failed."""

_OF_OTHERS = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})
"""What a proxy answers for a service that may have been asked; the service itself answers 500."""


class MiddlewareError(Exception):
    """A call that was not done, or of which nobody knows whether it was; the text follows "The billing service"."""

    def __init__(self, outcome: Outcome, what: str) -> None:
        super().__init__(what)
        self.outcome = outcome


def judge(call: str, status: int, document: Mapping[str, Any]) -> None:
    """Raises MiddlewareError where a call was not done, or may not have been, by its answer's status and document."""
    success = document.get("success")
    if 200 <= status < 300 and success is True:
        return
    if call == "add_order_tag" and status == HTTPStatus.INTERNAL_SERVER_ERROR and _is_there_already(document):
        return
    if 300 <= status < 400:
        raise MiddlewareError(Outcome.FAILED, "redirects, which is not followed")
    if status in _OF_OTHERS:
        raise MiddlewareError(Outcome.UNKNOWN, f"is behind a proxy that answered with status {status}")
    if status >= 400 or success is False:
        raise MiddlewareError(Outcome.FAILED, f"refused, with status {status}")
    changes_nothing = call == "get_credits"
    raise MiddlewareError(Outcome.FAILED if changes_nothing else Outcome.UNKNOWN, "gave an answer that makes no sense")


def _is_there_already(document: Mapping[str, Any]) -> bool:
    # The document holds the server's traceback, too, which nobody may see: what it tells is looked at here and dropped.
    told = (str(document.get(key, "")) for key in ("error", "message"))
    return any(map(_ALREADY_THERE.search, told))


def read_document(content: bytes) -> Mapping[str, Any]:
    """The JSON object that a body holds; empty for anything else."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def read_order_id(document: Mapping[str, Any]) -> str:
    """The id of the order that was created.

    Raises MiddlewareError: there is one, and nobody knows its id.
    """
    order = document.get("order")
    if not isinstance(order, str) or not _ORDER_ID.fullmatch(order):
        raise MiddlewareError(Outcome.UNKNOWN, "gave an answer that holds no order's id")
    return order


def read_credits(document: Mapping[str, Any]) -> float:
    """How many credits there are: a finite number, given as such or as text.

    Raises MiddlewareError.
    """
    given = document.get("credits")
    is_number = isinstance(given, int | float) and not isinstance(given, bool) and abs(given) <= sys.float_info.max
    if is_number or (isinstance(given, str) and _NUMBER.fullmatch(given.strip())):
        number = float(given or 0)
        if math.isfinite(number):
            return number
    raise MiddlewareError(Outcome.FAILED, "gave an answer that holds no number of credits")
