"""Intrinsic functions: calls in a template, parsed into trees that resolve against a stack.

Apart from templates, because the trees serve three ends: finding what refers to what, checking references, and
computing values. What a function makes of its arguments is :mod:`builder.hot`'s to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from builder.hot.computations import Budget, compute
from builder.hot.functions import Call, CallError, check_shape, check_values
from builder.hot.language import Language
from builder.sandbox.faults import (
    Json,
    StackValidationFailed,
    invalid_reference,
    parameter_missing,
)
from builder.sandbox.heat.wording import explain_call_fault

Node = Json
"""What a template says, parsed: JSON in which every intrinsic function is a :class:`Function`."""

OMITTED = Ellipsis
"""What an ``if`` without its third argument gives: the item around it is left out."""


class Scope(Protocol):
    """What functions resolve against: a stack that is planned, or one that exists."""

    @property
    def parameters(self) -> Mapping[str, Json]:
        """The values of the parameters, pseudo parameters included."""

    @property
    def files(self) -> Mapping[str, str]:
        """The files that came with the template."""

    def has_resource(self, name: str) -> bool:
        """Tell whether the template has such a resource (and its condition holds)."""

    def reference(self, name: str) -> str:
        """Return what ``get_resource`` gives for a resource."""

    def attribute(self, name: str, attribute: str | None, path: Sequence[Json]) -> Json:
        """Return what ``get_attr`` gives; all attributes when ``attribute`` is None."""

    def check_attribute(self, name: str, attribute: str) -> bool:
        """Tell whether resources of that type have such an attribute."""


class Function:
    """A call in a template; ``args`` are parsed, so calls nest."""

    def __init__(self, name: str, args: Node, language: Language) -> None:
        """Judge the shape of the arguments, before any is resolved. Raises ValueError with Heat's words."""
        self.name = name
        self.args = args
        self.language = language
        _worded(check_shape, Call(name, args, language))

    def resolve(self, scope: Scope) -> Json:
        """Compute the value. Raises ValueError or HeatFault with Heat's words."""
        call = Call(self.name, resolve(self.args, scope), self.language)
        return _worded(lambda call: compute(call, Budget()), call)

    def checked_args(self, scope: Scope) -> Json:
        """Return the values of the arguments. Raises ValueError, with Heat's words, for what the function refuses."""
        call = Call(self.name, resolve(self.args, scope), self.language)
        _worded(check_values, call)
        return call.args

    def references(self, path: str) -> Iterator[tuple[str, str]]:
        """Yield the resources referred to, each with the place in Heat's notation."""
        yield from find_references(self.args, f"{path}.{self.name}")

    def validate(self, scope: Scope) -> None:
        """Check references that only the whole template can tell. Raises HeatFault where one is wrong."""
        validate_node(self.args, scope)


class GetParam(Function):
    """``get_param: name`` or ``get_param: [name, key, ...]``."""

    def resolve(self, scope: Scope) -> Json:
        args = self.checked_args(scope)
        name, *path = [args] if isinstance(args, str) else args
        if name not in scope.parameters:
            raise parameter_missing(name)
        value = select(scope.parameters[name], path)
        return "" if value is None and path else value


class GetResource(Function):
    """``get_resource: name``."""

    def resolve(self, scope: Scope) -> Json:
        name = str(resolve(self.args, scope))
        if not scope.has_resource(name):
            raise invalid_reference(name, "unknown")
        return scope.reference(name)

    def references(self, path: str) -> Iterator[tuple[str, str]]:
        yield from super().references(path)
        if isinstance(self.args, str):
            yield self.args, path


class GetAttr(Function):
    """``get_attr: [resource]`` or ``get_attr: [resource, attribute, key, ...]``."""

    def resolve(self, scope: Scope) -> Json:
        name, *rest = resolve(self.args, scope)
        if not scope.has_resource(name):
            raise invalid_reference(name, "unknown")
        return scope.attribute(name, rest[0] if rest else None, rest[1:])

    def references(self, path: str) -> Iterator[tuple[str, str]]:
        yield from super().references(path)
        if isinstance(self.args[0], str):
            yield self.args[0], path

    def validate(self, scope: Scope) -> None:
        super().validate(scope)
        name, attribute = self.args[0], self.args[1] if len(self.args) > 1 else None
        if not isinstance(name, str):
            return
        if not scope.has_resource(name):
            raise StackValidationFailed(invalid_reference(name, "unknown").message)
        if isinstance(attribute, str) and not scope.check_attribute(name, attribute):
            raise StackValidationFailed(f"The Referenced Attribute ({name} {attribute}) is incorrect.")


class GetFile(Function):
    """``get_file: path``."""

    def resolve(self, scope: Scope) -> Json:
        path = self.checked_args(scope)
        if path not in scope.files:
            raise ValueError(f'No content found in the "files" section for {self.name} path: {path}')
        return scope.files[path]


def _worded(judge: Callable[[Call], Json], call: Call) -> Json:
    """Judge a call. Raises ValueError with Heat's words."""
    try:
        return judge(call)
    except CallError as error:
        raise ValueError(explain_call_fault(call, error)) from error


def resolve(node: Node, scope: Scope) -> Json:
    """Return the value of a node.

    Raises ValueError, TypeError or HeatFault where a function in it has none.
    """
    if isinstance(node, Function):
        return node.resolve(scope)
    if isinstance(node, dict):
        resolved = ((key, resolve(value, scope)) for key, value in node.items())
        return {key: value for key, value in resolved if value is not OMITTED}
    if isinstance(node, list):
        return [value for value in (resolve(item, scope) for item in node) if value is not OMITTED]
    return node


def find_references(node: Node, path: str) -> Iterator[tuple[str, str]]:
    """Yield the resources that a node refers to, each with the place in Heat's notation."""
    if isinstance(node, Function):
        yield from node.references(path)
    else:
        for part, child in _children(node):
            yield from find_references(child, f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}")


def validate_node(node: Node, scope: Scope) -> None:
    """Check the references in a node.

    Raises HeatFault where one is wrong; its path is relative to ``node``.
    """
    for part, child in [(node.name, node)] if isinstance(node, Function) else _children(node):
        try:
            if child is node:
                node.validate(scope)
            else:
                validate_node(child, scope)
        except StackValidationFailed as failure:
            raise failure.within((part,)) from failure


def _children(node: Node) -> Iterable[tuple[str | int, Node]]:
    if isinstance(node, dict):
        return ((str(key), value) for key, value in node.items())
    return enumerate(node) if isinstance(node, list) else ()


def select(value: Json, path: Sequence[Json]) -> Json:
    """Return the part of a value that a path of keys and indexes leads to; None when it leads nowhere."""
    for key in path:
        try:
            value = value[int(key)] if isinstance(value, (list, str)) else value[key]
        except (KeyError, IndexError, TypeError, ValueError):
            return None
    return value
