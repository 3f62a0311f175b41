"""Behind a real nginx that compresses and caches all that it may, nothing is stale, and conditional requests hold."""

from __future__ import annotations

import gzip
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from builder.sandbox import Sandbox
from tests.api.orders import by_ids
from tests.rolling.nginx import find_nginx, free_port, is_open
from tests.service import Service, fetch, minimal_definition, wait_until

NGINX = find_nginx()
CONFIGURATION = """\
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_types *;
    gzip_min_length 1;
    gzip_proxied any;
    gzip_vary on;
    proxy_cache_path {folder}/cache keys_zone=kept:1m;
    server {{
        listen 127.0.0.1:{port};
        proxy_cache kept;
        proxy_cache_methods GET HEAD;
        proxy_cache_valid any 10m;
        proxy_cache_revalidate on;
        add_header X-Cache $upstream_cache_status always;
        location / {{ proxy_pass {url}; }}
        location /uncached/ {{ proxy_cache off; proxy_pass {url}/; }}
        location /whatever-it-says/ {{ proxy_ignore_headers Cache-Control; proxy_pass {url}/; }}
    }}
}}
"""
GZIP = {"Accept-Encoding": "gzip"}

pytestmark = [
    pytest.mark.rolling,
    pytest.mark.skipif(NGINX is None, reason="there is no nginx here: install it, or set NGINX_PROGRAM"),
]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(tmp_path / "instance")
    service.enabled.mkdir(parents=True)
    (service.enabled / "small.yaml").write_text(minimal_definition())
    with service:
        yield service


@pytest.fixture
def url(tmp_path: Path, service: Service) -> Iterator[str]:
    """That of nginx."""
    folder, port = tmp_path / "nginx", free_port()
    folder.mkdir()
    user = "user root;" if os.getuid() == 0 else ""  # whose folders these are: nobody else may write a cache there
    (folder / "nginx.conf").write_text(CONFIGURATION.format(user=user, folder=folder, port=port, url=service.url))
    errors = ["-e", str(folder / "error.log")]
    process = subprocess.Popen([str(NGINX), "-p", str(folder), *errors, "-c", str(folder / "nginx.conf")])
    try:
        wait_until(lambda: is_open(port), "nginx listens")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def test_this_cache_keeps_what_it_may(url: str) -> None:
    kept = [fetch(f"{url}/whatever-it-says/cluster-types/").headers["x-cache"] for _ in range(2)]
    assert kept == ["MISS", "HIT"]


def test_compressed_listing_has_a_weak_tag_that_makes_a_304(service: Service, url: str) -> None:
    plain = service.get("/cluster-types/")
    compressed = fetch(f"{url}/uncached/cluster-types/", headers=GZIP)
    assert gzip.decompress(compressed.body) == plain.body
    assert compressed.headers["vary"] == "Accept-Encoding"
    weak = compressed.headers["etag"]
    assert weak == plain.headers["etag"]
    assert weak.startswith("W/")  # or nginx would leave it out
    for tag in (weak, weak.removeprefix("W/"), f'"x", {weak}'):
        again = fetch(f"{url}/uncached/cluster-types/", headers={**GZIP, "If-None-Match": tag})
        assert (again.status, again.body) == (304, b"")
    since = fetch(f"{url}/uncached/cluster-types/small", headers={"If-Modified-Since": plain.headers["last-modified"]})
    assert since.status == 304


@pytest.mark.parametrize("path", ["/cluster-types/", "/cluster-types/small"])
def test_change_is_seen_at_once_behind_a_cache(service: Service, url: str, path: str) -> None:
    old = [fetch(url + path, headers=GZIP) for _ in range(2)][-1]
    (service.enabled / "small.yaml").write_text(minimal_definition("Another title"))
    wait_until(lambda: b"Another title" in service.get(path).body, "the service has the new version")
    new = fetch(url + path, headers={**GZIP, "If-None-Match": old.headers["etag"]})
    assert (new.status, gzip.decompress(new.body)) == (200, service.get(path).body)


def test_what_was_not_there_is_seen_at_once_behind_a_cache(service: Service, url: str) -> None:
    for _ in range(2):
        assert fetch(f"{url}/cluster-types/new").status == 404
    (service.enabled / "new.yaml").write_text(minimal_definition())
    wait_until(lambda: "new" in service.ids(), "the service has it")
    assert fetch(f"{url}/cluster-types/new").status == 200


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/catalogue", "/catalogue/small"])
def test_state_of_the_service_is_not_kept_by_a_cache(url: str, path: str) -> None:
    assert [fetch(url + path).headers["x-cache"] for _ in range(2)] == ["MISS", "MISS"]


def test_errors_are_not_kept_by_a_cache(url: str) -> None:
    for path in ("/nothing", "/cluster-types/nothing", "/schemas/nothing"):
        assert [fetch(url + path).headers["x-cache"] for _ in range(2)] == ["MISS", "MISS"], path


def test_builds_go_through(url: str) -> None:
    with Sandbox() as cloud:
        for name in ("first", "second"):
            cluster = {"cluster_type_id": "small", "name": name}
            answer = fetch(f"{url}/clusters/", "POST", body={"cloud_env": by_ids(cloud), "cluster": cluster})
            assert answer.status == 201
