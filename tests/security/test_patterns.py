"""Values that keep a pattern busy: they are refused at their place, and hold up nothing else.

Each of these patterns, with some forty characters, once stopped the process until it was killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from builder.pattern_matching import matcher
from tests.service import Answer, Service, fetch, minimal_definition, wait_until

ROOT = Path(__file__).parents[2]

NAMED = {
    r"^(\s*\w*){50}$": "a" * 41 + "!",
    r"^((\w+.){100})?$": "a" * 41 + "\n",
    r"(?x) ^ ( \w + \s ? ) * $": "a" * 41 + "!",
    "(?#()(a*)*b": "a" * 41,
    r"^(.*)\1x$": "a" * 200_000,
    "(?x) ^ ( [a-z] + [-]? ) + $": "a" * 41 + "!",
}

DEFINITION = """\
kind: heat
title: Patterns
description: One parameter for each pattern.
heat_template:
  heat_template_version: 2021-04-16
  parameters:
{parameters}
  resources:
    secret: {{type: OS::Heat::RandomString, properties: {{length: 8}}}}
"""


def quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def define(parameters: dict[str, str]) -> str:
    """A definition with a parameter for each pattern; what is not empty is its default."""
    lines = [
        f"    p{number}: {{type: string{f', default: {quote(default)}' if default else ''}, "
        f"constraints: [{{allowed_pattern: {quote(pattern)}}}]}}"
        for number, (pattern, default) in enumerate(parameters.items())
    ]
    return DEFINITION.format(parameters="\n".join(lines))


def build(service: Service, **answers: str) -> Answer:
    cloud = {"auth_url": "http://127.0.0.1:9/v3", "user_id": "u", "password": "p", "project_id": "p"}
    cluster = {"name": "mycluster", "cluster_type_id": "patterns", "parameters": answers}
    return service.post("/clusters/", {"cloud_env": cloud, "cluster": cluster})


def find_matchers(parent: int) -> list[int]:
    """The processes that a service has started to try patterns."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if int(status[1]) == parent and os.fsencode(matcher.__file__) in command:
            found.append(int(folder.name))
    return found


def is_there(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.fixture
def patterns(service: Service) -> Service:
    """A service with a type that has one required parameter for each of the patterns."""
    (service.enabled / "patterns.yaml").write_text(define(dict.fromkeys(NAMED, "")))
    wait_until(lambda: service.ids() == ["patterns"], "the type is listed")
    return service


def test_answers_that_take_too_long_are_refused_each_at_its_field(patterns: Service) -> None:
    answer = build(patterns, **{f"p{number}": value for number, value in enumerate(NAMED.values())})
    assert answer.status == 400
    assert answer.faults() == [("Invalid parameter", f"/cluster/parameters/p{number}") for number in range(len(NAMED))]
    assert "takes too long to match against the pattern" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("number", range(len(NAMED)))
def test_answer_that_takes_too_long_holds_up_no_other_request(patterns: Service, number: int) -> None:
    answers: list[Answer] = []
    others = {f"p{other}": "a" for other in range(len(NAMED)) if other != number}
    hostile = {**others, f"p{number}": list(NAMED.values())[number]}
    building = threading.Thread(target=lambda: answers.append(build(patterns, **hostile)))
    building.start()
    served = 0
    while building.is_alive():
        assert fetch(f"{patterns.url}/health", timeout=20).status == 200
        served += 1
    building.join()
    assert served > 0
    assert ("Invalid parameter", f"/cluster/parameters/p{number}") in answers[0].faults()


def test_default_that_takes_too_long_is_a_problem_of_its_own_type_only(service: Service) -> None:
    defaults = {pattern: value.replace("\n", "!") for pattern, value in NAMED.items() if len(value) < 99}
    (service.enabled / "patterns.yaml").write_text(define(defaults))
    (service.enabled / "zebra.yaml").write_text(minimal_definition("Zebra"))
    wait_until(lambda: service.ids() == ["zebra"], "the other type is listed", 20.0)
    entries = {entry["path"]: entry for entry in service.get("/catalogue").json()["entries"]}
    problems = entries["patterns.yaml"]["problems"]
    refused = [problem["pointer"] for problem in problems if problem["rule"] == "invalid-default"]
    assert refused == [f"/heat_template/parameters/p{number}/default" for number in range(len(defaults))]
    assert any("takes too long to match" in problem["message"] for problem in problems)


def test_long_value_that_a_slow_pattern_takes_is_taken(patterns: Service) -> None:
    answer = build(patterns, p0="two words " * 5, p1="", p2="two words " * 2_000, p3="a" * 50 + "b")
    wrong = [pointer for _, pointer in answer.faults()]
    assert not {f"/cluster/parameters/p{number}" for number in (0, 2, 3)} & set(wrong)
    assert "/cluster/parameters/p5" in wrong  # it is required


def test_what_tries_patterns_is_started_when_needed_and_ends_with_the_service(patterns: Service) -> None:
    assert not find_matchers(patterns.process.pid)
    build(patterns, p2="two words " * 2_000)
    started = find_matchers(patterns.process.pid)
    assert len(started) == 1
    assert Path(f"/proc/{started[0]}/oom_score_adj").read_text() == "1000\n"  # where memory is short, it goes first
    assert patterns.stop() == 0
    wait_until(lambda: not is_there(started[0]), "it has ended")


def test_what_tries_patterns_outlives_no_killed_service(patterns: Service) -> None:
    build(patterns, p2="two words " * 2_000)
    (started,) = find_matchers(patterns.process.pid)
    patterns.process.kill()
    patterns.process.wait(20)
    wait_until(lambda: not is_there(started), "it has ended")


def test_what_tries_patterns_is_replaced_when_somebody_ends_it(patterns: Service) -> None:
    build(patterns, p2="two words " * 2_000)
    (started,) = find_matchers(patterns.process.pid)
    os.kill(started, signal.SIGKILL)
    wait_until(lambda: not is_there(started), "it has ended")
    wrong = [pointer for _, pointer in build(patterns, p2="two words " * 2_000).faults()]
    assert "/cluster/parameters/p2" not in wrong
    assert find_matchers(patterns.process.pid) not in ([], [started])


def test_what_tries_patterns_is_not_dumpable_and_leaves_no_core_dumps() -> None:
    script = """
import ctypes, resource, sys
from builder.pattern_matching import matcher
matcher._settle_in()
sys.stdout.write(f"{ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)} {resource.getrlimit(resource.RLIMIT_CORE)[1]}")
"""
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "0 0"


def test_many_callers_with_slow_answers_hold_up_no_listing(patterns: Service) -> None:
    hostile = {f"p{number}": value for number, value in enumerate(NAMED.values()) if len(value) < 99}
    answers: list[Answer] = []
    callers = [threading.Thread(target=lambda: answers.append(build(patterns, **hostile))) for _ in range(12)]
    for caller in callers:
        caller.start()
    while any(caller.is_alive() for caller in callers):
        assert fetch(f"{patterns.url}/cluster-types/", timeout=20).status == 200
    for caller in callers:
        caller.join()
    assert len(answers) == len(callers)
    assert {answer.status for answer in answers} <= {400, 503}
    assert len(find_matchers(patterns.process.pid)) <= 2
