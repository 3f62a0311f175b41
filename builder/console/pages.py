"""How a page is answered: rendered with every text escaped, compressed, and kept from doing what no page here does.

All links are relative, so that the pages work behind a proxy under whatever prefix it gives them.
"""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from sanic import HTTPResponse, Request
from sanic.response import raw

from builder import __version__
from builder.api.authentication import UnauthorizedError
from builder.api.read_handlers import format_time
from builder.api.rendering import NO_STORE, respond_faults
from builder.console.overview import GLYPHS, format_moment
from builder.console.static_files import accepts_gzip, find_static_name
from builder.errors import NO_HEADERS, RequestError

if TYPE_CHECKING:
    from jinja2 import Environment

HTML: Final = "text/html; charset=utf-8"

SECURITY_HEADERS: Final = {
    # Everything that is not named is forbidden: no script, style or picture of another host, none written into a page.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

NAVIGATION: Final = (("Types", ""), ("Check", "check"), ("API", "docs"))
"""What the head of every page leads to: its label, and its path from the root of the pages."""

_COMPRESSION: Final = 5
"""Of gzip, from 1 to 9: a page of a thousand types takes some 10 ms, and is a twentieth of its size."""


def wants_page(request: Request) -> bool:
    """Whether a client asks for HTML by name, as browsers do, and as programs that take anything do not."""
    return any(
        each.partition(";")[0].strip().lower() == "text/html"
        for each in request.headers.getone("accept", "").split(",")
    )


async def show_refusal(request: Request, error: RequestError) -> HTTPResponse:
    """A refusal, as a page for people; where reading needs a token, one that asks for it and keeps it in memory only.

    A browser sends none by itself when a link is followed; our script then sends it along with all that it asks for.
    What a route answers programs with, too, is a page for who wants one; a route whose ``ctx`` says ``is_page`` has
    nothing else.
    """
    if not (getattr(request.route.ctx, "is_page", False) or wants_page(request)):  # type: ignore[union-attr]
        return respond_faults(error.faults, error.headers)
    if isinstance(error, UnauthorizedError):
        refusal = error.faults[0].detail if "authorization" in request.headers else ""
        return await respond_page(request, "sign-in.html", {"refusal": refusal}, status=401, headers=error.headers)
    context = {"faults": error.faults}
    return await respond_page(request, "fault.html", context, status=error.status, headers=error.headers)


async def respond_page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] = NO_HEADERS,
) -> HTTPResponse:
    """The page that ``template`` makes of ``context``, rendered in a thread: a large one takes a while."""
    body = await asyncio.to_thread(render_page, request.path, template, context, compress=accepts_gzip(request))
    return respond_rendered(request, body, status=status, headers=headers)


def respond_rendered(
    request: Request, body: bytes, *, status: int = 200, headers: Mapping[str, str] = NO_HEADERS
) -> HTTPResponse:
    """A page that :func:`render_page` has rendered already, for a client that takes gzip as this one does."""
    fields = {**SECURITY_HEADERS, **NO_STORE, "Vary": "Accept, Accept-Encoding, Authorization", **headers}
    if accepts_gzip(request):
        fields["Content-Encoding"] = "gzip"
    return raw(body, status=status, headers=fields, content_type=HTML)


def render_page(path: str, template: str, context: Mapping[str, Any], *, compress: bool) -> bytes:
    """The bytes of a page at ``path``. Raises jinja2's UndefinedError for what ``context`` lacks."""
    # As many steps up as the path is below the root; "./" for the root, for "" would be the page with its query.
    root = "../" * (path.count("/") - 1) or "./"
    text = _load_environment().get_template(template).render(**context, root=root, navigation=NAVIGATION)
    body = text.encode("utf-8", "replace")
    return gzip.compress(body, _COMPRESSION, mtime=0) if compress else body


@cache
def _load_environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # here: for programs there are no pages

    environment = Environment(
        loader=PackageLoader("builder.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals |= {"static": find_static_name, "version": __version__}
    environment.globals["glyphs"] = GLYPHS
    environment.filters |= {"moment": format_moment, "machine_time": format_time}
    environment.filters["segment"] = lambda text: quote(str(text), safe="", errors="replace")
    return environment
