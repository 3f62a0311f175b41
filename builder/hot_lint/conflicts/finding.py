"""Find the conflicts in a template: which function judges the resources of which type."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from builder.hot_lint.conflicts.groups import judge_numbers, judge_stray_number
from builder.hot_lint.conflicts.judged import Judged, find_judged
from builder.hot_lint.conflicts.networks import judge_interface, judge_port, judge_rules, judge_subnet
from builder.hot_lint.conflicts.servers import (
    SERVER,
    judge_association,
    judge_deployment,
    judge_server,
    judge_volume,
)
from builder.hot_lint.conflicts.sharing import Owners, judge_sharing
from builder.hot_lint.conflicts.texts import judge_text
from builder.hot_lint.findings import TemplateProblem
from builder.hot_lint.members import GROUP

_JUDGES: Final[Mapping[str, Callable[[Judged], Iterator[TemplateProblem]]]] = {
    SERVER: judge_server,
    "OS::Neutron::FloatingIPAssociation": judge_association,
    "OS::Nova::FloatingIPAssociation": judge_association,
    "OS::Heat::SoftwareDeployment": judge_deployment,
    "OS::Heat::StructuredDeployment": judge_deployment,
    "OS::Cinder::Volume": judge_volume,
    "OS::Neutron::Subnet": judge_subnet,
    "OS::Neutron::Port": judge_port,
    "OS::Neutron::RouterInterface": judge_interface,
    "OS::Neutron::SecurityGroup": judge_rules,
    "OS::Neutron::SecurityGroupRule": judge_rules,
}
_WITH_TEXTS: Final = (SERVER, "OS::Heat::SoftwareConfig", "OS::Heat::MultipartMime", "OS::Nova::KeyPair")


def find_conflicts(
    template: Mapping[str, Any],
    types: Mapping[str, str],
    files: Mapping[str, str],
    owners: Owners,
    *,
    has_index: bool = True,
) -> Iterator[TemplateProblem]:
    """Yield a problem for each combination of properties in the template that Heat or a service refuses.

    ``types`` maps the name of every resource that the template can refer to to its type, and ``files`` the name of each
    file that it includes to its text. ``owners`` are those of the templates composed before this one, to which its own
    are added. ``has_index`` tells whether any text in the template contains the placeholder for the number of a group's
    member.
    """
    parameters, defaults = template.get("parameters") or {}, ""
    for judged in find_judged(template, types):
        if has_index:
            yield from judge_stray_number(judged, template)
        if judged.type in _WITH_TEXTS:
            yield from judge_text(judged, files)
        if judged.type in _JUDGES:
            yield from _JUDGES[judged.type](judged)
        if judged.type == GROUP:
            defaults = defaults or " ".join(str(each.get("default")) for each in parameters.values())
            yield from judge_numbers(judged, template, defaults)
        yield from judge_sharing(judged, owners)
