"""A real nginx with the configuration of docs/deploy: nothing of it is changed but addresses, paths and names."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.openstack.tls_certificate import make_certificate
from tests.service import wait_until

CONFIGURATION = Path(__file__).parent.parent.parent / "docs" / "deploy" / "nginx.conf"

FRAME = """\
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/cluster-builder.conf;
}}
"""


def find_nginx() -> str | None:
    """The program: ``NGINX_PROGRAM`` names it, or it is installed."""
    return os.environ.get("NGINX_PROGRAM") or shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")


class Nginx:
    """A running nginx in front of the replicas at these ports of this host; use it as a context manager."""

    def __init__(self, program: str, folder: Path, replicas: Sequence[int]) -> None:
        folder.mkdir()
        self.port = free_port()
        self._folder = folder
        certificate, key = make_certificate(folder)
        self.context = ssl.create_default_context(cafile=str(certificate))
        (folder / "nginx.conf").write_text(FRAME.format(folder=folder))
        (folder / "cluster-builder.conf").write_text(self._configure(replicas, certificate, key))
        self._command = [program, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """A line for each request."""
        return (self._folder / "cluster-builder.log").read_text()

    @property
    def errors(self) -> str:
        """What it logged."""
        return (self._folder / "error.log").read_text()

    def check(self) -> str:
        """What ``nginx -t`` says; an empty text where it finds nothing wrong."""
        checked = subprocess.run([*self._command, "-t", "-q"], capture_output=True, text=True, check=False)
        return checked.stdout + checked.stderr or ("" if checked.returncode == 0 else "it failed")

    def _configure(self, replicas: Sequence[int], certificate: Path, key: Path) -> str:
        text = CONFIGURATION.read_text()
        for address, port in zip(("10.0.0.5:42378", "10.0.0.6:42378"), replicas, strict=True):
            assert address in text
            text = text.replace(address, f"127.0.0.1:{port}")
        text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl")
        text = text.replace("/etc/nginx/tls/cluster-builder.pem", str(certificate))
        text = text.replace("/etc/nginx/tls/cluster-builder.key", str(key))
        text = text.replace("/var/log/nginx/", f"{self._folder}/")
        assert not re.search(r"/etc/|10\.0\.0\.[56]", re.sub(r"#.*", "", text))
        return text

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command)
        wait_until(lambda: is_open(self.port), "nginx listens")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)


def free_port() -> int:
    """A port of this host that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def is_open(port: int) -> bool:
    """Whether somebody listens at a port of this host."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
