"""``cluster-builder status`` as an operator meets it, of a running service and of whatever else may answer."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_here
from tests.emptying import empty
from tests.openstack.replay_cloud import Behaviour, Received, WireServer, answer, reset
from tests.security.tokens import make_token
from tests.service import Service, minimal_definition, wait_until

SECRET = "a-secret-of-more-than-thirty-two-bytes"


def ask(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return run_here("status", *arguments, stdin=stdin, **environment)


def assert_cannot_be_asked(done: subprocess.CompletedProcess[str], said: str) -> None:
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cluster-builder: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("status") / "instance") as started:
        yield started


@pytest.fixture
def service(running: Service) -> Service:
    """A service with two good definitions, and with nothing that an earlier test has left."""
    empty(running)
    for name in ("good", "other"):
        (running.enabled / f"{name}.yaml").write_text(minimal_definition())
    wait_until(lambda: running.ids() == ["good", "other"], "listed")
    return running


def test_command_is_one_of_a_process_too() -> None:
    command = [sys.executable, "-m", "builder", "status", "ftp://127.0.0.1"]
    assert_cannot_be_asked(subprocess.run(command, capture_output=True, text=True, timeout=100, check=False), "URL")


def read_table(output: str) -> list[list[str]]:
    """The first two columns of each row."""
    lines = output.partition("REASON\n")[2].splitlines()
    return [line.split()[:2] for line in lines if not line.startswith(" ")]


def test_all_is_well_where_every_entry_is_listed(service: Service) -> None:
    done = ask(service.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{service.url} is ready: 2 listed\n")
    assert read_table(done.stdout) == [["listed", "good"], ["listed", "other"]]


def test_entry_that_is_stale_fails_with_what_is_wrong_and_where(service: Service) -> None:
    (service.enabled / "good.yaml").write_text(minimal_definition().replace("title:", "titel:"))
    wait_until(lambda: b'"stale"' in service.get("/catalogue").body, "broken")
    done = ask(service.url)
    assert done.returncode == 1
    assert ["stale", "good"] in read_table(done.stdout)
    assert "    good.yaml:2:1: error: unknown key 'titel' (did you mean 'title'?) [unknown-key]\n" in done.stdout
    assert "    differs from its last good version in good.yaml\n" in done.stdout


def test_entry_that_is_rejected_fails(service: Service) -> None:
    (service.enabled / "new.yaml").write_text("kind: heat\n")
    wait_until(lambda: b'"rejected"' in service.get("/catalogue").body, "rejected")
    done = ask(service.url)
    assert done.returncode == 1
    assert ["rejected", "new"] in read_table(done.stdout)


def test_entry_that_is_ignored_fails_nobody(service: Service) -> None:
    (service.enabled / "notes.txt").write_text("x")
    assert ask(service.url).returncode == 0


def test_port_of_the_environment_is_asked_where_no_url_is_given(service: Service) -> None:
    port = service.url.rpartition(":")[2]
    assert ask(PORT=port).stdout.startswith(f"http://127.0.0.1:{port} is ready: ")
    assert ask(f"127.0.0.1:{port}/").returncode == 0


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("protected") / "instance"
    with Service(folder, {"JWT_SECRET": SECRET, "PROTECT_READS": "true"}) as running:
        yield running


def test_service_that_protects_reads_is_told_to_want_a_token(protected: Service) -> None:
    assert_cannot_be_asked(ask(protected.url), "Set JWT_SECRET or JWT_SECRET_FILE")
    wrong = ask(protected.url, JWT_SECRET="another-secret-of-more-than-32-bytes")
    assert_cannot_be_asked(wrong, "The token is not one that this service accepts.")


def test_token_is_made_of_the_secret_or_read_from_a_file(protected: Service, tmp_path: Path) -> None:
    secrets, token = tmp_path / "secrets", tmp_path / "token"
    secrets.write_text(f"{SECRET}\nan-older-secret-of-more-than-32-bytes\n")
    token.write_text(f"{make_token(SECRET)}\n")
    for done in (
        ask(protected.url, JWT_SECRET=SECRET),
        ask(protected.url, JWT_SECRET_FILE=str(secrets)),
        ask(protected.url, "--token-file", str(token)),
        ask(protected.url, "--token-file", "-", stdin=make_token(SECRET)),
    ):
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{protected.url} is ready: no entries\n"


@pytest.mark.parametrize("content", ["", "two tokens", "über", "a\0b", "a\nX-Header: b"])
def test_file_without_a_token_is_told_of(tmp_path: Path, content: str) -> None:
    (tmp_path / "token").write_text(content)
    done = ask("http://127.0.0.1:1", "--token-file", str(tmp_path / "token"))
    assert_cannot_be_asked(done, "token holds no token")
    assert_cannot_be_asked(ask("--token-file", str(tmp_path / "nothing")), "cannot be read")


def test_no_flag_takes_a_token_itself() -> None:
    done = ask("http://127.0.0.1:1", "--token", "t0ken")
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1", "http://127.0.0.1:1 cannot be reached: Connection refused"),
        ("http://nowhere.invalid", "cannot be reached: "),
        ("ftp://127.0.0.1", "is not the URL of a service"),
        ("http://", "is not the URL of a service"),
        ("http://127.0.0.1:port", "is not the URL of a service"),
        ("http://127.0.0.1/?x=1", "is not the URL of a service"),
        ("http://[::1", "is not the URL of a service"),
        ("http://somebody:pa55@127.0.0.1:1", "no user and no password"),
        ("http://127.0.0.1:1/a b", "does not speak HTTP"),
        ("http://two..dots", "its host is no name"),
    ],
)
def test_service_that_cannot_be_asked_is_told_of_in_one_line(url: str, said: str) -> None:
    done = ask(url)
    assert_cannot_be_asked(done, said)
    assert "pa55" not in done.stderr


class Stranger(WireServer):
    """Answers what a test says."""

    def __init__(self) -> None:
        super().__init__()
        self.ready: bytes | Behaviour = answer(200, {"status": "ready"})
        self.catalogue: bytes | Behaviour = answer(200, {"entries": []})

    def respond(self, request: Received) -> bytes | Behaviour:
        return self.ready if request.path.endswith("/ready") else self.catalogue


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with Stranger() as running:
        yield running


def error(detail: str) -> dict[str, Any]:
    return {"errors": [{"status": "503", "title": "Not ready", "detail": detail}]}


def test_service_that_is_not_ready_fails_with_the_reason(stranger: Stranger) -> None:
    stranger.ready = answer(503, error("No rescan for 90 seconds."))
    stranger.catalogue = answer(200, {"entries": [], "noticing_problem": "no inotify watches are left"})
    done = ask(f"{stranger.url}/below/")
    assert done.returncode == 1
    assert done.stdout == (
        f"{stranger.url}/below/ is not ready: no entries\nNo rescan for 90 seconds.\nno inotify watches are left\n"
    )
    assert [request.path for request in stranger.received] == ["/below/ready", "/below/catalogue"]


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.parametrize(
    "told",
    [
        answer(404, "<h1>Not Found</h1>", "text/html"),
        answer(302, "", headers={"Location": "http://127.0.0.1:1/"}),
        answer(200, []),
        answer(200, {"entries": 7}),
        answer(200, "[" * 100_000, "application/json"),
        garbage,
        reset,
    ],
)
def test_what_is_no_cluster_builder_is_told_to_be_none(stranger: Stranger, told: bytes | Behaviour) -> None:
    stranger.catalogue = told
    done = ask(stranger.url)
    assert done.returncode == 2
    assert done.stderr.startswith(f"cluster-builder: {stranger.url} ")
    assert done.stderr.count("\n") == 1


def test_control_characters_do_not_reach_the_terminal(stranger: Stranger) -> None:
    entry: dict[str, Any] = {
        "state": "rejected\x1b[2J",
        "id": "\x07",
        "path": "a\nb",
        "problems": [{"message": "\x1b]0;x"}, 7],
    }
    stranger.catalogue = answer(
        200,
        {
            "entries": [
                entry,
                7,
                {"state": "stale", "problems": [{"message": "\x1b"}, 7]},
                {"state": "stale", "problems": 7},
            ]
        },
    )
    done = ask(stranger.url)
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
    assert done.returncode == 1


def test_token_goes_to_the_catalogue_alone(stranger: Stranger) -> None:
    ask(stranger.url, JWT_SECRET=SECRET)
    sent = {request.path: request.headers.get("authorization", "") for request in stranger.received}
    assert sent["/ready"] == ""
    assert sent["/catalogue"].startswith("Bearer ")
    assert SECRET not in json.dumps(sent)
