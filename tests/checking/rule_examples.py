"""The examples of rules, as docs/rules.md and tests/checking/unshown_examples.toml have them, made into files."""

from __future__ import annotations

import re
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

from builder.diagnostics.rules import RULES

HEAD = {"kind": "heat", "title": "Example", "description": "An example."}
VERSION = "heat_template_version: 2021-04-16"
PARAMETERS = "parameters: {nodes: {type: number, default: 1}}"
NOISE = ("no-private-network", "unused-parameter")
FILE_MARK = re.compile(r"^# ([\w./-]+\.(?:ya?ml|template|sh))$", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """Lines that begin with "-" where they are wrong, and with "+" where they mend it; of a definition or of bash."""

    lines: str
    is_commands: bool = False

    def side(self, sign: str) -> str:
        """The wrong text, for "-", or the mended one, for "+"."""
        return "".join(line[1:] for line in self.lines.splitlines(keepends=True) if line[0] in (" ", sign))


def read_examples() -> dict[str, list[Example]]:
    """Those of each rule."""
    unshown = tomllib.loads((Path(__file__).parent / "unshown_examples.toml").read_text())
    examples = {rule.id: [Example(rule.example)] if rule.example else [] for rule in RULES.values()}
    for rule_id, ((kind, lines),) in ((rule_id, each.items()) for rule_id, each in unshown.items()):
        examples.setdefault(rule_id, []).append(Example(lines, is_commands=kind == "commands"))
    return examples


def complete(fragment: str, *, silence: str) -> str:
    """A part of a definition with what it leaves out."""
    if re.search(r"^heat_template_version:", fragment, re.MULTILINE):
        return fragment
    lines = [silence, *(f"{key}: {text}" for key, text in HEAD.items() if not has_key(fragment, key))]
    if has_key(fragment, "heat_template"):
        within = "" if "heat_template_version:" in fragment else f"\n  {VERSION}"
        within += "" if re.search(r"^  parameters:", fragment, re.MULTILINE) else f"\n  {PARAMETERS}"
        fragment = fragment.replace("heat_template:", f"heat_template:{within}", 1)
    elif not any(has_key(fragment, key) for key in ("heat_template_url", "components", "magnum_cluster_template")):
        lines.append(f"heat_template:\n  {VERSION}\n  {PARAMETERS}")
    return "\n".join([*lines, fragment])


def has_key(text: str, key: str) -> bool:
    return re.search(rf"^{key}:", text, re.MULTILINE) is not None


def lay_out(rule_id: str, example: Example, sign: str, folder: Path) -> None:
    """Make the files of one side of an example, or run its commands beside a good definition."""
    silence = f"# check: ignore={','.join(rule for rule in NOISE if rule != rule_id)}"
    text = example.side(sign)
    if example.is_commands:
        (folder / "cluster.yaml").write_text(complete("", silence=silence))
        subprocess.run(["bash", "-euc", text], cwd=folder, check=True, capture_output=True, timeout=120)
        return
    definition, *others = re.split(FILE_MARK, text)
    files = {"templates/cluster.yaml": PARAMETERS, "nested/server.yml": "", "nested/server.yaml": "", "setup.sh": ""}
    # A component NAME that an example does not show has a parameter NAME_size.
    for name in re.findall(r"- \{?name: (\w+)", definition):
        files[f"components/{name}.yaml"] = f"parameters: {{{name}_size: {{type: number}}}}"
    shown = {path: body.strip("\n") for path, body in zip(others[::2], others[1::2], strict=True)}
    for path, body in shown.items():
        needed = [files[path]] if path in files and path.startswith("components/") else []
        shown[path] = "\n".join([*(each for each in needed if not has_key(body, "parameters")), body])
    (folder / "cluster-type.yaml").write_text(complete(definition, silence=silence))
    for path, body in (files | shown).items():
        is_versioned = not path.endswith(".sh") and not (path in shown and VERSION[:21] in example.lines)
        lines = [silence] * (not path.endswith(".sh")) + [VERSION] * (is_versioned and not has_key(body, "kind"))
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join([*lines, body, ""]))
