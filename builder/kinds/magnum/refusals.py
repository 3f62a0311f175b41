"""Magnum's refusals, explained to the person who fills in the form.

Magnum tells what it minds in no other way than in English, so that its texts are read, as those of Heat are in
:mod:`builder.openstack.failures`: where it says it in other words, the status decides alone. Its sentences are in
``magnum/common/exception.py`` and ``magnum/api/validation.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from builder.logs.redaction import clean
from builder.openstack.call_context import CallContext
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.text.pointers import format_pointer

if TYPE_CHECKING:
    import requests

_NOT_FOUND: Final = re.compile(
    r"Unable to find (?P<what>keypair|flavor|fixed network|fixed subnet) (?P<value>.*)\.", re.DOTALL
)

_ATTRIBUTES_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "keypair": ("keypair",),
    "flavor": ("flavor_id", "master_flavor_id"),
    "fixed network": ("fixed_network",),
    "fixed subnet": ("fixed_subnet",),
}
"""The attributes that may name each kind of thing that was not found: the one with that value is meant."""

_INVALID: Final = "Invalid input for field/attribute "

_INVALID_INPUT: Final = re.compile(rf"{_INVALID}(?P<attribute>\w+)\. Value: '.*'\. (?P<reason>.+)", re.DOTALL)
"""The value may be all that Magnum was sent, secrets included, and hold anything: only what follows it is told."""

_OF_ONE_ATTRIBUTE: Final[Mapping[str, str]] = {
    "master nodegroup size of ": "master_count",
    "master_count must be ": "master_count",
    "Resizing a nodegroup to zero is not supported": "node_count",
}
"""Beginnings of sentences about an attribute that do not name it in the usual way."""

_CLUSTER_TEMPLATE: Final = "ClusterTemplate "
_QUOTA: Final = "Resource limit exceeded"


def explain_refusal(response: requests.Response, context: CallContext, sent: Mapping[str, Any]) -> CloudError:
    """The failure of a request; ``sent`` is the body of it."""
    from builder.openstack.failures import service_refusal

    detail = _read_detail(response)
    who = f"The {context.service.value}"
    refused = f"{who} refused the cluster"
    if response.status_code in (400, 404):
        attribute, reason = _find_attribute(detail, sent)
        if attribute == "name":
            return FailureKind.PARAMETER_REFUSED.error(clean(reason, context.secrets), "/cluster/name")
        if attribute in context.form_fields:
            pointer = format_pointer(("cluster", "parameters", attribute))
            return FailureKind.PARAMETER_REFUSED.error(clean(reason, context.secrets), pointer)
        if attribute in sent:
            said = clean(f"{attribute}: {reason}", context.secrets)
            return FailureKind.PARAMETER_REFUSED.error(f"{refused}: {said}")
        detail = reason
    said = f": {clean(detail, context.secrets)}" if detail else ""
    if response.status_code == 400 or detail.startswith(_CLUSTER_TEMPLATE):
        return FailureKind.CLUSTER_REFUSED.error(f"{refused}{said}")
    if response.status_code == 403 and detail.startswith(_QUOTA):
        return FailureKind.PROJECT_LIMIT_EXCEEDED.error(f"{refused}{said}")
    if response.status_code == 406:
        return FailureKind.CLOUD_FAILURE.error(
            f"{who} is too old for something that was asked of it, such as a cluster without nodes"
        )
    return service_refusal(context.service, response.status_code, said, response, context)


def _find_attribute(detail: str, sent: Mapping[str, Any]) -> tuple[str, str]:
    """The attribute that a sentence is about, or nothing, and what of the sentence may be told."""
    if match := _NOT_FOUND.fullmatch(detail):
        named = (name for name in _ATTRIBUTES_OF[match["what"]] if str(sent.get(name)) == match["value"])
        return next(named, ""), detail
    if match := _INVALID_INPUT.fullmatch(detail):
        return match["attribute"], match["reason"]
    if detail.startswith(_INVALID):
        return "", detail.partition(" Value: ")[0]
    for beginning, attribute in _OF_ONE_ATTRIBUTE.items():
        if detail.startswith(beginning):
            return attribute, detail
    return "", detail


def _read_detail(response: requests.Response) -> str:
    """What Magnum says; nothing where it is not said as Magnum does."""
    try:
        detail = response.json()["errors"][0]["detail"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    return detail if isinstance(detail, str) else ""
