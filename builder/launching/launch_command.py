"""What ``cluster-builder launch`` does: check, dry run, launch, follow, outcome, as the service does each of them."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from builder.checking.checked_files import CheckedFiles, CheckSettings
from builder.checking.explaining import load_definition
from builder.checking.streams import EXIT_CLEAN, EXIT_PROBLEMS, Streams
from builder.clusters.answers import fill_in
from builder.clusters.names import CreatedStack
from builder.clusters.plan import MAX_CLUSTER_NAME, ClusterPlan
from builder.definitions.model import ClusterType, Lifecycle
from builder.disk.dependencies import identify_dependencies
from builder.errors import EXIT_INTERRUPTED, Fault, RequestError
from builder.kinds.protocol import ClusterStatus, Launcher
from builder.kinds.registry import KINDS
from builder.launching.arguments import LaunchRequest
from builder.launching.display import Display
from builder.launching.following import (
    MADE,
    POLL_SECONDS,
    SANDBOX_POLL_SECONDS,
    NotFollowedError,
    follow_cluster,
)
from builder.openstack.cloud_environment import load_cloud_environment
from builder.openstack.connection import Cloud, connect
from builder.openstack.credentials import Credentials, parse_credentials
from builder.openstack.deadline import Deadline
from builder.settings.table import Settings
from builder.text.pointers import parse_pointer


@dataclass(frozen=True, slots=True)
class _Target:
    """The cloud that is launched on: ``place`` is its auth URL, "" of a sandbox.

    ``poll`` is how many seconds pass between two looks at the cluster.
    """

    credentials: Credentials
    settings: Settings
    secrets: tuple[str, ...] = field(repr=False)
    poll: float
    place: str


def run_launch(
    request: LaunchRequest,
    check_settings: CheckSettings,
    settings: Settings,
    streams: Streams,
    *,
    environment: Mapping[str, str] | None,
) -> int:
    """Try a definition end to end on the cloud that ``environment`` names, or without one on a sandbox of its own.

    Returns the exit status: 0 where the cluster is complete, or a dry run went well; 1 where the definition has errors,
    the answers or the cloud refuse it, or the cluster failed or was not deleted as was wished; 130 after Ctrl-C.

    Each request to the cloud may take as long as a build of the service.

    Raises ConfigurationError for a subject that leads to no definition, an unknown preset, and where no cloud is named.
    """
    # Libraries log what they retry; what it means for the launch is told here, without anybody's secrets in it.
    logging.getLogger().addHandler(logging.NullHandler())
    cluster_type, files = load_definition(request.subject, check_settings, streams, request.preset)
    if cluster_type is None:
        return EXIT_PROBLEMS
    if cluster_type.lifecycle is Lifecycle.RETIRED:
        successor = f"; its successor is {cluster_type.replaced_by!r}" if cluster_type.replaced_by else ""
        told = f"{cluster_type.id!r} is retired: the service neither lists nor launches it{successor}"
        streams.stderr.write(f"cluster-builder: {told}\n")
    with _open_target(environment, settings) as target:
        display = Display(streams.stdout, streams.stderr, target.secrets)
        try:
            plan = _plan(cluster_type, files, request)
            display = Display(streams.stdout, streams.stderr, (*target.secrets, *plan.secrets))
            return _Launch(request, target, plan, KINDS[cluster_type.kind].launcher, display).run()
        except RequestError as error:
            for fault in error.faults:
                display.tell(f"cluster-builder: {_describe(fault)}")
            return EXIT_PROBLEMS


@contextmanager
def _open_target(environment: Mapping[str, str] | None, settings: Settings) -> Iterator[_Target]:
    if environment is not None:
        cloud_env, settings = load_cloud_environment(environment, settings)
        credentials = parse_credentials(cloud_env)
        yield _Target(credentials, settings, credentials.secrets, POLL_SECONDS, cloud_env["auth_url"])
        return
    from builder.sandbox import Sandbox

    with Sandbox() as sandbox:
        # Without those of real clouds.
        settings = replace(
            settings, cloud_region=None, cloud_interface="public", allowed_auth_urls=(), allowed_endpoints=()
        )
        yield _Target(parse_credentials(sandbox.cloud_env), settings, (), SANDBOX_POLL_SECONDS, "")


def _plan(cluster_type: ClusterType, files: CheckedFiles, request: LaunchRequest) -> ClusterPlan:
    """Raises RequestError with every fault of the name, the answers and the selections."""
    name = _name_after(cluster_type.id) if request.name is None else request.name
    selections = dict.fromkeys(request.selected, True)
    revision = identify_dependencies({name: each.digest for name, each in files.dependencies.items()})
    answers = fill_in(cluster_type.preset_values, request.answers)
    return KINDS[cluster_type.kind].plan(cluster_type, name, answers, selections, revision)


def _name_after(id_: str) -> str:
    """A cluster's name that a type's id gives, which may begin with a digit and have dots in it."""
    name = re.sub(r"[^A-Za-z0-9_]+", "-", id_).strip("-")
    return (name if name[:1].isalpha() else f"try-{name}")[:MAX_CLUSTER_NAME].rstrip("-")


def _describe(fault: Fault) -> str:
    """A fault with the option or the variable that it is of, where it is of one."""
    match parse_pointer(fault.pointer or ""):
        case ("cluster", "parameters", name):
            return f"-p {name}: {fault.detail}"
        case ("cluster", "selections", name):
            return f"--select {name}: {fault.detail}"
        case ("cluster", "name"):
            return f"--name: {fault.detail}"
        case ("cloud_env", key):
            return f"OS_{key.upper()}: {fault.detail}"
    return fault.detail


@dataclass(slots=True)
class _Launch:
    """One launch, from its dry run to its end."""

    request: LaunchRequest
    target: _Target
    plan: ClusterPlan
    launcher: Launcher
    display: Display
    _situation: str = ""
    """What the cloud had been asked when it was last left."""

    def run(self) -> int:
        """Raises RequestError where the cloud refuses, or fails."""
        self.display.tell(f"Cloud: {self.target.place or 'a sandbox, in which nothing is real'}")
        with self._connect() as cloud:
            preview = self.launcher.preview_launch(cloud, self.plan)
        self.display.show_preview(preview)
        if self.request.dry_run:
            return EXIT_PROBLEMS if any(need.is_exceeded for need in preview.needs) else EXIT_CLEAN
        cluster = None
        try:
            with self._connect() as cloud:
                cluster = self.launcher.launch(cloud, self.plan).stack
            self.display.tell(f"Launched: {cluster.name} ({cluster.id})")
            status = self._follow(cluster)
        except NotFollowedError as error:
            self.display.tell(f"cluster-builder: what becomes of the cluster is not known: {error}")
            status = EXIT_PROBLEMS
        except KeyboardInterrupt:
            self.display.tell(f"cluster-builder: interrupted{'' if cluster else f'. {self._situation}'}")
            status = EXIT_INTERRUPTED
        finally:
            finished = EXIT_CLEAN if cluster is None else self._finish(cluster)
        return status or finished

    def _follow(self, cluster: CreatedStack) -> int:
        end = time.monotonic() + self.request.timeout

        def fetch() -> ClusterStatus | None:
            with self._connect() as cloud:
                return self.launcher.fetch_status(cloud, cluster.id)

        status = follow_cluster(
            fetch,
            self.display.show_progress,
            pause=lambda: time.sleep(self.target.poll),
            seconds_left=lambda: end - time.monotonic(),
        )
        self.display.show_outcome(status, output_format=self.request.output_format)
        return EXIT_CLEAN if status.status == MADE else EXIT_PROBLEMS

    def _finish(self, cluster: CreatedStack) -> int:
        """Delete the cluster if that is wanted, or say that it is there; a sandbox's goes with the sandbox.

        Returns the exit status, 1 where the cluster could not be deleted.
        """
        if not self.target.place:
            return EXIT_CLEAN
        if not self.request.delete:
            self.display.tell(f"The cluster is kept: {cluster.name} ({cluster.id})")
            return EXIT_CLEAN
        try:
            with self._connect() as cloud:
                self.launcher.delete(cloud, cluster)
        except RequestError as error:
            self.display.tell(f"cluster-builder: {cluster.name} ({cluster.id}) could not be deleted: {error}")
            return EXIT_PROBLEMS
        self.display.tell(f"The cluster is being deleted: {cluster.name} ({cluster.id})")
        return EXIT_CLEAN

    @contextmanager
    def _connect(self) -> Iterator[Cloud]:
        """The cloud, for the time of one request; what is under way when it is over loses its connection."""
        target = self.target
        deadline = Deadline(target.settings.build_deadline)
        try:
            with (
                deadline.at_most(deadline.seconds),
                connect(target.credentials, target.settings, deadline, secrets=self.plan.secrets) as cloud,
            ):
                yield cloud
        finally:
            self._situation = deadline.situation
