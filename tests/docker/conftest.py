"""The image, built once for all the tests that drive it; without an engine they are skipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docker.engine import IMAGE, ROOT, Container, docker_ok, why_no_engine

BUILD_SECONDS = 900.0


@pytest.fixture(scope="session")
def image() -> str:
    """The image, built as the documentation says."""
    if reason := why_no_engine():
        pytest.skip(reason)
    docker_ok("build", "--tag", IMAGE, ".", cwd=ROOT, timeout=BUILD_SECONDS)
    return IMAGE


@pytest.fixture(scope="module")
def running(image: str) -> Iterator[Container]:
    """A container of the module's own with nothing said but a port; for tests that change nothing."""
    with Container() as container:
        yield container.wait_until_ready()


@pytest.fixture
def enabled(tmp_path: Path) -> Path:
    """A folder of the host that any user may read, and only its owner write."""
    folder = tmp_path / "enabled"
    folder.mkdir(mode=0o755)
    return folder
