"""Whether the service in this container answers; the image's HEALTHCHECK.

Run as ``python -IS``, with no import beyond sockets: it starts every few seconds for as long as the container lives.
Exits 0 when ``GET /health``, or the path that is its argument, answers 200, and 1 otherwise.
"""

import os
import socket
import sys

LIMIT = 2.5  # seconds, below the time that HEALTHCHECK allows


def main() -> int:
    """Ask once; the first line of the answer says all."""
    host = os.environ.get("HOST", "")
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104 - compared, not bound: who listens everywhere answers on loopback
        host = "127.0.0.1"  # which :: includes
    port = int(os.environ.get("PORT") or 42378)
    path = sys.argv[1] if len(sys.argv) > 1 else "/health"
    request = f"GET {path} HTTP/1.0\r\nHost: localhost\r\nUser-Agent: healthcheck\r\n\r\n".encode()
    try:
        with socket.create_connection((host, port), timeout=LIMIT) as connection:
            connection.sendall(request)
            status_line = connection.makefile("rb").readline(256)
    except OSError as error:
        sys.stdout.write(f"{host} port {port}: {error}\n")
        return 1
    sys.stdout.write(status_line.decode("latin-1").strip() + "\n")
    return 0 if status_line.split(b" ")[1:2] == [b"200"] else 1


sys.exit(main())
