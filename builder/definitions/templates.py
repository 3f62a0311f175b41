"""HOT templates: the files that they refer to, and the composition of several into one.

The rules are Heat's (https://docs.openstack.org/heat/latest/template_guide/hot_spec.html); what Heat alone can judge,
such as the properties of a resource, is left to Heat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from builder.definitions.documents import Document, DocumentError, parse_template
from builder.definitions.hot_findings import NESTED_SUFFIXES, Mistake
from builder.definitions.hot_shape import NAMED_SECTIONS, find_broken_sections, set_broken_entries_aside
from builder.definitions.model import Component
from builder.definitions.near_files import describe_source_error
from builder.definitions.parameters import Parameter
from builder.definitions.problems import Problem, Tokens
from builder.definitions.sources import Files, SourceError

MAX_FILES = 200
"""How many files one template may pull in: far beyond any cluster, and an end to a chain that grows for ever."""


@dataclass(frozen=True, slots=True)
class ComposedTemplate:
    """What is sent to Heat: one template and the files that it refers to."""

    template: Mapping[str, Any]
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LoadedTemplate:
    """A template and where it was written: at ``tokens`` of ``document``, its references to files rewritten.

    ``broken`` are the entries, each by section and name, of which nothing is known but the name.
    """

    document: Document
    tokens: Tokens
    template: Mapping[str, Any]
    broken: frozenset[Tokens] = frozenset()

    def problem(self, mistake: Mistake) -> Problem:
        """A mistake in the template as a problem of its file."""
        tokens = (*self.tokens, *mistake.tokens)
        return self.document.problem(mistake.rule, mistake.message, tokens, key=mistake.key, hint=mistake.hint)


@dataclass(frozen=True, slots=True)
class LoadedComponent:
    """A component, and for judging it the templates that it was made from; ``nested`` by the names of their files."""

    component: Component
    root: LoadedTemplate
    nested: Mapping[str, LoadedTemplate]


@dataclass(slots=True)
class _Reader:
    """Reads one template and what it refers to, once each, and collects every problem."""

    files: Files
    contents: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    nested: dict[str, LoadedTemplate] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def rewrite(self, value: Any, document: Document, base: str, tokens: tuple[str | int, ...]) -> Any:
        """Copy ``value`` with each reference to a file rewritten to the file's name."""
        if isinstance(value, list):
            return [
                self.rewrite(item, document, base, (*tokens, number)) if isinstance(item, dict | list) else item
                for number, item in enumerate(value)
            ]
        if not isinstance(value, dict):
            return value
        rewritten = {}
        for key, item in value.items():
            if isinstance(item, dict | list):
                rewritten[key] = self.rewrite(item, document, base, (*tokens, key))
            elif isinstance(item, str) and (key == "get_file" or (key == "type" and item.endswith(NESTED_SUFFIXES))):
                rewritten[key] = self._include(item, document, base, (*tokens, key), nested=key == "type")
            else:
                rewritten[key] = item
        return rewritten

    def _include(
        self, reference: str, document: Document, base: str, tokens: tuple[str | int, ...], *, nested: bool
    ) -> str:
        try:
            name = self.files.resolve(reference, base)
            if name not in self.contents:
                self._read(name, nested=nested)
        except SourceError as error:
            message, hint = describe_source_error(reference, base, error, self.files)
            self.problems.append(document.problem(error.rule, message, tokens, hint=hint))
            return reference
        return name

    def _read(self, name: str, *, nested: bool) -> None:
        self.asked.add(name)
        if len(self.asked) > MAX_FILES:
            raise SourceError("too-many-files", f"the template pulls in more than {MAX_FILES} files", "remove some")
        self.contents[name] = self.files.read(name)
        if nested:
            self._include_template(name)

    def _include_template(self, name: str) -> None:
        """Rewrite the references within a nested template, whose own files are sent along with it."""
        text = self.contents[name]
        try:
            document = parse_template(text, self.files.display(name))
        except DocumentError as error:
            self.problems.extend(error.problems)
            return
        broken = [
            document.problem(m.rule, m.message, m.tokens, hint=m.hint) for m in find_broken_sections(document.value)
        ]
        if broken:
            self.problems.extend(broken)
            return
        self.problems += document.problems
        self.nested[name] = self.load(document.value, document, name, ())
        self.contents[name] = dump_template(self.nested[name].template)

    def load(self, template: Mapping[str, Any], document: Document, base: str, tokens: Tokens) -> LoadedTemplate:
        """The template at ``tokens`` of a document, whose sections are sound."""
        usable, mistakes = set_broken_entries_aside(template)
        broken = frozenset(mistake.tokens for mistake in mistakes)
        loaded = LoadedTemplate(document, tokens, self.rewrite(usable, document, base, tokens), broken)
        self.problems += [loaded.problem(mistake) for mistake in mistakes]
        return loaded


def dump_template(template: Any) -> str:
    """A template as text that Heat reads as the very same data."""
    return json.dumps(template)


def build_component(
    document: Document, base: str, files: Files, *, name: str, optional: bool, tokens: Tokens = ()
) -> tuple[LoadedComponent | None, list[Problem]]:
    """Build the component whose template stands at ``tokens`` of ``document``, read from the file named ``base``.

    With problems, the component is of use for nothing but finding more of them; None where it is not even that.
    """
    template = document.value
    for token in tokens:
        template = template[token]
    broken = find_broken_sections(template)
    if broken:
        return None, [LoadedTemplate(document, tokens, {}).problem(mistake) for mistake in broken]
    reader = _Reader(files)
    root = reader.load(template, document, base, tokens)
    return LoadedComponent(
        Component(name, optional, root.template, reader.contents), root, reader.nested
    ), reader.problems


def tighten_parameters(component: Component, settled: Mapping[str, Parameter]) -> Component:
    """The component with those parameters hidden and immutable for Heat, too, that a definition makes so."""
    declared: Mapping[str, Any] = component.template.get("parameters") or {}
    tightened = {
        name: {**attributes, **{key: True for key in ("hidden", "immutable") if getattr(settled.get(name), key, False)}}
        for name, attributes in declared.items()
    }
    if tightened == declared:
        return component
    return replace(component, template={**component.template, "parameters": tightened})


def compose_template(components: Sequence[Component]) -> ComposedTemplate:
    """Compose the templates of components into one.

    A parameter comes from the first component that declares it. That no resource, condition or output is given twice
    and that all are of one version has been checked when the cluster type was built.
    """
    first = components[0]
    if len(components) == 1:
        return ComposedTemplate(first.template, first.files)
    template: dict[str, Any] = {"heat_template_version": first.template["heat_template_version"]}
    files: dict[str, str] = {}
    for section in NAMED_SECTIONS:
        merged: dict[str, Any] = {}
        for component in components:
            for name, entry in (component.template.get(section) or {}).items():
                merged.setdefault(name, entry)
        if merged:
            template[section] = merged
    for component in components:
        files.update(component.files)
    return ComposedTemplate(template, files)


def find_collisions(components: Sequence[Component]) -> Iterator[tuple[str, str, str, str]]:
    """Each entry that two components give: section, name, and the names of the first and the later component."""
    for section in ("conditions", "resources", "outputs"):
        givers: dict[str, str] = {}
        for component in components:
            for name in component.template.get(section) or {}:
                if name in givers:
                    yield section, name, givers[name], component.name
                else:
                    givers[name] = component.name
