"""Placeholders for the number of a group's member that Heat does not replace, since they are not the group's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from builder.hot.functions import REPLACING
from builder.hot_lint.conflicts.judged import Judged
from builder.hot_lint.findings import INDEX, TemplateProblem
from builder.hot_lint.members import GROUP_MEMBER, MEMBERS
from builder.hot_lint.properties import find_index_names
from builder.text.pointers import Tokens
from builder.text.spelling import find_near

_RULE: Final = "index-placeholder"
_PLACEHOLDER: Final = re.compile(r"%(\w{1,12})%|%index\b|\bindex%")
_HALF: Final = re.compile(r"%index|index%")
_NUMBERS: Final = frozenset({
    "count", "counter", "i", "id", "idx", "ind", "index", "instance", "n", "no", "nr", "num", "number", "ordinal",
})  # fmt: skip
"""Words in percent signs that can only mean a member's number; others may be part of a date, or some program's own."""


def judge_numbers(group: Judged, template: Mapping[str, Any], defaults: str) -> Iterator[TemplateProblem]:
    """Yield a problem if the members use another placeholder than the group's, or if none uses the one it declares.

    ``defaults`` is the text of all defaults of parameters, any of which may bring the placeholder to a member.
    """
    names = (*find_index_names(template, group.tokens), group.properties.get("index_var", INDEX))
    member = group.properties.get(GROUP_MEMBER)
    if not isinstance(member, dict) or not all(isinstance(name, str) and name for name in names):
        return
    replaced: set[str] = set()
    texts = [*_find_texts(member, (GROUP_MEMBER,), replaced)]
    own = str(names[-1])
    is_numbered = any(own in text for text, _ in texts)
    for text, place in texts:
        if is_numbered and _HALF.fullmatch(text) is None:
            continue  # another placeholder may be for somebody else; half of one alone is for nobody
        for found in _PLACEHOLDER.finditer(text) if "\n" not in text else ():  # a longer one may be a script
            word = (found[1] or INDEX).lower()
            is_number = word in _NUMBERS or not found[1] or find_near(word, ["index"])
            if is_number and found[0] not in names and not any(found[0] in each for each in replaced):
                hint = f"write {own}" + (", or remove index_var" if found[0] == INDEX else "")
                if own == INDEX and found[1]:
                    hint += f", or give the group index_var: '{found[0]}'"
                message = f"the group puts the number of a member in place of {own!r}, not of {found[0]!r}"
                yield group.problem(_RULE, message, *place, hint=hint)
                return
    is_known = not is_numbered and own not in defaults and all("get_file" not in place for _, place in texts)
    if "index_var" in group.properties and is_known:
        message = f"no property of the members contains {own!r}, so that all are alike"
        yield group.problem(_RULE, message, "index_var", hint="write it where the number belongs, or remove index_var")


def judge_stray_number(judged: Judged, template: Mapping[str, Any]) -> Iterator[TemplateProblem]:
    """Yield a problem if ``%index%`` stands outside of a group's members, such as in the template they are made of."""
    if judged.type in MEMBERS or find_index_names(template, judged.tokens):
        return
    replaced: set[str] = set()
    texts = [*_find_texts(judged.properties, (), replaced)]
    place = next((place for text, place in texts if INDEX in text and "\n" not in text), None)
    if place is not None and INDEX not in replaced:
        message = f"Heat leaves {INDEX!r} as it is here: a group replaces it only in what it gives its members"
        hint = f"give it to a parameter of this template in {GROUP_MEMBER}, and write {{get_param: ...}} here"
        yield judged.problem(_RULE, message, *place, hint=hint)


def _find_texts(value: Any, place: Tokens, replaced: set[str]) -> Iterator[tuple[str, Tokens]]:
    """Yield each text within a value, and its place; add what str_replace or repeat replaces to ``replaced``."""
    if isinstance(value, str):
        yield value, place
        return
    for key, item in enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ():
        names = item.get("params" if key in REPLACING else "for_each") if isinstance(item, dict) else None
        if key in (*REPLACING, "repeat") and isinstance(names, dict):
            replaced.update(names)
        yield from _find_texts(item, (*place, key), replaced)
