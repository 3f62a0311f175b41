"""The parameters of a template: their definitions, and the values a stack is given for them.

Apart from the rest of the template, because everything else resolves against the values.
https://docs.openstack.org/heat/latest/template_guide/hot_spec.html#parameters-section
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from builder.hot.constraints import TYPES
from builder.hot.language import Language
from builder.hot.values import ParameterType, UnreadableValueError, read_value
from builder.sandbox.faults import HeatFault, Json, StackValidationFailed, bad_request
from builder.sandbox.heat.constraints import Rule, check_keys, parse_rule
from builder.sandbox.heat.wording import explain_unreadable

HIDDEN = "******"
"""What stands for the value of a hidden parameter wherever a stack is shown."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as a template defines it, and what it was given: a value of the user's, else a default."""

    name: str
    type: ParameterType
    definition: Mapping[str, Json]
    rules: tuple[Rule, ...]
    given: Json = None
    environment_default: Json = None

    @property
    def is_hidden(self) -> bool:
        """Whether nobody is shown its value."""
        return bool(self.definition.get("hidden", False))

    @property
    def default(self) -> Json:
        """The default of the environment, else that of the template."""
        return self.definition.get("default") if self.environment_default is None else self.environment_default

    @property
    def raw(self) -> Json:
        """The value as it was given; None when there is none."""
        return self.default if self.given is None else self.given

    def validate_definition(self) -> None:
        """Check that the constraints fit the type, and the template's default the constraints.

        Raises HeatFault where they do not.
        """
        for rule in self.rules:
            if self.type not in TYPES[rule.kind]:
                kind = rule.kind.title().replace("_", "")
                raise self._invalid(f"{kind} constraint invalid for {self.type}")
        default = self.definition.get("default")
        if default is None:
            return
        compared = default
        if self.type == "comma_delimited_list":
            try:
                compared = read_value(self.type, default)
            except UnreadableValueError as error:
                raise self._invalid(explain_unreadable(default, error, "Default")) from error
        try:
            for rule in self.rules:
                if rule.kind != "custom_constraint":
                    rule.check(compared, self.type)
        except (ValueError, TypeError) as error:
            raise self._invalid(f"Invalid default {default} ({error})") from error

    def _invalid(self, reason: str) -> HeatFault:
        return HeatFault("InvalidSchemaError", f"Parameter '{self.name}' is invalid: {reason}")

    def validate_value(self) -> None:
        """Check the value. Raises HeatFault where there is none, or it does not fit."""
        try:
            # A list and a JSON document are compared as what they hold, the others as they were given.
            value = self.value()
            compared = value if self.type in ("comma_delimited_list", "json") else self.raw
            for rule in self.rules:
                rule.check(compared, self.type)
        except (ValueError, TypeError) as error:
            # Heat's API answers thus when a constraint cannot be compared with the value at all.
            if isinstance(error, TypeError) and self.type != "number":
                raise bad_request() from error
            raise StackValidationFailed(f"Parameter '{self.name}' is invalid: {error}") from error

    def value(self) -> Json:
        """Return the value in the parameter's type.

        Raises HeatFault where there is none; ValueError where it does not fit the type.
        """
        if self.raw is None:
            raise HeatFault("UserParameterMissing", self.name)
        try:
            return read_value(self.type, self.raw)
        except UnreadableValueError as error:
            if isinstance(error.error, TypeError):
                raise error.error from error
            raise ValueError(explain_unreadable(self.raw, error)) from error

    def text(self) -> str:
        """Return the value as a stack shows it."""
        if self.is_hidden:
            return HIDDEN
        value = self.value()
        if self.type == "comma_delimited_list":
            return ",".join(value)
        return json.dumps(value) if self.type == "json" else str(value)

    def describe(self) -> dict[str, Json]:
        """Return the parameter as ``POST validate`` describes it."""
        described: dict[str, Json] = {
            "Type": self.type.title().replace("_", ""),
            "Description": self.definition.get("description") or "",
            "NoEcho": "true" if self.is_hidden else "false",
            "Label": self.definition.get("label") or self.name,
        }
        if self.default is not None:
            described["Default"] = self.default
        if self.given:
            described["Value"] = self.given
        if self.definition.get("tags"):
            described["Tags"] = self.definition["tags"]
        for rule in self.rules:
            described.update(rule.describe())
        descriptions = [rule.description for rule in self.rules if rule.description]
        if descriptions:
            described["ConstraintDescription"] = " ".join(descriptions)
        return described


def parse_parameters(section: Json, language: Language) -> dict[str, Parameter]:
    """Return what a template's ``parameters`` section defines, without values.

    Raises HeatFault where the section or one of the definitions is wrong.
    """
    if not section:
        return {}
    if not isinstance(section, Mapping):
        raise HeatFault("AttributeError")
    return {name: _parse_parameter(name, definition, language) for name, definition in section.items()}


def validate_parameters(declared: Mapping[str, Parameter], given: Mapping[str, Json], *, with_values: bool) -> None:
    """Check definitions and, when ``with_values``, values, in Heat's order: the unknown first.

    Raises HeatFault for the first fault.
    """
    for name in given:
        if name not in declared:
            raise HeatFault("UnknownUserParameter", name)
    for parameter in declared.values():
        parameter.validate_definition()
        if with_values:
            parameter.validate_value()


def _parse_parameter(name: str, definition: Json, language: Language) -> Parameter:
    check_keys(definition, language.parameter_keys, f"parameter ({name})")
    if "type" not in definition:
        raise HeatFault("InvalidSchemaError", f"Missing parameter type for parameter: {name}")
    if not isinstance(definition.get("tags", []), list):
        raise HeatFault("InvalidSchemaError", f"Tags property should be a list for parameter: {name}")
    constraints = definition.get("constraints")
    if constraints is not None and not isinstance(constraints, list):
        raise HeatFault("InvalidSchemaError", f"Invalid parameter constraints for parameter {name}, expected a list")
    rules = tuple(parse_rule(constraint, language) for constraint in constraints or ())
    if definition["type"] not in tuple(ParameterType):
        raise HeatFault("InvalidSchemaError", f"Invalid type ({definition['type']})")
    return Parameter(name, ParameterType(definition["type"]), definition, rules)
