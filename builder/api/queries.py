"""Query parameters, read so that a misspelled one does no harm."""

from __future__ import annotations

from itertools import islice

from sanic import Request

from builder.errors import MAX_FAULTS, Fault, RequestError
from builder.hot.values import parse_boolean
from builder.text.excerpts import shorten
from builder.text.spelling import suggest

_LONGEST_NAME = 40


def refuse_unknown(request: Request, *known: str) -> None:
    """Refuse query parameters that there are not: a misspelled ``dry_run`` must not build for real.

    Raises RequestError (400) with a fault for each.
    """
    unknown = [name for name in request.get_args(keep_blank_values=True) if name not in known]
    if unknown:
        raise RequestError(
            *(Fault(400, "Bad Request", _describe(name, known)) for name in islice(unknown, MAX_FAULTS + 1))
        )


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
    detail = f"The query parameter {name} must be true or false, once."
    raise RequestError(Fault(400, "Bad Request", detail))


def _describe(name: str, known: tuple[str, ...]) -> str:
    shown = shorten(name, _LONGEST_NAME)
    hint = suggest(shown.lower(), known) or f"those that there are: {', '.join(known)}"
    return f"There is no query parameter {shown!r} here; {hint}"
