"""What a YAML parser complains of, in words for somebody who writes YAML and has never written a parser.

Parsers say what they expected; most often the cause is an indentation, a quote or a colon, and is often further up.
Both parsers raise one type of error for all of these, and tell them apart in its texts alone, so that these are what is
read here. What is not known is told in the parser's own words. What is no mapping may be no definition at all, but a
key or a list of passwords: nothing of it is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

import yaml as pyyaml
from ruamel.yaml.error import MarkedYAMLError

from builder.diagnostics.problems import Problem
from builder.text.excerpts import split_lines

_CONFLICT: Final = re.compile(r"(<{7}|={7}|>{7}|\|{7})( |$)")
_COMMENT: Final = re.compile(r"\s*(#|$)")
_BLOCK: Final = re.compile(r"(:|-)\s+[|>][-+0-9]*\s*(#.*)?$")
_QUOTE: Final = "put the value in quotes"
_KEY: Final = re.compile(r"[A-Za-z_][\w-]*:$")
_MAPPING: Final = re.compile(r"\ufeff?(?:[ \t]*(?:#.*)?\r?\n|---\s|%.*\n)*[ \t]*(?:\{|[\w\"'][^\n]*:(?:\s|$))")
_FUNCTION: Final = re.compile(r":\s+(get_\w+|list_join|str_replace|str_split|if|yaql|map_merge|repeat)$")
_VALUED: Final = re.compile(r"[ ]*[\w\"'][^#]*:\s+[^\s#|>]")
_CONTINUED: Final = "this line is taken for more of the text above it"
_NOT_ALIKE: Final = "this line is not indented as those that it stands among"
_OF_LINES: Final = (_CONTINUED, _NOT_ALIKE)
_UNSPACED: Final = re.compile(r"\s*[A-Za-z_]\w*:(?![\s:/])")
_HEREDOC: Final = re.compile(r"<<-?\s*[\"']?(\w+)")
_STRUCTURE: Final = re.compile(r"- |[\w\"'.-]+:(\s|$)")
_LIKE_A_KEY: Final = re.compile(r"(?!(?:fi|done|esac|else|then|do)\b)[a-z][\w-]*(\s|$)")
"""What may be a key without its colon, but for what ends a part of a script."""
_NAME: Final = re.compile(r"(alias|anchor|handle) (?:'.*'|\".*\")", re.DOTALL)


def looks_like_mapping(text: str) -> bool:
    """Whether a text may be a definition or a template; of what is none, nothing is repeated to anybody."""
    return _MAPPING.match(text) is not None


def describe_syntax_error(error: MarkedYAMLError | pyyaml.MarkedYAMLError, text: str, path: str) -> Problem:
    """The problem that a parser's complaint about ``text`` is."""
    mark: Any = error.problem_mark or error.context_mark
    lines = split_lines(text)
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    for number, each in enumerate(lines[:line], start=1):
        if _CONFLICT.match(each):
            message, hint = "this is the mark of a merge conflict", "keep one of the versions, and remove the marks"
            return Problem(path, number, 1, "", "yaml-syntax", f"not valid YAML: {message}", hint)
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    indentation = written[: len(written) - len(written.lstrip())]
    if "\t" in indentation:
        column = indentation.index("\t") + 1
        hint = "YAML is indented with spaces"
        return Problem(path, line, column, "", "yaml-tab", "a tab is used for indentation", hint)
    complaint = ", ".join(part for part in (error.context, error.problem) if part)
    if not looks_like_mapping(text):
        complaint = _NAME.sub(r"\1 '…'", complaint)
    opened: Any = error.context_mark
    if opened is not None and _TOLD_WHERE_IT_BEGINS.search(complaint):
        line, column = opened.line + 1, opened.column + 1
        written = lines[line - 1] if line <= len(lines) else ""
    if ended := _find_ended_text(lines, line):
        begun, line = ended
        column = _indentation(lines[line - 1]) + 1
        message = f"the text that begins in line {begun} ends here, as this line is indented less"
        hint = "indent it as the rest of the text, of which YAML takes the indentation away"
        return Problem(path, line, column, "", "yaml-syntax", f"not valid YAML: {message}", hint)
    above = next((each for each in reversed(lines[: max(0, line - 1)]) if _COMMENT.match(each) is None), "")
    if _BLOCK.search(above) and "could not find expected ':'" in complaint:
        message, hint = "the text that '|' or '>' begins above is not indented", "indent it further than its key"
    elif _UNSPACED.match(written) and "could not find expected ':'" in complaint:
        message, hint = "a space is missing after the ':'", "put one there"
    else:
        before, begun_in = written[: column - 1].strip(), opened.line + 1 if opened is not None else 0
        explained = ((explain, pattern.search(complaint)) for pattern, explain in _EXPLANATIONS)
        told = (explain(found, before, begun_in) for explain, found in explained if found is not None)
        message, hint = next(told, (complaint, ""))
    if message in _OF_LINES and (number := _find_dedented(lines, line)):
        line, column = number, _indentation(lines[number - 1]) + 1
        message, hint = "this line is indented less than those that it stands among", "indent it as far as they are"
    return Problem(path, line, column, "", "yaml-syntax", f"not valid YAML: {message}", hint)


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _find_ended_text(lines: Sequence[str], line: int) -> tuple[int, int] | None:
    """Where a text begins that '|' or '>' announces, and the line of it that ends it, where an error in ``line`` tells.

    It is one of the text if it is in a here-document, is no key, or lines follow that are indented as the text is.
    """
    written = [number for number, each in enumerate(lines, start=1) if each.strip()]
    indented = {number: _indentation(lines[number - 1]) for number in written}
    levels: set[int] = set()
    begun = end = least = 0
    for position, number in enumerate(written[:-1]):
        if number >= line:
            break
        if number < end:
            continue
        levels = {each for each in levels if each < indented[number]} | {indented[number]}
        if _BLOCK.search(lines[number - 1]) and indented[first := written[position + 1]] > indented[number]:
            begun, least = first, indented[first]
            below = (written[each] for each in range(position + 1, len(written)))
            end = next((each for each in below if indented[each] < least), len(lines) + 1)
    text = lines[end - 1].strip() if begun and end <= line else ""
    between = [indented[number] >= least for number in written if end < number < line]
    within = [each.strip() for each in lines[begun - 1 : end - 1]]
    opened = {name for each in within for name in _HEREDOC.findall(each)} - set(within)
    if not text or opened & {each.strip() for each in lines[end - 1 :]}:
        return (begun, end) if text else None
    after = next((number for number in written if number > end), end)
    is_resumed, resumed = indented[after] >= least, lines[after - 1].strip()
    if not all(between):
        return None
    if text.startswith("#"):
        is_part = is_resumed and after == line
    elif _STRUCTURE.match(text):
        is_part = is_resumed and not text.endswith(":") and (end == line or not _STRUCTURE.match(resumed))
    else:
        is_part = is_resumed or indented[end] not in levels or _LIKE_A_KEY.match(text) is None
    return (begun, end) if is_part else None


def _find_dedented(lines: Sequence[str], line: int) -> int:
    """The number of the line above one if that alone is indented less than those around it; 0 where none is.

    It has a value, as what others stand below has not, and is no item of a list.
    """
    written = [number for number in range(line - 1, 0, -1) if _COMMENT.match(lines[number - 1]) is None]
    wanted = _indentation(lines[line - 1])
    if not written or _VALUED.match(lines[written[0] - 1]) is None:
        return 0
    least = _indentation(lines[written[0] - 1])
    for number in written[1:] if least < wanted else ():
        found = _indentation(lines[number - 1])
        is_empty = number == written[1] and lines[number - 1].rstrip().endswith(":")  # it is what is missing there
        if found == wanted or (found == least and is_empty):
            return written[0]
        if found <= least:
            return 0
    return 0


_TOLD_WHERE_IT_BEGINS: Final = re.compile("unexpected end of stream|could not find expected ':'")
"""Complaints of what the parser notices at the end of the text, or on a later line."""


def _out_of_place(found: re.Match[str], before: str, _opened: int) -> tuple[str, str]:
    if before.endswith("}}"):
        return "'{{ }}' is Jinja's, which is not understood here", "use str_replace, or get_param where it stands alone"
    if before and before != "-":
        return "the value has ended before this", f"{_QUOTE} as a whole, or close a quote that was opened further up"
    if found["what"] in ("-", "?"):
        return "items of a list and keys are mixed here", "begin every item with '- ', or indent what belongs to one"
    return _NOT_ALIKE, "give lines of one level the same indentation"


def _second_colon(_found: re.Match[str], before: str, _opened: int) -> tuple[str, str]:
    if function := _FUNCTION.search(before):
        return f"{function[1]} stands on the line of its key", f"write it in braces, or {function[1]}: on the next line"
    if re.search(r":\s", before):
        return "a value that is not in quotes contains ': '", _QUOTE
    hint = "mend its indentation, or end the line above with ':', or put a space after its ':'"
    return _CONTINUED, hint


def _unclosed(found: re.Match[str], before: str, opened: int) -> tuple[str, str]:
    if _KEY.search(before):
        return "a space is missing between ':' and the bracket", "put one there"
    sign = "{" if "mapping" in found[0] else "["
    message = f"the {sign!r} of line {opened} is not closed, or a comma is missing"
    return message, f"{_QUOTE} if the bracket is a part of it"


_Explain = Callable[[re.Match[str], str, int], tuple[str, str]]
"""From a complaint, what is before it in its line, and the line of what the parser was reading, to message and hint."""


def _always(message: str, hint: str) -> _Explain:
    return lambda found, _before, _opened: (message.format(*found.groups()), hint)


_EXPLANATIONS: Final[tuple[tuple[re.Pattern[str], _Explain], ...]] = tuple(
    (re.compile(pattern), explain)
    for pattern, explain in (
        (r"expected <block end>, but found '(?P<what>[^']*)'", _out_of_place),
        (r"mapping values are not allowed", _second_colon),
        (r"quoted scalar.*unexpected end", _always("the quote that is opened here is never closed", "close it")),
        (r"could not find expected ':'", _always("a key is expected here, with a ':' after it", "add ': '")),
        (r"flow (sequence|mapping).*expected ','", _unclosed),
        (r"character '(.)' that cannot start", _always("no value begins with '{0}' unless it is in quotes", _QUOTE)),
        (r"undefined alias '(.*)'", _always("'*{0}' means what is named '&{0}', and nothing is", _QUOTE)),
        (r"scanning an alias", _always("a '*' begins the name of an anchor, and none follows", _QUOTE)),
        (r"scanning an anchor", _always("an '&' begins the name of an anchor, and none follows", _QUOTE)),
        (r"unknown escape character '(.*)'", _always(
            "'\\{0}' means nothing within double quotes", "use single quotes, within which a backslash is itself"
        )),
        (r"chomping or indentation indicators", _always("a text follows on the line of '|' or '>'", "begin it below")),
    )
)  # fmt: skip
