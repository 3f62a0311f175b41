"""A parameter as its author declared it: read, laid over another, shown to the form, held against its own default."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from builder.hot.values import ParameterType, is_finite
from builder.parameters.attributes import ABSENT, ParameterSyntaxError, read_flag, read_text
from builder.parameters.constraint_parsing import parse_constraints
from builder.parameters.declared_constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    CustomConstraint,
    Length,
    ParsedValue,
    Unmatched,
    is_for_the_cloud,
)
from builder.parameters.values import InvalidValueError, read_value, suggest_number
from builder.pattern_matching.matching import MatchingTimeoutError, MatchingUnavailableError


@dataclass(frozen=True, slots=True, repr=False)
class Parameter:
    """A parameter of a cluster type, in Heat's terms.

    ``default`` is as the author wrote it, or :data:`ABSENT`. ``sends_default`` says that the default is not the
    template's: Heat does not know it, and is to be sent it when the caller gives no value.
    """

    id: str
    type: ParameterType
    label: str | None = None
    description: str | None = None
    default: object = ABSENT
    hidden: bool = False
    immutable: bool = False
    tags: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    sends_default: bool = False

    def __repr__(self) -> str:
        """Without the default and the allowed values, which are secrets where the parameter is hidden."""
        default = ", required" if self.required else ""
        hidden = ", hidden" if self.hidden else ""
        return f"<Parameter {self.id}: {self.type}{default}{hidden}, {len(self.constraints)} constraints>"

    @property
    def required(self) -> bool:
        """Whether a cluster cannot be launched without a value from the caller."""
        return self.default is ABSENT

    @property
    def is_careless(self) -> bool:
        """Whether it is hidden, and has a default all the same, which everybody can read in the listing."""
        return self.hidden and not self.required and self.default not in ("", [], {})

    @property
    def title(self) -> str:
        """What people know the parameter by: its label, or the one that the Visualisation App derives from the id."""
        return self.label or self.id.replace("_", " ").capitalize()

    def render(self) -> dict[str, Any]:
        """The parameter as the Concertim Visualisation App is sent it.

        A default that the App would refuse the whole cluster type for is left out. Further keys are left out where
        there is nothing to say; their order is fixed.
        """
        shown: dict[str, Any] = {"type": str(self.type)}
        if self.label:
            shown["label"] = self.label
        if self.description:
            shown["description"] = self.description
        default = _render_default(self)
        if default is not ABSENT:
            shown["default"] = default
        shown["hidden"] = self.hidden
        shown["immutable"] = self.immutable
        if self.constraints:
            shown["constraints"] = [constraint.render() for constraint in self.constraints]
        return shown


def parse_parameter(name: str, mapping: Mapping[str, object]) -> Parameter:
    """Read a parameter from a template, in Heat's syntax, and as Heat reads it.

    ``default: null`` is no default, as in Heat, which refuses ``tags: null``. Keys that Heat does not know are not
    looked at.

    Raises ParameterSyntaxError for what cannot be meant.
    """
    if not isinstance(mapping, Mapping):
        raise ParameterSyntaxError((), "a parameter must be a mapping")
    try:
        type_ = ParameterType(str(mapping.get("type")))
    except ValueError:
        raise ParameterSyntaxError(("type",), f"type must be one of {', '.join(ParameterType)}") from None
    if "tags" in mapping and mapping["tags"] is None:
        raise ParameterSyntaxError(("tags",), "tags must be a list")
    return Parameter(name, type_, **_read_attributes(type_, mapping, in_template=True))


def override_parameter(base: Parameter, mapping: Mapping[str, object]) -> Parameter:
    """Lay attributes of a definition over a parameter of the template.

    Attributes that are not given stay; those given as ``null`` go, so that ``default: null`` makes a parameter
    required. The type is the template's: it is not looked at.

    Raises ParameterSyntaxError for what cannot be meant.
    """
    changes = _read_attributes(base.type, mapping)
    default = changes.get("default", base.default)
    is_same = type(default) is type(base.default) and default == base.default  # 1 is not True
    return replace(base, **changes, sends_default=default is not ABSENT and (base.sends_default or not is_same))


def parse_value(parameter: Parameter, raw: object) -> ParsedValue:
    """Read what a caller gave for a parameter, native JSON or a form's text.

    Raises InvalidValueError for what Heat would not take for the parameter's type.
    """
    custom = any(isinstance(constraint, CustomConstraint) for constraint in parameter.constraints)
    return read_value(parameter.type, raw, keep_form=custom)


def find_broken_constraints(parameter: Parameter, value: ParsedValue) -> list[Constraint | Unmatched]:
    """The constraints that a value does not keep to, and the patterns for which that takes too long to find out.

    Raises MatchingUnavailableError.
    """
    broken: list[Constraint | Unmatched] = []
    for constraint in parameter.constraints:
        try:
            if not is_for_the_cloud(constraint, value) and not constraint.is_met_by(value):
                broken.append(constraint)
        except MatchingTimeoutError:
            if isinstance(constraint, AllowedPattern):
                broken.append(Unmatched(constraint.pattern))
    return broken


def describe_constraint(parameter: Parameter, constraint: Constraint | Unmatched) -> str:
    """What to tell the person who broke a constraint: the author's words, else a sentence that names the limit."""
    if constraint.description:
        return constraint.description
    if parameter.hidden and isinstance(constraint, AllowedValues):
        return f"{parameter.title} must be one of the allowed values."
    return f"{parameter.title} {constraint.explain(parameter.type)}."


def find_default_faults(parameter: Parameter, *, subject: str = "the default", in_template: bool = False) -> list[str]:
    """What is wrong with a parameter's own default, one sentence each about ``subject``, without the default.

    ``in_template`` adds what only Heat minds, of parameters of a template: it judges a default before it is converted
    (``heat/engine/parameters.py``, ``Schema._validate_default``), and refuses the template for it.
    """
    if parameter.default is ABSENT:
        return []
    try:
        value = parse_value(parameter, parameter.default)
    except InvalidValueError as error:
        return [f"{subject} {error}"]
    try:
        broken = find_broken_constraints(parameter, value)
    except MatchingUnavailableError:  # a host that is short of processes makes no definition wrong
        return []
    if in_template:
        broken += [constraint for constraint in _find_broken_in_template(parameter) if constraint not in broken]
    faults = [f"{subject} {constraint.explain(parameter.type)}" for constraint in broken]
    is_number = parameter.type is ParameterType.STRING and isinstance(parameter.default, int | float)
    if in_template and is_number and any(isinstance(each, Length | AllowedPattern) for each in parameter.constraints):
        faults.append(f"{subject} must be in quotes: Heat holds only text against a length or a pattern")
    return faults


def suggest_default(parameter: Parameter) -> str:
    """A hint for a default that has faults, where what was meant can be guessed."""
    return suggest_number(parameter.default) if parameter.type is ParameterType.NUMBER else ""


def _find_broken_in_template(parameter: Parameter) -> list[Constraint]:
    """Heat cuts the text of a list at its commas, even where there is no text, and measures the text of JSON."""
    text, is_list = parameter.default, parameter.type is ParameterType.COMMA_DELIMITED_LIST
    if not isinstance(text, str) or not (is_list or parameter.type is ParameterType.JSON):
        return []
    value = ParsedValue(text, text.split(",") if is_list else text)
    plain = [constraint for constraint in parameter.constraints if not isinstance(constraint, CustomConstraint)]
    return [constraint for constraint in plain if not constraint.is_met_by(value)]


_READERS: Final[Mapping[str, Callable[..., object]]] = {
    "label": read_text, "description": read_text, "hidden": read_flag, "immutable": read_flag,
}  # fmt: skip
"""What reads an attribute that has no further meaning here."""


def _read_attributes(
    type_: ParameterType, mapping: Mapping[str, object], *, in_template: bool = False
) -> dict[str, Any]:
    """The fields of a parameter of a type that a mapping gives."""
    changes: dict[str, Any] = {}
    for key, read in _READERS.items():
        if key in mapping:
            changes[key] = read(mapping, key, in_template=in_template)
    if "default" in mapping:
        changes["default"] = ABSENT if mapping["default"] is None else mapping["default"]
    if "tags" in mapping:
        tags = mapping["tags"]
        if not isinstance(tags, list | tuple | None):
            raise ParameterSyntaxError(("tags",), "tags must be a list")
        changes["tags"] = tuple(map(str, tags or ()))
    if "constraints" in mapping:
        changes["constraints"] = parse_constraints(type_, mapping["constraints"], in_template=in_template)
    return changes


def _render_default(parameter: Parameter) -> object:
    """The default in the form that the App takes, or :data:`ABSENT`.

    The App judges lists and JSON by their text, as long as that text is and as a whole.
    """
    if parameter.default is ABSENT or find_default_faults(parameter):
        return ABSENT
    value = parse_value(parameter, parameter.default)
    match parameter.type:
        case ParameterType.NUMBER:
            return value.meant if isinstance(value.meant, int | float) and is_finite(value.meant) else ABSENT
        case ParameterType.BOOLEAN:
            return value.meant
        case ParameterType.STRING:
            text = value.sent
        case ParameterType.COMMA_DELIMITED_LIST:
            members = value.meant if isinstance(value.meant, list) else []
            text = None if any("," in member for member in members) else ",".join(members)
        case ParameterType.JSON:
            text = _format_json(parameter.default)
    if not isinstance(text, str) or not text.strip():
        return ABSENT
    judged = [constraint for constraint in parameter.constraints if isinstance(constraint, Length | AllowedValues)]
    return text if all(constraint.is_met_by(ParsedValue(text, text)) for constraint in judged) else ABSENT


def _format_json(default: object) -> str | None:
    """The default as JSON text, an author's own text as it is; ``None`` where strict readers would not take it."""
    try:
        read = json.loads(default) if isinstance(default, str) else default
        text = json.dumps(read, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return None
    return default if isinstance(default, str) else text
