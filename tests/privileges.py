"""Programs without the right of root to read whatever it likes, as which tests often run."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

_DROPPING = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def unprivileged_prefix() -> tuple[str, ...]:
    """What to put before a command, so that it may read only what permissions allow; skips where that cannot be."""
    if os.geteuid() != 0:
        return ()
    if shutil.which(_DROPPING[0]) is None:
        pytest.skip("root may read everything")
    return _DROPPING


def mount_prefix() -> tuple[str, ...]:
    """What to put before a command, so that it may mount folders, for itself alone; skips where that cannot be."""
    prefix = ("unshare", "--mount") if os.geteuid() == 0 else ("unshare", "--map-root-user", "--mount")
    if (
        shutil.which(prefix[0]) is None
        or subprocess.run([*prefix, "true"], check=False, capture_output=True).returncode
    ):
        pytest.skip("nothing may be mounted here")
    return prefix
