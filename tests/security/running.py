"""What the tests of a service under way share: its builds and its worker processes."""

from __future__ import annotations

import threading

from tests.openstack.remembering_heat import RememberingHeat
from tests.openstack.replay_cloud import Received
from tests.service import WAIT_SECONDS, Answer, Service, minimal_definition, wait_until


class HeldHeat(RememberingHeat):
    """A cloud that writes no stack before it is told to; see :attr:`arrived`."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived = threading.Semaphore(0)
        """Released once for each build that waits here."""
        self.gate = threading.Event()
        """Builds end from when this is set."""
        self.hooks.before_writing = self._hold

    def _hold(self, _: Received) -> None:
        self.arrived.release()
        self.gate.wait(WAIT_SECONDS)


def build(
    service: Service, cloud: RememberingHeat, name: str = "slow"
) -> tuple[threading.Thread, list[Answer | Exception]]:
    """Start a build, in a thread; its answer will be in the list."""
    body = {"cloud_env": cloud.credentials(), "cluster": {"name": name, "cluster_type_id": "small"}}
    ended: list[Answer | Exception] = []

    def ask() -> None:
        try:
            ended.append(service.post("/clusters/", body))
        except Exception as error:  # noqa: BLE001  # whatever it was, the test wants to know
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, ended


def enable(service: Service) -> None:
    (service.enabled / "small.yaml").write_text(minimal_definition())
    # Each request may be another worker's, and each of them reads the folder by itself.
    wait_until(lambda: all(service.ids() == ["small"] for _ in range(20)), "every worker lists the type")
