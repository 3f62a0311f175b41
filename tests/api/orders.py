"""What the tests of the API post, and how they look at what came of it."""

from __future__ import annotations

from functools import cache
from typing import Any

from jsonschema import Draft7Validator

from builder.sandbox import Sandbox
from builder.schema import published
from tests.sandbox.clients import Member
from tests.service import Answer

WRONG_PASSWORD = "n0t-the-passw0rd"

FORM = """\
kind: heat
title: Form
description: One field of each kind.
order: 1
hardcoded_parameters:
  fixed: 7
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    clustername: {type: string, label: Name}
    count:
      type: number
      label: Count
      default: 1
      constraints:
        - range: {min: 1, max: 5}
          description: Between 1 and 5.
    wanted: {type: boolean, default: false}
    settings: {type: json, default: "{}"}
    names: {type: comma_delimited_list, default: "x,y"}
    word:
      type: string
      default: abc
      constraints:
        - allowed_pattern: "[a-z]+"
          description: Small letters only.
    secret: {type: string, hidden: true, default: unknown-to-all, constraints: [{length: {min: 4}}]}
    fixed: {type: number}
  resources:
    thing: {type: OS::Heat::TestResource, properties: {value: {get_param: word}}}
"""
"""A cluster type with a parameter of each kind, which needs nothing but Heat."""


def by_ids(sandbox: Sandbox, **changes: Any) -> dict[str, Any]:
    """A ``cloud_env`` that names user and project by ids, as today's Visualisation App does."""
    who = sandbox.credentials
    return {
        "auth_url": sandbox.auth_url,
        "user_id": who.user_id,
        "password": who.password,
        "project_id": who.project_id,
        **changes,
    }


def order(cloud_env: dict[str, Any], cluster_type_id: str = "form", **cluster: Any) -> dict[str, Any]:
    """The body of a build."""
    return {"cloud_env": cloud_env, "cluster": {"name": "mycluster", "cluster_type_id": cluster_type_id, **cluster}}


def fetch_stack(sandbox: Sandbox, built: Answer) -> dict[str, Any]:
    """The stack that a build made, as Heat shows it."""
    assert built.status == 201, built.body
    made = built.json()
    stack: dict[str, Any] = Member(sandbox).ask("GET", f"/stacks/{made['name']}/{made['id']}").json()["stack"]
    return stack


def fetch_sent(sandbox: Sandbox, built: Answer) -> dict[str, Any]:
    """The parameters of a stack, without Heat's own."""
    shown = fetch_stack(sandbox, built)["parameters"]
    return {name: value for name, value in shown.items() if not name.startswith("OS::")}


def stack_names(sandbox: Sandbox) -> list[str]:
    """The names of all stacks of the project."""
    return Member(sandbox).names()


def assert_refused(answer: Answer, status: int, *faults: tuple[str, str | None]) -> None:
    """The answer is an error as the schema describes it, with exactly these titles and pointers, in any order."""
    assert_error(answer, status)
    assert sorted(answer.faults(), key=str) == sorted(faults, key=str)


def assert_error(answer: Answer, status: int) -> None:
    """The answer is an error of that status as its schema describes it."""
    assert answer.status == status, answer.body
    assert answer.headers["content-type"] == "application/json"
    assert not list(_errors().iter_errors(answer.json())), answer.body
    assert answer.json()["errors"][0]["status"] == str(status)


def details(answer: Answer) -> dict[str | None, str]:
    """The detail of every error, by its pointer."""
    return {error.get("source", {}).get("pointer"): error["detail"] for error in answer.json()["errors"]}


@cache
def _errors() -> Draft7Validator:
    return Draft7Validator(published.load_schema("errors"))
