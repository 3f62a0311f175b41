"""Paths as code hosts and CI servers look for them: from the top of the repository, wherever the check was run.

GitHub takes the file of an annotation, and of a SARIF result, from the folder of the checkout (``GITHUB_WORKSPACE``);
GitLab takes that of a JUnit test from the top of the repository, and compares tests of two branches by their names.
"""

# Paths are plain strings in reports, which a Path would tidy up.
# ruff: noqa: PTH100

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from pathlib import PurePath

from builder.diagnostics.problems import Problem
from builder.reporting.report import Report


def relate_paths(report: Report, workspace: str) -> Report:
    """The report with its paths from ``workspace`` where the file is in it, else from its repository's top.

    A path stays as it is where the file is in neither, is on another host, or is standard input.
    """

    @cache
    def relate(path: str) -> str:
        if "://" in path or path in report.texts:
            return path
        given = os.path.abspath(path)
        # What is given by a link to the repository, or by one within it, is looked for by where it really is as well.
        for file, top in ((given, workspace), (os.path.realpath(path), os.path.realpath(workspace or os.curdir))):
            if workspace and PurePath(file).is_relative_to(os.path.abspath(top)):
                return os.path.relpath(file, top)
        # The nearest folder above that has a .git, which is a file in a submodule and in a worktree.
        tops = (above for above in PurePath(given).parents if os.path.lexists(above / ".git"))
        return next((os.path.relpath(given, top) for top in tops), path)

    def move(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        return tuple(replace(problem, path=relate(problem.path)) for problem in problems)

    definitions = tuple(
        replace(each, path=relate(each.path), problems=move(each.problems)) for each in report.definitions
    )
    return replace(report, definitions=definitions, others=move(report.others))
