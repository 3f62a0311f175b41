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
    """One kind of failure: ``status`` of the answer, stable ``title``, and ``meaning`` for the documentation."""

    INVALID_AUTH_URL = (400, "Invalid auth_url", "cloud_env.auth_url is not the address of a Keystone v3")
    IDENTITY_REQUEST_REFUSED = (400, "Identity request refused", "Keystone could not use the names or ids it was given")
    PARAMETER_REFUSED = (400, "Parameter refused", "Heat does not accept the value of one parameter")
    STACK_REFUSED = (400, "Stack refused", "Heat does not accept the stack: template, parameters or name")
    STACK_LIMIT_EXCEEDED = (400, "Stack limit exceeded", "Heat's limits: stacks of the project, size of the template")
    PROJECT_LIMIT_EXCEEDED = (400, "ProjectLimitError", "The cluster needs more than the project has left")
    CREDENTIALS_REFUSED = (401, "Unauthorized", "Keystone does not accept the credentials")
    FORBIDDEN = (403, "Forbidden", "The user may not do this in this project")
    CLOUD_NOT_ALLOWED = (403, "Cloud not allowed", "The operator does not let the service use the cloud of auth_url")
    NAME_TAKEN = (409, "Stack name taken", "A stack of this name exists")
    CONFLICT = (409, "Conflict", "The cluster of this Idempotency-Key was deleted, or the cloud is busy with it")
    REQUEST_TOO_LARGE = (413, "Request too large", "The cloud does not accept a request of this size")
    IDEMPOTENCY_KEY_REUSED = (422, "Idempotency key reused", "The same key came before with another request")
    SERVICE_NOT_FOUND = (502, "Service not found", "The catalogue names no such service, or none in the region")
    CLOUD_UNREACHABLE = (502, "Cloud unreachable", "No connection to a service of the cloud, or it broke")
    ENDPOINT_NOT_ALLOWED = (502, "Endpoint not allowed", "The catalogue names an address the service may not use")
    TLS_FAILURE = (502, "TLS failure", "No trusted connection to a service of the cloud")
    CLOUD_FAILURE = (502, "Cloud failure", "A service of the cloud says that it failed")
    INVALID_ANSWER = (502, "Invalid answer", "A service of the cloud gave an answer that is not its protocol's")
    CLOUD_BUSY = (503, "Cloud busy", "A service of the cloud asks to be called less often")
    SERVICE_BUSY = (503, "Service busy", "Cluster Builder has as many requests under way as it may, or stops in haste")
    TIMED_OUT = (504, "Cloud timed out", "A service did not answer in time, or all calls together took too long")

    def __init__(self, status: int, title: str, meaning: str) -> None:
        self.status = status
        self.title = title
        self.meaning = meaning

    def fault(self, detail: str, pointer: str | None = None) -> Fault:
        """One fault of this kind; ``detail`` must be fit to show (see ``redaction.clean``)."""
        return Fault(self.status, self.title, detail, pointer)

    def error(self, detail: str, pointer: str | None = None, headers: Mapping[str, str] = NO_HEADERS) -> CloudError:
        """An error with one fault of this kind."""
        return CloudError(self, self.fault(detail, pointer), headers)


class CloudError(RequestError):
    """A request that the cloud, or the way to it, did not serve; ``kind`` says in which way."""

    def __init__(self, kind: FailureKind, fault: Fault, headers: Mapping[str, str] = NO_HEADERS) -> None:
        super().__init__(fault, headers=headers)
        self.kind = kind
