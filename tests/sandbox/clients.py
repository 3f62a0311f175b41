"""A signed-in user of a sandbox, as plain HTTP."""

from __future__ import annotations

from typing import Any

from builder.sandbox import Sandbox
from builder.sandbox.wire.accounts import find_credentials
from tests.contract.wire import Answer, ask

EMPTY: dict[str, Any] = {"heat_template_version": "2018-08-31"}


def sign_in(sandbox: Sandbox, user: dict[str, Any], project: dict[str, Any] | None = None) -> Answer:
    """Ask for a token; scoped to a project if one is given."""
    auth: dict[str, Any] = {"identity": {"methods": ["password"], "password": {"user": user}}}
    if project is not None:
        auth["scope"] = {"project": project}
    return ask("POST", f"{sandbox.auth_url}/auth/tokens", {"auth": auth})


class Member:
    """A user with a token for a project."""

    def __init__(self, sandbox: Sandbox, username: str = "demo") -> None:
        credentials = find_credentials(username)
        user = {"id": credentials.user_id, "password": credentials.password}
        answer = sign_in(sandbox, user, {"id": credentials.project_id})
        self.token = answer.headers["x-subject-token"]
        self.catalog = answer.json()["token"]["catalog"]
        self.heat_url = find_url(self.catalog, "orchestration")

    def ask(self, method: str, path: str, body: Any = None, **arguments: Any) -> Answer:
        """Ask Heat; ``path`` starts at the project's root."""
        return ask(method, self.heat_url + path, body, token=self.token, **arguments)

    def create(self, name: str, template: Any = None, **body: Any) -> Answer:
        """Ask for a stack; of nothing, unless a template is given."""
        return self.ask("POST", "/stacks", {"stack_name": name, "template": template or EMPTY, **body})

    def status(self, address: str) -> str:
        """Look at a stack; ``address`` is its name and id."""
        return str(self.ask("GET", f"/stacks/{address}").json()["stack"]["stack_status"])

    def names(self) -> list[str]:
        """Look at the list."""
        return [stack["stack_name"] for stack in self.ask("GET", "/stacks").json()["stacks"]]

    def delete(self, address: str) -> None:
        """Delete a stack."""
        assert self.ask("DELETE", f"/stacks/{address}").status == 204


def address_of(created: Answer) -> str:
    """Name and id of a stack that was just created."""
    assert created.status == 201, created.text
    return created.headers["location"].rpartition("/stacks/")[2]


def find_url(catalog: list[Any], kind: str, interface: str = "public", region: str = "RegionOne") -> str:
    """The URL of a service."""
    (url,) = (
        endpoint["url"]
        for service in catalog
        for endpoint in service["endpoints"]
        if (service["type"], endpoint["interface"], endpoint["region"]) == (kind, interface, region)
    )
    return str(url)
