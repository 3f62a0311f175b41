"""The cloud and the credentials that a person's shell names, as OpenStack's own commands read them: for commands only.

The variables are those of an ``openrc`` file; where ``OS_CLOUD`` names a cloud, it is looked up in ``clouds.yaml``, by
openstacksdk, which knows where that is and what may be in it. The service itself reads neither.
https://docs.openstack.org/python-openstackclient/latest/cli/man/openstack.html#environment-variables
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from builder.errors import ConfigurationError
from builder.openstack.credentials import PROJECT_KEYS, USER_KEYS
from builder.settings.certificates import check_ca_bundle
from builder.settings.table import Settings

_APPLICATION_CREDENTIAL: Final = ("application_credential_id", "application_credential_secret")
_APPLICATION_CREDENTIAL_BY_NAME: Final = ("application_credential_name", "application_credential_secret", *USER_KEYS)
_WAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "v3applicationcredential": _APPLICATION_CREDENTIAL,
    "v3token": ("token", *PROJECT_KEYS),
    "token": ("token", *PROJECT_KEYS),
    "v3password": ("password", *USER_KEYS, *PROJECT_KEYS),
    "password": ("password", *USER_KEYS, *PROJECT_KEYS),
}
"""The keys of ``cloud_env`` that each way to authenticate has, by the ways' names in ``OS_AUTH_TYPE``."""

_NO_CLOUD: Final = (
    "no cloud is named: set OS_AUTH_URL and the other OS_* variables, as the openrc file does that a cloud's dashboard "
    "offers, or OS_CLOUD to the name of a cloud in clouds.yaml"
)


def load_cloud_environment(environment: Mapping[str, str], settings: Settings) -> tuple[dict[str, str], Settings]:
    """Read what ``environment`` names: ``OS_CLOUD`` first, as OpenStack's commands do, else the variables themselves.

    Gives what a request has as ``cloud_env``, and the settings with what the shell says of clouds in their place.

    Raises ConfigurationError, without any value that may be a secret, where no cloud is named, or not all of it, and
    where the certificates that are named cannot be used, and the cloud takes some.
    """
    name = environment.get("OS_CLOUD")
    if name:
        given, origin = _load_clouds_yaml(name, environment), f"the cloud {name!r} of clouds.yaml"
    else:
        given = {key[3:].lower(): value for key, value in environment.items() if key.startswith("OS_") and value}
        origin = "the environment"
    if environment.get("OS_REGION_NAME"):
        given["region_name"] = environment["OS_REGION_NAME"]
    if not given.get("auth_url"):
        raise ConfigurationError(f"{origin} has no auth_url" if name else _NO_CLOUD)
    way = _find_way(given)
    if way not in _WAYS:
        raise ConfigurationError(
            f"{origin} has {way!r} as its auth_type; what can be used is {', '.join(sorted(_WAYS))}"
        )
    keys = _WAYS[way]
    if keys is _APPLICATION_CREDENTIAL and given.get("application_credential_name") and not given.get(keys[0]):
        keys = _APPLICATION_CREDENTIAL_BY_NAME
    missing = _find_missing(given, keys)
    if missing:
        told = missing if name else " or ".join(f"OS_{each.upper()}" for each in missing.split(" or "))
        raise ConfigurationError(f"{origin} names a cloud, but not {told}")
    interface = given.get("interface") or settings.cloud_interface
    ca_bundle = given.get("cacert") or settings.cloud_ca_bundle
    if ca_bundle and given["auth_url"].startswith("https:"):
        check_ca_bundle(ca_bundle, "OS_CACERT, or cacert of clouds.yaml" if given.get("cacert") else "CLOUD_CA_BUNDLE")
    return {key: given[key] for key in ("auth_url", *keys, "region_name") if given.get(key)}, replace(
        settings,
        cloud_ca_bundle=ca_bundle,
        cloud_interface=interface.removesuffix("URL"),  # publicURL: an older way to say it
    )


def _load_clouds_yaml(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings of a cloud in ``clouds.yaml``, its secrets in ``secure.yaml`` included, those of ``auth`` inside."""
    from openstack.config.loader import CONFIG_FILES, SECURE_FILES, OpenStackConfig
    from openstack.exceptions import ConfigException

    # Where nobody says, openstacksdk looks through its own list; a file that does not exist is passed over.
    files = [environment.get("OS_CLIENT_CONFIG_FILE") or "", *CONFIG_FILES]
    secure_files = [environment.get("OS_CLIENT_SECURE_FILE") or "", *SECURE_FILES]
    try:
        # Without load_envvars, for the environment is handed in: openstacksdk would read its own.
        config = OpenStackConfig(config_files=files, secure_files=secure_files, load_envvars=False)
        found: Any = config.get_one(name, validate=False)
    except (ConfigException, OSError, TypeError, AttributeError, ValueError) as error:
        # The others are what openstacksdk raises on YAML of another shape.
        told = str(error) if isinstance(error, ConfigException) else "clouds.yaml has not the form that it should have"
        raise ConfigurationError(f"OS_CLOUD: {told}") from error
    settings: dict[str, Any] = {**found.config, **found.config.get("auth", {})}
    return {key: str(value) for key, value in settings.items() if value is not None and value != ""}


def _find_way(given: Mapping[str, str]) -> str:
    """How to authenticate: as is said, or else by what is there.

    ``password`` is what openstacksdk says where a cloud of ``clouds.yaml`` does not: then, too, what is there counts.
    """
    way = given.get("auth_type", "password")
    if way == "password" and not given.get("password"):
        if given.get("application_credential_id") or given.get("application_credential_name"):
            return "v3applicationcredential"
        return "token" if given.get("token") else way
    return way


def _find_missing(given: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    """The key that a way to authenticate, of these ``keys``, lacks, or the keys of which it lacks one."""
    for key in keys[:2] if "application_credential_secret" in keys else keys[:1]:
        if not given.get(key):
            return key
    for what, by_name in (("user", "username"), ("project", "project_name")):
        if f"{what}_id" not in keys or given.get(f"{what}_id"):
            continue
        if not given.get(by_name):
            return f"{what}_id or {by_name}"
        if not (given.get(f"{what}_domain_id") or given.get(f"{what}_domain_name")):
            return f"{what}_domain_id or {what}_domain_name"
    return None
