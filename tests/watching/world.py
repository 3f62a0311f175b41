"""A running service and the files that it watches: what the scenarios are written with.

The service is asked over HTTP, as its clients ask it. Nothing sleeps: a scenario changes files and waits, with a limit,
until the listing shows what it must show.
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.service import Service

LIMIT_SECONDS = 60.0
"""How long a scenario waits before it fails, also on a machine that is busy otherwise; what the service promises is
measured, see ``slowest``."""

DEFINITION = """\
kind: heat
title: {title}
description: A cluster for the tests.
heat_template:
  heat_template_version: 2021-04-16
  resources:
    secret: {{type: OS::Heat::RandomString, properties: {{length: 8}}}}
  parameters:
    size: {{type: number, default: 1}}
"""

COMPOSED = """\
kind: heat
title: {title}
description: A composed cluster for the tests.
components:
  - name: main
"""

COMPONENT = """\
heat_template_version: 2021-04-16
parameters:
  size: {{type: number, default: 1, label: {label}}}
resources:
  secret: {{type: OS::Heat::RandomString, properties: {{length: 8}}}}
"""


def definition(title: str) -> str:
    """A whole definition in one file."""
    return DEFINITION.format(title=title)


def write_composed(folder: Path, title: str, label: str = "Size") -> None:
    """A composed cluster type in a folder."""
    (folder / "components").mkdir(parents=True)
    (folder / "components" / "main.yaml").write_text(COMPONENT.format(label=label))
    (folder / "cluster-type.yaml").write_text(COMPOSED.format(title=title))


class Client:
    """One kept-open connection to the service; for one thread."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc
        self._connection = http.client.HTTPConnection(self._address, timeout=30)

    def get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (in lower case) and body."""
        try:
            return self._get(path)
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()  # an idle connection may have been closed
            return self._get(path)

    def _get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


@dataclass
class World:
    """A service in its instance folder; ids that begin with ``resident`` belong to no scenario."""

    service: Service
    mode: str
    slowest: float = 0.0
    _client: Client | None = None
    _mark: int = 0

    # ---- files

    @property
    def enabled(self) -> Path:
        """The enabled folder."""
        return self.service.enabled

    @property
    def available(self) -> Path:
        """Where definitions are kept that are enabled by links."""
        return self.service.instance / "cluster-types-available"

    def enable(self, name: str, title: str) -> Path:
        """Enable a definition, put in place whole, and wait until it is listed."""
        path = self.enabled / f"{name}.yaml"
        self.replace(path, definition(title))
        self.wait_for_title(name, title)
        return path

    def replace(self, path: Path, text: str) -> None:
        """Write a file and rename it into place."""
        temporary = path.with_name(f".{path.name}.new")
        temporary.write_text(text)
        temporary.rename(path)

    # ---- what the service says

    @property
    def client(self) -> Client:
        """The connection of this world."""
        if self._client is None:
            self._client = Client(self.service.url)
        return self._client

    def listing(self) -> dict[str, dict[str, Any]]:
        """The listed types by id."""
        status, _, body = self.client.get("/cluster-types")
        assert status == 200, body
        return {each["id"]: each for each in json.loads(body)}

    def titles(self) -> dict[str, str]:
        """The titles of the listed types, by id, without the residents."""
        return {key: each["title"] for key, each in self.listing().items() if not key.startswith("resident")}

    def title(self, cluster_type_id: str) -> str | None:
        """The title under which a type is listed, if it is."""
        return self.titles().get(cluster_type_id)

    def etag(self, cluster_type_id: str | None = None) -> str:
        """The entity tag of the listing, or of one type."""
        _, headers, _ = self.client.get(f"/cluster-types/{cluster_type_id}" if cluster_type_id else "/cluster-types")
        return headers["etag"]

    def catalogue(self) -> dict[str, Any]:
        """What operators are shown."""
        described: dict[str, Any] = json.loads(self.client.get("/catalogue")[2])
        return described

    def entry(self, path: str) -> dict[str, Any]:
        """What operators are shown of one entry; empty where there is none."""
        return next((each for each in self.catalogue()["entries"] if each["path"] == path), {})

    def state(self, path: str) -> str | None:
        """The state of one entry."""
        return self.entry(path).get("state")

    def rules(self, path: str) -> set[str]:
        """The rules that the errors of one entry break."""
        return {each["rule"] for each in self.entry(path).get("problems", []) if each["severity"] == "error"}

    def listings(self) -> int:
        """How many different listings there have been."""
        count: int = self.catalogue()["snapshot"]["listing_changes"]
        return count

    def log(self) -> list[str]:
        """What the service has logged of cluster types in this scenario."""
        return [line for line in self.service.settled_log().splitlines()[self._mark :] if "builder.catalogue" in line]

    def begin(self) -> None:
        """A new scenario begins."""
        self._mark = len(self.service.settled_log().splitlines())

    # ---- waiting

    def wait(self, condition: Callable[[], object], what: str, seconds: float = LIMIT_SECONDS) -> None:
        """Wait until a condition holds."""
        began = time.monotonic()
        pause = threading.Event()
        while not condition():
            if time.monotonic() - began > seconds:
                recent = "\n".join(self.log()[-20:])
                raise AssertionError(f"not within {seconds:g} seconds: {what}; the log says:\n{recent}")
            pause.wait(0.005)
        self.slowest = max(self.slowest, time.monotonic() - began)

    def wait_for_title(self, cluster_type_id: str, title: str | None) -> None:
        """Wait until a type is listed under a title, or, with None, is not listed."""
        self.wait(lambda: self.title(cluster_type_id) == title, f"{cluster_type_id} is listed as {title!r}")

    def wait_for_state(self, path: str, state: str | None) -> None:
        """Wait until an entry is in a state, or, with None, is not known."""
        self.wait(lambda: self.state(path) == state, f"{path} is {state}")

    def settle(self) -> None:
        """Wait until everything that was done before is taken in: a change that was made after it is."""
        marker = self.enabled / "marker.yaml"
        self.replace(marker, definition(f"Marker {time.monotonic_ns()}"))
        title = marker.read_text().splitlines()[1].removeprefix("title: ")
        self.wait_for_title("marker", title)
        rescans = self.catalogue()["rescans"]
        if self.mode == "poll":
            self.wait(lambda: self.catalogue()["rescans"] > rescans + 1, "another rescan")
        marker.unlink()
        self.wait_for_title("marker", None)

    @contextmanager
    def reader(self, *ids: str) -> Iterator[list[dict[str, str]]]:
        """Read the listing without a pause beside; collects every different view of the types ``ids``, by title."""
        seen: list[dict[str, str]] = []
        ending = threading.Event()
        world = World(self.service, self.mode)

        def look() -> None:
            titles = {key: title for key, title in world.titles().items() if key in ids}
            if not seen or seen[-1] != titles:
                seen.append(titles)

        def read() -> None:
            while not ending.is_set():
                look()
            look()  # what the scenario has waited for, the reader has seen
            world.client.close()

        thread = threading.Thread(target=read)
        thread.start()
        try:
            self.wait(lambda: seen, "a first look")
            yield seen
        finally:
            ending.set()
            thread.join(LIMIT_SECONDS)


def remove(path: Path) -> None:
    """Remove whatever is there."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    for child in path.iterdir():
        remove(child)
    path.rmdir()


def relative_link(target: Path, link: Path) -> None:
    """A symbolic link whose target is written relative to it."""
    link.symlink_to(os.path.relpath(target, link.parent))
