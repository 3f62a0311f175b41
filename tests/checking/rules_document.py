"""docs/rules.md as it follows from the rules: ``python -m tests.checking.rules_document`` writes it."""

from __future__ import annotations

import re
from typing import Any, Final

from builder.diagnostics.rules import RULES, Rule, Severity, load_sections
from tests.checking.examples import ROOT

DOCUMENT: Final = ROOT / "docs/rules.md"

MAX_HELP_IN_TABLE: Final = 200
"""Characters: about two lines of a cell."""

_INTRODUCTION = """\
<!-- Written by `make rules` from builder/diagnostics/rules.toml: change that. -->
# Rules

What `cluster-builder check` looks for, and what the service holds every definition to.

- An **error** makes a launch fail for certain, makes the Visualisation App refuse the type, or stops Concertim from
  reading stacks. A definition with an error is not listed.
- A **warning** is anything else that somebody should look at: also what one release of Heat refuses and another, or a
  cloud with plug-ins of its own, takes. The definition is listed; `check --strict` fails, which is what to run in CI if
  you know your cloud.

`cluster-builder check --list-rules` prints this table, and `check --rule ID` explains one rule.
"""

_GENERAL = """\
## Silencing a warning

A comment silences warnings: for the whole file if it starts a line; for the line below if it is indented, on a line of
its own; for its own line if it ends one. A reason may follow, after another `#`. Errors cannot be silenced.

```yaml
# check: ignore=no-private-network
parameters:
  # check: ignore=unused-parameter
  former: {{type: string}}
  spare: {{type: string}}  # check: ignore=unused-parameter, yaml-versions  # to come with the next release
```

## Profiles

Some rules exist for Concertim alone; nothing breaks without them on another site. The [setting](configuration.md)
`PROFILE`, for the service and for `check`, and the option `check --profile` say which kind of site it is. In
`concertim`, the default, the table above holds. In `generic`, these rules are one degree milder:

| in `concertim` | in `generic` | rules |
|---|---|---|
| error | warning | {errors} |
| warning | not given | {warnings} |

The published schema has no profiles: an editor always marks a title of 300 characters as an error.

## How rules are applied

`check` and the service report the same errors, in the same words. Warnings that only an author can do something about
(`yaml-versions`, `lossy-number`, and those about comments) come from `check` alone.

At most 200 problems of a definition are reported, errors first; the last one says how many were left out.

If the service itself fails while it reads a definition, the definition is not listed and its problem is
`internal-error`. That is a fault of the service, not of yours: the log says where it failed, and `check` exits with 3.

In the examples below, lines in red (`-`) are wrong and lines in green (`+`) mend them. They are parts of a definition
whose rest is as it should be; a line such as `# components/network.yaml` begins another file. A rule without a section
is explained by its line in the table.
"""


def write_document() -> str:
    """The whole text."""
    sections = load_sections()
    milder = {severity: ", ".join(_link_milder(severity, sections)) for severity in Severity}
    parts = [
        _INTRODUCTION,
        _write_table(sections),
        _GENERAL.format(errors=milder[Severity.ERROR], warnings=milder[Severity.WARNING]),
    ]
    for title, section in sections.items():
        bodies = [_write_rule(RULES[rule_id]) for rule_id in section if rule_id != "text"]
        text = f"{section.get('text', '').strip()}\n"
        parts += [part for part in (f"## {title}\n", text, *bodies) if part.strip()] if any(bodies) else []
    return "\n".join(parts)


def _write_table(sections: dict[str, dict[str, Any]]) -> str:
    rows = ["| rule | severity | what it finds |", "|---|---|---|"]
    for title, section in sections.items():
        rules = [RULES[rule_id] for rule_id in section if rule_id != "text"]
        anchor = re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))
        rows.append(f"| **{f'[{title}](#{anchor})' if any(map(_has_section, rules)) else title}** | | |")
        for rule in rules:
            # Names such as get_param are code.
            told = re.sub(r"\b\w+_[\w<>]+", r"`\g<0>`", rule.sentence).replace("'<<'", "`<<`")
            if _has_section(rule):
                name = f"[{rule.id}](#{rule.id})"
            else:
                name, told = f'<a id="{rule.id}"></a>{rule.id}', " ".join([told, *rule.help.split()])
            rows.append(f"| {name} | {rule.severity} | {told} |")
    return "\n".join([*rows, ""])


def _has_section(rule: Rule) -> bool:
    """Whether what is to be said of it is too much for the table."""
    return bool(rule.example) or len(rule.help) > MAX_HELP_IN_TABLE


def _link_milder(severity: Severity, sections: dict[str, dict[str, Any]]) -> list[str]:
    rules = [RULES[rule_id] for section in sections.values() for rule_id in section if rule_id != "text"]
    return [f"[{rule.id}](#{rule.id})" for rule in rules if rule.only_concertim and rule.severity is severity]


def _write_rule(rule: Rule) -> str:
    if not _has_section(rule):
        return ""
    example = f"```diff\n{rule.example}```" if rule.example else ""
    return "\n\n".join(part for part in (f"### {rule.id}", rule.help.strip(), example) if part) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(write_document())
