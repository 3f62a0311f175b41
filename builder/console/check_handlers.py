"""``POST /check``: a definition, or a folder of one, is judged as ``cluster-builder check`` does it, and kept nowhere.

A program sends it as the body, and gets JSON. A browser sends the form of the page, and gets the page with the report.
"""

from __future__ import annotations

import asyncio
import json
import re
from itertools import islice
from typing import Any, Final

from sanic import HTTPResponse, Request, Sanic
from sanic.headers import parse_content_header
from sanic.request.form import parse_multipart_form
from sanic.response import raw

from builder.api.authentication import authenticate_read
from builder.api.browsers import refuse_cross_site
from builder.api.parsing import refuse_unknown
from builder.api.rendering import JSON, NO_STORE, TITLES
from builder.api.services import Services
from builder.checking.isolated import UploadSettings
from builder.checking.isolation import Checker
from builder.checking.uploads import MAX_UPLOAD_BYTES
from builder.console.differences import find_excerpt
from builder.console.pages import respond_page, wants_page
from builder.definitions.model import ID_PATTERN
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import RULES, Profile
from builder.errors import NO_HEADERS, Fault, RequestError, bad_request
from builder.text.excerpts import split_lines

TAR: Final = "application/x-tar"
FORM: Final = "multipart/form-data"
ACCEPTED: Final = frozenset(
    {
        "", TAR, "application/tar", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain",
        "application/json", "application/octet-stream", "application/x-www-form-urlencoded",
    }
)  # fmt: skip
"""What a body may be said to be. It is looked at all the same: the last but one says nothing, and the last is what curl
says unless told otherwise."""

_PACKED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd", b"PK\x03\x04")
"""What gzip, bzip2, xz, zstd and zip begin their files with."""

_FORM_BYTES: Final = 8192
"""What the form of the page takes beside what it sends: the heads of its parts."""

_ID: Final = re.compile(ID_PATTERN)
_MAX_ID: Final = 255

_MAX_NAMED: Final = 400
"""How many listed ids that stand in an upload its check is told of: in an argument, which has 128 KiB at most."""


def admit(request: Request) -> None:
    """Let a request pass by its head: one that may read here, and comes from no page of another site.

    Raises RequestError (401, 403).
    """
    refuse_cross_site(request)
    authenticate_read(request)
    stream: Any = request.stream  # a body that is larger than it may be is not received to its end
    stream.request_max_size = min(stream.request_max_size, MAX_UPLOAD_BYTES + _FORM_BYTES)


async def add_checker(app: Sanic[Any, Any]) -> None:
    """Have what is sent to one worker process checked by one checker, which counts."""
    app.ctx.checker = Checker()


async def check_definition(request: Request) -> HTTPResponse:
    """The report on what was sent, and the form that it makes."""
    if wants_page(request):
        return await show_check(request)
    refuse_unknown(request, "id")
    media_type = request.headers.getone("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ACCEPTED:
        raise _unsupported(f"The body is said to be {media_type[:80]!r}, and not YAML or a tar archive.")
    report = await _check(request, request.body, media_type, request.args.get("id") or "")
    return raw(report, headers=dict(NO_STORE), content_type=JSON)


async def show_check(request: Request) -> HTTPResponse:
    """The page on which a definition is pasted or chosen, and the report on what was."""
    authenticate_read(request)
    context: dict[str, Any] = {**dict.fromkeys(("text", "id", "file"), ""), "report": None}
    context |= dict.fromkeys(("problems", "forms", "faults"), ())
    if request.method != "POST":
        return await respond_page(request, "check.html", context)
    status, headers = 200, NO_HEADERS
    try:
        sent, given = await asyncio.to_thread(_read_form, request)
        context |= given
        report = await _check(request, sent, "", given["id"])
        context |= await asyncio.to_thread(_explain_report, request, report, given["text"])
    except RequestError as error:
        status, headers = error.status, error.headers
        context["faults"] = error.faults
    return await respond_page(request, "check.html", context, status=status, headers=headers)


async def _check(request: Request, content: bytes, media_type: str, id_: str) -> bytes:
    """The report as JSON. Raises RequestError."""
    services: Services = request.app.ctx.services
    if len(content) > MAX_UPLOAD_BYTES:
        raise RequestError(Fault(413, TITLES[413], f"What is checked may have {MAX_UPLOAD_BYTES:,} bytes."))
    if content.startswith(_PACKED):
        raise _unsupported("The file is compressed or a zip archive: send it as it is, a folder as a tar archive.")
    if not content.strip():
        raise bad_request("Nothing was sent: a definition, or a folder as a tar archive.")
    if id_ and (len(id_) > _MAX_ID or not _ID.fullmatch(id_)):
        raise bad_request("The id must start with a letter or a digit; . _ and - may follow.")
    types = services.catalogue.snapshot.types
    named = await asyncio.to_thread(lambda: list(islice((id_ for id_ in types if id_.encode() in content), _MAX_NAMED)))
    settings = UploadSettings(
        id=id_,
        archive=media_type in (TAR, "application/tar"),
        allow_remote=services.settings.allow_remote_templates,
        profile=services.settings.profile,
        listed=named,
    )
    checker: Checker = request.app.ctx.checker
    return await checker.check(content, settings)


def _unsupported(detail: str) -> RequestError:
    return RequestError(Fault(415, "Unsupported Media Type", detail), headers={"Accept": f"application/yaml, {TAR}"})


def _read_form(request: Request) -> tuple[bytes, dict[str, str]]:
    """What the form sends, and what is shown of it again: a file that was chosen comes before what was pasted.

    Raises RequestError (400, 415).
    """
    media_type, options = parse_content_header(request.headers.getone("content-type", ""))
    if media_type.lower() != FORM:
        raise _unsupported("The page sends its form as multipart/form-data.")
    try:
        boundary = str(options["boundary"]).encode()
        fields, files = parse_multipart_form(request.body, boundary)  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, TypeError) as error:
        raise bad_request("The body is no form that can be read.") from error
    pasted = (fields.get("definition") or "").replace("\r\n", "\n")
    given = {"text": pasted, "id": (fields.get("id") or "").strip(), "file": ""}
    chosen = files.get("file")
    if chosen is None or not chosen.body:
        return pasted.encode("utf-8", "replace"), given
    return chosen.body, {**given, "text": "", "file": chosen.name}


def _explain_report(request: Request, answer: bytes, text: str) -> dict[str, Any]:
    """What the page tells of a report: its problems each with what its rule means, and its line where it is known."""
    services: Services = request.app.ctx.services
    profile = Profile(services.settings.profile)
    lines = split_lines(text) if text else ()
    report = json.loads(answer)
    problems = []
    for each in report["problems"]:
        problem = Problem(**{key: value for key, value in each.items() if key != "severity"}, profile=profile)
        problems.append((problem, RULES[problem.rule].meaning, find_excerpt(problem, lines)))
    forms = [(each, json.dumps(each, indent=2, ensure_ascii=False)) for each in report["cluster_types"]]
    return {"report": report, "problems": problems, "forms": forms}
