"""The program of a process that checks what somebody has sent, once, and ends.

What strangers send may be made to be slow, or large, in this code or in the libraries that read YAML and archives, and
no thread can be ended. So each check has a process, which the kernel holds to its limits: time of a processor, memory,
and not a byte written to any file. It starts within half a second, and has nothing of the service but what it is told.

It is sent the upload on its standard input and prints the report as JSON, or with :data:`REFUSED` the faults.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from email.utils import formatdate
from typing import Any, Final

from builder.checking.running import describe_outcome, judge_together
from builder.checking.targets import Target, Targets
from builder.checking.uploads import UNNAMED, UploadedFiles, find_definitions, is_archive, unpack
from builder.definitions.building import build_cluster_type
from builder.definitions.listing import render_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.rules import Profile
from builder.errors import RequestError, describe_crash
from builder.kinds.registry import KINDS
from builder.reporting.as_json import describe_report
from builder.reporting.report import CheckedDefinition, Report
from builder.text.json_encoding import encode_json

PROCESSOR_SECONDS: Final = 10
"""What a check may take of a processor: many times what the largest definition takes that anybody has written."""

_MEMORY: Final = 1 << 29
"""In bytes: half a gigabyte. A document of 1 MiB that is all brackets takes a third of that."""

REFUSED: Final = 4
"""The exit status where the upload is none that can be checked."""

EXHAUSTED: Final = 5
"""The exit status where the check needs more memory than it may have."""


@dataclass(frozen=True, slots=True)
class UploadSettings:
    """What is said about an upload: see :class:`builder.checking.checked_files.CheckSettings`.

    ``id`` is what the definition is called, if that is known and no folder's name says it. ``archive`` says that it is
    a tar archive, whether or not it looks like one. ``listed`` are the ids of cluster types that the service lists: all
    that the upload may refer to.
    """

    id: str = ""
    archive: bool = False
    allow_remote: bool = False
    profile: str = Profile.CONCERTIM
    listed: Sequence[str] = ()


def check_upload(content: bytes, settings: UploadSettings) -> dict[str, Any]:
    """The report on an upload, as ``check --format json`` prints it, and what the Visualisation App would be sent.

    Raises RequestError (400) where it is nothing that can be checked.
    """
    if settings.archive or is_archive(content):
        files = unpack(content)
        targets = find_definitions(files)
    else:
        path = f"{settings.id or UNNAMED}.yaml"
        files = {path: content}
        targets = Targets([Target(UNNAMED, path, path)])
    modified = formatdate(time.time(), usegmt=True)  # as if it were saved now
    checked, cluster_types = [], []
    for target in targets.definitions:
        own = ClusterTypeId(settings.id) if settings.id and target.id == UNNAMED else target.id
        source = UploadedFiles(files, target.path, allow_remote=settings.allow_remote)
        try:
            outcome = build_cluster_type(own, source, KINDS, deep=True, profile=Profile(settings.profile))
        except MemoryError:  # that is not a mistake of ours
            raise
        except Exception as error:  # noqa: BLE001  # an edge: one definition never stops the check of the others
            checked.append(CheckedDefinition(target.path, own, (), describe_crash(error)))
            continue
        described = describe_outcome(own, target.path, outcome, is_named=own != UNNAMED)
        unless_known = {id_: each for id_, each in described.unless_known.items() if id_ not in settings.listed}
        checked.append(replace(described, unless_known=unless_known))
        if outcome.cluster_type is not None:
            cluster_types.append({**render_cluster_type(outcome.cluster_type), "last_modified": modified})
    report = Report(tuple(judge_together(targets.definitions, checked, None)), tuple(targets.problems))
    return {**describe_report(report), "cluster_types": cluster_types}


def main(settings: Mapping[str, Any]) -> int:
    """Check what comes on standard input; returns the exit status."""
    limit_process()
    try:
        answer, status = check_upload(sys.stdin.buffer.read(), UploadSettings(**settings)), 0
        for definition in answer["definitions"]:
            if definition["crash"]:
                sys.stderr.write(f"{definition['crash']}\n")
    except RequestError as error:
        answer, status = {"faults": [asdict(each) for each in error.faults]}, REFUSED
    except MemoryError:
        return EXHAUSTED
    except Exception as error:  # noqa: BLE001  # the edge of the process: the service logs what is printed here
        sys.stderr.write(f"{describe_crash(error)}\n")
        return 1
    sys.stdout.buffer.write(encode_json(answer))
    sys.stdout.flush()
    return status


def limit_process() -> None:
    """Have the kernel end this process, or refuse what it asks for, where it takes more than a check may."""
    os.nice(5)  # listings come first: a third of what another process gets, where all are busy
    with suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write("1000")  # where memory runs short this process is ended, and not the service
    limits = {
        resource.RLIMIT_CPU: PROCESSOR_SECONDS,
        resource.RLIMIT_AS: _MEMORY,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for limit, most in limits.items():
        resource.setrlimit(limit, (most, most))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
