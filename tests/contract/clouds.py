"""The clouds the contract is tested on: a sandbox of the tests' own, and the one that the ``OS_*`` variables name."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import heatclient.client
from heatclient.exc import HTTPNotFound
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from builder.sandbox import Credentials, Sandbox
from builder.sandbox.wire.accounts import APPLICATION_CREDENTIALS, find_credentials

REQUIRED = ("OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME")
OTHER_USER = ("OTHER_OS_USERNAME", "OTHER_OS_PASSWORD", "OTHER_OS_PROJECT_NAME")
TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud and a user of it who may create stacks; ``other`` is a user of another project, where there is one."""

    name: str
    auth_url: str
    user_id: str
    username: str
    password: str = field(repr=False)
    project_id: str
    project_name: str
    user_domain_id: str
    user_domain_name: str
    project_domain_id: str
    project_domain_name: str
    region_name: str | None = None
    other: Cloud | None = None
    application_credentials: Callable[..., AbstractContextManager[tuple[str, str]]] | None = field(
        default=None, repr=False
    )
    """The id and the secret of an application credential of the user's, ``restricted`` or not, while it is there."""

    @property
    def base_url(self) -> str:
        """The auth URL without its version."""
        return self.auth_url.rstrip("/").removesuffix("/v3")

    def by_ids(self, **changes: Any) -> dict[str, Any]:
        """Arguments of a password plugin: Keystone's first way to name user and project."""
        return _without_none(user_id=self.user_id, project_id=self.project_id, password=self.password, **changes)

    def by_names(self, **changes: Any) -> dict[str, Any]:
        """Arguments of a password plugin: Keystone's second way."""
        arguments: dict[str, Any] = {
            "username": self.username,
            "user_domain_id": self.user_domain_id,
            "project_name": self.project_name,
            "project_domain_id": self.project_domain_id,
            "password": self.password,
        }
        return _without_none(**{**arguments, **changes})

    def session(self, plugin: Callable[..., Any] = v3.Password, auth_url: str | None = None, **arguments: Any) -> Any:
        """A session; by ids unless ``arguments`` say otherwise."""
        auth = plugin(auth_url=auth_url or self.auth_url, **(arguments or self.by_ids()))
        return Session(auth=auth, timeout=TIMEOUT)

    def heat(self, session: Any = None, **arguments: Any) -> Any:
        """A client of the orchestration service."""
        arguments = {"region_name": self.region_name, **arguments}
        return heatclient.client.Client("1", session=session or self.session(), **arguments)


class Stacks:
    """Creates stacks, and deletes what it created."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.client = cloud.heat()
        self._names: list[str] = []

    def new_name(self) -> str:
        """A name that no other test uses; a stack of that name is deleted at the end."""
        name = f"contract-{secrets.token_hex(6)}"
        self._names.append(name)
        return name

    def create(self, template: Any, name: str | None = None, **arguments: Any) -> Any:
        """Create a stack and return it as the cloud shows it."""
        made = self.client.stacks.create(stack_name=name or self.new_name(), template=template, **arguments)
        return self.client.stacks.get(made["stack"]["id"])

    def create_settled(self, template: Any, name: str | None = None, **arguments: Any) -> Any:
        """Create a stack, wait until nothing is in progress, and return it."""
        return self.settle(self.create(template, name, **arguments).id)

    def settle(self, stack_id: str, seconds: float = TIMEOUT) -> Any:
        """Wait until a stack is not in progress, and return it."""
        return wait_for(
            lambda: self.client.stacks.get(stack_id),
            lambda stack: not stack.stack_status.endswith("IN_PROGRESS"),
            seconds,
        )

    def wait_until_deleted(self, stack: Any) -> Any:
        """Wait until a stack that is being deleted is gone, and return it as its id still shows it."""
        address = f"{stack.stack_name}/{stack.id}"
        return wait_for(lambda: self.client.stacks.get(address), lambda seen: seen.deletion_time is not None)

    def delete_all(self) -> None:
        """Delete every stack a name was given for."""
        for name in self._names:
            try:
                self.client.stacks.delete(name)
            except HTTPNotFound:
                continue


def wait_for(look: Callable[[], Any], is_done: Callable[[Any], bool], seconds: float = TIMEOUT) -> Any:
    """Look until it is done, and return what was seen last."""
    pause = threading.Event()
    for attempt in range(int(seconds * 5)):
        seen = look()
        if is_done(seen):
            return seen
        pause.wait(0.2 if attempt > 1 else 0)
    raise AssertionError(f"not done after {seconds:.0f} s: {seen}")


@contextmanager
def sandbox_cloud() -> Iterator[Cloud]:
    """A sandbox, with the users that come with it."""
    with Sandbox() as sandbox:
        other = _from_credentials(sandbox, find_credentials("alt_demo"))
        yield _from_credentials(sandbox, sandbox.credentials, other)


def real_cloud(environ: Mapping[str, str] = os.environ) -> Cloud:
    """The cloud that the variables name; ids that are not set are asked of Keystone."""
    other = None
    if all(environ.get(name) for name in OTHER_USER):
        changes = {name.removeprefix("OTHER_"): environ[name] for name in OTHER_USER}
        other = _ask_keystone({**environ, **changes})
    return _ask_keystone(environ, other)


def _from_credentials(sandbox: Sandbox, credentials: Credentials, other: Cloud | None = None) -> Cloud:
    return Cloud(
        name="sandbox",
        auth_url=sandbox.auth_url,
        user_id=credentials.user_id,
        username=credentials.username,
        password=credentials.password,
        project_id=credentials.project_id,
        project_name=credentials.project_name,
        user_domain_id=credentials.user_domain_id,
        user_domain_name=credentials.user_domain_name,
        project_domain_id=credentials.project_domain_id,
        project_domain_name=credentials.project_domain_name,
        region_name=credentials.region_name,
        other=other,
        application_credentials=_fixed_credential,
    )


@contextmanager
def _fixed_credential(*, restricted: bool = True) -> Iterator[tuple[str, str]]:
    found = next(each for each in APPLICATION_CREDENTIALS if each.is_restricted is restricted)
    yield found.id, found.secret


def _ask_keystone(environ: Mapping[str, str], other: Cloud | None = None) -> Cloud:
    auth = v3.Password(
        auth_url=environ["OS_AUTH_URL"],
        username=environ["OS_USERNAME"],
        password=environ["OS_PASSWORD"],
        project_name=environ["OS_PROJECT_NAME"],
        **_without_none(
            user_domain_id=environ.get("OS_USER_DOMAIN_ID"),
            user_domain_name=environ.get("OS_USER_DOMAIN_NAME"),
            project_domain_id=environ.get("OS_PROJECT_DOMAIN_ID"),
            project_domain_name=environ.get("OS_PROJECT_DOMAIN_NAME"),
        ),
    )
    session = Session(auth=auth, timeout=TIMEOUT)
    access: Any = auth.get_access(session)

    @contextmanager
    def create_credential(*, restricted: bool = True) -> Iterator[tuple[str, str]]:
        url = f"{environ['OS_AUTH_URL'].rstrip('/').removesuffix('/v3')}/v3/users/{access.user_id}"
        wanted = {"name": f"contract-{secrets.token_hex(6)}", "unrestricted": not restricted}
        answer = session.post(f"{url}/application_credentials", json={"application_credential": wanted})
        made = answer.json()["application_credential"]
        yield made["id"], made["secret"]
        session.delete(f"{url}/application_credentials/{made['id']}")

    return Cloud(
        name="openstack",
        auth_url=environ["OS_AUTH_URL"],
        user_id=access.user_id,
        username=access.username,
        password=environ["OS_PASSWORD"],
        project_id=access.project_id,
        project_name=access.project_name,
        user_domain_id=access.user_domain_id,
        user_domain_name=access.user_domain_name,
        project_domain_id=access.project_domain_id,
        project_domain_name=access.project_domain_name,
        region_name=environ.get("OS_REGION_NAME") or None,
        other=other,
        application_credentials=create_credential,
    )


def _without_none(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}
