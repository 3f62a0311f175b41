"""What the exceptions of the OpenStack clients mean to the client that waits: the one place that knows them.

keystoneauth raises its own for everything between here and an answer, and for Keystone's refusals; heatclient and
openstacksdk raise their own for every answer of 400 and more. Garbage makes all of them raise what Python raises. The
kind of failure is decided by exception type, status and the ``type`` of Heat's error; by a text only where Heat tells
in no other way which parameter it minds (:data:`_PARAMETER_MESSAGE`). Where there is no answer at all,
``connection_errors.py`` finds out why. Slow to import: loaded together with the clients.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import urllib3
from heatclient import exc as heat_exceptions
from keystoneauth1 import exceptions as keystone_exceptions
from openstack import exceptions as sdk_exceptions

from builder.errors import RequestError
from builder.logs.redaction import clean
from builder.openstack.call_context import CallContext, Service
from builder.openstack.connection_errors import connection_failure
from builder.openstack.credentials import AUTH_URL_POINTER, TOKEN_POINTER
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.text.pointers import format_pointer

CREDENTIALS_POINTER = "/cloud_env"
REGION_POINTER = "/cloud_env/region_name"
_DEFAULT_RETRY_AFTER = 5
_MAX_RETRY_AFTER = 3600

# What the clients raise on an answer that is JSON of another shape, of numbers and dates that no number or date of
# Python holds, deeper than Python's parser goes, or no JSON.
GARBAGE = (KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError, OverflowError)

_PARAMETER_MESSAGE = re.compile(r"Parameter '(?P<parameter>.+?)' is invalid: (?P<reason>.+)", re.DOTALL)
"""What Heat says of a value that it refuses (``heat/engine/parameters.py``).

Its error's type, ``StackValidationFailed``, is that of any other fault: this English sentence alone names the
parameter. Where Heat says it in other words, the answer is a 400 with Heat's words all the same, but points nowhere.
"""


@contextmanager
def translated(context: CallContext) -> Iterator[None]:
    """Turn whatever a client library raises in the block into a :class:`RequestError` with one fault.

    Keep the block to the library's calls: any ``KeyError`` in it counts as an answer that makes no sense.
    """
    try:
        yield
    except RequestError:
        raise
    except (
        keystone_exceptions.ClientException,
        heat_exceptions.BaseException,
        sdk_exceptions.SDKException,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
        *GARBAGE,
    ) as error:
        raise translate(error, context) from error


def translate(error: BaseException, context: CallContext) -> CloudError:
    """The failure of one call, as its client is told."""
    if context.deadline.passed:
        return context.deadline.failure()
    if isinstance(error, heat_exceptions.HTTPException):
        return _orchestration_refusal(error, context)
    if isinstance(error, sdk_exceptions.HttpException):
        return service_refusal(context.service, error.status_code or 0, "", error.response, context)
    if isinstance(error, keystone_exceptions.HttpError | keystone_exceptions.MissingAuthMethods):
        if _comes_from_keystone(error, context):
            return _identity_refusal(error, context)
        status, response = getattr(error, "http_status", None), getattr(error, "response", None)
        return service_refusal(context.service, status or 0, "", response, context)
    if isinstance(error, keystone_exceptions.CatalogException | sdk_exceptions.ConfigException):
        return _service_not_found(context)
    is_unanswered = isinstance(
        error, keystone_exceptions.ConnectionError | requests.exceptions.RequestException | OSError
    )
    if is_unanswered and not isinstance(error, requests.exceptions.InvalidJSONError):
        return connection_failure(error, context)
    if context.service is Service.IDENTITY:
        return FailureKind.INVALID_ANSWER.error(
            "The answer was not a token of an identity service (Keystone v3): is auth_url its address?",
            AUTH_URL_POINTER,
        )
    detail = f"The {context.service.value} gave an answer that makes no sense{context.aftermath}"
    return FailureKind.INVALID_ANSWER.error(detail, may_have_effect=bool(context.aftermath))


def _comes_from_keystone(error: Exception, context: CallContext) -> bool:
    """heatclient and openstacksdk switch keystoneauth's errors off for their own calls.

    What is left comes from Keystone, even in the middle of such a call, or from looking for a service's version.
    """
    if context.service in (Service.IDENTITY, Service.ORCHESTRATION):
        return True
    return str(getattr(error, "url", "")).rstrip("/").endswith("/auth/tokens")


def _identity_refusal(error: Exception, context: CallContext) -> CloudError:
    response: requests.Response | None = getattr(error, "response", None)
    status = response.status_code if response is not None else 0
    answer = _error_of(response.content if response is not None else b"")
    said = _said(answer.get("message"), context)
    # Keystone's own 404: it has no such credential or token. What is not Keystone answers with a page, or other JSON.
    if status == 404 and answer.get("code") == 404 and context.credentials is not None:
        if context.credentials.token:
            return FailureKind.CREDENTIALS_REFUSED.error(
                f"The token is not, or no longer, good for this cloud{said}", TOKEN_POINTER
            )
        if context.credentials.application_credential_id:
            return FailureKind.CREDENTIALS_REFUSED.error(
                f"The identity service (Keystone) has no such application credential{said}",
                context.credentials.application_credential_pointer,
            )
        if context.credentials.application_credential_name:
            return service_refusal(Service.IDENTITY, 401, said, response, context)  # it does not know the user
    if status in (404, 405, 410):
        return FailureKind.INVALID_AUTH_URL.error(
            f"There is no Keystone v3 at this address (its answer was {status}). auth_url should be the public URL of "
            "the identity service, such as https://keystone.example.org:5000/v3",
            AUTH_URL_POINTER,
        )
    return service_refusal(Service.IDENTITY, status, said, response, context)


def _orchestration_refusal(error: Any, context: CallContext) -> CloudError:
    status = error.code if isinstance(error.code, int) else 0
    answer = _error_of(error.message)
    said = _said(answer.get("message"), context)
    if status == 400:
        return _stack_refusal(answer, said, context)
    if status == 409 and answer.get("type") == "StackExists":
        detail = f"The {Service.ORCHESTRATION.value} refused the stack{said}"
        return FailureKind.NAME_TAKEN.error(detail, "/cluster/name")
    return service_refusal(Service.ORCHESTRATION, status, said, context.last_response(), context)


def _stack_refusal(answer: Mapping[str, Any], said: str, context: CallContext) -> CloudError:
    message, kind = answer.get("message"), FailureKind.STACK_REFUSED
    match = _PARAMETER_MESSAGE.fullmatch(message) if isinstance(message, str) else None
    if answer.get("type") == "RequestLimitExceeded":
        kind = FailureKind.STACK_LIMIT_EXCEEDED
    elif match and match["parameter"] in context.form_fields:
        pointer = format_pointer(["cluster", "parameters", match["parameter"]])
        return FailureKind.PARAMETER_REFUSED.error(clean(match["reason"], context.secrets), pointer)
    elif match:
        kind = FailureKind.PARAMETER_REFUSED
    elif not said and isinstance(answer.get("type"), str):
        said = f" and said only {clean(answer['type'], context.secrets)}"
    return kind.error(f"The {Service.ORCHESTRATION.value} refused the stack{said}")


_NOT_ALLOWED = (FailureKind.FORBIDDEN, "does not allow this", CREDENTIALS_POINTER)
_NOT_ACCEPTED = "did not accept the token that the identity service issued"
_NOT_THERE = "is not at the address that the catalogue gives"
_SERVICE_REFUSALS: dict[int, tuple[FailureKind, str, str | None]] = {
    401: (FailureKind.CREDENTIALS_REFUSED, _NOT_ACCEPTED, CREDENTIALS_POINTER),
    403: _NOT_ALLOWED,
    404: (FailureKind.SERVICE_NOT_FOUND, _NOT_THERE, None),
}
_REFUSALS: dict[Service, dict[int, tuple[FailureKind, str, str | None]]] = {
    Service.IDENTITY: {
        400: (FailureKind.IDENTITY_REQUEST_REFUSED, "refused the request", CREDENTIALS_POINTER),
        401: (FailureKind.CREDENTIALS_REFUSED, "refused the credentials", CREDENTIALS_POINTER),
        403: _NOT_ALLOWED,
    },
    Service.ORCHESTRATION: {
        **_SERVICE_REFUSALS,
        404: (FailureKind.SERVICE_NOT_FOUND, f"{_NOT_THERE}, or does not know what it was asked for", None),
        409: (FailureKind.CONFLICT, "refused the request", None),
    },
}
"""What a service's status means: the kind of failure, what the service did, and what is pointed at."""

_APPLICATION_CREDENTIAL_REFUSALS = {
    401: "the access rules of the application credential may not allow it",
    403: (
        "for what is launched a trust is made as a rule, which Keystone grants to application credentials that are "
        "unrestricted only, and since 2026 to none, unless the cloud's administrators allow it "
        "(allow_insecure_application_credential_trust_escalation). Use an unrestricted one, or a password or token"
    ),
}
"""Why a service refuses a token that an application credential got. Heat tells no reason at all.

See https://docs.openstack.org/keystone/latest/user/application_credentials.html, and ``_check_delegated_token`` in
``keystone/api/trusts.py``.
"""


def service_refusal(
    service: Service, status: int, said: str, response: requests.Response | None, context: CallContext
) -> CloudError:
    """The failure of a call that ``service`` answered with a status of 400 or more."""
    known = _REFUSALS.get(service, _SERVICE_REFUSALS)
    if status in known:
        kind, what, pointer = known[status]
        delegated = context.credentials.application_credential_pointer if context.credentials is not None else None
        if delegated and service is not Service.IDENTITY and status in _APPLICATION_CREDENTIAL_REFUSALS:
            said += f": {_APPLICATION_CREDENTIAL_REFUSALS[status]}"
            pointer = delegated
        return kind.error(f"The {service.value} {what}{said}", pointer)
    who = f"The {context.service.value}"
    if status == 413:
        return FailureKind.REQUEST_TOO_LARGE.error(f"{who} does not accept a request of this size{said}")
    retry_after = _retry_after(response)
    if status == 429:
        wait = str(retry_after or _DEFAULT_RETRY_AFTER)
        return FailureKind.CLOUD_BUSY.error(f"{who} asks to be called less often{said}", headers={"Retry-After": wait})
    if status >= 500:
        headers = {"Retry-After": str(retry_after)} if status == 503 and retry_after else {}
        detail = f"{who} failed with status {status}{said}{context.aftermath}"
        return FailureKind.CLOUD_FAILURE.error(detail, headers=headers, may_have_effect=bool(context.aftermath))
    detail = f"{who} answered with an unexpected status {status}{said}{context.aftermath}"
    return FailureKind.INVALID_ANSWER.error(detail, may_have_effect=bool(context.aftermath))


def _service_not_found(context: CallContext) -> CloudError:
    region = context.region_name
    where = f" in region {clean(region, context.secrets)}" if region else ""
    pointer = REGION_POINTER if context.credentials is not None and context.credentials.region_name else None
    return FailureKind.SERVICE_NOT_FOUND.error(
        f"The cloud's catalogue names no {context.service.value}{where} for this project", pointer
    )


def _error_of(body: object) -> Mapping[str, Any]:
    """The ``error`` object in the body of a refusal of Keystone or Heat; empty for any other body."""
    if not isinstance(body, bytes | str):
        return {}
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    error = parsed.get("error") if isinstance(parsed, dict) else None
    return error if isinstance(error, dict) else {}


def _said(message: object, context: CallContext) -> str:
    """``: <message>``, or nothing where there is none."""
    text = clean(message, context.secrets) if isinstance(message, str) else ""
    return f": {text}" if text else ""


def _retry_after(response: requests.Response | None) -> int | None:
    """The seconds that a service asks to wait; None for a date, nonsense, or more than an hour."""
    given = response.headers.get("Retry-After", "") if response is not None else ""
    is_number = len(given) < 10 and given.isascii() and given.isdigit()
    return int(given) if is_number and 0 < int(given) <= _MAX_RETRY_AFTER else None
