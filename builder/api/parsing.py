"""What a request says, parsed: its query parameters, and its body, JSON within bounds that the schema accepts."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Final, NoReturn

from sanic import Request

from builder.errors import MAX_FAULTS, Fault, RequestError, bad_request
from builder.hot.values import parse_boolean
from builder.openstack.credentials import SECRET_KEYS
from builder.schema import published
from builder.schema.validation import validate_instance
from builder.text.excerpts import shorten
from builder.text.pointers import Tokens, format_pointer
from builder.text.spelling import suggest

CLOUD_ENV = "/cloud_env"
"""Where a body has the credentials."""

_ANY_CLUSTER: Final = {"cluster": {"name": "", "cluster_type_id": ""}}
"""What makes credentials a whole build, as its schema wants it."""

_KEY = re.compile(r'"(?P<quoted>[\x20-\x21\x23-\x5b\x5d-\x7e]{1,255})"|(?P<bare>[\x21\x23-\x7e][\x20-\x7e]{0,254})')

_LONGEST_NAME = 40
"""How many characters of an unknown query parameter's name are repeated."""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """The body of ``POST /clusters/``, described by ``schemas/build-request.schema.json``.

    ``type_key`` is the key that names the cluster type: the first releases of the Visualisation App wrote ``type_id``.
    """

    cloud_env: Mapping[str, Any] = field(repr=False)
    name: str
    cluster_type_id: str
    type_key: str
    parameters: Mapping[str, Any] = field(repr=False)
    selections: Mapping[str, Any]
    billing_account_id: str | None = None
    middleware_url: str | None = field(repr=False, default=None)


def parse_build_request(content: bytes, max_depth: int) -> BuildRequest:
    """Read the body of a build, whose values may nest so deep.

    Raises RequestError (400) with every fault of its structure.
    """
    body = parse_json(content, max_depth)
    _validate(body)
    cluster = body["cluster"]
    type_key = "cluster_type_id" if "cluster_type_id" in cluster else "type_id"
    return BuildRequest(
        cloud_env=body["cloud_env"],
        name=cluster["name"],
        cluster_type_id=cluster[type_key],
        type_key=type_key,
        parameters=cluster.get("parameters") or {},
        selections=cluster.get("selections") or {},
        billing_account_id=body.get("billing_account_id"),
        middleware_url=body.get("middleware_url"),
    )


def read_cloud_env(body: Any) -> Mapping[str, Any]:
    """The credentials of a body that has them as a build does; what else is in it is ignored.

    Raises RequestError (400) with every fault of their structure.
    """
    is_object = isinstance(body, dict)
    given = {"cloud_env": body["cloud_env"]} if is_object and "cloud_env" in body else {}
    _validate({**given, **_ANY_CLUSTER} if is_object else body)
    valid: Mapping[str, Any] = given["cloud_env"]
    return valid


def _validate(body: Any) -> None:
    found = validate_instance(body, published.BUILD_REQUEST, may_echo=_may_echo, most=MAX_FAULTS + 1)
    if found:
        raise RequestError(
            *(Fault(400, "JSON schema error", each.message, format_pointer(each.tokens)) for each in found)
        )


@contextmanager
def credentials_at(place: str) -> Iterator[None]:
    """Have faults of credentials point to the place where they were given. Raises RequestError for a RequestError."""
    try:
        yield
    except RequestError as error:
        faults = [
            each if each.pointer is None else replace(each, pointer=place + each.pointer.removeprefix(CLOUD_ENV))
            for each in error.faults
        ]
        raise RequestError(*faults, headers=error.headers) from error


def parse_json(content: bytes, max_depth: int) -> Any:
    """Parse a JSON text (RFC 8259); a byte order mark before it is passed over, as section 8.1 allows.

    Raises RequestError (400) where it is none, or nests too deeply.
    """
    try:
        value = json.loads(
            content.removeprefix(codecs.BOM_UTF8).decode(), parse_constant=_refuse_constant, parse_float=_parse_float
        )
    except UnicodeDecodeError as error:
        raise bad_request(f"The body is not UTF-8: byte {error.start} is wrong.") from None
    except json.JSONDecodeError as error:
        raise bad_request(f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from None
    except ValueError as error:
        raise bad_request(f"The body is not JSON: {error}.") from None
    except RecursionError:
        raise bad_request(f"The body nests more than {max_depth} levels deep.") from None
    level = [value]
    for _ in range(max_depth):
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = list(chain.from_iterable(inner))
        if not level:
            return value
    raise bad_request(f"The body nests more than {max_depth} levels deep.")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _parse_float(text: str) -> float:
    """A number that is finite: what is too large for one could be sent to no cloud as JSON again."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"the number {text[:40]} is too large")
    return value


def _may_echo(tokens: Tokens) -> bool:
    """Whether a message may repeat the value at a place: not where it could be, or hold, a secret."""
    if not tokens or tokens == ("cloud_env",):
        return False
    is_secret = tokens[0] == "cloud_env" and tokens[1] in SECRET_KEYS
    return not is_secret and tokens[:2] != ("cluster", "parameters")


def refuse_unknown(request: Request, *known: str) -> None:
    """Refuse query parameters that there are not: a misspelled ``dry_run`` must not build for real.

    Raises RequestError (400) with a fault for each.
    """
    faults = []
    for name in request.get_args(keep_blank_values=True):
        if name not in known:
            shown = shorten(name, _LONGEST_NAME)
            hint = suggest(shown.lower(), known) or f"those that there are: {', '.join(known)}"
            faults.append(Fault(400, "Bad Request", f"There is no query parameter {shown!r} here; {hint}"))
        if len(faults) > MAX_FAULTS:
            break
    if faults:
        raise RequestError(*faults)


def read_flag(request: Request, name: str) -> bool:
    """A query parameter that is true or false, in the words of a body; false where it is not given.

    Raises RequestError (400).
    """
    given = request.get_args(keep_blank_values=True).getlist(name)
    if not given:
        return False
    flag = parse_boolean(given[0]) if len(given) == 1 else None
    if flag is not None:
        return flag
    raise bad_request(f"The query parameter {name} must be true or false, once.")


def parse_idempotency_key(given: Sequence[str]) -> str | None:
    """The ``Idempotency-Key``: a string as structured fields write it, or, as most clients send it, without quotes.

    See https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/.

    Raises RequestError (400).
    """
    if not given:
        return None
    match = _KEY.fullmatch(given[0])
    if len(given) > 1 or match is None:
        raise bad_request("The Idempotency-Key must be one text of 1 to 255 printable ASCII characters.")
    return match["quoted"] or match["bare"]
