"""Every text that an author or a caller controls, in every place where a page shows it: none becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import yaml

from tests.console.test_pages import HTML, page
from tests.security.tokens import SECRET
from tests.service import Service, wait_until

HOSTILE = (
    "\"'><img src=x onerror=alert(1)><script>alert(2)</script></textarea></option></code>{{7*7}}{%raw%}javascript:"
)
"""What ends an attribute of either quote, an element of any kind, and what would be another template's."""


class Markup(HTMLParser):
    """What elements a page has, and what their attributes and texts say."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def hostile_definition(**changes: object) -> dict[str, object]:
    """A definition that is good, and has the text wherever an author may write one."""
    parameter = {"type": "string", "label": HOSTILE, "description": HOSTILE}
    parameters = {
        "plain": {**parameter, "default": HOSTILE},
        "chosen": {
            **parameter,
            "default": HOSTILE,
            "constraints": [{"allowed_values": [HOSTILE, "b"], "description": HOSTILE}],
        },
        "matched": {
            **parameter,
            "default": "a",
            "constraints": [
                {
                    "allowed_pattern": f"a|{re.escape(HOSTILE)}",
                    "description": HOSTILE,
                }
            ],
        },
        "structured": {**parameter, "type": "json", "default": {HOSTILE: HOSTILE}},
        "listed": {**parameter, "type": "comma_delimited_list", "default": [HOSTILE]},
        "concealed": {**parameter, "hidden": True, "default": HOSTILE},
    }
    resources = {"secret": {"type": "OS::Heat::RandomString", "properties": {"length": 8}}}
    used = {name: {"description": HOSTILE, "value": {"get_param": name}} for name in parameters}
    return {
        "kind": "heat",
        "title": HOSTILE,
        "description": HOSTILE,
        "logo_url": f"https://x/{quote(HOSTILE)}",
        "instructions": [{"id": "launch", "title": HOSTILE, "text": HOSTILE}],
        "parameter_groups": [{"label": HOSTILE, "description": HOSTILE, "parameters": list(parameters)}],
        "heat_template": {
            "heat_template_version": "2021-04-16",
            "description": HOSTILE,
            "parameters": parameters,
            "resources": resources,
            "outputs": used,
        },
        **changes,
    }  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose definitions are hostile wherever they can be."""
    running = Service(
        tmp_path_factory.mktemp("hostile") / "instance", {"SANDBOX": "true", "SANDBOX_PORT": "0", "LOG_LEVEL": "DEBUG"}
    )
    running.enabled.mkdir(parents=True)
    write(running, "good.yaml", hostile_definition())
    write(running, "stale.yaml", hostile_definition())
    write(running, "rejected.yaml", hostile_definition(**{HOSTILE: HOSTILE, "kind": HOSTILE}))
    write(
        running,
        "referring.yaml",
        hostile_definition(heat_template_url=f"x{HOSTILE.replace('/', '_')}", heat_template=None),
    )
    (running.enabled / f"{HOSTILE.replace('/', '_')}.yaml").write_text("a: 1")
    (running.enabled / HOSTILE.replace("/", "_")).write_text("no definition")
    (running.enabled / "syntax.yaml").write_text(f"title: [{HOSTILE}\n: {HOSTILE}")
    with running:
        wait_until(lambda: {"good", "stale"} <= set(running.ids()), "listed")
        write(running, "stale.yaml", hostile_definition(**{HOSTILE: HOSTILE}))
        wait_until(lambda: "stale" in states(running), "stale")
        yield running


def states(service: Service) -> list[str]:
    return [entry["state"] for entry in service.get("/catalogue").json()["entries"]]


def write(service: Service, name: str, definition: dict[str, object]) -> None:
    told = {key: value for key, value in definition.items() if value is not None}
    (service.enabled / name).write_text(yaml.safe_dump(told, sort_keys=False, width=10_000))


def assert_harmless(text: str) -> None:
    """Only our own elements and attributes, and no address that a browser would run."""
    markup = Markup(text)
    for tag, attributes in markup.elements:
        assert tag not in ("img", "iframe", "object", "embed", "base", "svg", "style"), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "srcdoc")], (
            tag,
            attributes,
        )
        for name in ("href", "src", "action", "formaction"):
            assert not attributes.get(name, "").lower().lstrip().startswith(("javascript:", "data:", "//", "http"))
        if tag == "script":
            assert attributes["src"].split("/")[-1].split(".")[0] in ("console", "try")
    assert "49" not in "".join(part for part in markup.texts if "7*7" in part).replace("{{7*7}}", "")


QUERIES = ["", f"?q={quote(HOSTILE)}", f"?state={quote(HOSTILE)}", f"?{quote(HOSTILE)}=1"]


@pytest.mark.parametrize("query", QUERIES)
def test_list_shows_hostile_texts_as_texts(hostile: Service, query: str) -> None:
    shown = page(hostile.get(f"/{query}", HTML))
    assert_harmless(shown)
    if not query:
        assert HOSTILE in "".join(Markup(shown).texts)


@pytest.mark.parametrize("name", ["good", "stale", "rejected", "referring", "syntax"])
@pytest.mark.parametrize("query", ["", f"?select={quote(HOSTILE)}"])
def test_page_of_a_type_shows_hostile_texts_as_texts(hostile: Service, name: str, query: str) -> None:
    answer = hostile.get(f"/types/{name}{query}", HTML)
    assert answer.status == 200
    assert_harmless(page(answer))


def test_everything_that_an_author_may_write_is_on_the_page_of_the_type(hostile: Service) -> None:
    """Otherwise, that it does no harm says nothing."""
    markup = Markup(page(hostile.get("/types/good", HTML)))
    texts = "".join(markup.texts)
    assert texts.count(HOSTILE) >= 20
    values = [attributes["value"] for tag, attributes in markup.elements if tag == "input" and "value" in attributes]
    assert values.count(HOSTILE) >= 3


def test_entries_with_hostile_names_have_harmless_pages_and_links_that_lead_there(hostile: Service) -> None:
    for entry in hostile.get("/catalogue").json()["entries"]:
        answer = hostile.get(f"/types/{quote(entry['path'], safe='')}", HTML)
        assert answer.status == 200, entry["path"]
        assert_harmless(page(answer))


def test_page_of_nothing_repeats_what_was_asked_for_as_text(hostile: Service) -> None:
    answer = hostile.get(f"/types/{quote(HOSTILE, safe='')}", HTML)
    assert answer.status == 404
    assert_harmless(page(answer))


def test_builds_that_name_hostile_things_leave_harmless_pages(hostile: Service) -> None:
    body = {
        "cloud_env": {
            "auth_url": "http://127.0.0.1:1/v3",
            "user_id": HOSTILE,
            "password": HOSTILE,
            "project_id": HOSTILE,
        },
        "cluster": {
            "cluster_type_id": "good",
            "name": HOSTILE,
            "parameters": {HOSTILE: HOSTILE},
            "selections": {HOSTILE: True},
        },
    }
    assert hostile.post("/clusters/", body).status == 400
    shown = page(hostile.get("/types/good", HTML))
    assert "not built" in shown
    assert_harmless(shown)


def test_page_that_asks_for_a_token_repeats_nothing_of_a_hostile_one(tmp_path: Path) -> None:
    with Service(tmp_path, {"JWT_SECRET": SECRET, "PROTECT_READS": "true"}) as running:
        shown = page(running.get(f"/?q={quote(HOSTILE)}", {**HTML, "Authorization": f"Bearer {HOSTILE}"}))
        assert_harmless(shown)
        assert "alert(" not in shown
