"""The registry of the kinds of cluster types: the one place that names them all."""

from __future__ import annotations

from typing import Final

from builder.kinds.heat.kind import Heat
from builder.kinds.magnum.kind import Magnum
from builder.kinds.protocol import Kind

KINDS: Final[dict[str, Kind]] = {"heat": Heat(), "magnum": Magnum()}
"""Each kind by what a definition has under ``kind``."""
