"""What the catalogue costs: ratios of one run, printed. Nothing asserts a time; docs/performance.md has a table."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

from tests.benchmarks.load import Crowd, Load, Rate, cpu_seconds, resident_bytes
from tests.benchmarks.running import read_for
from tests.service import Service, fetch, wait_until

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(900)]

ROUNDS, ROUND_SECONDS = 35, 0.2
"""Many short ones: what disturbs a round mostly disturbs the next one as well, and so not their ratio."""

SECONDS = 0.5
SIZES = tuple(int(size) for size in os.environ.get("BENCH_SIZES", "10,1000,10000").split(","))


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Callable[[bytes], tuple[str, int]]]:
    """Starts a bare Sanic server that answers with some bytes; gives its URL and process id."""
    running: list[subprocess.Popen[str]] = []

    def start(body: bytes) -> tuple[str, int]:
        (tmp_path / "body").write_bytes(body)
        command = [sys.executable, "-m", "tests.benchmarks.bare_server", str(tmp_path / "body")]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        found = re.search(r"(http://\S+),", process.stdout.readline())
        assert found is not None
        return found[1], process.pid

    yield start
    for process in running:
        process.terminate()
        process.communicate()


def compare(ours: Load | Crowd, theirs: Load | Crowd) -> tuple[float, float, Rate, Rate]:
    """Ratios, by the clock and by CPU time, of alternating runs."""
    pairs = [(ours.run(ROUND_SECONDS), theirs.run(ROUND_SECONDS)) for _ in range(ROUNDS)]
    by_clock = median(our.per_second / their.per_second for our, their in pairs)
    by_cpu = median(our.per_cpu_second / their.per_cpu_second for our, their in pairs)
    return by_clock, by_cpu, pairs[-1][0], pairs[-1][1]


@pytest.mark.parametrize("level", ["ERROR", "INFO"])
def test_listing_against_a_bare_handler(
    serve: Callable[..., Service], bare: Callable[[bytes], tuple[str, int]], level: str
) -> None:
    service = serve(10, LOG_LEVEL=level)
    answer = service.get("/cluster-types")
    url, process = bare(answer.body)
    wait_until(lambda: is_listening(url), "the bare server listens")
    condition = {"If-None-Match": answer.headers["etag"]}
    for what, path, headers in (("200", "/body", {}), ("304", "/304", condition)):
        ours = Load(service.url, service.process.pid, "/cluster-types", headers)
        theirs = Load(url, process, path, headers)
        by_clock, by_cpu, our, their = compare(ours, theirs)
        note = "with the access log to a file" if level == "INFO" else "without the access log"
        print(
            f"\nlisting of ten, {what}, {note}: {by_clock:.2f} of a bare handler's requests/s "
            f"({our.per_second:.0f}/{their.per_second:.0f}), {by_cpu:.2f} by CPU time"
        )
        ours.close()
        theirs.close()


@pytest.mark.parametrize("level", ["ERROR", "INFO"])
def test_listing_of_a_saturated_server_against_a_bare_handler(
    serve: Callable[..., Service], bare: Callable[[bytes], tuple[str, int]], level: str
) -> None:
    service = serve(10, LOG_LEVEL=level)
    answer = service.get("/cluster-types")
    url, process = bare(answer.body)
    wait_until(lambda: is_listening(url), "the bare server listens")
    for what, path, headers in (("200", "/body", {}), ("304", "/304", {"If-None-Match": answer.headers["etag"]})):
        ours = Crowd(service.url, service.process.pid, "/cluster-types", headers)
        theirs = Crowd(url, process, path, headers)
        by_clock, by_cpu, our, their = compare(ours, theirs)
        note = "with the access log to a file" if level == "INFO" else "without the access log"
        print(
            f"\nlisting of ten on 16 connections, {what}, {note}: {by_clock:.2f} of a bare handler's requests/s "
            f"({our.per_second:.0f}/{their.per_second:.0f}), {by_cpu:.2f} by CPU time"
        )
        ours.close()
        theirs.close()


def is_listening(url: str) -> bool:
    try:
        return fetch(f"{url}/body").status == 200
    except OSError:
        return False


def test_cold_start_memory_and_listing_by_number_of_types(serve: Callable[..., Service]) -> None:
    first: dict[str, float] = {}
    base = 0
    for size in SIZES:
        began = time.perf_counter()
        service = serve(size)
        ready = time.perf_counter() - began
        process = service.process.pid
        starting = cpu_seconds(process)
        settle(service, size)
        memory = resident_bytes(process)
        base = base or memory
        answer = service.get("/cluster-types")
        assert len(answer.json()) == size
        rates = {}
        for what, headers in (("200", {}), ("304", {"If-None-Match": answer.headers["etag"]})):
            load = Load(service.url, process, "/cluster-types", headers)
            rates[what] = median(load.run(SECONDS).per_cpu_second for _ in range(3))
            load.close()
        first = first or rates
        print(
            f"\n{size} types: ready after {ready:.2f} s (with writing the files) and {starting:.1f} s of a processor, "
            f"{memory / 2**20:.0f} MiB, {(memory - base) / size / 1024:.1f} KiB a type; "
            f"a listing of {len(answer.body)} bytes costs "
            f"{first['200'] / rates['200']:.2f} times that of {SIZES[0]}, a 304 {first['304'] / rates['304']:.2f} times"
        )
        cpu, began = cpu_seconds(process), time.perf_counter()
        threading.Event().wait(15)
        idle = (cpu_seconds(process) - cpu) / (time.perf_counter() - began)
        print(f"{size} types: {idle:.2%} of a core when idle")
        service.stop()


def settle(service: Service, size: int) -> None:
    """Wait until what a start leaves to be done is done: versions to be written, and clients to be imported."""
    kept = service.instance / ".cluster-builder" / "last-good"
    wait_until(lambda: len(list(kept.glob("*.json"))) == size, "the last good versions are written", 240)
    threading.Event().wait(15)


def test_time_from_rename_to_listing(serve: Callable[..., Service], text: str, tmp_path: Path) -> None:
    first = 0.0
    for size in SIZES:
        service = serve(size)
        delays = [measure_rename(service, text, number) for number in range(100)]
        cuts = quantiles(delays, n=100)
        first = first or cuts[98]
        print(
            f"\nrename to listed with {size} types: p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms, "
            f"{cuts[98] / first:.1f} times that with {SIZES[0]}"
        )
        service.stop()


def measure_rename(service: Service, text: str, number: int) -> float:
    """Seconds from a rename to the first answer that knows of it: the type's own, which changes with the listing."""
    path = service.enabled / "renamed.yaml"
    source = service.instance / "source.yaml"
    source.write_text(text.replace("title: ", f"title: Renamed {number} ", 1))
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"))
    before = ask_tag(connection)
    began = time.perf_counter()
    source.rename(path)
    while ask_tag(connection) == before:
        pass
    elapsed = time.perf_counter() - began
    connection.close()
    return elapsed


def ask_tag(connection: http.client.HTTPConnection) -> str | None:
    """The entity tag of the listing, without its body."""
    connection.request("HEAD", "/cluster-types")
    response = connection.getresponse()
    response.read()
    return response.getheader("etag")


def test_readers_hardly_notice_ten_thousand_changes_a_minute(serve: Callable[..., Service], text: str) -> None:
    service = serve(100)
    seconds = 20.0
    idle = read_for(service, 5)
    ending = threading.Event()
    changes = 0

    def change() -> None:
        nonlocal changes
        began = time.perf_counter()
        while not ending.is_set():
            path = service.enabled / f"type-{changes % 100}.yaml"
            temporary = path.with_name(".new")
            temporary.write_text(text.replace("title: ", f"title: Change {changes} ", 1))
            temporary.rename(path)
            changes += 1
            ending.wait(max(0.0, changes * 60 / 10_000 - (time.perf_counter() - began)))

    writer = threading.Thread(target=change)
    writer.start()
    busy = read_for(service, seconds)
    ending.set()
    writer.join()
    p99_idle, p99_busy = quantiles(idle, n=100)[98], quantiles(busy, n=100)[98]
    print(
        f"\nlisting of 100 types under {changes / seconds * 60:.0f} changes a minute: p99 {p99_busy * 1000:.1f} ms,"
        f" {p99_busy / p99_idle:.1f} times the {p99_idle * 1000:.1f} ms when idle; slowest {max(busy) * 1000:.0f} ms"
    )
    last = {f"type-{number % 100}": f"Change {number} " for number in range(max(0, changes - 100), changes)}
    wait_until(
        lambda: all(
            each["title"].startswith(last.get(each["id"], "")) for each in service.get("/cluster-types").json()
        ),
        "all changes are taken in",
    )
