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
from typing import Any, Final

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
    keywords = {"required": _find_missing, "oneOf": _choose, "patternProperties": _allow_extensions}
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


def _explain(error: Any, may_echo: Callable[[Tokens], bool]) -> Iterator[SchemaProblem]:
    tokens: Tokens = tuple(error.absolute_path)
    instance, wanted = error.instance, error.validator_value
    known = list(error.schema.get("properties", {}))
    ignored = tuple(pattern.removeprefix("^") for pattern in error.schema.get("patternProperties", {}))
    keys = instance if isinstance(instance, dict) else ()
    others = [key for key in keys if key not in known and not key.startswith(ignored)]
    is_closed = error.schema.get("additionalProperties") is False
    match error.validator:
        case "additionalProperties":
            for key in others:
                hint = suggest_key(key, known) or f"known keys: {', '.join(known)}"
                message = f"unknown key {key!r}"
                yield SchemaProblem((*tokens, key), error.validator, message, hint, key=True, part=error.schema)
        case "oneOf" | "anyOf" if isinstance(instance, dict):  # anything else is told as the wrong type
            alternatives = [choice["required"] for choice in wanted]
            yield from _explain_choice(tokens, error.validator, alternatives, instance, others if is_closed else [])
        case "required":
            # A key that was written for it is told as unknown, and its hint names this one; but where any may stand.
            if not is_closed:
                near = find_near(wanted, others, cutoff=0.8)
                yield _lack(tokens, wanted, f"write it for {near!r}" if near else "")
            elif all(find_near(key, known) != wanted for key in others):
                yield _lack(tokens, wanted)
        case keyword if keyword not in ("oneOf", "anyOf"):
            harmless = instance is None or instance in ([], {}, "")
            echo = (harmless or may_echo(tokens)) and keyword != "maxLength"
            value = _describe(instance) if echo else "the value"
            hint = ""
            if keyword == "enum" and isinstance(instance, str):
                hint = suggest(instance, [choice for choice in wanted if isinstance(choice, str)])
            message = f"{value} {_complain(keyword, wanted, instance)}"
            yield SchemaProblem(tokens, keyword, message, hint, part=error.schema)


def _explain_choice(
    tokens: Tokens,
    keyword: str,
    alternatives: Sequence[Sequence[str]],
    present: Mapping[str, Any],
    unknown: Sequence[str],
) -> Iterator[SchemaProblem]:
    """Explain a choice among sets of required keys, the only kind of choice that the published schemas make."""
    chosen = [names for names in alternatives if present.keys() >= {*names}]
    if chosen:
        given = " and ".join(repr(name) for names in chosen for name in names)
        yield SchemaProblem(tokens, "oneOf", f"{given} exclude each other", "keep one of them")
    elif keyword == "oneOf" and all(len(names) == 1 for names in alternatives):
        wanted = [names[0] for names in alternatives]
        if not any(suggest(key, wanted) for key in unknown):  # else told as an unknown key, with the key that was meant
            yield SchemaProblem(tokens, "oneOf", f"one of {', '.join(map(repr, wanted))} is required")
    else:
        # The one that most is there of, and else the first: not the shortest, which nobody may have meant.
        closest = max(alternatives, key=lambda names: len(present.keys() & {*names}))
        yield from (_lack(tokens, name) for name in closest if name not in present)


def _lack(tokens: Tokens, name: str, hint: str = "") -> SchemaProblem:
    return SchemaProblem(tokens, "required", f"{name!r} is a required property", hint, part={"required": name})


def _complain(keyword: str, wanted: Any, instance: Any) -> str:
    """What is wrong with a value, as far as requests can break their schema; definitions have words of their own."""
    match keyword:
        case "type":
            return f"is not of type {', '.join(map(repr, wanted if isinstance(wanted, list) else [wanted]))}"
        case "maxLength":
            return f"is too long: {len(instance):,} characters, where {wanted:,} are allowed"
        case "pattern":
            return "is blank" if wanted == r"\S" else f"does not match {wanted!r}"
        case "minLength":
            return "is empty"
        case _:
            return f"breaks {keyword!r}"


def _describe(instance: Any) -> str:
    """The value, cut where it is long; a filled container only by its kind."""
    if isinstance(instance, dict | list) and instance:
        return "the object" if isinstance(instance, dict) else "the array"
    return shorten(repr(instance), _MAX_ECHO)
