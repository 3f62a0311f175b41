"""Checks of what strangers send, each in a process of its own: so many at once, and each within its time."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import builder
from builder.checking import isolated
from builder.checking.isolated import EXHAUSTED, PROCESSOR_SECONDS, REFUSED, UploadSettings
from builder.errors import Fault, RequestError
from builder.openstack.failure_kinds import RETRY_AFTER, FailureKind

logger = logging.getLogger(__name__)

CHECKS: Final = 2
"""At once: whoever sends what is slow takes no more than two processors, and those with a low priority."""

_BUSY_TIMEOUT = 45.0
"""In seconds: what a check may take on a machine that is busy otherwise. Proxies give up after 60 s."""


class Checker:
    """Has uploads checked; one for each worker process, used from its event loop."""

    def __init__(self) -> None:
        self._under_way = 0

    async def check(self, content: bytes, settings: UploadSettings) -> bytes:
        """The report on an upload, as JSON.

        Raises RequestError: 400 where it cannot be checked, 422 where that takes too much, 503 where others are
        checked already.
        """
        if self._under_way >= CHECKS:
            detail = f"{CHECKS} definitions are checked already, and no more at once. Try again shortly."
            raise FailureKind.SERVICE_BUSY.error(detail, headers=RETRY_AFTER)
        self._under_way += 1
        check = asyncio.ensure_future(asyncio.to_thread(_run, content, settings))
        check.add_done_callback(self._note_end)
        return await asyncio.shield(check)  # where its client goes away, its process still counts until it has ended

    def _note_end(self, check: asyncio.Future[bytes]) -> None:
        self._under_way -= 1
        if not check.cancelled():
            check.exception()  # nobody may have waited for it


def _run(content: bytes, settings: UploadSettings) -> bytes:
    command = [sys.executable, "-P", "-s", "-B", "-m", isolated.__name__, json.dumps(asdict(settings))]
    environment = {key: value for key, value in os.environ.items() if key == "LD_LIBRARY_PATH"}
    environment["PYTHONPATH"] = str(Path(builder.__file__).parent.parent)
    try:
        ended = subprocess.run(  # noqa: S603  # this interpreter, and a module of this package
            command, input=content, capture_output=True, timeout=_BUSY_TIMEOUT, cwd="/", env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        detail = "The machine of this service is too busy for a check. Try again shortly."
        raise FailureKind.SERVICE_BUSY.error(detail, headers=RETRY_AFTER) from None
    except OSError as error:
        detail = "This service cannot start a check now. Try again shortly."
        logger.warning("no check can be started: %s", error.strerror)
        raise FailureKind.SERVICE_BUSY.error(detail, headers=RETRY_AFTER) from error
    if ended.returncode == REFUSED:
        faults = json.loads(ended.stdout)["faults"]
        raise RequestError(*(Fault(each["status"], each["title"], each["detail"]) for each in faults))
    if ended.stderr:
        logger.error("a check failed: %s", ended.stderr[:500].decode("utf-8", "replace").strip())
    if ended.returncode in (-signal.SIGXCPU, -signal.SIGKILL, EXHAUSTED):
        detail = (
            f"The check takes more than {PROCESSOR_SECONDS} seconds of a processor, or too much memory. "
            "cluster-builder check has no such limits."
        )
        raise RequestError(Fault(422, "Check not finished", detail))
    if ended.returncode:
        raise RuntimeError(f"the process of a check ended with status {ended.returncode}")
    return ended.stdout
