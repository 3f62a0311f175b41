"""What Heat says of values for parameters: the same words for the same fault."""

from __future__ import annotations

from typing import Any

import pytest
from heatclient.exc import HTTPBadRequest

from tests.contract.clouds import Stacks
from tests.contract.templates import template

FLOAT = "could not convert string to float: {}"
BOOLEAN = (
    "Unrecognized value '{}', acceptable values are: "
    "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"
)
LIST = "Value must be a comma-delimited list string: '{}' object has no attribute 'split'"
JSON = "Value must be valid JSON: {}"
CUSTOM = "Error validating value '{}': {}"


def constrained(kind: str, *constraints: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"type": kind, "constraints": list(constraints), **rest}


def custom(name: str) -> dict[str, Any]:
    return constrained("string", {"custom_constraint": name})


LENGTH = constrained("string", {"length": {"min": 2, "max": 3}})
AT_LEAST_TWO = constrained("comma_delimited_list", {"length": {"min": 2}})
RANGE = constrained("number", {"range": {"min": 1, "max": 5}})
MODULO = constrained("number", {"modulo": {"step": 3, "offset": 1}})
LETTERS = constrained("string", {"allowed_values": ["a", "b", 1]})
NUMBERS = constrained("number", {"allowed_values": [1, 2.5]})
TRUTH = constrained("boolean", {"allowed_values": [True]})
ITEMS = constrained("comma_delimited_list", {"allowed_values": ["a", "b"]})
PATTERN = constrained("string", {"allowed_pattern": "[a-z]+"})
TWO_RULES = constrained("string", {"length": {"min": 5}}, {"allowed_pattern": "[a-z]+", "description": "small letters"})

REFUSED: list[tuple[dict[str, Any], Any, str]] = [
    ({"type": "number"}, "x", FLOAT.format("'x'")),
    ({"type": "number"}, "", FLOAT.format("''")),
    ({"type": "number"}, "0x10", FLOAT.format("'0x10'")),
    ({"type": "boolean"}, "x", BOOLEAN.format("x")),
    ({"type": "boolean"}, "", BOOLEAN.format("")),
    ({"type": "boolean"}, 2, BOOLEAN.format("2")),
    ({"type": "boolean"}, [], BOOLEAN.format("[]")),
    ({"type": "json"}, "x", JSON.format("Expecting value: line 1 column 1 (char 0)")),
    (
        {"type": "json"},
        "{a: 1}",
        JSON.format("Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    ),
    ({"type": "comma_delimited_list"}, 1, LIST.format("int")),
    ({"type": "comma_delimited_list"}, True, LIST.format("bool")),
    ({"type": "comma_delimited_list"}, {}, LIST.format("dict")),
    (LENGTH, "a", "length (1) is out of range (min: 2, max: 3)"),
    (LENGTH, "abcd", "length (4) is out of range (min: 2, max: 3)"),
    (LENGTH, "", "length (0) is out of range (min: 2, max: 3)"),
    (AT_LEAST_TWO, "a", "length (1) is out of range (min: 2, max: None)"),
    (constrained("json", {"length": {"min": 2}}), {"a": 1}, "length (1) is out of range (min: 2, max: None)"),
    (constrained("string", {"length": {"min": 2}, "description": "two or more"}), "a", "two or more"),
    (RANGE, 0, "0 is out of range (min: 1, max: 5)"),
    (RANGE, "6", "6 is out of range (min: 1, max: 5)"),
    (RANGE, "5.5", "5.5 is out of range (min: 1, max: 5)"),
    (RANGE, "many", FLOAT.format("'many'")),
    (constrained("number", {"range": {"min": 0.5}}), 0, "0 is out of range (min: 0.5, max: None)"),
    (MODULO, 3, "3 is not a multiple of 3 with an offset of 1"),
    (MODULO, "5", "5 is not a multiple of 3 with an offset of 1"),
    (LETTERS, "c", '"c" is not an allowed value ["a", "b", 1]'),
    (NUMBERS, 3, "3 is not an allowed value [1, 2.5]"),
    (NUMBERS, "3", '"3" is not an allowed value [1, 2.5]'),
    (TRUTH, False, "false is not an allowed value [true]"),
    (TRUTH, "false", '"false" is not an allowed value [true]'),
    (ITEMS, "a,c", '["a", "c"] is not an allowed value ["a", "b"]'),
    (PATTERN, "A", '"A" does not match pattern "[a-z]+"'),
    (PATTERN, "aB", '"aB" does not match pattern "[a-z]+"'),
    (PATTERN, "ab\n", '"ab\n" does not match pattern "[a-z]+"'),
    (TWO_RULES, "A", "length (1) is out of range (min: 5, max: None)"),
    (TWO_RULES, "AAAAAA", "small letters"),
    (custom("ip_addr"), "x", CUSTOM.format("x", "Invalid IP address")),
    (custom("ip_addr"), "1.2.3", CUSTOM.format("1.2.3", "Invalid IP address")),
    (custom("ip_addr"), "01.2.3.4", CUSTOM.format("01.2.3.4", "Invalid IP address")),
    (custom("net_cidr"), "x", CUSTOM.format("x", "Invalid net cidr invalid IPNetwork x ")),
    (custom("net_cidr"), "10.0.0.0", CUSTOM.format("10.0.0.0", "'10.0.0.0' is not a valid IP subnet")),
    (custom("net_cidr"), "10/8", CUSTOM.format("10/8", "'10/8' is not a valid IP subnet")),
    (custom("ip_or_cidr"), "x", CUSTOM.format("x", "'x' is not a valid IP address")),
    (custom("mac_addr"), "x", CUSTOM.format("x", "Invalid MAC address.")),
    (
        custom("dns_name"),
        "-a",
        CUSTOM.format("-a", "'-a' not in valid format. Reason: Name '-a' must not start or end with a hyphen."),
    ),
    (
        custom("dns_name"),
        "a..b",
        CUSTOM.format("a..b", "'a..b' not in valid format. Reason: Encountered an empty component."),
    ),
    (
        custom("rel_dns_name"),
        "a.b.",
        CUSTOM.format("a.b.", "'a.b.' is a FQDN. It should be a relative domain name."),
    ),
    (custom("dns_domain"), "a.b", CUSTOM.format("a.b", "'a.b' must end with '.'.")),
    (
        custom("cron_expression"),
        "x",
        CUSTOM.format(
            "x",
            "Invalid CRON expression: Exactly 5, 6 or 7 columns has to be specified for iterator expression.",
        ),
    ),
    (custom("timezone"), "x", CUSTOM.format("x", "Invalid timezone: 'No time zone found with key x'")),
    (custom("expiration"), "x", CUSTOM.format("x", "Expiration x is invalid: Unable to parse date string 'x'")),
    (
        custom("expiration"),
        "2000-01-01T00:00:00",
        CUSTOM.format(
            "2000-01-01T00:00:00", "Expiration 2000-01-01T00:00:00 is invalid: Expiration time is out of date."
        ),
    ),
    (custom("iso_8601"), "x", "Error validating value 'x'"),
    (custom("no.such"), "x", '"x" does not validate no.such (constraint not found)'),
    (constrained("string", {"custom_constraint": "ip_addr", "description": "an address"}), "x", "an address"),
]

ACCEPTED: list[tuple[dict[str, Any], Any, str]] = [
    ({"type": "number"}, "1e3", "1000.0"),
    ({"type": "number"}, " 5 ", "5"),
    ({"type": "number"}, "1_0", "10"),
    ({"type": "number"}, 1.5, "1.5"),
    ({"type": "number"}, True, "True"),
    ({"type": "boolean"}, 1, "True"),
    ({"type": "boolean"}, "yes", "True"),
    ({"type": "boolean"}, "off", "False"),
    ({"type": "string"}, 5, "5"),
    ({"type": "string"}, True, "True"),
    ({"type": "string"}, [], "[]"),
    ({"type": "string"}, "", ""),
    ({"type": "json"}, {"a": [1]}, '{"a": [1]}'),
    ({"type": "json"}, '{"a": 1}', '{"a": 1}'),
    ({"type": "json"}, 1, "1"),
    ({"type": "comma_delimited_list"}, "a, b", "a, b"),
    ({"type": "comma_delimited_list"}, [1, "a"], "1,a"),
    ({"type": "comma_delimited_list"}, "", ""),
    (RANGE, True, "True"),
    (MODULO, 4, "4"),
    (LETTERS, 1, "1"),
    (LETTERS, "1", "1"),
    (NUMBERS, "2.5", "2.5"),
    (TRUTH, "true", "True"),
    (ITEMS, "a", "a"),
    (ITEMS, [], ""),
    (PATTERN, "ab", "ab"),
    (custom("ip_addr"), "::1", "::1"),
    (custom("net_cidr"), "10.0.0.0/24", "10.0.0.0/24"),
    (custom("net_cidr"), "10.0.0.1/24", "10.0.0.1/24"),
    (custom("dns_name"), "a.1", "a.1"),
    (custom("dns_domain"), "a.b.", "a.b."),
    (custom("timezone"), "Europe/London", "Europe/London"),
    (custom("cron_expression"), "* * * * *", "* * * * *"),
    ({"type": "string", "hidden": True}, "secret", "******"),
]


def name_case(value: Any) -> str:
    return str(value)[:40].replace("\n", "\\n")


def error_of(caught: pytest.ExceptionInfo[HTTPBadRequest]) -> dict[str, Any]:
    error: dict[str, Any] = caught.value.error["error"]
    return error


@pytest.mark.parametrize(("schema", "value", "reason"), REFUSED, ids=name_case)
def test_value_that_does_not_fit_is_refused(stacks: Stacks, schema: dict[str, Any], value: Any, reason: str) -> None:
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.create(
            stack_name=stacks.new_name(), template=template({"p": schema}), parameters={"p": value}
        )
    assert caught.value.code == 400
    assert error_of(caught)["type"] == "StackValidationFailed"
    assert error_of(caught)["message"] == f"Parameter 'p' is invalid: {reason}"


@pytest.mark.parametrize(("schema", "value", "shown"), ACCEPTED, ids=name_case)
def test_value_that_fits_is_shown_as_text(stacks: Stacks, schema: dict[str, Any], value: Any, shown: str) -> None:
    preview = stacks.client.stacks.preview(
        stack_name=stacks.new_name(), template=template({"p": schema}), parameters={"p": value}
    )
    assert preview.parameters["p"] == shown


def test_description_of_the_constraint_is_the_reason(stacks: Stacks) -> None:
    schema = constrained("number", {"range": {"max": 5}, "description": "five at most"})
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.preview(stack_name="any", template=template({"p": schema}), parameters={"p": 9})
    assert error_of(caught)["message"] == "Parameter 'p' is invalid: five at most"


@pytest.mark.parametrize("given", [{}, {"a": None}], ids=str)
def test_missing_parameter_is_named(stacks: Stacks, given: dict[str, Any]) -> None:
    needed = template({"a": {"type": "string"}, "b": {"type": "string"}})
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.create(stack_name=stacks.new_name(), template=needed, parameters=given)
    assert error_of(caught)["type"] == "UserParameterMissing"
    assert error_of(caught)["message"] == "The Parameter (a) was not provided."


def test_unknown_parameter_is_named_before_anything_else(stacks: Stacks) -> None:
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.create(
            stack_name=stacks.new_name(), template=template({"a": {"type": "string"}}), parameters={"extra": 1}
        )
    assert error_of(caught)["type"] == "UnknownUserParameter"
    assert error_of(caught)["message"] == "The Parameter (extra) was not defined in template."


def test_default_that_is_no_list_is_refused_as_a_default(stacks: Stacks) -> None:
    declared = template({"p": {"type": "comma_delimited_list", "default": 5}})
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.preview(stack_name="any", template=declared)
    assert LIST.replace("Value", "Default").format("int") in error_of(caught)["message"]


def test_default_of_the_environment_comes_before_that_of_the_template(stacks: Stacks) -> None:
    declared = template({"p": {"type": "string", "default": "ours"}, "q": {"type": "string"}})
    environment = {"parameter_defaults": {"p": "theirs", "unused": 1}, "parameters": {"q": "asked"}}
    preview = stacks.client.stacks.preview(
        stack_name=stacks.new_name(), template=declared, environment=environment, parameters={}
    )
    assert (preview.parameters["p"], preview.parameters["q"]) == ("theirs", "asked")


def test_validate_describes_the_parameters_and_asks_for_no_values(stacks: Stacks) -> None:
    declared = template(
        {
            "n": constrained("number", {"range": {"min": 1, "max": 5}, "description": "few"}, label="N", default=2),
            "s": {"type": "string", "hidden": True, "description": "a secret"},
            "m": constrained("number", {"modulo": {"step": 2, "offset": 1}}),
            "l": constrained("string", {"length": {"min": 1}}, {"allowed_pattern": "a+"}),
            "v": constrained("string", {"allowed_values": ["a", "b"]}),
            "c": custom("ip_addr"),
            "j": {"type": "json", "default": {}, "tags": ["one"]},
            "d": {"type": "comma_delimited_list", "default": "a,b"},
            "b": {"type": "boolean", "default": True},
        },
        description="Described",
        parameter_groups=[{"label": "Some", "parameters": ["n", "s"]}],
    )
    answer = stacks.client.stacks.validate(template=declared)
    plain = {"Description": "", "NoEcho": "false"}
    assert answer["Description"] == "Described"
    assert answer["ParameterGroups"] == [{"label": "Some", "parameters": ["n", "s"]}]
    assert answer["Parameters"] == {
        "n": {
            **plain,
            "Type": "Number",
            "Label": "N",
            "Default": 2,
            "MinValue": 1,
            "MaxValue": 5,
            "ConstraintDescription": "few",
        },
        "s": {"Type": "String", "Label": "s", "Description": "a secret", "NoEcho": "true"},
        "m": {**plain, "Type": "Number", "Label": "m", "Step": 2, "Offset": 1},
        "l": {**plain, "Type": "String", "Label": "l", "MinLength": 1, "AllowedPattern": "a+"},
        "v": {**plain, "Type": "String", "Label": "v", "AllowedValues": ["a", "b"]},
        "c": {**plain, "Type": "String", "Label": "c", "CustomConstraint": "ip_addr"},
        "j": {**plain, "Type": "Json", "Label": "j", "Default": {}, "Tags": ["one"]},
        "d": {**plain, "Type": "CommaDelimitedList", "Label": "d", "Default": "a,b"},
        "b": {**plain, "Type": "Boolean", "Label": "b", "Default": True},
    }
