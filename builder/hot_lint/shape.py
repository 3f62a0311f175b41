"""The shape of a template: sections, and the keys of what stands in them, as Heat demands them.

Apart from what a template refers to: these findings need nothing but the template. The rules are Heat's
``heat/engine/template.py``, ``template_common.py`` and ``parameter_groups.py``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from builder.diagnostics.problems import name_lost
from builder.hot import constraints
from builder.hot.language import (
    CLOUDFORMATION_KEYS,
    DELETION_POLICIES,
    KNOWN_VERSIONS,
    NESTED_SUFFIXES,
    NEWEST_VERSION,
    VERSION_KEY,
    Language,
)
from builder.hot.resource_types import load_types
from builder.hot.results import is_call
from builder.hot.values import ParameterType
from builder.hot_lint.findings import TemplateProblem, name_some
from builder.hot_lint.members import GROUP_MEMBER, find_definitions, find_forgotten
from builder.parameters.attributes import is_other_end, suggest_attribute
from builder.text.pointers import Tokens
from builder.text.spelling import find_misspelt, find_near, suggest, suggest_key

NAMED_SECTIONS: Final = ("parameters", "conditions", "resources", "outputs")
"""The sections whose entries have names, in the order in which a composed template has them."""

_SINCE: Final[Mapping[tuple[str, str], str]] = {
    ("a section", "conditions"): "2016-10-14",
    ("a resource", "condition"): "2016-10-14",
    ("a resource", "external_id"): "2016-10-14",
    ("an output", "condition"): "2016-10-14",
    ("a parameter", "tags"): "2018-03-02",
}
"""The keys of sections, resources, outputs and parameters that came with a later version of the language."""

_OF_OTHER_TOOLS: Final[Mapping[str, str]] = {"when": "condition", "if": "condition"}
"""Keys that people know from Ansible and workflows, and Heat's own that mean the same."""

_ELSEWHERE: Final = (*NAMED_SECTIONS, *_OF_OTHER_TOOLS, *(key for _, key in _SINCE))
"""Keys that are no forgotten properties of a resource: sections, and keys of later versions or other tools."""

_FILE_SUFFIXES: Final = (".yml", ".json", ".hot", ".tmpl")
"""Endings of files that people take for nested templates, and Heat does not."""

_PARAMETER_TYPES: Final = frozenset(map(str, ParameterType))

_MARKS: Final = frozenset({"type", "properties", "value", "default"})
"""Keys that only an entry of a section has, and no section itself."""

_LESS: Final = "indent it less"

_MEMBER_KEYS: Final = ("type", "properties", "metadata")
"""``heat.engine.resources.openstack.heat.resource_group``: the schema of ``resource_def``."""


def find_broken_sections(template: Any) -> list[TemplateProblem]:
    """The problems that keep a value from being a HOT template at all, so that nothing else in it can be judged."""
    if not isinstance(template, dict):
        return [_misshapen("a HOT template must be a mapping", ())]
    if is_cloudformation(template):
        message = "this is a CloudFormation template, and only HOT templates are taken"
        return [TemplateProblem("template-version", message, (), "write it in HOT, which has a heat_template_version")]
    if VERSION_KEY not in template:
        message, near = "the template has no heat_template_version", find_near(VERSION_KEY, list(template), cutoff=0.8)
        if near:
            return [TemplateProblem("template-version", message, (near,), f"write it for {near!r}", key=True)]
        return [TemplateProblem("template-version", message, (), "add heat_template_version: 2021-04-16")]
    given = {section: template[section] for section in NAMED_SECTIONS if template.get(section) is not None}
    return [
        _misshapen(f"{section} must be a mapping of names", (section,))
        for section, entries in given.items()
        if not isinstance(entries, dict)
    ]


def is_cloudformation(template: Any) -> bool:
    """Whether a template is one of CloudFormation's, in which tags such as ``!Ref`` have a meaning."""
    return isinstance(template, dict) and VERSION_KEY not in template and not CLOUDFORMATION_KEYS.isdisjoint(template)


def explain_version(version: object) -> TemplateProblem:
    """The problem of a version that no Heat knows."""
    if not isinstance(version, str):
        message, hint = "heat_template_version must be a text", "write it in quotes, such as '2021-04-16'"
    else:
        message = f"Heat knows no heat_template_version {version[:80]!r}"
        hint = suggest(version, KNOWN_VERSIONS) or f"the newest is {NEWEST_VERSION}"
    return TemplateProblem("unknown-template-version", message, (VERSION_KEY,), hint)


def find_shape_problems(
    template: Mapping[str, Any], language: Language, *, composed: bool
) -> Iterator[TemplateProblem]:
    """Every fault in the shape of a template whose sections are sound.

    ``composed``: it is put together with others, and no section but those with names is taken from it.
    """
    yield from _check_sections(template, language, composed=composed)
    if not composed and "conditions" in template and template["conditions"] is None:
        yield _misshapen("conditions must be a mapping of names", ("conditions",), "remove the empty section")
    for name, parameter in (template.get("parameters") or {}).items():
        if not is_misplaced_section(name, parameter):
            yield from _check_parameter(parameter, ("parameters", name), language)
    for name, resource in (template.get("resources") or {}).items():
        if not is_misplaced_section(name, resource):
            yield from _check_resource(name, resource, ("resources", name), language)
    for name, output in (template.get("outputs") or {}).items():
        if is_misplaced_section(name, output):
            continue
        if len(output) == 1 and (call := next(iter(output))) in language.functions:
            message = f"the value of output {name} stands where its keys do"
            yield _misshapen(message, ("outputs", name, call), f"write {{value: {{{call}: ...}}}}", key=True)
            continue
        if "value" not in output:
            near = find_misspelt("value", output, language.output_keys)
            hint, place = f"write value: for {near}:" if near else "give it a value", (near,) if near else ()
            yield _misshapen(f"output {name} has no value", ("outputs", name, *place), hint, key=bool(near))
        yield from _check_keys(output, "an output", language.output_keys, ("outputs", name))
    if not composed:
        yield from _check_groups(template)


def _check_sections(template: Mapping[str, Any], language: Language, *, composed: bool) -> Iterator[TemplateProblem]:
    """Yield a problem for each key beside the sections that is none, and each section that stands inside another."""
    for section in template:
        if section in language.sections or language.newer:
            continue
        near = find_near(section, NAMED_SECTIONS, cutoff=0.8)
        is_meant = near not in ("", *template) and isinstance(template[section], dict)
        is_ignored = composed and section != "conditions" and (not is_meant or near == "outputs")
        hint = _write_since("a section", section) or suggest(section, language.sections)
        message = f"{section!r} is no section of a template"
        names = [f"section {near}", *(f"{near[:-1]} {name}" for name in template[section])] if is_meant else []
        if kind := _recognise(template[section]):
            # what follows it, and is indented as before, is taken for more of it
            within = (key for key, each in template[section].items() if isinstance(each, dict))
            names = [*(f"{kind} {name}" for name in (section, *within)), f"section {kind}s"]
            message = f"{section!r} looks like one of the {kind}s, and stands beside them"
            hint, is_ignored = f"indent it below {kind}s", composed
        rule = "ignored-section" if is_ignored else "unknown-section"
        yield TemplateProblem(rule, message, (section,), hint, key=True, about=(*names,))
    for section in ("parameters", "resources", "outputs"):  # whose entries are mappings
        for name, entry in (template.get(section) or {}).items():
            if is_misplaced_section(name, entry):
                about = (f"{section[:-1]} {name}", *name_lost(name, entry))
                message = f"{name} is a section of the template, and stands inside {section}"
                yield TemplateProblem("template-shape", message, (section, name), _LESS, key=True, about=about)


def is_misplaced_section(name: str, entry: Mapping[str, Any]) -> bool:
    """Whether an entry of a section is a section itself, which is indented too far."""
    return name in NAMED_SECTIONS and _MARKS.isdisjoint(entry)


def _recognise(entry: Any) -> str:
    """Which kind of entry something beside the sections looks like, if any."""
    if not isinstance(entry, dict):
        return ""
    type_ = entry.get("type")
    if not isinstance(type_, str):
        return "output" if "value" in entry else ""
    if "::" in type_ or type_.endswith(NESTED_SUFFIXES):
        return "resource"
    return "parameter" if type_ in _PARAMETER_TYPES else ""


def _misshapen(message: str, tokens: Tokens, hint: str = "", *, key: bool = False) -> TemplateProblem:
    return TemplateProblem("template-shape", message, tokens, hint, key=key)


def _write_since(kind: str, key: str) -> str:
    return f"write heat_template_version: {_SINCE[kind, key]} or later" if (kind, key) in _SINCE else ""


def _check_keys(entry: Mapping[str, Any], kind: str, known: Sequence[str], tokens: Tokens) -> Iterator[TemplateProblem]:
    """Yield a problem for each key that an entry cannot have; ``kind`` is what the entry is, such as "an output"."""
    rule = f"unknown-{kind.split()[1]}-key"
    forgotten = find_forgotten(entry, (*known, *_ELSEWHERE)) if kind == "a resource" else []
    yield from _explain_forgotten(forgotten, tokens)
    for key in entry:
        if key in NAMED_SECTIONS and key not in known:
            message, about = f"{key} is a section of the template, and stands inside {kind}", name_lost(key, entry[key])
            yield TemplateProblem(rule, message, (*tokens, key), _LESS, key=True, about=about)
        elif key not in known and kind == "a resource" and _recognise(entry[key]) == "resource":
            message = f"{key!r} is a resource, and stands inside another one"
            yield TemplateProblem(rule, message, (*tokens, key), _LESS, key=True, about=(f"resource {key}",))
        elif key not in known and key not in forgotten and not (kind == "a parameter" and is_other_end(key, entry)):
            foreign = suggest_attribute(key, entry) if kind == "a parameter" else ""
            hint = _write_since(kind, key) or foreign or suggest_key(_OF_OTHER_TOOLS.get(key, key), known)
            if kind == "a parameter" and key in constraints.KINDS:
                hint = f"write it below constraints: - {key}: ..."
            if kind == "a resource" and key in load_types().get(str(entry.get("type")), {}).get("properties", {}):
                hint = f"indent it as the other properties of {entry['type']}"
            hint = hint or (f"known: {', '.join(known)}" if kind != "an output" else "")
            yield TemplateProblem(rule, f"{key!r} is no key of {kind}", (*tokens, key), hint, key=True)


def _explain_forgotten(properties: Sequence[str], tokens: Tokens) -> Iterator[TemplateProblem]:
    if properties:
        them = "them" if len(properties) > 1 else "it"
        message = f"{name_some(properties)} must stand below properties, which is missing here"
        hint, place = f"write properties: above {them}, and indent {them} below it", (*tokens, properties[0])
        yield TemplateProblem("unknown-resource-key", message, place, hint, key=True, about=("properties",))


def _check_parameter(parameter: Mapping[str, Any], tokens: Tokens, language: Language) -> Iterator[TemplateProblem]:
    if not language.newer or "type" not in parameter:
        yield from _check_keys(parameter, "a parameter", language.parameter_keys, tokens)
    constraints = parameter.get("constraints")
    for number, constraint in enumerate(constraints if isinstance(constraints, list) else []):
        if isinstance(constraint, dict) and "modulo" in constraint and not language.has_modulo:
            message = "modulo is a constraint since version 2017-02-24 only"
            hint = "write heat_template_version: 2017-02-24 or later"
            yield TemplateProblem("parameter-syntax", message, (*tokens, "constraints", number), hint)


def _check_resource(
    name: str, resource: Mapping[str, Any], tokens: Tokens, language: Language
) -> Iterator[TemplateProblem]:
    if "/" in name:
        yield _misshapen(f"the name of resource {name!r} may not contain '/'", tokens, key=True)
    if not language.newer:
        yield from _check_keys(resource, "a resource", language.resource_keys, tokens)
    if "type" in resource or language.newer or not find_misspelt("type", resource, language.resource_keys):
        yield from _check_type(resource.get("type"), f"resource {name}", (*tokens, "type"))
    yield from _check_resource_values(resource, tokens, language)
    for definition, place, certain in find_definitions(resource, tokens):
        if place != tokens and not is_call(definition, language):
            for problem in _check_member(definition, name, place, language):
                yield replace(problem, certain=certain)


def _check_member(
    definition: Mapping[str, Any], group: str, tokens: Tokens, language: Language
) -> Iterator[TemplateProblem]:
    """Yield what is wrong with the definition of a group's member; Heat checks the keys of a ResourceGroup's alone."""
    type_: Any = definition.get("type")
    if not is_call(type_, language) or "get_file" in type_:
        yield from _check_type(type_, f"the member of {group}", (*tokens, "type"))
    has_schema = next(each for each in reversed(tokens) if isinstance(each, str) and each != "if") == GROUP_MEMBER
    for key in ("properties", "metadata"):
        value = definition.get(key)
        if key in definition and not isinstance(value, dict) and not (has_schema and value is None):
            yield _misshapen(
                f"{key} must be a mapping", (*tokens, key), "remove the empty key" if value is None else ""
            )
    if has_schema:
        forgotten = find_forgotten(definition, _MEMBER_KEYS)
        yield from _explain_forgotten(forgotten, tokens)
        for key in (each for each in definition if each not in (*_MEMBER_KEYS, *forgotten)):
            hint = suggest_key(key, _MEMBER_KEYS) or f"known: {', '.join(_MEMBER_KEYS)}"
            message = f"{key!r} is no key of the members of a group"
            yield TemplateProblem("unknown-resource-key", message, (*tokens, key), hint, key=True)


def _check_type(type_: object, what: str, tokens: Tokens) -> Iterator[TemplateProblem]:
    if isinstance(type_, dict) and "get_file" in type_:
        yield _misshapen(f"{what} has the text of a file for its type", tokens, "write the path without get_file")
    elif not isinstance(type_, str) or not type_:
        yield _misshapen(f"{what} has no type", tokens)
    elif looks_nested(type_):
        message = f"{type_!r} is no type of resource; a nested template ends in {' or '.join(NESTED_SUFFIXES)}"
        yield TemplateProblem("nested-suffix", message, tokens, "rename the file")


def looks_nested(type_: str) -> bool:
    """Whether a type is the name of a file that Heat does not take for a nested template."""
    if type_.endswith(NESTED_SUFFIXES):
        return False
    return "::" not in type_ and ("/" in type_ or type_.endswith(_FILE_SUFFIXES))


def _check_resource_values(
    resource: Mapping[str, Any], tokens: Tokens, language: Language
) -> Iterator[TemplateProblem]:
    broken = {
        key: f"{key} must be a mapping"
        for key in ("properties", "metadata", "update_policy")
        if not isinstance(resource.get(key, {}), dict)
    }
    needed = resource.get("depends_on", "")
    if not all(isinstance(each, str) for each in (needed if isinstance(needed, list) else [needed])):
        broken["depends_on"] = "depends_on must be the name of a resource or a list of names"
    for key, message in broken.items():
        yield _misshapen(message, (*tokens, key), "remove the empty key" if resource[key] is None else "")
    if not isinstance(resource.get("description", ""), str):
        yield _misshapen("the description of a resource must be a text", (*tokens, "description"))
    if "condition" in resource and resource["condition"] is None:
        yield _misshapen("a condition must be a name, true, false or a function", (*tokens, "condition"))
    policy = resource.get("deletion_policy")
    if policy is not None and not is_call(policy, language) and str(policy).capitalize() not in DELETION_POLICIES:
        message = f"deletion_policy must be one of {', '.join(DELETION_POLICIES)}"
        yield _misshapen(message, (*tokens, "deletion_policy"), suggest(str(policy), DELETION_POLICIES))


def _check_groups(template: Mapping[str, Any]) -> Iterator[TemplateProblem]:
    groups = template.get("parameter_groups")
    rule = "template-parameter-groups"
    if not groups:
        return
    if not isinstance(groups, list):
        yield TemplateProblem(rule, "parameter_groups must be a list of groups", ("parameter_groups",))
        return
    declared = template.get("parameters") or {}
    seen: set[object] = set()
    for number, group in enumerate(groups):
        tokens: Tokens = ("parameter_groups", number)
        names = group.get("parameters") if isinstance(group, dict) else None
        if not isinstance(names, list):
            yield TemplateProblem(rule, "a group must have a list of parameters", tokens)
            continue
        for position, name in enumerate(names):
            place = (*tokens, "parameters", position)
            if not isinstance(name, str) or name not in declared:
                hint = suggest(str(name), declared)
                yield TemplateProblem(rule, f"the template has no parameter {name!r}", place, hint)
            elif name in seen:
                yield TemplateProblem(rule, f"parameter {name!r} is in two groups", place, "keep one of them")
            if isinstance(name, str):
                seen.add(name)
