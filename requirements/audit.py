"""Look every pinned dependency up among known vulnerabilities (make audit).

    python requirements/audit.py PIP_AUDIT FILE...

pip-audit answers "none known" for a package of which its source knows nothing at all, as an index without such data
does, and fails in the same way for a vulnerability and for a source that is out of reach. Here the three are told
apart: a vulnerability fails (1); what could not be looked up is said, and passes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

_OPTIONS = ("--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json", "--requirement")


def audit(program: str, file: Path) -> list[dict[str, Any]] | None:
    """What pip-audit says of each package in a file; None where it cannot reach its data."""
    ran = subprocess.run([program, *_OPTIONS, str(file)], capture_output=True, text=True, check=False)  # noqa: S603  # from the command line
    try:
        dependencies: list[dict[str, Any]] = json.loads(ran.stdout)["dependencies"]
    except (ValueError, KeyError, TypeError):
        sys.stderr.write("".join(ran.stderr.splitlines(keepends=True)[-1:]))
        return None
    return dependencies


def report(file: Path, dependencies: list[dict[str, Any]] | None) -> bool:
    """Say what was found; returns whether that is no vulnerability."""
    if dependencies is None:
        print(f"{file}: NOT AUDITED, the data cannot be reached")  # noqa: T201  # what the command is for
        return True
    found = [
        f"{each['name']} {each['version']}: {flaw['id']}" for each in dependencies for flaw in each.get("vulns", ())
    ]
    unknown = [each["name"] for each in dependencies if "skip_reason" in each]
    text = ", ".join(found) or "no known vulnerability"
    if unknown and len(unknown) == len(dependencies):
        text = "NOT AUDITED, the source has no data on any of its packages"
    elif unknown:
        text += f"; NOT AUDITED: {', '.join(unknown)}"
    print(f"{file}: {text} ({len(dependencies) - len(unknown)} of {len(dependencies)} looked up)")  # noqa: T201
    return not found


def main(arguments: Sequence[str]) -> int:
    """Audit every file, and give the exit status."""
    program, *files = arguments
    good = [report(Path(file), audit(program, Path(file))) for file in files]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
