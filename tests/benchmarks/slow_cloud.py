"""A cloud in a process of its own, whose Heat takes as long as it is told.

Run as ``python -m tests.benchmarks.slow_cloud SECONDS [whole]``; prints its URL, and serves until its input ends. With
``whole`` there is compute and block storage, too, and two servers in each preview: builds look at the project's limits.
``GET /requests`` tells what arrived since it was asked last.
"""

from __future__ import annotations

import sys
from typing import Any

from tests.openstack.further_services import WholeCloud, previewed
from tests.openstack.replay_cloud import Behaviour, Received, answer

SERVERS = [previewed("OS::Nova::Server", f"node-{number}", flavor="m1.small") for number in range(2)]


class SlowCloud(WholeCloud):
    """See the module."""

    def __init__(self, seconds: float, *, whole: bool) -> None:
        super().__init__()
        self._seconds = seconds
        self.previewed = SERVERS
        if not whole:
            self.without("compute", "volumev3", "image", "network")

    def respond(self, request: Received) -> bytes | Behaviour:
        if request.path == "/requests":
            arrived, self.received[:] = [describe(each) for each in self.received if each is not request], []
            return answer(200, {"requests": arrived})
        if request.path.startswith("/heat"):
            self.closing.wait(self._seconds)
        return super().respond(request)


def describe(request: Received) -> dict[str, Any]:
    return {"method": request.method, "path": request.path, "body": request.body.decode()}


def main() -> None:
    """Serve until the input ends."""
    with SlowCloud(float(sys.argv[1]), whole="whole" in sys.argv[2:]) as cloud:
        print(cloud.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
