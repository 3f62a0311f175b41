"""A sandbox of each test's own: nothing is shared, so that every test can count what there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from builder.sandbox import Sandbox
from tests.sandbox.clients import Member


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(quota_stacks=3) as running:
        yield running


@pytest.fixture
def member(sandbox: Sandbox) -> Member:
    return Member(sandbox)
