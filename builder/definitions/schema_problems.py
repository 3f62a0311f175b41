"""What the published schema says of a definition, as problems; and what of the definition can be used all the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Profile, Severity, find_severity
from builder.hot.language import VERSION_KEY
from builder.schema import published
from builder.schema.validation import SchemaProblem, validate_instance
from builder.yaml_documents.documents import Document

RULES_BY_KEYWORD: Final[Mapping[str, str]] = {
    "additionalProperties": "unknown-key",
    "required": "missing-key",
    "type": "wrong-type",
    "enum": "unknown-value",
    "maxLength": "text-too-long",
    "pattern": "blank-text",
    "minimum": "out-of-range",
    "maximum": "out-of-range",
    "minLength": "empty-value",
    "minItems": "empty-value",
    "minProperties": "empty-value",
    "oneOf": "exclusive-keys",
}
"""Which rule a violation of a keyword is a problem of: there is one for every keyword that the schema uses."""

_ANY_TEXT: Final = r"\S"
"""The pattern of texts for people; every other one in the schema is that of an id."""


def find_schema_problems(
    document: Document, profile: Profile, lists: Collection[str] = ()
) -> tuple[list[Problem], Mapping[str, Any]]:
    """Every violation of the schema, and the keys of the definition that have none that is an error in the profile.

    The mapping is empty where nothing is worth a further look. An item with a violation, of a list under one of the
    keys ``lists``, is None in it, so that the others can be looked at.
    """
    definition = document.value
    if isinstance(definition, dict) and VERSION_KEY in definition and "kind" not in definition:
        hint = "keep it beside a definition that names it by heat_template_url or as a component"
        message = "this is a Heat template, not the definition of a cluster type"
        return [document.problem("template-as-definition", message, (VERSION_KEY,), key=True, hint=hint)], {}
    if isinstance(definition, dict) and definition.get("kind") == "sahara":
        hint = "describe the cluster as a Heat template, with kind: heat, or remove the definition"
        message = "'sahara' is no kind any more: OpenStack has retired Sahara, so that no cloud can build the cluster"
        return [document.problem("unknown-value", message, ("kind",), hint=hint)], {}
    # What is no mapping may be no definition at all, but a key or a password: only what is in one is repeated.
    violations = validate_instance(definition, published.CLUSTER_TYPE, may_echo=bool, write=_write)
    problems = [_describe(document, violation) for violation in violations]
    violations = [each for each in violations if find_severity(_find_rule(each), profile) is Severity.ERROR]
    if not violations:
        return problems, definition
    if not isinstance(definition, dict):
        return problems, {}
    broken = {violation.tokens[0] for violation in violations if violation.tokens}
    usable = {key: value for key, value in definition.items() if key not in broken}
    for key in broken.intersection(lists):
        faulty = {each.tokens[1] for each in violations if each.tokens[0:1] == (key,) and len(each.tokens) > 1}
        if faulty and isinstance(definition[key], list):
            usable[key] = [None if number in faulty else item for number, item in enumerate(definition[key])]
    return problems, usable


def _describe(document: Document, violation: SchemaProblem) -> Problem:
    rule = _find_rule(violation)
    if rule == "unknown-key" and len(violation.tokens) == 1:
        violation = _explain_key_of_another_kind(document.value, violation)
    hint = violation.hint or (_hint_at_type(document.value, violation) if violation.keyword == "type" else "")
    if rule == "malformed-id":
        violation = replace(violation, message=f"{violation.message.partition(' does not match ')[0]} cannot be an id")
        hint = "write the id, which is neither title nor name: letters, digits, '_' and '-', in a type's also '.'"
    return document.problem(rule, violation.message, violation.tokens, key=violation.key, hint=hint)


def _find_rule(violation: SchemaProblem) -> str:
    """The rule that is broken: a pattern is that of an id, or demands any text at all."""
    is_id = violation.keyword == "pattern" and violation.part["pattern"] != _ANY_TEXT
    return "malformed-id" if is_id else RULES_BY_KEYWORD[violation.keyword]


def _explain_key_of_another_kind(definition: Mapping[str, Any], violation: SchemaProblem) -> SchemaProblem:
    """The violation, in other words where other kinds have the key; each has its keys in a branch of its own name."""
    schema = published.load_schema(published.CLUSTER_TYPE)
    key, kind = violation.tokens[0], definition.get("kind")
    kinds: Sequence[str] = schema["properties"]["kind"]["enum"]
    others = [other for other in kinds if other != kind and key in schema["definitions"][other]["properties"]]
    if kind not in kinds or not others:
        return violation
    message = f"the key {key!r} is of the kind {others[0]}, and this definition of the kind {kind}"
    return replace(violation, message=message, hint=f"remove it, or write kind: {others[0]}")


def _hint_at_type(definition: Any, violation: SchemaProblem) -> str:
    """How a value of the type that is wanted is written in YAML."""
    value = definition
    for token in violation.tokens:
        value = value[token]
    wanted = violation.part["type"]
    wanted = wanted[0] if isinstance(wanted, list) else wanted
    if value is None:
        return "give it a value"
    match wanted:
        case "array":
            return "write a list, each item on a line that begins with '- '"
        case "object":
            return _hint_at_mapping(value, violation.part)
        case "string":
            return "write it in quotes" if isinstance(value, int | float) else ""
        case "boolean":
            return "write true or false, without quotes"
        case _:
            return "write it without quotes" if isinstance(value, str) and value.isdecimal() else ""


def _hint_at_mapping(value: Any, part: Mapping[str, Any]) -> str:
    keys: Sequence[str] = part.get("required") or list(part.get("properties", {}))
    if isinstance(value, str):
        if "\n" in value:
            return "write keys, not a text, which '|' or '>' begins"
        if len(keys) == 1:
            return f"write {keys[0]}: {value[:80]}"
    return f"write keys below it: {', '.join(keys)}" if keys else "write keys below it, each with a ':'"


def _write(value: Any) -> str:
    """A value as YAML has it, a text in quotes."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)
