"""From flags, environment and files to settings. Nothing here reads the environment by itself; it is handed in.

A flag wins over the environment, the environment over the default.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from builder.errors import ConfigurationError
from builder.settings.table import Settings, list_settings


def build_settings(
    flags: Mapping[str, str | None], environment: Mapping[str, str], *, only: Container[str] | None = None
) -> Settings:
    """Settle every setting from flags (by the setting's name; None where not given) and environment.

    With ``only``, the settings of these names are read, and all others are left at their defaults.

    Raises ConfigurationError, naming the flag or variable, for a value that cannot be used.
    """
    values: dict[str, Any] = {}
    for setting in list_settings():
        if only is not None and setting.name not in only:
            continue
        given = flags.get(setting.name)
        source, text = (
            (setting.flag, given) if given is not None else (setting.variable, environment.get(setting.variable))
        )
        if text is None or (text == "" and source == setting.variable):
            continue
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            raise ConfigurationError(f"{source}: {text!r} is not {error}") from None
    return Settings(**values)


def load_jwt_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets from the setting and from the file.

    Raises ConfigurationError where the file cannot be read, or where there is none although one is required, or a file
    was named to hold one.
    """
    secrets = settings.jwt_secret
    if settings.jwt_secret_file is not None:
        try:
            text = settings.jwt_secret_file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"JWT_SECRET_FILE: {settings.jwt_secret_file} cannot be read: {error}") from error
        secrets += tuple(line.strip() for line in text.splitlines() if line.strip())
    for variable, wanted in (("REQUIRE_AUTH", settings.require_auth), ("PROTECT_READS", settings.protect_reads)):
        if wanted and not secrets:
            raise ConfigurationError(f"{variable} is set, but neither JWT_SECRET nor JWT_SECRET_FILE gives a secret")
    if settings.jwt_secret_file is not None and not secrets:  # whoever names a file wants tokens to be demanded
        raise ConfigurationError(f"JWT_SECRET_FILE: {settings.jwt_secret_file} holds no secret")
    return secrets
