"""Serving: from settings to a running server and back to a clean end."""

from __future__ import annotations

import errno
import logging
import os
import resource
import signal
import socket
import stat
import sys
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from builder.api.application import create_app
from builder.api.authentication import LEAST_SECRET_BYTES
from builder.api.browsers import settle_allowed_hosts
from builder.api.metrics import forget_worker, shared_metrics
from builder.billing.terms import OFF, REQUIRED
from builder.catalogue.change_log import keep_silent
from builder.console.handlers import build_blueprint
from builder.disk.mounts import is_mount_point
from builder.errors import ConfigurationError
from builder.logs import configure_logging
from builder.logs.terminal import wants_colours
from builder.net.addresses import EVERYWHERE, show_host
from builder.process.hardening import forbid_core_dumps
from builder.process.listening import HELD, Listening, bind_when_free, has_listener
from builder.process.signals import RESCAN, release_signals
from builder.process.supervision import Supervisor, running_beside
from builder.process.worker import run_server
from builder.settings.certificates import check_ca_bundle
from builder.settings.reading import load_jwt_secrets
from builder.settings.table import Settings

if TYPE_CHECKING:
    from builder.sandbox import Sandbox

logger = logging.getLogger(__name__)

BACKLOG = 1024

SPARE_DESCRIPTORS = 1024
"""File descriptors beside those of clients: connections to clouds, folders that are watched, files."""

LOG_NAME = "cluster-builder.log"
"""The file in ``LOG_DIR``, as earlier releases called it."""


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT, which the caller holds (see :mod:`builder.process.signals`).

    Returns the exit status: 0, or 1 where a worker was ended before it had done all.

    Raises ConfigurationError where an address cannot be listened on, or a setting does not hold here.
    """
    forbid_core_dumps()
    log_file = settings.log_file
    if log_file is None and settings.log_dir is not None and is_mount_point(settings.log_dir):
        log_file = str(Path(settings.log_dir) / LOG_NAME)
    configure_logging(settings.log_level, settings.log_format, log_file, colours=wants_colours(os.environ))
    # A folder at which nothing is mounted is in every container without such a volume.
    if log_file is None and settings.log_dir is not None and not os.path.isdir(settings.log_dir):  # noqa: PTH112  # it never raises
        logger.warning(
            "LOG_DIR: there is no folder %r, so no file is logged to; mount a volume there", settings.log_dir
        )
    settings = replace(settings, max_connections=allow_connections(settings.max_connections))
    secrets = load_jwt_secrets(settings)
    if settings.cloud_ca_bundle is not None:
        check_ca_bundle(settings.cloud_ca_bundle)
    with suppress(OSError):  # one that is missing, or cannot be looked at, is told of where its folders are made
        if not stat.S_ISDIR(settings.instance_dir.stat().st_mode):
            raise ConfigurationError(f"INSTANCE_DIR: {str(settings.instance_dir)!r} is not a folder")
    with shared_metrics(os.environ, settings.workers):
        return _serve(settings, secrets)


def _serve(settings: Settings, secrets: Sequence[str]) -> int:
    listener = listen(settings.host, settings.port)
    url = format_url(listener)
    reached = format_url(listener, reachable=True)
    sandbox = (
        bind_sandbox("127.0.0.1", settings.sandbox_port, reached, ("SANDBOX", "SANDBOX_PORT"))
        if settings.sandbox
        else None
    )
    warn_of_open_doors(settings, secrets)
    for folder in (settings.enabled_dir, settings.available_dir):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:  # a read-only mount is fine
            logger.warning("INSTANCE_DIR: %r cannot be made: %s", str(folder), error.strerror)
    logger.info("serving on %s, cluster types from %s", url, settings.enabled_dir)
    listening = Listening(listener, settings.workers)
    pages = build_blueprint(settings, sandbox.cloud_env if sandbox else None)

    def work(place: int) -> None:
        if sandbox:
            sandbox.stop()  # here: its socket is the other process's
        if place > 0:
            keep_silent()  # the first of several tells what becomes of types
        run_server(create_app(settings, further=[pages]), listening, place)

    if settings.workers == 1:
        # Apart: what a single request can keep the sandbox busy with, such as a slow pattern, would stop all threads.
        with running_beside(partial(run_sandbox, sandbox, listener)) if sandbox else nullcontext():
            work(0)
        return 0

    def on_stop() -> None:
        listening.stop()
        listener.close()
        if sandbox:
            sandbox.stop()  # what was held for a successor: whoever still builds there is refused, and does not wait

    def on_end(task: int, process: int) -> None:
        forget_worker(process)
        if task < settings.workers:
            listening.free_place(task)

    tasks = [partial(work, place) for place in range(settings.workers)]
    if sandbox:
        tasks.append(partial(run_sandbox, sandbox, listener))
    return 0 if Supervisor(tasks, on_stop=on_stop, on_end=on_end).run() else 1


def run_sandbox(sandbox: Sandbox, listener: socket.socket) -> None:
    """Serve a sandbox cloud in this process until SIGTERM ends it at once: it has nothing to lose.

    The service's ``listener``, with which the process was forked, is left.
    """
    listener.close()
    for number in (signal.SIGINT, RESCAN):  # which Ctrl-C and others send to all processes, and are not meant for it
        signal.signal(number, signal.SIG_IGN)
    release_signals()
    sandbox.serve_forever()


def bind_sandbox(
    host: str, port: int, service_url: str | None = None, names: tuple[str, str] = ("--host", "--port")
) -> Sandbox:
    """A sandbox cloud that listens and is not served yet; says how it is used, by the service at ``service_url``.

    Raises ConfigurationError where the address cannot be listened on, by the ``names`` of what gave host and port.
    """
    from builder.sandbox import Sandbox, format_startup_message  # most services have none, and start the faster for it

    sandbox = Sandbox(host, port)
    try:
        bind_when_free(sandbox.bind, port)
    except (OSError, UnicodeError) as error:
        raise _cannot_listen(host, port, error, names) from error
    with suppress(OSError):  # as on a full disk: a cloud that nobody reads of is a cloud all the same
        sys.stdout.write(format_startup_message(sandbox, service_url) + "\n")
        sys.stdout.flush()
    return sandbox


def allow_connections(wanted: int) -> int:
    """Raise this process's limit of open files, as far as it may, for so many connections.

    Returns for how many it is enough: where more could be taken than there are descriptors, nobody could connect once
    these are used up, rather than whoever comes last in place of who is idle.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = wanted + SPARE_DESCRIPTORS
    if soft == resource.RLIM_INFINITY or soft >= files:
        return wanted
    most = files if hard == resource.RLIM_INFINITY else min(files, hard)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = most
    if soft >= files:
        return wanted
    # Where descriptors are few, half of them: a service that has none for its clouds and files is of no use.
    connections = min(wanted, max(soft - SPARE_DESCRIPTORS, soft // 2))
    logger.warning(
        "only %d files may be open (ulimit -n): at most %d connections are taken, not MAX_CONNECTIONS=%d",
        soft, connections, wanted,
    )  # fmt: skip
    return connections


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address, or on that of a name; ``::`` is every address of this host, IPv4's included.

    Raises ConfigurationError.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = min(found, key=lambda each: each[0])  # IPv4 where a name has both, as of old
        takes_both = family == socket.AF_INET6 and address[0] == "::" and socket.has_dualstack_ipv6()
        create = partial(socket.create_server, address, family=family, backlog=BACKLOG, dualstack_ipv6=takes_both)
        listener = bind_when_free(create, port)
    except (OSError, UnicodeError) as error:  # of a name, when it is encoded
        raise _cannot_listen(host, port, error, ("HOST", "PORT")) from error
    listener.set_inheritable(True)
    return listener


def format_url(listener: socket.socket, *, reachable: bool = False) -> str:
    """The URL of a listening socket, by every address where it listens on all; if ``reachable``, one to connect to."""
    host, port = listener.getsockname()[:2]
    if reachable and host in EVERYWHERE:
        host = "127.0.0.1"
    return f"http://{show_host(host)}:{port}"


def warn_of_open_doors(settings: Settings, secrets: Sequence[str]) -> None:
    """Say, once, what an operator should know about who may build, and where."""
    if not secrets:
        logger.warning("anybody who reaches this service may have it build: set JWT_SECRET to demand a token")
    if settle_allowed_hosts(settings, bool(secrets)) is None and not secrets and not settings.allowed_hosts:
        logger.warning(
            "web pages may use this service by names of their own: set ALLOWED_HOSTS to those it is called by"
        )
    if any(len(secret.encode()) < LEAST_SECRET_BYTES for secret in secrets):
        logger.warning("JWT_SECRET holds a secret of less than %d bytes, which can be guessed", LEAST_SECRET_BYTES)
    if not settings.allowed_auth_urls:
        logger.warning("callers may have this service connect to any host: set ALLOWED_AUTH_URLS to the clouds to use")
    if settings.billing == OFF:
        logger.warning("BILLING is off: clusters have no order, and Concertim v1 shows such clusters only once")
    elif secrets and not settings.allowed_middleware_urls:
        logger.warning(
            "callers may have this service send tokens to any host: set ALLOWED_MIDDLEWARE_URLS to the billing service"
        )
    if settings.billing == REQUIRED and not secrets:
        logger.warning("BILLING is required, but nothing can be billed, nor built, without JWT_SECRET")
    if settings.cloud_insecure:
        logger.warning("CLOUD_INSECURE is set: whoever is between this service and a cloud can read passwords")


def _cannot_listen(host: str, port: int, error: OSError | UnicodeError, names: tuple[str, str]) -> ConfigurationError:
    """What is told of an address that cannot be listened on; ``names`` are those of what gave host and port."""
    name, mend = names[0], "make it an address of this machine, or a name of one; 0.0.0.0 is every one of IPv4"
    if isinstance(error, UnicodeError):  # as of a label that is empty, or longer than 63 characters
        reason = "it is no name of a host"
    elif isinstance(error, socket.gaierror):
        reason = str(error.strerror)
    else:
        reason = os.strerror(error.errno or 0)
        if error.errno == errno.EADDRINUSE:
            name = names[1]
            mend = "stop what listens there, or take another port" if has_listener(port) else HELD
        elif error.errno == errno.EACCES:
            name = names[1]
            mend = "a port below 1024 takes the privilege CAP_NET_BIND_SERVICE: give it, or take a higher port"
    return ConfigurationError(f"{name}: cannot listen on {host} port {port}: {reason}; {mend}")
