"""Every setting of the service: its name, flag, environment variable, default, meaning and check, in one table.

``--help``, docs/configuration.md and the reading of flags and environment are all made from this table.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from builder.net.addresses import Url, parse_url_prefixes
from builder.net.guard import CloudGuard
from builder.settings.value_parsers import (
    Network,
    optional,
    parse_boolean,
    parse_choice,
    parse_host,
    parse_host_names,
    parse_integer,
    parse_networks,
    parse_path,
    parse_path_or_none,
    parse_paths,
    parse_proxy,
    parse_seconds,
    parse_secrets,
)

ENABLED_NAME = "cluster-types-enabled"
"""The folder in the instance folder whose entries are listed."""

_STATE_NAME = ".cluster-builder"
_DEFAULT_STATE_DIR: Path | None = Path("$INSTANCE_DIR", _STATE_NAME)
"""Stands for a folder in the instance folder, wherever that is; written as operators read it."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Setting:
    """What is known of one setting; ``parse`` raises ValueError, with what is wanted, for a text it cannot take."""

    name: str
    variable: str
    flag: str | None
    metavar: str
    default: Any
    meaning: str
    parse: Callable[[str], Any]
    needs: str
    """The name of the setting without which this one is of no use; an empty text for none."""


def _setting(
    default: Value, metavar: str, parse: Callable[[str], Value], meaning: str, *, flag: str | None = None,
    needs: str = "", secret: bool = False,
) -> Value:  # fmt: skip
    metadata = {"metavar": metavar, "parse": parse, "meaning": meaning, "flag": flag, "needs": needs}
    result: Value = field(default=default, metadata=metadata, repr=not secret)
    return result


def _switch(default: bool, meaning: str, *, flag: str | None = None) -> bool:
    return _setting(default, "BOOLEAN", parse_boolean, meaning, flag=flag)


def _integer(
    default: int, least: int, greatest: int, metavar: str, meaning: str, *, flag: str | None = None, needs: str = ""
) -> int:
    return _setting(default, metavar, parse_integer(least, greatest), meaning, flag=flag, needs=needs)


def _seconds(default: float, least: float, greatest: float, meaning: str, *, needs: str = "") -> float:
    return _setting(default, "SECONDS", parse_seconds(least, greatest), meaning, needs=needs)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one service, all checked. Times are in seconds.

    Each is read from the environment variable of its name, in capitals.
    """

    host: str = _setting(
        "127.0.0.1", "HOST", parse_host,
        "Address, or name of one, to listen on; 0.0.0.0 is every one of IPv4, :: of both families.", flag="--host",
    )  # fmt: skip
    port: int = _integer(42378, 0, 65535, "PORT", "Port to listen on; 0 takes any that is free.", flag="--port")
    instance_dir: Path = _setting(
        Path("instance"), "DIR", parse_path,
        "Folder that holds `cluster-types-enabled/` and `cluster-types-available/`; made where it is missing.",
        flag="--instance",
    )  # fmt: skip
    workers: int = _integer(1, 1, 64, "N", "Number of worker processes, each with its own catalogue.", flag="--workers")
    log_level: str = _setting(
        "INFO", "LEVEL", parse_choice("DEBUG", "INFO", "WARNING", "ERROR"),
        "Least severe messages that are logged: DEBUG, INFO, WARNING or ERROR.", flag="--log-level",
    )  # fmt: skip
    log_format: str = _setting(
        "text", "FORMAT", parse_choice("text", "json"), "`text` for people, on a terminal in colour (unless "
        "`NO_COLOR` is set) and laid out for its width, or `json`: one object a line.",
    )  # fmt: skip
    log_file: str | None = _setting(
        None, "PATH", optional(str), "File that is logged to besides standard output; it may be rotated by "
        "others. Where it cannot be written, that is said, and it is tried again with the next lines.",
    )  # fmt: skip
    log_dir: str | None = _setting(
        None, "DIR", optional(str), "Folder for the file `cluster-builder.log`, which is logged to where "
        "`LOG_FILE` is not set and something is mounted at the folder. A container without such a mount logs to no "
        "file, which would fill its own disk.",
    )  # fmt: skip
    sandbox: bool = _switch(
        False, "Serve an embedded stand-in for Keystone and Heat beside, on loopback.", flag="--sandbox"
    )
    sandbox_port: int = _integer(
        42379, 0, 65535, "PORT", "Port of the embedded cloud; 0 takes any that is free.", needs="sandbox"
    )
    rescan_interval: float = _seconds(
        5.0, 0.1, 3600, "How often the enabled folder is read whether or not a change was noticed."
    )
    watch: str = _setting(
        "auto", "MODE", parse_choice("auto", "inotify", "poll"), "How changes are noticed: `inotify`, `poll` (by "
        "rescan only), or `auto`, which polls on file systems that report no changes.",
    )  # fmt: skip
    profile: str = _setting(
        "concertim", "PROFILE", parse_choice("concertim", "generic"), "What definitions are held to: `concertim`, all "
        "that its services need, or `generic`, for sites without it, where what they alone need is a warning.",
        flag="--profile",
    )  # fmt: skip
    state_dir: Path | None = _setting(
        _DEFAULT_STATE_DIR, "DIR", parse_path_or_none, "Folder in which the last good version of each cluster type "
        "outlives the process, made where it is missing; `none` keeps nothing.",
    )  # fmt: skip
    template_roots: tuple[Path, ...] = _setting(
        (), "DIR:DIR", parse_paths,
        "Folders, besides its own, from which a definition may use files, and in which linked ones may be.",
    )  # fmt: skip
    allow_remote_templates: bool = _switch(False, "Whether definitions may use templates by http(s) URL.")
    remote_template_limit: int = _integer(
        1024 * 1024, 1024, 16 * 1024**2, "BYTES", "The largest of these templates.", needs="allow_remote_templates"
    )
    remote_template_timeout: float = _seconds(
        10.0, 0.1, 300, "How long fetching one of them may take, redirects included.", needs="allow_remote_templates"
    )
    # As nginx takes, and Heat, when nothing else is set.
    body_limit: int = _integer(1024 * 1024, 1024, 1024**3, "BYTES", "The largest request body.")
    json_depth_limit: int = _integer(64, 8, 500, "N", "How deep the values in a request body may nest.")
    # As long as a line of it may be to nginx and Apache, when nothing else is set.
    header_limit: int = _integer(
        8192, 1024, 16384, "BYTES", "The largest head of a request: its first line and its headers."
    )
    request_timeout: float = _seconds(
        20.0, 0.1, 3600, "How long a request may take to arrive, from its first byte to its last."
    )
    # Longer than proxies keep theirs (nginx: 60 s), so that no request meets a connection that is being closed.
    keep_alive_timeout: float = _seconds(
        75.0, 0.1, 3600,
        "How long a connection stays open without a request, when its client takes nothing of an answer either.",
    )  # fmt: skip
    max_connections: int = _integer(
        1000, 1, 100_000, "N", "How many connections may be open, in each worker; for one more that client goes which "
        "has neither sent nor taken anything for longest. Lowered where too few files may be open.",
    )  # fmt: skip
    trusted_proxies: tuple[Network, ...] = _setting(
        (), "ADDRESS,ADDRESS", parse_networks,
        "Proxies, by address or network, whose `X-Forwarded-For` says whose request it is, in the log.",
    )  # fmt: skip
    # Proxies give up after 60 s unless told otherwise, and would hide the answer that names the stack.
    build_deadline: float = _seconds(
        50.0, 1, 600, "How long one build may take, all its calls to the cloud together. Looking at the project's "
        "limits may take a quarter of that at most.",
    )  # fmt: skip
    build_workers: int = _integer(32, 1, 512, "N", "How many builds talk to a cloud at once, in each worker.")
    build_queue: int = _integer(
        128, 0, 10_000, "N",
        "How many builds wait for that, or for an equal one to end, in each worker; more are answered 503.",
    )  # fmt: skip
    # Clicks follow each other in a second or two, but an App with few threads passes them on one after the other.
    repeat_window: float = _seconds(
        10.0, 0, 60, "For how long an equal build by the same user, without an `Idempotency-Key`, counts as a second "
        "click and is answered with the cluster of the first; 0 for never.",
    )  # fmt: skip
    jwt_secret: tuple[str, ...] = _setting(
        (), "SECRET", parse_secrets, "Secret that callers sign their tokens with. Several, while one is replaced by "
        "another, are separated by commas. Without one, everybody may build.", secret=True,
    )  # fmt: skip
    jwt_secret_file: Path | None = _setting(
        None, "PATH", optional(parse_path),
        "File with such secrets, one a line, as Docker and Kubernetes mount them. `SIGHUP` has it read again.",
    )  # fmt: skip
    allowed_hosts: tuple[str, ...] = _setting(
        (), "NAME,NAME", parse_host_names, "Host names by which the service may be called, besides addresses and "
        "`localhost`; `.example.org` stands for all below it, too, `*` for any. Where it is not set, a service "
        "without a secret on a loopback address may be called by names without a dot and by that of its machine, and "
        "every other service by any name.",
    )  # fmt: skip
    config_file: Path | None = _setting(
        None, "PATH", optional(parse_path), "YAML file with any of `LOG_LEVEL`, `LOG_FILE` and `JWT_SECRET`, as "
        "earlier releases had; what the environment says comes first.",
    )  # fmt: skip
    require_auth: bool = _switch(False, "Refuse to start without a secret.")
    protect_reads: bool = _switch(False, "Demand a token for reading the catalogue, too.")
    console: bool = _switch(True, "Whether there are pages for people, at `/`, and `POST /check` with them.")
    allowed_auth_urls: tuple[Url, ...] = _setting(
        (), "URL,URL", parse_url_prefixes,
        "The clouds that may be built on: prefixes of their auth URLs, separated by commas.",
    )  # fmt: skip
    allowed_endpoints: tuple[Url, ...] = _setting(
        (), "URL,URL", parse_url_prefixes, "Prefixes of the endpoints that a cloud's catalogue may name, separated by "
        "commas. Without any, but with `ALLOWED_AUTH_URLS`, those on the same hosts.",
    )  # fmt: skip
    billing: str = _setting(
        "auto", "MODE", parse_choice("auto", "off", "required"), "Whether builds are billed: `auto`, those that name "
        "an account and a billing service; `required`, all, and others are refused; `off`, none.",
    )  # fmt: skip
    allowed_middleware_urls: tuple[Url, ...] = _setting(
        (), "URL,URL", parse_url_prefixes,
        "The billing services that may be used: prefixes of their URLs, separated by commas.", needs="billing",
    )  # fmt: skip
    billing_min_credits: int = _integer(
        0, 0, 10**12, "N", "A build needs more credits than this, counted in whole ones.", needs="billing"
    )
    # Twice this, for the one call that is repeated, leaves the cloud time of BUILD_DEADLINE.
    billing_timeout: float = _seconds(
        15.0, 0.1, 600, "How long one call of the billing service may take.", needs="billing"
    )
    cloud_region: str | None = _setting(None, "NAME", optional(str), "Region to build in where the request names none.")
    cloud_interface: str = _setting(
        "public", "NAME", parse_choice("public", "internal", "admin"), "Which endpoints of the cloud are used."
    )
    cloud_ca_bundle: str | None = _setting(
        None, "PATH", optional(str), "File of the certificates that the cloud's are checked against, or a "
        "folder of them that `openssl rehash` was run on.",
    )  # fmt: skip
    cloud_proxy: str | None = _setting(
        None, "URL", optional(parse_proxy), "HTTP proxy that clouds are called through, such as "
        "`http://proxy.example.org:3128`, with `user:password@` before the host where it wants them. `HTTP_PROXY` and "
        "its like are not read.", secret=True,
    )  # fmt: skip
    cloud_insecure: bool = _switch(False, "Do not check the cloud's certificates. For tests only.")
    cloud_connect_timeout: float = _seconds(
        5.0, 0.1, 600, "How long connecting to a service of the cloud may take, all addresses of its name together."
    )
    # Within BUILD_DEADLINE, so that a service that is silent is told by its name.
    cloud_read_timeout: float = _seconds(45.0, 0.1, 600, "How long a service of the cloud may be silent.")

    @property
    def enabled_dir(self) -> Path:
        """The folder whose entries are listed."""
        return self.instance_dir / ENABLED_NAME

    @property
    def state_folder(self) -> Path | None:
        """The folder that last good versions are kept in, if they are."""
        return self.instance_dir / _STATE_NAME if self.state_dir == _DEFAULT_STATE_DIR else self.state_dir

    @property
    def cloud_guard(self) -> CloudGuard:
        """Which clouds may be called."""
        return CloudGuard(self.allowed_auth_urls, self.allowed_endpoints)

    @property
    def middleware_guard(self) -> CloudGuard:
        """Which billing services may be called."""
        return CloudGuard(endpoints=self.allowed_middleware_urls)

    @property
    def available_dir(self) -> Path:
        """The folder that enabled entries usually link to; the service itself does not read it."""
        return self.instance_dir / "cluster-types-available"


def list_settings() -> Iterator[Setting]:
    """Every setting, in the order of the documentation."""
    for each in dataclasses.fields(Settings):
        yield Setting(name=each.name, variable=each.name.upper(), default=each.default, **each.metadata)


def format_default(setting: Setting) -> str:
    """A setting's default as it would be written in the environment, and what it is measured in."""
    default = setting.default
    if default is None or default == ():
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    number = f"{default:g}" if isinstance(default, float) else str(default)
    return f"{number} {setting.metavar.lower()}" if setting.metavar in ("SECONDS", "BYTES") else number
