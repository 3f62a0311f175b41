"""A definition of this kind: its templates are read and checked, and their parameters settled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from builder.definitions.kind_reading import KindPart
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.hot_lint.concertim import find_unreadable_resources
from builder.hot_lint.outputs import Outputs
from builder.hot_lint.sources import Files
from builder.kinds.heat.reading.component_checks import NETWORK_TYPES, check_templates
from builder.kinds.heat.reading.exposing import expose_parameters
from builder.kinds.heat.reading.loading import TEMPLATE_KEYS, component_name, find_unlisted, load_parts
from builder.yaml_documents.documents import Document


def read_definition(
    cluster_type_id: ClusterTypeId, document: Document, definition: Mapping[str, Any], files: Files
) -> KindPart:
    """Read the templates of a definition, and what it says of their parameters: see ``KindReader.read``."""
    if sum(key in definition for key in TEMPLATE_KEYS) != 1:
        return KindPart(())
    parts = load_parts(document, definition, files)
    found, resource_types = check_templates(parts.components, complete=parts.complete)
    problems = [*parts.problems, *found]
    for each in parts.components:
        problems += find_unreadable_resources(each.root, each.nested)
    loaded = [each for component in parts.components for each in (component.root, *component.nested.values())]
    documents = tuple({each.document.path: each.document for each in loaded}.values())
    if not parts.complete:
        return KindPart(tuple(problems), documents=documents)
    problems += find_unlisted(document, definition, parts, files)
    problems += _check_network(document, resource_types)
    content, settled, found = expose_parameters(document, definition, parts.components)
    problems += found
    templates = [each.root.template for each in parts.components]
    resources = {name: one for template in templates for name, one in (template.get("resources") or {}).items()}
    for each in parts.components:
        hardcoded = definition.get("hardcoded_parameters", {})
        outputs = Outputs(cluster_type_id, each.component.files, hardcoded, settled, resources)
        problems += outputs.find_problems(each.root)
    return KindPart(
        tuple(problems),
        content.parameters,
        {
            component_name(entry["name"]): ("components", number, "name")
            for number, entry in enumerate(definition.get("components", []))
            if entry.get("optional")
        },
        groups=() if "components" in definition else _list_groups(content.components[0].template),
        needs_selection=all(component.optional for component in content.components),
        content=content,
        documents=documents,
    )


def _list_groups(template: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The groups of a template in the shape of a definition's, but for those that Heat refuses: it demands no label."""
    groups = template.get("parameter_groups")
    return [
        {**{key: str(group.get(key) or "") for key in ("label", "description")}, "parameters": group["parameters"]}
        for group in (groups if isinstance(groups, list) else ())
        if isinstance(group, dict) and isinstance(group.get("parameters"), list)
    ]


def _check_network(document: Document, resource_types: Collection[str]) -> list[Problem]:
    missing = [type_ for type_ in NETWORK_TYPES if type_ not in resource_types]
    if not missing:
        return []
    message = f"the template has no private network: no {' and no '.join(missing)}"
    tokens = next((key,) for key in TEMPLATE_KEYS if key in document.value)
    hint = "connect servers by a network of their own"
    about = ("section resources",)
    return [document.problem("no-private-network", message, tokens, key=True, hint=hint, about=about)]
