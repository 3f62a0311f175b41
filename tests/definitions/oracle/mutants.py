"""Templates that Heat makes stacks of, and mutants of them: each with one mistake, as authors make them.

Which mutants are taken depends on their names alone, so that a new template displaces few of the others.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from builder.checking.checked_files import CheckSettings
from builder.checking.running import open_files
from builder.checking.targets import find_targets
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.problems import Problem
from builder.diagnostics.rules import Profile
from builder.disk.links import LinkResolver
from builder.hot.language import NEWEST, VERSION_KEY
from builder.hot_lint.outputs import TYPE_OUTPUT
from builder.kinds.registry import KINDS
from builder.parameters.declared_constraints import CustomConstraint
from builder.text.pointers import format_pointer
from tests.definitions.files import FilesInMemory
from tests.definitions.texts import HEAD

ROOT: Final = Path(__file__).parents[3]
FAMILIES: Final = Path(__file__).with_name("families")
SEED: Final = "mutants"
MAX_SPELLED: Final = 40
"""Characters of a text that may be a name, to be misspelt; longer ones are scripts."""

_FOUND_ON_CLOUD: Final = {"nova.flavor": "m1.small", "glance.image": "tiny", "neutron.network": "public1"}
_ANY: Final = "abcdefabcdefabcdef"
_BY_TYPE: Final = {"number": "1", "boolean": "true", "json": "{}"}
_FUNCTIONS: Final = sorted(NEWEST.functions | NEWEST.condition_functions)
_AGAIN: Final = "\N{INVISIBLE SEPARATOR}"
"""Ends a key that is there twice, until the template is written down."""


@dataclass(frozen=True)
class Base:
    """A template whose parameters have defaults that Heat takes, with the files that it names."""

    name: str
    template: Mapping[str, Any]
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mutant:
    """The text of a template with one mistake, which its name tells."""

    name: str
    text: str
    base: Base

    def find_problems(self) -> Sequence[Problem]:
        """What is told of a definition that launches it."""
        texts = {"": f"{HEAD}heat_template_url: template.yaml\n", "template.yaml": self.text, **self.base.files}
        return build_cluster_type(
            ClusterTypeId("mutant"), FilesInMemory(texts), KINDS, profile=Profile.GENERIC
        ).problems

    def answer(self) -> dict[str, Any]:
        """Answers for the parameters that have no default, or not any more."""
        declared, given = json.loads(self.text).get("parameters"), self.base.template.get("parameters", {})
        return {
            name: given.get(name, {}).get("default", _BY_TYPE.get(str(attributes.get("type")), _ANY))
            for name, attributes in (declared.items() if isinstance(declared, dict) else ())
            if isinstance(attributes, dict) and "default" not in attributes
        }


def list_examples() -> Iterator[Base]:
    """What the shipped definitions and the skeletons launch, with all of their components."""
    folders = (ROOT / "cluster-types-examples", ROOT / "builder/checking/skeletons")
    for target in find_targets([str(folder) for folder in folders]).definitions:
        files = open_files(target, CheckSettings(), None, LinkResolver())
        cluster_type = build_cluster_type(target.id, files, KINDS, profile=Profile.GENERIC).cluster_type
        if cluster_type is None or cluster_type.kind != "heat":
            continue
        answers = dict.fromkeys(cluster_type.parameters, _ANY) | {
            name: _FOUND_ON_CLOUD.get(constraint.name, _ANY)
            for name, parameter in cluster_type.parameters.items()
            for constraint in parameter.constraints
            if isinstance(constraint, CustomConstraint)
        }
        answers = {name: answer for name, answer in answers.items() if cluster_type.parameters[name].required}
        selections = dict.fromkeys(cluster_type.optional_components, True)
        plan = KINDS["heat"].plan(cluster_type, "oracle", answers, selections, "")
        template = copy.deepcopy(dict(plan.template))
        del template["outputs"][TYPE_OUTPUT]
        for name, value in plan.parameters.items():
            template["parameters"][name]["default"] = "" if name == "key_name" else value  # "" is no key to Heat
        yield Base(str(target.id), template, plan.files)


def list_families() -> Iterator[Base]:
    """The templates in the manner of public ones, with the files beside them that they name."""
    nested = {f"nested/{path.name}": path.read_text() for path in sorted((FAMILIES / "nested").iterdir())}
    for path in sorted(FAMILIES.glob("*.yaml")):
        text = path.read_text()
        template = yaml.load(text, yaml.CSafeLoader)
        template[VERSION_KEY] = str(template[VERSION_KEY])
        yield Base(path.stem, template, {name: each for name, each in nested.items() if name in text})


def make_mutants(bases: Iterable[Base], count: int, seed: str = SEED) -> list[Mutant]:
    """``count`` mutants, about as many of each kind of mistake."""
    made = [sorted(mutants, key=lambda each: _digest(f"{seed} {each.name}")) for mutants in _make_all(list(bases))]
    chosen: dict[str, Mutant] = {}
    for number in range(max(map(len, made))):
        for mutants in made:
            if number < len(mutants) and len(chosen) < count:
                chosen[mutants[number].text] = mutants[number]
    return list(chosen.values())


def _digest(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _make_all(bases: list[Base]) -> Iterator[list[Mutant]]:
    for mistake in _MISTAKES:
        mutants = []
        for base in bases:
            for path in _walk(base.template):
                name = f"{base.name}: {mistake.__name__.strip('_')} {format_pointer(path)}"
                template: Any = copy.deepcopy(dict(base.template))
                place = template
                for token in path[:-1]:
                    place = place[token]
                mistake(_Place(template, path, place, path[-1], int.from_bytes(_digest(name)[:4])))
                if template != base.template:
                    mutants.append(Mutant(name, json.dumps(template).replace(json.dumps(_AGAIN)[1:-1], ""), base))
        yield mutants


def _walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, key)
        yield from _walk(inner, (*path, key))


@dataclass(frozen=True)
class _Place:
    """Where in a template to make a mistake; ``number`` chooses among several ways."""

    template: dict[str, Any]
    path: tuple[str | int, ...]
    container: Any
    key: Any
    number: int

    @property
    def value(self) -> Any:
        return self.container[self.key]

    def replace(self, *values: Any) -> None:
        self.container[self.key] = values[self.number % len(values)]

    def rename(self, name: str) -> None:
        entries = [(name if key == self.key else key, value) for key, value in self.container.items()]
        self.container.clear()
        self.container.update(entries)

    def misspell(self, name: str) -> str:
        at = self.number % max(1, len(name) - 1)
        return (name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:], name.swapcase())[self.number % 3]


def _drop(place: _Place) -> None:
    del place.container[place.key]


def _misspell_key(place: _Place) -> None:
    if isinstance(place.container, dict) and place.key:
        place.rename(place.misspell(place.key))


def _misspell_value(place: _Place) -> None:
    if isinstance(place.value, str) and 0 < len(place.value) < MAX_SPELLED:
        place.replace(place.misspell(place.value))


def _repeat(place: _Place) -> None:
    if isinstance(place.container, dict):
        place.container[f"{place.key}{_AGAIN}"] = (place.value, None, "other", {}, [1])[place.number % 5]
    else:
        place.container.insert(place.key, place.value)


def _retype(place: _Place) -> None:
    values: tuple[Any, ...] = (None, True, 5, -1.5, "many", "", [], ["many"], {}, {"many": 1})
    place.replace(*(value for value in values if type(value) is not type(place.value)))


def _wrap(place: _Place) -> None:
    place.replace([place.value], {"value": place.value}, {str(place.key): place.value}, json.dumps(place.value))


def _move(place: _Place) -> None:
    sections = ("parameters", "resources", "conditions", "outputs")
    value = place.container.pop(place.key)
    if len(place.path) == 1 or place.number % 2:
        section = sections[place.number // 2 % len(sections)]
        if isinstance(place.template.setdefault(section, {}), dict):
            place.template[section][str(place.key)] = value
        return
    above: Any = place.template
    for token in place.path[:-2]:
        above = above[token]
    if isinstance(above, dict):
        above[str(place.key)] = value


def _dangle(place: _Place) -> None:
    if place.path[0] == "parameters":
        return  # where nothing is called
    place.replace(
        {"get_param": "nowhere"},
        {"get_attr": ["nowhere", "value"]},
        {"get_resource": "nowhere"},
        {"if": ["nowhere", place.value, None]},
    )


def _call_another(place: _Place) -> None:
    if place.key in _FUNCTIONS:
        place.rename(_FUNCTIONS[place.number % len(_FUNCTIONS)])


def _pass_otherwise(place: _Place) -> None:
    if place.key in _FUNCTIONS:
        given = place.value
        items = given if isinstance(given, list) else [given]
        place.replace([], items[:-1], [*items, "more"], items[::-1], {"more": given}, str(given), None, 5, [items])


def _constrain(place: _Place) -> None:
    if place.path[0] == "parameters" and len(place.path) == 2 and isinstance(place.value, dict):
        constraint: Any = (
            {"range": {"min": 5, "max": 1}}, {"range": {"min": "a"}}, {"length": {"max": 0}}, {"length": 5},
            {"allowed_values": "none"}, {"allowed_values": ["none"]}, {"allowed_values": []}, {"allowed_pattern": "["},
            {"allowed_pattern": "none"}, {"custom_constraint": "nova.flavour"}, {"modulo": {"step": 0, "offset": 1}},
            {"modulo": {"step": 7, "offset": 1}}, {"rnge": {"min": 1}}, {}, None, {"range": {"min": -1}, "length": {}},
        )[place.number % 16]  # fmt: skip
        place.value["constraints"] = [*(place.value.get("constraints") or []), constraint]


def _change_version(place: _Place) -> None:
    if place.path == (VERSION_KEY,):
        place.replace("2013-05-23", "2014-10-16", "2016-10-14", "newton", "wallaby", "2021-04-17", "", None, 2021)


Mistake = Callable[[_Place], None]
_MISTAKES: Final[tuple[Mistake, ...]] = (
    _drop, _misspell_key, _misspell_value, _repeat, _retype, _wrap, _move, _dangle, _call_another, _pass_otherwise,
    _constrain, _change_version,
)  # fmt: skip
