"""The kinds of failure a client of the cloud adapter can meet: one status and one title each.

Separate from ``failures.py``, which decides the kind, because that module has to import the OpenStack clients: this
table is also read where they are not wanted yet (pool, deadline, documentation).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType

from builder.errors import NO_HEADERS, Fault, RequestError

RETRY_AFTER = MappingProxyType({"Retry-After": "5"})
"""When to ask again what this service had no room or time for, in seconds."""


class FailureKind(Enum):
    """One kind of failure: ``status`` of the answer, and stable ``title``; docs/api.md says what each one means."""

    INVALID_AUTH_URL = (400, "Invalid auth_url")
    IDENTITY_REQUEST_REFUSED = (400, "Identity request refused")
    PARAMETER_REFUSED = (400, "Parameter refused")
    STACK_REFUSED = (400, "Stack refused")
    CLUSTER_REFUSED = (400, "Cluster refused")
    STACK_LIMIT_EXCEEDED = (400, "Stack limit exceeded")
    PROJECT_LIMIT_EXCEEDED = (400, "ProjectLimitError")
    CREDENTIALS_REFUSED = (401, "Unauthorized")
    FORBIDDEN = (403, "Forbidden")
    CLOUD_NOT_ALLOWED = (403, "Cloud not allowed")
    NAME_TAKEN = (409, "Stack name taken")
    CONFLICT = (409, "Conflict")
    REQUEST_TOO_LARGE = (413, "Request too large")
    IDEMPOTENCY_KEY_REUSED = (422, "Idempotency key reused")
    SERVICE_NOT_FOUND = (502, "Service not found")
    CLOUD_UNREACHABLE = (502, "Cloud unreachable")
    ENDPOINT_NOT_ALLOWED = (502, "Endpoint not allowed")
    TLS_FAILURE = (502, "TLS failure")
    CLOUD_FAILURE = (502, "Cloud failure")
    INVALID_ANSWER = (502, "Invalid answer")
    CLOUD_BUSY = (503, "Cloud busy")
    SERVICE_BUSY = (503, "Service busy")
    TIMED_OUT = (504, "Cloud timed out")

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title

    def fault(self, detail: str, pointer: str | None = None) -> Fault:
        """One fault of this kind; ``detail`` must be fit to show (see ``redaction.clean``)."""
        return Fault(self.status, self.title, detail, pointer)

    def error(
        self,
        detail: str,
        pointer: str | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
        *,
        may_have_effect: bool = False,
    ) -> CloudError:
        """An error with one fault of this kind."""
        return CloudError(self, self.fault(detail, pointer), headers, may_have_effect=may_have_effect)


class CloudError(RequestError):
    """A request that the cloud, or the way to it, did not serve; ``kind`` says in which way.

    ``may_have_effect``: what was to be created may have been all the same.
    """

    def __init__(
        self, kind: FailureKind, fault: Fault, headers: Mapping[str, str] = NO_HEADERS, *, may_have_effect: bool = False
    ) -> None:
        super().__init__(fault, headers=headers)
        self.kind = kind
        self.may_have_effect = may_have_effect
