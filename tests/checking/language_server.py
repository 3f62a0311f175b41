"""A client of the YAML language server, which editors run, over its standard input and output.

https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import json
import select
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

DEADLINE = 40.0
"""In seconds: how long an answer may take; the first one includes loading the schema."""


class LanguageServer:
    """One server process, for as long as the context lasts."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
        )
        self._number = 0
        self._unread = b""
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}

    def __enter__(self) -> Self:
        capabilities = {
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]},
                "publishDiagnostics": {},
            },
            "workspace": {"configuration": True},
        }
        self.ask("initialize", {"processId": None, "rootUri": self._folder.as_uri(), "capabilities": capabilities})
        self._tell("initialized", {})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait(timeout=10)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def open(self, name: str, text: str) -> str:
        """Open a document and return its URI."""
        uri = (self._folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        return uri

    def diagnostics(self, uri: str) -> list[dict[str, Any]]:
        """What the server marks in a document, once it has looked at it."""
        deadline = time.monotonic() + DEADLINE
        while uri not in self._diagnostics:
            self._receive(deadline)
        return self._diagnostics[uri]

    def complete(self, uri: str, line: int, character: int) -> dict[str, dict[str, Any]]:
        """What the server offers at a place, counted from 0, by its label."""
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        answer = self.ask("textDocument/completion", place)
        items = answer["items"] if isinstance(answer, dict) else answer
        return {item["label"]: item for item in items or []}

    def hover(self, uri: str, line: int, character: int) -> str:
        """What the server shows at a place, counted from 0, as Markdown."""
        place = {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}
        answer = self.ask("textDocument/hover", place)
        contents = answer["contents"] if answer else ""
        return str(contents["value"] if isinstance(contents, dict) else contents)

    def ask(self, method: str, params: Any) -> Any:
        """Send a request and wait for its result."""
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        deadline = time.monotonic() + DEADLINE
        while True:
            message = self._receive(deadline)
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message.get("result")

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self, deadline: float) -> dict[str, Any]:
        """The next message; the server's own requests are answered on the way."""
        while b"\r\n\r\n" not in self._unread:
            self._read(deadline)
        head, _, self._unread = self._unread.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l"))
        while len(self._unread) < length:
            self._read(deadline)
        message: dict[str, Any] = json.loads(self._unread[:length])
        self._unread = self._unread[length:]
        if message.get("method") == "workspace/configuration":
            settings = [
                {"completion": True, "hover": True, "validate": True, "schemaStore": {"enable": False}}
                if item.get("section") == "yaml"
                else None
                for item in message["params"]["items"]
            ]
            self._send({"id": message["id"], "result": settings})
        elif message.get("method") == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def _read(self, deadline: float) -> None:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError("the language server does not answer")
        read = self._process.stdout.read1(65536)  # type: ignore[attr-defined]  # a BufferedReader, which has it
        if not read:
            raise EOFError("the language server has gone")
        self._unread += read
