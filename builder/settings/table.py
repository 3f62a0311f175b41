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
from builder.settings.value_parsers import (
    Network,
    parse_boolean,
    parse_choice,
    parse_host,
    parse_host_names,
    parse_integer,
    parse_networks,
    parse_optional_path,
    parse_optional_text,
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
    default: Value, variable: str, metavar: str, meaning: str, parse: Callable[[str], Value], flag: str | None = None,
    *, secret: bool = False, needs: str = "",
) -> Value:  # fmt: skip
    metadata = {
        "variable": variable,
        "metavar": metavar,
        "meaning": meaning,
        "parse": parse,
        "flag": flag,
        "needs": needs,
    }
    result: Value = field(default=default, metadata=metadata, repr=not secret)
    return result


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one service, all checked. Times are in seconds."""

    host: str = _setting(
        "127.0.0.1",
        "HOST",
        "HOST",
        "Address, or name of one, to listen on; 0.0.0.0 is every one of IPv4, :: of both families.",
        parse_host,
        "--host",
    )
    port: int = _setting(
        42378, "PORT", "PORT", "Port to listen on; 0 takes any that is free.", parse_integer(0, 65535), "--port"
    )
    instance_dir: Path = _setting(
        Path("instance"), "INSTANCE_DIR", "DIR",
        "Folder that holds `cluster-types-enabled/` and `cluster-types-available/`; made where it is missing.",
        parse_path, "--instance",
    )  # fmt: skip
    workers: int = _setting(
        1, "WORKERS", "N", "Number of worker processes, each with its own catalogue.", parse_integer(1, 64), "--workers"
    )
    log_level: str = _setting(
        "INFO", "LOG_LEVEL", "LEVEL", "Least severe messages that are logged: DEBUG, INFO, WARNING or ERROR.",
        parse_choice("DEBUG", "INFO", "WARNING", "ERROR"), "--log-level",
    )  # fmt: skip
    log_format: str = _setting(
        "text",
        "LOG_FORMAT",
        "FORMAT",
        "`text` for people, on a terminal in colour (unless `NO_COLOR` is set) and laid out for its width, or "
        "`json`: one object a line.",
        parse_choice("text", "json"),
    )
    log_file: str | None = _setting(
        None, "LOG_FILE", "PATH", "File that is logged to besides standard output; it may be rotated by others. Where "
        "it cannot be written, that is said, and it is tried again with every line.",
        parse_optional_text,
    )  # fmt: skip
    log_dir: str | None = _setting(
        None, "LOG_DIR", "DIR",
        "Folder for the file `cluster-builder.log`, which is logged to where `LOG_FILE` is not set and something is "
        "mounted at the folder. A container without such a mount logs to no file, which would fill its own disk.",
        parse_optional_text,
    )  # fmt: skip
    sandbox: bool = _setting(
        False, "SANDBOX", "BOOLEAN", "Serve an embedded stand-in for Keystone and Heat beside, on loopback.",
        parse_boolean, "--sandbox",
    )  # fmt: skip
    sandbox_port: int = _setting(
        42379, "SANDBOX_PORT", "PORT", "Port of the embedded cloud; 0 takes any that is free.", parse_integer(0, 65535),
        needs="sandbox",
    )  # fmt: skip
    rescan_interval: float = _setting(
        5.0, "RESCAN_INTERVAL", "SECONDS", "How often the enabled folder is read whether or not a change was noticed.",
        parse_seconds(0.1, 3600),
    )  # fmt: skip
    watch: str = _setting(
        "auto", "WATCH", "MODE",
        "How changes are noticed: `inotify`, `poll` (by rescan only), or `auto`, which polls on file systems that "
        "report no changes.",
        parse_choice("auto", "inotify", "poll"),
    )  # fmt: skip
    profile: str = _setting(
        "concertim", "PROFILE", "PROFILE",
        "What definitions are held to: `concertim`, all that its services need, or `generic`, for sites without it, "
        "where what they alone need is a warning.",
        parse_choice("concertim", "generic"), "--profile",
    )  # fmt: skip
    state_dir: Path | None = _setting(
        _DEFAULT_STATE_DIR, "STATE_DIR", "DIR",
        "Folder in which the last good version of each cluster type outlives the process, made where it is missing; "
        "`none` keeps nothing.",
        parse_path_or_none,
    )  # fmt: skip
    template_roots: tuple[Path, ...] = _setting(
        (), "TEMPLATE_ROOTS", "DIR:DIR",
        "Folders, besides its own, from which a definition may use files, and in which linked ones may be.",
        parse_paths,
    )  # fmt: skip
    allow_remote_templates: bool = _setting(
        False,
        "ALLOW_REMOTE_TEMPLATES",
        "BOOLEAN",
        "Whether definitions may use templates by http(s) URL.",
        parse_boolean,
    )
    remote_template_limit: int = _setting(
        1024 * 1024, "REMOTE_TEMPLATE_LIMIT", "BYTES", "The largest of these templates.",
        parse_integer(1024, 16 * 1024**2), needs="allow_remote_templates",
    )  # fmt: skip
    remote_template_timeout: float = _setting(
        10.0, "REMOTE_TEMPLATE_TIMEOUT", "SECONDS", "How long fetching one of them may take, redirects included.",
        parse_seconds(0.1, 300), needs="allow_remote_templates",
    )  # fmt: skip
    # As nginx takes, and Heat, when nothing else is set.
    body_limit: int = _setting(
        1024 * 1024, "BODY_LIMIT", "BYTES", "The largest request body.", parse_integer(1024, 1024**3)
    )
    json_depth_limit: int = _setting(
        64, "JSON_DEPTH_LIMIT", "N", "How deep the values in a request body may nest.", parse_integer(8, 500)
    )
    # As long as a line of it may be to nginx and Apache, when nothing else is set.
    header_limit: int = _setting(
        8192, "HEADER_LIMIT", "BYTES", "The largest head of a request: its first line and its headers.",
        parse_integer(1024, 16384),
    )  # fmt: skip
    request_timeout: float = _setting(
        20.0, "REQUEST_TIMEOUT", "SECONDS", "How long a request may take to arrive, from its first byte to its last.",
        parse_seconds(0.1, 3600),
    )  # fmt: skip
    # Longer than proxies keep theirs (nginx: 60 s), so that no request meets a connection that is being closed.
    keep_alive_timeout: float = _setting(
        75.0, "KEEP_ALIVE_TIMEOUT", "SECONDS", "How long a connection stays open without a request, "
        "when its client takes nothing of an answer either.",
        parse_seconds(0.1, 3600),
    )  # fmt: skip
    max_connections: int = _setting(
        1000, "MAX_CONNECTIONS", "N",
        "How many connections may be open, in each worker; for one more that client goes which has neither sent nor "
        "taken anything for longest. Lowered where too few files may be open.",
        parse_integer(1, 100_000),
    )  # fmt: skip
    trusted_proxies: tuple[Network, ...] = _setting(
        (), "TRUSTED_PROXIES", "ADDRESS,ADDRESS",
        "Proxies, by address or network, whose `X-Forwarded-For` says whose request it is, in the log.",
        parse_networks,
    )  # fmt: skip
    # Proxies give up after 60 s unless told otherwise, and would hide the answer that names the stack.
    build_deadline: float = _setting(
        50.0, "BUILD_DEADLINE", "SECONDS", "How long one build may take, all its calls to the cloud together. "
        "Looking at the project's limits may take a quarter of that at most.",
        parse_seconds(1, 600),
    )  # fmt: skip
    build_workers: int = _setting(
        32, "BUILD_WORKERS", "N", "How many builds talk to a cloud at once, in each worker.", parse_integer(1, 512)
    )
    build_queue: int = _setting(
        128, "BUILD_QUEUE", "N",
        "How many builds wait for that, or for an equal one to end, in each worker; more are answered 503.",
        parse_integer(0, 10_000),
    )  # fmt: skip
    # Clicks follow each other in a second or two, but an App with few threads passes them on one after the other.
    repeat_window: float = _setting(
        10.0, "REPEAT_WINDOW", "SECONDS", "For how long an equal build by the same user, without an `Idempotency-Key`, "
        "counts as a second click and is answered with the cluster of the first; 0 for never.", parse_seconds(0, 60),
    )  # fmt: skip
    jwt_secret: tuple[str, ...] = _setting(
        (), "JWT_SECRET", "SECRET", "Secret that callers sign their tokens with. Several, while one is replaced by "
        "another, are separated by commas. Without one, everybody may build.", parse_secrets, secret=True,
    )  # fmt: skip
    jwt_secret_file: Path | None = _setting(
        None, "JWT_SECRET_FILE", "PATH", "File with such secrets, one a line, as Docker and Kubernetes mount "
        "them. `SIGHUP` has it read again.",
        parse_optional_path,
    )  # fmt: skip
    allowed_hosts: tuple[str, ...] = _setting(
        (), "ALLOWED_HOSTS", "NAME,NAME",
        "Host names by which the service may be called, besides addresses and `localhost`; `.example.org` stands for "
        "all below it, too, `*` for any. Where it is not set, a service without a secret on a loopback address may be "
        "called by names without a dot and by that of its machine, and every other service by any name.",
        parse_host_names,
    )  # fmt: skip
    config_file: Path | None = _setting(
        None, "CONFIG_FILE", "PATH", "YAML file with any of `LOG_LEVEL`, `LOG_FILE` and `JWT_SECRET`, as earlier "
        "releases had; what the environment says comes first.", parse_optional_path,
    )  # fmt: skip
    require_auth: bool = _setting(False, "REQUIRE_AUTH", "BOOLEAN", "Refuse to start without a secret.", parse_boolean)
    protect_reads: bool = _setting(
        False, "PROTECT_READS", "BOOLEAN", "Demand a token for reading the catalogue, too.", parse_boolean
    )
    console: bool = _setting(
        True, "CONSOLE", "BOOLEAN", "Whether there are pages for people, at `/`, and `POST /check` with them.",
        parse_boolean,
    )  # fmt: skip
    allowed_auth_urls: tuple[Url, ...] = _setting(
        (), "ALLOWED_AUTH_URLS", "URL,URL",
        "The clouds that may be built on: prefixes of their auth URLs, separated by commas.", parse_url_prefixes,
    )  # fmt: skip
    allowed_endpoints: tuple[Url, ...] = _setting(
        (), "ALLOWED_ENDPOINTS", "URL,URL",
        "Prefixes of the endpoints that a cloud's catalogue may name, separated by commas. Without any, but with "
        "`ALLOWED_AUTH_URLS`, those on the same hosts.", parse_url_prefixes,
    )  # fmt: skip
    billing: str = _setting(
        "auto", "BILLING", "MODE",
        "Whether builds are billed: `auto`, those that name an account and a billing service; `required`, all, and "
        "others are refused; `off`, none.",
        parse_choice("auto", "off", "required"),
    )  # fmt: skip
    allowed_middleware_urls: tuple[Url, ...] = _setting(
        (), "ALLOWED_MIDDLEWARE_URLS", "URL,URL",
        "The billing services that may be used: prefixes of their URLs, separated by commas.", parse_url_prefixes,
        needs="billing",
    )  # fmt: skip
    billing_min_credits: int = _setting(
        0, "BILLING_MIN_CREDITS", "N", "A build needs more credits than this, counted in whole ones.",
        parse_integer(0, 10**12), needs="billing",
    )  # fmt: skip
    # Twice this, for the one call that is repeated, leaves the cloud time of BUILD_DEADLINE.
    billing_timeout: float = _setting(
        15.0, "BILLING_TIMEOUT", "SECONDS", "How long one call of the billing service may take.",
        parse_seconds(0.1, 600), needs="billing",
    )  # fmt: skip
    cloud_region: str | None = _setting(
        None, "CLOUD_REGION", "NAME", "Region to build in where the request names none.", parse_optional_text
    )
    cloud_interface: str = _setting(
        "public", "CLOUD_INTERFACE", "NAME", "Which endpoints of the cloud are used.",
        parse_choice("public", "internal", "admin"),
    )  # fmt: skip
    cloud_ca_bundle: str | None = _setting(
        None, "CLOUD_CA_BUNDLE", "PATH", "File of the certificates that the cloud's are checked against, or a "
        "folder of them that `openssl rehash` was run on.",
        parse_optional_text,
    )  # fmt: skip
    cloud_proxy: str | None = _setting(
        None, "CLOUD_PROXY", "URL", "HTTP proxy that clouds are called through, such as "
        "`http://proxy.example.org:3128`, with `user:password@` before the host where it wants them. `HTTP_PROXY` and "
        "its like are not read.",
        parse_proxy, secret=True,
    )  # fmt: skip
    cloud_insecure: bool = _setting(
        False, "CLOUD_INSECURE", "BOOLEAN", "Do not check the cloud's certificates. For tests only.", parse_boolean
    )
    cloud_connect_timeout: float = _setting(
        5.0, "CLOUD_CONNECT_TIMEOUT", "SECONDS",
        "How long connecting to a service of the cloud may take, all addresses of its name together.",
        parse_seconds(0.1, 600),
    )  # fmt: skip
    # Within BUILD_DEADLINE, so that a service that is silent is told by its name.
    cloud_read_timeout: float = _setting(
        45.0, "CLOUD_READ_TIMEOUT", "SECONDS", "How long a service of the cloud may be silent.", parse_seconds(0.1, 600)
    )

    @property
    def enabled_dir(self) -> Path:
        """The folder whose entries are listed."""
        return self.instance_dir / ENABLED_NAME

    @property
    def state_folder(self) -> Path | None:
        """The folder that last good versions are kept in, if they are."""
        return self.instance_dir / _STATE_NAME if self.state_dir == _DEFAULT_STATE_DIR else self.state_dir

    @property
    def available_dir(self) -> Path:
        """The folder that enabled entries usually link to; the service itself does not read it."""
        return self.instance_dir / "cluster-types-available"


def list_settings() -> Iterator[Setting]:
    """Every setting, in the order of the documentation."""
    for each in dataclasses.fields(Settings):
        yield Setting(name=each.name, default=each.default, **each.metadata)


def format_default(setting: Setting) -> str:
    """A setting's default as it would be written in the environment, and what it is measured in."""
    default = setting.default
    if default is None or default == ():
        return "none"
    if isinstance(default, bool):
        return str(default).lower()
    number = f"{default:g}" if isinstance(default, float) else str(default)
    return f"{number} {setting.metavar.lower()}" if setting.metavar in ("SECONDS", "BYTES") else number
