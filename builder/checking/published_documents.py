"""What ``cluster-builder schema`` prints, and ``check`` of its rules. Light: nothing is checked."""

from __future__ import annotations

import json
import re

from builder.checking.streams import EXIT_CLEAN, Streams
from builder.diagnostics.rules import DOCUMENT_URL, RULES, Profile
from builder.errors import ConfigurationError
from builder.schema import published
from builder.text.spelling import suggest, suggest_or_list


def list_rules(streams: Streams, profile: Profile = Profile.CONCERTIM, *, output_format: str = "text") -> int:
    """Print every rule that a profile has: its id, its severity there and what it means."""
    rules = [(rule, severity) for rule in RULES.values() if (severity := rule.severity_in(profile)) is not None]
    if output_format == "json":
        entries = [{"id": rule.id, "severity": str(severity), "meaning": rule.meaning} for rule, severity in rules]
        streams.stdout.write(json.dumps(entries, indent=2) + "\n")
        return EXIT_CLEAN
    width = max(len(rule.id) for rule, _ in rules)
    for rule, severity in rules:
        streams.stdout.write(f"{rule.id:<{width}}  {severity:<7}  {rule.meaning}\n")
    return EXIT_CLEAN


def explain_rule(rule_id: str, streams: Streams, profile: Profile = Profile.CONCERTIM) -> int:
    """Print what a rule means, and how to mend what it finds. Raises ConfigurationError for an unknown id."""
    rule = RULES.get(rule_id)
    if rule is None:
        raise ConfigurationError(f"no rule is named {rule_id!r}; {suggest(rule_id, RULES) or 'see --list-rules'}")
    severity = rule.severity_in(profile)
    told = f"{severity}: {rule.meaning}" if severity else f"not given in the profile {profile}: {rule.meaning}"
    streams.stdout.write(f"{rule.id}: {told}\n{rule.url}\n")
    # Another rule is explained by its name.
    explained = re.sub(rf"\[([^]]+)\]\({re.escape(DOCUMENT_URL)}#[^)]+\)", r"\1", rule.linked_help)
    streams.stdout.write(f"\n{explained}\n" if explained else "")
    streams.stdout.write(f"\n- is wrong, + mends it:\n\n{rule.example}" if rule.example else "")
    return EXIT_CLEAN


def print_schema(name: str, streams: Streams) -> int:
    """Print a published schema as it was written. Raises ConfigurationError for a name that is not published."""
    texts = published.load_schema_texts()
    known = name.removesuffix(published.SUFFIX)
    if known not in texts:
        raise ConfigurationError(f"no schema is named {name!r}; {suggest_or_list(name, texts)}")
    streams.stdout.write(texts[known].decode())
    return EXIT_CLEAN
