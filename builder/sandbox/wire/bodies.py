"""What the bodies and the query strings of Heat's requests say, in Heat's words when they say it wrongly.

Apart from the routes: here a request becomes values, and nothing is looked up yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from builder.sandbox.faults import HeatFault, Json, bad_request
from builder.sandbox.heat.nesting import StackSource
from builder.sandbox.heat.template_texts import DocumentError, check_size, parse_environment, parse_template
from builder.sandbox.wire.server import Request

MAX_BODY = 1024 * 1024
"""Bytes a JSON body may have: ``max_json_body_size`` of Heat."""

MAX_TAG = 80
"""Characters a tag may have."""


def read_stack_request(request: Request, project_id: str, *, is_named: bool) -> StackSource:
    """Read the body of a create, a preview (``is_named``) or a validate. Raises HeatFault where it cannot be read."""
    body = read_json(request)
    options = _read_options(body) if is_named else {}
    if is_named and "stack_name" not in body:
        raise bad_request("No stack name specified")
    template = _read_template(body)
    environment = parse_environment(body.get("environment"))
    files = {} if body.get("files") is None else body["files"]
    if not isinstance(files, Mapping):
        raise HeatFault("ValueError")
    if not all(isinstance(content, str) for content in files.values()):
        raise bad_request()
    for name in body.get("environment_files") or ():
        if name not in files:
            raise HeatFault("KeyError")
        for section, value in parse_environment(files[name]).items():
            both = isinstance(value, Mapping) and isinstance(environment.get(section), Mapping)
            environment[section] = {**environment[section], **value} if both else value
    given = body.get("parameters", {})
    if isinstance(given, str):
        raise HeatFault("ValueError")
    if not isinstance(given, Mapping):
        raise bad_request()
    parameters = {**(environment.get("parameters") or {}), **given}
    name = body["stack_name"] if is_named else "dummy"
    return StackSource(name, template, project_id, parameters, environment, files, **options)


def read_json(request: Request) -> dict[str, Json]:
    """Return the JSON object in a body. Raises HeatFault where there is none."""
    if len(request.body) > MAX_BODY:
        raise HeatFault(
            "RequestLimitExceeded",
            f"JSON body size ({len(request.body)} bytes) exceeds maximum allowed size ({MAX_BODY} bytes).",
        )
    try:
        document = json.loads(request.body) if request.body else None
    except ValueError as error:
        raise bad_request(str(error)) from error
    if not isinstance(document, dict):
        raise bad_request()
    return document


def read_flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Return a query parameter that is a boolean. Raises HeatFault where it is none."""
    value = request.parameter(name)
    if value is None:
        return default
    if value.lower() not in ("true", "false"):
        raise bad_request(f'Unrecognized value "{value}" for "{name}", acceptable values are: true, false.')
    return value.lower() == "true"


def read_count(name: str, value: Json) -> int | None:
    """Return a number of at least zero, given as a number or as its digits. Raises HeatFault where it is none."""
    if value is None:
        return None
    try:
        is_integer = str(int(value)) == str(value)
    except (ValueError, TypeError):
        is_integer = False
    if not is_integer:
        raise bad_request(f"Only integer is acceptable by '{name}'.")
    if int(value) < 0:
        raise bad_request(f"Value '{value}' is invalid for '{name}' which only accepts non-negative integer.")
    return int(value)


def read_tags(value: str | None) -> tuple[str, ...]:
    """Return tags given as one string, comma by comma. Raises HeatFault where one is too long."""
    tags = () if value is None else tuple(value.split(","))
    for tag in tags:
        if len(tag) > MAX_TAG:
            raise bad_request(f'Invalid tag, "{tag}" is longer than {MAX_TAG} characters')
    return tags


def _read_options(body: Mapping[str, Json]) -> dict[str, Json]:
    timeout = read_count("timeout_mins", body.get("timeout_mins"))
    tags = body.get("tags")
    if tags is not None and not isinstance(tags, str):
        raise HeatFault("AttributeError")
    if "converge" in body:
        raise bad_request("converge flag only supported in stack update (or update preview) request.")
    disable_rollback = body.get("disable_rollback", True)
    if str(disable_rollback).lower() not in ("true", "false"):
        raise HeatFault("ValueError")
    if "adopt_stack_data" in body:
        raise HeatFault("NotSupported", "Stack Adopt")
    return {
        "tags": read_tags(tags),
        "timeout_mins": timeout or None,  # Heat takes 0 for no timeout at all
        "disable_rollback": str(disable_rollback).lower() == "true",
    }


def _read_template(body: Mapping[str, Json]) -> Mapping[str, Json]:
    template = body.get("template")
    if isinstance(template, dict):
        check_size(str(template))
        return template
    if "template" not in body and "template_url" in body:
        raise bad_request("Could not retrieve template: the sandbox cloud fetches nothing")
    if template is None:
        raise bad_request("No template specified")
    if not isinstance(template, str):
        raise bad_request()
    try:
        return parse_template(template)
    except DocumentError as error:
        raise bad_request(f"Template not in valid format: {error}") from error
