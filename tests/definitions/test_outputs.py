"""Outputs as Concertim reads them: the type of a rack, its link, texts that its page can show, and no secrets."""

from __future__ import annotations

import pytest

from builder.diagnostics.rules import Profile
from tests.definitions.texts import build, find_rules

PARAMETERS = """
    free: {type: string, default: ""}
    narrow: {type: string, constraints: [{allowed_pattern: '^[a-z]+$'}]}
    chosen: {type: string, constraints: [{allowed_values: [a, b]}]}
    short: {type: string, constraints: [{length: {max: 1}}]}
    long: {type: string, constraints: [{length: {min: 12}}]}
    image: {type: string, constraints: [{custom_constraint: glance.image}]}
    size: {type: number}
    fixed: {type: string}
    pairs: {type: string}
    hidden: {type: string, hidden: true}
    password: {type: string}
"""
RESOURCES = """
    ip: {type: OS::Neutron::FloatingIP, properties: {floating_network: public1}}
    key: {type: OS::Nova::KeyPair, properties: {name: key}}
    token: {type: OS::Heat::RandomString}
    serial: {type: OS::Heat::RandomString}
    config: {type: OS::Heat::SoftwareConfig}
"""


def find(
    name: str, value: str, condition: str = "", files: dict[str, str] | None = None,
    profile: Profile = Profile.CONCERTIM,
) -> list[str]:  # fmt: skip
    """The rules that an output breaks, of a type whose id is ``texts``."""
    definition = (
        "hardcoded_parameters: {fixed: texts, pairs: a=b=c}\n"
        "parameter_overrides: {password: {hidden: true}}\n"
        "heat_template:\n  heat_template_version: 2021-04-16\n"
        f"  parameters: {PARAMETERS}  resources: {RESOURCES}"
        f"  outputs: {{{name}: {{value: {value}{condition}}}}}\n"
    )
    return find_rules(build(definition, files, profile=profile), "unknown-attribute")


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("texts", True),
        ("{get_param: fixed}", True),
        ("{str_replace: {template: t$x, params: {$x: exts}}}", True),
        ("{list_join: ['', [te, xts]]}", True),
        ("other", False),
        ("Texts", False),
        ("5", False),
        ("", False),
        ("[texts]", False),
        ("{get_param: free}", False),
        ("{get_attr: [config, config]}", False),
        ("{if: [{equals: [a, b]}, texts, other]}", False),
    ],
)
def test_declared_type_of_the_cluster_is_held_against_the_id(value: str, is_right: bool) -> None:
    assert find("concertim_cluster_type", value) == ([] if is_right else ["cluster-type-output"])


def test_declared_type_of_the_cluster_may_have_no_condition() -> None:
    assert find("concertim_cluster_type", "texts", ", condition: {equals: [a, b]}") == ["cluster-type-output"]
    assert find("concertim_cluster_type", "texts", ", condition: true") == []


ADDRESS = "{get_attr: [ip, floating_ip_address]}"


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("https://example.org/", True),
        ("HTTP://example.org/", True),
        (f"{{str_replace: {{template: 'https://HOST/', params: {{HOST: {ADDRESS}}}}}}}", True),
        (f"{{list_join: ['', ['http://', {ADDRESS}]]}}", True),
        (f"{{make_url: {{scheme: https, host: {ADDRESS}, port: 8443}}}}", True),
        ("{get_attr: [config, config]}", True),  # nobody knows
        ("{get_param: narrow}", True),
        (ADDRESS, False),
        ("{get_attr: [ip, router, networks, 0]}", False),
        ("{get_attr: [config, web_address]}", True),  # an output of somebody's, perhaps
        (f"{{if: [{{equals: [a, b]}}, 'https://example.org/', {ADDRESS}]}}", False),
        ("example.org", False),
        ("ftp://example.org/", False),
        ("''", False),
        (f"{{list_join: [':', [example.org, {ADDRESS}]]}}", False),
        (f"{{make_url: {{host: {ADDRESS}}}}}", False),
    ],
)
def test_link_of_a_rack_leads_to_a_url(value: str, is_right: bool) -> None:
    assert find("web_access", value) == ([] if is_right else ["web-access-output"])
    assert find("other", value) == []


@pytest.mark.parametrize(
    ("value", "is_right"),
    [
        ("a=b", True),
        ("'a=b, c=d'", True),
        ("'a=b,c=d'", False),
        ("'https://example.org/?a=1&b=2'", False),
        ("c2VjcmV0cw==", False),
        ("{str_replace: {template: 'a=A b=B', params: {A: 1, B: 2}}}", False),
        ("{str_replace: {template: 'a=A', params: {A: {get_param: pairs}}}}", False),
        ("{str_replace: {template: {get_file: usage.txt}, params: {}}}", False),
        ("{list_join: ['=', [a, b, c]]}", False),
        ("{list_join: [', ', ['a=b', 'c=d']]}", True),
        ("{make_url: {scheme: https, host: h, query: {a: 1, b: 2}}}", False),
        ("{make_url: {scheme: https, host: h, query: {a: 1}}}", True),
        ("{if: [{equals: [a, b]}, x, 'a=b=c']}", False),
        ("{a: {b: [x, 'a=b=c'], c: d}, e: f}", False),
        ("[a=b, c=d]", True),
        ("{get_param: free}", False),
        ("{list_join: [':', [a, {get_param: free}]]}", False),
        ("{get_param: long}", False),
        ("{get_param: narrow}", True),
        ("{get_param: chosen}", True),
        ("{get_param: short}", True),
        ("{get_param: image}", True),
        ("{get_param: size}", True),
        ("{get_param: fixed}", True),
        ("{if: [{equals: [{get_param: free}, b]}, x, y]}", True),
        ("{get_attr: [config, config]}", True),
    ],
)  # fmt: skip
def test_text_with_two_equals_signs_between_commas_is_told_of(value: str, is_right: bool) -> None:
    rules = find("usage", value, files={"usage.txt": "a=1 b=2"})
    assert rules == ([] if is_right else ["output-equals-signs"])


@pytest.mark.parametrize(
    ("name", "value", "is_right"),
    [
        ("login", "{get_param: hidden}", False),
        ("login", "{str_replace: {template: 'root:P', params: {P: {get_param: password}}}}", False),
        ("login", "{get_attr: [key, private_key]}", False),
        ("login", "{get_attr: [key, public_key]}", True),
        ("login", "{get_attr: [token, value]}", False),
        ("login", "{get_resource: token}", False),
        ("admin_password", "{get_attr: [serial, value]}", False),
        ("serial", "{get_attr: [serial, value]}", True),
        ("password", "ask the administrators", True),
    ],
)
def test_secret_that_an_output_shows_is_told_of(name: str, value: str, is_right: bool) -> None:
    assert find(name, value) == ([] if is_right else ["secret-output"])


def test_no_message_repeats_what_may_be_secret() -> None:
    definition = (
        "hardcoded_parameters: {secret: canary=canary=}\nheat_template:\n  heat_template_version: 2021-04-16\n"
        "  parameters: {secret: {type: string, hidden: true}, n: {type: number}}\n"
        "  outputs:\n    a: {value: {get_param: secret}}\n    web_access: {value: {get_param: secret}}\n"
        "    concertim_cluster_type: {value: {get_param: secret}}\n"
    )
    problems = build(definition).problems
    assert {"secret-output", "web-access-output", "cluster-type-output"} <= {problem.rule for problem in problems}
    assert "canary" not in str([problem.as_json() for problem in problems])


def test_texts_that_a_few_lines_multiply_take_no_time() -> None:
    value = "a" * 1000
    for _ in range(20):
        value = f"{{str_replace: {{template: {value}, params: {{a: {'a' * 1000}}}}}}}"
    assert find("usage", value) == []


def test_outputs_are_nobodys_business_in_the_generic_profile() -> None:
    for name, value in (("web_access", ADDRESS), ("concertim_cluster_type", "x"), ("a", "a=b=c")):
        assert find(name, value, profile=Profile.GENERIC) == []


@pytest.mark.parametrize("name", ["usage", "web_access", "concertim_cluster_type"])
@pytest.mark.parametrize(
    "function", ["get_param", "get_attr", "get_file", "list_join", "str_replace", "make_url", "if"]
)
@pytest.mark.parametrize(
    "arguments", ["[]", "{}", "5", "", "[[]]", "[{}, {}]", "{template: [], params: {'': a, b: []}}"]
)
def test_calls_of_any_shape_are_judged(name: str, function: str, arguments: str) -> None:
    assert "internal-error" not in find(name, f"{{{function}: {arguments}}}")
