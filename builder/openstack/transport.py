"""HTTP to the cloud: timeouts under one deadline, brief retries, no redirects, bounded answers.

The OpenStack clients all send through the one session made here. Slow to import (keystoneauth, requests); loaded by
``connection.connect`` and by nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3
from keystoneauth1.identity import v3
from keystoneauth1.plugin import BaseAuthPlugin
from keystoneauth1.session import Session, TCPKeepAliveAdapter

from builder import USER_AGENT
from builder.logs.redaction import clean
from builder.net.addresses import RefusedAddressError, show_host
from builder.net.guard import is_token_request
from builder.openstack.answer_limits import LONG_ANSWER, REFUSAL, SHORT_ANSWER, AnswerMeter, TooMuchError
from builder.openstack.credentials import AUTH_URL_POINTER, PROJECT_KEYS, USER_KEYS, Credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failure_kinds import CloudError, FailureKind
from builder.openstack.sockets import JudgingAdapter, Sockets
from builder.settings.table import Settings

CONNECT_RETRIES = 2
"""How often a connection is tried again that failed before anything was sent."""

RETRY_DELAY = 0.2
_CHUNK_BYTES = 64 * 1024
_REDIRECTS = frozenset({301, 302, 303, 305, 307, 308})


class UnexpectedRedirectError(requests.exceptions.RequestException):
    """A service answered with a redirect, which is never followed: the next request would carry the credentials.

    ``location`` is the scheme, host and port that it points to, or empty.
    """

    def __init__(self, response: requests.Response) -> None:
        super().__init__("redirect refused", request=response.request, response=response)
        self.location = _origin(response.headers.get("location", ""))


class ResponseTooLargeError(requests.exceptions.RequestException):
    """A service sent more than its step needs; the text says more than what, in words of :class:`TooMuchError`."""


class CloudAdapter(JudgingAdapter, TCPKeepAliveAdapter):
    """One exchange of HTTP, within the deadline and the settings' timeouts."""

    def __init__(self, settings: Settings, credentials: Credentials, deadline: Deadline, sockets: Sockets) -> None:
        self._settings = settings
        self._credentials = credentials
        self._deadline = deadline
        self.longest_answer = SHORT_ANSWER
        """How many bytes the answers to come may have; see ``answer_limits.py``."""
        self.last_response: requests.Response | None = None
        """For the reader of a failure whose exception does not hold it."""
        super().__init__(sockets, settings.cloud_guard)

    def send(self, request: requests.PreparedRequest, *_args: Any, **kwargs: Any) -> requests.Response:
        """Send, and read the whole answer.

        Raises:
            RequestError: (403, 502) the operator does not allow this address; (504) the deadline has passed.
            requests.exceptions.RequestException: anything else that went wrong.
        """
        self.last_response = None
        kwargs["stream"] = True
        is_token = is_token_request(str(request.url), self._credentials.auth_url)
        why = None if is_token else self._settings.cloud_guard.refuse_endpoint(str(request.url))
        if why:
            raise self._not_allowed(request, why)
        for attempts_left in range(CONNECT_RETRIES, -1, -1):
            left = self._deadline.remaining()
            kwargs["timeout"] = (
                min(self._settings.cloud_connect_timeout, left),
                min(self._settings.cloud_read_timeout, left),
            )
            try:
                response = super().send(request, **kwargs)
                break
            except RefusedAddressError as error:
                raise self._not_allowed(request, f"is {error.why}", is_token=is_token) from error
            except requests.exceptions.ConnectionError as error:
                if not attempts_left or not never_connected(error):
                    raise
            attempt = CONNECT_RETRIES - attempts_left
            time.sleep(min(RETRY_DELAY * 2**attempt, self._deadline.remaining()))
        if response.status_code in _REDIRECTS:
            response.close()
            raise UnexpectedRedirectError(response)
        self._read(response)
        self.last_response = response
        return response

    def _not_allowed(self, request: requests.PreparedRequest, why: str, *, is_token: bool = False) -> CloudError:
        """The failure of a request to an address that nothing is sent to."""
        if is_token:
            return FailureKind.CLOUD_NOT_ALLOWED.error(f"auth_url {why}; nothing was sent there", AUTH_URL_POINTER)
        secrets = (*self._credentials.secrets, str(request.headers.get("X-Auth-Token", "")))
        where = clean(_origin(str(request.url)), [secret.lower() for secret in secrets]) or "an address"
        return FailureKind.ENDPOINT_NOT_ALLOWED.error(
            f"The cloud's catalogue names {where}, which {why}; nothing was sent there"
        )

    def _read(self, response: requests.Response) -> None:
        """Read the answer, bounded; a compressed one by its size when unpacked. Too large a refusal loses its body."""
        is_refusal = response.status_code >= HTTPStatus.BAD_REQUEST
        meter = AnswerMeter(REFUSAL if is_refusal else self.longest_answer)
        content = bytearray()
        try:
            for piece in response.iter_content(_CHUNK_BYTES):
                meter.feed(piece)
                content += piece
                self._deadline.remaining()
        except TooMuchError as error:
            response.close()
            if not is_refusal:
                raise ResponseTooLargeError(str(error), request=response.request, response=response) from None
            content.clear()
        # requests has no public way to hand in a body that was read from a stream; ``content`` returns this.
        response._content = bytes(content)
        # JSON is UTF-8 (RFC 8259), and was counted as such: no charset of a header may read something else into it.
        response.encoding = "utf-8"
        del response.connection  # this adapter, which knows the response: a cycle that would keep its body


class CloudSession(Session):
    """keystoneauth's session, with every request through one :class:`CloudAdapter`.

    Not keystoneauth's own logging of requests and answers: at DEBUG it prints bodies, with hidden parameters in them.
    """

    def __init__(self, adapter: CloudAdapter, sockets: Sockets, proxy: str | None, **kwargs: Any) -> None:
        http = requests.Session()
        # It resolves names then, and only its own address can be judged.
        http.proxies = {"http": proxy, "https": proxy} if proxy else {}
        # The environment and ~/.netrc of the service must not decide where a caller's credentials go.
        http.trust_env = False
        http.mount("http://", adapter)
        http.mount("https://", adapter)
        super().__init__(session=http, redirect=False, **kwargs)
        self._http = http
        self._adapter = adapter
        self.interrupt = sockets.shut_down
        """Ends every connection there is: callable from any thread, never blocks."""

    @property
    def last_response(self) -> requests.Response | None:
        """The answer to the last request, whatever it was; None where there was none."""
        return self._adapter.last_response

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request under our own user agent, unlogged, and tried again by nobody but :class:`CloudAdapter`."""
        kwargs.update(log=False, user_agent=None, connect_retries=0, status_code_retries=0, allow_reauth=False)
        return super().request(*args, **kwargs)

    @contextmanager
    def long_answers(self) -> Iterator[None]:
        """Take answers in the block that are as long as lists are."""
        self._adapter.longest_answer = LONG_ANSWER
        try:
            yield
        finally:
            self._adapter.longest_answer = SHORT_ANSWER

    def close(self) -> None:
        """Close all connections, and let go of what was answered: the clients have reference cycles of their own."""
        self._http.close()
        self.interrupt()
        self._adapter.last_response = None
        self.auth = None


def build_session(
    credentials: Credentials, settings: Settings, deadline: Deadline, request_id: str | None
) -> CloudSession:
    """A session that authenticates with a plugin of v3: no discovery, so ``/v3`` in the URL or not is the same."""
    sockets = Sockets(lambda: deadline.passed)
    if settings.cloud_insecure:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # once at start, by the service, is enough
    return CloudSession(
        CloudAdapter(settings, credentials, deadline, sockets),
        sockets,
        settings.cloud_proxy,
        auth=_build_auth(credentials),
        verify=False if settings.cloud_insecure else settings.cloud_ca_bundle or True,
        user_agent=USER_AGENT,
        additional_headers={"X-OpenStack-Request-ID": request_id} if request_id else None,
    )


def _build_auth(credentials: Credentials) -> BaseAuthPlugin:
    """How the session authenticates: see :class:`~builder.openstack.credentials.Credentials`."""
    auth_url = credentials.auth_url
    # With under 120 seconds left, keystoneauth would ask for another token at every look at the catalogue.
    once: dict[str, Any] = {"reauthenticate": False}
    user = {key: getattr(credentials, key) for key in USER_KEYS}
    if credentials.application_credential_secret:
        return v3.ApplicationCredential(
            auth_url,
            credentials.application_credential_secret,
            application_credential_id=credentials.application_credential_id,
            application_credential_name=credentials.application_credential_name,
            **user,
            **once,
        )
    project = {key: getattr(credentials, key) for key in PROJECT_KEYS} | once
    if credentials.token:
        return v3.Token(auth_url, credentials.token, **project)
    return v3.Password(auth_url, credentials.password, **user, **project)


def never_connected(error: requests.exceptions.RequestException) -> bool:
    """Whether the connection itself failed: nothing was sent, so sending again repeats nothing."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    # urllib3 tells of a proxy so while it has no connection to it.
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ProxyError)


def _origin(url: str) -> str:
    """``scheme://host:port`` of a URL, without user, path and query; empty for what is none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    return f"{parts.scheme}://{show_host(parts.hostname)}{port}" if parts.scheme and parts.hostname else ""
