"""What the service measures of itself, for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/).

With several workers each writes what it counts into a folder of files, and whichever is asked adds them all up: see
https://prometheus.github.io/client_python/multiprocess/. prometheus-client decides between the two ways when it is
imported, so it is imported here, when the application of a worker is made, and nowhere at the top of a module.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from builder.catalogue.snapshot import Snapshot, State
from builder.errors import ConfigurationError

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
"""Those that are told apart (RFC 9110 and RFC 5789): callers may make up others without end."""

WATCHED_STATUSES = (401, 500)
WATCHED_OUTCOMES = ("created", "replayed", "500", "502", "503", "504")
WATCHED_RESULTS = ("created", "failed")
WATCHED_CALLS = ("get_credits", "create_order", "delete_order", "add_order_tag")
WATCHED_CALL_OUTCOMES = ("failed", "unknown")
WATCHED_REASONS = ("creation_unknown", "deletion_failed", "stack_unknown", "stack_left", "service_failed", "not_tagged")
"""What alerts look for. Such series are there with 0 from the start: of one that begins with 1 Prometheus sees no
increase, so that the first failure would raise no alert."""

_METRICS_FILE = re.compile(r"(?:counter|histogram|summary|gauge_[a-z]+)_[0-9]+\.db")
"""How prometheus-client names its files, by kind and process."""

_PREFIX: Final = "cluster_builder_"
_STEADY: Final = "last_rescan_steady_seconds"
"""By the steady clock, which all processes of a host share, and nobody sets; it is shown as an age only."""

_MEASURES: Final[Mapping[str, tuple[str, str, Sequence[str], Mapping[str, object]]]] = {
    "cluster_types": (
        "Gauge", "Entries of the enabled folder, by state.", ("state",), {"multiprocess_mode": "livemostrecent"},
    ),
    "reload_duration_seconds": (
        "Histogram", "Looks at the enabled folder that changed the catalogue.", (),
        {"buckets": (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30)},
    ),
    "last_successful_reload_timestamp_seconds": (
        "Gauge", "When the catalogue last changed.", (), {"multiprocess_mode": "livemax"},
    ),
    "last_rescan_timestamp_seconds": (
        "Gauge", "When the whole enabled folder was last read, by the worker for which that is longest ago.", (),
        {"multiprocess_mode": "livemin"},
    ),
    _STEADY: ("Gauge", "-", (), {"multiprocess_mode": "livemin"}),
    "http_requests_total": ("Counter", "HTTP requests answered.", ("route", "method", "status"), {}),
    "build_duration_seconds": (
        "Histogram", "Builds of clusters, by how they ended.", ("kind", "outcome"),
        {"buckets": (0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60)},
    ),
    "billing_calls_total": ("Counter", "Calls of the billing service, by how they ended.", ("call", "outcome"), {}),
    "orders_left_total": ("Counter", "Orders that are or may be left without their stack, by why.", ("reason",), {}),
    "tokens_refused_total": ("Counter", "Requests without a token that is accepted, by why.", ("reason",), {}),
    "builds_total": ("Counter", "Builds of each cluster type, by what came of them.", ("type", "outcome"), {}),
}  # fmt: skip
"""Each by its name behind the prefix: the class of prometheus-client, what it tells, its labels, further options."""


@contextmanager
def shared_metrics(environment: MutableMapping[str, str], workers: int) -> Iterator[None]:
    """The folder that the workers of one service share, from before the first of them starts until all have ended.

    Where the environment names a folder it is that one, and what an earlier run left in it is removed. A single worker
    needs none. Raises ConfigurationError where the folder cannot be used, or none can be made.
    """
    given = environment.pop(FOLDER_VARIABLE, "")  # for prometheus-client an empty one is a folder, too
    if given:
        environment[FOLDER_VARIABLE] = given
        _empty_folder(Path(given))
        yield
        return
    if workers == 1:
        yield
        return
    try:
        environment[FOLDER_VARIABLE] = tempfile.mkdtemp(prefix="cluster-builder-metrics-")
    except OSError as error:
        raise ConfigurationError(
            f"WORKERS: several need a folder for their metrics, and none can be made ({error.strerror}); "
            f"set {FOLDER_VARIABLE} or TMPDIR"
        ) from error
    try:
        yield
    finally:
        shutil.rmtree(environment.pop(FOLDER_VARIABLE), ignore_errors=True)


def _empty_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in folder.iterdir():
            if _METRICS_FILE.fullmatch(file.name):
                file.unlink(missing_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise ConfigurationError(f"{FOLDER_VARIABLE}: {str(folder)!r} cannot be written: {error.strerror}") from error


def forget_worker(process: int) -> None:
    """Leave out what a worker that has ended said of its present; what it counted stays.

    Called by the one process that knows for sure: workers may be hidden from each other in ``/proc``.
    """
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(process)  # type: ignore[no-untyped-call]  # it has no annotations


class Metrics:
    """What one worker measures; lives as long as its application."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        import prometheus_client

        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # several workers have none of them, either
        folder = environment.get(FOLDER_VARIABLE)
        registry = None if folder else prometheus_client.CollectorRegistry()
        self._measured: Collector = registry or _Workers(Path(folder or ""))
        self._measures: dict[str, Any] = {
            name: getattr(prometheus_client, kind)(f"{_PREFIX}{name}", told, labels, registry=registry, **options)
            for name, (kind, told, labels, options) in _MEASURES.items()
        }
        self._counted: dict[tuple[str, str, int], Any] = {}
        self._types_begun: set[str] = set()

    def begin(self, routes: Iterable[tuple[str, str]], kinds: Iterable[str], refusals: Iterable[str]) -> None:
        """Have what alerts look for begin at 0: by route and method, by kind, and by refusal of a token."""
        begun: dict[str, Iterable[tuple[object, ...]]] = {
            "http_requests_total": ((*each, status) for each in routes for status in WATCHED_STATUSES),
            "build_duration_seconds": product(kinds, WATCHED_OUTCOMES),
            "billing_calls_total": product(WATCHED_CALLS, WATCHED_CALL_OUTCOMES),
            "orders_left_total": zip(WATCHED_REASONS),
            "tokens_refused_total": zip(refusals),
        }
        for name, series in begun.items():
            for labels in series:
                self._measures[name].labels(*labels)

    def count(self, name: str, *labels: str) -> None:
        """Count something once, by its name in the table; called from any thread."""
        self._measures[name].labels(*labels).inc()

    def count_request(self, route: str, method: str, status: int) -> None:
        """Count an answered request; ``route`` is the one that its path matched."""
        key = (route, method if method in METHODS else "other", status)
        counter = self._counted.get(key)
        if counter is None:
            counter = self._counted[key] = self._measures["http_requests_total"].labels(*key)
        counter.inc()

    def observe_build(self, kind: str, outcome: str, seconds: float, cluster_type: str = "") -> None:
        """Note how the build of a cluster ended and how long it took; called from any thread.

        ``outcome`` is ``created``, ``replayed``, or the status that tells why there is none. ``cluster_type`` is the id
        of one that there is: callers may make up others without end.
        """
        self._measures["build_duration_seconds"].labels(kind, outcome).observe(seconds)
        if cluster_type:
            result = ("failed" if outcome.startswith("5") else "refused") if outcome.isdecimal() else outcome
            self.count("builds_total", cluster_type, result)

    def observe_reload(self, snapshot: Snapshot, seconds: float) -> None:
        """Note a change of the catalogue, and how long the look took that found it."""
        self._measures["reload_duration_seconds"].observe(seconds)
        self._measures["last_successful_reload_timestamp_seconds"].set(time.time())
        for state in State:
            self._measures["cluster_types"].labels(str(state)).set(snapshot.states[state])
        for id_ in snapshot.types.keys() - self._types_begun:
            self._types_begun.add(id_)
            for result in WATCHED_RESULTS:
                self._measures["builds_total"].labels(id_, result)

    def observe_rescan(self) -> None:
        """Note that the whole enabled folder was read."""
        self._measures["last_rescan_timestamp_seconds"].set(time.time())
        self._measures[_STEADY].set(time.monotonic())

    def render(self) -> bytes:
        """All that was measured, of all workers."""
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """Give all that was measured, but for the steady time of the last rescan its age, in seconds, as of now."""
        from prometheus_client.core import GaugeMetricFamily

        for metric in self._measured.collect():
            if metric.name != f"{_PREFIX}{_STEADY}":
                yield metric
            else:
                age = max((time.monotonic() - sample.value for sample in metric.samples if sample.value), default=None)
                help_text = "How long ago the whole enabled folder was last read."
                yield GaugeMetricFamily(f"{_PREFIX}rescan_age_seconds", help_text, value=age)


class _Workers:
    """Gives what all workers wrote, without the files that one has only just made: prometheus-client fails at those.

    Its own collector, MultiProcessCollector, reads all files that are there, and takes each to have a first block.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Give the sums over all workers."""
        from prometheus_client.multiprocess import MultiProcessCollector

        files = []
        for path in self._folder.glob("*.db"):
            with suppress(FileNotFoundError):  # that of a worker which has ended meanwhile
                files += [str(path)] if path.stat().st_size else []
        yield from MultiProcessCollector.merge(files)  # type: ignore[no-untyped-call]  # it has no annotations
