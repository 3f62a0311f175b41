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
from builder.sandbox.faults import HeatFault, Json, Path, StackValidationFailed
from builder.sandbox.heat.wording import explain_call_fault

Node = Json
"""What a template says, parsed: JSON in which every intrinsic function is a :class:`Function`."""

OMITTED = Ellipsis
"""What an ``if`` without its third argument gives: the item around it is left out."""


class Scope(Protocol):
    """What functions resolve against: a stack, planned or made."""

    @property
    def files(self) -> Mapping[str, str]:
        """The files that came with the template."""

    def parameter(self, name: str) -> Json:
        """Return the value of a parameter, or of a pseudo parameter. Raises HeatFault where there is none."""

    def has_resource(self, name: str) -> bool:
        """Tell whether the template has such a resource (and its condition holds)."""

    def reference(self, name: str) -> str:
        """Return what ``get_resource`` gives for a resource."""

    def attribute(self, name: str, attribute: str | None, path: Sequence[Json]) -> Json:
        """Return what ``get_attr`` gives; all attributes when ``attribute`` is None."""

    def check_attribute(self, name: str, attribute: str) -> bool:
        """Tell whether resources of that type have such an attribute."""


class Function:
    """A call in a template; ``args`` are parsed, so calls nest. Those of ``if`` are the one branch that holds."""

    def __init__(self, name: str, args: Node, language: Language) -> None:
        """Judge the shape of the arguments, before any is resolved. Raises ValueError with Heat's words."""
        self.name = name
        self.args = args
        self.language = language
        _worded(check_shape, Call(name, args, language))

    def resolve(self, scope: Scope) -> Json:
        """Compute the value. Raises ValueError or HeatFault with Heat's words."""
        args = resolve(self.args, scope)
        call = Call(self.name, args, self.language)
        match self.name:
            case "if":
                return args
            case "get_resource" | "get_attr":
                name, *path = args if self.name == "get_attr" else [str(args)]
                if not scope.has_resource(name):
                    raise HeatFault("InvalidTemplateReference", name, "unknown")
                if self.name == "get_resource":
                    return scope.reference(name)
                return scope.attribute(name, path[0] if path else None, path[1:])
            case "get_param":
                _worded(check_values, call)
                name, *path = [args] if isinstance(args, str) else args
                value = select(scope.parameter(name), path)
                return "" if value is None and path else value
            case "get_file":
                _worded(check_values, call)
                if args not in scope.files:
                    raise ValueError(f'No content found in the "files" section for get_file path: {args}')
                return scope.files[args]
        return _worded(lambda call: compute(call, Budget()), call)

    @property
    def reference(self) -> str | None:
        """The resource that it refers to, where the template itself names one."""
        named = self.args if self.name == "get_resource" else self.args[0] if self.name == "get_attr" else None
        return named if isinstance(named, str) else None

    def check_attribute(self, scope: Scope, path: Path) -> None:
        """Check the attribute that is asked for, which only the whole template can tell.

        Raises StackValidationFailed.
        """
        if self.name != "get_attr" or self.reference is None:
            return
        name, attribute = self.reference, self.args[1] if len(self.args) > 1 else None
        if not scope.has_resource(name):
            raise StackValidationFailed(HeatFault("InvalidTemplateReference", name, "unknown").message, path=path)
        if isinstance(attribute, str) and not scope.check_attribute(name, attribute):
            raise StackValidationFailed(f"The Referenced Attribute ({name} {attribute}) is incorrect.", path=path)


def _worded(judge: Callable[[Call], Json], call: Call) -> Json:
    """Judge a call. Raises ValueError with Heat's words."""
    try:
        return judge(call)
    except CallError as error:
        raise ValueError(explain_call_fault(call, error)) from error


def resolve(node: Node, scope: Scope) -> Json:
    """Return the value of a node. Raises ValueError, TypeError or HeatFault where a function in it has none."""
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
    for part, child in _children(node):
        yield from find_references(child, f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}")
    if isinstance(node, Function) and node.reference is not None:
        yield node.reference, path


def validate_node(node: Node, scope: Scope, path: Path = ()) -> None:
    """Check the attributes that a node asks for. Raises StackValidationFailed where one is wrong."""
    for part, child in _children(node):
        validate_node(child, scope, (*path, part))
    if isinstance(node, Function):
        node.check_attribute(scope, (*path, node.name))


def _children(node: Node) -> Iterable[tuple[str | int, Node]]:
    if isinstance(node, Function):
        return ((node.name, node.args),)
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
