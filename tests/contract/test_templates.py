"""What Heat says of templates: the same type and the same words for the same fault, in create, preview and validate."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from heatclient.exc import HTTPBadRequest

from tests.contract.clouds import Stacks
from tests.contract.templates import GROUP, NODE, NONE, RANDOM_STRING, TEST_RESOURCE, group, resource, template

VERSIONS = (
    "2013-05-23, 2014-10-16, 2015-04-30, 2015-10-15, 2016-04-08, 2016-10-14, 2017-02-24, 2017-09-01, 2018-03-02, "
    "2018-08-31, 2021-04-16, newton, ocata, pike, queens, rocky, wallaby"
)
GENERIC = "The server could not comply with the request since it is either malformed or otherwise incorrect."
INVALID = "StackValidationFailed"
SCHEMA = "InvalidSchemaError"
REFERENCE = "InvalidTemplateReference"
VERSION_ERROR = "InvalidTemplateVersion"
FORMAT = "Template not in valid format: "


@dataclass(frozen=True)
class Refusal:
    """A template and what Heat answers; ``validated`` is whether validate refuses it, too."""

    name: str
    template: Any
    error_type: str
    message: str
    validated: bool = True
    files: dict[str, str] = field(default_factory=dict)


def value(what: Any) -> dict[str, Any]:
    """A template with a value to resolve, and something to refer to."""
    resources = {**resource(TEST_RESOURCE, value=what), "q": {"type": RANDOM_STRING}}
    return template({"j": {"type": "json", "default": {"a": [1]}}}, resources)


def schema(**definition: Any) -> dict[str, Any]:
    return template({"p": definition})


def constraint(**definition: Any) -> dict[str, Any]:
    return schema(type="number", default=1, constraints=[definition])


TEXTS = [
    Refusal("empty mapping", {}, VERSION_ERROR, "The template version is invalid: Template version was not provided"),
    Refusal(
        "no version",
        {"resources": {}},
        VERSION_ERROR,
        "The template version is invalid: Template version was not provided",
    ),
    Refusal(
        "unknown version",
        template(version="1999-01-01"),
        VERSION_ERROR,
        'The template version is invalid: "heat_template_version: 1999-01-01". '
        f'"heat_template_version" should be one of: {VERSIONS}',
    ),
    Refusal(
        "version is a number",
        template(version=2018),
        VERSION_ERROR,
        "The template version is invalid: Template version was not provided",
    ),
    Refusal(
        "not YAML",
        "a: [b",
        "HTTPBadRequest",
        FORMAT + 'Error parsing template [root stack] while parsing a flow sequence\n  in "<unicode string>", line 1, '
        "column 4:\n    a: [b\n       ^\nexpected ',' or ']', but got '<stream end>'\n"
        '  in "<unicode string>", line 1, column 6:\n    a: [b\n         ^',
    ),
    Refusal(
        "tab",
        "a:\n\t- b",
        "HTTPBadRequest",
        FORMAT + "Error parsing template [root stack] while scanning for the next token\nfound character '\\t' that "
        'cannot start any token\n  in "<unicode string>", line 2, column 1:\n    \t- b\n    ^',
    ),
    Refusal(
        "a word",
        "hello",
        "HTTPBadRequest",
        FORMAT + "The template is not a JSON object or YAML mapping.",
    ),
    Refusal("a list", "- a", "HTTPBadRequest", FORMAT + "The template is not a JSON object or YAML mapping."),
    Refusal("nothing", "", "HTTPBadRequest", FORMAT + "Template format version not found."),
    Refusal("no version in text", "resources: {}", "HTTPBadRequest", FORMAT + "Template format version not found."),
    Refusal("a number", 1, "HTTPBadRequest", GENERIC),
    Refusal("null", None, "HTTPBadRequest", "No template specified"),
    Refusal(
        "too large",
        template(description="x" * 600_000),
        "RequestLimitExceeded",
        "Request limit exceeded: Template size (600075 bytes) exceeds maximum allowed size (524288 bytes).",
    ),
    Refusal(
        "file too large",
        template(),
        "RequestLimitExceeded",
        "Request limit exceeded: Template size (600000 bytes) exceeds maximum allowed size (524288 bytes).",
        files={"large": "x" * 600_000},
    ),
    Refusal(
        "body too large",
        template(),
        "RequestLimitExceeded",
        "",  # the message holds the number of bytes
        files={"large": "x" * 1_100_000},
    ),
    Refusal("unknown section", template(nonsense={}), INVALID, "The template section is invalid: nonsense"),
    Refusal(
        "conditions before their time",
        template(version="2016-04-08", conditions={}),
        INVALID,
        "The template section is invalid: conditions",
    ),
]

SCHEMAS = [
    Refusal("no type", schema(default=1), SCHEMA, "Missing parameter type for parameter: p"),
    Refusal("unknown type", schema(type="strin"), SCHEMA, "Invalid type (strin)"),
    Refusal("no mapping", template({"p": "string"}), SCHEMA, "Invalid parameter (p), expected a mapping"),
    Refusal("unknown key", schema(type="string", nonsense=1), SCHEMA, "Invalid key 'nonsense' for parameter (p)"),
    Refusal(
        "constraints are no list",
        schema(type="string", constraints={}),
        SCHEMA,
        "Invalid parameter constraints for parameter p, expected a list",
    ),
    Refusal("empty constraint", constraint(), SCHEMA, "No constraint expressed"),
    Refusal("unknown constraint", constraint(foo=1), SCHEMA, "Invalid key 'foo' for parameter constraints"),
    Refusal(
        "range without limits",
        constraint(range={}),
        SCHEMA,
        "A range constraint must have a min value and/or a max value specified.",
    ),
    Refusal("unknown key of range", constraint(range={"mn": 1}), SCHEMA, "Invalid key 'mn' for range constraint"),
    Refusal(
        "length is no integer",
        schema(type="string", constraints=[{"length": {"min": 1.5}}]),
        SCHEMA,
        "min/max length must be integral",
    ),
    Refusal("allowed values are no list", constraint(allowed_values="a"), SCHEMA, "AllowedValues must be a list"),
    Refusal("pattern is no string", constraint(allowed_pattern=1), SCHEMA, "AllowedPattern must be a string"),
    Refusal("step of zero", constraint(modulo={"step": 0, "offset": 0}), SCHEMA, "step cannot be 0."),
    Refusal(
        "offset too large",
        constraint(modulo={"step": 2, "offset": 2}),
        SCHEMA,
        "offset must be smaller (by absolute value) than step.",
    ),
    Refusal(
        "modulo before its time",
        template({"p": {"type": "number", "constraints": [{"modulo": {"step": 2, "offset": 1}}]}}, version="newton"),
        SCHEMA,
        "No constraint expressed",
    ),
    Refusal(
        "constraint of another type",
        constraint(length={"min": 1}),
        SCHEMA,
        "Parameter 'p' is invalid: Length constraint invalid for number",
    ),
    Refusal(
        "default out of range",
        constraint(range={"min": 2}),
        SCHEMA,
        "Parameter 'p' is invalid: Invalid default 1 (1 is out of range (min: 2, max: None))",
    ),
    Refusal(
        "default against a description",
        constraint(range={"min": 2}, description="two"),
        SCHEMA,
        "Parameter 'p' is invalid: Invalid default 1 (two)",
    ),
    Refusal(
        "default of the wrong type",
        schema(type="number", default="x"),
        INVALID,
        "Parameter 'p' is invalid: could not convert string to float: 'x'",
        validated=False,
    ),
    Refusal(
        "schema in a nested template",
        template(),
        SCHEMA,
        "Invalid type (strin)",
        files={"nested.yaml": "{heat_template_version: rocky, parameters: {p: {type: strin}}}"},
    ),
]

SECTIONS = [
    Refusal(
        "resource is a word",
        template(None, {"r": "x"}),
        INVALID,
        "\"resources\" must contain a map of resource maps. Found a [<class 'str'>] instead",
    ),
    Refusal("resource without a type", template(None, {"r": {}}), INVALID, "Each resource must contain a type key."),
    Refusal("type is null", template(None, {"r": {"type": None}}), INVALID, "Each Resource must contain a Type key."),
    Refusal("type is a number", template(None, {"r": {"type": 5}}), INVALID, "Resource r type type must be string"),
    Refusal(
        "unknown type",
        template(None, resource("OS::Nope::Nothing")),
        INVALID,
        "The Resource Type (OS::Nope::Nothing) could not be found.",
    ),
    Refusal(
        "misspelt type",
        template(None, resource("OS::Nova::Serverr")),
        INVALID,
        "The Resource Type (OS::Nova::Serverr) could not be found.",
    ),
    Refusal(
        "properties are a list",
        template(None, {"r": {"type": NONE, "properties": ["a"]}}),
        INVALID,
        "Resource r properties type must be object",
    ),
    Refusal(
        "unknown deletion policy",
        template(None, {"r": {"type": NONE, "deletion_policy": "foo"}}),
        INVALID,
        'Invalid deletion policy "foo"',
    ),
    Refusal(
        "depends on nothing",
        template(None, {"r": {"type": NONE, "depends_on": "ghost"}}),
        REFERENCE,
        'The specified reference "ghost" (in r) is incorrect.',
    ),
    Refusal(
        "depends on itself",
        template(None, {"r": {"type": NONE, "depends_on": "r"}}),
        "CircularDependencyException",
        'Circular Dependency Found: {NoneResource "r": {NoneResource "r"}}',
    ),
    Refusal(
        "parameter and resource of one name",
        template({"r": {"type": "string", "default": "x"}}, resource(NONE)),
        INVALID,
        "Duplicate names {'r'}",
    ),
    Refusal(
        "output without a value",
        template(outputs={"o": {"description": "x"}}),
        INVALID,
        "Output validation error: outputs.o: Each output definition must contain a value key.",
    ),
    Refusal(
        "output is a word",
        template(outputs={"o": "x"}),
        INVALID,
        "Output validation error: outputs.o: Output definitions must be a map. Found a str instead",
    ),
    Refusal(
        "output of nothing",
        template(outputs={"o": {"value": {"get_attr": ["ghost", "x"]}}}),
        INVALID,
        'outputs.o.value.get_attr: The specified reference "ghost" (in unknown) is incorrect.',
    ),
    Refusal(
        "output of no attribute",
        template(None, resource(RANDOM_STRING), outputs={"o": {"value": {"get_attr": ["r", "x"]}}}),
        INVALID,
        "outputs.o.value.get_attr: The Referenced Attribute (r x) is incorrect.",
    ),
    Refusal(
        "group of no parameter",
        template({"a": {"type": "string", "default": ""}}, parameter_groups=[{"label": "L", "parameters": ["b"]}]),
        INVALID,
        "Parameter Groups error: parameter_groups.L: The grouped parameter b does not reference a valid parameter.",
    ),
    Refusal(
        "condition is a word",
        template(conditions={"c": "x"}),
        INVALID,
        'Condition validation error: The definition of condition "c" is invalid: x',
    ),
    Refusal(
        "condition of a resource",
        template(conditions={"c": {"get_resource": "x"}}),
        INVALID,
        'conditions.c.get_resource: The function "get_resource" is invalid in this context',
    ),
    Refusal(
        "unknown condition",
        template(None, {"r": {"type": NONE, "condition": "ghost"}}),
        INVALID,
        'resources.r.condition: Invalid condition "ghost"',
    ),
    Refusal(
        "reference to what a condition leaves out",
        template(
            None,
            {
                "q": {"type": RANDOM_STRING, "condition": False},
                **resource(TEST_RESOURCE, value={"get_attr": ["q", "value"]}),
            },
        ),
        REFERENCE,
        'The specified reference "q" (in r.Properties.value) is incorrect.',
    ),
    Refusal(
        "too many resources",
        template(None, {f"r{index}": {"type": NONE} for index in range(1100)}),
        "RequestLimitExceeded",
        "Request limit exceeded: Maximum resources per stack exceeded.",
    ),
]

FUNCTIONS = [
    Refusal(
        "parameter of nothing",
        value({"get_param": "ghost"}),
        INVALID,
        "Property error: resources.r.properties.value: The Parameter (ghost) was not provided.",
        validated=False,
    ),
    Refusal(
        "resource of nothing",
        value({"get_resource": "ghost"}),
        REFERENCE,
        'The specified reference "ghost" (in r.Properties.value) is incorrect.',
    ),
    Refusal(
        "resource of nothing, deeper",
        value({"list_join": ["", ["a", {"get_resource": "ghost"}]]}),
        REFERENCE,
        'The specified reference "ghost" (in r.Properties.value.list_join[1][1]) is incorrect.',
    ),
    Refusal(
        "no such attribute",
        value({"get_attr": ["q", "ghost"]}),
        INVALID,
        "resources.r.properties.value.get_attr: The Referenced Attribute (q ghost) is incorrect.",
    ),
    Refusal(
        "file of nothing",
        value({"get_file": "ghost.sh"}),
        INVALID,
        'Property error: resources.r.properties.value: No content found in the "files" section for get_file path: '
        "ghost.sh",
        validated=False,
    ),
    Refusal(
        "str_replace without a template",
        value({"str_replace": {"params": {}}}),
        INVALID,
        'resources.r.properties.value.str_replace: \'"str_replace" syntax should be str_replace:\\n'
        "              template: This is var1 template var2\\n              params:\\n                var1: a\\n"
        "                var2: string'",
    ),
    Refusal(
        "strict str_replace of nothing",
        value({"str_replace_strict": {"template": "x", "params": {"a": "b"}}}),
        INVALID,
        "Property error: resources.r.properties.value: The following params were not found in the template: a",
        validated=False,
    ),
    Refusal(
        "list_join of a word",
        value({"list_join": "x"}),
        INVALID,
        'resources.r.properties.value.list_join: Incorrect arguments to "list_join" should be: "list_join" : [ " ", '
        '[ "str1", "str2"] ...]',
    ),
    Refusal(
        "if without a value",
        value({"if": ["a", 1]}),
        INVALID,
        'resources.r.properties.value.if: Arguments to "if" must be of the form: [condition_name, value_if_true, '
        "value_if_false]",
    ),
    Refusal(
        "if of nothing",
        value({"if": ["ghost", 1, 2]}),
        INVALID,
        'resources.r.properties.value.if: Invalid condition "ghost"',
    ),
    Refusal(
        "unknown function",
        value({"get_nothing": "x"}),
        INVALID,
        "Property error: resources.r.properties.value: Value must be a string; got {'get_nothing': 'x'}",
        validated=False,
    ),
    Refusal(
        "function before its time",
        template(None, resource(TEST_RESOURCE, value={"str_split": [",", "a,b", 0]}), version="2014-10-16"),
        INVALID,
        "Property error: resources.r.properties.value: Value must be a string; got {'str_split': [',', 'a,b', 0]}",
        validated=False,
    ),
    Refusal(
        "condition function before its time",
        template(conditions={"c": {"contains": ["a", ["a"]]}}, version="2016-10-14"),
        INVALID,
        "Condition validation error: The definition of condition \"c\" is invalid: {'contains': ['a', ['a']]}",
    ),
    Refusal(
        "condition of a missing parameter",
        template({"p": {"type": "string"}}, {"r": {"type": NONE, "condition": {"equals": [{"get_param": "p"}, "x"]}}}),
        "UserParameterMissing",
        "The Parameter (p) was not provided.",
    ),
]

PROPERTIES = [
    Refusal(
        "unknown property",
        template(None, resource(RANDOM_STRING, foo=1)),
        INVALID,
        "Property error: resources.r.properties: Unknown Property foo",
    ),
    Refusal(
        "missing property",
        template(None, resource("OS::Heat::Value")),
        INVALID,
        "Property error: resources.r.properties: Property value not assigned",
        validated=False,
    ),
    Refusal(
        "property out of range",
        template(None, resource(RANDOM_STRING, length=9999)),
        INVALID,
        "Property error: resources.r.properties.length: 9999 is out of range (min: 1, max: 512)",
        validated=False,
    ),
    Refusal(
        "word for a number",
        template(None, resource(RANDOM_STRING, length="x")),
        INVALID,
        "Property error: resources.r.properties.length: Value 'x' is not an integer",
        validated=False,
    ),
    Refusal(
        "word for a list",
        template(None, resource(RANDOM_STRING, character_classes="abc")),
        INVALID,
        "Property error: resources.r.properties.character_classes: \"'abc'\" is not a list",
        validated=False,
    ),
    Refusal(
        "unknown key deeper",
        template(None, resource(RANDOM_STRING, character_classes=[{"foo": 1}])),
        INVALID,
        "Property error: resources.r.properties.character_classes[0]: Unknown Property foo",
        validated=False,
    ),
    Refusal(
        "word for a boolean",
        template(None, resource(TEST_RESOURCE, fail="x")),
        INVALID,
        'Property error: resources.r.properties.fail: "x" is not a valid boolean',
        validated=False,
    ),
    Refusal(
        "list for a word",
        template(None, resource(TEST_RESOURCE, value=["a"])),
        INVALID,
        "Property error: resources.r.properties.value: Value must be a string; got ['a']",
        validated=False,
    ),
    Refusal(
        "value of another type",
        template(None, resource("OS::Heat::Value", type="number", value="x")),
        INVALID,
        "Property error: resources.r.properties.value: could not convert string to float: 'x'",
        validated=False,
    ),
    Refusal(
        "group of fewer than none",
        template(None, {"r": group(-1, {"type": NONE})}),
        INVALID,
        "Property error: resources.r.properties.count: -1 is out of range (min: 0, max: None)",
        validated=False,
    ),
    Refusal(
        "group of nothing",
        template(None, resource(GROUP, count=2)),
        INVALID,
        "Property error: resources.r.properties: Property resource_def not assigned",
        validated=False,
    ),
    Refusal(
        "group of a wrong member",
        template(None, {"r": group(1, {"type": RANDOM_STRING, "properties": {"foo": 0}})}),
        INVALID,
        "Property error: resources.r<nested_stack>.resources[0].properties: Unknown Property foo",
        validated=False,
    ),
    Refusal(
        "group of an unknown type",
        template(None, {"r": group(1, {"type": "OS::Nope::Nothing"})}),
        INVALID,
        "The Resource Type (OS::Nope::Nothing) could not be found.",
        validated=False,
    ),
]

NESTED = [
    Refusal(
        "template that did not come along",
        template(None, resource("nested/ghost.yaml")),
        INVALID,
        'Could not fetch remote template "nested/ghost.yaml": Invalid URL scheme ',
    ),
    Refusal(
        "unknown property",
        template(None, resource("nested/node.yaml", size=5, foo=1)),
        INVALID,
        "Property error: resources.r.properties: Unknown Property foo",
        files={"nested/node.yaml": NODE},
    ),
    Refusal(
        "missing property",
        template(None, resource("nested/node.yaml")),
        INVALID,
        "Property error: resources.r.properties: Property size not assigned",
        validated=False,
        files={"nested/node.yaml": NODE},
    ),
    Refusal(
        "property out of range",
        template(None, resource("nested/node.yaml", size=1)),
        INVALID,
        "Property error: resources.r.properties.size: 1 is out of range (min: 2, max: None)",
        validated=False,
        files={"nested/node.yaml": NODE},
    ),
    Refusal(
        "not YAML",
        template(None, resource("nested.yaml")),
        INVALID,
        "Error parsing template nested.yaml while parsing a flow node\nexpected the node content, but found "
        "'<stream end>'\n  in \"<unicode string>\", line 1, column 5:\n    a: [\n        ^",
        files={"nested.yaml": "a: ["},
    ),
    Refusal(
        "unknown type inside",
        template(None, resource("nested.yaml")),
        INVALID,
        "resources.r<nested.yaml>: The Resource Type (OS::Nope::X) could not be found.",
        validated=False,
        files={"nested.yaml": "{heat_template_version: rocky, resources: {i: {type: OS::Nope::X}}}"},
    ),
    Refusal(
        "wrong reference inside",
        template(None, resource("nested.yaml")),
        INVALID,
        'InvalidTemplateReference: resources.r<nested.yaml>: The specified reference "ghost" (in a) is incorrect.',
        validated=False,
        files={
            "nested.yaml": "{heat_template_version: rocky, resources: {a: {type: X, depends_on: ghost}}}".replace(
                "X", NONE
            )
        },
    ),
    Refusal(
        "itself",
        template(None, resource("self.yaml")),
        INVALID,
        "RequestLimitExceeded: "
        + ".".join(["resources.r<self.yaml>"] * 6)
        + ": Request limit exceeded: Recursion depth exceeds 5.",
        validated=False,
        files={"self.yaml": "{heat_template_version: rocky, resources: {r: {type: self.yaml}}}"},
    ),
]

ALL = {
    f"{group_name}: {refusal.name}": refusal
    for group_name, refusals in {
        "text": TEXTS,
        "schema": SCHEMAS,
        "section": SECTIONS,
        "function": FUNCTIONS,
        "property": PROPERTIES,
        "nested": NESTED,
    }.items()
    for refusal in refusals
}


def assert_told(caught: pytest.ExceptionInfo[HTTPBadRequest], error_type: str, message: str) -> None:
    body = json.loads(caught.value.message)
    assert caught.value.code == 400
    assert (body["code"], body["title"], body["explanation"]) == (400, "Bad Request", GENERIC)
    assert set(body["error"]) == {"type", "traceback", "message"}
    assert body["error"]["type"] == error_type
    if message:
        assert body["error"]["message"] == message


@pytest.mark.parametrize("refusal", ALL.values(), ids=ALL.keys())
def test_create_refuses(stacks: Stacks, refusal: Refusal) -> None:
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.create(stack_name=stacks.new_name(), template=refusal.template, files=refusal.files)
    assert_told(caught, refusal.error_type, refusal.message)


@pytest.mark.parametrize("refusal", [ALL["section: unknown type"], ALL["function: parameter of nothing"]])
def test_preview_refuses_what_create_refuses(stacks: Stacks, refusal: Refusal) -> None:
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.preview(stack_name=stacks.new_name(), template=refusal.template, files=refusal.files)
    assert_told(caught, refusal.error_type, refusal.message)


def test_only_preview_counts_the_members_of_a_group(stacks: Stacks) -> None:
    too_many = template(None, {"g": group(1100, {"type": NONE})})
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.preview(stack_name=stacks.new_name(), template=too_many)
    assert_told(caught, "RequestLimitExceeded", "Request limit exceeded: Maximum resources per stack exceeded.")
    stack = stacks.create_settled(too_many)
    assert stack.stack_status == "CREATE_FAILED"
    assert stack.stack_status_reason == (
        "Resource CREATE failed: RequestLimitExceeded: resources.g: Request limit exceeded: "
        "Maximum resources per stack exceeded."
    )


@pytest.mark.parametrize("refusal", ALL.values(), ids=ALL.keys())
def test_validate_refuses_what_needs_no_values(stacks: Stacks, refusal: Refusal) -> None:
    if not refusal.validated:
        assert "Parameters" in stacks.client.stacks.validate(template=refusal.template, files=refusal.files)
        return
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.validate(template=refusal.template, files=refusal.files)
    # What is wrong with the template's structure, validate reports as a bad request.
    is_structural = refusal.error_type == INVALID or refusal.name == "too many resources"
    error_type = "HTTPBadRequest" if is_structural else refusal.error_type
    assert_told(caught, error_type, refusal.message)


SIZE = {"size": {"type": "number"}}


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            resource(RANDOM_STRING, len={"get_param": "size"}),
            "Property error: resources.r.properties: Unknown Property len",
        ),
        (resource("OS::Nope::Nothing"), "The Resource Type (OS::Nope::Nothing) could not be found."),
        (
            resource("nested/node.yaml", sise={"get_param": "size"}),
            "Property error: resources.r.properties: Unknown Property sise",
        ),
    ],
    ids=["property", "type", "property of a nested template"],
)
def test_validate_tells_what_a_preview_does_not_for_want_of_a_parameter(
    stacks: Stacks, resources: dict[str, Any], message: str
) -> None:
    source = {"template": template(SIZE, resources), "files": {"nested/node.yaml": NODE}}
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.preview(stack_name=stacks.new_name(), **source)
    assert_told(caught, "UserParameterMissing", "The Parameter (size) was not provided.")
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.validate(**source)
    assert_told(caught, "HTTPBadRequest", message)


@pytest.mark.parametrize(
    "resources",
    [
        resource(RANDOM_STRING, length=100_000),
        resource("nested/node.yaml"),
        resource("nested/node.yaml", size=1),
        {"r": group(1, {"type": "nested/node.yaml", "properties": {"sise": 1}})},
    ],
    ids=["value", "property that is missing", "value for a nested template", "property of a member"],
)
def test_validate_looks_at_no_value_and_into_no_member(stacks: Stacks, resources: dict[str, Any]) -> None:
    source = {"template": template(SIZE, resources), "files": {"nested/node.yaml": NODE}}
    assert list(stacks.client.stacks.validate(**source)["Parameters"]) == ["size"]
    with pytest.raises(HTTPBadRequest):
        stacks.client.stacks.preview(stack_name=stacks.new_name(), parameters={"size": 3}, **source)


def test_validate_takes_parameters_and_wants_those_of_conditions(stacks: Stacks) -> None:
    conditions = {"large": {"equals": [{"get_param": "size"}, 9]}}
    source = template(SIZE, {"r": {"type": NONE, "condition": "large"}}, conditions=conditions)
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.validate(template=source)
    assert_told(caught, "UserParameterMissing", "The Parameter (size) was not provided.")
    assert stacks.client.stacks.validate(template=source, parameters={"size": 9})["Parameters"]["size"]["Value"] == 9


@pytest.mark.parametrize(
    "text",
    [
        "heat_template_version: 2018-08-31\nresources: {}",
        'heat_template_version: "2018-08-31"',
        "heat_template_version: rocky\nresources:\nparameters:\noutputs:\n",
        json.dumps(template()),
    ],
    ids=["date", "string", "empty sections", "JSON"],
)
def test_template_may_be_text(stacks: Stacks, text: str) -> None:
    preview = stacks.client.stacks.preview(stack_name=stacks.new_name(), template=text)
    assert preview.description == "No description"
    assert preview.resources == []


@pytest.mark.parametrize("description", [5, True, ["a", 1], {"a": [1]}], ids=str)
def test_description_may_be_anything(stacks: Stacks, description: Any) -> None:
    preview = stacks.client.stacks.preview(stack_name=stacks.new_name(), template=template(description=description))
    assert preview.description == description


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"foo": {}}, 'environment has wrong section "foo"'),
        ({"parameters": None}, 'environment has empty section "parameters"'),
        ("hello", "The environment is not a valid YAML mapping data type."),
        (
            "a: [",
            "while parsing a flow node\nexpected the node content, but found '<stream end>'\n"
            '  in "<unicode string>", line 1, column 5:\n    a: [\n        ^',
        ),
    ],
    ids=str,
)
def test_wrong_environment_is_told(stacks: Stacks, environment: Any, message: str) -> None:
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.create(stack_name=stacks.new_name(), template=template(), environment=environment)
    assert_told(caught, "HTTPBadRequest", f"Environment not in valid format: {message}")


def test_environment_gives_types_a_meaning(stacks: Stacks) -> None:
    registry = {"resource_registry": {"My::Node": "nested/node.yaml", "My::Nothing": NONE}}
    resources = {"a": {"type": "My::Node", "properties": {"size": 4}}, "b": {"type": "My::Nothing"}}
    preview = stacks.client.stacks.preview(
        stack_name=stacks.new_name(),
        template=template(None, resources),
        environment=registry,
        files={"nested/node.yaml": NODE},
    )
    shapes = sorted(isinstance(row, list) for row in preview.resources)
    assert shapes == [False, True]


WORD = "outputs: {value: {value: from the template}}"


@pytest.mark.parametrize(
    ("resources", "inside"),
    [
        (resource(RANDOM_STRING), f"{{heat_template_version: rocky, {WORD}}}"),
        (
            resource(GROUP, resource_def={"type": NONE}),
            "{heat_template_version: rocky, parameters: {resource_def: {type: json}}, outputs: "
            "{value: {value: from the template}, refs: {value: 1}, refs_map: {value: 1}, attributes: {value: 1}, "
            "removed_rsrc_list: {value: 1}}}",
        ),
    ],
    ids=["string", "group"],
)
def test_environment_replaces_types_of_heats_own(stacks: Stacks, resources: dict[str, Any], inside: str) -> None:
    outputs = {"word": {"value": {"get_attr": ["r", "value"]}}, "reference": {"value": {"get_resource": "r"}}}
    stack = stacks.create_settled(
        template(None, resources, outputs=outputs),
        environment={"resource_registry": {resources["r"]["type"]: "nested/own.yaml"}},
        files={"nested/own.yaml": inside},
    )
    assert stack.stack_status == "CREATE_COMPLETE", stack.stack_status_reason
    told = {output["output_key"]: output["output_value"] for output in stack.outputs}
    assert told["word"] == "from the template"
    assert told["reference"].startswith("arn:openstack:heat::")


@pytest.mark.parametrize(
    ("replaced", "sections", "message"),
    [
        ("OS::Heat::Value", "", "Required property value for facade OS::Heat::Value missing in provider"),
        (
            RANDOM_STRING,
            f"parameters: {{length: {{type: string, default: x}}}}, {WORD}",
            f"Property length type mismatch between facade {RANDOM_STRING} (Integer) and provider (String)",
        ),
        (
            RANDOM_STRING,
            f"parameters: {{size: {{type: number}}}}, {WORD}",
            f"Provider requires property size unknown in facade {RANDOM_STRING}",
        ),
        (RANDOM_STRING, "", f"Attribute value for facade {RANDOM_STRING} missing in provider"),
    ],
    ids=["property", "type", "parameter", "attribute"],
)
def test_what_replaces_a_type_of_heats_own_has_its_properties_and_attributes(
    stacks: Stacks, replaced: str, sections: str, message: str
) -> None:
    body = {
        "template": template(None, resource(replaced, **({"size": 1} if "size" in sections else {}))),
        "environment": {"resource_registry": {replaced: "nested/own.yaml"}},
        "files": {"nested/own.yaml": f"{{heat_template_version: rocky, {sections}}}"},
    }
    with pytest.raises(HTTPBadRequest) as caught:
        stacks.client.stacks.preview(stack_name=stacks.new_name(), **body)
    assert_told(caught, INVALID, message)
    assert stacks.client.stacks.validate(**body)["Parameters"] == {}  # which looks at no more than the templates


def test_members_of_a_group_know_functions_that_the_template_around_them_does_not(stacks: Stacks) -> None:
    member = {"type": TEST_RESOURCE, "properties": {"value": {"digest": ["md5", "member-%index%"]}}}
    outputs = {"o": {"value": {"get_attr": ["r", "output"]}}}
    stack = stacks.create_settled(template(None, {"r": group(2, member)}, version="2013-05-23", outputs=outputs))
    assert stack.stack_status == "CREATE_COMPLETE", stack.stack_status_reason
    assert [output["output_value"] for output in stack.outputs] == [
        [hashlib.md5(name).hexdigest() for name in (b"member-0", b"member-1")]
    ]
