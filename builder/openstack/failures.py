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
from builder.openstack.credentials import AUTH_URL_POINTER
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
        return _service_refusal(error.status_code, error.response, context)
    if isinstance(error, keystone_exceptions.HttpError | keystone_exceptions.MissingAuthMethods):
        if _comes_from_keystone(error, context):
            return _identity_refusal(error, context)
        return _service_refusal(getattr(error, "http_status", None), getattr(error, "response", None), context)
    if isinstance(error, keystone_exceptions.CatalogException | sdk_exceptions.ConfigException):
        return _service_not_found(context)
    if isinstance(error, requests.exceptions.InvalidJSONError):
        return _invalid_answer(context)
    if isinstance(error, keystone_exceptions.ConnectionError | requests.exceptions.RequestException | OSError):
        return connection_failure(error, context)
    return _invalid_answer(context)


# --- Keystone ---------------------------------------------------------------------------------------------------------


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
    body = response.content if response is not None else b""
    said = _said(_error_of(body).get("message"), context)
    who = f"The {Service.IDENTITY.value}"
    if status == 401:
        return FailureKind.CREDENTIALS_REFUSED.error(f"{who} refused the credentials{said}", CREDENTIALS_POINTER)
    if status == 403:
        return FailureKind.FORBIDDEN.error(f"{who} does not allow this{said}", CREDENTIALS_POINTER)
    if status in (404, 405, 410):
        return FailureKind.INVALID_AUTH_URL.error(
            f"There is no Keystone v3 at this address (its answer was {status}). auth_url should be the public URL of "
            "the identity service, such as https://keystone.example.org:5000/v3",
            AUTH_URL_POINTER,
        )
    if status == 400:
        return FailureKind.IDENTITY_REQUEST_REFUSED.error(f"{who} refused the request{said}", CREDENTIALS_POINTER)
    return _other_status(status, said, _retry_after(response), context)


# --- Heat -------------------------------------------------------------------------------------------------------------


def _orchestration_refusal(error: Any, context: CallContext) -> CloudError:
    status = error.code if isinstance(error.code, int) else 0
    answer = _error_of(error.message)
    said = _said(answer.get("message"), context)
    who = f"The {Service.ORCHESTRATION.value}"
    if status == 400:
        return _stack_refusal(answer, said, context)
    if status == 401:
        return FailureKind.CREDENTIALS_REFUSED.error(
            f"{who} did not accept the token that the identity service issued{said}", CREDENTIALS_POINTER
        )
    if status == 403:
        return FailureKind.FORBIDDEN.error(f"{who} does not allow this{said}", CREDENTIALS_POINTER)
    if status == 404:
        return FailureKind.SERVICE_NOT_FOUND.error(
            f"{who} is not at the address that the catalogue gives, or does not know what it was asked for{said}"
        )
    if status == 409 and answer.get("type") == "StackExists":
        return FailureKind.NAME_TAKEN.error(f"{who} refused the stack{said}", "/cluster/name")
    if status == 409:
        return FailureKind.CONFLICT.error(f"{who} refused the request{said}")
    return _other_status(status, said, _retry_after(context.last_response()), context)


def _stack_refusal(answer: Mapping[str, Any], said: str, context: CallContext) -> CloudError:
    message = answer.get("message")
    if answer.get("type") == "RequestLimitExceeded":
        return FailureKind.STACK_LIMIT_EXCEEDED.error(f"The {Service.ORCHESTRATION.value} refused the stack{said}")
    match = _PARAMETER_MESSAGE.fullmatch(message) if isinstance(message, str) else None
    if match and match["parameter"] not in context.form_fields:
        return FailureKind.PARAMETER_REFUSED.error(f"The {Service.ORCHESTRATION.value} refused the stack{said}")
    if match:
        return FailureKind.PARAMETER_REFUSED.error(
            clean(match["reason"], context.secrets),
            format_pointer(["cluster", "parameters", match["parameter"]]),
        )
    if not said and isinstance(answer.get("type"), str):
        said = f" and said only {clean(answer['type'], context.secrets)}"
    return FailureKind.STACK_REFUSED.error(f"The {Service.ORCHESTRATION.value} refused the stack{said}")


# --- the further services ---------------------------------------------------------------------------------------------


def _service_refusal(status: int | None, response: requests.Response | None, context: CallContext) -> CloudError:
    who = f"The {context.service.value}"
    if status == 401:
        return FailureKind.CREDENTIALS_REFUSED.error(
            f"{who} did not accept the token that the identity service issued", CREDENTIALS_POINTER
        )
    if status == 403:
        return FailureKind.FORBIDDEN.error(f"{who} does not allow this", CREDENTIALS_POINTER)
    if status == 404:
        return FailureKind.SERVICE_NOT_FOUND.error(f"{who} is not at the address that the catalogue gives")
    return _other_status(status or 0, "", _retry_after(response), context)


# --- every service ----------------------------------------------------------------------------------------------------


def _other_status(status: int, said: str, retry_after: int | None, context: CallContext) -> CloudError:
    who = f"The {context.service.value}"
    if status == 413:
        return FailureKind.REQUEST_TOO_LARGE.error(f"{who} does not accept a request of this size{said}")
    if status == 429:
        wait = str(retry_after or _DEFAULT_RETRY_AFTER)
        return FailureKind.CLOUD_BUSY.error(f"{who} asks to be called less often{said}", headers={"Retry-After": wait})
    aftermath = context.aftermath
    if status >= 500:
        headers = {"Retry-After": str(retry_after)} if status == 503 and retry_after else {}
        detail = f"{who} failed with status {status}{said}{aftermath}"
        return FailureKind.CLOUD_FAILURE.error(detail, headers=headers)
    return FailureKind.INVALID_ANSWER.error(f"{who} answered with an unexpected status {status}{said}{aftermath}")


def _service_not_found(context: CallContext) -> CloudError:
    region = context.region_name
    where = f" in region {clean(region, context.secrets)}" if region else ""
    pointer = REGION_POINTER if region and context.region_is_the_callers else None
    return FailureKind.SERVICE_NOT_FOUND.error(
        f"The cloud's catalogue names no {context.service.value}{where} for this project", pointer
    )


def _invalid_answer(context: CallContext) -> CloudError:
    if context.service is Service.IDENTITY:
        return FailureKind.INVALID_ANSWER.error(
            "The answer was not a token of an identity service (Keystone v3): is auth_url its address?",
            AUTH_URL_POINTER,
        )
    return FailureKind.INVALID_ANSWER.error(
        f"The {context.service.value} gave an answer that makes no sense{context.aftermath}"
    )


# --- reading ----------------------------------------------------------------------------------------------------------


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
