"""Writes down what the checker finds in each of tests/examples/invalid, to be read through before it is committed.

python -m tests.checking.record
"""

from __future__ import annotations

import json
import os

from tests.checking.examples import EXPECTED_SUFFIX, INVALID, check, list_cases, summarize


def main() -> None:
    os.chdir(INVALID)
    for case in list_cases():
        lines = [json.dumps(summarize(problem)) for problem in check(case).problems()]
        (INVALID / f"{case}{EXPECTED_SUFFIX}").write_text("[\n  " + ",\n  ".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
