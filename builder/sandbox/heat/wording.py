"""Heat's own sentences for what :mod:`builder.hot` finds out, by its kinds of faults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from builder.hot import custom_constraints
from builder.hot.custom_constraints import JUDGED, LONGEST_NAME, ValueFault
from builder.hot.functions import FACADE_ATTRIBUTES, Call, CallError, Fault
from builder.hot.values import FALSE_STRINGS, TRUE_STRINGS, ParameterType, UnreadableValueError
from builder.sandbox.faults import Json

_FORMAT = "'{value}' not in valid format. Reason: "
_VALUE_FAULTS: Mapping[ValueFault, str] = {
    ValueFault.IP_ADDRESS: "'{value}' is not a valid IP address",
    ValueFault.PADDED_IP_ADDRESS: "'{value}' is not an accepted IP address, '{part}' is recommended",
    ValueFault.NETWORK: "Invalid net cidr {error} ",
    ValueFault.SUBNET: "'{value}' is not a valid IP subnet",
    ValueFault.MAC_ADDRESS: "Invalid MAC address.",
    ValueFault.NAME_TOO_LONG: _FORMAT + f"'{{part}}' exceeds the {LONGEST_NAME} character FQDN limit",
    ValueFault.EMPTY_LABEL: _FORMAT + "Encountered an empty component.",
    ValueFault.HYPHEN_AT_THE_END: _FORMAT + "Name '{part}' must not start or end with a hyphen.",
    ValueFault.INVALID_LABEL: (
        _FORMAT + "Name '{part}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen."
    ),
    ValueFault.NUMERIC_TOP_LEVEL: _FORMAT + "TLD '{part}' must not be all numeric.",
    ValueFault.NOT_RELATIVE: "'{value}' is a FQDN. It should be a relative domain name.",
    ValueFault.NO_ROOM_FOR_A_DOMAIN: (
        "'{value}' contains '{length}' characters. Adding a domain name will cause it to exceed the maximum length of "
        f"a FQDN of '{LONGEST_NAME}'."
    ),
    ValueFault.NO_DOT_AT_THE_END: "'{value}' must end with '.'.",
    ValueFault.CRON_EXPRESSION: "Invalid CRON expression: {error}",
    ValueFault.TIMEZONE: "Invalid timezone: {error}",
    ValueFault.DATE: "Expiration {value} is invalid: {error}",
    ValueFault.EXPIRED: "Expiration {value} is invalid: Expiration time is out of date.",
    ValueFault.JSON: "JSON string {value} is invalid: {error}",
}
_VALUE_FAULTS_OF: Mapping[str, Mapping[ValueFault, str]] = {
    "ip_addr": dict.fromkeys((ValueFault.IP_ADDRESS, ValueFault.PADDED_IP_ADDRESS), "Invalid IP address"),
    "iso_8601": {ValueFault.DATE: ""},
}
"""What single constraints say otherwise."""


def explain_custom_fault(name: str, value: Json) -> str | None:
    """What Heat says of a value under a custom constraint, or None; those that ask a cloud take everything here."""
    if name not in JUDGED:
        if name in custom_constraints.KNOWN:
            return None
        return f'"{value}" does not validate {name} (constraint not found)'
    broken = custom_constraints.find_value_fault(name, value)
    if broken is None:
        return None
    sentence = {**_VALUE_FAULTS, **_VALUE_FAULTS_OF.get(name, {})}.get(broken.fault, "")
    reason = sentence.format(value=value, length=len(str(value)), part=broken.part, error=broken.error)
    return f"Error validating value '{value}'" + (f": {reason}" if reason else "")


_REPLACE_SYNTAX = """{name}:
              template: This is var1 template var2
              params:
                var1: a
                var2: string"""
_INCORRECT = 'Incorrect arguments to "{name}" should be: '
_JOIN = _INCORRECT + '"{name}" : [ " ", [ "str1", "str2"]{more}]'
_SPLIT = '"{name}" : [ ",", "apples,pears", <index>]'
_MERGE = '"{name}" : [ {{ "key1": "val1" }}, {{ "key2": "val2" }} ]'
_MAP_REPLACE = '"{name}" : [ {{ "key1": "val1" }}, {{"keys": {{"key1": "key2"}}, "values": {{"val1": "val2"}}}}]'
_CONCAT = _INCORRECT + '"{name}" : [ [ <value 1>, <value 2> ], [ <value 3>, <value 4> ] ]'
_IF = 'Arguments to "if" must be of the form: [condition_name, value_if_true, value_if_false]'
_EQUALS = 'Arguments to "{name}" must be of the form: [value_1, value_2]'
_MALFORMED = "The server could not comply with the request since it is either malformed or otherwise incorrect."
_CONDITIONS = 'Arguments to "{name}" must be a list of conditions'
_ALGORITHM = f"Algorithm must be one of {sorted(hashlib.algorithms_guaranteed)}"

_FAULTS: Mapping[Fault, str] = {
    Fault.NO_ARGUMENTS: 'Function "{name}" must have arguments',
    Fault.NOT_A_LIST: 'Argument to "{name}" must be a list',
    Fault.WRONG_COUNT: 'The minimum number of condition arguments to "{name}" is 2.',
    Fault.NOT_A_MAP: 'Arguments to "{name}" must be a map',
    Fault.NOT_TEXT: 'Argument to "{name}" must be a string',
    Fault.NOT_A_NAME: 'Argument to "{name}" must be string or list',
    Fault.NAME_NOT_TEXT: 'Parameter name in "{name}" must be string',
    Fault.TEMPLATE_NOT_TEXT: '"{name}" template must be a string',
    Fault.PARAMS_NOT_A_MAP: '"{name}" parameters must be a mapping',
    Fault.PARAMS_RESOLVED_TO_NO_MAP: '"{name}" params must be a map',
    Fault.PARAM_NOT_PLAIN: '"{name}" params must be strings or numbers, param {param} is not valid',
    Fault.PARAM_EMPTY: "{name} has an undefined or empty value for param {param}, must be a defined non-empty value",
    Fault.PARAMS_NOT_FOUND: "The following params were not found in the template: {params}",
    Fault.DELIMITER_NOT_TEXT: '"{name}" delimiter must be a string',
    Fault.ITEMS_NOT_A_LIST: '"{name}" must operate on a list',
    Fault.ITEM_NOT_TEXT: "Items to join must be {kinds} not {shown}",
    Fault.ITEM_NOT_A_MAP: "Incorrect arguments: Items to merge must be maps. {shown} is type {type} instead of a dict",
    Fault.ITEM_NOT_A_LIST: (
        "Incorrect arguments: Items to concat must be lists. {all} contains an item that is not a list: {json}"
    ),
    Fault.KEY_COLLIDES: "key replacement {key} collides with a key in the {side} map",
    Fault.FOR_EACH_NOT_A_MAP: 'The "for_each" argument to "{name}" must contain a map',
    Fault.FOR_EACH_NOT_LISTS: 'The values of the "for_each" argument to "{name}" must be lists',
    Fault.FOR_EACH_NOT_LISTS_OR_MAPS: 'The values of the "for_each" argument to "{name}" must be lists or maps',
    Fault.UNEQUAL_LENGTHS: "For {name}, the length of for_each values should be equal if no nested loop.",
    Fault.PERMUTATIONS_NOT_BOOLEAN: '"permutations" should be boolean type for {name} function.',
    Fault.ALGORITHM: _ALGORITHM,
    Fault.ALGORITHM_ELSEWHERE: _ALGORITHM,
    Fault.INDEX_NO_NUMBER: 'Incorrect index to "{name}" should be: ' + _SPLIT,
    Fault.INDEX_OUT_OF_RANGE: 'Incorrect index to "{name}" should be between 0 and {last}',
    Fault.VALUES_NOT_A_LIST: '"{name}" filters a list of values',
    Fault.SEQUENCE_NOT_A_LIST: '"{name}" only works with lists',
    Fault.UNKNOWN_KEYS: 'Invalid arguments to "{name}": {keys}',
    Fault.QUERY_NOT_A_MAP: 'The "query" argument to "{name}" must be a map',
    Fault.PORT_NO_NUMBER: 'Invalid URL port "{port}" for {name} called with {args}',
    Fault.PORT_OUT_OF_RANGE: "Invalid URL port {port}, must be in range 1-65535",
    Fault.PART_NOT_TEXT: 'The "{key}" argument to "{name}" must be a string',
    Fault.COLON_IN_SCHEME: "URL \"scheme\" should not contain ':'",
    Fault.TOO_MUCH_WORK: "{name} gives more than the sandbox makes of one call",
    Fault.UNEXPECTED: "{error}",
}
_FAULTS_OF: Mapping[tuple[str, Fault], str] = {
    ("get_attr", Fault.NO_ARGUMENTS): (
        'Arguments to "{name}" can be of the next forms: [resource_name] or [resource_name, attribute, (path), ...]'
    ),
    (
        "get_attr",
        Fault.WRONG_COUNT,
    ): 'Arguments to "{name}" must be of the form [resource_name, attribute, (path), ...]',
    ("yaql", Fault.NOT_A_MAP): 'Arguments to "{name}" must be a map.',
    ("yaql", Fault.WRONG_KEYS): """{name}:
              expression: $.data.var1.sum()
              data:
                var1: [3, 2, 1]""",
    ("make_url", Fault.NOT_A_MAP): 'The arguments to "{name}" must be a map',
    ("str_replace", Fault.WRONG_KEYS): _REPLACE_SYNTAX,
    ("str_replace_strict", Fault.WRONG_KEYS): _REPLACE_SYNTAX,
    ("str_replace_vstrict", Fault.WRONG_KEYS): _REPLACE_SYNTAX,
    ("repeat", Fault.WRONG_KEYS): """repeat:
              template: This is %var%
              for_each:
                %var%: ['a', 'b', 'c']""",
    ("list_join", Fault.NOT_A_LIST): _JOIN,
    ("list_join", Fault.WRONG_COUNT): _JOIN,
    ("str_split", Fault.WRONG_FORM): _INCORRECT + _SPLIT,
    ("map_merge", Fault.WRONG_FORM): _INCORRECT + _MERGE,
    ("map_replace", Fault.WRONG_FORM): _INCORRECT + _MAP_REPLACE,
    ("map_replace", Fault.UNKNOWN_KEYS): _INCORRECT + _MAP_REPLACE,
    ("map_replace", Fault.ITEM_NOT_A_MAP): (
        'Incorrect arguments: to "{name}", arguments must be a list of maps. Example:  ' + _MAP_REPLACE
    ),
    ("digest", Fault.NOT_A_LIST): 'Argument to function "{name}" must be a list of strings',
    ("digest", Fault.WRONG_COUNT): 'Function "{name}" usage: ["<algorithm>", "<value>"]',
    ("filter", Fault.WRONG_COUNT): (
        '"{name}" expected 2 arguments of the form [values, sequence] but got {count} arguments instead'
    ),
    ("list_concat", Fault.WRONG_FORM): _CONCAT,
    ("list_concat_unique", Fault.WRONG_FORM): _CONCAT,
    ("contains", Fault.NOT_A_LIST): _INCORRECT + '"{name}" : [ "value1", [ "value1", "value2"]]',
    ("contains", Fault.WRONG_COUNT): 'Arguments to "{name}" must be of the form: [value1, [value1, value2]]',
    ("contains", Fault.SEQUENCE_NOT_A_LIST): 'Second argument to "{name}" should be a sequence.',
    ("resource_facade", Fault.WRONG_FORM): (
        f'Incorrect arguments to "{{name}}" should be one of: {", ".join(FACADE_ATTRIBUTES)}'
    ),
    **dict.fromkeys((("get_resource", Fault.WRONG_FORM), ("get_attr", Fault.WRONG_FORM)), _MALFORMED),
    ("if", Fault.NOT_A_LIST): _IF,
    ("if", Fault.WRONG_COUNT): _IF,
    ("equals", Fault.NOT_A_LIST): _EQUALS,
    ("equals", Fault.WRONG_COUNT): _EQUALS,
    ("not", Fault.WRONG_FORM): 'Argument to "{name}" must be a condition',
    ("and", Fault.NOT_A_LIST): _CONDITIONS,
    ("or", Fault.NOT_A_LIST): _CONDITIONS,
}
"""What Heat says of single functions otherwise."""


def explain_call_fault(call: Call, error: CallError) -> str:
    """What Heat says of a call's arguments."""
    details = {"name": call.name, "args": call.args, **error.details}
    if error.fault is Fault.WRONG_KEYS:  # Heat raises a KeyError, whose text is its argument as Python writes it
        syntax = _FAULTS_OF[call.name, error.fault].format(**details)
        return repr(f'"{call.name}" syntax should be {syntax}')
    item, joins_lists = details.get("item"), call.language.joins_lists
    details |= {"shown": repr(item)[:200], "type": type(item), "params": ",".join(details.get("params", ()))}
    if error.fault is Fault.ITEM_NOT_A_LIST:
        details |= {"json": json.dumps(item), "all": json.dumps(call.args)}
    details |= {"kinds": "string, map or list", "more": " ..."} if joins_lists else {"kinds": "strings", "more": ""}
    return (_FAULTS_OF.get((call.name, error.fault)) or _FAULTS[error.fault]).format(**details)


def explain_unreadable(value: Json, error: UnreadableValueError, subject: str = "Value") -> str:
    """What Heat says of a value that is none of its type; ``subject`` is how it calls the value."""
    match error.type:
        case ParameterType.BOOLEAN:
            acceptable = ", ".join(f"'{word}'" for word in sorted(TRUE_STRINGS + FALSE_STRINGS))
            return f"Unrecognized value '{value}', acceptable values are: {acceptable}"
        case ParameterType.COMMA_DELIMITED_LIST:
            reason = f"'{type(value).__name__}' object has no attribute 'split'"
            return f"{subject} must be a comma-delimited list string: {reason}"
        case ParameterType.JSON:
            return f"{subject} must be valid JSON: {error.error}"
    return str(error.error)
