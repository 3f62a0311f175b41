"""Templates that need nothing but Heat itself, so that they work on any cloud."""

from __future__ import annotations

from typing import Any

VERSION = "2018-08-31"
RANDOM_STRING = "OS::Heat::RandomString"
TEST_RESOURCE = "OS::Heat::TestResource"
NONE = "OS::Heat::None"
GROUP = "OS::Heat::ResourceGroup"

NODE = """
heat_template_version: 2018-08-31
parameters:
  size: {type: number, constraints: [{range: {min: 2}}]}
resources:
  inner: {type: OS::Heat::RandomString, properties: {length: {get_param: size}}}
outputs:
  word: {value: {get_attr: [inner, value]}}
"""


def template(
    parameters: dict[str, Any] | None = None,
    resources: dict[str, Any] | None = None,
    *,
    version: Any = VERSION,
    **sections: Any,
) -> dict[str, Any]:
    """A template of the given sections."""
    document: dict[str, Any] = {"heat_template_version": version, "resources": resources or {}, **sections}
    if parameters is not None:
        document["parameters"] = parameters
    return document


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """One resource, named ``r``."""
    return {"r": {"type": kind, "properties": properties}}


def group(count: Any, member: dict[str, Any]) -> dict[str, Any]:
    """A group, as the value of a resource's name."""
    return {"type": GROUP, "properties": {"count": count, "resource_def": member}}
