"""Answers of a cloud that are to cost memory, time, or descriptors: of whoever asks, and of everybody else."""

from __future__ import annotations

import asyncio
import gc
import gzip
import json
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from builder.clusters.plan import ClusterPlan
from builder.errors import RequestError
from builder.kinds.heat.launch import launch, preview_launch
from builder.openstack.assets import fetch_assets
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from builder.openstack.pool import CloudPool
from tests.openstack.further_services import COMPUTE, IMAGE, NETWORK, VOLUME, WholeCloud, previewed
from tests.openstack.replay_cloud import PROJECT_ID, TOKEN, Behaviour, answer, catalog_entry
from tests.openstack.settings import ask_connected, cloud_settings
from tests.service import Service, minimal_definition, wait_until

# openstacksdk uses an argument of its own that it has announced to remove.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning:openstack")

WISH = ClusterPlan("hpc", "hpc-type", "r1", {"heat_template_version": "2018-08-31"})
KEYED = ClusterPlan("hpc", "hpc-type", "r1", {"heat_template_version": "2018-08-31"}, idempotency_key="k")
MIB = 1 << 20
DENSE = b"[" + b'{"":0},' * (15 * MIB // 7) + b"0]"
"""Parsed, it takes 500 MiB."""

PREVIEW = f"/heat/v1/{PROJECT_ID}/stacks/preview"
SERVERS = [previewed("OS::Nova::Server", "s", flavor="m1.small"), previewed("OS::Cinder::Volume", "v", size=1)]


@pytest.fixture
def cloud() -> Iterator[WholeCloud]:
    with WholeCloud() as server:
        server.previewed = SERVERS
        yield server


def ask(cloud: WholeCloud, call: Callable[..., Any], *arguments: Any, deadline: Deadline) -> Any:
    """What a call gives. Raises RequestError."""
    if call is fetch_assets:
        return fetch_assets(parse_credentials(cloud.credentials()), cloud_settings(), deadline)
    return ask_connected(call, cloud.credentials(), *arguments, deadline=deadline)


def outcome_of(cloud: WholeCloud, call: Callable[..., Any], *arguments: Any, seconds: float = 60) -> Any:
    """What a call gives, or the error that it raises."""
    try:
        return ask(cloud, call, *arguments, deadline=Deadline(seconds))
    except RequestError as error:
        return error


# --- memory -----------------------------------------------------------------------------------------------------------


def as_identity(cloud: WholeCloud, hostile: bytes | Behaviour) -> None:
    cloud.identity = hostile


def as_orchestration(cloud: WholeCloud, hostile: bytes | Behaviour) -> None:
    cloud.without("compute", "volumev3")
    cloud.orchestration = hostile


def at(path: str) -> Callable[[WholeCloud, bytes | Behaviour], None]:
    return lambda cloud, hostile: cloud.answers.__setitem__(path, hostile)


STEPS: dict[str, tuple[Callable[[WholeCloud, bytes | Behaviour], None], Callable[..., Any], tuple[Any, ...]]] = {
    "token": (as_identity, launch, (WISH,)),
    "creation": (as_orchestration, launch, (WISH,)),
    "stacks of a key": (as_orchestration, launch, (KEYED,)),
    "preview": (at(PREVIEW), launch, (WISH,)),
    "dry run": (at(PREVIEW), preview_launch, (WISH,)),
    "version": (at(COMPUTE), launch, (WISH,)),
    "flavors": (at(f"{COMPUTE}/flavors/detail"), launch, (WISH,)),
    "limits": (at(f"{VOLUME}/limits"), launch, (WISH,)),
    "names of flavors": (at(f"{COMPUTE}/flavors"), fetch_assets, ()),
    "key pairs": (at(f"{COMPUTE}/os-keypairs"), fetch_assets, ()),
    "images": (at(f"{IMAGE}/v2/images"), fetch_assets, ()),
    "networks": (at(f"{NETWORK}/v2.0/networks"), fetch_assets, ()),
}
HEADERS = {"X-Subject-Token": TOKEN}
HOSTILE = {
    "dense": answer(200, DENSE, headers=HEADERS),
    "dense refusal": answer(400, DENSE, headers=HEADERS),
    "dense failure": answer(500, DENSE, headers=HEADERS),
    "compressed": answer(200, gzip.compress(DENSE), headers={**HEADERS, "Content-Encoding": "gzip"}),
    "in another charset": answer(
        200, DENSE[: 4 * MIB].decode().encode("cp037"), "application/json; charset=cp037", headers=HEADERS
    ),
    "small and dense": answer(200, DENSE[: 400 * 1024 // 7 * 7] + b"0]", headers=HEADERS),
}


@contextmanager
def memory_measured() -> Iterator[Callable[[], int]]:
    """Gives the peak of what was allocated in the block."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        yield lambda: tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("step", "hostile"),
    [
        *((step, "dense") for step in STEPS),
        *((step, each) for step in ("token", "preview") for each in list(HOSTILE)[1:]),
    ],
)
def test_no_answer_of_any_step_takes_more_memory_than_a_good_one_may(
    cloud: WholeCloud, step: str, hostile: str
) -> None:
    place, call, arguments = STEPS[step]
    place(cloud, HOSTILE[hostile])
    outcome_of(cloud, launch, WISH)  # what is loaded on first use does not count
    with memory_measured() as peak:
        outcome_of(cloud, call, *arguments)
        assert peak() < 24 * MIB


@pytest.mark.parametrize("step", ["flavors", "images"])
def test_pages_of_long_names_without_end_take_no_memory(
    cloud: WholeCloud, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builder.openstack.assets.MAX_ASSETS", 400)
    monkeypatch.setattr("builder.openstack.limits.MAX_FLAVORS", 400)
    sent = []

    def next_page(connection: socket.socket) -> None:
        sent.append(1)
        named = [{"id": f"{len(sent)}-{number}", "name": "x" * 100_000, "vcpus": 1, "ram": 1} for number in range(10)]
        link = f"{cloud.url}{COMPUTE}/flavors/detail?marker={len(sent)}"
        if step == "images":
            connection.sendall(answer(200, {"images": named, "next": f"/v2/images?marker={len(sent)}"}))
        else:
            connection.sendall(answer(200, {"flavors": named, "flavors_links": [{"rel": "next", "href": link}]}))

    place, call, arguments = STEPS[step]
    outcome_of(cloud, call, *arguments)  # what is loaded on first use does not count
    place(cloud, next_page)
    with memory_measured() as peak:
        outcome = outcome_of(cloud, call, *arguments)
        assert peak() < 24 * MIB  # 40 MiB were sent
    assert len(sent) == 40
    assert not isinstance(outcome, RequestError)


def test_answer_that_is_too_large_says_what_is_too_much(cloud: WholeCloud) -> None:
    cloud.answers[PREVIEW] = HOSTILE["small and dense"]
    assert str(outcome_of(cloud, preview_launch, WISH)).endswith(
        "gave an answer that is too large: more than 60,000 values"
    )


def test_answers_as_large_as_real_ones_get_are_taken(cloud: WholeCloud) -> None:
    regions = [f"region-{number}" for number in range(10)]
    names = [f"service-{number}" for number in range(30)]
    cloud.catalog = [
        *cloud.catalog,
        *(catalog_entry(name, f"https://{name}.{region}.cloud.example.org:9999/v1/{PROJECT_ID}", region, interface)
          for name in names for region in regions for interface in ("public", "internal", "admin")),
    ]  # fmt: skip
    properties: dict[str, Any] = {
        "user_data": "#!/bin/sh\n" * 1600,
        "metadata": {str(number): "x" for number in range(30)},
    }
    cloud.previewed = [previewed("OS::Nova::Server", str(number), **properties) for number in range(200)]
    (count,) = outcome_of(cloud, preview_launch, WISH).resources
    assert count.count == 200
    network = {"subnets": ["x" * 36] * 2, "status": "ACTIVE", "tags": []}
    networks = [{"id": f"n{number}", "name": f"net-{number}", **network} for number in range(5000)]
    cloud.set(f"{NETWORK}/v2.0/networks", {"networks": networks})
    assert len(outcome_of(cloud, fetch_assets)["networks"]) == 5000
    (asked,) = [request.path for request in cloud.received if request.path.startswith(f"{NETWORK}/v2.0/networks")]
    assert asked.partition("?")[2] == "fields=id&fields=name&fields=router%3Aexternal"


# --- memory that is given back ----------------------------------------------------------------------------------------

MARK = {"ballast": "x" * 1000}
OUTCOMES: dict[str, Callable[[WholeCloud], None]] = {
    "good": lambda cloud: cloud.answers.__setitem__(
        PREVIEW, answer(200, {"stack": {"stack_name": "x", "resources": SERVERS, **MARK}})
    ),
    "refused by Keystone": lambda cloud: as_identity(cloud, answer(401, {"error": {"message": "no", **MARK}})),
    "no token": lambda cloud: as_identity(cloud, answer(201, {"token": MARK}, headers=HEADERS)),
    "refused by Heat": lambda cloud: as_orchestration(cloud, answer(400, {"error": {"message": "no", **MARK}})),
    "Heat fails": lambda cloud: as_orchestration(cloud, answer(500, {"error": {"message": "no", **MARK}})),
    "no stack": lambda cloud: as_orchestration(cloud, answer(201, {"stack": MARK})),
    "no JSON": lambda cloud: as_orchestration(cloud, answer(201, json.dumps(MARK)[:-1])),
    "redirect": lambda cloud: as_orchestration(cloud, answer(302, MARK, headers={"Location": "http://x.example/"})),
    "too large": lambda cloud: as_orchestration(cloud, answer(201, [MARK] * 70_000)),
    "breaks off": lambda cloud: as_orchestration(cloud, answer(201, {"stack": {"id": "x", **MARK}})[:-10]),
    "Nova fails": lambda cloud: cloud.set(f"{COMPUTE}/flavors/detail", {"computeFault": MARK}, 500),
}


@contextmanager
def without_the_collector() -> Iterator[None]:
    gc.collect()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def kept() -> list[str]:
    """What is left of the cloud's answers."""
    return [
        type(each).__name__
        for each in gc.get_objects()
        if type(each) is requests.Response or (type(each) is dict and "ballast" in each and each is not MARK)
    ]


async def until_none(find: Callable[[], list[Any]]) -> list[Any]:
    """What is found in the end, when there should be nothing."""
    for _ in range(500):
        if not find():
            break
        await asyncio.sleep(0.01)
    return find()


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_what_a_cloud_answered_is_let_go_at_once_however_the_build_ends(cloud: WholeCloud, outcome: str) -> None:
    OUTCOMES[outcome](cloud)

    async def main() -> list[str]:
        pool = CloudPool(2, 2)
        await pool.preload()
        errors = []
        with without_the_collector():
            before = len(kept())
            for call, arguments in (
                (launch, (WISH,)),
                (launch, (KEYED,)),
                (preview_launch, (WISH,)),
                (fetch_assets, ()),
            ):
                deadline = Deadline(30)
                try:
                    await pool.run(partial(ask, cloud, call, *arguments, deadline=deadline), deadline=deadline)
                except RequestError as error:
                    errors.append(error)  # whoever keeps it keeps no answer with it
            await asyncio.wait_for(pool.idle.wait(), 10)
            pool.close()
            # With the collector off, it is the threads that are waited for.
            return await until_none(lambda: kept()[before:])

    assert asyncio.run(main()) == []


def test_error_that_is_not_expected_keeps_nothing_either() -> None:
    class Body:
        """Something large in the frame that fails."""

    def fail() -> None:
        body = Body()
        raise LookupError(str(body))

    async def main() -> list[Any]:
        pool = CloudPool(1, 0)
        await pool.preload()
        with without_the_collector():
            with pytest.raises(LookupError):
                await pool.run(fail, deadline=Deadline(10))
            await asyncio.wait_for(pool.idle.wait(), 10)
            pool.close()
            return await until_none(lambda: [each for each in gc.get_objects() if type(each) is Body])

    assert asyncio.run(main()) == []


# --- connections ------------------------------------------------------------------------------------------------------


def sockets_of(process: int | str) -> int:
    count = 0
    for descriptor in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # the one that lists them
            count += str(descriptor.readlink()).startswith("socket:")
    return count


@pytest.mark.parametrize("call", [launch, preview_launch, fetch_assets])
def test_connections_to_a_cloud_end_with_the_build(cloud: WholeCloud, call: Callable[..., Any]) -> None:
    cloud.keeps_connections = True
    with without_the_collector():
        before = sockets_of("self")
        for _ in range(5):
            outcome = outcome_of(cloud, call, *(() if call is fetch_assets else (WISH,)))
            assert not isinstance(outcome, RequestError)
        wait_until(lambda: cloud.open_connections == 0, "no connection is open")
        assert 0 < cloud.accepted < len(cloud.received)  # they were kept while they were of use
        assert sockets_of("self") == before


# --- the service ------------------------------------------------------------------------------------------------------


def build(service: Service, cloud: WholeCloud) -> int:
    cluster = {"name": "mycluster", "cluster_type_id": "minimal", "parameters": {}}
    return service.post("/clusters/", {"cloud_env": cloud.credentials(), "cluster": cluster}).status


def peak_memory(service: Service) -> int:
    """In bytes: proc(5), VmHWM of /proc/pid/status."""
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("answers") / "instance") as running:
        (running.enabled / "minimal.yaml").write_text(minimal_definition())
        wait_until(lambda: running.ids() == ["minimal"], "listed")
        yield running


def test_builds_at_once_with_the_largest_answers_leave_memory_and_the_others_time(
    service: Service, cloud: WholeCloud
) -> None:
    assert build(service, cloud) == 201
    before = peak_memory(service)
    longest, ending = [0.0], threading.Event()

    def list_types() -> None:
        while not ending.is_set():
            began = time.monotonic()
            assert service.ids() == ["minimal"]
            longest[0] = max(longest[0], time.monotonic() - began)

    with ThreadPoolExecutor(9) as threads:
        listing = threads.submit(list_types)
        for place, hostile in ((as_identity, "dense"), (at(PREVIEW), "dense"), (at(PREVIEW), "small and dense")):
            place(cloud, HOSTILE[hostile])
            statuses = set(threads.map(lambda _: build(service, cloud), range(16)))
            assert statuses == ({502} if place is as_identity else {201})
            cloud.identity = None
        ending.set()
        listing.result(30)
    assert peak_memory(service) - before < 150 * MIB
    assert longest[0] < 2.5  # it was 3.7 seconds of one core for one answer


def test_builds_leave_no_connection_open_in_the_service(service: Service, cloud: WholeCloud) -> None:
    cloud.keeps_connections = True
    assert build(service, cloud) == 201
    wait_until(lambda: cloud.open_connections == 0, "no connection is open")
    before = sockets_of(service.process.pid)
    for _ in range(10):
        assert build(service, cloud) == 201
    wait_until(lambda: cloud.open_connections == 0, "no connection is open")
    wait_until(lambda: sockets_of(service.process.pid) <= before, "no socket is open")
