"""Our verdict beside Heat's, and the only ways in which the two may differ."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from builder.clusters.answers import check_answers
from builder.parameters.attributes import ParameterSyntaxError
from builder.parameters.declarations import find_default_faults, parse_parameter

ACCEPTED, REFUSED, BAD_SCHEMA = "accepted", "refused", "bad schema"

ORACLE = Path(__file__).with_name("heat_oracle.py")


class Heat:
    """Real Heat's engine in an interpreter of its own, for as long as the context lasts."""

    def __init__(self, interpreter: str) -> None:
        self._interpreter = interpreter

    def __enter__(self) -> Heat:
        environment = {**os.environ, "PYTHONHASHSEED": "0"}  # some of Heat's messages list the members of a set
        self._process = subprocess.Popen(
            [self._interpreter, "-W", "ignore", str(ORACLE)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def judge(self, schema: Any, value: Any) -> str:
        """Heat's verdict; a ``value`` of ``None`` is no value."""
        return str(self.ask({"schema": schema, "value": value}))

    def ask(self, question: dict[str, Any]) -> Any:
        """Heat's answer to a question as ``heat_oracle`` describes them."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate(timeout=10)


@dataclass(frozen=True)
class Verdict:
    """Ours: the word, and what Heat is sent where there is something to send."""

    word: str
    sent: Any = None


def judge(schema: Any, value: Any) -> Verdict:
    """Our verdict on a value for a parameter ``p`` that is declared by ``schema``."""
    try:
        parameter = parse_parameter("p", schema)
    except ParameterSyntaxError:
        return Verdict(BAD_SCHEMA)
    answers = check_answers({"p": parameter}, {"p": value})
    return Verdict(REFUSED if answers.faults else ACCEPTED, answers.values.get("p"))


def judge_default(schema: Any) -> Verdict:
    """Our verdict on a template's parameter that nobody answers."""
    try:
        parameter = parse_parameter("p", schema)
    except ParameterSyntaxError:
        return Verdict(BAD_SCHEMA)
    return Verdict(REFUSED if find_default_faults(parameter, in_template=True) else ACCEPTED)


@dataclass(frozen=True)
class Disagreement:
    """A way in which we differ from Heat on purpose, and why."""

    reason: str
    covers: Callable[[Any, Any], bool]


def _constraints(schema: Any) -> list[Any]:
    constraints = schema.get("constraints")
    return [entry for entry in constraints if isinstance(entry, dict)] if isinstance(constraints, list) else []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


WE_ACCEPT = (
    Disagreement(
        "a number or a boolean for a string is sent as text; Heat, given the number, trips over it where it looks at "
        "the length or the pattern, or asks a check that wants text",
        lambda schema, value: schema["type"] == "string" and _is_number(value) and bool(_constraints(schema)),
    ),
    Disagreement(
        "a list or a map for a string is taken for the text of its members where Heat compares them with allowed "
        "values as they are; and is for Heat's custom constraints, each of which reads it in its own way",
        lambda schema, value: (
            schema["type"] == "string"
            and isinstance(value, list | dict)
            and any("custom_constraint" in entry or "allowed_values" in entry for entry in _constraints(schema))
        ),
    ),
)
"""Where we accept what Heat, given the raw value, would not."""

NO_ANSWER = Disagreement(
    'null and "" are no answer, as the forms of the Visualisation App mean them; Heat takes "" for a value',
    lambda schema, value: value == "" or value is None,
)

WE_REFUSE = (
    NO_ANSWER,
    Disagreement(
        "a declaration that no value can satisfy, or no sound one: bounds the wrong way round, which only "
        "not-a-number passes, and nothing allowed, which only an empty list passes",
        lambda schema, value: any(
            entry in ({"range": {"min": 8, "max": 2}}, {"allowed_values": []}) for entry in _constraints(schema)
        ),
    ),
    Disagreement(
        "a declaration that the Visualisation App refuses the whole cluster type for: true or false for a bound",
        lambda schema, value: {"range": {"min": True}} in _constraints(schema),
    ),
)
"""Where we refuse what Heat would accept: never a value, save one that is no answer; some declarations."""


def find_disagreement(schema: Any, value: Any, ours: Verdict, heat: str) -> Disagreement | None:
    """The listed disagreement that a difference falls under; ``None`` where there is no difference.

    Raises AssertionError for a difference that is not listed.
    """
    if (ours.word == ACCEPTED) == (heat == ACCEPTED):
        return None
    listed = WE_ACCEPT if ours.word == ACCEPTED else WE_REFUSE
    for disagreement in listed:
        if disagreement.covers(schema, value):
            return disagreement
    raise AssertionError(f"{schema!r} with {value!r:.200}: ours is {ours.word}, Heat's is {heat}")
