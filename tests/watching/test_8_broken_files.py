"""Files that are no cluster types, or broken ones: a problem of their own, and nobody else's."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.service import Service, minimal_definition, wait_until
from tests.watching.world import COMPOSED, World, definition, relative_link

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

WHOLE = definition("Broken")
REFERRING = "kind: heat\ntitle: Broken\ndescription: It refers to a file.\nheat_template_url: {}\n"

BROKEN: dict[str, tuple[str | bytes, str]] = {
    "invalid-yaml": ("kind: heat\ntitle: [\n", "yaml-syntax"),
    "schema-violation": (WHOLE.replace("kind: heat", "kind: cold"), "unknown-value"),
    "missing-key": (WHOLE.replace("title: Broken\n", ""), "missing-key"),
    "unknown-key": (WHOLE + "colour: red\n", "unknown-key"),
    "missing-template": (COMPOSED.format(title="Broken"), "missing-file"),
    "tabs": (WHOLE.replace("  resources", "\tresources"), "yaml-tab"),
    "latin-1": (WHOLE.replace("Broken", "Größe").encode("latin-1"), "not-utf-8"),
    "utf-16": (WHOLE.encode("utf-16"), "not-utf-8"),
    "binary": (bytes(range(256)) * 40, "not-utf-8"),
    "empty": ("", "empty-file"),
    "only-comments": ("# nothing\n", "empty-file"),
    "list-at-top": ("- kind: heat\n", "wrong-type"),
    "text-at-top": ("kind\n", "wrong-type"),
    "duplicate-keys": (WHOLE + "kind: heat\n", "duplicate-key"),
    "billion-laughs": (LAUGHS, "too-large"),
    "ten-megabytes": ("# " + "x" * 10_000_000 + "\n" + WHOLE, "file-too-large"),
    "deep-flow": ("a: " + "[" * 50_000 + "]" * 50_000, "too-deep"),
    "deep-blocks": ("\n".join(" " * depth + "a:" for depth in range(500)), "too-deep"),
    "contains-itself": ("a: &a [*a]\n", "yaml-recursion"),
    "two-documents": (WHOLE + "---\n" + WHOLE, "yaml-syntax"),
    "python-object": (WHOLE + "x-a: !!python/object:os.system {}\n", "yaml-tag"),
    "nul": (WHOLE.replace("Broken", '"a\\0b"'), "nul-character"),
    "half-a-pair": (REFERRING.format('"\\ud83d.yaml"'), "lone-surrogate"),
    "huge-integer": (WHOLE + f"order: 0x{'9' * 5000}\n", "yaml-number"),
    "deep-path": (REFERRING.format("a/" * 1500), "missing-file"),
    "endless-path": (REFERRING.format("a/" * 20_000), "unreadable-file"),
}


def write(path: Path, content: str | bytes) -> None:
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_bytes(content if isinstance(content, bytes) else content.encode())
    temporary.rename(path)


@pytest.mark.parametrize("case", BROKEN)
def test_broken_file_is_listed_only_if_it_was_good_before(world: World, case: str) -> None:
    """New, it is rejected; broken by an edit, it keeps its last good version; either way until it is mended."""
    content, rule = BROKEN[case]
    write(world.enabled / "broken.yaml", content)
    world.wait_for_state("broken.yaml", "rejected")
    assert rule in world.rules("broken.yaml")
    assert world.titles() == {}
    write(world.enabled / "broken.yaml", definition("Mended"))
    world.wait_for_title("broken", "Mended")
    tag = world.etag("broken")
    write(world.enabled / "broken.yaml", content)
    world.wait_for_state("broken.yaml", "stale")
    assert rule in world.rules("broken.yaml")
    assert world.etag("broken") == tag
    write(world.enabled / "broken.yaml", definition("Mended again"))
    world.wait_for_title("broken", "Mended again")

    def words() -> list[str]:
        return [line.split("cluster type ")[1].split()[0] for line in world.log() if "cluster type" in line]

    world.wait(lambda: words() == ["rejected", "enabled", "stale", "recovered"], "each change is in the log once")
    assert sum("builder.catalogue" in line and f"[{rule}]" in line for line in world.log()) >= 2


def test_stale_type_is_withdrawn_with_its_file(world: World) -> None:
    path = world.enable("edited", "Good")
    path.write_text("kind: [")
    world.wait_for_state("edited.yaml", "stale")
    path.unlink()
    world.wait_for_title("edited", None)
    world.replace(path, "kind: [")
    world.wait_for_state("edited.yaml", "rejected")


def test_byte_order_mark_is_no_problem(world: World) -> None:
    (world.enabled / "bom.yaml").write_bytes(b"\xef\xbb\xbf" + definition("Marked").encode())
    world.wait_for_title("bom", "Marked")


def test_windows_line_ends_are_no_problem(world: World) -> None:
    (world.enabled / "crlf.yaml").write_bytes(definition("Windows").replace("\n", "\r\n").encode())
    world.wait_for_title("crlf", "Windows")


@pytest.fixture
def listening_socket(world: World) -> Iterator[str]:
    """A socket in the enabled folder."""
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(world.enabled)  # the path of a socket must be short
        try:
            listener.bind("special.yaml")
        finally:
            os.chdir(here)
        yield "special.yaml"


@pytest.mark.usefixtures("listening_socket")
def test_socket_is_refused(world: World) -> None:
    world.wait(lambda: world.rules("special.yaml") == {"not-a-file"}, "the socket is reported")


def test_pipe_is_refused_and_nothing_hangs(world: World) -> None:
    os.mkfifo(world.enabled / "special.yaml")
    world.wait(lambda: world.rules("special.yaml") == {"not-a-file"}, "the pipe is reported")
    world.enable("good", "Good")


def test_type_replaced_by_a_pipe_keeps_its_last_good_version(world: World) -> None:
    path = world.enable("piped", "Good")
    path.unlink()
    os.mkfifo(path)
    world.wait_for_state("piped.yaml", "stale")
    assert world.title("piped") == "Good"


def test_pipe_as_a_component_is_refused_and_nothing_hangs(world: World) -> None:
    folder = world.enabled / "composed"
    (folder / "components").mkdir(parents=True)
    os.mkfifo(folder / "components" / "main.yaml")
    (folder / "cluster-type.yaml").write_text(COMPOSED.format(title="Composed"))
    world.wait(lambda: world.rules("composed") == {"not-a-file"}, "the pipe is reported")
    world.enable("good", "Good")


def test_device_behind_a_link_is_refused_unread(world: World) -> None:
    """For where it is: what is there is nobody's business."""
    (world.enabled / "zero.yaml").symlink_to("/dev/zero")
    (world.enabled / "tty.yaml").symlink_to("/dev/tty")
    world.wait(lambda: world.rules("zero.yaml") == world.rules("tty.yaml") == {"outside-tree"}, "they are reported")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device files")
def test_device_file_is_refused_unread(world: World) -> None:
    os.mknod(world.enabled / "device.yaml", 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    world.wait(lambda: world.rules("device.yaml") == {"not-a-file"}, "the device is reported")


def test_folder_called_like_a_file_is_refused(world: World) -> None:
    (world.enabled / "folder.yaml").mkdir()
    (world.enabled / "folder.yaml" / "cluster-type.yaml").write_text(definition("Folder"))
    world.wait(lambda: world.rules("folder.yaml") == {"not-a-file"}, "the folder is reported")
    assert world.titles() == {}


def test_folder_without_a_definition_is_refused(world: World) -> None:
    (world.enabled / "folder").mkdir()
    world.wait(lambda: world.rules("folder") == {"missing-file"}, "the folder is reported")


def test_folder_that_lost_its_definition_keeps_its_last_good_version(world: World) -> None:
    (world.enabled / "folder").mkdir()
    inner = world.enabled / "folder" / "cluster-type.yaml"
    inner.write_text(definition("Folder"))
    world.wait_for_title("folder", "Folder")
    inner.unlink()
    world.wait_for_state("folder", "stale")
    assert world.title("folder") == "Folder"


def test_neither_of_two_new_entries_with_one_id_is_listed(world: World) -> None:
    write(world.enabled / ".one", definition("One"))
    write(world.enabled / ".two", definition("Two"))
    (world.enabled / ".one").rename(world.enabled / "twin.yaml")
    (world.enabled / ".two").rename(world.enabled / "twin.yml")
    world.wait(lambda: world.rules("twin.yaml") == world.rules("twin.yml") == {"duplicate-id"}, "both are reported")
    world.settle()
    assert world.state("twin.yaml") == world.state("twin.yml")
    (world.enabled / "twin.yaml").unlink()
    world.wait_for_title("twin", "Two")
    assert world.state("twin.yml") == "listed"


def test_second_entry_with_an_id_does_not_drive_out_the_first(world: World) -> None:
    world.enable("twin", "First")
    tag = world.etag("twin")
    (world.enabled / "twin").mkdir()
    (world.enabled / "twin" / "cluster-type.yaml").write_text(definition("Second"))
    world.wait(lambda: world.rules("twin") == world.rules("twin.yaml") == {"duplicate-id"}, "both are reported")
    assert world.etag("twin") == tag
    assert world.state("twin.yaml") == "stale"


@pytest.mark.parametrize(
    "name",
    ["-option.yaml", "a b.yaml", "ü.yaml", "_under.yaml", "a%2Fb.yaml", os.fsdecode(b"\xff\xfe.yaml"), "n\nl.yaml"],
)
def test_name_that_cannot_be_an_id_is_refused(world: World, name: str) -> None:
    before = len(world.catalogue()["entries"])
    (world.enabled / name).write_text(definition("Misnamed"))
    world.wait(lambda: len(world.catalogue()["entries"]) > before, "the entry is reported")
    (entry,) = [each for each in world.catalogue()["entries"] if each["id"] is None]
    assert entry["state"] == "rejected"
    assert [problem["rule"] for problem in entry["problems"]] == ["misnamed-entry"]
    assert world.titles() == {}


@pytest.mark.parametrize(
    "name",
    [
        ".hidden.yaml", "a.yaml~", ".#a.yaml", "#a.yaml#", "a.yaml.swp", "a.yaml.swo", "a.yaml.swx", "a.yaml.tmp",
        "a.bak", "a.yaml.orig", "a.yaml.part",
    ],
)  # fmt: skip
def test_what_editors_leave_is_passed_over_without_a_word(world: World, name: str) -> None:
    (world.enabled / name).write_text(definition("Temporary"))
    world.settle()
    assert [each["path"] for each in world.catalogue()["entries"]] == ["resident.yaml"]


def test_other_files_are_ignored_and_said_to_be(world: World) -> None:
    (world.enabled / "README.md").write_text("# Read me")
    world.wait_for_state("README.md", "ignored")
    assert world.entry("README.md")["reason"]


@pytest.mark.usefixtures("unprivileged")
def test_folder_whose_entries_may_not_be_looked_at_withdraws_nothing(start: Callable[..., World]) -> None:
    """Its names can still be listed: ``chmod 644`` was meant for the files in it."""
    world = start()
    tag = world.etag()
    world.enabled.chmod(0o644)
    world.wait(lambda: world.client.get("/ready")[0] == 503, "the folder cannot be looked into")
    assert b"Permission denied" in world.client.get("/ready")[2]
    assert world.etag() == tag
    world.enabled.chmod(0o755)
    world.wait(lambda: world.client.get("/ready")[0] == 200, "the folder can be looked into again")
    assert world.etag() == tag


@pytest.mark.usefixtures("unprivileged")
def test_folder_whose_entries_may_not_be_looked_at_from_the_start_is_no_empty_catalogue(
    start: Callable[..., World], tmp_path: Path
) -> None:
    enabled = tmp_path / "instance" / "cluster-types-enabled"
    enabled.mkdir(parents=True)
    (enabled / "there.yaml").write_text(definition("There"))
    enabled.chmod(0o644)
    world = start(resident=False)
    world.wait(lambda: b"Permission denied" in world.client.get("/ready")[2], "the folder cannot be looked into")
    assert world.listings() == 0
    enabled.chmod(0o755)
    world.wait(lambda: world.client.get("/ready")[0] == 200, "the folder can be looked into")
    assert world.titles() == {"there": "There"}


@pytest.mark.usefixtures("unprivileged")
def test_what_may_not_be_read_is_refused_and_heals(start: Callable[..., World]) -> None:
    world = start()
    path = world.enable("secret", "Readable")
    path.chmod(0)
    world.wait(lambda: world.rules("secret.yaml") == {"unreadable-file"}, "the file is reported")
    assert world.title("secret") == "Readable"
    path.chmod(0o644)
    world.wait_for_state("secret.yaml", "listed")
    inner = world.available / "inner"
    inner.mkdir()
    (inner / "deep.yaml").write_text(definition("Deep"))
    relative_link(inner / "deep.yaml", world.enabled / "deep.yaml")
    world.wait_for_title("deep", "Deep")
    tag = world.etag()
    world.enabled.chmod(0o200)
    world.wait(lambda: world.client.get("/ready")[0] == 503, "the folder cannot be read")
    assert world.etag() == tag
    world.enabled.chmod(0o755)
    world.wait(lambda: world.client.get("/ready")[0] == 200, "the folder can be read again")
    assert world.etag() == tag


MEMORY = Path("/dev/shm")  # a file system whose dates reach beyond the calendar


@pytest.mark.skipif(not os.access(MEMORY, os.W_OK), reason="there is no file system in memory here")
def test_file_whose_date_is_in_no_calendar_is_a_file_as_any_other() -> None:
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, Service(Path(folder)) as service:
        for name, date in {"ages": 10**13, "past": -(10**11), "ten-thousand": 253_402_300_800, "usual": 10**9}.items():
            file = service.enabled / f".{name}.yaml"
            file.write_text(minimal_definition(name))
            os.utime(file, (date, date))
            file.rename(service.enabled / f"{name}.yaml")
        wait_until(lambda: set(service.ids()) == {"ages", "past", "ten-thousand", "usual"}, "all are listed")
        for each in service.get("/cluster-types/").json():
            assert service.get(f"/cluster-types/{each['id']}").status == 200
            assert parsedate_to_datetime(each["last_modified"]).year in range(1970, 2107)
        assert service.get("/ready").status == 200
