"""A definition that is sent to be checked: by programs, which get JSON, and by the form of the page."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from builder.checking.uploads import MAX_UPLOAD_BYTES
from builder.schema import published
from tests.security.tokens import SECRET, bearer, make_token
from tests.service import Answer, Service, fetch, minimal_definition

GOOD = minimal_definition("A <b>good</b> cluster").encode()
BROKEN = b"kind: heat\ntitle: '<script>alert(1)</script>'\n\tdescription: x\n"
HTML = {"Accept": "text/html"}
YAML = {"Content-Type": "application/yaml"}


def archive(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/") + ".yaml")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def send_form(service: Service, headers: Mapping[str, str] | None = None, /, **fields: bytes) -> Answer:
    """As a browser sends the form; ``file`` is one that was chosen."""
    parts = []
    for name, content in {"definition": b"", "file": b"", "id": b"", **fields}.items():
        chosen = b'; filename="<i>.yaml"\r\nContent-Type: application/yaml' if name == "file" else b""
        parts.append(
            b'------form0de3\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
            % (name.encode(), chosen, content)
        )
    given = {**HTML, "Content-Type": "multipart/form-data; boundary=----form0de3", **(headers or {})}
    return fetch(f"{service.url}/check", "POST", given, b"".join(parts) + b"------form0de3--\r\n")


@pytest.mark.parametrize(
    "media_type", ["", "application/yaml", "text/plain; charset=utf-8", "application/x-www-form-urlencoded"]
)
def test_definition_is_judged_and_its_form_is_told(service: Service, media_type: str) -> None:
    answer = service.post("/check?id=small", GOOD, {"Content-Type": media_type})
    report = answer.json()
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert (report["errors"], [each["id"] for each in report["cluster_types"]]) == (0, ["small"])
    assert Draft7Validator(published.load_schema("listed-cluster-type")).is_valid(report["cluster_types"][0])


def test_successor_is_told_to_be_missing_unless_the_service_lists_it(service: Service) -> None:
    def rules(successor: bytes) -> set[str]:
        text = GOOD + b"lifecycle: deprecated\nreplaced_by: %s\n" % successor
        return {each["rule"] for each in service.post("/check?id=old-one", text, YAML).json()["problems"]}

    assert "good" in service.ids()
    assert rules(b"nobody") - rules(b"good") == {"unknown-successor"}


@pytest.mark.parametrize("media_type", ["", "application/x-tar", "application/octet-stream"])
def test_folder_is_judged_as_an_archive(service: Service, media_type: str) -> None:
    sent = archive(**{"hpc__cluster-type": GOOD})
    report = service.post("/check/", sent, {"Content-Type": media_type}).json()
    assert [(each["id"], each["path"]) for each in report["definitions"]] == [("hpc", "hpc/cluster-type.yaml")]
    assert [each["id"] for each in report["cluster_types"]] == ["hpc"]


@pytest.mark.parametrize("sent", [GOOD, BROKEN, b"a", archive(a=GOOD, b=BROKEN), archive(**{"t__notes": b"x"})])
def test_report_is_as_its_schema_says(service: Service, sent: bytes) -> None:
    report = service.post("/check", sent, YAML).json()
    assert [each.message for each in Draft7Validator(published.load_schema("check-report")).iter_errors(report)] == []


def test_nothing_of_what_is_checked_is_listed_or_left_on_disk(service: Service) -> None:
    before = sorted(service.instance.rglob("*"))
    assert service.post("/check?id=other", GOOD, YAML).status == 200
    assert sorted(service.instance.rglob("*")) == before
    assert service.ids() == ["good"]


@pytest.mark.parametrize(
    ("sent", "media_type", "fault"),
    [
        (b"", "", (400, "Bad Request")),
        (b" \n", "", (400, "Bad Request")),
        (b"a: b", "application/x-tar", (400, "Bad Request")),
        (archive(a=GOOD)[:600], "", (400, "Bad Request")),
        (archive(**{"..__a": GOOD}), "", (400, "Bad Request")),
        (GOOD, "multipart/form-data; boundary=----form0de3", (415, "Unsupported Media Type")),
        (GOOD, "application/gzip", (415, "Unsupported Media Type")),
        (b"\x1f\x8b\x08 and so on", "", (415, "Unsupported Media Type")),
        (b"PK\x03\x04 and so on", "application/x-tar", (415, "Unsupported Media Type")),
        (b"a" * (MAX_UPLOAD_BYTES + 1), "", (413, "Request too large")),
    ],
)
def test_what_cannot_be_checked_is_refused(
    service: Service, sent: bytes, media_type: str, fault: tuple[int, str]
) -> None:
    answer = service.post("/check", sent, {"Content-Type": media_type})
    assert (answer.status, answer.faults()[0][0]) == fault
    if answer.status == 415:
        assert answer.headers["accept"] == "application/yaml, application/x-tar"


@pytest.mark.parametrize("query", ["id=..", "id=a/b", "id=-a", "id=%00", f"id={'a' * 300}", "name=hpc"])
def test_odd_ids_and_other_parameters_are_refused(service: Service, query: str) -> None:
    assert service.post(f"/check?{query}", GOOD, YAML).status == 400


def test_compressed_bodies_are_refused(service: Service) -> None:
    answer = service.post("/check", GOOD, {**YAML, "Content-Encoding": "gzip"})
    assert (answer.status, answer.headers["accept-encoding"]) == (415, "identity")


def test_page_of_another_site_has_nothing_checked(service: Service) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        assert service.post("/check", GOOD, headers).faults() == [("Cross-site request", None)]


def test_many_checks_are_answered_or_told_to_come_again(service: Service) -> None:
    with ThreadPoolExecutor(12) as clients:
        answers = list(clients.map(lambda _: service.post("/check", GOOD, YAML), range(12)))
    assert {each.status for each in answers} <= {200, 503}
    assert [each.status for each in answers].count(200) >= 2
    assert all(each.headers["retry-after"] == "5" for each in answers if each.status == 503)
    assert service.post("/check", GOOD, YAML).status == 200


# --- the page ---------------------------------------------------------------------------------------------------------


def test_page_has_a_form(service: Service) -> None:
    answer = service.get("/check", HTML)
    assert answer.status == 200
    for control in (
        b'<textarea id="definition"',
        b'type="file"',
        b'action="./check"',
        b'enctype="multipart/form-data"',
    ):
        assert control in answer.body


def test_form_gets_the_page_with_the_report_and_what_was_pasted(service: Service) -> None:
    answer = send_form(service, definition=BROKEN, id=b"mine")
    shown = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "mine.yaml:3:1" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in shown


def test_file_that_was_chosen_comes_before_what_was_pasted(service: Service) -> None:
    shown = send_form(service, definition=BROKEN, file=GOOD).body.decode()
    assert "&lt;b&gt;good&lt;/b&gt;" in shown
    assert "&lt;i&gt;.yaml" in shown
    assert "<script>alert" not in shown
    assert "Size" in shown or "size" in shown


@pytest.mark.parametrize(
    ("fields", "status"),
    [({}, 400), ({"file": b"\x1f\x8b\x08"}, 415), ({"definition": b"a", "id": b".."}, 400), ({"id": b"\xff"}, 400)],
)
def test_form_that_cannot_be_checked_gets_the_page_with_the_reason(
    service: Service, fields: dict[str, bytes], status: int
) -> None:
    answer = send_form(service, None, **fields)
    assert answer.status == status
    assert b'id="report"' in answer.body
    assert b"content-security-policy" in b" ".join(name.encode() for name in answer.headers)


@pytest.mark.parametrize("media_type", ["multipart/form-data", "multipart/form-data; boundary=", "text/plain", "x"])
def test_form_of_another_kind_is_refused(service: Service, media_type: str) -> None:
    answer = send_form(service, {"Content-Type": media_type}, definition=GOOD)
    assert answer.status in (400, 415)
    assert b'id="report"' in answer.body


# --- where it may not be ----------------------------------------------------------------------------------------------


def test_without_console_there_is_no_check(tmp_path: Path) -> None:
    with Service(tmp_path, {"CONSOLE": "false"}) as service:
        assert service.post("/check", GOOD, YAML).status == 404
        assert service.get("/check", HTML).status == 404


@pytest.fixture
def protected(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path, {"PROTECT_READS": "true", "JWT_SECRET": SECRET}) as running:
        yield running


def test_with_protected_reads_a_check_needs_the_token(protected: Service) -> None:
    refused = protected.post("/check", GOOD, YAML)
    assert (refused.status, refused.faults()) == (401, [("Unauthorized", None)])
    assert protected.get("/check", HTML).status == 401
    token = bearer(make_token())
    assert protected.post("/check", GOOD, {**YAML, **token}).status == 200
    assert protected.get("/check", {**HTML, **token}).status == 200
    assert send_form(protected, token, definition=GOOD).status == 200
    asked = send_form(protected, definition=GOOD)
    assert (asked.status, b"A token is needed" in asked.body) == (401, True)
