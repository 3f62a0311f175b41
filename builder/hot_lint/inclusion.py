"""Reading a template together with every file that it refers to, those of the files included.

As python-heatclient does it (``heatclient.common.template_utils``): whether a file is a template is told by its
content, however it is named, and what a template refers to is sent along with it. A file is the template *of a stack*
where it is the type of a resource, or what an OS::Heat::Stack is made from; any other is data to Heat.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Severity
from builder.hot.language import NESTED_SUFFIXES, VERSION_KEY, VERSION_KEYS
from builder.hot_lint.findings import ONLY_SOME_LAUNCHES, TemplateProblem, find_reachable
from builder.hot_lint.sections.broken_entries import set_broken_entries_aside
from builder.hot_lint.shape import find_broken_sections
from builder.hot_lint.sources import Files, SourceError, describe_source_error
from builder.text.pointers import CONTAINERS, Tokens
from builder.yaml_documents.documents import Document, DocumentError, parse_template

MAX_FILES = 200
"""How many files one template may pull in: far beyond any cluster, and an end to a chain that grows for ever."""

_NAMING: Final = frozenset({"get_file", "type"})
"""The keys by which a resource may name a file."""

_STACK: Final = "OS::Heat::Stack"
"""Makes a stack of the text that it is given, with all the files of the stack that it is in."""


@dataclass(frozen=True, slots=True)
class LoadedTemplate:
    """A template and where it was written: at ``tokens`` of ``document``, its references to files rewritten.

    ``broken`` are the entries, each by section and name, of which nothing is known but the name.
    """

    document: Document
    tokens: Tokens
    template: Mapping[str, Any]
    broken: frozenset[Tokens] = frozenset()

    def list_set_aside(self) -> list[Any]:
        """The values that were written for the broken entries, before they were replaced."""
        written = self.document.value
        for token in self.tokens:
            written = written[token]
        return [written[section][name] for section, name in self.broken]

    def problem(self, found: TemplateProblem) -> Problem:
        """A problem of the template as one of its file."""
        return found.at(self.document, self.tokens)


@dataclass(frozen=True, slots=True)
class Inclusion:
    """A template with the ``contents`` of all files that it takes, by their names, and what is wrong with them.

    ``nested`` are the templates of stacks among the files, ``data`` the other templates.
    """

    root: LoadedTemplate
    contents: Mapping[str, str]
    nested: Mapping[str, LoadedTemplate]
    data: Mapping[str, LoadedTemplate]
    problems: tuple[Problem, ...]


def include_files(
    template: Mapping[str, Any], document: Document, base: str, tokens: Tokens, files: Files
) -> Inclusion:
    """Read what the template at ``tokens`` of the file named ``base`` refers to; its sections are sound."""
    reader = _Reader(files)
    root = reader.load(template, document, base, tokens)
    for name in reader.queued:  # which grows meanwhile
        reader.read_template(name)
    return reader.settle(root, base)


@dataclass(slots=True)
class _Reader:
    """Reads one template and what it refers to, once each, and collects every problem.

    By the name of the file that they are in: ``uses`` are the names of files that stacks are made from there,
    ``problems`` those of its text, and ``lacks`` those of files that cannot be had.
    """

    files: Files
    contents: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    templates: dict[str, LoadedTemplate] = field(default_factory=dict)
    uses: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    problems: defaultdict[str, list[Problem]] = field(default_factory=lambda: defaultdict(list))
    lacks: defaultdict[str, list[Problem]] = field(default_factory=lambda: defaultdict(list))
    queued: list[str] = field(default_factory=list)
    """The names of the files that are read as templates, in the order in which they are met."""

    def load(self, template: Mapping[str, Any], document: Document, base: str, tokens: Tokens) -> LoadedTemplate:
        """The template at ``tokens`` of a document, whose sections are sound."""
        usable, found = set_broken_entries_aside(template)
        broken = frozenset(each.tokens for each in found if not each.key)
        loaded = LoadedTemplate(document, tokens, self.rewrite(usable, document, base, tokens), broken)
        self.problems[base] += map(loaded.problem, found)
        return loaded

    def rewrite(self, value: Any, document: Document, base: str, tokens: Tokens) -> Any:
        """Copy ``value`` with each reference to a file rewritten to the file's name."""
        if isinstance(value, list):
            return [
                self.rewrite(item, document, base, (*tokens, number)) if isinstance(item, CONTAINERS) else item
                for number, item in enumerate(value)
            ]
        if not isinstance(value, dict):
            return value
        rewritten = {}
        for key, item in value.items():
            if isinstance(item, CONTAINERS):
                rewritten[key] = self.rewrite(item, document, base, (*tokens, key))
            elif key in _NAMING and isinstance(item, str) and (key == "get_file" or item.endswith(NESTED_SUFFIXES)):
                rewritten[key] = self._include(item, document, base, (*tokens, key))
            else:
                rewritten[key] = item
        type_ = rewritten.get("type")
        is_nested = isinstance(type_, str) and type_.endswith(NESTED_SUFFIXES)
        name = type_ if is_nested else find_own_stack(rewritten)
        if name in self.contents:  # a stack is made from it
            self.uses[base].add(name)
            self._queue(name)
        return rewritten

    def _include(self, reference: str, document: Document, base: str, tokens: Tokens) -> str:
        try:
            name = self.files.resolve(reference, base)
            if name not in self.contents:
                self._read(name, is_data=tokens[-1] == "get_file")
        except SourceError as error:
            message, hint = describe_source_error(reference, base, error, self.files)
            self.lacks[base].append(document.problem(error.rule, message, tokens, hint=hint))
            return reference
        return name

    def _read(self, name: str, *, is_data: bool) -> None:
        self.asked.add(name)
        if len(self.asked) > MAX_FILES:
            raise SourceError("too-many-files", f"the template pulls in more than {MAX_FILES} files", "remove some")
        text = self.contents[name] = (self.files.read_data if is_data else self.files.read)(name)
        if any(key in text for key in VERSION_KEYS):
            self._queue(name)

    def _queue(self, name: str) -> None:
        if name not in self.queued:
            self.queued.append(name)

    def read_template(self, name: str) -> None:
        """Rewrite the references within a template, so that it finds the files that are sent along with it."""
        try:
            document = parse_template(self.contents[name], self.files.display(name))
        except DocumentError as error:
            self.problems[name] += error.problems
            return
        broken = find_broken_sections(document.value)
        if broken:
            self.problems[name] += map(LoadedTemplate(document, (), {}).problem, broken)
            versions = {*VERSION_KEYS} & document.value.keys() if isinstance(document.value, dict) else set()
            if versions and VERSION_KEY not in versions and document.is_sound:
                self.contents[name] = dump_template(self.rewrite(document.value, document, name, ()))
            return
        self.problems[name] += document.problems
        self.templates[name] = self.load(document.value, document, name, ())
        if document.is_sound:  # else it would be sent with something else for what has no meaning
            self.contents[name] = dump_template(self.templates[name].template)

    def settle(self, root: LoadedTemplate, base: str) -> Inclusion:
        """What was read, once everything is: which files are templates of stacks depends on all of them."""
        used = find_reachable(self.uses[base], self.uses.__getitem__)
        problems: list[Problem] = []
        for name in {**self.problems, **self.lacks}:
            if name == base or name in used:
                problems += [*self.problems[name], *self.lacks[name]]
            else:
                # Heat reads the parameters of every template among the files, and may never look for what others name.
                shape = (each for each in self.problems[name] if each.rule == "template-shape")
                problems += (each for each in shape if each.pointer.split("/")[1:2] == ["parameters"])
                problems += map(_demote, self.lacks[name])
        innermost_first = reversed(self.templates.items())  # so that a circle is told of in the one that is met first
        nested = {name: each for name, each in innermost_first if name in used}
        data = {name: each for name, each in self.templates.items() if name not in used and each.document.is_sound}
        return Inclusion(root, self.contents, nested, data, tuple(problems))


def dump_template(template: Any) -> str:
    """Write a template as YAML that Heat reads as exactly the same data."""
    return json.dumps(template)


def find_own_stack(resource: Mapping[str, Any]) -> str | None:
    """The name of the file that a resource makes a stack of its own from, which is not nested in another."""
    properties = resource.get("properties")
    if resource.get("type") != _STACK or not isinstance(properties, dict):
        return None
    template = properties.get("template")
    name = template.get("get_file") if isinstance(template, dict) else None
    return name if isinstance(name, str) else None


def _demote(problem: Problem) -> Problem:
    """The warning in place of an error about a missing file, if Heat may never look for the file."""
    if problem.severity is not Severity.ERROR:
        return problem
    return replace(problem, rule="conditional-mistake", message=f"{problem.message}; {ONLY_SOME_LAUNCHES}")
