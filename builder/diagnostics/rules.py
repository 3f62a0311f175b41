"""Every rule that a definition is held to: its id, how serious it is, and what it means in one line.

The one registry: a problem gets its severity from here, ``check --list-rules`` prints it, and docs/rules.md has a
section for each rule in it, which the tests hold against each other.

An *error* is what makes a launch fail for certain, what the Visualisation App refuses, or what ends Concertim's reading
of stacks; a definition with one is not listed. Everything else is a *warning*, in particular what earlier releases took
in silence.

Some rules are there for Concertim alone. In the *generic* profile, for sites without it, each is one degree milder: an
error is a warning, and a warning is not given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Severity(StrEnum):
    """``error``: the definition is refused. ``warning``: it is taken, but somebody should look."""

    ERROR = "error"
    WARNING = "warning"


class Profile(StrEnum):
    """What a site holds definitions to: ``concertim``, where its services read every stack, or ``generic``."""

    CONCERTIM = "concertim"
    GENERIC = "generic"


DOCUMENT_URL: Final = "https://github.com/openflighthpc/concertim-cluster-builder/blob/HEAD/docs/rules.md"
"""Where the default branch has docs/rules.md, in which each rule has a section."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``by_schema`` tells that the published JSON schema says the same.

    ``severity`` is that of the profile ``concertim``; with ``only_concertim``, nobody else needs the rule.
    """

    id: str
    severity: Severity
    meaning: str
    by_schema: bool = False
    only_concertim: bool = False

    @property
    def url(self) -> str:
        """Where people read of it."""
        return f"{DOCUMENT_URL}#{self.id}"

    def severity_in(self, profile: Profile) -> Severity | None:
        """How serious a problem of this rule is in a profile; None where it is not given."""
        if profile is Profile.CONCERTIM or not self.only_concertim:
            return self.severity
        return Severity.WARNING if self.severity is Severity.ERROR else None


_ERRORS = {
    # reading files
    "missing-file": "a file that is referred to does not exist",
    "not-a-file": "a folder, pipe, socket or device stands where a file is wanted",
    "unreadable-file": "a file may not be read, or reading it fails",
    "file-too-large": "a file is larger than the service reads",
    "not-utf-8": "a file is not UTF-8 text",
    "link-loop": "symbolic links lead in a circle",
    "outside-tree": "a file lies outside the folder of the definition, or a definition outside those of definitions",
    "file-scheme": "a reference is neither a path nor an http(s) URL",
    "remote-file": "a file lies on another host, which is not allowed",
    "too-many-files": "a template pulls in too many files",
    # YAML
    "empty-file": "a file holds nothing",
    "yaml-syntax": "the text is not valid YAML",
    "yaml-tab": "a tab is used for indentation",
    "yaml-tag": "a tag gives a value a type that has no meaning here",
    "yaml-key": "a key is not plain text",
    "yaml-merge": "'<<' merges something that is no mapping",
    "yaml-number": "a number is infinite, too large or not a number",
    "yaml-recursion": "a value contains itself",
    "duplicate-key": "a mapping of a definition gives one key twice",
    "nul-character": "a text holds a NUL character",
    "lone-surrogate": "a text holds half of a surrogate pair",
    "too-deep": "values are nested too deeply",
    "too-large": "a document holds too many values",
    # names
    "duplicate-id": "two entries of a folder have the same id",
    "no-definitions": "a folder holds no definition",
    "misnamed-entry": "the name of a file or folder cannot be an id",
    # parameters
    "unknown-parameter": "a parameter is exposed that the template lacks",
    "parameter-type": "a parameter is exposed with another type than the template's, or than Magnum's",
    "unknown-magnum-attribute": "a parameter, or a hardcoded value, is nothing that a cluster of Magnum has",
    "parameter-syntax": "a parameter is not as Heat's syntax has it",
    "allowed-pattern": "an allowed_pattern is not a regular expression",
    "list-picker": "a list has the constraint of a single thing in the cloud, which Heat finds no list to be",
    "invalid-default": "a default is not of its parameter's type, or breaks a constraint",
    "invalid-hardcoded-value": "a hardcoded value is not of its parameter's type, or breaks a constraint",
    "unexposed-parameter": "a parameter without default is neither exposed nor hardcoded, so that nobody can give it",
    # presets
    "duplicate-preset": "two presets of a type have the same id",
    "unknown-preset-parameter": "a preset gives a value for a parameter that people are not asked for",
    "invalid-preset-value": "a value of a preset is not of its parameter's type, or breaks a constraint",
    # groups and components
    "component-reference": "something is named that is in a component which the definition does not list",
    "unknown-optional-component": "a group belongs to an optional component that does not exist",
    "duplicate-component": "a component is listed twice",
    "duplicate-resource": "two components give a resource of the same name",
    "duplicate-output": "two components give an output of the same name",
    "duplicate-condition": "two components give a condition of the same name",
    "template-versions-differ": "components are of different heat_template_versions",
    # templates
    "template-version": "a template has no heat_template_version",
    "unknown-template-version": "Heat knows no such heat_template_version",
    "unknown-section": "a template has a section that Heat refuses",
    "template-shape": "a part of a template is of the wrong kind, or lacks what it needs",
    "unknown-resource-key": "a resource has a key that Heat refuses",
    "unknown-parameter-key": "a parameter of a template has a key that Heat refuses",
    "removed-function": "a function is used that the template's version no longer has",
    "function-arguments": "a function is given arguments that Heat refuses",
    "unsent-file": "a template is named where no client of Heat looks for files to send",
    "missing-placeholder": "str_replace_strict is given a placeholder that its text does not contain",
    "misplaced-function": "a function is used in a condition, where Heat refuses it",
    "template-parameter-groups": "the parameter_groups of a template are not as Heat wants them",
    "duplicate-name": "a parameter and a resource have the same name",
    "misspelt-resource-type": "a type of resource is misspelt",
    "missing-property": "a resource lacks a property that its type needs",
    "property-type": "a property is given a value of another type than it takes",
    "nested-suffix": "the name of a nested template ends neither in .yaml nor in .template",
    "nested-property": "a nested template is given a property that it has no parameter for",
    "nested-parameter": "a nested template is not given a parameter that it needs",
    "nested-recursion": "a nested template contains itself, or contains others that do",
    "nested-attribute": "an attribute is read that a nested template has no output for",
    "dependency-cycle": "resources, or conditions, depend on each other in a circle",
    # what Concertim reads of a stack
    "concertim-group": "a group at the top of a stack has members that are no stacks, which Concertim takes them for",
    "concertim-nested": "a resource at the top of a stack has a type without '::', which Concertim cannot read",
    # references
    "parameter-reference": "get_param names a parameter that does not exist",
    "resource-reference": "get_resource, get_attr or depends_on names a resource that does not exist",
    "condition-reference": "a condition is named that does not exist",
    "optional-reference": "something that is always there refers to what only an optional component has",
}

_SCHEMA_ERRORS = {
    "template-as-definition": "the file is a Heat template, not a definition",
    "unknown-key": "a key is not part of the format",
    "missing-key": "a required key is missing",
    "wrong-type": "a value is of the wrong type",
    "unknown-value": "a value is none of those that are allowed",
    "text-too-long": "a text is longer than the Visualisation App can store",
    "blank-text": "a text that people see is blank",
    "out-of-range": "a number is too small or too large",
    "malformed-id": "what names a cluster type or a project cannot be an id of one",
    "empty-value": "a value that may not be empty is empty",
    "exclusive-keys": "not exactly one is given of keys that exclude each other",
}

_WARNINGS = {
    # reading files
    "unread-remote-file": "a file lies on another host, and is not read by the check",
    # YAML
    "yaml-versions": "YAML 1.1 and YAML 1.2 read a value differently",
    "template-duplicate-key": "a mapping of a template gives one key twice, of which Heat takes the last",
    "lossy-number": "a number loses digits when it is read, as the version 3.10 does",
    # what people see
    "relative-logo": "the logo_url is neither an absolute URL nor an absolute path",
    "unshown-instruction": "a page of instructions has an id that the Visualisation App has no place for",
    "unknown-successor": "replaced_by names a cluster type that there is not",
    "untold-successor": "replaced_by is given for a type that is neither deprecated nor retired: nobody is told of it",
    # names
    "ignored-entry": "a file or folder has a name that the service ignores",
    "id-separator": "the id holds '--', which ends the cluster's name in names of stacks",
    "long-id": "the id is longer than the tag that marks a stack can hold",
    # parameters
    "structured-default": "the default of a string is a list or a mapping, which Heat makes a text of",
    "hidden-default": "a hidden parameter has a default, which everybody can read in the listing",
    "structured-text": "a label or description in a template is a list or a mapping, which is not shown",
    "unclear-flag": "hidden or immutable in a template is neither true nor false, and Heat goes by whether it is empty",
    "no-parameters": "nothing is asked for: the Visualisation App shows such a type to nobody, but it can be launched",
    "unknown-override": "an override names a parameter that the template lacks",
    "unknown-hardcoded-parameter": "a hardcoded value is for a parameter that the template lacks",
    "unused-parameter": "a parameter of a template is used nowhere",
    "unknown-custom-constraint": "Heat knows no such custom constraint",
    "ignored-constraint": "a constraint of a template is of several kinds, of which Heat takes one",
    "slow-pattern": "an allowed_pattern takes Heat for ever to try on some values",
    "even-master-count": "master_count may be answered with an even number or 0, of which Magnum makes no cluster",
    "keypair-picker": "people have to write the name of their key pair, for want of the constraint that makes a list",
    "selection-parameter": "a parameter selected_<component> is not told whether the component is selected",
    "parameter-types-differ": "components declare one parameter with different types",
    # groups and components
    "unlisted-component": "a file is among the components, and the definition does not list it",
    "hardcoded-group-parameter": "a group names a parameter that is hardcoded, and shows no field for it",
    "unknown-group-parameter": "a group names a parameter that is not asked for",
    "parameter-in-two-groups": "a parameter is in two groups",
    "no-required-component": "every component is optional, so that a launch may select nothing to build",
    "unselectable-component": "an optional component has no group that people could select it by",
    "unshown-group": "the group of an optional component shows no field, so that nobody can select the component",
    "ignored-section": "a section of a component is left out of the composed template",
    # templates
    "newer-template-version": "the heat_template_version is newer than any known here",
    "unknown-function": "what looks like a function is none here, and Heat takes it as plain data",
    "computed-file": "get_file is given a function, so that nobody knows which file to send",
    "unknown-output-key": "an output has a key that Heat ignores",
    "unknown-attribute": "an attribute is read that Heat's own type of the resource does not have",
    "unknown-property": "a resource is given a property that Heat's own type of it does not have",
    "property-constraint": "a property is given a value that Heat's own type of the resource does not take",
    "retired-resource-type": "a resource is of a type that Heat has retired, and makes nothing of",
    "unknown-placeholder": "str_replace is given a placeholder that its text does not contain",
    "server-without-network": "a server names no network",
    "no-private-network": "the template makes no private network with a router",
    # what Concertim reads of a stack
    "cluster-type-output": "the output concertim_cluster_type is not the id of the type",
    "web-access-output": "the output web_access, which becomes a link, is no URL",
    "output-equals-signs": "the text of an output may have two '=' between commas, which the App's page breaks on",
    "secret-output": "an output shows a secret, and the whole team sees outputs",
    # references
    "other-optional-reference": "an optional component refers to what only another optional component has",
    "conditional-mistake": "something is wrong where Heat looks only under a condition",
    "conditional-resource": "a resource that is always there refers to one that a condition may leave out",
    # comments
    "misread-comment": "a comment that is to silence rules is not understood",
    "unused-comment": "a comment silences a rule that finds nothing where it holds",
    "unknown-rule": "a comment silences a rule that does not exist",
    "unsilenceable-rule": "a comment silences an error, which cannot be",
}

_ONLY_CONCERTIM = frozenset({
    # what stops the reading of stacks, or is read of one
    "concertim-group", "concertim-nested", "cluster-type-output", "web-access-output", "output-equals-signs",
    "secret-output", "hidden-default",
    # what the Visualisation App cannot store, or does not show
    "text-too-long", "out-of-range", "relative-logo", "unshown-instruction", "unshown-group", "no-parameters",
})  # fmt: skip


def _register() -> Mapping[str, Rule]:
    kinds = ((_ERRORS, Severity.ERROR), (_SCHEMA_ERRORS, Severity.ERROR), (_WARNINGS, Severity.WARNING))
    rules = [
        Rule(rule_id, severity, meaning, rules is _SCHEMA_ERRORS, rule_id in _ONLY_CONCERTIM)
        for rules, severity in kinds
        for rule_id, meaning in rules.items()
    ]
    return MappingProxyType({rule.id: rule for rule in sorted(rules, key=lambda rule: rule.id)})


RULES = _register()
"""Every rule, by its id, in the order of the ids."""


def find_severity(rule_id: str, profile: Profile = Profile.CONCERTIM) -> Severity | None:
    """How serious a problem of a rule is in a profile; one that no rule is registered for is an error."""
    rule = RULES.get(rule_id)
    return Severity.ERROR if rule is None else rule.severity_in(profile)
