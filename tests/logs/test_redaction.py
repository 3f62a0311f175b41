"""Which secrets are found in a text, however they are written there, and what is shown where they cannot be found."""

from __future__ import annotations

import json
import string
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.logs import redaction
from builder.logs.redaction import (
    LEFT_OUT,
    LONG_SECRET,
    MAX_CHARACTERS,
    MAX_SECRET_CHARACTERS,
    MAX_SECRETS,
    Redactor,
    clean,
)

LETTERS = st.text(alphabet="ab-_ ", max_size=60)


def mask_one_by_one(text: str, secrets: list[str]) -> str:
    """What the rules say, by brute force: every place of every secret, and stars for all that they cover together."""
    covered = [False] * len(text)
    starts = set()
    spans = []
    for secret in filter(None, secrets):
        for start in range(len(text)):
            end = start + len(secret)
            around = text[max(0, start - 1) : start] + text[end : end + 1]
            is_word = not any(character.isalnum() or character == "_" for character in around)
            if text.startswith(secret, start) and (len(secret) >= 4 or is_word):
                spans.append((start, end))
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not covered[start]:
            starts.add(start)
        covered[start:end] = [True] * (end - start)
    return "".join(
        ("***" if index in starts else "") if hidden else character
        for index, (character, hidden) in enumerate(zip(text, covered, strict=True))
    )


@given(LETTERS, st.lists(st.text(alphabet="ab-_", max_size=8), max_size=8))
def test_one_pass_masks_what_every_secret_by_itself_would(text: str, secrets: list[str]) -> None:
    assert Redactor(secrets).mask(text) == mask_one_by_one(text, secrets)


@given(LETTERS, st.lists(st.text(alphabet="ab-_", min_size=1, max_size=8), max_size=8), st.integers(0, 60))
def test_beginning_of_a_text_shows_nothing_that_the_whole_hides(text: str, secrets: list[str], limit: int) -> None:
    whole, beginning = Redactor(secrets).mask(text), Redactor(secrets).mask(text, limit)
    assert whole.startswith(beginning)


@pytest.mark.parametrize(
    ("secrets", "text", "shown"),
    [
        (["pass", "password"], "password pass", "*** ***"),
        (["password", "pass", "word"], "the password", "the ***"),
        (["xxyy", "yyzzz"], "-xxyyzzz-", "-***-"),
        (["abcabc"], "abcabcabc", "***"),
        (["a", "b c"], "a bad b c, b cd", "*** bad ***, b cd"),
        (["*", "***"], "* ***", "*** ***"),
        (["", "    "], "plain", "plain"),
    ],
)
def test_secrets_that_hold_or_overlap_each_other_are_masked_whole(secrets: list[str], text: str, shown: str) -> None:
    assert Redactor(secrets).mask(text) == shown


@given(st.text(alphabet=string.printable + "é\ud800€😀", min_size=4, max_size=12))
def test_secret_is_found_in_whatever_writes_it(secret: str) -> None:
    in_utf8 = secret.encode("utf-8", "surrogatepass")
    written = [
        secret,
        json.dumps({"it": secret})[8:-2],
        json.dumps({"it": secret}, ensure_ascii=False)[8:-2],
        repr(secret)[1:-1],
        repr(in_utf8)[2:-1],
        in_utf8.decode("latin-1"),
        repr(in_utf8.decode("latin-1"))[1:-1],
        repr(f"'\"{secret}")[4:-1],
        repr(b"'\"" + in_utf8)[5:-1],
        quote(in_utf8),
        quote(in_utf8, safe=""),
        quote_plus(in_utf8),
        urlencode({"it": in_utf8})[3:],
    ]
    for each in written:
        assert Redactor([secret]).mask(f"<{each}>") == "<***>", each


def test_after_the_beginning_of_a_very_long_secret_nothing_is_shown() -> None:
    secret = "".join(str(number) for number in range(LONG_SECRET))
    masked = Redactor([secret, "other"]).mask(f"other: {secret[: LONG_SECRET + 100]} and what comes then")
    assert masked == "***: ***"


def test_as_many_secrets_as_are_allowed_are_looked_for() -> None:
    size = MAX_SECRET_CHARACTERS // MAX_SECRETS
    secrets = [f"{number}".ljust(size, "-é"[number % 2]) for number in range(MAX_SECRETS)]
    assert Redactor(secrets).mask(f"a {secrets[-1]} z") == "a *** z"


@pytest.mark.parametrize(
    "secrets",
    [
        [f"{number}" for number in range(MAX_SECRETS + 1)],
        [f"{number}".ljust(LONG_SECRET, "x") for number in range(MAX_SECRET_CHARACTERS // LONG_SECRET + 1)],
    ],
)
def test_more_secrets_than_can_be_looked_for_leave_the_whole_text_out(secrets: list[str]) -> None:
    assert Redactor(secrets).mask("a text") == LEFT_OUT
    assert clean("a text", secrets) == LEFT_OUT


def test_secrets_are_made_ready_once_for_all_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    ready = redaction._Spellings.__init__

    def make(self: redaction._Spellings, secrets: frozenset[str]) -> None:
        made.append(secrets)
        ready(self, secrets)

    monkeypatch.setattr(redaction._Spellings, "__init__", make)
    redactor = Redactor(["a secret"]).with_further(["another"])
    assert [redactor.mask(text) for text in ("a secret", "another", "none")] == ["***", "***", "none"]
    assert len(made) == 1


def test_text_of_a_cloud_is_cut_after_its_secrets_were_masked() -> None:
    secret = "s3cr3t-" * 10
    shown = clean("x" * (MAX_CHARACTERS * 4 - 5) + secret + "y" * 1_000_000, [secret])
    assert len(shown) == MAX_CHARACTERS
    assert "s3c" not in clean("\n" * (MAX_CHARACTERS * 4 - 5) + secret, [secret])
