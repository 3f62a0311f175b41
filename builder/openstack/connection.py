"""Who connects to which cloud, and how: the values, and the session they open.

Light to import: the OpenStack clients are loaded on first use, in a thread of the pool. What happens on the wire
(timeouts, retries, redirects) is ``transport.py``'s.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from builder.logs.lines import protect
from builder.logs.redaction import Redactor, clean
from builder.openstack.call_context import CallContext, Service
from builder.openstack.credentials import AUTH_URL_POINTER, Credentials, parse_auth_url
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import FailureKind
from builder.settings.table import Settings

if TYPE_CHECKING:
    from builder.openstack.transport import CloudSession

DEFAULT_REGION = "RegionOne"
"""What ``keystone-manage bootstrap``, and so nearly every cloud, calls its first region."""


_REQUEST_ID = re.compile(r"(?:req-)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32})", re.IGNORECASE)


def global_request_id(request_id: str | None) -> str | None:
    """``req-<uuid>``: the id itself where it is a UUID, in whatever spelling, else one that derives from it.

    >>> global_request_id("6cb6b2a59a8f4d37b8e15c7f8e1fb6d4")
    'req-6cb6b2a5-9a8f-4d37-b8e1-5c7f8e1fb6d4'
    """
    if not request_id:
        return None
    match = _REQUEST_ID.fullmatch(request_id)
    return f"req-{uuid.UUID(match[1]) if match else uuid.uuid5(uuid.NAMESPACE_OID, request_id)}"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One caller's authenticated way to one cloud, for one request: made, and closed, by :func:`connect`."""

    session: CloudSession
    credentials: Credentials
    settings: Settings
    deadline: Deadline
    project_id: str
    user_id: str
    default_region: str | None = None
    token: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """What must not be shown beside the credentials and the token, should a service repeat it."""

    @property
    def region_name(self) -> str | None:
        """The caller's region, else the operator's, else the default; None stands for the first of the catalogue."""
        return self.credentials.region_name or self.settings.cloud_region or self.default_region

    def find_endpoint(self, service_type: str) -> str | None:
        """Where a service is, in the region and for the interface that are used; None where the catalogue names none.

        From the catalogue that Keystone gave; nothing is asked of anybody.
        """
        endpoint: str | None = self.session.get_endpoint(
            service_type=service_type, interface=self.settings.cloud_interface, region_name=self.region_name
        )
        return endpoint

    def clean(self, told: object) -> str:
        """What the cloud tells, as a text fit to show; nothing for None. See :func:`~builder.logs.redaction.clean`."""
        return clean("" if told is None else str(told), (*self.credentials.secrets, self.token, *self.secrets))

    def tells_secret(self, text: str) -> bool:
        """Whether a text of the cloud holds a secret of the credentials or the token, in whichever case.

        Hosts are in lower case.
        """
        told = text.lower()
        secrets = (secret.lower() for secret in (*self.credentials.secrets, self.token))
        return Redactor(secrets).mask(told) != told

    def context(
        self,
        service: Service,
        creating: str | None = None,
        repeatable: bool = False,
        form_fields: frozenset[str] = frozenset(),
    ) -> CallContext:
        """What a failure of ``service`` is told with: see :class:`~builder.openstack.call_context.CallContext`."""
        return CallContext(
            service,
            self.deadline,
            (*self.credentials.secrets, self.token, *self.secrets),
            self.region_name,
            credentials=self.credentials,
            creating=creating,
            repeatable=repeatable,
            form_fields=form_fields,
            last_response=lambda: self.session.last_response,
        )

    @contextmanager
    def calling(self, call: Service | CallContext, *, long_answers: bool = False) -> Iterator[None]:
        """Have all that fails in the block, which calls one service, raise RequestError.

        See :func:`builder.openstack.failures.translated`. With ``long_answers``, answers may be as long as lists are.
        """
        from builder.openstack.failures import translated

        context = self.context(call) if isinstance(call, Service) else call
        with translated(context), self.session.long_answers() if long_answers else nullcontext():
            yield


@contextmanager
def connect(
    credentials: Credentials,
    settings: Settings,
    deadline: Deadline,
    request_id: str | None = None,
    secrets: tuple[str, ...] = (),
) -> Iterator[Cloud]:
    """Open a session for one request, authenticate once, and close the session on leaving. Blocks.

    ``request_id`` is sent on as OpenStack's global request id, in the form that it must have there
    (https://docs.openstack.org/api-guide/compute/faults.html#global-request-id). ``secrets``: see :class:`Cloud`.

    Raises:
        RequestError: this is no auth URL (400), or not one the operator allows (403); Keystone refuses (400, 401, 403),
            cannot be reached (502) or is late (504); the deadline has passed (504).
    """
    from builder.openstack.failures import translated
    from builder.openstack.transport import build_session

    why = settings.cloud_guard.refuse_auth_url(parse_auth_url(credentials.auth_url))
    if why:
        raise FailureKind.CLOUD_NOT_ALLOWED.error(f"auth_url {why}; nothing was sent there", AUTH_URL_POINTER)
    deadline.remaining()
    with (
        closing(build_session(credentials, settings, deadline, global_request_id(request_id))) as session,
        deadline.interrupting(session.interrupt),
    ):
        deadline.under_way = "The identity service was being asked for a token; nothing was created."
        with translated(CallContext(Service.IDENTITY, deadline, credentials.secrets, credentials=credentials)):
            token = session.get_token()
            if not token:
                raise KeyError("X-Subject-Token")
            protect([str(token)])
            project_id, user_id = str(session.get_project_id() or ""), str(session.get_user_id() or "")
            default_region = _find_default_region(session, settings)
        deadline.under_way = "The cloud was being asked; nothing was created."
        yield Cloud(session, credentials, settings, deadline, project_id, user_id, default_region, str(token), secrets)


def _find_default_region(session: CloudSession, settings: Settings) -> str | None:
    """The region that a catalogue with several means where nobody names one: Keystone's own name for the first."""
    auth: Any = session.auth
    catalog = auth.get_access(session).service_catalog
    try:
        endpoints = catalog.get_endpoints_data(service_type="orchestration", interface=settings.cloud_interface)
    except ValueError as error:  # the catalogue can be read, but not this address
        raise FailureKind.SERVICE_NOT_FOUND.error(
            f"The {Service.ORCHESTRATION.value} has an unusable address in the cloud's catalogue"
        ) from error
    regions = {endpoint.region_name for found in endpoints.values() for endpoint in found}
    return DEFAULT_REGION if DEFAULT_REGION in regions else None
