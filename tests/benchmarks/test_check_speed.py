"""How long a check of 1,000 definitions takes, beside the time that parsing them takes in the same run."""

from __future__ import annotations

import gc
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from builder.checking.checked_files import CheckSettings
from builder.checking.running import check_targets
from builder.checking.targets import find_targets
from builder.yaml_documents.documents import parse_definition, parse_template
from tests.checking.examples import SHIPPED

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(600)]

DEFINITIONS = 1000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with as many copies of each shipped example as come to a thousand, or just below it."""
    folder = tmp_path_factory.mktemp("many")
    examples = sorted(SHIPPED.iterdir())
    for number in range(DEFINITIONS // len(examples)):
        for example in examples:
            if example.is_dir():
                shutil.copytree(example, folder / f"{example.name}-{number}")
            else:
                shutil.copy(example, folder / f"{example.stem}-{number}{example.suffix}")
    return folder


def parse_everything(folder: Path) -> None:
    """Read and parse every definition and every template, and do nothing else, in one process."""
    for path in sorted(folder.rglob("*.yaml")):
        text = path.read_text()
        is_definition = path.parent == folder or path.name == "cluster-type.yaml"
        (parse_definition if is_definition else parse_template)(text, str(path))


def least(measured: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """The least of some runs, in seconds by the clock and of the processors: other work only ever makes it more."""
    durations, costs = [], []
    for _ in range(times):
        start, before = time.perf_counter(), sum(os.times()[:4])
        measured()
        durations.append(time.perf_counter() - start)
        costs.append(sum(os.times()[:4]) - before)
    return min(durations), min(costs)


def test_checking_takes_little_longer_than_parsing(many: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(many)
    gc.freeze()  # as the command does with what it has imported; what the tests have imported is no part of parsing
    report = check_targets(find_targets(["."]), CheckSettings())
    assert (len(report.definitions), report.problems()) == (len(list(many.iterdir())), ())
    parsing, parsing_cost = least(lambda: parse_everything(many))
    checking, checking_cost = least(lambda: check_targets(find_targets(["."]), CheckSettings()))
    monkeypatch.setattr("builder.checking.running._count_processors", lambda: 1)
    alone, alone_cost = least(lambda: check_targets(find_targets(["."]), CheckSettings()))
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"\n{DEFINITIONS:,} definitions: parsing {parsing:.2f} s; checking {checking:.2f} s "
        f"({checking / parsing:.2f} times as long) on {processors} processors, "
        f"{alone:.2f} s ({alone / parsing:.2f} times) on one; by CPU time {checking_cost / parsing_cost:.2f} times, "
        f"{alone_cost / parsing_cost:.2f} in one process"
    )
