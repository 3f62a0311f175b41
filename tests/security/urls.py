"""URLs written out again from their parts."""

from __future__ import annotations

from builder.net.addresses import DEFAULT_PORTS, Url


def format_url(url: Url) -> str:
    host = f"[{url.host}]" if ":" in url.host else url.host
    port = "" if url.port == DEFAULT_PORTS[url.scheme] else f":{url.port}"
    return f"{url.scheme}://{host}{port}/{'/'.join(url.segments)}"
