"""The sandbox as a whole: two services behind one port, and the thread that serves them.

Apart from the services, which know nothing of threads and ports. This is what the rest of the project starts, and what
a person then reads, most of which is in ``startup_message.txt``.
"""

from __future__ import annotations

import json
import shlex
import threading
from importlib.resources import files
from typing import Self

from builder.sandbox.heat.stacks import StackStore
from builder.sandbox.wire.accounts import Credentials, TokenStore, find_credentials
from builder.sandbox.wire.endpoints import IDENTITY_PATH, ORCHESTRATION_PREFIX
from builder.sandbox.wire.identity import IdentityService
from builder.sandbox.wire.orchestration import OrchestrationService
from builder.sandbox.wire.server import Request, Response, Server, show_host

DEFAULT_QUOTA = 100
"""The most stacks a project may have, unless told otherwise."""

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104  # addresses a server may be told to listen on


class Sandbox:
    """An embedded Keystone and Heat, for trying things out and for tests; everything is in memory.

    Start it with :meth:`start`, as a context manager, or with :meth:`serve_forever`; it lives until :meth:`stop`, and
    is not started twice. ``port`` 0 takes any free one. ``quota_stacks`` is the most stacks a project may have;
    ``heat_latency`` is how many seconds every answer of Heat takes.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        quota_stacks: int = DEFAULT_QUOTA,
        heat_latency: float = 0.0,
    ) -> None:
        self._address = (host, port)
        self._heat_latency = heat_latency
        self._stopping = threading.Event()
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        tokens = TokenStore()
        self._identity = IdentityService(tokens)
        self._orchestration = OrchestrationService(tokens, StackStore(quota_stacks))

    @property
    def auth_url(self) -> str:
        """Where Keystone is, for clients on this machine: ``http://127.0.0.1:PORT/v3``; without /v3 works as well.

        Raises RuntimeError where the sandbox does not listen.
        """
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        host = "127.0.0.1" if self._address[0] in _EVERYWHERE else self._address[0]
        return f"http://{show_host(host)}:{self._server.server_port}{IDENTITY_PATH}"

    @property
    def credentials(self) -> Credentials:
        """The user to be, and the project to use."""
        return find_credentials()

    @property
    def cloud_env(self) -> dict[str, str]:
        """The same as a build request names its cloud."""
        own = self.credentials
        return {
            "auth_url": self.auth_url,
            "user_id": own.user_id,
            "password": own.password,
            "project_id": own.project_id,
        }

    def start(self) -> None:
        """Serve in a daemon thread; on return, requests are answered. Listen first, unless :meth:`bind` was called.

        Raises OSError where the address is taken, or not one of this machine.
        """
        if self._thread is not None:
            raise RuntimeError("a sandbox is started once")
        server = self._server or self.bind()
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="sandbox-cloud", daemon=True)
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve in this thread until another one calls :meth:`stop`; :meth:`bind` was called."""
        assert self._server is not None  # noqa: S101  # by the caller's word
        self._thread = threading.current_thread()
        self._server.serve_forever(0.05)

    def bind(self) -> Server:
        """Listen without serving yet, so that :attr:`auth_url` is known before anything is answered.

        Raises OSError where the address is taken, or not one of this machine.
        """
        if self._server is not None or self._stopping.is_set():
            raise RuntimeError("a sandbox is started once")
        self._server = Server(self._address, self._answer)
        return self._server

    def stop(self) -> None:
        """Stop serving and end every connection; does nothing when nothing is served."""
        self._stopping.set()
        if self._server is None:
            return
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join(timeout=5.0)
        self._server.close()
        self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answer(self, request: Request) -> Response:
        if request.segments[0] != ORCHESTRATION_PREFIX:
            return self._identity.handle(request)
        if self._heat_latency > 0:
            self._stopping.wait(self._heat_latency)
        return self._orchestration.handle(request)


def format_startup_message(sandbox: Sandbox, service_url: str | None = None) -> str:
    """Return what to print when a sandbox has started.

    With ``service_url``, the URL of a running Cluster Builder, the text ends with a command that launches a cluster of
    one of the examples. The password is in the text on purpose: it opens nothing but the sandbox.
    """
    text = files(__package__).joinpath("startup_message.txt").read_text(encoding="utf-8")
    told = text.format(auth_url=sandbox.auth_url, own=sandbox.credentials)
    if service_url is None:
        return told
    cluster = {"cluster_type_id": "self-contained", "name": "my-first-cluster", "parameters": {}}
    body = json.dumps({"cloud_env": sandbox.cloud_env, "cluster": cluster})
    return f"""{told}
Launch a cluster:

  curl --request POST {shlex.quote(service_url.rstrip("/") + "/clusters/")} \\
    --header 'Content-Type: application/json' \\
    --data {shlex.quote(body)}
"""
