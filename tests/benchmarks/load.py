"""A load generator that costs next to nothing, so that the server is what is measured.

Requests are sent many at a time on one connection (HTTP/1.1 pipelining), and their answers, which are all of one size,
are counted by their bytes.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

BATCH = 1
"""How many requests are sent at a time; browsers and the Visualisation App send one."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one run gave: requests per second, and per second of the server's CPU time."""

    per_second: float
    per_cpu_second: float


class Load:
    """GET of one path over one connection to the server with the process id ``process``."""

    def __init__(self, url: str, process: int, path: str, headers: Mapping[str, str] | None = None) -> None:
        address = urlsplit(url)
        self._process = process
        lines = [f"GET {path} HTTP/1.1", f"Host: {address.netloc}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self._request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self.socket = socket.create_connection((address.hostname or "", address.port or 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 20)
        self.size = self._measure()

    def ask(self) -> None:
        """Send one request."""
        self._awaited = self.size
        self.socket.sendall(self._request)

    def take(self) -> bool:
        """Take what has come of the answer; gives whether that was all."""
        received = self.socket.recv_into(self._buffer)
        if not received:
            raise AssertionError("the server closed the connection")
        self._awaited -= received
        return self._awaited == 0

    def run(self, seconds: float) -> Rate:
        """Ask for so long."""
        batch = max(1, min(BATCH, (4 << 20) // self.size))
        requests, count = self._request * batch, 0
        began, cpu = time.perf_counter(), cpu_seconds(self._process)
        while time.perf_counter() - began < seconds:
            self.socket.sendall(requests)
            self._receive(self.size * batch)
            count += batch
        elapsed = time.perf_counter() - began
        return Rate(count / elapsed, count / (cpu_seconds(self._process) - cpu))

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def _receive(self, size: int) -> None:
        while size > 0:
            received = self.socket.recv_into(self._buffer, min(size, len(self._buffer)))
            if not received:
                raise AssertionError("the server closed the connection")
            size -= received

    def _measure(self) -> int:
        """The size of one answer, from one that is read until its end is known."""
        self.socket.sendall(self._request)
        answer = bytearray()
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(1 << 16)
        head, _, body = bytes(answer).partition(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0].split(b":")[1]) if lengths and b" 304 " not in head.split(b"\r\n")[0] else 0
        self._receive(length - len(body))
        return len(head) + 4 + length


class Crowd:
    """GET of one path over many connections at once: each asks again as soon as it has its answer."""

    def __init__(
        self, url: str, process: int, path: str, headers: Mapping[str, str] | None = None, number: int = 16
    ) -> None:
        self._process = process
        self._loads = [Load(url, process, path, headers) for _ in range(number)]
        self._selector = selectors.DefaultSelector()
        for load in self._loads:
            self._selector.register(load.socket, selectors.EVENT_READ, load)

    def run(self, seconds: float) -> Rate:
        """Ask for so long, and take the last answers."""
        began, cpu, count = time.perf_counter(), cpu_seconds(self._process), 0
        for load in self._loads:
            load.ask()
        asking = len(self._loads)
        while asking:
            for key, _ in self._selector.select():
                if key.data.take():
                    count += 1
                    if time.perf_counter() - began < seconds:
                        key.data.ask()
                    else:
                        asking -= 1
        elapsed = time.perf_counter() - began
        return Rate(count / elapsed, count / (cpu_seconds(self._process) - cpu))

    def close(self) -> None:
        """Close the connections."""
        self._selector.close()
        for load in self._loads:
            load.close()


def cpu_seconds(process: int) -> float:
    """User and system time of a process so far, to the nanosecond: proc(5) has it in steps of 10 ms."""
    return time.clock_gettime(~process << 3 | 2)  # what clock_getcpuclockid(3), which Python lacks, makes of its id


def resident_bytes(process: int) -> int:
    """Resident memory of a process: proc(5), /proc/pid/statm."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
