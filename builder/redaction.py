"""Keeping secrets out of texts: those of the cloud that are repeated to a client, and every line of the log."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

MAX_CHARACTERS = 1000
_SHORT_SECRET = 4


def clean(text: str, secrets: Sequence[str] = ()) -> str:
    """A text of somebody else's, fit to show: one line, bounded, without control characters and without secrets."""
    masked = mask(text, secrets)  # before it is cut: half a secret would not be known for one
    shown = "".join(character if character.isprintable() else " " for character in masked[: MAX_CHARACTERS * 4])
    shown = " ".join(shown.split())
    return shown if len(shown) <= MAX_CHARACTERS else shown[: MAX_CHARACTERS - 1] + "…"


def mask(text: str, secrets: Sequence[str]) -> str:
    """``text`` with every secret starred out."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = _without(text, secret)
    return text


def _without(text: str, secret: str) -> str:
    """``text`` with a secret starred out, as it is or as JSON or Python quote it; a short one only as a whole word."""
    for form in {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}:
        if len(secret) < _SHORT_SECRET:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", "***", text)
        else:
            text = text.replace(form, "***")
    return text
