"""Mistakes that make YAML unreadable are told in the author's terms, at the place where they were made."""

from __future__ import annotations

import pytest

from builder.yaml_documents.composing import MAX_SECOND_READING
from builder.yaml_documents.documents import DocumentError, parse_definition

INDENTATION = "this line is not indented as those that it stands among"
MIXED = "items of a list and keys are mixed here"
CONTINUED = "this line is taken for more of the text above it"
ENDED = "the value has ended before this"
BLOCK = "the text that '|' or '>' begins above is not indented"
ENDS = "the text that begins in line {} ends here, as this line is indented less"
COLON = "a value that is not in quotes contains ': '"

CASES = {
    "outdented": ("a:\n  b: 1\n c: 2\n", 3, 2, INDENTATION),
    "block-outdented": ("a: |\n  x\n y\nb: 1\n", 3, 2, ENDS.format(2)),
    "here-document-outdented": ("a:\n  b: |\n    cat <<EOF\n    x\nEOF\n    y\n  c: 1\n", 5, 1, ENDS.format(3)),
    "here-document-outdented-to-its-end": ("a:\n  b: |\n    cat <<'EOF'\nx\ny: 1\nEOF\nc: 1\n", 4, 1, ENDS.format(3)),
    "here-document-closed-beside-a-key": ("a:\n  b: |\n    cat <<eof\n    x\n  eof\n  c: 1\n", 5, 3, ENDS.format(3)),
    "end-of-a-script-outdented": ("a:\n  b: |\n    if x\n    then y\n  fi\n  c: 1\n", 5, 3, ENDS.format(3)),
    "end-of-a-block-outdented": ("a:\n- b: |\n    f() {\n      x\n}\n", 5, 1, ENDS.format(3)),
    "colon-in-a-block-outdented": ("a:\n  b: |\n    cat\nx: y\n    z\n  c: 1\n", 4, 1, ENDS.format(3)),
    "comment-in-a-block-outdented": ("a:\n  b: |\n    x\n# y\n    z\n  c: 1\n", 4, 1, ENDS.format(3)),
    "item-in-a-block-outdented": ("a:\n  b: |\n    x:\n  - y\n    - z\n  c: 1\n", 4, 3, ENDS.format(3)),
    "block-indented-in-its-first-line": ("a:\n  b: |\n      x\n    y\n  c: 1\n", 4, 5, ENDS.format(3)),
    "block-of-a-block-outdented": ("a: |\n  b: |\n    x\n }\n", 4, 2, ENDS.format(2)),
    "no-colon-below-a-block": ("a:\n  b: |\n    x\n  c\n  d: 1\n", 4, 3, "a key is expected here, with a ':' after it"),
    "outdented-below-a-block": ("a:\n  b: |\n    x\n c: 1\n", 4, 2, INDENTATION),
    "indented": ("a: 1\n  b: 2\n", 2, 4, CONTINUED),
    "no-space": ("a:1\nb: 2\n", 2, 2, CONTINUED),
    "no-space-below": ("a:\n  b: 1\n  c:1\nd: 2\n", 3, 3, "a space is missing after the ':'"),
    "no-space-before-a-bracket": ("a: {b:[1, 2]}\n", 1, 7, "a space is missing between ':' and the bracket"),
    "no-colon-above": ("a:\n  b\n  c: 2\n", 3, 4, CONTINUED),
    "no-colon": ("a: 1\nb\nc: 2\n", 2, 1, "a key is expected here, with a ':' after it"),
    "key-among-items": ("a:\n  - b\n  c: 1\n", 3, 3, MIXED),
    "item-among-keys": ("a:\n  x: 1\n  - c\n", 3, 3, MIXED),
    "quote-open": ('a: "b\nc: 1\nd: 2\n', 1, 4, "the quote that is opened here is never closed"),
    "quote-within": ("a: 'it's'\nb: 1\n", 1, 8, ENDED),
    "text-after-quote": ('a: "b" c\n', 1, 8, ENDED),
    "colon-in-text": ("a: Note: b\n", 1, 8, COLON),
    "bracket-open": ("a: 1\nb: [1, 2\nc: 3\n", 3, 2, "the '[' of line 2 is not closed, or a comma is missing"),
    "brace-open": ("a: {b: 1\nc: 2\n", 2, 2, "the '{' of line 1 is not closed, or a comma is missing"),
    "at-sign": ("a: @b\n", 1, 4, "no value begins with '@' unless it is in quotes"),
    "stars": ("a: **b**\n", 1, 4, "'**b**' means what is named '&*b**', and nothing is"),
    "star": ("a: *\n", 1, 5, "a '*' begins the name of an anchor, and none follows"),
    "ampersand": ("a: &\n", 1, 5, "an '&' begins the name of an anchor, and none follows"),
    "escape": ('a: "\\d+"\n', 1, 6, "'\\d' means nothing within double quotes"),
    "block-text": ("a: |b\n", 1, 5, "a text follows on the line of '|' or '>'"),
    "conflict-at-the-top": ("<<<<<<< HEAD\na: 1\n=======\na: 2\n", 1, 1, "this is the mark of a merge conflict"),
    "tab-before": ("a: x\ty\nb: [1, 2\nc: 3\n", 3, 2, "the '[' of line 2 is not closed, or a comma is missing"),
    "line-separator-before": ("a: x\u2028y\nb: **c**\n", 2, 4, "'**c**' means what is named '&*c**', and nothing is"),
    "block-not-indented": ("a:\n  b: |\n  #!/bin/sh\n\n  echo\nc: 1\n", 5, 3, BLOCK),
    "block-without-comment": ("a:\n  - >-  # folded\n  text\nc: 1\n", 3, 3, BLOCK),
    "conflict": ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\n", 2, 1, "this is the mark of a merge conflict"),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_told_what_to_mend_and_where(case: str) -> None:
    text, line, column, message = CASES[case]
    with pytest.raises(DocumentError) as raised:
        parse_definition(text, "f.yaml")
    (problem,) = raised.value.problems
    assert (problem.line, problem.column, problem.message) == (line, column, f"not valid YAML: {message}")
    assert (problem.rule, bool(problem.hint)) == ("yaml-syntax", True)


def test_text_too_long_for_a_second_reading_is_told_of_in_the_words_of_the_quick_parser() -> None:
    with pytest.raises(DocumentError, match="not valid YAML: ") as raised:
        parse_definition("a: 1\n" + "# filling\n" * (MAX_SECOND_READING // 8) + "  b: 2\n", "f.yaml")
    assert raised.value.problems[0].rule == "yaml-syntax"


def test_what_is_not_known_is_told_in_the_words_of_the_parser() -> None:
    with pytest.raises(DocumentError, match="found duplicate YAML directive"):
        parse_definition("%YAML 1.2\n%YAML 1.2\n--- a\n", "f.yaml")
