"""A real Chromium, driven by Playwright, on a service with a sandbox: what people see and do.

``make test-console`` lays Playwright and axe-core beside the rest, and says by ``AXE`` where axe-core is.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.service import WAIT_SECONDS, Service, wait_until

SCREENSHOTS = Path(__file__).parent.parent.parent / "build" / "screenshots"

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""It runs as root in a container, and is to ask nobody but the service."""

BROKEN_TITLE = "<img src=x onerror=alert(1)><script>alert(2)</script>"


@dataclass
class Visit:
    """A page as somebody has it open, and whatever went wrong on it or was asked of others."""

    page: Any
    service: Service
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str = "/") -> Any:
        """Open a page of the service, and wait until all of it is there."""
        return self.page.goto(self.service.url + path, wait_until="load")

    def keep(self, name: str) -> None:
        """Keep a picture of what is seen."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))

    def violations(self) -> list[str]:
        """What axe-core finds against the rules for accessible pages."""
        self.page.evaluate(Path(os.environ["AXE"]).read_text())  # by the debugger, which no policy of the page forbids
        found = self.page.evaluate("axe.run().then(result => result.violations)")
        return [f"{each['id']}: {each['help']}: {[node['target'] for node in each['nodes']]}" for each in found]

    def is_too_wide(self) -> bool:
        """Whether it has to be moved sideways."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        pytest.skip("there is no Chromium here")
    playwright = pytest.importorskip("playwright.sync_api", reason="make test-console lays it beside")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    """A service with the examples, as copies that a test may break and mends, and one definition that stays broken."""
    running = Service(tmp_path_factory.mktemp("pages") / "instance", {"SANDBOX_PORT": "0"}, flags=("--sandbox",))
    shutil.copytree(examples, running.enabled)
    (running.enabled / "broken.yaml").write_text(f"kind: heat\ntitle: {BROKEN_TITLE!r}\n")
    with running:
        wait_until(lambda: len(running.ids()) == len(list(examples.iterdir())), "listed")
        yield running


@pytest.fixture
def visit(request: pytest.FixtureRequest, chromium: Any, service: Service) -> Iterator[Visit]:
    """One visit; a test says by ``@pytest.mark.parametrize("visit", [{…}], indirect=True)`` how it is looked at.

    In the end nothing may have gone wrong: no message of the browser, no error of a script, no dialog, and no request
    to anybody but the service.
    """
    options = {"viewport": {"width": 1200, "height": 900}, **getattr(request, "param", {})}
    context = chromium.new_context(**options)
    context.set_default_timeout(WAIT_SECONDS * 1000)
    page = context.new_page()
    visit = Visit(page, service)
    note = visit.complaints.append
    page.on("console", lambda message: note(f"console: {message.text}"))
    page.on("pageerror", lambda error: note(f"script: {error}"))
    page.on("dialog", lambda dialog: (note(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda asked: asked.url.startswith(service.url) or note(f"request: {asked.url}"))
    yield visit
    context.close()
    assert visit.complaints == []
