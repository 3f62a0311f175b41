"""Services to be measured, and what reads their listings meanwhile."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from pathlib import Path

from tests.service import Service, wait_until


def fill(folder: Path, number: int, text: str) -> None:
    """So many definitions, each with a title of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for each in range(number):
        (folder / f"type-{each}.yaml").write_text(text.replace("title: ", f"title: {each} ", 1))


def start_quietly(service: Service) -> Service:
    """Start a service that is to log nothing while it is measured; it says where it listens all the same."""
    port = free_port()
    service.flags = ("--port", str(port))
    service.url = f"http://127.0.0.1:{port}"
    service._listening.set()
    service.start()
    wait_until(lambda: is_ready(service), "the service is ready", 240)
    return service


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def is_ready(service: Service) -> bool:
    try:
        return service.get("/ready").status == 200
    except OSError:
        return False


def read_for(service: Service, seconds: float) -> list[float]:
    """How long each of the listings took that one client asked for in so many seconds, a hundred a second."""
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"))
    taken = []
    end, pause = time.perf_counter() + seconds, threading.Event()
    while time.perf_counter() < end:
        began = time.perf_counter()
        connection.request("GET", "/cluster-types")
        assert connection.getresponse().read()
        taken.append(time.perf_counter() - began)
        pause.wait(0.01)
    connection.close()
    return taken
