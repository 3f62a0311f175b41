"""Writers change files without pause while readers list: for minutes, and nothing may give."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.benchmarks.load import resident_bytes
from tests.service import Service, wait_until
from tests.watching.test_12_last_good_state import kill_worker
from tests.watching.world import Client, World, definition, write_composed

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
TYPES = 40
LATE_SECONDS = 5.0
"""A reader may be so late to see a change; the service promises one second, on a machine that is not as busy."""

pytestmark = [pytest.mark.soak, pytest.mark.timeout(SECONDS + 180)]


def parameter_title(number: int) -> str:
    """A definition's title says which version it is, and its length differs."""
    return f"Version {number:08} " + "x" * (number % 200)


class Writer:
    """Changes types of its own by one way after another; knows which versions may be listed."""

    def __init__(self, world: World, name: str, seed: int) -> None:
        self.name = name
        self.version = 0
        self.written_at = time.monotonic()
        self._path = world.enabled / f"{name}.yaml"
        self._target = world.available / f"{name}-target.yaml"
        self._world = world
        self._chance = random.Random(seed)
        self.write()

    def write(self) -> None:
        """Put the next version there."""
        text = definition(parameter_title(self.version + 1))
        way = self._chance.randrange(5)
        if way == 0 and not self._path.is_symlink():
            self._path.write_text(text)
        elif way == 1:
            self._target.write_text(text)
            temporary = self._path.with_name(f".{self.name}.link")
            temporary.symlink_to(self._target)
            temporary.rename(self._path)
        elif way == 2 and self._path.is_symlink():
            self._world.replace(self._target, text)
        elif way == 3:
            self._path.with_name(f".{self.name}.broken").write_text("kind: [")
            self._path.with_name(f".{self.name}.broken").rename(self._path)
            self._world.replace(self._path, text)
        else:
            self._world.replace(self._path, text)
        self.version += 1
        self.written_at = time.monotonic()


@contextmanager
def running(target: object, count: int, ending: threading.Event) -> Iterator[None]:
    """Threads that run a function until the end."""
    threads = [threading.Thread(target=target, args=(number,)) for number in range(count)]  # type: ignore[arg-type]  # a function of a number
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            thread.join(30)


def descriptors(service: Service) -> int:
    return len(list(Path(f"/proc/{service.process.pid}/fd").iterdir()))


def threads_of(service: Service) -> int:
    return len(list(Path(f"/proc/{service.process.pid}/task").iterdir()))


def test_nothing_is_torn_failed_stale_or_leaked(tmp_path: Path) -> None:
    with Service(tmp_path / "instance", {"LOG_LEVEL": "INFO"}) as service:
        world = World(service, "auto")
        write_composed(world.enabled / "resident", "Always there")
        writers = [Writer(world, f"type-{number}", number) for number in range(TYPES)]
        wait_until(lambda: len(world.titles()) == TYPES, "all types are listed")
        ending = threading.Event()
        failures: list[str] = []
        reads = [0, 0]

        def write(number: int) -> None:
            mine = writers[number::2]
            chance = random.Random(number)
            while not ending.is_set():
                chance.choice(mine).write()
                ending.wait(0.002)

        def read(number: int) -> None:
            client = Client(service.url)
            seen = dict.fromkeys((writer.name for writer in writers), 0)
            while not ending.is_set() and not failures:
                status, headers, body = client.get("/cluster-types")
                reads[number] += 1
                if status != 200 or int(headers["content-length"]) != len(body):
                    failures.append(f"failed: {status}")
                failures.extend(find_faults(json.loads(body), writers, seen))
            client.close()

        samples = []
        with running(write, 2, ending), running(read, 2, ending):
            end = time.monotonic() + SECONDS
            while time.monotonic() < end and not failures:
                ending.wait(min(5.0, SECONDS / 10))
                samples.append((descriptors(service), threads_of(service), resident_bytes(service.process.pid)))
        assert failures == []
        expected = {writer.name: parameter_title(writer.version) for writer in writers}
        wait_until(lambda: {k: t.strip() for k, t in world.titles().items() if k in expected}
                   == {k: t.strip() for k, t in expected.items()}, "the last version of each")  # fmt: skip
        world.client.close()
        versions = sum(writer.version for writer in writers)
        print(
            f"\n{versions} changes, {sum(reads)} listings in {SECONDS:g} seconds; samples: {samples[0]}, {samples[-1]}"
        )
        settled = samples[len(samples) // 4]
        assert samples[-1][0] <= settled[0] + 10, "descriptors leak"
        assert samples[-1][1] <= settled[1] + 4, "threads leak"
        assert samples[-1][2] <= settled[2] * 1.2 + (10 << 20), "memory leaks"


def test_no_answer_lacks_a_type_that_was_ever_good_while_workers_are_killed(tmp_path: Path) -> None:
    """Types are broken, mended and half written all the time, and each worker begins with whatever it finds."""
    with Service(tmp_path / "instance", {"LOG_LEVEL": "INFO"}, flags=("--workers", "2")) as service:
        world = World(service, "auto")
        ids = {f"type-{number}" for number in range(TYPES)}
        for each in ids:
            world.replace(world.enabled / f"{each}.yaml", definition(each))
        wait_until(lambda: all(set(world.titles()) == ids for _ in range(20)), "all types are listed")
        world.client.close()
        ending = threading.Event()
        failures: list[str] = []
        counts = {"changes": 0, "listings": 0, "killed workers": 0, "stale": 0}

        def write(number: int) -> None:
            chance = random.Random(number)
            mine = sorted(ids)[number::2]
            while not ending.is_set():
                path = world.enabled / f"{chance.choice(mine)}.yaml"
                text = chance.choice(["kind: [", "", definition(path.stem), definition(f"Another {path.stem}")])
                path.write_text(text) if chance.random() < 0.5 else world.replace(path, text)
                counts["changes"] += 1
                ending.wait(0.005)

        def read(number: int) -> None:
            while not ending.is_set() and not failures:
                client = Client(service.url)  # a new connection each time: either worker takes it
                try:
                    status, _, body = client.get("/cluster-types")
                    _, _, catalogue = client.get("/catalogue")
                except (OSError, http.client.HTTPException):
                    continue  # its worker was killed
                finally:
                    client.close()
                missing = ids - {each["id"] for each in json.loads(body)} if status == 200 else {f"status {status}"}
                if missing:
                    failures.append(f"after {counts}: {sorted(missing)} missing")
                counts["listings"] += 1
                counts["stale"] += catalogue.count(b'"stale"')

        def kill(number: int) -> None:
            chance = random.Random(number)
            while not ending.is_set():
                kill_worker(service, chance.choice(sorted(service.children)))
                counts["killed workers"] += 1
                ending.wait(chance.random() * 2)

        with running(write, 2, ending), running(read, 2, ending), running(kill, 1, ending):
            end = time.monotonic() + SECONDS
            while time.monotonic() < end and not failures:
                ending.wait(min(5.0, SECONDS / 10))
        print(f"\n{counts} in {SECONDS:g} seconds")
        assert failures == []
        assert counts["stale"]
        assert counts["killed workers"]


def find_faults(listing: list[dict[str, object]], writers: list[Writer], seen: dict[str, int]) -> Iterator[str]:
    """What is wrong with a listing: torn or missing types, versions that go back or come too late."""
    titles = {str(each["id"]): str(each["title"]) for each in listing}
    if "resident" not in titles:
        yield "the resident is missing"
    for writer in writers:
        title = titles.get(writer.name)
        if title is None:
            yield f"{writer.name} is missing"
            continue
        version = int(title.split()[1])
        if title.strip() != parameter_title(version).strip():
            yield f"{writer.name} is torn: {title!r}"
        if version < seen[writer.name]:
            yield f"{writer.name} went back from {seen[writer.name]} to {version}"
        seen[writer.name] = version
        late = time.monotonic() - writer.written_at
        if version < writer.version - 1 and late > LATE_SECONDS:
            yield f"{writer.name} is at {version} {late:.1f} s after {writer.version} was written"
