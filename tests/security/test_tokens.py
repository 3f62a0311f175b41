"""Attacks on the token by which callers are known."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.command import run_up_to_serving
from tests.samples import some_of
from tests.security.raw import assert_is_error, connect, exchange, head, parse_answer, read_all
from tests.security.tokens import OTHER, SECRET, bearer, encode, make_token, sign
from tests.service import Answer, Service, wait_until

MEBIBYTE = 1024 * 1024
NOW = int(time.time())
SOON = NOW + 3000  # far enough ahead for tests that begin long after this was read, and less than an hour
HS256 = {"alg": "HS256", "typ": "JWT"}
PUBLIC_KEY = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
)
GOOD = make_token(seconds=3000)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("tokens"), {"JWT_SECRET": f"{SECRET},{OTHER}"}) as running:
        yield running


def ask(service: Service, token: str | None, path: str = "/clusters/") -> Answer:
    return service.post(path, {}, bearer(token) if token is not None else None)


def assert_is_refused(answer: Answer) -> None:
    assert_is_error(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert SECRET not in answer.body.decode()


BAD = {
    "no algorithm": f"{encode({'alg': 'none'})}.{encode({'exp': SOON})}.",
    "no algorithm, in capitals": f"{encode({'alg': 'NONE'})}.{encode({'exp': SOON})}.",
    "no algorithm, signed": sign({"alg": "none"}, {"exp": SOON}),
    "algorithm missing": sign({"typ": "JWT"}, {"exp": SOON}),
    "algorithm in lower case": sign({"alg": "hs256"}, {"exp": SOON}),
    "algorithm is a list": sign({"alg": ["HS256"]}, {"exp": SOON}),
    "another HMAC": sign({"alg": "HS512"}, {"exp": SOON}, digest="sha512"),
    "RS256, signed by a public key": sign({"alg": "RS256"}, {"exp": SOON}, PUBLIC_KEY),
    "HS256, signed by a public key": sign(HS256, {"exp": SOON}, PUBLIC_KEY),
    "expired": make_token(seconds=-60),
    "no expiry": sign(HS256, {"sub": "me"}),
    "expiry is text": sign(HS256, {"exp": "soon"}),
    "expiry is a number in text": sign(HS256, {"exp": str(SOON)}),
    "expiry is null": sign(HS256, {"exp": None}),
    "expiry is a list": sign(HS256, {"exp": [SOON]}),
    "expiry is true": sign(HS256, {"exp": True}),
    "expiry is huge": sign(HS256, {"exp": 10**400}),
    "expiry is infinite": sign(HS256, b'{"exp": 1e999}'),
    "expiry is no number": sign(HS256, b'{"exp": NaN}'),
    "expiry is negative": sign(HS256, {"exp": -1}),
    "far future": make_token(seconds=10 * 365 * 86400),
    "not valid yet": make_token(seconds=600, nbf=SOON),
    "issued in the future": make_token(seconds=600, iat=SOON),
    "wrong secret": make_token("x" * 40),
    "empty secret": make_token(""),
    "no signature": GOOD.rpartition(".")[0] + ".",
    "no third part": GOOD.rpartition(".")[0],
    "cut signature": GOOD[:-4],
    "other claims, same signature": f"{GOOD.split('.')[0]}.{encode({'exp': SOON + 60})}.{GOOD.split('.')[2]}",
    "claims are a list": sign(HS256, [SOON]),
    "claims are no JSON": sign(HS256, b"{"),
    "claims nest deeply": sign(HS256, b'{"a":' * 500 + b"1" + b"}" * 500),
    "header is a list": sign(["HS256"], {"exp": SOON}),
    "header names a key": sign({**HS256, "jwk": {"kty": "oct", "k": encode(b"x" * 40)}}, {"exp": SOON}, b"x" * 40),
    "header names a file": sign({**HS256, "kid": "../../../../dev/null"}, {"exp": SOON}, ""),
    "header names a URL": sign({**HS256, "jku": "http://169.254.169.254/"}, {"exp": SOON}, "x" * 40),
    "encrypted": "a.b.c.d.e",
    "critical extension": sign({**HS256, "crit": ["x"], "x": 1}, {"exp": SOON}),
    "garbage": "garbage",
    "dots": "...",
    "long": "a" * 5000,
    "two tokens": f"{GOOD} {GOOD}",
    "with a comma": f"{GOOD},{GOOD}",
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("path", ["/clusters/", "/clusters/x/status", "/cloud_assets/"])
def test_bad_token_is_refused(service: Service, kind: str, path: str) -> None:
    assert_is_refused(ask(service, BAD[kind], path))


def test_good_token_lets_pass(service: Service) -> None:
    assert ask(service, GOOD).status == 400  # the body is what is wrong
    assert ask(service, make_token(seconds=30, aud="another", iss="x", sub="y", jti="z")).status == 400


def test_clocks_may_differ_a_little(service: Service) -> None:
    assert ask(service, make_token(seconds=-5)).status == 400
    assert ask(service, make_token(nbf=int(time.time()) + 5, iat=int(time.time()) + 5)).status == 400


def test_secret_is_replaced_while_both_are_good(service: Service) -> None:
    assert ask(service, make_token(SECRET)).status == 400
    assert ask(service, make_token(OTHER)).status == 400


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Authorization:"],
        ["Authorization: Bearer"],
        [f"Authorization: Basic {GOOD}"],
        [f"Authorization: {GOOD}"],
        [f"Authorization: Bearer{GOOD}"],
        [f"Authorization: Bearer {GOOD}", f"Authorization: Bearer {GOOD}"],
        ["Authorization: Bearer x", f"Authorization: Bearer {GOOD}"],
        [f"Authorization: Bearer {GOOD}", "Authorization: Basic eDp5"],
        [f"X-Authorization: Bearer {GOOD}"],
        [f"Cookie: token={GOOD}"],
    ],
)
def test_header_that_is_missing_doubled_or_of_another_scheme_is_refused(service: Service, lines: list[str]) -> None:
    request = head("POST", "/clusters/", "Content-Length: 2", "Connection: close", *lines) + b"{}"
    assert_is_refused(parse_answer(exchange(service, request)))


def test_token_in_the_query_is_none(service: Service) -> None:
    assert_is_refused(service.post(f"/clusters/?access_token={GOOD}&jwt={GOOD}", {}))


def test_scheme_is_named_in_any_case(service: Service) -> None:
    assert service.post("/clusters/", {}, {"Authorization": f"bEaReR  {GOOD}"}).status == 400


def test_token_is_asked_for_before_the_body_is_read(service: Service) -> None:
    assert_is_refused(service.post("/clusters/", b"{"))
    assert_is_refused(service.post("/clusters/?dry_run=nonsense", {}))


@pytest.mark.parametrize("path", ["/clusters/", "/clusters/x/status", "/cloud_assets/"])
@pytest.mark.parametrize(
    "line", ["Content-Length: 1000000", "Transfer-Encoding: chunked", "Content-Length: 9\r\nExpect: 100-continue"]
)
def test_request_without_a_token_is_answered_before_its_body_has_come(service: Service, path: str, line: str) -> None:
    with connect(service) as connection:
        connection.sendall(head("POST", path, line))
        connection.settimeout(10)  # less than REQUEST_TIMEOUT, with which any request is answered
        answer = parse_answer(connection.recv(65536))
    assert_is_refused(answer)
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "rest",
    [
        ("Content-Length: 1000000", b"x" * 1_000_000),
        ("Transfer-Encoding: chunked", b"10000\r\n" + b"x" * 65536 + b"\r\n0\r\n\r\n"),
    ],
    ids=["plain", "chunked"],
)
def test_client_without_a_token_that_sends_all_before_it_reads_gets_its_answer(
    service: Service, rest: tuple[str, bytes]
) -> None:
    line, body = rest
    with connect(service) as connection:
        for part in (head("POST", "/clusters/", line), body, head("GET", "/health")):
            connection.sendall(part)
        received = read_all(connection)
    assert_is_refused(parse_answer(received))
    assert received.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/clusters/", 401), ("GET", "/health", 200), ("GET", "/cluster-types/", 200)],
)
def test_bodies_of_those_without_a_token_take_no_memory(tmp_path: Path, method: str, path: str, status: int) -> None:
    with Service(tmp_path, {"JWT_SECRET": SECRET}) as service, contextlib.ExitStack() as stack:
        service.get(path)
        before = most_memory(service)
        connections = [stack.enter_context(connect(service)) for _ in range(100)]
        for connection in connections:
            connection.sendall(head(method, path, f"Content-Length: {MEBIBYTE}") + b"x" * (MEBIBYTE - 1))
        for connection in connections:
            connection.sendall(b"x")
            assert parse_answer(connection.recv(65536)).status == status
        grown = most_memory(service) - before
    print(f"{method} {path}: {grown / MEBIBYTE:.0f} MiB")
    assert grown < 50 * MEBIBYTE


def most_memory(service: Service) -> int:
    """The most memory that the service has had at any time, in bytes."""
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


@pytest.mark.parametrize("path", ["/cluster-types/", "/health", "/ready", "/metrics", "/catalogue"])
def test_reads_stay_open(service: Service, path: str) -> None:
    assert service.get(path).status == 200
    assert service.get("/cluster-types/x").status == 404


def test_reads_are_closed_where_that_is_wanted(tmp_path: Path) -> None:
    with Service(tmp_path, {"JWT_SECRET": SECRET, "PROTECT_READS": "true"}) as service:
        reads = {"/cluster-types/": 200, "/cluster-types": 200, "/cluster-types/x": 404, "/catalogue": 200}
        for path, status in reads.items():
            assert_is_refused(service.get(path))
            assert service.get(path, bearer(make_token())).status == status, path
        assert service.get("/health").status == 200
        assert service.get("/metrics").status == 200


def test_secrets_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n{OTHER}\n")
    variables = {"JWT_SECRET_FILE": str(file), "REQUIRE_AUTH": "true"}
    with Service(tmp_path / "instance", variables, wrapper=("env",)) as service:  # not forked, which has no arguments
        assert_is_refused(ask(service, None))
        assert ask(service, make_token(SECRET)).status == 400
        assert ask(service, make_token(OTHER)).status == 400
        assert "anybody" not in service.settled_log()
        command = Path(f"/proc/{service.process.pid}/cmdline").read_bytes()
        assert b"serve" in command
        assert SECRET.encode() not in command
        assert SECRET not in service.settled_log()


def acts_on_hangup(process: int) -> bool:
    """Whether a process is a worker that has read its secrets: it has a handler for SIGHUP (proc(5), SigCgt)."""
    caught = re.search(r"^SigCgt:\s+([0-9a-f]+)$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    assert caught is not None
    return bool(int(caught[1], 16) & 1 << signal.SIGHUP - 1)


@pytest.mark.parametrize("workers", some_of("12", "2"))
def test_hangup_signal_has_secrets_read_from_their_file_again(tmp_path: Path, workers: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    environment = {"JWT_SECRET_FILE": str(file), "WORKERS": workers}
    with Service(tmp_path / "instance", environment) as service:
        assert ask(service, make_token(SECRET)).status == 400
        assert ask(service, make_token(OTHER)).status == 401
        first = service.process.pid
        wait_until(
            lambda: sum(map(acts_on_hangup, [first, *service.children])) == int(workers), "every worker has begun"
        )
        file.write_text("\n")  # as whoever writes it anew leaves it for a moment
        service.process.send_signal(signal.SIGHUP)
        told = "the secrets that were read before are used on"
        wait_until(lambda: service.log.count(told) == int(workers), "every worker says that there is none")
        assert ask(service, make_token(SECRET)).status == 400
        file.write_text(f"{OTHER}\n")
        service.process.send_signal(signal.SIGHUP)
        told = "JWT_SECRET_FILE was read again"
        wait_until(lambda: service.log.count(told) == int(workers), "every worker has read it")
        for _ in range(4 * int(workers)):
            assert ask(service, make_token(OTHER)).status == 400
            assert ask(service, make_token(SECRET)).status == 401
        assert SECRET not in service.log
        assert OTHER not in service.log


@pytest.mark.parametrize("environment", [{}, {"JWT_SECRET": ""}, {"JWT_SECRET_FILE": "empty"}])
def test_open_service_does_not_start_where_tokens_are_required(tmp_path: Path, environment: dict[str, str]) -> None:
    (tmp_path / "empty").write_text("\n\n")
    given = {name: value.replace("empty", str(tmp_path / "empty")) for name, value in environment.items()}
    status, output = run_up_to_serving("--instance", str(tmp_path), REQUIRE_AUTH="true", **given)
    assert status == 2
    assert "REQUIRE_AUTH" in output
    assert output.count("\n") == 1


def test_protected_reads_without_any_secret_do_not_start(tmp_path: Path) -> None:
    status, output = run_up_to_serving("--instance", str(tmp_path), PROTECT_READS="true")
    assert status == 2
    assert "PROTECT_READS" in output


def test_open_doors_are_told_of_once(tmp_path: Path) -> None:
    with Service(tmp_path, {"JWT_SECRET": "short"}, flags=("--workers", "2")) as service:
        assert service.settled_log().count("less than 32 bytes") == 1
        assert service.settled_log().count("ALLOWED_AUTH_URLS") == 1
        assert "short" not in service.settled_log()
    with Service(tmp_path, {"ALLOWED_AUTH_URLS": "https://k.example/v3"}) as service:
        assert service.settled_log().count("JWT_SECRET") == 1
        assert "ALLOWED_AUTH_URLS" not in service.settled_log()


def refuse(service: Service, token: str | None) -> tuple[str, str]:
    """What a client is told of a token that is refused, and the reason in the log."""
    answer = ask(service, token)
    assert_is_refused(answer)
    service.settled_log()
    line = next(line for line in service.log.splitlines() if answer.headers["x-request-id"] in line)
    found = re.search(r' reason=(?:"([^"]+)"|(\S+)) ', line)
    assert found is not None, line
    return answer.json()["errors"][0]["detail"], found[1] or found[2]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("wrong secret", r"bad signature"),
        ("HS256, signed by a public key", r"bad signature"),
        ("expired", r"expired: \d+ seconds ago"),
        ("not valid yet", r"not yet valid: the clocks differ by \d+ seconds"),
        ("issued in the future", r"not yet valid: the clocks differ by \d+ seconds"),
        ("far future", r"lives too long"),
        ("garbage", r"malformed: it is no JSON Web Token"),
        ("no algorithm", r"malformed: it is not signed with HS256"),
        ("no expiry", r"malformed: no exp"),
        ("long", r"malformed: 5000 characters"),
        (None, r"missing"),
    ],
)
def test_log_says_why_a_token_is_refused(service: Service, kind: str | None, reason: str) -> None:
    _, told = refuse(service, BAD[kind] if kind else None)
    assert re.fullmatch(reason, told)


@pytest.mark.parametrize("claim", ["nbf", "iat"])
def test_client_that_knows_the_secret_is_told_by_how_much_the_clocks_differ(service: Service, claim: str) -> None:
    early = {claim: int(time.time()) + 3000, "exp": int(time.time()) + 3300}
    detail, _ = refuse(service, sign(HS256, early))
    assert re.fullmatch(r"The token is not valid yet: the clocks differ by \d{4} seconds, or more\.", detail)
    detail, reason = refuse(service, sign(HS256, early, "x" * 40))
    assert (detail, reason) == ("The token is not one that this service accepts.", "bad signature")


@pytest.mark.parametrize("other", ["soon", None, [1], 10**400, -(10**400), 1e300, True])
def test_token_of_the_future_is_refused_whatever_its_other_time_is(service: Service, other: object) -> None:
    _, reason = refuse(service, make_token(seconds=600, iat=SOON, nbf=other))
    assert reason.startswith(("not yet valid: ", "malformed: "))


def test_refused_tokens_are_counted_by_why(service: Service) -> None:
    def count(reason: str) -> float:
        (line,) = re.findall(
            rf'^cluster_builder_tokens_refused_total{{reason="{reason}"}} (\S+)$',
            service.get("/metrics").body.decode(),
            re.MULTILINE,
        )
        return float(line)

    before = {reason: count(reason) for reason in ("expired", "bad signature")}
    refuse(service, BAD["expired"])
    assert {reason: count(reason) - before[reason] for reason in before} == {"expired": 1, "bad signature": 0}
