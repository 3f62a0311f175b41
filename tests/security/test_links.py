"""Links in the enabled folder, as whoever writes definitions can put there: they disclose no file of the host."""

from __future__ import annotations

import ctypes
import multiprocessing
import multiprocessing.synchronize
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from builder.catalogue.catalogue import Catalogue
from builder.catalogue.entries import Entry
from builder.catalogue.loader import LoadSettings, load_entry
from builder.catalogue.scan import ChangeHint
from builder.definitions.building import build_cluster_type
from builder.definitions.model import ClusterTypeId
from builder.disk import safe_reading
from builder.disk.links import LinkResolver
from builder.hot_lint.sources import SourceError
from builder.kinds.registry import KINDS
from tests.checking.test_command import Run
from tests.definitions.texts import Texts
from tests.samples import share_of
from tests.service import WAIT_SECONDS, Service, minimal_definition, wait_until

CANARY = "canaryOfTheHost0123456789"

SECRETS = {
    "plain": CANARY,
    "several-lines": f"{CANARY}\n{CANARY}\n",
    "quoted": f'"{CANARY}"',
    "list": f"- {CANARY}\n",
    "list-of-keys": f"- {{{CANARY}: 1, {CANARY}: 2}}\n",
    "alias": f"*{CANARY}",
    "alias-in-quotes": f"*'{CANARY}",
    "tag": f"!{CANARY} x",
    "tag-handle": f"!{CANARY}!x y",
    "whole-tag": f"!<{CANARY}> x",
    "tag-directive": f"%TAG !e! {CANARY}\n---\n!e!x y",
    "no-integer": f"!!int {CANARY}",
    "no-truth": f"- !!bool {CANARY}",
    "merge": f"- <<: *{CANARY}\n",
    "anchors": f"- &{CANARY} a\n- &{CANARY} b\n- *{CANARY}x\n",
    "number": "0123456789" * 40,
    "infinite": "1e0123456789",
    "passwords": f"root:{CANARY}:0:0:root:/root:/bin/bash\n\t{CANARY}: x",
    "bracket": f"[{CANARY}",
    "bytes": f"\0{CANARY}",
}
"""Files that are no mapping, each of which a parser has something to say of."""

MAPPING = f"kind: heat\ntitle: A secret\ndescription: A secret\npassword: {CANARY}\n{CANARY}: x\n"

COMPOSED = "kind: heat\ntitle: t\ndescription: d\ncomponents: [{name: one}]\n"
NESTING = """\
kind: heat
title: t
description: d
heat_template:
  heat_template_version: 2021-04-16
  resources:
    a: {type: OS::Heat::ResourceGroup, properties: {resource_def: {type: n.yaml}}}
    b: {type: OS::Heat::Value, properties: {value: {get_file: n.yaml}}}
"""


def leaks(text: str) -> bool:
    return CANARY in text or "0123456789" in text


# ---- where a definition is


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, Path]]:
    """A service whose enabled folder has links to every secret, by every way that leads there."""
    root = tmp_path_factory.mktemp("links")
    secrets = root / "run" / "secrets"
    secrets.mkdir(parents=True)
    service = Service(root / "instance", {"LOG_LEVEL": "DEBUG"})
    available = root / "instance" / "cluster-types-available"
    for folder in (service.enabled, available):
        folder.mkdir(parents=True)
    (service.enabled / "good.yaml").write_text(minimal_definition())
    (service.enabled / "hidden").symlink_to(secrets)
    (service.enabled / "folder.d").mkdir()
    (service.enabled / "folder.d" / "cluster-type.yaml").symlink_to(secrets / "mapping")
    (available / "out").symlink_to(secrets)
    for name, text in {**SECRETS, "mapping": MAPPING}.items():
        (secrets / name).write_text(text)
        (service.enabled / f"{name}.yaml").symlink_to(secrets / name)
        (service.enabled / f"relative-{name}.yaml").symlink_to(f"../../run/secrets/{name}")
        (service.enabled / f"by-available-{name}.yaml").symlink_to(f"../cluster-types-available/out/{name}")
        (service.enabled / f"by-link-{name}.yaml").symlink_to(f"{name}.yaml")
    (service.enabled / "environ.yaml").symlink_to("/proc/self/environ")
    (service.enabled / "not-there.yaml").symlink_to(secrets / "nothing")
    (secrets / "cluster-type.yml").write_text(MAPPING)
    with service:
        wait_until(lambda: service.ids() == ["good"], "the first load")
        yield service, root


def test_link_out_of_the_folders_of_definitions_is_refused_whatever_it_leads_to(world: tuple[Service, Path]) -> None:
    service, _ = world
    entries = {entry["path"]: entry for entry in service.get("/catalogue").json()["entries"]}
    del entries["good.yaml"]
    assert len(entries) == 4 * (len(SECRETS) + 1) + 4
    told = {(each["rule"], each["message"], each["hint"]) for entry in entries.values() for each in entry["problems"]}
    assert told == {
        (
            "outside-tree",
            "it is a link that leads out of the enabled folder and cluster-types-available",
            "move the definition into one of them, or name its folder in TEMPLATE_ROOTS",
        )
    }


def test_nothing_of_what_links_lead_to_is_shown_or_logged(world: tuple[Service, Path]) -> None:
    service, _ = world
    for path in ("/catalogue", "/cluster-types/", "/metrics", "/cluster-types/plain"):
        assert not leaks(service.get(path).body.decode()), path
    assert not leaks(service.settled_log())
    assert "cluster-type.yml" not in service.settled_log()


def test_check_of_the_enabled_folder_refuses_what_the_service_refuses(
    world: tuple[Service, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, root = world
    monkeypatch.chdir(root)
    for arguments in (
        ("instance/cluster-types-enabled",),
        ("--instance", "instance", "instance/cluster-types-enabled"),
    ):
        run = Run(capsys, "check", *arguments)
        assert run.status == 1
        assert run.out.count("[outside-tree]") == 4 * (len(SECRETS) + 1) + 4
        assert not leaks(run.out + run.err)


# ---- what is repeated


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_is_repeated_of_a_document_that_is_no_mapping(name: str) -> None:
    text = SECRETS[name]
    for files in (
        {"": text},
        {"": COMPOSED, "components/one.yaml": text},
        {"": COMPOSED.replace("components: [{name: one}]", "heat_template_url: n.yaml"), "n.yaml": text},
        {"": NESTING, "n.yaml": text},
        {"": NESTING, "n.yaml": f"{text}\n# heat_template_version"},
    ):
        outcome = build_cluster_type(ClusterTypeId("secret"), Texts(files), KINDS)
        assert not leaks("\n".join(str(problem) for problem in outcome.problems))


# ---- what stays enabled


def list_titles(enabled: Path, settings: LoadSettings | None = None) -> list[str]:
    catalogue = Catalogue(enabled, settings or LoadSettings())
    catalogue.reconcile()
    return sorted(each.cluster_type.title for each in catalogue.snapshot.ordered)


def put(path: Path, title: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(minimal_definition(title))
    return path


def test_links_of_an_ordinary_deployment_stay_enabled(tmp_path: Path) -> None:
    """By name, as production has them, and as README and ``make run`` make them for the examples."""
    enabled = tmp_path / "instance" / "cluster-types-enabled"
    enabled.mkdir(parents=True)
    put(tmp_path / "instance" / "cluster-types-available" / "a" / "cluster-type.yaml", "Available")
    put(tmp_path / "cluster-types-examples" / "b.yaml", "Example")
    put(enabled / "..2026" / "c.yaml", "ConfigMap")
    (enabled / "..data").symlink_to("..2026")
    (enabled / "a").symlink_to("../cluster-types-available/a")
    (enabled / "b.yaml").symlink_to("../../cluster-types-examples/b.yaml")
    (enabled / "c.yaml").symlink_to("..data/c.yaml")
    assert list_titles(enabled) == ["Available", "ConfigMap", "Example"]


@pytest.mark.parametrize("linked", ["cluster-types-enabled", "cluster-types-available", "both", "instance"])
def test_the_folders_may_themselves_be_links(tmp_path: Path, linked: str) -> None:
    instance, volume = tmp_path / "instance", tmp_path / "volume" / "inner"
    enabled = instance / "cluster-types-enabled"
    for name in ("cluster-types-enabled", "cluster-types-available"):
        moved = linked in (name, "both", "instance")
        (volume / name if moved else instance / name).mkdir(parents=True)
        if moved and linked != "instance":
            instance.mkdir(exist_ok=True)
            (instance / name).symlink_to(volume / name)
    if linked == "instance":
        instance.symlink_to(volume)
    put(instance / "cluster-types-available" / "a.yaml", "Available")
    put(enabled / "b.yaml", "Enabled")
    (enabled / "a.yaml").symlink_to(instance / "cluster-types-available" / "a.yaml")
    assert list_titles(enabled) == ["Available", "Enabled"]


def test_folder_synced_with_what_is_beside_it_is_followed_but_no_link_there_is(tmp_path: Path) -> None:
    """``../cluster-types-available`` leads from where the enabled folder really is: a repository may have that, too."""
    secrets, repository = tmp_path / "secrets", tmp_path / "repository"
    (tmp_path / "instance").mkdir()
    (repository / "enabled").mkdir(parents=True)
    (tmp_path / "instance" / "cluster-types-enabled").symlink_to(repository / "enabled")
    (repository / "enabled" / "a.yaml").symlink_to("../cluster-types-available/a.yaml")
    put(repository / "cluster-types-available" / "a.yaml", "Beside")
    put(secrets / "a.yaml", "Secret")
    assert list_titles(tmp_path / "instance" / "cluster-types-enabled") == ["Beside"]
    (repository / "cluster-types-available").rename(repository / "old")
    (repository / "cluster-types-available").symlink_to(secrets)
    assert list_titles(tmp_path / "instance" / "cluster-types-enabled") == []


def test_template_roots_name_further_folders_of_definitions(tmp_path: Path) -> None:
    enabled = tmp_path / "cluster-types-enabled"
    enabled.mkdir()
    put(tmp_path / "shared" / "a.yaml", "Shared")
    (tmp_path / "root").symlink_to("shared")
    (enabled / "a.yaml").symlink_to("../shared/a.yaml")
    assert list_titles(enabled) == []
    assert list_titles(enabled, LoadSettings((str(tmp_path / "root"),))) == ["Shared"]


def test_link_that_is_re_pointed_out_of_the_folders_keeps_the_last_good_version(tmp_path: Path) -> None:
    """Also if the same is there as before: a service that starts later would refuse it."""
    enabled = tmp_path / "cluster-types-enabled"
    enabled.mkdir()
    put(tmp_path / "cluster-types-available" / "a.yaml", "A")
    put(tmp_path / "secrets" / "a.yaml", "A")
    link = enabled / "a.yaml"
    link.symlink_to("../cluster-types-available/a.yaml")
    catalogue = Catalogue(enabled, LoadSettings())
    catalogue.reconcile()
    link.unlink()
    link.symlink_to("../secrets/a.yaml")
    assert catalogue.reconcile(ChangeHint(frozenset({str(link)}), frozenset({str(link)})))
    (report,) = catalogue.snapshot.reports()
    assert (report.state, [problem.rule for problem in report.problems]) == ("stale", ["outside-tree"])


# ---- what is exchanged while it is read

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # linux/fs.h

ROUNDS = share_of(300)
"""How often a type is loaded while its files are exchanged; one load in two sent a foreign file."""

RACING = """\
kind: heat
title: Racing
description: Its files are exchanged while they are read.
heat_template:
  heat_template_version: 2021-04-16
  parameters: {size: {type: number, default: 1}}
  resources:
    file: {type: OS::Heat::Value, properties: {value: {get_file: own/file}}}
    nested: {type: OS::Heat::ResourceGroup, properties: {resource_def: {type: own/nested.yaml}}}
"""


@contextmanager
def exchanging(first: Path, second: Path) -> Iterator[None]:
    """Exchange two names without a pause, each time in one step, from another process."""
    ending = multiprocessing.get_context("fork").Event()
    process = multiprocessing.get_context("fork").Process(target=_exchange, args=(first, second, ending))
    process.start()
    try:
        yield
    finally:
        ending.set()
        process.join(WAIT_SECONDS)
    assert process.exitcode == 0


def _exchange(first: Path, second: Path, ending: multiprocessing.synchronize.Event) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(first), os.fsencode(second)
    while not ending.is_set():
        for _ in range(100):
            if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE):
                os._exit(ctypes.get_errno())
    os._exit(0)


def fill(folder: Path, canary: str) -> None:
    """A whole definition, whose every file says where it is from."""
    (folder / "own").mkdir(parents=True)
    (folder / "cluster-type.yaml").write_text(RACING.replace("description: ", f"description: {canary} "))
    (folder / "own" / "file").write_text(canary)
    (folder / "own" / "nested.yaml").write_text(
        f"heat_template_version: 2021-04-16\ndescription: {canary}\nresources: {{}}\n"
    )


@pytest.mark.generated
@pytest.mark.parametrize("exchanged", [".", "own", "own/file", "own/nested.yaml", "cluster-type.yaml"])
def test_exchanging_files_or_folders_for_links_sends_no_file_of_the_host(tmp_path: Path, exchanged: str) -> None:
    enabled, outside = tmp_path / "cluster-types-enabled", tmp_path / "outside"
    fill(enabled / "racing", "ours")
    fill(outside, CANARY)
    link = enabled / ".link"
    link.symlink_to(outside / exchanged)
    entry = Entry(ClusterTypeId("racing"), "racing", "racing/cluster-type.yaml")
    listed = 0
    with exchanging(enabled / "racing" / exchanged, link):
        for number in range(50 * ROUNDS):
            outcome = load_entry(entry, enabled, LoadSettings(), LinkResolver()).outcome
            assert CANARY not in repr(outcome)
            listed += outcome.cluster_type is not None
            if listed and number >= ROUNDS:
                break
    assert listed  # now and then all of it was in place


def test_file_that_becomes_a_link_between_the_look_at_it_and_its_opening_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(CANARY)
    path = put(tmp_path / "file", "Ours")
    check = safe_reading._check

    def check_and_exchange(status: os.stat_result) -> None:
        check(status)
        if not path.is_symlink():
            path.unlink()
            path.symlink_to(tmp_path / "secret")

    monkeypatch.setattr(safe_reading, "_check", check_and_exchange)
    with pytest.raises(SourceError, match="the file does not exist"):
        safe_reading.read_file(str(path))


@pytest.mark.generated
def test_names_in_a_folder_of_the_host_are_not_told_by_a_hint(tmp_path: Path) -> None:
    """What may have been meant is looked for where a file is missing, in a folder that is exchanged, too."""
    enabled, outside = tmp_path / "cluster-types-enabled", tmp_path / "outside"
    fill(enabled / "racing", "ours")
    (enabled / "racing" / "own" / "file").unlink()
    outside.mkdir()
    (outside / f"files-{CANARY}").touch()
    (outside / "file2").touch()
    link = enabled / ".link"
    link.symlink_to(outside)
    entry = Entry(ClusterTypeId("racing"), "racing", "racing/cluster-type.yaml")
    with exchanging(enabled / "racing" / "own", link):
        for _ in range(ROUNDS):
            outcome = load_entry(entry, enabled, LoadSettings(), LinkResolver()).outcome
            assert "file2" not in repr(outcome)
