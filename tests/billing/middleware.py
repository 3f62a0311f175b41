"""The billing service of a Concertim site, as far as builds need it: a real HTTP server that keeps orders and tags.

It refuses what the real one refuses, in its words and pages, and fails where a test tells it to, before or after the
call has had its effect. What it keeps must add up at the end of every test (:meth:`BillingService.assert_accounted`).
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import jwt

from tests.security.tokens import SECRET

ACCOUNT = "acct-1"
THRESHOLD = 25.0
"""With so few credits, the real service creates no order, unless it is told otherwise."""

PAGE = b"<!doctype html>\n<html lang=en>\n<title>500 Internal Server Error</title>\n<h1>Internal Server Error</h1>\n"
TRACEBACK = "Traceback (most recent call last):\n  File killbill.py, line 1\n    secret-of-the-middleware"

CALLS = ("get_credits", "create_order", "delete_order", "add_order_tag")

STACK_ID = "openstack_stack_id"
STACK_NAME = "openstack_stack_name"


class How(Enum):
    """How a call fails."""

    REFUSE = "500 and a page of HTML"
    DROP = "closes the connection without an answer"
    NONSENSE = "201 and something else"
    REDIRECT = "307"
    PROXY = "502 of a proxy"
    TRACEBACK = "500 and JSON with a traceback"
    HANG = "gives no answer until the test ends"


@dataclass(frozen=True, slots=True)
class Failing:
    """How a call fails, and whether it has had its effect by then."""

    how: How
    after: bool = False

    def __str__(self) -> str:
        return f"{self.how.name.lower()}-{'after' if self.after else 'before'}"


@dataclass(slots=True)
class Order:
    """An order, and what it tells."""

    account: str
    tags: dict[str, str] = field(default_factory=dict)
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it arrived."""

    name: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LiveStack:
    """A stack that the cloud has, and the order that it names."""

    id: str
    name: str
    order: str | None


class BillingService:
    """See the module; use it as a context manager. ``url`` is where it listens."""

    def __init__(self) -> None:
        self.credits: Any = 100.0
        self.threshold = THRESHOLD
        self.accounts = {ACCOUNT}
        self.orders: dict[str, Order] = {}
        self.received: list[Call] = []
        self.tokens: list[str] = []
        self.when: Callable[[Call], None] = lambda _: None
        """Called with each call before it has its effect; may block."""
        self.when_done: Callable[[Call], None] = lambda _: None
        """Called after that."""
        self.ending = threading.Event()
        self._failing: dict[str, list[Failing | None]] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.service = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, call: str, *failing: Failing | None) -> None:
        """Have the next calls of that name fail, one after the other; None: one that works."""
        self._failing.setdefault(call, []).extend(failing)

    @property
    def calls(self) -> list[str]:
        """The names of all calls so far."""
        return [call.name for call in self.received]

    @property
    def active(self) -> dict[str, Order]:
        """The orders that are not cancelled."""
        return {order_id: order for order_id, order in self.orders.items() if order.is_active}

    def answer(self, call: Call) -> tuple[int, bytes, str] | How:
        """What is answered to a call; a way to fail without any answer."""
        with self._lock:
            self.received.append(call)
            waiting = self._failing.get(call.name) or [None]
            failing = waiting.pop(0)
        self.when(call)
        answer: tuple[int, bytes, str] | How = failing.how if failing else How.REFUSE
        if failing is None or failing.after:
            with self._lock:
                done = self._do(call)
            answer = failing.how if failing else done
        self.when_done(call)
        return _refusal(answer) if isinstance(answer, How) else answer

    def _do(self, call: Call) -> tuple[int, bytes, str]:
        try:
            return _json({"success": True, **getattr(self, f"_{call.name}")(call.body)})
        except TagError as error:
            told = {"success": False, "error": "BillingAPIError", "message": str(error), "traceback": TRACEBACK}
            return _json(told, 500)
        except (AssertionError, KeyError, TypeError, ValueError):
            return 500, PAGE, "text/html; charset=utf-8"

    def _get_credits(self, body: Mapping[str, Any]) -> dict[str, Any]:
        assert body["credits"]["billing_account_id"] in self.accounts
        return {"credits": self.credits}

    def _create_order(self, body: Mapping[str, Any]) -> dict[str, Any]:
        account = body["order"]["billing_account_id"]
        assert account in self.accounts
        assert float(self.credits) > self.threshold
        order_id = str(uuid.uuid4())
        self.orders[order_id] = Order(account)
        return {"order": order_id}

    def _delete_order(self, body: Mapping[str, Any]) -> dict[str, Any]:
        order = self.orders[body["order"]["order_id"]]
        assert order.is_active
        order.is_active = False
        return {"order": body["order"]["order_id"]}

    def _add_order_tag(self, body: Mapping[str, Any]) -> dict[str, Any]:
        tag = body["tag"]
        if tag["order_id"] not in self.orders:
            raise TagError("Object id=UNKNOWN doesn't exist")
        tags = self.orders[tag["order_id"]].tags
        if tag["tag_name"] in tags:
            raise TagError(f"Custom field with name {tag['tag_name']} already exists")
        tags[tag["tag_name"]] = tag["tag_value"]
        return {"tag": tag}

    def unaccounted(self, stacks: Iterable[LiveStack]) -> list[str]:
        """What does not add up: each stack has one active order, which it names and which names it, and no other."""
        live = {stack.id: stack for stack in stacks}
        found = []
        for order_id, order in self.active.items():
            stack = live.get(order.tags.get(STACK_ID, ""))
            if stack is None:
                found.append(f"order {order_id} has no stack")
            elif stack.order != order_id:
                found.append(f"order {order_id} names stack {stack.id}, which names {stack.order}")
        named = [order.tags.get(STACK_ID) for order in self.active.values()]
        found += [f"stack {id_} has {named.count(id_)} orders" for id_ in live if named.count(id_) != 1]
        return found

    def assert_accounted(self, stacks: Iterable[LiveStack]) -> None:
        """One active order for each stack, and none without one."""
        assert self.unaccounted(stacks) == []

    def mend(self, stacks: Iterable[LiveStack]) -> None:
        """Do by hand what docs/billing.md has operators do for what a crash left."""
        by_order = {stack.order: stack for stack in stacks}
        for order_id, order in self.active.items():
            stack = by_order.get(order_id)
            if stack is None:
                order.is_active = False
            else:
                order.tags[STACK_ID] = stack.id

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()


class TagError(Exception):
    """A failure that is told as JSON."""


def _json(value: object, status: int = 201) -> tuple[int, bytes, str]:
    return status, json.dumps(value).encode(), "application/json"


def _refusal(how: How) -> tuple[int, bytes, str] | How:
    match how:
        case How.REFUSE:
            return 500, PAGE, "text/html; charset=utf-8"
        case How.NONSENSE:
            return 201, b'{"order": ["?"], "credits": "many"}', "application/json"
        case How.TRACEBACK:
            return _json({"success": False, "error": "BillingAPIError", "message": "no", "traceback": TRACEBACK}, 500)
        case How.REDIRECT:
            return 307, b"", "text/html"
        case How.PROXY:
            return 502, b"<h1>Bad Gateway</h1>", "text/html"
        case _:
            return how


class _Server(ThreadingHTTPServer):
    service: BillingService
    daemon_threads = True
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        name = self.path.removeprefix("/")
        if name not in CALLS:
            self._send(404, PAGE, "text/html")
        elif not _is_token(self.headers.get("Authorization", "")):
            self._send(500, PAGE, "text/html")
        else:
            self.server.service.tokens.append(self.headers["Authorization"].removeprefix("Bearer "))
            self._answer(Call(name, json.loads(body)))

    def _answer(self, call: Call) -> None:
        service = self.server.service
        answer = service.answer(call)
        if answer is How.HANG:
            service.ending.wait(60)
        if isinstance(answer, How):
            self.close_connection = True
            return
        self._send(*answer)

    def _send(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if status == 307:
            self.send_header("Location", f"{self.server.service.url}/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class has it so
        """Say nothing."""


def _is_token(header: str) -> bool:
    try:
        claims = jwt.decode(header.removeprefix("Bearer "), SECRET, algorithms=["HS256"])
    except jwt.PyJWTError:
        return False
    return set(claims) == {"exp"} and 0 < claims["exp"] - time.time() <= 61
