"""The sandbox cloud: a stand-in for Keystone v3 and Heat v1 that speaks their wire protocol.

For newcomers who have no cloud at hand, for the developers of clients, and for tests. Real clients work against it
unmodified, and the same contract tests run against it and against real services (``tests/contract``). Of the rest of
the project it imports Heat's facts and the matching of patterns; it keeps everything in memory, and makes nothing real.
What it leaves out: updates of stacks, snapshots, CloudFormation templates, ``yaql``, and whatever would need another
service of a cloud (a flavor is not looked up, a server is an id).
"""

from __future__ import annotations

from builder.sandbox.cloud import Sandbox, format_startup_message
from builder.sandbox.wire.accounts import Credentials

__all__ = ["Credentials", "Sandbox", "format_startup_message"]
