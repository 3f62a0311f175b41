"""Problems of a definition that the published schema finds; and the parts of the definition that are usable anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from builder.definitions.model import Lifecycle
from builder.definitions.schema_hints import hint_at_item, hint_at_place, hint_at_type
from builder.diagnostics.problems import Problem, name_lost
from builder.diagnostics.rules import Profile, Severity, find_severity
from builder.hot.language import VERSION_KEY
from builder.parameters.attributes import is_part_of_range, suggest_type
from builder.schema import published
from builder.schema.validation import SchemaProblem, validate_instance
from builder.text.excerpts import shorten
from builder.text.pointers import Token, Tokens
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
"""The rule id for the problems of each JSON Schema keyword that the schema uses."""


_TYPES: Final = {
    "array": "a list", "object": "a mapping of keys", "string": "a text", "boolean": "true or false",
    "number": "a number", "integer": "a whole number",
}  # fmt: skip
"""What messages call the types of JSON Schema: YAML has names of its own for them."""

_MAX_ECHO: Final = 80
"""In characters: enough to recognise a quoted value by, while the message stays in one line."""

_SECTIONS: Final = ("conditions", "resources", "outputs")
"""The sections of a template that are no keys of a definition."""

_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("name", "label"),
    "label": ("name", "title"),
    "id": ("name",),
    "name": ("component", "file", "id", "path", "title"),
    "text": ("content", "body", "markdown", "description"),
    "description": ("text", "summary"),
}
"""Names from other tools' files that people use for keys which a definition needs."""

_HOMES: Final = {"heat_template": "heat_template", "components": "a component", "heat_template_url": "the template"}
"""What a message calls the template in which a section belongs, by the key of the definition that names it."""

_ANY_TEXT: Final = r"\S"
"""The pattern of non-empty texts for people; every other pattern in the schema is that of an id."""


def find_schema_problems(
    document: Document, profile: Profile, lists: Collection[str] = ()
) -> tuple[list[Problem], Mapping[str, Any]]:
    """Every problem that the schema finds, and the keys of the definition without one that is an error in the profile.

    The mapping is empty where nothing is worth a further look. An item with a problem, of a list under one of the
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
    found = validate_instance(definition, published.CLUSTER_TYPE)
    misplaced = [each for each in found if _is_misplaced(document.value, each)]
    renamed = _find_renamed(found)
    meant = {(*each.tokens[:-1], key) for each, key in renamed.items()}
    strays = {each.tokens[0]: _find_section_above(document.value, each) for each in found if len(each.tokens) == 1}
    meant |= {(section, len(document.value[section]) - 1, key) for key, section in strays.items() if section}
    told = [each for each in found if each not in misplaced and _name_missing(each) not in meant]
    told_above = _find_told_above(told)
    names = [each for each in told if _find_rule(each) == "malformed-id" and each.tokens[0] == "projects"]
    shown = [each for each in told if each not in told_above and each not in names]
    problems = [_describe(document, each, renamed.get(each, "")) for each in shown]
    problems += _explain_names(document, names)
    problems += _explain_misplaced(document, [str(each.tokens[0]) for each in misplaced])
    found = [each for each in found if find_severity(_find_rule(each), profile) is Severity.ERROR]
    if not found:
        return problems, definition
    if not isinstance(definition, dict):
        return problems, {}
    broken = {each.tokens[0] for each in found if each.tokens}
    usable = {key: value for key, value in definition.items() if key not in broken}
    for key in broken.intersection(lists):
        faulty = {each.tokens[1] for each in found if each.tokens[0:1] == (key,) and len(each.tokens) > 1}
        if faulty and isinstance(definition[key], list):
            usable[key] = [None if number in faulty else item for number, item in enumerate(definition[key])]
    return problems, usable


def _find_told_above(found: Sequence[SchemaProblem]) -> set[SchemaProblem]:
    """What follows from an unknown key: that a constraint lacks the one that is meant, and the other end of a range."""
    unknown = {each.tokens for each in found if _find_rule(each) == "unknown-key"}
    lacking = {each[:-1] for each in unknown if each[2:3] == ("constraints",)}
    told_above: set[SchemaProblem] = set()
    ranges: set[Tokens] = set()
    for each in found:
        is_attribute = each.tokens[:1] in (("parameters",), ("parameter_overrides",)) and each.tokens in unknown
        if _find_rule(each) == "exclusive-keys" and each.tokens in lacking:
            told_above.add(each)
        elif is_attribute and len(each.tokens) > 2 and is_part_of_range({each.tokens[-1]: None}):
            place = each.tokens[: 3 if len(each.tokens) > 3 else 2]
            told_above.update({each} if place in ranges else ())
            ranges.add(place)
    return told_above


def _is_misplaced(definition: Any, found: SchemaProblem) -> bool:
    """Whether a problem is of a section of a template that stands beside the key that says what to launch."""
    key = found.tokens[0] if found.tokens else ""
    if not (found.key and len(found.tokens) == 1 and key in _SECTIONS and isinstance(definition, dict)):
        return False
    template = definition.get("heat_template", {})
    return isinstance(template, dict) and key not in template and any(each in definition for each in _HOMES)


def _explain_misplaced(document: Document, sections: Sequence[str]) -> Iterator[Problem]:
    if sections:
        names = " and ".join(map(repr, sections))
        home = next(each for each in _HOMES if each in document.value)
        verb = "indent" if home == "heat_template" else "move"
        they_belong, them = ("they belong", "them") if len(sections) > 1 else ("it belongs", "it")
        message = f"unknown key{'s' if len(sections) > 1 else ''} {names}: {they_belong} in {_HOMES[home]}"
        about = tuple(name for section in sections for name in name_lost(section, document.value[section]))
        yield document.problem("unknown-key", message, sections[:1], key=True, hint=f"{verb} {them}", about=about)


def _explain_names(document: Document, found: Sequence[SchemaProblem]) -> Iterator[Problem]:
    """Names in the lists of projects, where ids belong; those in one list are told at the first of them."""
    for key in dict.fromkeys(each.tokens[1] for each in found):
        places = [each.tokens for each in found if each.tokens[1] == key]
        given = [document.value["projects"][key][number] for *_, number in places]
        names = shorten(", ".join(map(repr, given)), _MAX_ECHO)
        message = f"{names} cannot be {'an id' if len(given) == 1 else 'ids'} of a project"
        hint = "write what 'openstack project list' shows as ID"
        yield document.problem("malformed-id", message, places[0], hint=hint)


def _find_renamed(found: Sequence[SchemaProblem]) -> dict[SchemaProblem, str]:
    """The unknown keys that are meant for one that is missing beside them, and that one."""
    missing = {_name_missing(each) for each in found}
    return {
        each: key
        for each in found
        for key, names in _SYNONYMS.items()
        if _find_rule(each) == "unknown-key" and each.tokens[-1] in names and (*each.tokens[:-1], key) in missing
    }


def _name_missing(found: SchemaProblem) -> Tokens | None:
    return (*found.tokens, found.part["required"]) if found.keyword == "required" else None


def _describe(document: Document, found: SchemaProblem, meant: str = "") -> Problem:
    """The problem in words; ``meant`` is the key that is missing, for which an unknown one was written."""
    value = document.value
    for token in found.tokens if not found.key else ():
        value = value[token]
    rule = _find_rule(found)
    message, hint, about = _word(value, found), found.hint, _name_component(document.value, found.tokens)
    if rule == "unknown-key" and len(found.tokens) == 1:
        message, hint = _explain_key_of_another_kind(document.value, found.tokens[0]) or (message, hint)
        home = next((_HOMES[each] for each in _HOMES if each in value), "")
        entry = value[found.tokens[0]]
        if home and isinstance(entry, dict) and isinstance(entry.get("type"), str):
            kind = "resource" if "::" in entry["type"] else "parameter"
            message = f"unknown key {found.tokens[0]!r}: it looks like one of the {kind}s of {home}"
            hint, about = f"write it below {kind}s there", (f"{kind} {found.tokens[0]}",)
            return document.problem(rule, message, found.tokens, key=True, hint=hint, about=about)
    section = _find_section_above(document.value, found) if len(found.tokens) == 1 else ""
    if section:
        stray = document.value[found.tokens[0]]
        named = document.value[section][-1] if section == "components" else stray
        names = [named["name"]] if isinstance(named, dict) and "name" in named else []
        message = f"{found.tokens[0]!r} is a key of the last item of {section!r} above, and stands outside it"
        hint, about = "indent it further", tuple(f"component {name}" for name in names)
    elif rule == "unknown-key" and len(found.tokens) > 1 and not hint.startswith("did"):
        hint = hint_at_place(document.value, found) or hint
    elif rule == "missing-key" and not hint:
        hint = hint_at_item(document.value, found.tokens, str(found.part["required"]))
    elif rule == "malformed-id":
        hint = "write the id, which is neither title nor name: letters, digits, '_' and '-', in a type's also '.'"
    elif rule == "unknown-value" and found.tokens[-1:] == ("type",):
        hint = suggest_type(str(value))
    elif rule == "wrong-type" and value is True and found.tokens[2:] == ("optional",):
        names = [name.removeprefix("component ") for name in about]
        hint = f"write optional: {{name: {names[0] if len(names) == 1 else '<component>'}}}"
    elif rule == "wrong-type" and not hint:
        hint = hint_at_type(value, found.part)
    if meant:
        message, hint = f"{found.message}, and the key {meant!r} is missing", f"write {meant}: for {found.tokens[-1]}:"
    return document.problem(rule, message, found.tokens, key=found.key, hint=hint, about=about)


def _find_section_above(definition: Mapping[str, Any], found: SchemaProblem) -> str:
    """The section of items above a key that is not indented far enough to be one of its last item; else ``""``."""
    is_list = found.tokens == ("parameters",) and isinstance(definition["parameters"], list)
    if _find_rule(found) != "unknown-key" and not is_list:
        return ""
    keys = [*definition]
    section = keys[max(0, keys.index(str(found.tokens[0])) - 1)]
    schema = published.load_schema(published.CLUSTER_TYPE)
    part = {**schema["definitions"]["heat"]["properties"], **schema["properties"]}.get(section, {})
    known = part.get("items", {}).get("properties", {}) if isinstance(definition[section], list) else {}
    item = definition[section][-1] if known and definition[section] else None
    return section if isinstance(item, dict) and found.tokens[0] in known and found.tokens[0] not in item else ""


def _find_rule(found: SchemaProblem) -> str:
    """The rule that is broken: a pattern is that of an id, or demands any text at all."""
    is_id = found.keyword == "pattern" and found.part["pattern"] != _ANY_TEXT
    return "malformed-id" if is_id else RULES_BY_KEYWORD[found.keyword]


def _name_component(definition: Any, tokens: Tokens) -> tuple[str, ...]:
    """The optional component that the group selects in which a problem is, as far as it says so."""
    if tokens[:1] != ("parameter_groups",) or len(tokens) < 2:
        return ()
    group = definition["parameter_groups"][tokens[1]]
    optional = group.get("optional") if isinstance(group, dict) else None
    name = optional.get("name") if isinstance(optional, dict) else optional
    if isinstance(name, str) or optional is None:
        return (f"component {name}",) if isinstance(name, str) else ()
    components = definition.get("components")  # any that can be chosen, and not elsewhere, may be meant
    entries = [each for each in (components if isinstance(components, list) else ()) if isinstance(each, dict)]
    groups = [each.get("optional") for each in definition["parameter_groups"] if isinstance(each, dict)]
    chosen = [each.get("name") for each in groups if isinstance(each, dict)]
    return tuple(
        f"component {name}" for each in entries if each.get("optional") and (name := each.get("name")) not in chosen
    )


def _word(value: Any, found: SchemaProblem) -> str:
    """What is wrong, in words of YAML: JSON Schema's own are for programs."""
    wanted: Any = found.part.get(found.keyword)
    match found.keyword:
        case "required":
            return f"the key {wanted!r} is missing"
        case "type":
            types = [_TYPES[each] for each in ([wanted] if isinstance(wanted, str) else wanted) if each != "null"]
            ending = ", and has no value" if value is None else f", not {_write(value, found.tokens)}"
            return f"{_name(found.tokens)} must be {' or '.join(types)}{ending}"
        case "enum":
            return f"{_name(found.tokens)} must be {' or '.join(map(str, wanted))}, not {_write(value, found.tokens)}"
        case "minimum" | "maximum":
            bound = "at least" if found.keyword == "minimum" else "at most"
            return f"{_name(found.tokens)} must be {bound} {wanted}, not {_write(value, found.tokens)}"
        case "maxLength":
            return f"{_name(found.tokens)} is too long: {len(value):,} characters, where {wanted:,} are allowed"
        case "pattern" if wanted != _ANY_TEXT:
            return f"{_write(value, found.tokens)} cannot be an id"
        case "pattern":
            return f"{_name(found.tokens)} is blank"
        case "minLength" | "minItems" | "minProperties":
            return f"{_name(found.tokens)} is empty"
        case _:
            return found.message


def _name(tokens: Tokens) -> str:
    """What the value at a place is called."""
    if not tokens:
        return "a definition"
    *before, last = tokens
    return repr(last) if isinstance(last, str) else f"item {last + 1} of {before[-1]!r}"


def _explain_key_of_another_kind(definition: Mapping[str, Any], key: Token) -> tuple[str, str] | None:
    """Message and hint for a key that only another kind has; each has its keys in a branch of its own name.

    Or for one that is a stage of a life.
    """
    if key in {*Lifecycle}:
        return f"unknown key {key!r}", f"write lifecycle: {key}"
    schema = published.load_schema(published.CLUSTER_TYPE)
    kind = definition.get("kind")
    kinds: Sequence[str] = schema["properties"]["kind"]["enum"]
    others = [other for other in kinds if other != kind and key in schema["definitions"][other]["properties"]]
    if kind not in kinds or not others:
        return None
    message = f"the key {key!r} is of the kind {others[0]}, and this definition of the kind {kind}"
    return message, f"remove it, or write kind: {others[0]}"


def _write(value: Any, tokens: Tokens) -> str:
    """A value as YAML has it, a text in quotes; only its kind where it is long, or at the root: it may be a secret."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if not tokens:
        return "a text" if isinstance(value, str) else "a single value"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return shorten(repr(value), _MAX_ECHO)
