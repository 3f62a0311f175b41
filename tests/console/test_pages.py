"""What a browser gets, and what everybody else gets in its place."""

from __future__ import annotations

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import pytest

from builder import __version__
from builder.console.static_files import find_static_name, load_static_files
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import Answer, Service, fetch, minimal_definition

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LARGEST = 100 * 1024
"""Of all that a first look takes, in bytes."""


class Links(HTMLParser):
    """What a page refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in ("href", "src", "action") and value is not None]


def page(answer: Answer) -> str:
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.body.decode()


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/*", ""])
def test_program_gets_name_version_counts_and_links(service: Service, accept: str) -> None:
    answer = service.get("/", {"Accept": accept})
    told = answer.json()
    assert (told["name"], told["version"]) == ("Concertim Cluster Builder", __version__)
    assert told["counts"] == {"listed": 1, "stale": 0, "rejected": 1, "retired": 1, "ignored": 1}
    links = [link for link in told["links"].values() if isinstance(link, str)] + list(told["links"]["schemas"].values())
    for link in links:
        if link not in ("clusters", "cloud_assets"):
            assert service.get(f"/{link}").status == 200, link


def test_browser_gets_every_entry_with_its_state_and_its_first_error(service: Service) -> None:
    shown = page(service.get("/", HTML))
    assert "<h1>1 entry to mend</h1>" in shown
    assert "A good cluster" in shown
    assert "broken.yaml:" in shown
    assert '<span class="cell first">' in shown
    assert "notes.txt" in shown


@pytest.mark.parametrize(
    ("query", "present"),
    [
        ("?state=rejected", {"broken"}),
        ("?state=listed&state=ignored", {"good", "notes.txt"}),
        ("?state=retired", {"old"}),
        ("?q=GOOD+cluster", {"good"}),
        ("?q=titel", {"broken"}),
        ("?q=nothing-like-that", set()),
        ("?state=nonsense", {"good", "broken", "notes.txt", "old"}),
    ],
)
def test_entries_are_found_by_state_and_text_without_a_script(service: Service, query: str, present: set[str]) -> None:
    shown = page(service.get(f"/{query}", HTML))
    assert set(re.findall(r'href="\./types/([^"]+)"', shown)) == present


@pytest.mark.parametrize("path", ["/", "/static/nothing.css", "/favicon.ico"])
def test_nothing_of_the_pages_is_there_where_they_are_turned_off(tmp_path: Path, path: str) -> None:
    with Service(tmp_path, {"CONSOLE": "false"}) as running:
        answer = running.get(path, HTML)
        assert answer.headers["content-type"] == "application/json"
        assert answer.status == (200 if path == "/" else 404)


def test_page_of_an_entry_tells_its_problems_and_its_rules(service: Service) -> None:
    shown = page(service.get("/types/broken", HTML))
    assert "unknown key &#39;titel&#39;" in shown
    assert "did you mean &#39;title&#39;?" in shown
    assert "unknown-key" in shown
    assert "no problems" not in shown
    assert page(service.get("/types/broken.yaml", HTML)) == shown


def test_what_is_not_there_is_told_on_a_page(service: Service) -> None:
    answer = service.get("/types/god", HTML)
    assert answer.status == 404
    assert "did you mean &#39;good&#39;?" in page(answer)
    assert "of another release" in page(service.get("/static/none.css", HTML))
    assert service.get("/static/none.css").faults() == [("Not Found", None)]


def test_page_may_do_nothing_but_what_it_does(service: Service) -> None:
    headers = service.get("/", HTML).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert {policy[each] for each in ("script-src", "style-src", "img-src", "connect-src", "form-action")} == {"'self'"}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_every_page_has_all_its_style_and_script_in_files_of_its_own(service: Service) -> None:
    shown = page(service.get("/", HTML))
    assert "<style" not in shown
    assert not re.search(r'\s(style|on\w+)="', shown)
    assert re.findall(r"<script[^>]*>(?!</script>)", shown) == []


@pytest.mark.parametrize("path", ["/", "/types/nothing", "/types/nothing/"])
def test_links_are_relative_and_lead_somewhere_under_any_prefix(service: Service, path: str) -> None:
    shown = page(service.get(path, HTML))
    for link in Links(shown).found:
        assert not link.startswith(("/", "http:", "https:", "//")), link
        landed = urljoin(f"http://proxy/prefix{path}", link)
        assert landed.startswith("http://proxy/prefix/"), link


def test_static_files_are_kept_for_ever_by_a_name_made_of_their_content(service: Service) -> None:
    for name, file in load_static_files().items():
        answer = service.get(f"/static/{name}")
        assert (answer.status, answer.body) == (200, file.content)
        assert "immutable" in answer.headers["cache-control"]
        packed = service.get(f"/static/{name}", {"Accept-Encoding": "br, gzip"})
        assert packed.headers.get("content-encoding") in (None, "gzip")
        assert (gzip.decompress(packed.body) if "content-encoding" in packed.headers else packed.body) == file.content
    assert service.get("/favicon.ico").headers["content-type"] == "image/x-icon"
    assert service.get("/static/console.000000000000.css").status == 404


def test_first_look_takes_less_than_a_hundred_kilobytes(service: Service) -> None:
    packed = service.get("/", {**HTML, "Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    files = (
        load_static_files()[find_static_name(name)] for name in ("console.css", "console.js", "try.js", "icon.svg")
    )
    assert len(packed.body) + sum(len(file.compressed) for file in files) < LARGEST


@pytest.mark.parametrize("coding", ["gzip;q=0", "gzip; q=0.000", "br", ""])
def test_page_is_compressed_for_none_that_does_not_take_it(service: Service, coding: str) -> None:
    answer = service.get("/", {**HTML, "Accept-Encoding": coding})
    assert "content-encoding" not in answer.headers
    assert answer.body.startswith(b"<!doctype html>")


def test_head_tells_what_get_would(service: Service) -> None:
    answer = fetch(f"{service.url}/", "HEAD", HTML)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, b"", "text/html; charset=utf-8")


def test_where_reading_needs_a_token_the_page_asks_for_it_and_shows_nothing(tmp_path: Path) -> None:
    running = Service(tmp_path, {"JWT_SECRET": SECRET, "PROTECT_READS": "true"})
    running.enabled.mkdir(parents=True)
    (running.enabled / "secluded.yaml").write_text(minimal_definition("Secluded title"))
    with running:
        for headers, words in ((HTML, "A token is needed"), ({**HTML, "Authorization": "Bearer x"}, "not one that")):
            asked = running.get("/", headers)
            assert asked.status == 401
            assert "www-authenticate" in asked.headers
            assert words in page(asked)
            assert "ecluded" not in page(asked)
            assert 'name="token"' not in page(asked)
        assert running.get("/").status == 401
        assert running.get(f"/static/{find_static_name('console.js')}").status == 200
        given = running.get("/", {**HTML, **bearer(make_token())})
        assert "Secluded title" in page(given)
