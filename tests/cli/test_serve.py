"""``python -m builder serve`` as an operator meets it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from unittest.mock import patch

import pytest

from builder.api.metrics import FOLDER_VARIABLE, shared_metrics
from builder.errors import ConfigurationError
from builder.settings.certificates import check_ca_bundle
from builder.settings.reading import build_settings
from builder.settings.table import list_settings
from tests.command import run_here, run_up_to_serving
from tests.openstack.tls_certificate import make_certificate
from tests.samples import some_of
from tests.service import START_SECONDS, STOP_SECONDS, Service, fetch, launch, minimal_definition, wait_until


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    """Run a command to its end: exit status, and all that it printed."""
    with launch(*arguments, **environment) as process:
        output, _ = process.communicate(timeout=STOP_SECONDS)
    return process.returncode, output


@pytest.mark.parametrize(
    ("arguments", "environment", "named"),
    [
        (["--port", "70000"], {}, "--port"),
        (["--port", "many"], {}, "--port"),
        ([], {"PORT": "many"}, "PORT"),
        (["--workers", "0"], {}, "--workers"),
        ([], {"LOG_LEVEL": "LOUD"}, "LOG_LEVEL"),
        (["--log-level", "LOUD"], {}, "--log-level"),
        ([], {"SANDBOX": "perhaps"}, "SANDBOX"),
        ([], {"WATCH": "closely"}, "WATCH"),
        ([], {"RESCAN_INTERVAL": "-1"}, "RESCAN_INTERVAL"),
        ([], {"TEMPLATE_ROOTS": "relative"}, "TEMPLATE_ROOTS"),
        ([], {"REQUIRE_AUTH": "true"}, "REQUIRE_AUTH"),
        ([], {"JWT_SECRET": ", ,"}, "JWT_SECRET"),
        ([], {"JWT_SECRET": " "}, "JWT_SECRET"),
        ([], {"JWT_SECRET_FILE": "/nowhere"}, "JWT_SECRET_FILE"),
        ([], {"JWT_SECRET_FILE": "/dev/null"}, "JWT_SECRET_FILE"),
        ([], {"TRUSTED_PROXIES": "10.0.0.1/8"}, "TRUSTED_PROXIES"),
        ([], {"CONFIG_FILE": "/nowhere"}, "CONFIG_FILE: /nowhere cannot be read"),
        ([], {"PORT": "--5"}, "PORT: '--5' is not a whole number"),
        ([], {"CLOUD_CA_BUNDLE": "/nowhere"}, "CLOUD_CA_BUNDLE: '/nowhere' cannot be used: No such file or directory"),
        ([], {"CLOUD_CA_BUNDLE": __file__}, f"CLOUD_CA_BUNDLE: {__file__!r} cannot be used: no certificate in it"),
        ([], {"CLOUD_CA_BUNDLE": "/dev/null"}, "CLOUD_CA_BUNDLE: '/dev/null' cannot be used: no certificate in it"),
        (
            [],
            {"CLOUD_CA_BUNDLE": "/proc/self/fdinfo"},
            "'/proc/self/fdinfo' cannot be used: no certificate in it can be",
        ),
        ([], {"CLOUD_PROXY": "proxy:3128"}, "CLOUD_PROXY: 'proxy:3128' is not the URL of a proxy"),
        ([], {"CLOUD_PROXY": "ftp://u:secret@proxy"}, "CLOUD_PROXY: '***@proxy' is not the URL of a proxy"),
        ([], {"CLOUD_PROXY": "u:sec@ret@proxy:3128"}, "CLOUD_PROXY: '***@proxy:3128' is not the URL of a proxy"),
        (["--instance", "~nobody-of-that-name/x"], {}, "--instance"),
        (["--instance", "/dev/null"], {}, "INSTANCE_DIR: '/dev/null' is not a folder"),
        (["--host", ""], {}, "--host"),
        ([], {"PROMETHEUS_MULTIPROC_DIR": "/dev/null/metrics"}, "PROMETHEUS_MULTIPROC_DIR"),
        (["--unheard-of"], {}, "--unheard-of"),
    ],
)
def test_wrong_value_ends_with_one_line_that_names_it(
    arguments: list[str], environment: dict[str, str], named: str, tmp_path: Path
) -> None:
    status, output = run_up_to_serving("--instance", str(tmp_path), *arguments, **environment)
    assert status == 2
    assert output.count("\n") == 1
    assert named in output


def test_folder_of_certificates_has_one_that_openssl_finds(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path)
    with pytest.raises(ConfigurationError, match="openssl rehash"):
        check_ca_bundle(str(tmp_path))
    (tmp_path / "0123abcd.0").symlink_to("nowhere.pem")
    with pytest.raises(ConfigurationError, match="openssl rehash"):
        check_ca_bundle(str(tmp_path))
    (tmp_path / "0123abcd.1").symlink_to(certificate.name)
    check_ca_bundle(str(tmp_path))


SECRET = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("LOG_LEVEL: loud\n", "CONFIG_FILE: LOG_LEVEL: 'loud' is not one of DEBUG, INFO, WARNING, ERROR"),
        (f"JWT_SECRET: {SECRET}\nLOG_LEVEL: [\n", "is not YAML (line 3, column 1)"),
        (f"- {SECRET}\n", "is no mapping"),
        (f"JWT_SECRET: [{SECRET}]\n", "JWT_SECRET in "),
        (f"JWT_SECRET: !{SECRET} x\n", "is not YAML (line 1, column 13)"),
    ],
)
def test_wrong_config_file_ends_with_one_line_that_repeats_no_secret(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    status, output = run_up_to_serving("--instance", str(tmp_path), CONFIG_FILE=str(tmp_path / "config.yaml"))
    assert (status, output.count("\n")) == (2, 1)
    assert told in output
    assert SECRET not in output


def test_config_file_of_earlier_releases_is_read_and_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        f"LOG_LEVEL: debug\nLOG_FILE: {tmp_path}/log\nJWT_SECRET: {SECRET}\nPORT: 1\nDEBUG: true\n"
    )
    environment = {"CONFIG_FILE": str(tmp_path / "config.yaml"), "LOG_FILE": ""}
    with Service(tmp_path / "instance", environment) as service:
        assert service.post("/clusters/", {}).status == 401
        wait_until(lambda: "serving on" in (tmp_path / "log").read_text(), "the file has it")
        assert "CONFIG_FILE: 'PORT' is not taken from a file" in service.log
        assert "CONFIG_FILE: 'DEBUG' is not taken from a file" in service.log
    assert build_settings({}, environment).log_level == "DEBUG"
    assert build_settings({}, {**environment, "LOG_LEVEL": "WARNING"}).log_level == "WARNING"
    assert build_settings({"log_level": "ERROR"}, {**environment, "LOG_LEVEL": "WARNING"}).log_level == "ERROR"


@pytest.mark.parametrize("text", ["", "# LOG_LEVEL: debug\n", "LOG_LEVEL:\n"])
def test_config_file_without_a_value_leaves_the_defaults(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    assert build_settings({}, {"CONFIG_FILE": str(tmp_path / "config.yaml")}).log_level == "INFO"


@pytest.mark.parametrize("workers", some_of("12", "2"))
def test_log_file_that_cannot_be_written_stops_no_service_and_is_tried_again(tmp_path: Path, workers: str) -> None:
    file = tmp_path / "later" / "log"
    with Service(tmp_path / "instance", {"LOG_FILE": str(file), "WORKERS": workers}) as service:
        assert service.get("/schemas/status").status == 200
        assert f"LOG_FILE: '{file}' cannot be written: No such file or directory" in service.settled_log()
        file.parent.mkdir()
        assert service.get("/schemas/status").status == 200
        wait_until(
            lambda: file.exists() and "route=/schemas/<name:str>" in file.read_text(),
            "the file, once it can be written",
        )


def test_folder_for_logs_that_nothing_is_mounted_at_is_left_alone(tmp_path: Path) -> None:
    with Service(tmp_path / "instance", {"LOG_DIR": str(tmp_path)}) as service:
        assert "LOG_DIR" not in service.settled_log()
        assert not (tmp_path / "cluster-builder.log").exists()


@pytest.mark.parametrize("variable", ["TEMPLATE_ROOTS", "LOG_DIR", "INSTANCE_DIR"])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing", "No such file or directory"),
        ("file/folder", "Not a directory"),
        ("n" * 300, "File name too long"),
    ],
)
def test_folder_that_cannot_be_used_yet_stops_no_start_and_is_told_of(
    variable: str, path: str, reason: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    folder = str(tmp_path / path)
    told = {
        "TEMPLATE_ROOTS": [f"TEMPLATE_ROOTS: {folder!r} cannot be used: {reason}; make it a folder"],
        "LOG_DIR": [f"LOG_DIR: there is no folder {folder!r}, so no file is logged to"],
        "INSTANCE_DIR": [],  # of that tells who makes its folders
    }
    assert run_up_to_serving(**{"INSTANCE_DIR": str(tmp_path), variable: folder})[0] == 0
    assert len(caplog.messages) == len(told[variable])
    assert all(message.startswith(start) for message, start in zip(caplog.messages, told[variable], strict=True))


def test_check_tells_of_a_root_that_is_a_file_and_checks_all_the_same(
    examples: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    roots = f"{examples}:{tmp_path / 'file'}"
    assert run_here("check", str(examples / "self-contained.yaml"), TEMPLATE_ROOTS=roots).returncode == 0
    (message,) = caplog.messages
    assert message.startswith(f"TEMPLATE_ROOTS: {str(tmp_path / 'file')!r} cannot be used: Not a directory; ")


def test_folder_that_cannot_be_made_or_written_is_told_of_by_its_setting(tmp_path: Path) -> None:
    (tmp_path / "cluster-types-available").touch()
    with Service(tmp_path, {"STATE_DIR": "/dev/null"}) as service:
        (service.enabled / "one.yaml").write_text(minimal_definition())
        told = "STATE_DIR does not keep it: /dev/null/last-good cannot be written: Not a directory"
        wait_until(lambda: told in service.log, "the warning, which may come after the type is listed")
    assert f"INSTANCE_DIR: {str(tmp_path / 'cluster-types-available')!r} cannot be made: " in service.log


@pytest.mark.parametrize(("flag", "value"), [("--host", ""), ("--host", "256.0.0.1"), ("--port", "many")])
def test_wrong_flag_of_the_sandbox_ends_with_one_line_too(flag: str, value: str) -> None:
    done = run_here("sandbox", flag, value)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith("cluster-builder: ")


def test_taken_port_ends_with_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, output = run("serve", "--instance", str(tmp_path), "--port", str(port))
    assert status == 2
    told = (
        f"cannot listen on 127.0.0.1 port {port}: Address already in use; stop what listens there, or take another port"
    )
    assert output.splitlines() == [f"cluster-builder: PORT: {told}"]


def test_flag_wins_over_environment() -> None:
    with patch("builder.process.serving.serve", side_effect=SystemExit(0)) as serve:
        run_here("serve", "--instance", "/by-flag", "--port", "2", INSTANCE_DIR="/by-environment", PORT="1")
    (settings,) = serve.call_args.args
    assert (settings.instance_dir, settings.port) == (Path("/by-flag"), 2)


def test_folder_for_metrics_is_made_for_a_single_worker_too(tmp_path: Path) -> None:
    with Service(tmp_path / "instance", {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics")}) as service:
        told = b"cluster_builder_cluster_types"
        wait_until(lambda: told in service.get("/metrics").body, "the first load is told")
    assert list((tmp_path / "metrics").glob("*.db"))


def test_folder_for_metrics_keeps_what_is_not_of_metrics(tmp_path: Path) -> None:
    (tmp_path / "customers.db").write_text("precious")
    (tmp_path / "gauge_livemin_1.db").write_text("of an earlier run")
    with shared_metrics({FOLDER_VARIABLE: str(tmp_path)}, 1):
        assert [file.name for file in tmp_path.iterdir()] == ["customers.db"]


def test_empty_name_of_the_folder_for_metrics_is_none(tmp_path: Path) -> None:
    environment = {FOLDER_VARIABLE: ""}
    with shared_metrics(environment, 1):
        assert environment == {}
    with shared_metrics(environment, 2):
        assert Path(environment[FOLDER_VARIABLE]).is_dir()


def test_folder_for_metrics_that_cannot_be_made_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(ConfigurationError, match=r"WORKERS: .*PROMETHEUS_MULTIPROC_DIR"), shared_metrics({}, 2):
        pass


def test_missing_instance_folders_are_made(tmp_path: Path) -> None:
    with Service(tmp_path / "new" / "instance") as service:
        assert sorted(path.name for path in service.instance.iterdir()) == [
            "cluster-types-available",
            "cluster-types-enabled",
        ]
        assert service.ids() == []


# With SIGTERM each service of the tests is stopped, most of them with one worker.
SIGNALS = [(number, workers) for number in (signal.SIGTERM, signal.SIGINT) for workers in "12"]


@pytest.mark.parametrize(("number", "workers"), some_of(SIGNALS, (signal.SIGINT, "1"), (signal.SIGTERM, "2")))
def test_signal_stops_it_with_status_0(number: signal.Signals, workers: str, tmp_path: Path) -> None:
    with Service(tmp_path / "instance", flags=("--workers", workers)) as service:
        (service.enabled / "a.yaml").write_text(minimal_definition())
        wait_until(lambda: service.ids() == ["a"], "listed")
        with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2]))):  # an idle client
            service.process.send_signal(number)
            assert service.wait() == 0
    assert "Traceback" not in service.settled_log()


def test_client_that_never_ends_a_head_is_let_go_in_silence_when_it_stops(tmp_path: Path) -> None:
    with Service(tmp_path / "instance") as service:
        with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2]))) as client:
            client.sendall(b"GET /clus")
            assert service.get("/health").status == 200  # what came before it has been read
            assert service.stop() == 0
        assert "Traceback" not in service.settled_log()


RESOLVER_THAT_HANGS = """
import socket, threading

resolve = socket.getaddrinfo

def hang(host, *others, **named):
    if host == "slow.example":
        threading.Event().wait()
    return resolve(host, *others, **named)

socket.getaddrinfo = hang
"""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_build_whose_resolver_hangs_keeps_no_process_that_stops(workers: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(RESOLVER_THAT_HANGS)
    environment = {"PYTHONPATH": str(tmp_path), "BUILD_DEADLINE": "1"}
    with Service(tmp_path / "instance", environment, ("--workers", workers)) as service:
        (service.enabled / "a.yaml").write_text(minimal_definition())
        wait_until(lambda: all(service.ids() == ["a"] for _ in range(10)), "listed")
        cloud = {"auth_url": "http://slow.example/v3", "user_id": "u", "password": "p", "project_id": "q"}
        order = {"cloud_env": cloud, "cluster": {"name": "mine", "cluster_type_id": "a"}}
        assert service.post("/clusters/", order).status == 504
        assert service.stop() == 0
        assert "Traceback" not in service.settled_log()


def test_those_who_wait_for_the_first_load_are_answered_when_it_stops(tmp_path: Path) -> None:
    (tmp_path / "cluster-types-enabled").write_text("no folder")
    with Service(tmp_path / "other", flags=("--instance", str(tmp_path))) as service, ExitStack() as clients:
        address = "127.0.0.1", int(service.url.rpartition(":")[2])
        waiting = [clients.enter_context(socket.create_connection(address, STOP_SECONDS)) for _ in range(20)]
        for client in waiting:
            client.sendall(b"GET /cluster-types/ HTTP/1.1\r\nHost: x\r\n\r\n")
        assert service.get("/metrics").status == 200  # in a thread of those that nobody waits in
        service.process.send_signal(signal.SIGTERM)
        assert {client.recv(12) for client in waiting} == {b"HTTP/1.1 503"}
        assert service.wait() == 0


def test_workers_serve_the_same_listing(tmp_path: Path) -> None:
    with Service(tmp_path / "instance", flags=("--workers", "2")) as service:
        (service.enabled / "a.yaml").write_text(minimal_definition())

        def is_one() -> bool:
            told = {service.get("/cluster-types/").headers["etag"] for _ in range(20)}
            return len(told) == 1 and service.ids() == ["a"]

        wait_until(is_one, "one listing, of whichever worker")


def test_invalid_file_is_logged_with_its_place_and_keeps_others_listed(service: Service) -> None:
    (service.enabled / "good.yaml").write_text(minimal_definition())
    (service.enabled / "bad.yaml").write_text("kind: heat\ntitle: [\n")
    wait_until(lambda: service.ids() == ["good"], "the good one listed")
    wait_until(lambda: "bad.yaml:" in service.log, "the bad one logged")
    assert re.search(r"bad\.yaml:\d+:\d+: not valid YAML", service.settled_log())


def test_each_setting_is_in_the_help() -> None:
    usage = run_here("serve", "--help").stdout
    for setting in list_settings():
        assert setting.variable in usage
        assert setting.flag is None or setting.flag in usage


CLOSED, FULL = "<&- >&- 2>&-", ">/dev/full"
COMMANDS = ("serve --sandbox", "serve --workers 2", "sandbox")


@pytest.mark.parametrize(
    ("command", "redirection"),
    some_of(product(COMMANDS, (CLOSED, FULL)), (COMMANDS[0], CLOSED), (COMMANDS[1], FULL), (COMMANDS[2], FULL)),
)
def test_service_needs_nowhere_to_write(tmp_path: Path, command: str, redirection: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = f'exec "{sys.executable}" -m builder {command} --port {port} {redirection}'
    environment = {"INSTANCE_DIR": str(tmp_path), "SANDBOX_PORT": "0", "LOG_FILE": str(tmp_path / "log")}
    with subprocess.Popen(["sh", "-c", script], env={**os.environ, **environment}) as process:
        wait_until(lambda: answers(port), "it serves", START_SECONDS)
        process.send_signal(signal.SIGTERM)
        assert process.wait(STOP_SECONDS) == 0


def answers(port: int) -> bool:
    """Whether anything answers HTTP there."""
    try:
        return fetch(f"http://127.0.0.1:{port}/health").status > 0
    except urllib.error.URLError:
        return False


def test_secret_is_not_in_the_arguments_that_everybody_sees(tmp_path: Path) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    instance = tmp_path / "instance"
    with Service(instance, {"JWT_SECRET": secret}, ("--workers", "2"), wrapper=("env",)) as service:  # not forked
        seen = b"".join(read_command_line(process) for process in Path("/proc").glob("[0-9]*"))
        assert str(instance).encode() in seen
        assert secret.encode() not in seen
        assert secret not in service.settled_log()


def read_command_line(process: Path) -> bytes:
    """The arguments of a process; none where it has ended meanwhile."""
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("environment", "is_left_out"),
    [
        ({"SANDBOX_PORT": "tcp://10.0.0.1:80"}, True),
        ({"SANDBOX_PORT": "tcp://10.0.0.1:80", "SANDBOX": "true"}, False),
        ({"REMOTE_TEMPLATE_TIMEOUT": "tcp://10.0.0.1:80"}, True),
        ({"REMOTE_TEMPLATE_TIMEOUT": "tcp://10.0.0.1:80", "ALLOW_REMOTE_TEMPLATES": "true"}, False),
        ({"BILLING_TIMEOUT": "long", "BILLING": "off"}, True),
        ({"BILLING_TIMEOUT": "long"}, False),
        ({"PORT": "tcp://10.0.0.1:80"}, False),
    ],
)
def test_value_that_is_none_stops_the_service_only_where_its_feature_is_on(
    environment: dict[str, str], is_left_out: bool, caplog: pytest.LogCaptureFixture
) -> None:
    variable = next(iter(environment))
    if is_left_out:
        assert build_settings({}, environment) == build_settings({}, dict(list(environment.items())[1:]))
        assert f"{variable} is left out" in caplog.text
    else:
        with pytest.raises(ConfigurationError, match=variable):
            build_settings({}, environment)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WATHC", "WATCH"),
        ("ALOWED_AUTH_URLS", "ALLOWED_AUTH_URLS"),
        ("ALLOWED_AUTH_URL", "ALLOWED_AUTH_URLS"),
        ("JWT_SECRETS", "JWT_SECRET"),
        ("LOG-LEVEL", "LOG_LEVEL"),
        ("require_auth", "REQUIRE_AUTH"),
        ("HOSTS", ""),
        ("PATH", ""),
        ("HOSTNAME", ""),
        ("INSTANCE_ID", ""),
        ("SANDBOX_PORT_80_TCP", ""),
        ("SANDBOX_SERVICE_HOST", ""),
    ],
)
def test_setting_that_is_misspelt_is_told_of_once(name: str, meant: str, caplog: pytest.LogCaptureFixture) -> None:
    build_settings({}, {name: "s3cr3t"})
    assert [record.getMessage() for record in caplog.records] == [
        f"{name} is no setting: did you mean {meant}?"
    ] * bool(meant)
    assert "s3cr3t" not in caplog.text


def test_what_is_said_of_settings_is_in_the_log_file_too(tmp_path: Path) -> None:
    log = tmp_path / "log"
    settings = {"WATHC": "native", "LOG_FORMAT": "json", "LOG_FILE": str(log)}
    with Service(tmp_path / "instance", settings) as service:
        printed = service.settled_log()
    for text in (printed, log.read_text()):
        assert [json.loads(line)["level"] for line in text.splitlines() if "WATHC" in line] == ["WARNING"]
