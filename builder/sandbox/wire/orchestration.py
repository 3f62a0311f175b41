"""Heat's API, version 1: stacks, what is in them, and what could be in them.

Apart from Keystone's API, whose tokens it asks for. Routes and answers are here; what a body says is in ``bodies``,
what a template means in ``stack_plans``, what exists in ``stacks``.
https://docs.openstack.org/api-ref/orchestration/v1/
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlencode

from builder.sandbox.faults import HeatFault, Json, PageFault, ResourceLimitExceeded, StackValidationFailed, bad_request
from builder.sandbox.heat.functions import resolve
from builder.sandbox.heat.nesting import StackSource
from builder.sandbox.heat.resource_types import describe_resource_type, list_resource_types
from builder.sandbox.heat.stack_contents import Resource, read_output
from builder.sandbox.heat.stack_plans import plan_stack
from builder.sandbox.heat.stacks import Stack, StackStore
from builder.sandbox.heat.template_texts import list_template_versions
from builder.sandbox.heat.templates import check_schemas
from builder.sandbox.wire import stack_lists, views
from builder.sandbox.wire.accounts import Token, TokenStore
from builder.sandbox.wire.authentication import UNAUTHENTICATED
from builder.sandbox.wire.bodies import read_count, read_flag, read_stack_request
from builder.sandbox.wire.endpoints import IDENTITY_PATH, describe_orchestration, orchestration_url
from builder.sandbox.wire.server import Request, Response, Router, as_response, json_response

_UNAUTHENTICATED = {"error": {"code": 401, "title": "Unauthorized", "message": UNAUTHENTICATED}}
_BUILD_INFO = {"api": {"revision": "unknown"}, "engine": {"revision": "unknown"}}


@dataclass(frozen=True, slots=True)
class Call:
    """An authenticated request of a project's user; ``base`` is the URL of the project's root."""

    request: Request
    token: Token
    project_id: str
    base: str


class OrchestrationService:
    """Heat; lives as long as the sandbox. May be called from any thread."""

    def __init__(self, tokens: TokenStore, stacks: StackStore) -> None:
        self._tokens = tokens
        self._stacks = stacks
        stack = "/stacks/{name}/{stack_id}"
        all_methods = ("GET", "POST", "PUT", "PATCH", "DELETE")
        self._router = Router(
            {
                "/validate": {"POST": self._validate},
                "/build_info": {"GET": lambda _: _BUILD_INFO},
                "/services": {"GET": self._list_services},
                "/template_versions": {"GET": lambda _: {"template_versions": list_template_versions()}},
                "/resource_types": {"GET": self._list_resource_types},
                "/resource_types/{name}": {"GET": lambda _, name: describe_resource_type(name)},
                "/stacks": {"GET": self._list, "POST": self._create},
                "/stacks/preview": {"POST": self._preview, "GET": partial(self._look_up, name="preview")},
                "/stacks/detail": {"GET": self._list},
                "/stacks/{name}": dict.fromkeys(all_methods, self._look_up),
                **{
                    f"/stacks/{{name}}/{part}": {"GET": partial(self._look_up, part=f"/{part}")}
                    for part in ("resources", "events", "template", "environment", "files", "actions")
                },
                stack: {"GET": self._show, "DELETE": self._delete, "PUT": self._refuse, "PATCH": self._refuse},
                f"{stack}/template": {"GET": partial(self._read, lambda stack: stack.content.source.template)},
                f"{stack}/environment": {"GET": partial(self._read, views.show_environment_of)},
                f"{stack}/files": {"GET": partial(self._read, lambda stack: stack.content.source.files)},
                f"{stack}/outputs": {"GET": partial(self._read, views.list_outputs)},
                f"{stack}/outputs/{{key}}": {"GET": self._show_output},
                f"{stack}/resources": {"GET": self._list_resources},
                f"{stack}/resources/{{resource}}": {"GET": self._show_resource},
                f"{stack}/resources/{{resource}}/metadata": {"GET": self._show_metadata},
                f"{stack}/resources/{{resource}}/events": {"GET": self._list_events},
                f"{stack}/events": {"GET": self._list_events},
                f"{stack}/snapshots": {"GET": partial(self._read, lambda _: {"snapshots": []}), "POST": self._refuse},
                **{
                    f"{stack}/{part}": dict.fromkeys(all_methods, self._refuse)
                    for part in ("actions", "abandon", "export", "preview")
                },
            }
        )

    def handle(self, request: Request) -> Response:
        """Answer a request whose path starts with the service's prefix. Raises CloudFault with Heat's words."""
        _, *rest = request.segments
        if rest in ([], [""]):
            return json_response(300, describe_orchestration(request.base))
        if rest[0] != "v1":
            raise PageFault
        token = self._tokens.find_valid(request.headers.get("X-Auth-Token"))
        if token is None:
            challenge = f'Keystone uri="{request.base}{IDENTITY_PATH}"'
            return json_response(401, _UNAUTHENTICATED, **{"WWW-Authenticate": challenge})
        found = self._router.match(rest[2:])
        if found is None:
            raise PageFault
        methods, parameters = found
        if request.method == "OPTIONS":
            return Response(204, content_type=None, headers={"Allow": ",".join(methods)})
        if request.method not in methods:
            raise HeatFault("HTTPMethodNotAllowed", request.method)
        if token.project is None or token.project.id != rest[1]:
            raise HeatFault("HTTPForbidden", rest[1])
        call = Call(request, token, token.project.id, orchestration_url(request.base, token.project.id))
        return as_response(methods[request.method](call, **parameters))

    def _create(self, call: Call) -> Response:
        content = plan_stack(replace(self._read_new(call), stack_id=str(uuid.uuid4())), is_lenient=True)
        credential = call.token.application_credential
        if credential is not None and credential.is_restricted:
            raise HeatFault("Forbidden")  # Keystone's refusal of the trust, which Heat does not repeat
        stack = self._stacks.create(content, call.token.user.name)
        url = views.stack_url(call.base, content.source)
        return json_response(201, {"stack": {"id": stack.stack_id, "links": [views.link(url)]}}, Location=url)

    def _preview(self, call: Call) -> Json:
        content = plan_stack(self._read_new(call))
        return {"stack": views.show_preview(call.base, Stack(content, call.token.user.name))}

    def _read_new(self, call: Call) -> StackSource:
        source = read_stack_request(call.request, call.project_id, is_named=True)
        check_schemas(source.template, source.files)
        self._stacks.check_room(call.project_id, source.name)
        return source

    def _validate(self, call: Call) -> Json:
        source = read_stack_request(call.request, call.project_id, is_named=False)
        check_schemas(source.template, source.files)
        try:
            content = plan_stack(source, with_values=False, with_children=False)
        except (StackValidationFailed, ResourceLimitExceeded) as failure:
            raise bad_request(failure.message) from failure
        document: dict[str, Json] = {
            "Description": source.template.get("description") or "No description",
            "Parameters": {name: parameter.describe() for name, parameter in content.parameters.items()},
        }
        if source.template.get("parameter_groups"):
            document["ParameterGroups"] = source.template["parameter_groups"]
        document["Environment"] = views.show_environment(source)
        return document

    def _list(self, call: Call) -> Json:
        with self._stacks.poll_all(call.project_id) as stacks:
            return stack_lists.list_stacks(call.base, stacks, call.request)

    def _look_up(self, call: Call, name: str, part: str = "") -> Response:
        """Redirect from a name, or an id, to the canonical URL."""
        stack = self._stacks.identify(call.project_id, name)
        location = views.stack_url(call.base, stack.content.source) + part
        location += f"?{urlencode(call.request.query, doseq=True)}" if call.request.query else ""
        body = f"The resource was found at {location}; you should be redirected automatically."
        return Response(302, body.encode(), "text/html; charset=UTF-8", {"Location": location})

    def _show(self, call: Call, name: str, stack_id: str) -> Json:
        with_outputs = read_flag(call.request, "resolve_outputs", default=True)
        with self._stacks.poll(call.project_id, name, stack_id) as stack:
            return {"stack": views.show_stack(call.base, stack, with_outputs=with_outputs)}

    def _delete(self, call: Call, name: str, stack_id: str) -> Response:
        self._stacks.delete(call.project_id, name, stack_id)
        return Response(204, content_type=None)

    def _read(self, show: Callable[[Stack], Json], call: Call, name: str, stack_id: str) -> Json:
        """Show what of a stack never changes. This is no poll."""
        return show(self._find(call, name, stack_id))

    def _show_output(self, call: Call, name: str, stack_id: str, key: str) -> Json:
        with self._stacks.poll(call.project_id, name, stack_id) as stack:
            output = stack.content.outputs.get(key)
            if output is None:
                raise HeatFault("NotFound", key)
            return {"output": read_output(stack.content, output)}

    def _list_resources(self, call: Call, name: str, stack_id: str) -> Json:
        depth = read_count("nested_depth", call.request.parameter("nested_depth")) or 0
        with_detail = read_flag(call.request, "with_detail")
        with self._stacks.poll(call.project_id, name, stack_id) as stack:
            return {"resources": views.list_resources(call.base, stack, depth, with_detail=with_detail)}

    def _show_resource(self, call: Call, name: str, stack_id: str, resource: str) -> Json:
        with self._stacks.poll(call.project_id, name, stack_id) as stack:
            found = _find_resource(stack, resource)
            return {"resource": views.show_resource(call.base, stack, stack.content, found)}

    def _show_metadata(self, call: Call, name: str, stack_id: str, resource: str) -> Json:
        stack = self._find(call, name, stack_id)
        found = _find_resource(stack, resource)
        return {"metadata": resolve(found.definition.metadata, stack.content)}

    def _list_events(self, call: Call, name: str, stack_id: str, resource: str | None = None) -> Json:
        with self._stacks.poll(call.project_id, name, stack_id) as stack:
            return stack_lists.list_events(call.base, stack, resource, call.request)

    def _list_resource_types(self, call: Call) -> Json:
        return {"resource_types": list_resource_types(call.request.parameter("name") or "")}

    def _list_services(self, call: Call) -> Response:  # noqa: ARG002  # a handler's signature
        raise HeatFault("Forbidden", "service:index")

    def _refuse(self, call: Call, name: str, stack_id: str) -> Response:
        """Refuse what the sandbox does not do, on a stack that is there."""
        self._find(call, name, stack_id)
        part = call.request.segments[-1]
        feature = {"abandon": "Stack Abandon", "export": "Stack Abandon", stack_id: "Stack Update"}.get(part, part)
        raise HeatFault("NotSupported", feature)

    def _find(self, call: Call, name: str, stack_id: str) -> Stack:
        return self._stacks.find(call.project_id, name, stack_id)


def _find_resource(stack: Stack, name: str) -> Resource:
    resource = stack.content.resources.get(name)
    if resource is None:
        raise HeatFault("ResourceNotFound", name, stack.name)
    return resource
