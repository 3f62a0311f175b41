"""Put each defect of ``defects.toml`` into a copy of the project, one at a time, and see its tests turn red.

``make mutants`` runs them all; ``MUTANTS="token endpoint"`` those whose name contains one of the words. A defect that
no test notices is a test that is missing. Broad tools (mutmut, cosmic-ray) change every operator, and would take a day
for a suite most of whose tests start processes; these are the changes that would hurt, each with its tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "builder",
    "cluster-types-examples",
    "examples",
    "docs",
    "requirements",
    "schemas",
    "tests",
    "instance",
    "docker",
)
SINGLE_FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "Makefile", "Dockerfile", "docker-compose.yml")

TIMEOUT_SECONDS = 300
"""A defect may make the tests hang instead of fail: that is noticed, too."""

TESTS_FAILED = 1
"""pytest's exit status; any other is a fault of the list, such as a test that is not there."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A small edit: ``old``, which stands once in ``file``, becomes ``new``; one of ``tests`` has to fail then."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, root: Path) -> None:
        """Put the defect into the project at ``root``.

        Raises ValueError where the text that it replaces does not stand there exactly once.
        """
        path = root / self.file
        text = path.read_text() if path.is_file() else ""
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} stands {text.count(self.old)} times in {self.file}")
        path.write_text(text.replace(self.old, self.new))


def load_defects() -> list[Defect]:
    """The list of defects, in the order of the file."""
    listed = tomllib.loads((Path(__file__).parent / "defects.toml").read_text())["defect"]
    return [Defect(each["name"], each["file"], each["old"], each["new"], tuple(each["tests"])) for each in listed]


def copy_project(target: Path) -> None:
    """Copy what the tests need, without what was built."""
    for name in COPIED:
        shutil.copytree(ROOT / name, target / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SINGLE_FILES:
        shutil.copy(ROOT / name, target / name)


def judge(defect: Defect) -> str:
    """What became of a defect: an empty text where a test noticed it, or else what is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        copy_project(copy)
        try:
            defect.apply(copy)
        except ValueError as error:
            return str(error)
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "", *defect.tests]
        environment = {**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            ran = subprocess.run(
                command, cwd=copy, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return ""
        if ran.returncode == TESTS_FAILED:
            return ""
        return f"{defect.name}: pytest ended with {ran.returncode}, not with failures\n{ran.stdout[-2000:]}"


def main() -> int:
    """Judge the chosen defects, in as many processes as there are cores."""
    words = os.environ.get("MUTANTS", "").split()
    chosen = [each for each in load_defects() if not words or any(word in each.name for word in words)]
    unnoticed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for defect, wrong in zip(chosen, pool.map(judge, chosen), strict=True):
            print(f"{'NOT NOTICED' if wrong else 'noticed'}: {defect.name}", wrong, flush=True)
            unnoticed += bool(wrong)
    print(f"{len(chosen) - unnoticed} of {len(chosen)} defects were noticed")
    return 1 if unnoticed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
