"""Outputs as Concertim reads them: which type a rack is of, where its link leads, and texts that the whole team sees.

A text is followed as far as the template tells it; what nobody knows before a launch stands in it as one character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote_plus

from builder.diagnostics.problems import Problem
from builder.hot.foreign_names import find_foreign_attribute
from builder.hot.functions import REPLACING
from builder.hot.resource_types import find_attributes, find_list_depth
from builder.hot.values import ParameterType
from builder.hot_lint.conflicts.judged import find_referred
from builder.hot_lint.conflicts.servers import SERVER
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.inclusion import LoadedTemplate
from builder.hot_lint.members import find_branches
from builder.parameters.declarations import Parameter, find_default_faults
from builder.parameters.declared_constraints import CustomConstraint, Length
from builder.text.pointers import CONTAINERS

TYPE_OUTPUT: Final = "concertim_cluster_type"
"""The output whose value is the id of the type. Every launch adds it: the Visualisation App finds the instructions of a
rack by it, and newer releases show no stack without it."""

WEB_ACCESS_OUTPUT: Final = "web_access"
"""The output that becomes a link on the page of a rack."""

_UNKNOWN: Final = "\N{OBJECT REPLACEMENT CHARACTER}"
_URL: Final = re.compile(rf"https?://|{_UNKNOWN}", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"(?:^|_)(?:ip|ips|ipv4|ipv6|address|addresses|networks)(?:$|_)", re.IGNORECASE)
_WITH_ADDRESSES: Final = ("OS::Neutron::", "OS::Nova::")
"""Names of attributes that are addresses, and the types of resources that have them."""

_ADDRESS_OF: Final = {
    "OS::Neutron::FloatingIP": "floating_ip_address",
    "OS::Neutron::Port": "fixed_ips, 0, ip_address",
}
"""What ``get_attr`` reads for the address, by types whose id is of no use in a URL."""

_ITEMS: Final[Mapping[str, tuple[int | str, ...]]] = {"fixed_ips": (0, "ip_address"), "addresses": (0, "addr")}
"""The path from an attribute to an address, for attributes whose items are mappings; items of others are addresses."""

_SAYS_ADDRESS: Final = re.compile(r"(?:^|[\W_])(?:ips?|address(?:es)?|urls?|links?|endpoints?)(?:$|[\W_])", re.I)
_SAYS_ID: Final = re.compile(r"(?:^|[\W_])(?:ids?|uuids?|identifiers?)(?:$|[\W_])", re.I)
"""What names and descriptions of outputs contain that promise an address, or an id."""

_ATTRIBUTE: Final = re.compile(r"(?:\$\{)?(?:openstack_\w+\.)?([\w-]+)\.(\w+)\}?")
"""How Terraform reads an attribute of a resource: ``${openstack_networking_floatingip_v2.login.address}``."""

_SECRET: Final = re.compile(r"(?:^|[_-])(?:password|passwd|passphrase|secret|token|private_key)s?(?:$|[_-])", re.I)
_RANDOM: Final = "OS::Heat::RandomString"

_MAX_TEXT: Final = 4096
"""In characters: as much of a text as is judged, far more than people read on a page."""

_MAX_PART: Final = 256
"""In characters, or parts: what one placeholder is replaced by is cut off there, so that no text grows to gigabytes."""

_Found = tuple[str, str]
"""What is wrong, and a hint."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the outputs of a template are judged by; ``resources`` are all that they can refer to, by name.

    ``files`` are those that the template includes, ``hardcoded`` the values that a definition gives, and ``parameters``
    those that people are asked for, or that it says something of.
    """

    cluster_type_id: str
    files: Mapping[str, str]
    hardcoded: Mapping[str, Any]
    parameters: Mapping[str, Parameter]
    resources: Mapping[str, Any]

    def find_problems(self, root: LoadedTemplate) -> Iterator[Problem]:
        """Yield a problem for each output that Concertim cannot use, fails on, or shows to too many people."""
        template = {**root.template, "resources": self.resources}
        for name, output in (template.get("outputs") or {}).items():
            value, place = output.get("value"), ("outputs", name, "value")
            found = {
                "output-equals-signs": self._find_equals_signs(value),
                "secret-output": find_secrets(name, value, template, self.parameters),
            }
            if name == TYPE_OUTPUT:
                found = {"cluster-type-output": self._check_cluster_type(output)}
            elif name == WEB_ACCESS_OUTPUT:
                found = {"web-access-output": self._check_link(value, template), **found}
            for rule, faults in found.items():
                for message, hint in islice(faults, 1):
                    yield root.problem(TemplateProblem(rule, message, place, hint))

    def _check_cluster_type(self, output: Mapping[str, Any]) -> Iterator[_Found]:
        wanted, value = self.cluster_type_id, output.get("value")
        if self._read(value) == wanted and output.get("condition") in (None, True):
            return
        told = f", and is {value!r}" if isinstance(value, str) and value != wanted else ""
        message = f"{TYPE_OUTPUT} must be the id of the type, {wanted!r}, in every launch{told}"
        yield message, "leave the output out: every launch has it by itself"

    def _check_link(self, value: Any, template: Mapping[str, Any]) -> Iterator[_Found]:
        for function, name in _calls(value):
            part = _ADDRESS_OF.get(_find_type(template, name)) if function == "get_resource" else None
            if part is not None:
                message = f"get_resource gives the id of {name!r}, and {WEB_ACCESS_OUTPUT} wants its address"
                yield message, f"write {{get_attr: [{name}, {part}]}}"
        for path in filter(None, map(_find_path, _find_parts(value))):
            depth = find_list_depth(_find_type(template, path[0]), str(path[1])) if len(path) > 1 else None
            if depth is not None and len(path) == 2 + depth:
                message = f"get_attr gives a list, of which Heat makes JSON, and {WEB_ACCESS_OUTPUT} wants one address"
                item = _ITEMS.get(path[1], (0,))
                yield message, f"write [{', '.join(map(str, (*path, *item)))}]"
        hint = "put 'https://' before it with str_replace or list_join"
        for each in _branches(value):
            attributes: list[str] = []
            if (way := _find_path(each)) and _find_type(template, way[0]).startswith(_WITH_ADDRESSES):
                attributes = [part for part in way[1:] if isinstance(part, str)]
            if not _URL.match(self._read(each)):
                yield f"{WEB_ACCESS_OUTPUT} becomes a link, and does not begin with http(s)://", hint
            elif any(map(_ADDRESS.search, attributes)):
                yield f"{WEB_ACCESS_OUTPUT} becomes a link, and this is an address, no URL", hint

    def _find_equals_signs(self, value: Any) -> Iterator[_Found]:
        for each in _leaves(value):
            if any(part.count("=") > 1 for part in self._read(each).split(", ")):
                yield "the text has two '=' with no ', ' between them", "show the parts in outputs of their own"
        for function, arguments in _calls(value):
            name = arguments[0] if isinstance(arguments, list) and arguments else arguments
            parameter = self.parameters.get(name) if function == "get_param" and isinstance(name, str) else None
            if parameter is None or parameter.hidden or name in self.hardcoded:
                continue
            if _may_hold_equals_signs(parameter):
                hint = "constrain it by allowed_pattern: '^[^=]*$', or do not show it"
                yield f"people may enter two '=' for {name!r}, which the output shows", hint

    def _read(self, value: Any) -> str:
        """The text that a value becomes, with one character for each part that is not known before a launch."""
        if not isinstance(value, dict) or len(value) != 1:
            return _UNKNOWN if isinstance(value, CONTAINERS) else "" if value is None else str(value)[:_MAX_TEXT]
        match next(iter(value.items())):
            case "get_param", str(name):
                return self._read(self.hardcoded.get(name, {}))
            case "get_file", str(name):
                return self.files.get(name, _UNKNOWN)[:_MAX_TEXT]
            case function, {"params": dict(params), **others} if function in REPLACING:
                text = self._read(others.get("template"))
                for key in sorted(filter(None, params), key=len, reverse=True):
                    text = text.replace(key, self._read(params[key])[:_MAX_PART])[:_MAX_TEXT]
                return text
            case "list_join", [str(separator), *joined]:
                lists = (each if isinstance(each, list) else [{}] for each in joined)
                parts = islice((self._read(item) for items in lists for item in items), _MAX_PART)
                return separator[:_MAX_PART].join(parts)[:_MAX_TEXT]
            case "make_url", {**parts_of_url}:
                query, scheme = parts_of_url.get("query"), self._read(parts_of_url.get("scheme"))
                pairs = [f"{quote_plus(str(key))}={_UNKNOWN}" for key in query] if isinstance(query, dict) else []
                return f"{scheme}{':' if scheme else ''}//{_UNKNOWN}{'?' if pairs else ''}{'&'.join(pairs)}"
        return _UNKNOWN


def find_misread_values(template: Mapping[str, Any], types: Mapping[str, str]) -> Iterator[TemplateProblem]:
    """Yield a problem for each output that promises an address and shows an id, or reads as other tools write it.

    ``types`` are those of resources, by name.
    """
    for name, output in (template.get("outputs") or {}).items():
        if isinstance(text := output.get("value"), str) and (found := _ATTRIBUTE.fullmatch(text)):
            resource, attribute = found.groups()
            type_ = types.get(resource, "")
            foreign = find_foreign_attribute(type_, attribute)
            if foreign or attribute in (find_attributes(type_) or ()):
                place, message = ("outputs", name, "value"), f"Heat does not replace {text!r} here"
                hint = f"write {{get_attr: [{resource}, {foreign or attribute}]}}"
                yield TemplateProblem("unknown-function", message, place, hint)
            continue
        told = f"{name} {output.get('description', '')}"
        if name in (WEB_ACCESS_OUTPUT, TYPE_OUTPUT) or not _SAYS_ADDRESS.search(told) or _SAYS_ID.search(told):
            continue
        whole = [*map(find_referred, _branches(output.get("value")))]
        for function, named in _calls(output.get("value")):
            type_ = types.get(named, "") if function == "get_resource" and isinstance(named, str) else ""
            part = _ADDRESS_OF.get(type_) or ("first_address" if type_ == SERVER and named in whole else None)
            if part is not None:
                message = f"get_resource gives the id of {named!r}, and the output promises an address"
                place, hint = ("outputs", name, "value"), f"write {{get_attr: [{named}, {part}]}}"
                yield TemplateProblem("id-for-address", message, place, hint)
                break


def find_secrets(
    name: str, value: Any, template: Mapping[str, Any], parameters: Mapping[str, Parameter] = MappingProxyType({})
) -> Iterator[_Found]:
    """Yield a problem for each secret that an output shows; ``parameters`` are as for :class:`Outputs`.

    What comes by way of another resource, or of a nested template, is not followed.
    """
    hint = "tell in the instructions how to read it on a server, or who has it"
    declared = template.get("parameters") or {}
    for function, arguments in _calls(value):
        path = arguments if isinstance(arguments, list) else [arguments]
        if not path or not all(isinstance(part, str) for part in path[:2]):
            continue
        if function == "get_param":
            settled = parameters.get(path[0])
            if settled.hidden if settled is not None else bool(declared.get(path[0], {}).get("hidden")):
                yield f"the whole team sees outputs, and parameter {path[0]!r} is hidden", hint
        elif function in ("get_attr", "get_resource") and (
            path[1:2] == ["private_key"]
            or (_find_type(template, path[0]) == _RANDOM and any(map(_SECRET.search, (name, path[0]))))
        ):
            yield f"the whole team sees outputs, and {path[0]!r} looks secret", hint


def _may_hold_equals_signs(parameter: Parameter) -> bool:
    """Whether a value with two '=' satisfies all constraints of a text; those that only a cloud can tell say no."""
    is_custom = any(isinstance(each, CustomConstraint) for each in parameter.constraints)
    least = max((each.minimum or 0 for each in parameter.constraints if isinstance(each, Length)), default=0)
    probes = (replace(parameter, default=probe.ljust(int(least), "c")) for probe in ("a=b=c", "=="))
    return parameter.type is ParameterType.STRING and not is_custom and not all(map(find_default_faults, probes))


def _find_type(template: Mapping[str, Any], name: object) -> str:
    """The type of the resource with this name; ``""`` if it is not known."""
    resource = (template.get("resources") or {}).get(name) if isinstance(name, str) else None
    return str(resource.get("type")) if resource is not None else ""


def _branches(value: Any) -> Iterator[Any]:
    """The values of which a value may be one."""
    return (each for each, _, _ in find_branches(value, ()))


def _leaves(value: Any) -> Iterator[Any]:
    """The texts and calls in a value that may be a list or a mapping."""
    for each in _branches(value):
        if isinstance(each, list) or (isinstance(each, dict) and len(each) > 1):
            for item in each.values() if isinstance(each, dict) else each:
                yield from _leaves(item)
        else:
            yield each


def _find_parts(value: Any) -> Iterator[Any]:
    """What calls put into texts as they are: each item of a list that is joined, and what stands for a placeholder."""
    for function, arguments in _calls(value):
        if function == "list_join" and isinstance(arguments, list):
            for joined in arguments[1:]:
                yield from joined if isinstance(joined, list) else ()
        elif function in REPLACING and isinstance(arguments, dict) and isinstance(arguments.get("params"), dict):
            yield from arguments["params"].values()


def _find_path(value: Any) -> list[Any] | None:
    """The arguments of ``get_attr``, if a value is a call of it."""
    path = value.get("get_attr") if isinstance(value, dict) and len(value) == 1 else None
    return path if isinstance(path, list) else None


def _calls(value: Any) -> Iterator[tuple[str, Any]]:
    """The calls in a value, but for the conditions of ``if``, which show nothing."""
    if isinstance(value, list):
        for item in value:
            if isinstance(item, CONTAINERS):
                yield from _calls(item)
    elif isinstance(value, dict):
        if len(value) == 1:
            yield next(iter(value.items()))
        for key, item in value.items():
            if isinstance(item, CONTAINERS):
                yield from _calls(item[1:] if key == "if" and isinstance(item, list) else item)
