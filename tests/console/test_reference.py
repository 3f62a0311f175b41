"""The page of the API shows all that its description has."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from builder.console.api_reference import list_limits, list_members, name_kind, render_prose
from builder.schema import published
from tests.service import Service


@pytest.fixture(scope="module")
def shown(service: Service) -> str:
    answer = service.get("/docs", {"Accept": "text/html"})
    assert answer.status == 200
    return answer.body.decode()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return published.build_openapi()


def test_every_operation_is_shown_with_its_responses_and_parameters(shown: str, document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            section = shown.partition(f'id="{operation["operationId"]}"')[2].partition("</section>")[0]
            assert f"<code>{html.escape(path)}</code>" in section
            assert f">{method.upper()}</span>" in section
            for status in operation["responses"]:
                assert f">{status}</span>" in section, (path, status)
    for parameter in document["components"]["parameters"].values():
        assert f"<code>{parameter['name']}</code>" in shown


def test_every_example_is_shown(shown: str, document: dict[str, Any]) -> None:
    text = html.unescape(shown)
    example = document["paths"]["/check"]["post"]["requestBody"]["content"]["application/yaml"]["example"]
    assert example in text
    answers = document["components"]["responses"]
    places = [
        place if "$ref" not in place else answers[place["$ref"].rpartition("/")[2]]
        for item in document["paths"].values()
        for operation in item.values()
        for place in (operation.get("requestBody", {}), *operation["responses"].values())
    ]
    forms = [form for place in places for form in place.get("content", {}).values()]
    number = sum(len(form.get("examples", ())) + ("example" in form) for form in forms)
    assert text.count("<summary>Example") == number > 0


def test_every_link_within_the_page_leads_somewhere_and_no_id_is_there_twice(shown: str) -> None:
    ids = re.findall(r' id="([^"]+)"', shown)
    assert len(ids) == len(set(ids))
    links = re.findall(r'href="#([^"]+)"', shown)
    assert set(links) <= set(ids)
    assert len(links) > 20


def test_members_of_a_schema_are_shown_with_what_is_demanded_of_them() -> None:
    schema = {
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "pattern": "^a"},
            "of": {"type": ["array", "null"], "items": {"type": "object", "properties": {"x": {"enum": ["<", 1]}}}},
            "other": {"$ref": "#/components/schemas/Other"},
        },
        "oneOf": [{"title": "By name", "properties": {"y": {"const": True}}}],
    }
    told = [
        (each.depth, each.name, name_kind(each.schema), each.is_required, list_limits(each.schema))
        for each in list_members(schema)
    ]
    assert told == [
        (0, "name", "string", True, ["length at least 1", "matches ^a"]),
        (0, "of", "array of object or null", False, []),
        (1, "x", "", False, ['one of "<", 1']),
        (0, "other", "Other", False, []),
        (0, "one of", "", False, []),
        (1, "y", "", False, ["always true"]),
    ]


def test_schema_that_refers_to_itself_ends() -> None:
    endless: dict[str, Any] = {"properties": {}}
    endless["properties"]["again"] = endless
    assert len(list(list_members(endless))) < 20


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("A `code` and **more**.", "<p>A <code>code</code> and <strong>more</strong>.</p>"),
        ("- a\n- b\n  c", "<ul><li>a</li><li>b\n  c</li></ul>"),
        ("[x](https://a.example/?b&c)", '<p><a href="https://a.example/?b&amp;c" rel="noreferrer">x</a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("<script> `<b>` **<i>**", "<p>&lt;script&gt; <code>&lt;b&gt;</code> <strong>&lt;i&gt;</strong></p>"),
        ('[x](https://a.example/"onclick=)', '<p><a href="https://a.example/&#34;onclick=" rel="noreferrer">x</a></p>'),
        ("", ""),
    ],
)
def test_prose_is_rendered_and_everything_in_it_escaped(text: str, rendered: str) -> None:
    assert str(render_prose(text)).replace("\n</li>", "</li>") == rendered
