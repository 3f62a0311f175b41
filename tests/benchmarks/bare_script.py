"""The baseline of a build: what somebody would write with the clients alone, to create one stack.

Run as ``python -m tests.benchmarks.bare_script``; reads one order a line, creates its stack, and prints the stack's id.
It makes the requests that the service makes for the same build, with the same bodies, and nothing else: no checks, no
deadline, no guard, no errors told. A session for each order, as each brings credentials of its own. What the project
has left is asked of plain URLs, without openstacksdk, and thrown away.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from heatclient.v1.client import Client
from keystoneauth1.identity import v3
from keystoneauth1.session import Session


def create(credentials: dict[str, Any], region: str, stack: dict[str, Any], before: list[str]) -> str:
    """Create a stack, after what is to come ``before``; gives its id."""
    session = Session(auth=v3.Password(**credentials))
    heat = Client(session=session, interface="public", region_name=region)
    if "preview" in before:
        heat.stacks.preview(**stack)
    if "limits" in before:
        ask_limits(session, region)
    made: str = heat.stacks.create(**stack)["stack"]["id"]
    return made


def ask_limits(session: Any, region: str) -> None:
    """The flavors, and what the project has left of servers."""
    compute = session.get_endpoint(service_type="compute", interface="public", region_name=region)
    session.get(compute, authenticated=False).json()
    for path in ("/flavors/detail?is_public=None", "/limits"):
        session.get(f"{compute}{path}").json()


def main() -> None:
    """Create what is ordered, one stack after the other."""
    for line in sys.stdin:
        order = json.loads(line)
        print(create(order["credentials"], order["region"], order["stack"], order["before"]), flush=True)


if __name__ == "__main__":
    main()
