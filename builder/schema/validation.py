"""What a published JSON schema says about data, in words for the person who wrote the data.

The one place that knows jsonschema. A failed choice among alternatives is explained by the closest one, and every
unknown key is a problem of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from itertools import islice
from operator import getitem
from typing import Any, Final, cast

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from builder.schema import published
from builder.text.excerpts import shorten
from builder.text.pointers import Tokens
from builder.text.spelling import find_near, suggest, suggest_key

FOR_EDITORS = "#/definitions/hot"
"""How references begin that lead to what editors are told of Heat's templates."""

_MAX_ECHO = 80
"""In characters: enough to recognise a value by, and the line of a message stays one line."""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One way in which data breaks a schema.

    ``tokens`` is the JSON pointer of the offending value, unescaped; ``keyword`` the JSON Schema keyword that it
    breaks; with ``key`` the offence is the key named last, not its value. ``part`` is the schema of that value.
    """

    tokens: Tokens
    keyword: str
    message: str
    hint: str = ""
    key: bool = False
    part: Mapping[str, Any] = field(default_factory=dict, compare=False)


def validate_instance(
    instance: Any,
    schema: str,
    *,
    may_echo: Callable[[Tokens], bool] = lambda _: True,
    most: int | None = None,
) -> list[SchemaProblem]:
    """Every problem of the published schema named ``schema``, in the order of the data.

    With ``most``, no more than so many are looked for, and they need not be the first ones in the data.
    A message repeats the offending value only where ``may_echo`` allows it for the value's place: it may be a secret.
    """
    errors = _validator(schema).iter_errors(instance)
    problems = islice((each for error in errors for each in _explain(error, may_echo)), most)
    numbers: dict[int, dict[Any, int]] = {}

    def place(problem: SchemaProblem) -> list[int]:
        """The number of each token among those beside it: a pointer does not say which of two keys comes first."""
        found, value = [], instance
        for token in problem.tokens:
            if isinstance(token, str) and id(value) not in numbers:
                numbers[id(value)] = {key: number for number, key in enumerate(value)}
            found.append(numbers[id(value)][token] if isinstance(token, str) else token)
            value = value[token]
        return found

    return sorted(dict.fromkeys(problems), key=place)


_TYPES: Final[Mapping[type, frozenset[str]]] = {
    dict: frozenset({"object"}),
    list: frozenset({"array"}),
    str: frozenset({"string"}),
    bool: frozenset({"boolean"}),
    int: frozenset({"integer", "number"}),
    type(None): frozenset({"null"}),
}
"""What values of Python certainly are to JSON Schema; of others jsonschema tells."""


def _check_type(validator: Any, types: str | list[str], instance: Any, schema: Any) -> Iterable[ValidationError]:
    """The keyword ``type``, told at once where a value keeps to it, as nearly every one does."""
    names = _TYPES.get(type(instance), frozenset())
    if types in names if isinstance(types, str) else not names.isdisjoint(types):
        return ()
    return cast("Iterable[ValidationError]", Draft7Validator.VALIDATORS["type"](validator, types, instance, schema))


def _find_missing(_validator: Any, names: Sequence[str], instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """The keyword ``required``; jsonschema's own names what is missing in an error's text alone."""
    if isinstance(instance, dict):
        for name in names:
            if name not in instance:
                yield ValidationError(f"{name!r} is missing", validator_value=name)


def _choose(_validator: Any, choices: Sequence[Any], instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """The keyword ``oneOf``, as far as the published schemas use it: see :func:`_explain_choice`."""
    if isinstance(instance, dict) and sum(instance.keys() >= {*choice["required"]} for choice in choices) != 1:
        yield ValidationError("not one of the choices")


def _allow_extensions(*_: Any) -> Iterable[ValidationError]:
    """The keyword ``patternProperties``: the published schemas demand nothing of keys that begin with ``x-``."""
    return ()


def _branch(validator: Any, condition: Any, instance: Any, schema: Mapping[str, Any]) -> Iterable[ValidationError]:
    """The keyword ``if``; jsonschema's own makes a validator each time."""
    branch = "then" if next(iter(validator.descend(instance, condition)), None) is None else "else"
    return validator.descend(instance, schema[branch]) if branch in schema else ()


@cache
def _validator(name: str) -> Draft7Validator:
    """A validator for a published schema, which takes a quarter of the time that jsonschema's own takes.

    It makes one more for each part, where jsonschema makes one for each value, and none where nothing but the type is
    demanded; and it makes no errors for choices that are not taken.
    """
    parts: dict[int, tuple[Any, frozenset[type]]] = {}

    def descend(self: Any, instance: Any, schema: Any, path: str | int | None = None, **_: Any) -> Iterable[Any]:
        """Do as jsonschema does, but for the path within the schema and what only references need."""
        known = parts.get(id(schema))
        if known is None:
            known = parts[id(schema)] = type(self)(schema), _find_sound_types(schema, self.VALIDATORS)
        part, sound = known
        if type(instance) in sound:
            return ()
        errors = part.iter_errors(instance)
        return errors if path is None else _place(errors, path)

    def is_type(self: Any, instance: Any, name: str) -> bool:
        names = _TYPES.get(type(instance))
        return self.TYPE_CHECKER.is_type(instance, name) if names is None else name in names

    root = published.load_schema(name)
    keywords = {
        "type": _check_type, "required": _find_missing, "oneOf": _choose, "if": _branch,
        "patternProperties": _allow_extensions,
    }  # fmt: skip
    validator_class: Any = extend(Draft7Validator, keywords)  # type: ignore[no-untyped-call]
    validator_class.descend, validator_class.is_type = descend, is_type
    validator: Draft7Validator = validator_class(_inline(root, root))
    return validator


def _find_sound_types(schema: Any, keywords: Container[str]) -> frozenset[type]:
    """The types of values of which a part of a schema demands no more than what they are."""
    demanded = {} if schema is True else {key: value for key, value in schema.items() if key in keywords}
    types = demanded.pop("type", None)
    wanted = {types} if isinstance(types, str) else set(types or ())
    return frozenset(each for each, names in _TYPES.items() if not demanded and (types is None or names & wanted))


def _place(errors: Iterable[ValidationError], path: str | int) -> Iterator[ValidationError]:
    for error in errors:
        error.path.appendleft(path)
        yield error


def _inline(part: Any, root: Any) -> Any:
    """A part of a schema, with what its references name in their place, which may not be what they stand in.

    What is there of Heat's templates alone demands nothing, and is for editors: see :mod:`builder.hot_lint`.
    """
    if isinstance(part, list):
        return [_inline(each, root) for each in part]
    if not isinstance(part, dict):
        return part
    if part.get("$ref", "").startswith(FOR_EDITORS):
        return {}
    if "$ref" in part:  # in draft 7, nothing beside it counts
        return _inline(reduce(getitem, part["$ref"].removeprefix("#/").split("/"), root), root)
    return {key: _inline(value, root) for key, value in part.items()}


def _explain(error: ValidationError, may_echo: Callable[[Tokens], bool]) -> Iterator[SchemaProblem]:
    tokens: Tokens = tuple(error.absolute_path)
    keyword = str(error.validator)
    if keyword == "additionalProperties":
        yield from _explain_unknown_keys(error, tokens)
    elif keyword in ("oneOf", "anyOf"):
        yield from _explain_choice(error, tokens)
    elif keyword == "required":
        name = str(error.validator_value)
        known = list(cast("Any", error.schema).get("properties", {}))
        if _is_closed(error) and any(find_near(key, known) == name for key in _list_additional_properties(error)):
            return  # told as an unknown key, with the key that was meant
        # A key that was written for it is told as unknown, but where any key may stand.
        near = find_near(name, _list_additional_properties(error), cutoff=0.8) if not _is_closed(error) else ""
        hint = f"write it for {near!r}" if near else ""
        yield _lack(tokens, name, hint)
    else:
        harmless = error.instance is None or error.instance in ([], {}, "")
        echo = (harmless or may_echo(tokens)) and keyword != "maxLength"
        value = _describe(error.instance) if echo else "the value"
        part, choices = cast("Any", error.schema), cast("Any", error.validator_value)
        hint = ""
        if keyword == "enum" and isinstance(error.instance, str):
            hint = suggest(error.instance, [choice for choice in choices if isinstance(choice, str)])
        yield SchemaProblem(tokens, keyword, f"{value} {_complaint(error)}", hint, part=part)


def _explain_unknown_keys(error: ValidationError, tokens: Tokens) -> Iterator[SchemaProblem]:
    schema: Any = error.schema
    instance: Any = error.instance
    known = list(schema.get("properties", {}))
    patterns = list(schema.get("patternProperties", {}))
    for key in instance:
        if key not in known and not any(key.startswith(pattern.removeprefix("^")) for pattern in patterns):
            hint = suggest_key(key, known) or f"known keys: {', '.join(known)}"
            yield SchemaProblem(
                (*tokens, key), "additionalProperties", f"unknown key {key!r}", hint, key=True, part=schema
            )


def _explain_choice(error: ValidationError, tokens: Tokens) -> Iterator[SchemaProblem]:
    """Explain a choice among sets of required keys, the only kind of choice that the published schemas make."""
    choices: Any = error.validator_value
    instance: Any = error.instance
    if not isinstance(instance, dict):
        return  # told as the wrong type
    alternatives: list[list[str]] = [choice["required"] for choice in choices]
    present = set(instance)
    chosen = [names for names in alternatives if present.issuperset(names)]
    if chosen:
        given = " and ".join(repr(name) for names in chosen for name in names)
        yield SchemaProblem(tokens, "oneOf", f"{given} exclude each other", "keep one of them")
    elif all(len(names) == 1 for names in alternatives) and error.validator == "oneOf":
        wanted = [names[0] for names in alternatives]
        if _is_closed(error) and any(suggest(key, wanted) for key in _list_additional_properties(error)):
            return  # told as an unknown key, with the key that was meant
        yield SchemaProblem(tokens, "oneOf", f"one of {', '.join(map(repr, wanted))} is required")
    else:
        # The one that most is there of, and else the first: not the shortest, which nobody may have meant.
        closest = max(alternatives, key=lambda names: len(present.intersection(names)))
        for name in closest:
            if name not in present:
                yield _lack(tokens, name)


def _lack(tokens: Tokens, name: str, hint: str = "") -> SchemaProblem:
    return SchemaProblem(tokens, "required", f"{name!r} is a required property", hint, part={"required": name})


def _is_closed(error: ValidationError) -> bool:
    """Whether the object may have no other keys than the schema's."""
    schema: Any = error.schema
    return schema.get("additionalProperties") is False


def _list_additional_properties(error: ValidationError) -> list[str]:
    schema: Any = error.schema
    instance: Any = error.instance
    return [key for key in instance if key not in schema.get("properties", {}) and not key.startswith("x-")]


def _complaint(error: ValidationError) -> str:
    limit: Any = error.validator_value
    instance: Any = error.instance
    match str(error.validator):
        case "type":
            types = limit if isinstance(limit, list) else [limit]
            return f"is not of type {', '.join(repr(name) for name in types)}"
        case "enum" if len(limit) == 1:
            return f"is not {limit[0]!r}"
        case "enum":
            return f"is not one of {', '.join(repr(value) for value in limit)}"
        case "maxLength":
            return f"is too long: {len(instance):,} characters, where {limit:,} are allowed"
        case "pattern":
            return "is blank" if limit == r"\S" else f"does not match {limit!r}"
        case "minimum":
            return f"is less than {limit}"
        case "maximum":
            return f"is greater than {limit}"
        case "minLength" | "minItems" | "minProperties":
            return "is empty"
        case keyword:
            return f"breaks {keyword!r}"


def _describe(instance: Any) -> str:
    """The value, cut where it is long; a filled container only by its kind."""
    if isinstance(instance, dict) and instance:
        return "the object"
    if isinstance(instance, list) and instance:
        return "the array"
    return shorten(repr(instance), _MAX_ECHO)
