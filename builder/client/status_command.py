"""``cluster-builder status``: the catalogue of a running service, for the person who keeps it."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final, TextIO
from urllib.parse import SplitResult, urlsplit

from builder import USER_AGENT
from builder.errors import ConfigurationError, read_text
from builder.logs.redaction import clean

TIMEOUT_SECONDS: Final = 15.0
"""Each step of an answer may take so long: a service waits for its first load for ten seconds."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""Of one answer: 10,000 entries with a few problems each, with room to spare."""

TOKEN_SECONDS: Final = 60
"""How long the token is good for that is made of a secret, as those of the Visualisation App are."""

FAILING: Final = ("stale", "rejected")
"""The states of entries that somebody has to mend."""

_COLUMNS: Final = ("STATE", "ID", "PATH", "SINCE (UTC)", "REASON")


def show_status(url: str, token: str | None, output: TextIO) -> int:
    """Print the catalogue of the service at ``url``; 1 where it is not ready, or an entry is stale or rejected, else 0.

    Raises ConfigurationError where the service cannot be asked, or what answers is none.
    """
    base = parse_url(url)
    readiness, told = _get(base, "/ready", None)
    status, catalogue = _get(base, "/catalogue", token)
    if status == 401:
        raise ConfigurationError(
            f"{url} wants a token for its catalogue: {_read_detail(catalogue)} Set JWT_SECRET or JWT_SECRET_FILE to "
            "what the service has, or name a file with a token by --token-file"
        )
    if status != 200 or not isinstance(catalogue, dict) or not isinstance(catalogue.get("entries"), list):
        raise ConfigurationError(
            f"{url} answered {status}, and not as a Cluster Builder does: {_read_detail(catalogue)}"
        )
    entries = [each for each in catalogue["entries"] if isinstance(each, dict)]
    counted = Counter(str(each.get("state")) for each in entries)
    numbers = ", ".join(f"{number} {clean(state)}" for state, number in counted.most_common()) or "no entries"
    is_ready = readiness == 200
    output.write(f"{url} is {'ready' if is_ready else 'not ready'}: {numbers}\n")
    problems = [_read_detail(told)] if not is_ready else []
    problems += [str(catalogue[name]) for name in catalogue if name.endswith("_problem") and catalogue[name]]
    output.writelines(f"{clean(problem)}\n" for problem in problems)
    output.writelines(f"{line}\n" for line in _tabulate(entries))
    return 0 if is_ready and not any(counted[state] for state in FAILING) else 1


def parse_url(text: str) -> SplitResult:
    """The URL of a service; without a scheme it is http's. Raises ConfigurationError where it is none."""
    try:
        url = urlsplit(text if "://" in text else f"http://{text}")
        _ = url.port
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is not the URL of a service: {error}") from None
    if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment:
        raise ConfigurationError(f"{text!r} is not the URL of a service; write one such as http://127.0.0.1:42378")
    if url.username is not None or url.password is not None:  # which everybody would read in the list of processes
        raise ConfigurationError("the URL of a service has no user and no password in it")
    return url


def load_token(file: str | None, secrets: Sequence[str]) -> str | None:
    """The token in a file, or from standard input for ``-``; else one made of the first secret; None without either.

    Raises ConfigurationError where the file holds none.
    """
    if file is None:
        return make_token(secrets[0]) if secrets else None
    text = read_text(file, f"--token-file: {file}").strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigurationError(f"--token-file: {file} holds no token")
    return text


def make_token(secret: str) -> str:
    """A token as the service takes them: see docs/api.md."""
    import jwt  # with it comes a library of cryptography, which is not needed where reads are open

    return jwt.encode({"exp": int(time.time()) + TOKEN_SECONDS}, secret, algorithm="HS256")


def _get(base: SplitResult, path: str, token: str | None) -> tuple[int, Any]:
    """Status and body of an answer, parsed if it is JSON. No redirect is followed: a token may go along.

    Raises ConfigurationError where there is none.
    """
    shown = base.geturl()
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    try:
        with closing(kind(base.netloc, timeout=TIMEOUT_SECONDS)) as connection:
            connection.request("GET", f"{base.path.rstrip('/')}{path}", headers=headers)
            response = connection.getresponse()
            content = response.read(MAX_BYTES)
    except TimeoutError:
        raise ConfigurationError(f"{shown} does not answer within {TIMEOUT_SECONDS:g} seconds") from None
    except OSError as error:
        raise ConfigurationError(
            f"{shown} cannot be reached: {error.strerror or error}; is the service there?"
        ) from None
    except UnicodeError:  # of the host's name, or of the path
        raise ConfigurationError(f"{shown} cannot be asked: its host is no name, or its path is not ASCII") from None
    except (http.client.HTTPException, ValueError) as error:
        raise ConfigurationError(f"{shown} does not speak HTTP: {clean(str(error)) or type(error).__name__}") from None
    try:
        return response.status, json.loads(content)
    except (ValueError, RecursionError):
        return response.status, None


def _read_detail(body: Any) -> str:
    """What an error response says."""
    try:
        return clean(str(body["errors"][0]["detail"]))
    except (TypeError, KeyError, IndexError):
        return "it tells no reason."


def _tabulate(entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    """A line for each entry, in columns, and below those that are to be mended a line for each problem."""
    if not entries:
        return
    rows = []
    for entry in entries:
        since = str(entry.get("stale_since") or entry.get("changed_at") or "")[:19].replace("T", " ")
        shown = entry.get("state"), entry.get("id") or "-", entry.get("path"), since or "-", entry.get("reason") or ""
        rows.append([clean(str(each)) for each in shown])
    # The last column is as wide as it is.
    widths = [max(map(len, column)) for column in zip(_COLUMNS, *rows, strict=True)][:-1]
    form = "  ".join(f"{{:<{width}}}" for width in widths) + "  {}"
    yield ""
    yield form.format(*_COLUMNS).rstrip()
    for entry, row in zip(entries, rows, strict=True):
        yield form.format(*row).rstrip()
        if entry.get("state") not in FAILING:
            continue
        for problem in _list(entry, "problems"):
            if isinstance(problem, dict):  # in one line, which editors and terminals turn into a link
                place = ":".join(str(problem[name]) for name in ("path", "line", "column") if problem.get(name))
                hint = f" ({problem['hint']})" if problem.get("hint") else ""
                told = f"{problem.get('severity')}: {problem.get('message')}{hint} [{problem.get('rule')}]"
                yield f"    {clean(f'{place}: {told}')}"
        if changed := ", ".join(map(str, _list(entry, "changed_files"))):
            yield f"    {clean(f'differs from its last good version in {changed}')}"


def _list(entry: dict[str, Any], name: str) -> list[Any]:
    """A list of an entry; empty where it has none, as in another release."""
    listed = entry.get(name)
    return listed if isinstance(listed, list) else []
