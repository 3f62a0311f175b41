"""What a failure is told with: who was asked, within which deadline, and what the caller must know or must not see.

Light to import, unlike ``failures.py``, which reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from builder.logs.redaction import clean
from builder.openstack.credentials import Credentials
from builder.openstack.deadline import Deadline

if TYPE_CHECKING:
    import requests


class Service(Enum):
    """A service of the cloud, in the words of a detail."""

    IDENTITY = "identity service (Keystone)"
    ORCHESTRATION = "orchestration service (Heat)"
    COMPUTE = "compute service (Nova)"
    BLOCK_STORAGE = "block storage service (Cinder)"
    IMAGE = "image service (Glance)"
    NETWORK = "network service (Neutron)"
    CONTAINER_INFRA = "container infrastructure service (Magnum)"


@dataclass(frozen=True, slots=True)
class CallContext:
    """Of one call: made before it, for the case that it fails.

    ``secrets`` must not be shown. ``creating`` names the stack or cluster that is asked for: a failure may leave it
    behind, and then its detail says so. It is ``repeatable`` where the same request finds that stack. ``form_fields``
    are the parameters that the caller was asked for: only they can be pointed at. ``last_response`` gives the answer
    that the failure is about, which heatclient's exceptions do not hold. By ``credentials`` is told what may be wrong
    with them.
    """

    service: Service
    deadline: Deadline
    secrets: tuple[str, ...] = field(default=(), repr=False)
    region_name: str | None = None
    creating: str | None = None
    repeatable: bool = False
    form_fields: frozenset[str] = frozenset()
    last_response: Callable[[], requests.Response | None] = lambda: None
    credentials: Credentials | None = None

    def clean_host(self, host: str) -> str:
        """A host of a URL of the cloud, fit to show: in lower case, as every host is told, and the secrets with it."""
        return clean(host.lower(), [secret.lower() for secret in self.secrets])

    @property
    def may_have_created(self) -> str:
        """The sentence for a creation whose outcome is not known; empty where nothing is created."""
        what = "Cluster" if self.service is Service.CONTAINER_INFRA else "Stack"
        return may_have_created(self.creating, self.repeatable, what) if self.creating is not None else ""

    @property
    def aftermath(self) -> str:
        """The end of a detail, where the request may have had its effect all the same; else nothing."""
        return f". {self.may_have_created}" if self.creating is not None else ""


def may_have_created(name: str, repeatable: bool = False, what: str = "Stack") -> str:
    """The sentence for a creation whose outcome is not known."""
    advice = "ask again with the same Idempotency-Key" if repeatable else "look for it before you try again"
    return f"{what} {name} may have been created all the same: {advice}."
