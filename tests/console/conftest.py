"""A service with pages, on definitions that are good, broken and none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.service import Service, minimal_definition, wait_until


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with one entry in each of four states."""
    running = Service(tmp_path_factory.mktemp("console") / "instance")
    running.enabled.mkdir(parents=True)
    (running.enabled / "good.yaml").write_text(minimal_definition("A good cluster"))
    (running.enabled / "broken.yaml").write_text(minimal_definition().replace("title:", "titel:"))
    (running.enabled / "notes.txt").write_text("not a definition")
    (running.enabled / "old.yaml").write_text(f"lifecycle: retired\n{minimal_definition()}")
    with running:
        wait_until(lambda: running.ids() == ["good"], "listed")
        yield running
