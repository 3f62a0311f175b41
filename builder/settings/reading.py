"""From flags, environment and files to settings. Nothing here reads the environment by itself; it is handed in.

A flag wins over the environment, the environment over ``CONFIG_FILE``, and that over the default.
"""

from __future__ import annotations

import logging
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any, Final

from builder.errors import ConfigurationError, read_text
from builder.settings.table import Settings, list_settings

logger = logging.getLogger(__name__)

OFF: Final = (False, "off")
"""The values of a setting that turn its feature off."""

LEAST_COMPARED: Final = 5
"""Shorter names (``HOST``, ``PORT``) are one slip away from too much that others call a variable."""

CONFIG_FILE_KEYS: Final = ("LOG_LEVEL", "LOG_FILE", "JWT_SECRET")
"""The settings that earlier releases read from a file; all others have never been in one."""


def build_settings(
    flags: Mapping[str, str | None], environment: Mapping[str, str], *, only: Container[str] | None = None
) -> Settings:
    """Settle every setting from flags (by the setting's name; None where not given) and environment.

    With ``only``, the settings of these names are read, and all others are left at their defaults.

    Raises ConfigurationError, naming the flag or variable, for a value that cannot be used.
    """
    values: dict[str, Any] = {}
    config_file = environment.get("CONFIG_FILE") if only is None else None
    configured = load_config_file(Path(config_file)) if config_file else {}
    for setting in list_settings():
        if only is not None and setting.name not in only:
            continue
        given = flags.get(setting.name)
        source, text = (
            (setting.flag, given) if given is not None else (setting.variable, environment.get(setting.variable))
        )
        if given is None and not text:  # an empty variable is none
            source, text = f"CONFIG_FILE: {setting.variable}", configured.get(setting.variable)
        if text is None:
            continue
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as error:
            if setting.needs and getattr(Settings(**values), setting.needs) in OFF:  # which comes before this one
                logger.warning("%s is left out: it is not %s, and of no use here", source, error)
                continue
            # A URL's user and password, which are also there where its scheme was forgotten.
            shown = f"***{text[text.rindex('@') :]}" if "@" in text else text
            raise ConfigurationError(f"{source}: {shown!r} is not {error}") from None
    if only is None:
        _tell_misspelt(environment)
    settings = Settings(**values)
    for root in settings.template_roots:  # one in which nothing can be found is no error: a volume may come later
        try:
            (root / "..").stat()  # which takes what looking up a file in it does: a folder, and the right to search it
        except OSError as error:
            logger.warning(
                "TEMPLATE_ROOTS: %r cannot be used: %s; make it a folder that this user may search, or mount it: until "
                "then definitions that use its files are rejected",
                str(root), error.strerror,
            )  # fmt: skip
    return settings


def _tell_misspelt(environment: Mapping[str, str]) -> None:
    known = [setting.variable for setting in list_settings()]
    for name in environment.keys() - set(known):
        for meant in known:
            if len(meant) >= LEAST_COMPARED and meant not in environment and _is_one_slip(name.upper(), meant):
                logger.warning("%s is no setting: did you mean %s?", name, meant)


def _is_one_slip(word: str, meant: str) -> bool:
    """Whether one character too many, too few, or another, or two that changed places, tell a word from another.

    >>> _is_one_slip("WATHC", "WATCH"), _is_one_slip("WATCHED", "WATCH"), _is_one_slip("WATCH", "WATCH")
    (True, False, True)
    """
    rest, wanted = word, meant
    for _ in ("the common beginning", "the common end, backwards"):
        while rest and wanted and rest[0] == wanted[0]:
            rest, wanted = rest[1:], wanted[1:]
        rest, wanted = rest[::-1], wanted[::-1]
    return max(len(rest), len(wanted)) <= 1 or (len(rest) == 2 and rest == wanted[::-1])


def load_config_file(path: Path) -> Mapping[str, str]:
    """What a file of earlier releases says, by the variables of the settings; other keys are left, and told of.

    Raises ConfigurationError, which repeats nothing of the file: it may hold a secret.
    """
    import yaml  # most services have no such file, and start the faster for it

    text = read_text(path, f"CONFIG_FILE: {path}")
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise ConfigurationError(f"CONFIG_FILE: {path} is not YAML{place}") from None
    if content is not None and not isinstance(content, dict):
        raise ConfigurationError(f"CONFIG_FILE: {path} is no mapping: write KEY: value, one a line")
    values = {key: value for key, value in (content or {}).items() if value is not None}
    for key in [each for each in values if each not in CONFIG_FILE_KEYS]:
        logger.warning("CONFIG_FILE: %.50r is not taken from a file, but from a variable; only these are: %s",
                       key, ", ".join(CONFIG_FILE_KEYS))  # fmt: skip
        del values[key]
    for key, value in values.items():
        if not isinstance(value, str | int | float):
            raise ConfigurationError(f"CONFIG_FILE: {key} in {path} is not a text: write it in quotes")
    return {key: str(value) for key, value in values.items()}


def load_jwt_secrets(settings: Settings) -> tuple[str, ...]:
    """The secrets from the setting and from the file.

    Raises ConfigurationError where the file cannot be read, or where there is none although one is required, or a file
    was named to hold one.
    """
    secrets = settings.jwt_secret
    if settings.jwt_secret_file is not None:
        text = read_text(settings.jwt_secret_file, f"JWT_SECRET_FILE: {settings.jwt_secret_file}")
        secrets += tuple(line.strip() for line in text.splitlines() if line.strip())
    for variable, wanted in (("REQUIRE_AUTH", settings.require_auth), ("PROTECT_READS", settings.protect_reads)):
        if wanted and not secrets:
            raise ConfigurationError(f"{variable} is set, but neither JWT_SECRET nor JWT_SECRET_FILE gives a secret")
    if settings.jwt_secret_file is not None and not secrets:  # whoever names a file wants tokens to be demanded
        raise ConfigurationError(f"JWT_SECRET_FILE: {settings.jwt_secret_file} holds no secret")
    return secrets
