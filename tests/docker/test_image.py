"""What the image is made of, and what is not in it."""

from __future__ import annotations

import json
import re

import pytest

from tests.docker.engine import ROOT, Container, docker, docker_ok, inspect

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

LARGEST_ADDITION = 150_000_000
"""Bytes that the image may add to the one that it is made from."""

INSTALLED = """
import importlib.metadata, json, re
print(json.dumps({re.sub("[-_.]+", "-", found.name).lower(): found.version
                  for found in importlib.metadata.distributions()}))
"""

UNCOMPILED = """
import os, sys
import builder.cli, builder.process.serving, heatclient.client, keystoneauth1.session
for module in list(sys.modules.values()):
    source, compiled = getattr(module, "__file__", None) or "", getattr(module, "__cached__", None)
    if source.endswith(".py") and compiled and not os.path.exists(compiled):
        print(source)
"""

BUILD_TOOLS = ("pip", "pip3", "uv", "gcc", "g++", "cc", "make", "ld", "git", "hatchling")


def run_python(code: str) -> str:
    return docker_ok("run", "--rm", "--entrypoint", "python", "concertim-cluster-builder", "-c", code)


def test_no_build_tool_is_left(image: str) -> None:
    script = "; ".join(f"command -v {tool}" for tool in BUILD_TOOLS)
    assert docker("run", "--rm", "--entrypoint", "sh", image, "-c", script).output == ""
    for module in ("pip", "ensurepip", "hatchling"):
        result = docker("run", "--rm", "--entrypoint", "python", image, "-m", module, "--version")
        assert "No module named" in result.output


def test_packages_are_those_of_the_lock(image: str) -> None:
    locked = dict(re.findall(r"(?m)^([a-z0-9-]+)==(\S+)", (ROOT / "requirements" / "runtime.txt").read_text()))
    installed = json.loads(run_python(INSTALLED))
    del installed["concertim-cluster-builder"]
    assert installed == {name: version for name, version in locked.items() if name in installed}
    assert {"sanic", "watchdog", "python-heatclient"} <= installed.keys()


def test_everything_is_compiled_already(image: str) -> None:
    assert run_python(UNCOMPILED) == ""


def test_schemas_are_in_the_package(image: str) -> None:
    published = {path.name.removesuffix(".schema.json") for path in (ROOT / "schemas").glob("*.schema.json")}
    listing = run_python("from builder.schema import published; print(*published.load_schema_texts())")
    assert set(listing.split()) == published


def test_runs_as_a_numeric_user_that_is_not_root(image: str) -> None:
    config = inspect(image)["Config"]
    assert re.fullmatch(r"[1-9]\d*:\d+", config["User"])
    assert config["ExposedPorts"] == {"42378/tcp": {}}
    assert config["StopSignal"] == "SIGTERM"


def test_labels_describe_it(image: str) -> None:
    prefix = "org.opencontainers.image."
    labels = inspect(image)["Config"]["Labels"]
    assert labels[f"{prefix}title"] == "concertim-cluster-builder"
    assert {f"{prefix}{name}" for name in ("description", "version", "revision", "base.name")} <= labels.keys()


def test_only_the_log_folder_can_be_written(image: str) -> None:
    script = "find / -xdev -writable -not -type l -not -path '/proc/*' -not -path '/dev/*' 2>/dev/null"
    found = docker("run", "--rm", "--entrypoint", "sh", image, "-c", script).output.split()
    allowed = {"/app/log", "/tmp", "/var/tmp", "/run/lock", "/var/lock"}
    assert [path for path in found if path not in allowed] == []


def test_image_is_small(image: str) -> None:
    base = inspect(image)["Config"]["Labels"]["org.opencontainers.image.base.name"]
    added = inspect(image)["Size"] - inspect(base)["Size"]
    print(f"{added / 1e6:.0f} MB on top of {base}")
    assert added < LARGEST_ADDITION


def test_first_process_is_the_service(running: Container) -> None:
    assert running.execute("cat", "/proc/1/comm").output.strip() == "cluster-builder"


def test_nothing_is_written_while_it_serves(running: Container) -> None:
    assert running.listed()
    assert docker_ok("diff", running.name) == ""
