"""Definitions that are sent to be checked: judged in memory, whatever strangers put into an archive."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from builder.checking import isolated, isolation
from builder.checking.isolated import UploadSettings, check_upload
from builder.checking.isolation import CHECKS, Checker
from builder.checking.uploads import MAX_DEFINITIONS, MAX_MEMBERS, unpack
from builder.errors import RequestError
from builder.reporting.as_json import describe_report
from tests.checking.examples import INVALID, list_cases
from tests.checking.examples import check as check_on_disk
from tests.service import WAIT_SECONDS, minimal_definition

GOOD = minimal_definition().encode()
COMPONENT = b"""\
heat_template_version: 2021-04-16
resources:
  secret: {type: OS::Heat::RandomString}
"""
COMPOSED = b"kind: heat\ntitle: Composed\ndescription: Of parts.\ncomponents: [{name: one}]\n"


def archive(files: Mapping[str, bytes | tarfile.TarInfo], form: int = tarfile.GNU_FORMAT) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as tar:
        for name, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def pack(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", dereference=True) as tar:
        tar.add(folder, arcname=folder.name)
    return packed.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def check(content: bytes, **settings: Any) -> dict[str, Any]:
    return check_upload(content, UploadSettings(**settings))


def rules(report: Mapping[str, Any]) -> list[str]:
    return [problem["rule"] for problem in report["problems"]]


def refused(content: bytes) -> str:
    with pytest.raises(RequestError) as caught:
        unpack(content)
    assert caught.value.status == 400
    return str(caught.value)


# --- what is checked --------------------------------------------------------------------------------------------------


def test_definition_without_problems_has_its_form() -> None:
    report = check(GOOD, id="small")
    (definition,) = report["definitions"]
    assert definition == {**definition, "path": "small.yaml", "id": "small", "errors": 0, "crash": None}
    assert [(each["id"], list(each["parameters"])) for each in report["cluster_types"]] == [("small", ["size"])]


def test_definition_with_errors_has_no_form() -> None:
    report = check(b"kind: heat\n")
    assert report["errors"] > 0
    assert report["cluster_types"] == []


@pytest.mark.parametrize("case", [each for each in list_cases() if each[0] != "_"])  # which is no id
def test_report_is_what_check_gives_for_the_same_files_on_disk(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / case  # with no other types beside it, of which nobody is told
    if (INVALID / case).is_dir():
        shutil.copytree(INVALID / case, path, symlinks=True)
    else:
        shutil.copyfile(INVALID / case, path)
    monkeypatch.chdir(tmp_path)
    sent = pack(path) if path.is_dir() else path.read_bytes()
    told = check(sent, id=path.stem)
    on_disk = describe_report(check_on_disk(case))
    of_disk = {"dangling-link", "outside-tree", "missing-file", "ignored-entry", "no-definitions", "misnamed-entry"}
    if of_disk & {*rules(told), *rules(on_disk)}:
        assert {*rules(told)} & of_disk, "what is not there is told, in words of its own"
    else:
        assert {key: told[key] for key in on_disk} == on_disk


def test_shipped_examples_are_without_problems(examples: Path) -> None:
    report = check(pack(examples))
    names = sorted(each.name.removesuffix(".yaml") for each in examples.iterdir())
    assert [each["id"] for each in report["definitions"]] == names
    assert [each["id"] for each in report["cluster_types"]] == names
    assert report["problems"] == []


@pytest.mark.parametrize("prefix", ["", "./", "parts/", "./parts/", "all/of/parts/"])
def test_folder_of_a_definition_is_found_wherever_it_begins(prefix: str) -> None:
    report = check(archive({f"{prefix}cluster-type.yaml": COMPOSED, f"{prefix}components/one.yaml": COMPONENT}))
    assert report["errors"] == 0
    assert [each["id"] for each in report["cluster_types"]] == ["parts" if "parts" in prefix else "cluster-type"]


def test_id_that_is_told_is_that_of_a_folder_without_a_name() -> None:
    packed = archive({"cluster-type.yaml": COMPOSED, "components/one.yaml": COMPONENT})
    assert [each["id"] for each in check(packed, id="mine")["cluster_types"]] == ["mine"]


def test_several_definitions_are_checked_each_by_itself() -> None:
    packed = archive(
        {"good.yaml": GOOD, "bad.yaml": b"kind: heat\n", "two words.yaml": GOOD, "README.md": b"# Types\n"}
    )
    report = check(packed)
    assert [(each["path"], each["errors"] > 0) for each in report["definitions"]] == [
        ("bad.yaml", True),
        ("good.yaml", False),
        ("two words.yaml", False),
    ]
    assert {"misnamed-entry", "ignored-entry"} <= set(rules(report))


def test_missing_component_is_told_with_what_to_do() -> None:
    report = check(archive({"t/cluster-type.yaml": COMPOSED, "t/components/ones.yaml": COMPONENT}))
    assert [(each["path"], each["rule"]) for each in report["problems"]] == [("t/cluster-type.yaml", "missing-file")]
    assert "did you mean 'ones'" in report["problems"][0]["hint"]


def test_files_that_were_not_sent_are_asked_for() -> None:
    report = check(b"kind: heat\ntitle: T\ndescription: D\nheat_template_url: template.yaml\n")
    (problem,) = report["problems"]
    assert (problem["rule"], "tar archive" in problem["hint"]) == ("missing-file", True)


@pytest.mark.parametrize("content", [b"", b"\0" * 10, b"\xff\xfe", b"- a\n", b"[" * 100_000, b"&a [*a]"])
def test_whatever_is_no_definition_has_a_problem_and_no_crash(content: bytes) -> None:
    report = check(content)
    assert report["errors"] > 0
    assert report["definitions"][0]["crash"] is None


# --- what it may not reach --------------------------------------------------------------------------------------------


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The paths that are opened, and the addresses that are connected to, from now on."""
    seen: list[str] = []
    watching = [True]

    def watch(event: str, details: tuple[Any, ...]) -> None:
        if watching[0] and (event in ("open", "os.listdir", "os.scandir") or event.startswith("socket.")):
            seen.append(f"{event} {details[0]}")

    sys.addaudithook(watch)
    yield seen
    watching[0] = False  # there is no way to take a hook back


REFERENCES = [
    "/etc/hostname",
    "../outside.yaml",
    "../../outside.yaml",
    "components/../../outside.yaml",
    "file:///etc/hostname",
    "http://127.0.0.1:1/template.yaml",
    "https://example.org/template.yaml",
    "~/template.yaml",
    "missing.yaml",
    "x" * 5000,
    "a\0b",
]


NOT_HAD = {
    "missing-file",
    "outside-tree",
    "remote-file",
    "unread-remote-file",
    "file-scheme",
    "unreadable-file",
    "nul-character",
}


@pytest.mark.parametrize("allow_remote", [False, True])
@pytest.mark.parametrize("reference", REFERENCES, ids=[each[:20].replace("\0", "0") for each in REFERENCES])
def test_no_reference_leads_to_a_file_of_the_service_or_to_another_host(
    reference: str, allow_remote: bool, opened: list[str]
) -> None:
    check(GOOD)  # what is read once, such as the schema, is read by now
    opened.clear()
    definition = {"kind": "heat", "title": "T", "description": "D", "heat_template_url": reference}
    by_template = json.dumps(definition).encode()
    template = (
        b"heat_template_version: 2021-04-16\noutputs: {all: {value: {get_file: %s}}}" % json.dumps(reference).encode()
    )
    by_function = archive(
        {"t/cluster-type.yaml": COMPOSED, "t/components/one.yaml": template, "outside.yaml": COMPONENT}
    )
    for sent in (by_template, by_function):
        report = check(sent, allow_remote=allow_remote)
        assert {*rules(report)} & NOT_HAD, rules(report)
        assert report["definitions"][0]["crash"] is None
    assert opened == []


def test_process_of_a_check_is_told_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def run(command: list[str], **options: Any) -> SimpleNamespace:
        seen.update(options, command=command)
        return SimpleNamespace(returncode=0, stdout=b"{}", stderr=b"")

    monkeypatch.setenv("JWT_SECRET", "s" * 40)
    monkeypatch.setattr(subprocess, "run", run)
    asyncio.run(Checker().check(GOOD, UploadSettings()))
    assert set(seen["env"]) <= {"PYTHONPATH", "LD_LIBRARY_PATH"}
    assert not any("s" * 40 in each for each in seen["command"])


# --- archives ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../up", "..", "a/..", "//x"])
def test_paths_that_lead_out_of_an_archive_are_refused(name: str) -> None:
    assert "leads out of the archive" in refused(archive({name: GOOD}))


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (tarfile.SYMTYPE, "is a link"),
        (tarfile.LNKTYPE, "is a link"),
        (tarfile.CHRTYPE, "neither an ordinary file nor a folder"),
        (tarfile.BLKTYPE, "neither an ordinary file nor a folder"),
        (tarfile.FIFOTYPE, "neither an ordinary file nor a folder"),
        (b"Z", "neither an ordinary file nor a folder"),
    ],
)
def test_what_is_no_file_and_no_folder_is_refused(kind: bytes, why: str) -> None:
    packed = archive({"t/cluster-type.yaml": GOOD, "odd": special("odd", kind, "t/cluster-type.yaml")})
    assert why in refused(packed)


def test_every_member_that_is_refused_is_told() -> None:
    told = refused(archive({"../a": GOOD, "b": special("b", tarfile.SYMTYPE, "/etc/passwd"), "c": GOOD}))
    assert "'../a'" in told
    assert "'b'" in told
    assert "'c'" not in told


def test_archive_of_a_file_of_holes_is_refused() -> None:
    """An old GNU sparse header: 512 bytes that stand for a file of 64 GiB."""
    member = special("holes", tarfile.GNUTYPE_SPARSE)
    header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
    header[386:410] = b"%011o\0%011o\0" % (2**33 - 1, 0)
    header[483:495] = b"%011o\0" % (2**33 - 1)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    assert "neither an ordinary file nor a folder" in refused(bytes(header) + b"\0" * 1024)


def test_many_members_are_refused_and_as_many_as_may_be_are_not() -> None:
    assert "more than 1,000" in refused(archive({f"{n}": b"" for n in range(MAX_MEMBERS + 1)}))
    assert len(unpack(archive({f"{n}": b"" for n in range(MAX_MEMBERS)}))) == MAX_MEMBERS


def test_many_definitions_are_refused() -> None:
    with pytest.raises(RequestError, match="more than 50 definitions"):
        check(archive({f"t{n}.yaml": GOOD for n in range(MAX_DEFINITIONS + 1)}))


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("name", ["x" * 256, "a/" * 3000 + "b", "é" * 200])
def test_names_that_no_disk_has_are_refused(name: str, form: int) -> None:
    told = refused(archive({name: b""}, form))
    assert "longer name" in told
    assert len(told) < 400


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "\udcff", "\u202egnp"])
def test_names_that_cannot_be_shown_are_refused_and_shown_otherwise(name: str) -> None:
    told = refused(archive({name: b""}))
    assert "no name that can be shown" in told
    assert told.isprintable()


def test_file_in_a_file_is_refused() -> None:
    assert "both a file and a folder" in refused(archive({"a": b"1", "a/b": b"2"}))
    assert "both a file and a folder" in refused(archive({"a": special("a", tarfile.DIRTYPE), "./a": b"2"}))


def test_of_two_files_of_one_name_the_last_counts() -> None:
    assert unpack(archive({"./a": b"1", "a": b"2"})) == {"a": b"2"}


@pytest.mark.parametrize("cut", [0, 100, 512, 513, 700])
def test_archive_that_is_cut_off_is_refused_or_has_nothing(cut: int) -> None:
    packed = archive({"a": b"x" * 1000})[:cut]
    with pytest.raises(RequestError, match="no whole tar archive"):
        unpack(packed)


def test_damaged_archives_are_refused_or_read_and_never_fail() -> None:
    whole = archive({"t/cluster-type.yaml": COMPOSED, "t/components/one.yaml": COMPONENT}, tarfile.PAX_FORMAT)
    for at in range(0, 1536, 3):
        for byte in (0x00, 0x37, 0x80, 0xFF):
            damaged = bytearray(whole)
            damaged[at] = byte
            damaged[148:156] = b" " * 8
            damaged[148:156] = b"%06o\0 " % sum(damaged[:512])
            with suppress(RequestError):
                check(bytes(damaged), archive=True)


def test_headers_one_after_another_without_end_are_refused() -> None:
    header = special("x", tarfile.XHDTYPE)
    header.size = 20
    one = header.tobuf(tarfile.PAX_FORMAT) + b"19 path=aaaaaaaaaa\n\0".ljust(512, b"\0")
    assert "no whole tar archive" in refused(one * 1000)


# --- its process ------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def checks_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as everything else that a busy machine may do late."""
    monkeypatch.setattr(isolation, "_BUSY_TIMEOUT", WAIT_SECONDS)


def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "isolated", SimpleNamespace(__name__="tests.checking.endless"))


def test_check_gives_the_report_of_its_process() -> None:
    report = json.loads(asyncio.run(Checker().check(GOOD, UploadSettings(id="small"))))
    assert [(each["path"], each["id"]) for each in report["definitions"]] == [("small.yaml", "small")]
    assert report["problems"] == check(GOOD, id="small")["problems"]


def test_faults_of_an_upload_come_through_from_its_process() -> None:
    with pytest.raises(RequestError) as caught:
        asyncio.run(Checker().check(archive({"../a": GOOD}), UploadSettings()))
    assert [(each.status, each.title) for each in caught.value.faults] == [(400, "Bad Request")]


@pytest.mark.parametrize("kind", ["time", "memory"])
def test_check_that_takes_too_much_is_ended(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    with pytest.raises(RequestError) as caught:
        asyncio.run(Checker().check(b"", UploadSettings(id=kind)))
    assert [(each.status, each.title) for each in caught.value.faults] == [(422, "Check not finished")]


def test_process_of_a_check_cannot_write_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)
    with pytest.raises(RuntimeError):
        asyncio.run(Checker().check(b"", UploadSettings(id="writing")))


def test_more_checks_than_may_be_at_once_are_told_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch)

    async def check_many() -> None:
        checker = Checker()
        under_way = [asyncio.ensure_future(checker.check(b"", UploadSettings(id="time"))) for _ in range(CHECKS)]
        await asyncio.sleep(0)
        with pytest.raises(RequestError) as caught:
            await checker.check(GOOD, UploadSettings())
        assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "5")
        under_way[0].cancel()  # its client goes away; its process still counts
        await asyncio.wait(under_way[:1])
        with pytest.raises(RequestError, match="already"):
            await checker.check(GOOD, UploadSettings())
        await asyncio.gather(*under_way, return_exceptions=True)
        while checker._under_way:  # noqa: ASYNC110  # nothing announces it
            await asyncio.sleep(0.01)
        monkeypatch.setattr(isolation, "isolated", isolated)
        assert json.loads(await checker.check(GOOD, UploadSettings()))["errors"] == 0

    asyncio.run(check_many())
