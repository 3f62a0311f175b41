"""The templates of a definition: inline, by path or URL, or composed of components."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from builder.diagnostics.problems import Problem
from builder.hot.language import VERSION_KEY, find_language
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.shape import find_broken_sections, is_cloudformation
from builder.hot_lint.sources import (
    COMPONENTS,
    DEFINITION,
    MISSING_FILE,
    Files,
    SourceError,
    describe_source_error,
    hint_at_components,
)
from builder.kinds.heat.reading.components import LoadedComponent, build_component
from builder.text.pointers import Tokens
from builder.yaml_documents.documents import Document, DocumentError, parse_template

TEMPLATE_KEYS: Final = ("heat_template", "heat_template_url", "components")
"""The ways to say what to launch, of which a definition has exactly one."""


@dataclass(frozen=True, slots=True)
class LoadedParts:
    """The components that could be read, and what is wrong with reading them; ``complete`` if none is missing."""

    components: tuple[LoadedComponent, ...]
    problems: tuple[Problem, ...]
    complete: bool


def load_parts(document: Document, definition: Mapping[str, Any], files: Files) -> LoadedParts:
    """Read the templates of a definition, which has exactly one of the keys that name them."""
    if "components" in definition:
        return _load_components(document, definition["components"], files)
    if "heat_template" in definition:
        tokens = ("heat_template",)
        component, problems = build_component(document, DEFINITION, files, name="", optional=False, tokens=tokens)
    else:
        reference, tokens = definition["heat_template_url"], ("heat_template_url",)
        component, problems = _load(document, reference, tokens, files, name="", optional=False)
    return LoadedParts((component,) if component else (), tuple(problems), component is not None)


def _load_components(document: Document, entries: Sequence[Mapping[str, Any] | None], files: Files) -> LoadedParts:
    """The templates that are composed: of two with one name the first; an entry that is faulty is None."""
    names = {component_name(entry["name"]) if entry is not None else None for entry in entries}
    listed = {name for name in names if name is not None}
    loaded: dict[str, LoadedComponent | None] = {}
    problems: list[Problem] = []
    for number, entry in enumerate(entries):
        if entry is None:
            continue
        given, tokens = entry["name"], ("components", number, "name")
        name, optional = component_name(given), entry.get("optional", False)
        if name in loaded:
            message = f"the component {name!r} is listed twice"
            problems.append(document.problem("duplicate-component", message, tokens))
            continue
        path = given if given.startswith("/") else f"{COMPONENTS}/{given}.yaml"
        loaded[name], found = _load(document, path, tokens, files, name=name, optional=optional, others=listed)
        problems += found
    components = tuple(each for each in loaded.values() if each is not None)
    problems += _find_differing_versions(components)
    problems += _find_collisions(components)
    if all(entry is not None and entry.get("optional") for entry in entries):
        message, place = "no component is required: a launch that selects none is refused", ("components",)
        hint = "leave optional: true out of one of them"
        problems.append(document.problem("no-required-component", message, place, key=True, hint=hint))
    return LoadedParts(components, tuple(problems), len(components) == len(names))


def _load(
    document: Document,
    reference: str,
    tokens: Tokens,
    files: Files,
    *,
    name: str,
    optional: bool,
    others: Collection[str] = (),
) -> tuple[LoadedComponent | None, list[Problem]]:
    """The component whose template is in the file ``reference``, as :func:`build_component` gives it."""
    is_beside = bool(others) and not reference.startswith("/")  # a component in the definition's own folder
    try:
        source = files.resolve(reference, DEFINITION) if is_beside else files.resolve_template(reference)
        template = parse_template(files.read(source), files.display(source))
    except SourceError as error:
        message, hint = describe_source_error(reference, DEFINITION, error, files)
        if is_beside and error.rule == MISSING_FILE:
            hint = hint_at_components(name, others, files) or error.hint
        return None, [document.problem(error.rule, message, tokens, hint=hint)]
    except DocumentError as error:
        return None, [*error.problems]
    component, problems = build_component(template, source, files, name=name, optional=optional)
    return component, [*(() if is_cloudformation(template.value) else template.problems), *problems]


def _find_differing_versions(components: Sequence[LoadedComponent]) -> Iterator[Problem]:
    """Yield a problem for each component whose version is not that of most: composed, they have one."""
    versions = [_identify_version(each.component.template[VERSION_KEY]) for each in components]
    agreed = max(range(len(versions)), key=lambda number: versions.count(versions[number]), default=0)
    for each, version in zip(components, versions, strict=True):
        if version != versions[agreed]:
            own, expected = (one.component.template[VERSION_KEY] for one in (each, components[agreed]))
            name, other = each.component.name, components[agreed].component.name
            message = f"{name!r} is of heat_template_version {own}, but {other!r} of {expected}"
            hint, about = "write the same version into all components", (f"version {own}",)
            differing = TemplateProblem("template-versions-differ", message, (VERSION_KEY,), hint, about=about)
            yield each.root.problem(differing)


def _identify_version(version: object) -> object:
    """What is equal of versions that are the same: Heat knows some by a date and by a name."""
    language = find_language(version)
    return version if language is None or language.newer else language  # what stands for it here stands for others, too


def _find_collisions(components: Sequence[LoadedComponent]) -> Iterator[Problem]:
    """Yield a problem for each entry that an earlier component has as well."""
    for section in ("conditions", "resources", "outputs"):
        givers: dict[str, LoadedComponent] = {}
        for later in components:
            for entry in later.component.template.get(section) or {}:
                giver = givers.setdefault(entry, later)
                if giver is later:
                    continue
                document, name = giver.root.document, giver.component.name
                line, _ = document.locate((section, entry), key=True)
                what, where = f"{section[:-1]} {entry!r} of {later.component.name!r}", f"{document.path}:{line}"
                is_copy = document.value[section][entry] == later.root.document.value[section][entry]
                hint = "remove it here: components share what they have" if is_copy else "rename one of them"
                message, about = f"{what} is in {name!r} too, at {where}", (f"{section[:-1]} {entry}",)
                rule = f"duplicate-{section[:-1]}"
                clash = TemplateProblem(rule, message, (section, entry), hint, key=True, about=about)
                yield later.root.problem(clash)


def find_unlisted(
    document: Document, definition: Mapping[str, Any], parts: LoadedParts, files: Files
) -> Iterator[Problem]:
    """Yield a warning for each component's file that no entry lists. It is about all names in that file."""
    if "components" not in definition:
        return
    used = {component_name(entry["name"]) for entry in definition["components"]}
    used |= {posixpath.splitext(posixpath.basename(name))[0] for c in parts.components for name in c.component.files}
    for path in files.list_beside(f"{COMPONENTS}/.yaml"):
        name, suffix = posixpath.splitext(posixpath.basename(path))
        if suffix != ".yaml" or name in used:
            continue
        message, hint = f"no entry lists the component {path}", f"add '- name: {name}', or remove the file"
        about = (f"component {name}", *_list_names(path, files))
        yield document.problem("unlisted-component", message, ("components",), key=True, hint=hint, about=about)


def _list_names(path: str, files: Files) -> list[str]:
    """The names that a template declares, such as ``parameter size``; none if the file is no template."""
    try:
        source = files.resolve(path, DEFINITION)
        template = parse_template(files.read(source), files.display(source)).value
    except (SourceError, DocumentError):
        return []
    if find_broken_sections(template):
        return []
    sections = ("parameters", "resources", "conditions")
    names = [f"{section[:-1]} {name}" for section in sections for name in template.get(section) or {}]
    return [*names, "section resources"] if template.get("resources") else names


def component_name(name: str) -> str:
    """What selections and groups call a component: for an absolute path, the file's name without its ending, if any."""
    return posixpath.splitext(posixpath.basename(name))[0] if name.startswith("/") else name
