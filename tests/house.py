"""The house in figures: what docs/architecture.md tells of the source, counted.

``python -m tests.house`` prints the rows as they are now.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

SOURCE = Path(__file__).parent.parent / "builder"


def count_lines(folder: Path = SOURCE) -> dict[Path, int]:
    """The lines of each module of a folder, of those within it, too."""
    return {path: len(path.read_text().splitlines()) for path in sorted(folder.rglob("*.py"))}


def count_modules() -> Counter[Path]:
    """How many modules each room has, ``__init__`` not counted."""
    return Counter(path.parent for path in SOURCE.rglob("*.py") if path.stem != "__init__" and path.parent != SOURCE)


def find_names_that_stand_twice() -> list[str]:
    """The names that more than one module has."""
    names = Counter(path.stem for path in SOURCE.rglob("*.py") if path.stem != "__init__")
    return sorted(name for name, number in names.items() if number > 1)


def measure_functions() -> Iterator[int]:
    """The lines of each function, from ``def`` on."""
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (node.end_lineno or node.lineno) - node.lineno + 1


def figures() -> dict[str, str]:
    """The column "now" of the table, by what stands in its first."""
    modules = [lines for path, lines in count_lines().items() if path.stem != "__init__"]
    functions = list(measure_functions())
    ninetieth = quantiles(functions, n=10)[-1]
    rooms = count_modules()
    return {
        "lines of Python in `builder/`": f"{round(sum(count_lines().values()), -2):,}",
        "rooms, and the modules of the fullest": f"{len(rooms)}, {max(rooms.values())}",
        "lines in `definitions/`": f"{round(sum(count_lines(SOURCE / 'definitions').values()), -1):,}",
        "module names that stand twice": f"{len(find_names_that_stand_twice())}",
        "functions, median and 90th percentile, in lines": f"{median(functions):.0f}, {ninetieth:.0f}",
        "modules, median and longest, in lines": f"{median(modules):.0f}, {max(modules)}",
    }


if __name__ == "__main__":
    for row, now in figures().items():
        print(f"| {row} | {now} |")
    print(find_names_that_stand_twice())
    print(sorted((lines, path.name) for path, lines in count_lines().items() if lines > 290))
    print(count_modules().most_common(4))
