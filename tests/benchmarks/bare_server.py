"""The baseline: Sanic with one handler that returns bytes which it was given, and nothing else.

Run as ``python -m tests.benchmarks.bare_server FILE``; prints its port. ``/body`` answers 200 with the file's bytes,
``/304`` answers 304 without a body.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

from sanic import HTTPResponse, Request, Sanic
from sanic.config import Config
from sanic.response import raw


def main() -> None:
    """Serve until a signal."""
    body = Path(sys.argv[1]).read_bytes()
    app: Sanic[Config, Any] = Sanic("bare", configure_logging=False)
    headers = {"ETag": 'W/"0123456789abcdef0123456789abcdef"', "Last-Modified": "Sun, 22 Nov 2026 21:00:00 GMT"}

    async def give_body(_: Request) -> HTTPResponse:
        return raw(body, headers=headers, content_type="application/json")

    async def give_304(_: Request) -> HTTPResponse:
        return HTTPResponse(status=304, headers=headers)

    app.add_route(give_body, "/body")
    app.add_route(give_304, "/304")
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    sys.stdout.write(f"serving on http://127.0.0.1:{listener.getsockname()[1]}, and nothing else\n")
    sys.stdout.flush()
    app.prepare(sock=listener, single_process=True, motd=False, access_log=False)
    Sanic.serve_single(primary=app)


if __name__ == "__main__":
    main()
