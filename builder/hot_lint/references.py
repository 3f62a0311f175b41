"""Reading what a template refers to, and every call of a function in it.

One walk over a template, which finds names and problems; whether a name exists is
:mod:`builder.hot_lint.scope`'s to say, since that takes all the templates of a composition.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from builder.hot.computations import Budget
from builder.hot.functions import REPLACING, Call
from builder.hot.language import MEMBERS_VERSION, NESTED_SUFFIXES, Language, first_version_with
from builder.hot.resource_types import load_names, load_placeholders
from builder.hot.results import Types, find_kinds, is_call
from builder.hot_lint.calls import find_argument_fault, find_placeholder_problems, find_unmade_parts
from builder.hot_lint.findings import INDEX, ON_REQUEST, Kind, NestedUse, Reference, TemplateProblem, TemplateReading
from builder.hot_lint.members import GROUP_MEMBER, find_definitions
from builder.hot_lint.unknown_functions import (
    explain_split_call,
    explain_unknown_function,
    find_substitution,
    find_successor,
    write_bare_call,
)
from builder.text.pointers import CONTAINERS, Tokens
from builder.text.spelling import find_near, suggest_key, suggest_near

_IN_PLACEHOLDER: Final = frozenset({"get_param"})
_IN_EXTERNAL: Final = frozenset({"get_param", "get_resource", "get_attr"})
"""The functions whose references Heat does not follow: in the properties of placeholders, and in those of what exists
already, neither of which it reads."""

_NAME: Final = re.compile(r"[\w-]+")

_VALIDATED: Final = frozenset({"make_url", "repeat", "yaql"})
"""The functions whose arguments Heat judges not while it parses them, but with what they stand in, if it reads that."""

MAX_WORK: Final = 1_000_000
"""The bound on computing all calls of a type, about a tenth of a second: a hundred times what a large type takes."""


def read_template(
    template: Mapping[str, Any],
    language: Language,
    files: Mapping[str, str],
    budget: Budget,
    types: Types,
    set_aside: Sequence[Any] = (),
) -> TemplateReading:
    """Find everything that a template of sound shape refers to; ``files`` are those that it includes.

    ``types`` tell what the parameters of all templates can be that it is composed with, itself among them, and
    ``set_aside`` the entries that something else stands for. Calls are computed as far as the ``budget`` goes.
    """
    reading = TemplateReading()
    walk = partial(_Walk, language, files, budget, types, reading)
    for name, resource in (template.get("resources") or {}).items():
        walk(owner=name).resource(resource, ("resources", name))
    for name, output in (template.get("outputs") or {}).items():
        walk().output(output, ("outputs", name))
    reading.mention({section: each for section, each in template.items() if section not in language.sections})
    reading.mention(set_aside)
    used = {reference.name for reference in reading.references if reference.kind is Kind.CONDITION}
    for name, condition in (template.get("conditions") or {}).items():
        walk(certain=name in used).condition_definition(condition, ("conditions", name))
    return reading


@dataclass(slots=True)
class _Walk:
    """A walk over one entry of a section, which adds what it finds to the reading of the template."""

    language: Language
    files: Mapping[str, str]
    budget: Budget
    types: Types
    reading: TemplateReading
    owner: str = ""
    certain: bool = True
    """Whether Heat looks at the place in every launch."""
    under: tuple[Any, ...] = ()
    in_condition: bool = False
    """Whether the walk is within a condition, where only the functions of conditions may be called."""
    is_replaced: bool = False
    """Whether the walk is within the arguments of a function that replaces placeholders."""
    unread: frozenset[str] = frozenset()
    """The functions whose references Heat does not follow here, where it parses calls and never makes their values."""

    # ---- entries of sections

    def resource(self, resource: Mapping[str, Any], tokens: Tokens) -> None:
        self._stand_under(resource.get("condition"), tokens)
        is_external = resource.get("external_id") is not None and "external_id" in self.language.resource_keys
        unread = _IN_EXTERNAL if is_external else _IN_PLACEHOLDER if _is_placeholder(resource) else frozenset()
        for key in ("properties", "metadata", "update_policy", "deletion_policy", "external_id"):
            value = resource.get(key)
            if isinstance(value, CONTAINERS):
                self.unread = unread if key in ("properties", "update_policy") else frozenset()
                self.value(value, (*tokens, key))
        self.reading.mention({key: value for key, value in resource.items() if key not in self.language.resource_keys})
        depends_on = resource.get("depends_on")
        for number, dependency in enumerate(depends_on if isinstance(depends_on, list) else [depends_on]):
            if isinstance(dependency, str):
                place = (number,) if isinstance(depends_on, list) else ()
                self._refer(Kind.RESOURCE, dependency, (*tokens, "depends_on", *place), self.certain)
        for each in find_definitions(resource, tokens, self.certain and not is_external):
            self._type(*each)

    def _stand_under(self, condition: Any, tokens: Tokens) -> None:
        """Read the condition of an entry, under which the rest of it stands."""
        if condition is not None:
            self.condition(condition, (*tokens, "condition"))
            self.certain, self.under = condition is True, (condition,)

    def _type(self, definition: Mapping[str, Any], tokens: Tokens, certain: bool) -> None:
        type_ = definition.get("type")
        if not isinstance(type_, str):
            return
        self.reading.types.setdefault(type_, (*tokens, "type"))
        properties = definition.get("properties")
        computed = is_call(properties, self.language)
        unknown = computed or ("properties" not in definition and find_near("properties", definition, cutoff=0.75))
        properties = properties if isinstance(properties, dict) else {}
        # Heat goes through the properties of a resource before it resolves them; through those of a member, after.
        is_judged = computed and len(tokens) == 2 and not self.language.newer
        is_known = type_ in load_names() and not _is_placeholder(definition)
        if is_judged and (type_.endswith(NESTED_SUFFIXES) or is_known):
            message, hint = "properties must be a mapping, not a function", "use the function for each property's value"
            self._report("template-shape", message, (*tokens, "properties"), hint, certain=certain)
        if type_.endswith(NESTED_SUFFIXES):
            self.reading.nested.append(NestedUse(type_, tokens, None if unknown else properties, certain, self.owner))

    def output(self, output: Mapping[str, Any], tokens: Tokens) -> None:
        self._stand_under(output.get("condition") if self.language.has_conditions else None, tokens)
        self.reading.mention({key: each for key, each in output.items() if key not in self.language.output_keys})
        self.unread = ON_REQUEST
        self._members({"value": output.get("value")}, tokens)

    def condition_definition(self, condition: Any, tokens: Tokens) -> None:
        if isinstance(condition, str):
            self.reading.mention(_NAME.findall(condition))
            is_parameter = condition in self.types
            call = f"{{get_param: {condition}}}" if is_parameter else write_bare_call(condition, self.language)
            message = "a condition must be true, false or a function, not a text"
            self._report("template-shape", message, tokens, f"write {call}" if call else "")
        else:  # what is neither true, false nor a function is refused whether it is used or not
            keys = [*condition] if isinstance(condition, dict) else []
            self.certain = self.certain or len(keys) != 1 or keys[0] not in self.language.condition_functions
            self.condition(condition, tokens)

    # ---- conditions

    def condition(self, condition: Any, tokens: Tokens, *, judged: bool = True) -> None:
        """A place where Heat wants a condition: its name, true, false, or a function that tells.

        Unless ``judged``, Heat may never ask what it is, though it makes the value of a function there.
        """
        certain = self.certain and judged
        call = write_bare_call(condition, self.language) if isinstance(condition, str) else ""
        if isinstance(condition, str) and not call:
            self._refer(Kind.CONDITION, condition, tokens, certain)
        elif isinstance(condition, dict) and len(condition) == 1:
            ((function, arguments),) = condition.items()
            if function in self.language.condition_functions:
                outer = self.in_condition, self.unread
                self.in_condition, self.unread = True, frozenset()  # Heat makes its value as soon as it parses it
                self._call(function, arguments, (*tokens, function))
                self.in_condition, self.unread = outer
                kinds = find_kinds(condition, self.language, self.types) if function == "get_param" else ()
                if kinds and bool not in kinds:
                    self._explain_no_switch(arguments, (*tokens, function), certain)
            else:
                self.reading.mention(condition)
                self._report_misplaced(function, tokens, certain or function in self.language.functions)
        elif not isinstance(condition, bool):
            self.reading.mention(_NAME.findall(str(condition)))
            message = "a condition must be a name, true, false or a function"
            self._report("template-shape", message, tokens, f"write {call}" if call else "", certain=certain)

    def _explain_no_switch(self, arguments: Any, tokens: Tokens, certain: bool) -> None:
        """Report a parameter that is a condition and not a boolean one."""
        name = arguments[0] if isinstance(arguments, list) else arguments
        message = f"only a boolean parameter can be a condition, and {name!r} is none"
        hint = f"write equals: [{{get_param: {name}}}, ...], or type: boolean"
        switches = [each for each, known in self.types.items() if bool in known]
        if meant := find_near(name, switches) or (switches[0] if len(switches) == 1 else ""):
            hint = f"{suggest_near(meant)} Else {hint}"
        if isinstance(arguments, list) and name in switches:
            message, hint = f"{name!r} is true or false, and has no parts", f"write {{get_param: {name}}}"
        self.reading.mention(switches)  # any may have been meant
        self._report("template-shape", message, tokens, hint, certain=certain)

    def _report_misplaced(self, function: str, tokens: Tokens, certain: bool) -> None:
        """Report what only stands elsewhere than in conditions."""
        known = sorted(self.language.condition_functions)
        hint = suggest_key(function, known, cutoff=0.75) or f"known there: {', '.join(known)}"
        message = f"{function!r} is no function that conditions can use"
        if not self.language.newer:
            self._report("misplaced-function", message, (*tokens, function), hint, certain=certain, key=True)

    # ---- values

    def value(self, value: Any, tokens: Tokens) -> None:
        """A value in which Heat evaluates functions."""
        if isinstance(value, dict) and len(value) == 1:
            ((key, arguments),) = value.items()
            if key in (self.language.condition_functions if self.in_condition else self.language.functions):
                self._call(key, arguments, (*tokens, key))
                return
            if key in self.language.functions:
                self.reading.mention(arguments)
                self._report_misplaced(key, tokens, certain=True)
                return
            if self._is_misnamed(key, (*tokens, key)):
                self.reading.mention(value)
        elif isinstance(value, dict):
            message, hint = explain_split_call(value, self.language)
            if message:
                self._report("unknown-function", message, tokens, hint)
                self.reading.mention([*value, *value.values()])
        self._members(value, tokens)

    def _members(self, value: Any, tokens: Tokens) -> None:
        for key, item in enumerate(value) if isinstance(value, list) else value.items():
            if isinstance(item, CONTAINERS):
                self.value(item, (*tokens, key))
            elif isinstance(item, str):
                if INDEX in item:
                    self.reading.has_index = True
                if "{" in str(key):  # network {get_param: name}
                    self.reading.mention(item.rstrip(" }"))
                types = () if self.is_replaced else self.types
                if key == "template" and tokens[-1] in REPLACING:
                    continue  # which is told beside what it lacks
                names, message, hint = find_substitution(item, key, self.language, types)
                if message:
                    self._report("unknown-function", message, (*tokens, key), hint)
                    self.reading.mention(names)

    def _is_misnamed(self, key: str, tokens: Tokens) -> bool:
        """Whether a key looks like a function and is none in this version, which is told."""
        since = first_version_with(key)
        if tokens[2:4] == ("properties", GROUP_MEMBER) and since is not None and since <= MEMBERS_VERSION:
            return False
        if key in self.language.removed_functions:
            message = f"{key} is no function of version {self.language.version} any more"
            # Heat refuses it in the section, used or not, and takes it in a condition that stands anywhere else.
            is_taken = self.in_condition and tokens[0] != "conditions"
            rule, certain = "unknown-function" if is_taken else "removed-function", self.certain or self.in_condition
            self._report(rule, message, tokens, find_successor(key), certain=certain, key=True)
            return True
        if not self.language.newer and tokens[-2] != "properties":  # where it is the name of a property
            message, hint = explain_unknown_function(key, self.language)
            if message:
                self._report("unknown-function", message, tokens, hint, key=True)
                return True
        return False

    def _call(self, function: str, arguments: Any, tokens: Tokens) -> None:
        fault = find_argument_fault(function, arguments, self.language, self.types, self.budget)
        if fault is not None:
            is_parsed = fault.parsed and (self.unread == ON_REQUEST or function not in _VALIDATED)
            is_judged = (self.certain and (is_parsed or not self.unread)) or (self.in_condition and fault.parsed)
            place = (*tokens, *fault.tokens)
            self._report("function-arguments", fault.message, place, fault.hint, certain=is_judged)
            self.reading.mention(arguments)
            return
        match function:
            case "not":
                self.condition(arguments, tokens)
            case "and" | "or":
                for number, each in enumerate(arguments):  # Heat stops at the first that decides
                    self.condition(each, (*tokens, number), judged=number == 0)
            case "if":
                self.condition(arguments[0], (*tokens, 0))
                certain, around = self.certain, self.under
                for number, branch in enumerate(arguments[1:], start=1):
                    self.certain, self.under = False, (*around, arguments[0] if number == 1 else {"not": arguments[0]})
                    self._members({number: branch}, tokens)
                self.certain, self.under = certain, around
            case _:
                self._judge_arguments(function, arguments, tokens)
                outer = self.is_replaced
                self.is_replaced = outer or function in REPLACING or function in ("repeat", "yaql")
                if is_call(arguments, self.language):
                    self.value(arguments, tokens)
                elif isinstance(arguments, CONTAINERS):
                    self._members(arguments, tokens)
                self.is_replaced = outer

    def _judge_arguments(self, function: str, arguments: Any, tokens: Tokens) -> None:
        """What a function that is given values refers to, and what is wrong with some of them."""
        match function:
            case "get_param" | "get_resource" | "get_attr" | "Ref":
                self._reference_call(function, arguments, tokens)
            case "equals":
                self.reading.equalities.append((arguments, tokens))
            case "get_file" if not isinstance(arguments, str):
                message = "a function gives the path, and the file is sent only if it is named elsewhere too"
                self._report("computed-file", message, tokens, "write each path out, and choose by if")
            case "make_url" if tokens[2:3] == ("properties",):
                for key, message, hint in find_unmade_parts(arguments):
                    is_made = self.certain and not self.unread
                    self._report("function-arguments", message, (*tokens, key), hint, certain=is_made)
            case _ if function in REPLACING:
                call, read = Call(function, arguments, self.language), self.certain and not self.unread
                found = find_placeholder_problems(call, tokens, self.files, self.budget, certain=read)
                self.reading.problems += found

    def _reference_call(self, function: str, arguments: Any, tokens: Tokens) -> None:
        in_list = isinstance(arguments, list)
        name = arguments[0] if in_list else arguments
        if isinstance(name, CONTAINERS):
            return
        name = str(name)  # Heat looks for a number, too, among the names, and finds it only where it is one of them
        if function == "Ref":
            self.reading.mention(name)
            return
        place = (*tokens, 0) if in_list else tokens
        kind = Kind.PARAMETER if function == "get_param" else Kind.RESOURCE
        is_read = self.unread in (frozenset(), ON_REQUEST)  # in outputs Heat looks whether there is such an attribute
        has_attribute = function == "get_attr" and len(arguments) > 1 and isinstance(arguments[1], str)
        attribute = arguments[1] if has_attribute and is_read else None
        self._refer(kind, name, place, self.certain and function not in self.unread, attribute)

    # ---- findings

    def _refer(self, kind: Kind, name: str, tokens: Tokens, certain: bool, attribute: str | None = None) -> None:
        self.reading.references.append(Reference(kind, name, tokens, certain, self.owner, attribute, self.under))

    def _report(
        self, rule: str, message: str, tokens: Tokens, hint: str = "", *, certain: bool = True, key: bool = False
    ) -> None:
        self.reading.problems.append(TemplateProblem(rule, message, tokens, hint, certain, key))


def _is_placeholder(resource: Mapping[str, Any]) -> bool:
    return isinstance(resource.get("type"), str) and resource["type"] in load_placeholders()
