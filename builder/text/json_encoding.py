"""How JSON is written for clients: a listing that was encoded beforehand must not differ from any other answer."""

from __future__ import annotations

import json


def encode_json(value: object) -> bytes:
    """JSON in UTF-8; half a surrogate pair, which JSON text may hold and UTF-8 may not, becomes a question mark."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
