"""Real Heat refuses what is an error here, and takes what is a warning, unless that depends on the cloud.

Asked by a stack preview, which Heat judges as it does a creation, and which makes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from builder.diagnostics.rules import Severity
from builder.yaml_documents.documents import DocumentError, parse_definition
from tests.checking.examples import INVALID, check, list_cases

pytestmark = [
    pytest.mark.openstack,
    pytest.mark.skipif("OS_AUTH_URL" not in os.environ, reason="OS_AUTH_URL names no cloud"),
]

UP_TO_THE_CLOUD = {
    "conditional-resource.yaml",  # refused or not by the value of a parameter
    "newer-template-version.yaml",  # a newer Heat might know it
    "no-private-network.yaml",  # lacks a property, which only Heat knows
    "property-constraint.yaml",  # a later Heat might take it
    "unknown-attribute.yaml",  # a plug-in might have it
    "unknown-property.yaml",  # a plug-in might have it
    "unknown-custom-constraint.yaml",  # a plug-in might have it
    "outputs.yaml",  # a network of that name might be there
    "server-without-network.yaml",  # an image of that name might be there
    "unawaited-interface.yaml",  # an image of that name might be there
}
ANSWERS = {"number": "1", "boolean": "true", "json": "{}"}


def inline_template(case: str) -> dict[str, Any] | None:
    """The template within a case, if it is of that kind and can be read."""
    path = INVALID / case
    if path.is_dir():
        return None
    try:
        document = parse_definition(path.read_text(errors="replace"), case)
    except DocumentError:
        return None
    value = document.value if not document.problems else None
    template = value.get("heat_template") if isinstance(value, dict) else None
    return template if isinstance(template, dict) else None


CASES = [case for case in list_cases() if inline_template(case) is not None]


class Heat:
    """Judges templates by previews."""

    def __init__(self, stacks: Any) -> None:
        self._stacks = stacks

    def refusal(self, template: dict[str, Any]) -> str:
        """Why Heat refuses a template; ``""`` where it does not."""
        from heatclient.exc import HTTPException

        parameters = {
            name: ANSWERS.get(str(attributes.get("type")), "abcdef")
            for name, attributes in (template.get("parameters") or {}).items()
            if isinstance(attributes, dict) and "default" not in attributes
        }
        try:
            self._stacks.preview(stack_name="check-preview", template=template, files={}, parameters=parameters)
        except HTTPException as error:
            return str(error)
        return ""


@pytest.fixture(scope="module")
def heat() -> Iterator[Heat]:
    from builder.kinds.heat.stack_creation import heat_client
    from tests.openstack.real_cloud import connected

    with connected() as cloud:
        asked = Heat(heat_client(cloud).stacks)
        refusal = asked.refusal({"heat_template_version": "2021-04-16", "resources": {}})
        if refusal:
            pytest.skip(f"this cloud previews nothing now: {refusal}")
        yield asked


@pytest.mark.parametrize("case", CASES)
def test_heat_agrees(heat: Heat, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(INVALID)
    template = inline_template(case)
    assert template is not None
    problems = [each for each in check(case).problems() if each.pointer.startswith("/heat_template")]
    refusal = heat.refusal(template)
    if any(each.severity is Severity.ERROR for each in problems):
        assert refusal
    elif case not in UP_TO_THE_CLOUD:
        assert refusal == ""


def test_the_shipped_inline_templates_are_refused_for_nothing_but_names(heat: Heat) -> None:
    path = Path(__file__).parent.parent.parent / "cluster-types-examples/self-contained.yaml"
    assert heat.refusal(parse_definition(path.read_text(), path.name).value["heat_template"]) == ""
