"""The tables of docs/api.md are true: compared with the source, and with a running service where that decides."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

import builder
from builder.api.authentication import check_token
from builder.api.rendering import TITLES
from builder.clusters.plan import MAX_CLUSTER_NAME
from builder.openstack.assets import MAX_ASSETS
from builder.openstack.failure_kinds import FailureKind
from builder.schema import published
from builder.settings.table import Settings
from tests.api.exchanges import parse_blocks
from tests.security.tokens import SECRET
from tests.service import Service, fetch, minimal_definition

PAGE = (Path(__file__).parent.parent.parent / "docs" / "api.md").read_text(encoding="utf-8")

OF_THE_SERVER = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.EXPECTATION_FAILED,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
"""What Sanic refuses by itself, under the phrase of the status."""

PATHS = {
    (method, path): token
    for method, path, token in re.findall(r"^\| `([A-Z]+) (/\S*)` \| .+ \| .+ \| (.+) \|$", PAGE, re.MULTILINE)
}
"""Whether each operation wants a token, as the first table says."""


@pytest.fixture(scope="module", params=["false", "true"])
def protected(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a secret, which lets everybody read, and one that does not."""
    service = Service(
        tmp_path_factory.mktemp("protected") / "instance", {"JWT_SECRET": SECRET, "PROTECT_READS": request.param}
    )
    service.enabled.mkdir(parents=True)
    (service.enabled / "one.yaml").write_text(minimal_definition())
    with service:
        yield service


def test_first_table_has_every_operation() -> None:
    described = published.build_openapi()["paths"]
    assert set(PATHS) == {(method.upper(), path) for path, item in described.items() for method in item}
    assert [path for path, item in described.items() for method in item if "security" in item[method]] == [
        path for path, item in described.items() for method in item if PATHS[method.upper(), path] != "no"
    ]


def test_first_table_says_which_operations_want_a_token(protected: Service) -> None:
    demanded = {"yes"} | ({"for reading"} if protected.environment["PROTECT_READS"] == "true" else set())
    for (method, path), token in PATHS.items():
        if path == "/catalogue/events" and token not in demanded:
            continue  # goes on
        wanted = fetch(protected.url + re.sub(r"{\w+}", "one", path), method, body=b"x" if method == "POST" else None)
        assert (wanted.status == 401) is (token in demanded), path


def test_token_of_the_page_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JWT_SECRET", SECRET)
    (text,) = parse_blocks(PAGE, "python")
    made: dict[str, dict[str, str]] = {}
    exec(text, made)
    assert check_token(made["headers"]["Authorization"].removeprefix("Bearer "), [SECRET])


def test_every_status_of_an_error_is_in_the_table_of_what_to_do() -> None:
    rows = re.findall(
        r"^\| ([\d, ]+) \| .+ \| .+ \|$", PAGE.partition("## Errors")[2].partition("\n## ")[0], re.MULTILINE
    )
    listed = [int(status) for row in rows for status in row.split(", ")]
    assert sorted(listed) == sorted({status for status, _ in find_titles()})


def find_titles() -> set[tuple[int, str]]:
    """Status and title of every error that the source can make."""
    found = {(kind.status, kind.title) for kind in FailureKind}
    found |= {(status.value, status.phrase) for status in OF_THE_SERVER} | set(TITLES.items())
    for path in Path(builder.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Fault":
                status, title = node.args[:2]
                if isinstance(status, ast.Constant) and isinstance(title, ast.Constant):
                    found.add((int(str(status.value)), str(title.value)))
    return found


def test_every_title_of_an_error_is_in_the_table() -> None:
    rows = re.findall(r"^\| (\d{3}) \| `([^`]+)` \| .+ \|$", PAGE, re.MULTILINE)
    listed = [(int(status), title) for status, title in rows]
    assert set(listed) == find_titles()
    assert listed == sorted(listed, key=lambda row: row[0])
    assert len(listed) == len(set(listed))


def test_every_schema_is_in_the_table() -> None:
    table = PAGE.partition("| schema | |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `([a-z-]+)` \| ", table, re.MULTILINE)
    assert set(published.load_schema_texts()) == set(rows)


def test_limits_are_those_of_the_source() -> None:
    defaults = Settings()
    assert defaults.body_limit == 1024 * 1024
    for sentence in (
        f"| {defaults.json_depth_limit} levels; more is 400 |",
        f"| {defaults.header_limit // 1024} KiB; more is 431, of the line alone 414 |",
        f"| {defaults.request_timeout:g} seconds; more is 408 |",
        f"| {defaults.build_deadline:g} seconds; more is 504 |",
        f"| {defaults.build_workers}, and {defaults.build_queue} waiting, in each worker; more is 503 |",
        f"| {MAX_CLUSTER_NAME} characters |",
        f"at most {MAX_CLUSTER_NAME} characters (",
        f"| {MAX_ASSETS:,} |",
    ):
        assert sentence in PAGE, sentence
