"""What a check would do that finds no end, or needs all the memory there is: stands for the program of its process."""

from __future__ import annotations

import json
import os
import resource
import sys

from builder.checking.isolated import EXHAUSTED, limit_process

if __name__ == "__main__":
    kind = json.loads(sys.argv[1])["id"]
    os.nice = lambda _: 0  # on a busy machine it would never get to its end
    limit_process()
    if kind == "writing":
        with open("/tmp/written", "wb", buffering=0) as file:  # noqa: PTH123
            file.write(b"x")
    if kind == "memory":
        try:
            kept = [bytearray(1 << 24) for _ in range(1000)]
        except MemoryError:
            sys.exit(EXHAUSTED)
    spent = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + 1, int(spent) + 1))  # sooner than a check would be
    while True:
        pass
