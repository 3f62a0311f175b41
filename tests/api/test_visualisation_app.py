"""The Visualisation App takes whatever is listed: what its models refuse, or it crashes on, is never sent to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.service import Service
from tests.visualisation_app import (
    PageCrashError,
    SynchronisationCrashError,
    draw_launch_form,
    read_creation_output,
    store_listing,
)

LEGACY = Path(__file__).parent.parent / "examples" / "legacy"

LISTED: dict[str, Any] = {
    "id": "a-type",
    "title": "A type",
    "description": "What it is for.",
    "parameters": {"asked": {"type": "string", "hidden": False}},
    "parameter_groups": [],
    "order": 1,
    "logo_url": None,
    "instructions": [],
    "last_modified": "Sun, 06 Nov 1994 08:49:37 GMT",
}


def parameter(type_: str = "string", **attributes: Any) -> dict[str, Any]:
    return {"parameters": {"asked": {"type": type_, "hidden": False, **attributes}}}


def constrained(*constraints: Any, type_: str = "string", **attributes: Any) -> dict[str, Any]:
    return parameter(type_, constraints=list(constraints), **attributes)


PATTERN = {"allowed_pattern": "^[a-z]+$"}

REFUSED: dict[str, dict[str, Any]] = {
    "no title": {"title": None},
    "long title": {"title": "x" * 256},
    "no description": {"description": None},
    "long description": {"description": "x" * 1025},
    "no order": {"order": None},
    "order as a text": {"order": "1"},
    "no parameters": {"parameters": {}},
    "null parameters": {"parameters": None},
    "date as a number": {"last_modified": 784111777},
    "empty default": parameter(default=""),
    "json default that is an object": parameter("json", default={"a": 1}),
    "default outside of its range": constrained({"range": {"min": 2}}, type_="number", default=1),
    "default off its steps": constrained({"modulo": {"step": 2, "offset": 0}}, type_="number", default=1),
    "default longer than allowed": constrained({"length": {"max": 2}}, default="abc"),
    "default that is not allowed": constrained({"allowed_values": ["a", "b"]}, default="c"),
    "default that does not match": constrained(PATTERN, default="1"),
    "list as default that is not allowed as a whole": constrained(
        {"allowed_values": ["a", "b"]}, type_="comma_delimited_list", default="a,b"
    ),
    "integer default with a pattern": constrained({"allowed_pattern": "^[0-9]+$"}, default=1),
    "integer default with a length": constrained({"length": {"min": 1}}, default=1),
    "integer default with texts allowed": constrained({"allowed_values": ["1", "2"]}, default=1),
    "boolean default that is a text": parameter("boolean", default="true"),
    "null constraints": parameter(constraints=None),
    "constraint of two kinds": constrained({"length": {"min": 1}, **PATTERN}),
    "constraint of no kind": constrained({}),
    "constraint with only a description": constrained({"description": "Any."}),
}

CRASHES: dict[str, dict[str, Any]] = {
    "null groups": {"parameter_groups": None},
    "long logo_url": {"logo_url": "/" + "x" * 255},
    "order beyond 32 bits": {"order": 2**31},
    "NUL": {"title": "A\0type"},
}

GROUP: dict[str, Any] = {"label": "Section", "description": "", "parameters": ["asked"]}

PAGE_CRASHES: dict[str, dict[str, Any]] = {
    **{
        f"group without {key}": {"parameter_groups": [{name: GROUP[name] for name in GROUP if name != key}]}
        for key in GROUP
    },
    "group with another key": {"parameter_groups": [{**GROUP, "x-note": "mine"}]},
    "null instructions": {"instructions": None},
}

HARMLESS: dict[str, dict[str, Any]] = {
    "null label": parameter(label=None),
    "null group description": {"parameter_groups": [{**GROUP, "description": None}]},
    "null optional": {"parameter_groups": [{**GROUP, "optional": None}]},
    "null logo": {"logo_url": None},
    "another key of a type": {"x-note": "mine"},
    "another key of a parameter": parameter(tags=["a"]),
    "constraint of an unknown kind": constrained({"custom_constraint": "my.own"}, {"newer": 1}),
}


def store(changes: dict[str, Any]) -> list[str]:
    listing = [{**LISTED, "id": "neighbour"}, {**LISTED, **changes}]
    reasons = store_listing("application/json", json.dumps(listing).encode())
    assert reasons["neighbour"] == []
    return reasons["a-type"]


@pytest.mark.parametrize("name", REFUSED)
def test_the_app_refuses(name: str) -> None:
    assert len(store(REFUSED[name])) == 1


@pytest.mark.parametrize("name", CRASHES)
def test_the_app_takes_no_type_at_all_for(name: str) -> None:
    with pytest.raises(SynchronisationCrashError):
        store(CRASHES[name])


@pytest.mark.parametrize(("media_type", "body"), [("application/json", b"{}"), ("text/html", b"[]")])
def test_the_app_takes_nothing_but_an_array_of_json(media_type: str, body: bytes) -> None:
    with pytest.raises(SynchronisationCrashError):
        store_listing(media_type, body)


@pytest.mark.parametrize("name", PAGE_CRASHES)
def test_the_app_shows_no_launch_page_for(name: str) -> None:
    assert store(PAGE_CRASHES[name]) == []
    with pytest.raises(PageCrashError):
        draw_launch_form({**LISTED, **PAGE_CRASHES[name]})


@pytest.mark.parametrize("name", HARMLESS)
def test_the_app_does_not_mind(name: str) -> None:
    assert store(HARMLESS[name]) == []
    assert ["asked"] in draw_launch_form({**LISTED, **HARMLESS[name]}).values()


def test_the_app_shows_no_section_without_a_field() -> None:
    hidden = {"type": "string", "hidden": True}
    groups = [{**GROUP, "label": label, "parameters": [name]} for label, name in (("A", "gone"), ("B", "secret"))]
    listed = {**LISTED, "parameter_groups": groups, "parameters": {**LISTED["parameters"], "secret": hidden}}
    assert draw_launch_form(listed) == {"": ["asked"]}


@pytest.mark.parametrize("text", ["a=b=c", "a=b, c=d=e", "a=b, , c=d", "a=http://x/?token=y"])
def test_the_app_shows_no_rack_whose_outputs_have_two_equals_signs_or_nothing_between_commas(text: str) -> None:
    with pytest.raises(PageCrashError):
        read_creation_output(text)


# ---- what the service makes of definitions that try all of this

DEFINITION = """\
kind: heat
title: Attempt
description: An attempt.
heat_template:
  heat_template_version: 2021-04-16
  parameters:
    asked: {type: string}
  resources:
    thing: {type: OS::Heat::Value, properties: {value: {get_param: asked}}}
"""

ATTEMPTS = {**REFUSED, **CRASHES, **PAGE_CRASHES, **HARMLESS}
BY_ID = {name.replace(" ", "-").lower(): changes for name, changes in ATTEMPTS.items()}


def attempt(changes: dict[str, Any], *, in_template: bool) -> str:
    """A definition that says what is not good to list; of a parameter, in its template or in itself."""
    definition = yaml.safe_load(DEFINITION)
    for key, value in changes.items():
        if key != "parameters":
            definition[key] = value
        elif in_template or not value:
            definition["heat_template"]["parameters"] = value
        else:
            definition["parameters"] = value
            definition["heat_template"]["parameters"] = {"asked": {"type": value["asked"]["type"]}}
    return yaml.safe_dump(definition, sort_keys=False)


@pytest.fixture(scope="module")
def attempting(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Iterator[Service]:
    """A service with all the attempts enabled, the examples, and what earlier releases took."""
    service = Service(tmp_path_factory.mktemp("attempts") / "instance")
    service.link(*examples.iterdir(), *(path for path in LEGACY.iterdir() if path.name != "templates"))
    for name, changes in BY_ID.items():
        for where in (True, False):
            (service.enabled / f"{name}.{where}.yaml").write_text(attempt(changes, in_template=where))
    with service:
        yield service


@pytest.fixture(scope="module")
def answered(attempting: Service) -> tuple[dict[str, list[str]], dict[str, Any]]:
    """Why the App refuses each type that is listed, and the types."""
    answer = attempting.get("/cluster-types/")
    return store_listing(answer.headers["content-type"], answer.body), {each["id"]: each for each in answer.json()}


Answered = tuple[dict[str, list[str]], dict[str, Any]]


@pytest.mark.parametrize("where", [True, False], ids=["template", "definition"])
@pytest.mark.parametrize("name", BY_ID)
def test_nothing_is_listed_that_the_app_cannot_take(name: str, where: bool, answered: Answered) -> None:
    reasons, types = answered
    type_id = f"{name}.{where}"
    if type_id in types:
        assert reasons[type_id] == []
        assert ["asked"] in draw_launch_form(types[type_id]).values()


@pytest.mark.parametrize(
    "name",
    [
        "empty-default",
        "json-default-that-is-an-object",
        "list-as-default-that-is-not-allowed-as-a-whole",
        "integer-default-with-texts-allowed",
        "group-without-description",
        "group-with-another-key",
        "null-optional",
        "another-key-of-a-parameter",
    ],
)
def test_what_the_app_could_not_take_is_listed_so_that_it_can(name: str, answered: Answered) -> None:
    assert {f"{name}.True", f"{name}.False"} <= answered[1].keys()


def test_the_app_takes_the_examples_and_the_definitions_of_earlier_releases(answered: Answered, examples: Path) -> None:
    reasons, types = answered
    assert {path.stem for path in examples.iterdir()} <= types.keys()
    assert {type_id: reason for type_id, reason in reasons.items() if reason} == {}


def test_people_can_choose_each_optional_component_of_the_examples(answered: Answered, examples: Path) -> None:
    _, types = answered
    for type_id in (path.stem for path in examples.iterdir()):
        optional = [group["label"] for group in types[type_id]["parameter_groups"] if "optional" in group]
        assert set(optional) <= draw_launch_form(types[type_id]).keys()
