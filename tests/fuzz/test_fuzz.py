"""Whatever is fed to the parsers: they say what is wrong with it, and raise nothing else.

A short run by default; ``FUZZ_EXAMPLES=100000 pytest -m fuzz tests/fuzz`` makes it a long one.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import requests
from heatclient import exc as heat_exceptions
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from keystoneauth1 import exceptions as keystone_exceptions

from builder.api.authentication import check_token
from builder.api.parsing import parse_build_request, parse_json, read_cloud_env
from builder.api.rendering import respond_faults
from builder.catalogue.catalogue import Catalogue
from builder.catalogue.loader import LoadSettings
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.diagnostics.rules import RULES
from builder.errors import RequestError
from builder.hot_lint.sources import SourceError
from builder.kinds.heat.planning import plan_cluster
from builder.kinds.registry import KINDS
from builder.net.addresses import parse_address, parse_url, parse_url_prefixes, refuse_host
from builder.net.guard import CloudGuard
from builder.openstack.call_context import CallContext, Service
from builder.openstack.credentials import parse_credentials
from builder.openstack.deadline import Deadline
from builder.openstack.failures import translate
from builder.schema import published
from tests.security.urls import format_url
from tests.service import minimal_definition

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "60"))
PASSWORD = "canary-password"
FUZZED = ClusterTypeId("fuzzed")

fuzz = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)

if "FUZZ_EXAMPLES" in os.environ:
    pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(3600)]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["", "0", "yes", "1e400", "../../etc/passwd", "\x00", "\ud800", "{get_file: x}", "9" * 5000]),
)
KEYS = [
    "kind", "title", "description", "heat_template", "heat_template_url", "components", "parameters", "order", "name",
    "optional", "resources", "type", "properties", "default", "constraints", "range", "min", "length", "allowed_values",
    "heat_template_version", "get_param", "get_file", "hidden", "condition", "outputs", "value", "label", "modulo",
]  # fmt: skip
keys = st.one_of(st.sampled_from(KEYS), st.text(max_size=8))
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=20,
)


class OneFile:
    """A definition that has no other files."""

    def __init__(self, text: str) -> None:
        self._text = text

    def resolve(self, reference: str, base: str) -> str:
        raise SourceError("missing-file", f"{reference!r} is not there")

    def resolve_template(self, reference: str) -> str:
        return self.resolve(reference, "")

    def read(self, name: str) -> str:
        if name:
            raise SourceError("missing-file", "it is not there")
        return self._text

    def read_data(self, name: str) -> str:
        return self.read(name)

    def list_beside(self, name: str) -> list[str]:
        return [name]

    def display(self, name: str) -> str:
        return name or "fuzzed.yaml"


def assert_is_told(error: RequestError, *statuses: int) -> None:
    """What is raised can be shown, in the published shape."""
    assert not statuses or error.status in statuses
    body = respond_faults(error.faults, error.headers).body
    assert body is not None
    Draft7Validator(published.load_schema("errors")).validate(json.loads(body))
    assert PASSWORD not in body.decode()


def mutate(text: str, cuts: list[tuple[int, str]]) -> str:
    """A text with a few places written over."""
    for place, piece in cuts:
        at = place % (len(text) + 1)
        text = text[:at] + piece + text[at + len(piece) :]
    return text


cuts = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.one_of(
            st.text(max_size=3),
            st.sampled_from(
                [":", "- ", "{", "}", "[", "]", "&a ", "*a", "!!python ", "<<: ", "\t", "|", ">", "'", '"']
            ),
        ),
    ),
    max_size=5,
)


# --- definitions ------------------------------------------------------------------------------------------------------


def build(text: str) -> None:
    outcome = build_cluster_type(FUZZED, OneFile(text), KINDS)
    for problem in outcome.problems:
        assert problem.message
        assert problem.rule
    assert outcome.cluster_type is not None or outcome.problems


@fuzz
@given(st.text(max_size=300))
def test_any_text_is_a_definition_or_has_problems(text: str) -> None:
    build(text)


@fuzz
@given(cuts)
def test_any_damage_to_a_definition_is_told(places: list[tuple[int, str]]) -> None:
    build(mutate(minimal_definition(), places))


@fuzz
@given(trees)
def test_any_tree_is_a_definition_or_has_problems(tree: Any) -> None:
    build(json.dumps(tree))


@fuzz
@given(trees, trees, st.sampled_from(["parameters", "resources", "outputs", "conditions", "parameter_groups"]))
def test_any_tree_in_a_template_is_told(tree: Any, other: Any, section: str) -> None:
    template = {"heat_template_version": "2021-04-16", "resources": {}, "parameters": {"p": other}, section: tree}
    build(json.dumps({"kind": "heat", "title": "t", "description": "d", "heat_template": template}))


# What YAML can say and JSON, or a text without escapes, cannot; and paths that a file system may stumble over.
oddities = st.one_of(
    st.sampled_from(
        [
            r'"\ud83d\ude00.yaml"', r'"\ud83d"', r'"\ude00\ud83d/x"', r'"a\0b"', '"\\udcff.yaml"', "9" * 5000,
            "0x" + "9" * 5000, "-0b" + "1" * 9000, "1:" + "59:" * 3000 + "1", "1:" + "59:" * 300 + "1.5", "1e999",
            "!!float " + "9" * 400, "!!int x", "a/" * 1500 + "x", "a/" * 3000 + "x", "../" * 3000 + "x", "//" * 2000,
            "/" + "x" * 300, ".", "", "http://x/y", "good.yaml", "bad.yaml", "*x", "<<",
        ]
    ),
    st.integers().map(str),
    st.integers(min_value=10**300, max_value=10**320).map(hex),
    st.lists(st.sampled_from(["..", ".", "", "a", "link", "x.yaml", "~"]), min_size=1, max_size=2000).map("/".join),
    st.text(max_size=20).map(json.dumps),
    trees.map(json.dumps),
)  # fmt: skip
PLACES = [
    "title: {}", "order: {}", "heat_template_url: {}", "components: [name: {}]", "x-{}: 1", "{}: 1", "? {}\n: 1",
    "heat_template:\n  heat_template_version: 2021-04-16\n  parameters: {{p: {{type: number, default: {}}}}}",
    "heat_template:\n  heat_template_version: 2021-04-16\n  parameters: {{p: {{type: json, default: {}}}}}",
    "heat_template:\n  heat_template_version: 2021-04-16\n  parameters: {{{}: {{type: string}}}}",
    "heat_template:\n  heat_template_version: 2021-04-16\n"
    "  parameters: {{p: {{type: number, constraints: [range: {{min: {}}}]}}}}",
    "heat_template:\n  heat_template_version: {}",
    "heat_template:\n  heat_template_version: 2021-04-16\n"
    "  resources: {{r: {{type: a, properties: {{p: {{get_file: {}}}}}}}}}",
    "heat_template:\n  heat_template_version: 2021-04-16\n  resources: {{r: {{type: {}}}}}",
]  # fmt: skip


@fuzz
@given(st.sampled_from(PLACES), oddities)
@example("heat_template_url: {}", '"a\\0/b.yaml"')
@example("components: [{{name: {}}}]", '"a\\0b"')
@example(next(place for place in PLACES if "get_file" in place), '"a\\0b"')
def test_whatever_a_file_holds_no_other_suffers_and_the_service_does_not_fail_over_it(place: str, oddity: str) -> None:
    text = f"kind: heat\ntitle: t\ndescription: d\n{place.format(oddity)}\n"
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "good.yaml").write_text(minimal_definition())
        (folder / "bad.yaml").write_text(text)
        (folder / "link").symlink_to(".")
        catalogue = Catalogue(folder, LoadSettings())
        catalogue.reconcile()
        assert "good" in catalogue.snapshot.types
        problems = [problem for report in catalogue.snapshot.reports() for problem in report.problems]
        assert [str(problem) for problem in problems if problem.rule not in RULES] == []
        assert json.loads(json.dumps([problem.as_json() for problem in problems], ensure_ascii=False).encode())
        assert not catalogue.reconcile()
        assert not any(catalogue.sweep())


# --- requests ---------------------------------------------------------------------------------------------------------


@fuzz
@given(st.one_of(st.binary(max_size=200), trees.map(lambda tree: json.dumps(tree).encode())))
def test_any_bytes_are_a_request_or_told_to_be_none(content: bytes) -> None:
    for parse in (
        parse_json,
        parse_build_request,
        lambda each, depth: read_cloud_env({"cloud_env": parse_json(each, depth)}),
    ):
        try:
            parse(content, 64)
        except RequestError as error:
            assert_is_told(error, 400)


@fuzz
@given(trees, trees, trees, trees)
def test_any_request_is_planned_or_refused(url: Any, name: Any, parameters: Any, selections: Any) -> None:
    cluster_type = build_cluster_type(FUZZED, OneFile(minimal_definition()), KINDS).cluster_type
    assert cluster_type is not None
    body = {
        "cloud_env": {"auth_url": url, "password": PASSWORD, "user_id": "u", "project_id": "p"},
        "cluster": {"cluster_type_id": "x", "name": name, "parameters": parameters, "selections": selections},
    }
    try:
        request = parse_build_request(json.dumps(body).encode(), 64)
        plan_cluster(cluster_type, request.name, request.parameters, request.selections)
        parse_credentials(request.cloud_env)
    except RequestError as error:
        assert_is_told(error, 400)


@fuzz
@given(st.dictionaries(st.one_of(st.just("size"), st.text(max_size=10)), trees, max_size=4))
def test_any_answers_are_planned_or_refused(parameters: dict[str, Any]) -> None:
    cluster_type = build_cluster_type(FUZZED, OneFile(minimal_definition()), KINDS).cluster_type
    assert cluster_type is not None
    try:
        plan_cluster(cluster_type, "fuzzed", parameters, {})
    except RequestError as error:
        assert_is_told(error, 400)


@fuzz
@given(
    st.one_of(st.text(max_size=100), st.from_regex(r"[A-Za-z0-9_=-]{0,40}\.[A-Za-z0-9_=-]{0,40}\.[A-Za-z0-9_=-]{0,40}"))
)
def test_any_token_without_the_secret_is_refused(token: str) -> None:
    with pytest.raises(RequestError) as caught:
        check_token(token, ["a-secret-of-more-than-thirty-two-bytes"])
    assert caught.value.status == 401


# --- addresses --------------------------------------------------------------------------------------------------------


@fuzz
@given(
    st.one_of(
        st.text(max_size=60), st.from_regex(r"https?://[0-9a-fx.:\[\]%@]{1,30}(/[a-z.%/]{0,20})?", fullmatch=True)
    )
)
def test_any_url_has_one_normal_form_or_none(text: str) -> None:
    try:
        url = parse_url(text)
    except ValueError:
        assert CloudGuard(parse_url_prefixes("http://k.example")).refuse_auth_url(text)
        return
    assert parse_url(format_url(url)) == url
    assert url.covers(url)


@fuzz
@given(
    st.integers(0, 2**32 - 1), st.sampled_from(["{0}", "0x{0:x}", "0{0:o}", "[::ffff:{1}]", "[64:ff9b::{1}]", "{1}."])
)
def test_every_spelling_of_an_address_is_judged_alike(number: int, form: str) -> None:
    dotted = ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))
    spelled = form.format(number, dotted)
    assume(parse_address(spelled) is not None)
    assert refuse_host(spelled) == refuse_host(dotted)


# --- the answers of clouds --------------------------------------------------------------------------------------------


@fuzz
@given(
    st.integers(100, 999),
    st.one_of(
        st.binary(max_size=200),
        trees.map(lambda tree: json.dumps(tree).encode()),
        trees.map(lambda tree: json.dumps({"error": {"message": tree, "type": tree}}).encode()),
        st.text(max_size=50).map(lambda said: json.dumps({"error": {"message": said + PASSWORD}}).encode()),
    ),
    st.sampled_from(list(Service)),
    st.text(max_size=10),
)
def test_any_answer_of_a_cloud_becomes_a_failure_that_can_be_told(
    status: int, content: bytes, service: Service, retry: str
) -> None:
    response = requests.Response()
    response.status_code = status
    response._content = content
    response.headers["Retry-After"] = retry
    context = CallContext(service, Deadline(60), (PASSWORD,), creating="hpc--x", last_response=lambda: response)
    errors: list[BaseException] = [
        keystone_exceptions.HttpError(message="x", response=response, http_status=status, url="http://x/auth/tokens"),
        requests.exceptions.ConnectionError(content.decode("latin-1")),
        ValueError(content),
        KeyError(),
    ]
    heat_error = heat_exceptions.HTTPException(message=content)
    heat_error.code = status
    errors.append(heat_error)
    for error in errors:
        told = translate(error, context)
        assert 400 <= told.status < 600
        assert told.status != 500
        assert_is_told(told)
