"""The documents lead somewhere: every relative link, every heading linked to, and every document named elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*.md")])
SOURCES = ["builder", "docs", "docker", "schemas", "tests", "Dockerfile", "docker-compose.yml", "Makefile"]
"""What may name a document in a message or a comment."""

QUOTES = {
    "docs/billing.md": (
        "asking for an order for stack",
        "was created for stack",
        "was cancelled",
        "is left without an order",
        "was launched without an order",
        "does not tell the name of its stack",
    ),
    "docs/operate.md": (
        "cluster built",
        "was read again",
        "starting another",
        "connections are open (MAX_CONNECTIONS)",
        "lines of the log were lost",
    ),
    "docs/troubleshooting.md": (
        "cluster types from",
        "no cluster built",
        "cannot listen on",
        "cannot be written",
        "Unknown host",
        "Cross-site request",
        "Cloud not allowed",
        "Billing service not allowed",
        "Endpoint not allowed",
    ),
}
"""What documents have people look for in the log, and in responses."""


def read_prose(document: Path) -> str:
    """Return a document without its fenced code, where a ``#`` is a comment and brackets are no link."""
    return re.sub(r"^ *```.*?^ *```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)


def list_anchors(document: Path) -> set[str]:
    """Return the anchors that GitHub gives to headings, and those that are written out: ``<a id="...">``.

    A heading that stands twice gets a number the second time.
    """
    anchors = set(re.findall(r'<a id="([^"]+)">', read_prose(document)))
    for heading in re.findall(r"^#+ +(.+?) *$", read_prose(document), re.MULTILINE):
        shown = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        number = 0
        while (numbered := f"{anchor}-{number}" if number else anchor) in anchors:
            number += 1
        anchors.add(numbered)
    return anchors


def list_links(document: Path) -> list[str]:
    """Return the targets of links and pictures that are not on another host."""
    prose = re.sub(r"`[^`\n]*`", "", read_prose(document))
    targets = [*re.findall(r"\]\(([^()\s]+)\)", prose), *re.findall(r'(?:src|href)="([^"]+)"', prose)]
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def leads_somewhere(document: Path, link: str) -> bool:
    """Whether a link in a document leads to a file, or a folder, and to a heading in it if it names one."""
    name, _, anchor = link.partition("#")
    target = document.parent / name if name else document
    return target.exists() and (not anchor or anchor in list_anchors(target))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_to_a_heading_in_it(document: Path) -> None:
    broken = [link for link in list_links(document) if not leads_somewhere(document, link)]
    assert broken == []


def test_every_document_that_code_and_configuration_name_exists() -> None:
    places = [
        path for name in SOURCES for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
    ]
    texts = [path.read_bytes().decode(errors="replace") for path in places if path.is_file() and path.suffix != ".pyc"]
    named = {each for text in texts for each in re.findall(r"docs/[a-z/-]+\.md(?:#[a-z_-]+)?", text)}
    assert {"docs/rules.md", "docs/cluster-types.md"} <= named
    assert [each for each in named if not leads_somewhere(ROOT / "README.md", each)] == []


def test_no_tag_or_image_is_named_that_was_never_published() -> None:
    """The project is installed from its source: a version that looks like a release would be looked for in vain."""
    texts = [path.read_text() for folder in ("docs", "examples") for path in (ROOT / folder).rglob("*.*ml")]
    texts += [path.read_text() for path in DOCUMENTS]
    tags = [tag for text in texts for tag in re.findall(r"concertim-cluster-builder(?:\.git)?[@:]([\w.]+)", text)]
    assert set(tags) <= {"HEAD", "latest", "NEW", "TAG"}
    assert not any(re.search(r"^ *rev: v?\d", text, re.MULTILINE) for text in texts)


@pytest.mark.parametrize("document", QUOTES)
def test_what_guides_quote_is_what_the_service_says(document: str) -> None:
    text = (ROOT / document).read_text()
    code = "".join(module.read_text() for module in (ROOT / "builder").rglob("*.py"))
    assert [quote for quote in QUOTES[document] if quote not in text or quote not in code] == []


def test_changelog_has_the_version_of_each_schema() -> None:
    rows = re.findall(r"^\| (`[^|]+) \| ([\d.]+) \|", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    told = {name: version for names, version in rows for name in re.findall(r"[\w-]+", names)}
    published = {}
    for path in (ROOT / "schemas").glob("*.schema.json"):
        published[path.name.removesuffix(".schema.json")] = json.loads(path.read_text())["$id"].split("/")[-2]
    assert told == published
