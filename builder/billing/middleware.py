"""The billing service of a Concertim site ("middleware"), by HTTP: one call, one connection, one answer within bounds.

What its answers mean is in ``responses``. Slow to import (requests); made in a thread of the pool.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import requests
import urllib3

from builder import USER_AGENT
from builder.billing.responses import MiddlewareError, judge, read_credits, read_document, read_order_id
from builder.billing.saga import Outcome
from builder.logs.lines import protect
from builder.net.addresses import RefusedAddressError
from builder.openstack.answer_limits import AnswerMeter, TooMuchError
from builder.openstack.connection_errors import explain_no_answer
from builder.openstack.deadline import Deadline, DeadlineError
from builder.openstack.sockets import JudgingAdapter, Sockets
from builder.settings.table import Settings

TOKEN_SECONDS = 60
"""So long a token is good, as the Visualisation App's are."""

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer. Those that work have a hundred; tracebacks, the longest of the others, have a few thousand."""

_CHUNK_BYTES = 64 * 1024

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Middleware:
    """The billing service of one request; lives as long as that.

    Each call has a connection of its own: one that is kept, the service may close just as an order is asked for, and
    nobody could tell whether it was created. TLS is checked as for clouds, and connecting may take as long. ``count``
    is told the name of each call and how it ended. All calls raise MiddlewareError.
    """

    url: str = field(repr=False)
    secret: str = field(repr=False)
    settings: Settings
    deadline: Deadline
    count: Callable[[str, str], None]

    def get_credits(self, account: str) -> float:
        """The credits of a billing account."""
        return self._call("get_credits", {"credits": {"billing_account_id": account}}, read_credits)

    def create_order(self, account: str) -> str:
        """Create an order, once; its id."""
        return self._call("create_order", {"order": {"billing_account_id": account}}, read_order_id)

    def delete_order(self, order: str) -> None:
        """Cancel an order.

        Fails for one that is cancelled already, too, which cannot be told from other failures.
        """
        self._call("delete_order", {"order": {"order_id": order}}, lambda _: None)

    def add_order_tag(self, order: str, name: str, value: str) -> None:
        """Have an order carry a tag; it may carry it already."""
        tag = {"order_id": order, "tag_name": name, "tag_value": value}
        self._call("add_order_tag", {"tag": tag}, lambda _: None)

    def _call(self, call: str, body: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Result]) -> Result:
        """What ``read`` finds in the answer to a call that worked. Blocks, for at most ``BILLING_TIMEOUT`` seconds."""
        try:
            status, document = self._post(call, body)
            judge(call, status, document)
            result = read(document)
        except MiddlewareError as error:
            self.count(call, error.outcome.name.lower())
            raise
        self.count(call, Outcome.DONE.name.lower())
        return result

    def _post(self, call: str, body: Mapping[str, Any]) -> tuple[int, Mapping[str, Any]]:
        """The status of the answer to a call, and the JSON object that it holds; empty for anything else."""
        url = f"{self.url.rstrip('/')}/{call}"
        guard = self.settings.middleware_guard
        if why := guard.refuse_endpoint(url):
            raise MiddlewareError(Outcome.FAILED, f"is not asked: its address {why}")
        left = self.deadline.seconds_left()
        # In overtime there is to be time for another try.
        seconds = min(self.settings.billing_timeout, left / 2 if self.deadline.in_overtime else left)
        if seconds <= 0:
            raise MiddlewareError(Outcome.FAILED, "was not asked, for no time was left")
        sockets = Sockets(lambda: self.deadline.passed)
        end = time.monotonic() + seconds
        try:
            with (
                self.deadline.interrupting(sockets.shut_down),
                self.deadline.at_most(seconds),
                requests.Session() as session,
            ):
                session.trust_env = False
                for scheme in ("http://", "https://"):
                    session.mount(scheme, JudgingAdapter(sockets, guard))
                return self._exchange(session, url, body, seconds)
        except RefusedAddressError as error:
            raise MiddlewareError(Outcome.FAILED, f"is not asked: its address is {error.why}") from None
        except DeadlineError:  # no thread could be had to watch the time
            raise MiddlewareError(Outcome.FAILED, "was not asked, for this service has no thread left") from None
        except TooMuchError as error:
            raise MiddlewareError(Outcome.UNKNOWN, f"gave an answer that is too large: {error}") from None
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            what, may_have_effect = explain_no_answer(error)
            if time.monotonic() >= end:  # what ended it then are we
                what = "did not answer in time"
            raise MiddlewareError(Outcome.UNKNOWN if may_have_effect else Outcome.FAILED, what) from None
        finally:
            sockets.shut_down()

    def _exchange(
        self, session: requests.Session, url: str, body: Mapping[str, Any], seconds: float
    ) -> tuple[int, Mapping[str, Any]]:
        response = session.post(
            url,
            json=body,
            headers={"Authorization": f"Bearer {self._mint_token()}", "User-Agent": USER_AGENT, "Connection": "close"},
            timeout=(min(self.settings.cloud_connect_timeout, seconds), seconds),
            verify=False if self.settings.cloud_insecure else self.settings.cloud_ca_bundle or True,
            allow_redirects=False,
            stream=True,
        )
        meter, content = AnswerMeter(MAX_ANSWER), bytearray()
        for piece in response.iter_content(_CHUNK_BYTES):
            meter.feed(piece)
            content += piece
        return response.status_code, read_document(bytes(content))

    def _mint_token(self) -> str:
        """A token as the Visualisation App makes them, for one call."""
        import jwt  # with it comes a library of cryptography, which nobody waits for who is not billed

        token = jwt.encode({"exp": int(time.time()) + TOKEN_SECONDS}, self.secret, algorithm="HS256")
        protect([token])
        return token
