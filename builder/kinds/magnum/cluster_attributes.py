"""The attributes that Magnum takes for a new cluster, as parameters of a definition.

See https://docs.openstack.org/api-ref/container-infrastructure-management/#create-new-cluster; what is not in it, such
as ``discovery_url``, is nothing that a person who launches a cluster has to do with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from builder.hot.values import ParameterType
from builder.parameters.values import read_value

CLUSTER_NAME: Final = "clustername"
"""The parameter that names the cluster; Magnum is told the name apart from it."""

LABELS: Final = "labels"

LABEL_PREFIX: Final = "labels."
"""Begins the names of parameters that are one label each."""

_TYPES: Final[Mapping[str, ParameterType]] = {
    **dict.fromkeys(("node_count", "master_count", "docker_volume_size", "create_timeout"), ParameterType.NUMBER),
    **dict.fromkeys(("floating_ip_enabled", "master_lb_enabled", "merge_labels"), ParameterType.BOOLEAN),
    **dict.fromkeys(
        ("keypair", "flavor_id", "master_flavor_id", "fixed_network", "fixed_subnet", CLUSTER_NAME),
        ParameterType.STRING,
    ),
    LABELS: ParameterType.JSON,
}

_SCALARS: Final = (str, int, float)

MAX_NUMBER: Final = 2**31 - 1
"""The largest number in Magnum's database: with a larger one, a cluster is accepted and lost before it is made."""

MAX_LABELS: Final = 60_000
"""How many characters all labels of a cluster have as JSON, at most: Magnum's database holds 65,535 bytes, those that
mark the cluster and those of its template included, and a cluster with more is lost as well."""

NAMES: Final = tuple(_TYPES)
"""The names of all attributes that a definition may ask for; single labels come on top."""


def types_of(name: str) -> Sequence[ParameterType]:
    """The types that a parameter of this name may have, the usual one first; none where Magnum has no such thing."""
    if name.startswith(LABEL_PREFIX) and name != LABEL_PREFIX:
        return (ParameterType.STRING, ParameterType.NUMBER, ParameterType.BOOLEAN)
    return (_TYPES[name],) if name in _TYPES else ()


def read_attribute(name: str, type_: ParameterType, value: object) -> Any:
    """A value as Magnum is sent it, in the types of JSON; labels as texts, as its own client sends them.

    Raises ValueError, fit to follow the name of what it is about, for what Magnum would refuse, fail over, or, as it
    does with a fraction, cut off in silence.
    """
    is_label = name.startswith(LABEL_PREFIX)
    meant: Any = value if is_label and isinstance(value, bool) else read_value(type_, value).meant
    if name == LABELS:
        if not isinstance(meant, dict) or not all(isinstance(each, _SCALARS) for each in meant.values()):
            raise ValueError("must be a mapping of the names of labels to texts, numbers or flags")
        return {str(label): _write_label(each) for label, each in meant.items()}
    if is_label and isinstance(meant, _SCALARS):
        return _write_label(meant)
    if type_ is ParameterType.NUMBER:
        if isinstance(meant, float) and not meant.is_integer():
            raise ValueError("must be a whole number")
        if abs(meant) > MAX_NUMBER:
            raise ValueError(f"must not be greater than {MAX_NUMBER:,}")
        return int(meant)
    if type_ is ParameterType.STRING and not isinstance(meant, str):
        raise ValueError("must be a text")
    return meant


def _write_label(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
