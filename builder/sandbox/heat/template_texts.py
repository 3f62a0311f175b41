"""Text to templates and environments: what Heat's API does to a body before the engine sees it.

Apart from the templates' meaning, because the limits and the messages here belong to the text, and so does the version
of the language (the library is Heat's own YAML library, and so are its messages).
"""

from __future__ import annotations

import json
from collections.abc import Mapping

import yaml

from builder.hot import language as hot_language
from builder.hot.language import ALIASES, DATES, KNOWN_VERSIONS, VERSION_KEY, VERSION_KEYS, Language
from builder.sandbox.faults import HeatFault, Json, bad_request

MAX_TEMPLATE_SIZE = 512 * 1024
"""The most characters a template, or a file beside it, may have: ``max_template_size`` of Heat."""

MAX_NODES = 200_000
"""The most values a document may hold once its aliases are followed: a bound of the sandbox's own, against bombs."""

_ENVIRONMENT_SECTIONS = (
    "parameters",
    "resource_registry",
    "parameter_defaults",
    "encrypted_param_names",
    "event_sinks",
    "parameter_merge_strategies",
)


class _TemplateLoader(yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]  # either
    """Reads dates as strings: ``heat_template_version: 2018-08-31`` is a name, not a day."""


_TemplateLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))


class DocumentError(ValueError):
    """Text that is no template; the message is Heat's."""


def parse_template(text: str, origin: str = "[root stack]") -> dict[str, Json]:
    """Return the template in ``text``, JSON or YAML.

    ``origin`` names the text in messages.

    Raises DocumentError where the text is no mapping, or names no template language; HeatFault where the text is larger
    than ``MAX_TEMPLATE_SIZE``.
    """
    check_size(text)
    try:
        template = json.loads(text)
    except ValueError:
        template = _load_yaml(text, f"Error parsing template {origin} ")
        template = {} if template is None else template
    if not isinstance(template, dict):
        raise DocumentError("The template is not a JSON object or YAML mapping.")
    if not any(key in template for key in VERSION_KEYS):
        raise DocumentError("Template format version not found.")
    return template


def find_language(template: Mapping[str, Json]) -> Language:
    """Return the language a template says it is written in.

    Raises HeatFault: ``InvalidTemplateVersion``. The CloudFormation languages, which Heat reads too, are refused here.
    """
    found = sorted(key for key in template if key in VERSION_KEYS)
    if len(found) > 1:
        raise HeatFault("InvalidTemplateVersion", f"Ambiguous versions ({', '.join(found)})")
    if found and found[0] != VERSION_KEY:
        raise HeatFault("InvalidTemplateVersion", f"the sandbox cloud reads {VERSION_KEY} only, not {found[0]}")
    version = template.get(VERSION_KEY)
    if not isinstance(version, str) or not version:
        raise HeatFault("InvalidTemplateVersion", "Template version was not provided")
    language = hot_language.find_language(version)
    if language is None or language.newer:
        known = ", ".join(KNOWN_VERSIONS)
        raise HeatFault(
            "InvalidTemplateVersion", f'"{VERSION_KEY}: {version}". "{VERSION_KEY}" should be one of: {known}'
        )
    return language


def list_template_versions() -> list[dict[str, Json]]:
    """Return the versions as ``GET template_versions`` lists them."""
    return [
        {
            "version": f"{VERSION_KEY}.{date}",
            "type": "hot",
            "aliases": [f"{VERSION_KEY}.{alias}" for alias, target in ALIASES.items() if target == date],
        }
        for date in DATES
    ]


def parse_environment(value: Json) -> dict[str, Json]:
    """Return an environment, posted as a mapping or as YAML.

    Raises HeatFault where it cannot be read, or has a section that environments do not have.
    """
    if value is not None and not isinstance(value, (dict, str)):
        raise bad_request()
    try:
        environment = _load_yaml(value, "") if isinstance(value, str) else value
    except DocumentError as error:
        raise _invalid_environment(error) from error
    if environment is None:
        return {}
    if not isinstance(environment, dict):
        raise _invalid_environment("The environment is not a valid YAML mapping data type.")
    for section, content in environment.items():
        if section not in _ENVIRONMENT_SECTIONS:
            raise _invalid_environment(f'environment has wrong section "{section}"')
        if content is None:
            raise _invalid_environment(f'environment has empty section "{section}"')
    return dict(environment)


def _invalid_environment(reason: object) -> HeatFault:
    return bad_request(f"Environment not in valid format: {reason}")


def check_size(text: str) -> None:
    """Refuse a text above Heat's limit. Raises HeatFault: ``RequestLimitExceeded``."""
    if len(text) > MAX_TEMPLATE_SIZE:
        raise HeatFault(
            "RequestLimitExceeded",
            f"Template size ({len(text)} bytes) exceeds maximum allowed size ({MAX_TEMPLATE_SIZE} bytes).",
        )


def _load_yaml(text: str, prefix: str) -> Json:
    """Return the document in a text. Raises DocumentError where there is none, or one of too many values."""
    try:
        document = yaml.load(text, Loader=_TemplateLoader)  # noqa: S506  # a safe loader that differs in timestamps only
    except (yaml.YAMLError, ValueError):
        try:
            # The loader written in Python quotes the offending line in its message, as Heat's answer does.
            document = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError) as error:
            raise DocumentError(prefix + str(error)) from error
    left = MAX_NODES
    pending = [document]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        left -= 1
        if left < len(pending):
            raise DocumentError(f"The document holds more than {MAX_NODES} values.")
    return document
