"""A service that tests share forgets, between two of them, what the first one has enabled."""

from __future__ import annotations

from tests.service import Service, wait_until
from tests.watching.world import remove


def empty(service: Service) -> None:
    """Remove all from the folders of a service, and wait until it has nothing of them in its catalogue."""
    for folder in (service.enabled, service.instance / "cluster-types-available"):
        for path in folder.iterdir():
            remove(path)
    wait_until(lambda: service.get("/catalogue").json()["entries"] == [], "nothing is left")
