"""What starts the service holds signals back that come before it can act on them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.service import STOP_SECONDS, Service, minimal_definition, wait_until

ROOT = Path(__file__).parent.parent.parent

SHOW = "import signal; print(*sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, []))))"


def read_command(file: str) -> list[str]:
    """What comes before the service's own command, in the image or in the unit."""
    text = (ROOT / file).read_text()
    if file == "Dockerfile":
        (entry_point,) = re.findall(r"^ENTRYPOINT (.*)", text, re.MULTILINE)
        words: list[str] = json.loads(entry_point)
    else:
        (start,) = re.findall(r"^ExecStart=(.*)", text, re.MULTILINE)
        words = start.removesuffix(" serve").split()
    assert words.pop().endswith("cluster-builder")
    return words


@pytest.mark.parametrize("file", ["Dockerfile", "docs/deploy/cluster-builder.service"])
def test_signals_are_held_back_before_there_is_any_python(file: str) -> None:
    command = [*read_command(file), sys.executable, "-c", SHOW]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=STOP_SECONDS)
    assert ran.stdout.split() == [str(int(number)) for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_signals_that_were_held_back_are_acted_on_by_the_service(tmp_path: Path, workers: str) -> None:
    service = Service(tmp_path, {"WATCH": "poll", "RESCAN_INTERVAL": "600"}, ("--workers", workers))
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
    try:
        service.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    with ExitStack() as stack:
        stack.push(service)
        assert service.ids() == []
        (service.enabled / "a.yaml").write_text(minimal_definition())
        service.process.send_signal(signal.SIGHUP)
        wait_until(lambda: all(service.ids() == ["a"] for _ in range(10)), "read again")
        assert service.stop() == 0
