"""A quick way to tell that data keeps to a JSON schema, for the many definitions with which nothing is wrong.

jsonschema, which says what is wrong, takes longer over a good definition than the parser does. So a schema is compiled
once into nested functions that only say yes or no; where they say no, jsonschema is asked for the reasons. The two are
held against each other by tests/definitions/test_quick_validation.py.

fastjsonschema would do it too, in half the time for each definition, but takes as long to compile our schema as a
thousand definitions take here: at every start of a service or a check.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

Check = Callable[[Any], bool]

_ANNOTATIONS: Final = frozenset(
    {
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "definitions",
        "markdownDescription", "defaultSnippets", "enumDescriptions", "markdownEnumDescriptions",
        "readOnly", "writeOnly",
    }
)  # fmt: skip

_TYPES: Final[Mapping[str, Check]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        not isinstance(value, bool)
        and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
}  # fmt: skip


class UnknownKeywordError(Exception):
    """The schema uses a keyword that has no quick way."""


def compile_schema(schema: Any) -> Check:
    """The function that tells whether data keeps to a schema of draft 7.

    Raises UnknownKeywordError.
    """
    return _Compiler(schema).compile(schema)


class _Compiler:
    """Compiles one schema; what ``$ref`` names is compiled when it is used first, so that it may refer to itself."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._referred: dict[str, Check] = {}

    def compile(self, schema: Any) -> Check:
        if isinstance(schema, bool):
            return lambda _: schema
        if "$ref" in schema:  # in draft 7, nothing beside it counts
            return self._refer(schema["$ref"])
        checks = [
            check
            for keyword, value in schema.items()
            if keyword not in _ANNOTATIONS
            for check in self._compile_keyword(keyword, value, schema)
        ]
        if not checks:
            return lambda _: True
        if len(checks) == 1:
            return checks[0]
        return lambda value: all([check(value) for check in checks])  # noqa: C419  # a list is quicker than a generator

    def _refer(self, reference: str) -> Check:
        if not reference.startswith("#/"):
            raise UnknownKeywordError(reference)

        def check(value: Any) -> bool:
            return self._referred[reference](value)

        if reference not in self._referred:
            self._referred[reference] = check
            target = self._root
            for token in reference[2:].split("/"):
                target = target[token]
            self._referred[reference] = self.compile(target)
        return check

    def _compile_keyword(self, keyword: str, value: Any, schema: Mapping[str, Any]) -> Sequence[Check]:
        match keyword:
            case "type":
                types = [_TYPES[name] for name in (value if isinstance(value, list) else [value])]
                return [types[0] if len(types) == 1 else lambda each: any(check(each) for check in types)]
            case "enum":
                if not all(isinstance(each, str) for each in value):
                    raise UnknownKeywordError("enum of what is no text")
                return [lambda each: isinstance(each, str) and each in value]
            case "oneOf" | "anyOf":
                choices = [self.compile(each) for each in value]
                if keyword == "anyOf":
                    return [lambda each: any(check(each) for check in choices)]
                return [lambda each: sum(check(each) for check in choices) == 1]
            case "properties":
                return [self._compile_object(schema)]
            case "patternProperties" | "additionalProperties":
                return [] if "properties" in schema else [self._compile_object(schema)]
            case "items":
                item = self.compile(value)
                return [lambda each: not isinstance(each, list) or all([item(one) for one in each])]  # noqa: C419  # as above
            case _:
                return [_compile_limit(keyword, value)]

    def _compile_object(self, schema: Mapping[str, Any]) -> Check:
        properties = {name: self.compile(each) for name, each in schema.get("properties", {}).items()}
        patterns = [
            (re.compile(name), self.compile(each)) for name, each in schema.get("patternProperties", {}).items()
        ]
        others = self.compile(schema.get("additionalProperties", True))

        def check(value: Any) -> bool:
            if not isinstance(value, dict):
                return True
            for name, each in value.items():
                known = properties.get(name)
                if known is not None and not known(each):
                    return False
                matching = [pattern_check for pattern, pattern_check in patterns if pattern.search(name)]
                if not all(pattern_check(each) for pattern_check in matching):
                    return False
                if known is None and not matching and not others(each):
                    return False
            return True

        return check


def _compile_limit(keyword: str, limit: Any) -> Check:
    match keyword:
        case "required":
            names = frozenset(limit)
            return lambda value: not isinstance(value, dict) or names <= value.keys()
        case "pattern":
            search = re.compile(limit).search
            return lambda value: not isinstance(value, str) or search(value) is not None
        case "maxLength":
            return lambda value: not isinstance(value, str) or len(value) <= limit
        case "minLength":
            return lambda value: not isinstance(value, str) or len(value) >= limit
        case "minItems":
            return lambda value: not isinstance(value, list) or len(value) >= limit
        case "maxItems":
            return lambda value: not isinstance(value, list) or len(value) <= limit
        case "minProperties":
            return lambda value: not isinstance(value, dict) or len(value) >= limit
        case "minimum":
            return lambda value: not _TYPES["number"](value) or value >= limit
        case "maximum":
            return lambda value: not _TYPES["number"](value) or value <= limit
        case _:
            raise UnknownKeywordError(keyword)
