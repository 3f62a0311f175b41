"""Attacks take their time: most run by ``make test-security``, and in CI, but not with every ``make test``."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent

QUICK = {"test_guard", "test_links", "test_process_end", "test_remote_templates", "test_tokens"}
"""The modules that ``make test`` runs, too: nothing else tests what they do, and they take seconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents and item.path.stem not in QUICK:
            item.add_marker(pytest.mark.security)
