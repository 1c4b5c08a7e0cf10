"""The nginx example, run as it stands: it keeps pages, asks once for many, and forgets by key."""

import os
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from backend.purge.extension import purger
from backend.purge.files import listen, purge
from tests.backend.feed.reading import take_down
from tests.factories import publish
from tests.flows.running import ROOT, free_port
from tests.waiting import comes_to_hold

EXAMPLES = ROOT / "docs" / "examples"
PATH = "/v1/tags/harbour/articles"
HOST = "news.test"


@pytest.fixture
def nginx() -> str:
    found = shutil.which("nginx")
    if found is None:
        missing = "no nginx: run `apt-get install nginx-light`"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    return found


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[str]:
    """`tagwire purge-files` on the folder of the cache."""
    (tmp_path / "cache").mkdir()
    server = listen(tmp_path / "cache", "127.0.0.1", 0, "the-token")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def app(make_app: Callable[..., Flask], receiver: str) -> Flask:
    return make_app(PURGE_URL=receiver, PURGE_TOKEN="the-token", TRUSTED_PROXIES="1")


@pytest.fixture
def front(app: Flask, nginx: str, tmp_path: Path) -> Iterator[str]:
    """nginx with the example's files, before the app on a port of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    port = free_port()
    process = subprocess.Popen(
        [nginx, "-p", str(tmp_path), "-c", str(configured(tmp_path, server.server_port, port))]
    )
    wait_for(f"http://127.0.0.1:{port}/healthz")
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)
    server.shutdown()
    thread.join()
    server.server_close()


def configured(folder: Path, upstream: int, port: int) -> Path:
    """The example as it stands but for ports, folders and the certificate."""
    proxy = folder / "tagwire-proxy.conf"
    proxy.write_text((EXAMPLES / "tagwire-proxy.conf").read_text())
    site = (EXAMPLES / "nginx.conf").read_text()
    for old, new in {
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
        "listen 80;": f"listen 127.0.0.1:{free_port()};",
        "    ssl_certificate     /etc/ssl/news.example.pem;\n": "",
        "    ssl_certificate_key /etc/ssl/news.example.key;\n": "",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{upstream};",
        "/var/cache/nginx/tagwire": str(folder / "cache"),
        "/etc/nginx/tagwire-proxy.conf": str(proxy),
        "news.example": HOST,
    }.items():
        assert old in site, old
        site = site.replace(old, new)
    places = "".join(
        f"{name}_temp_path {folder / name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    owner = "user root;" if os.geteuid() == 0 else ""
    whole.write_text(
        f"{owner} daemon off; master_process off;"
        f" pid {folder / 'pid'}; error_log {folder / 'errors'};"
        f" events {{}} http {{ access_log off; {places} {site} }}"
    )
    return whole


def wait_for(url: str) -> None:
    def answers() -> bool:
        with suppress(OSError), urllib.request.urlopen(url):
            return True
        return False

    assert comes_to_hold(answers), "nginx did not start"


def ask(front: str, path: str = PATH, **headers: str) -> tuple[str, bytes]:
    """What the cache said of the page, and the page."""
    request = urllib.request.Request(front + path, headers={"Host": HOST} | headers)
    with urllib.request.urlopen(request) as answer:
        assert "Surrogate-Key" not in answer.headers
        return answer.headers["X-Cache"], answer.read()


def test_a_page_is_kept_until_what_it_shows_changes(
    app: Flask, client: FlaskClient, front: str
) -> None:
    publish(client, external_id="1", tags=["Harbour"], title="Ferries stop")
    publish(client, external_id="2", tags=["Bakery"], title="Bread rises")
    assert ask(front)[0] == "MISS"
    assert ask(front, "/v1/tags/bakery/articles")[0] == "MISS"
    with app.app_context():
        found = purger(app)
        assert found is not None
        found.step()  # what was published until now
    ask(front)
    ask(front, "/v1/tags/bakery/articles")
    assert ask(front)[0] == "HIT"

    take_down(client, "1")
    assert b"Ferries stop" in ask(front)[1], "kept by the cache in front, as it was told"
    with app.app_context():
        found.step()

    state, page = ask(front)
    assert (state, b"Ferries stop" in page) == ("MISS", False)
    assert ask(front, "/v1/tags/bakery/articles")[0] == "HIT"


def test_a_crowd_that_asks_for_a_new_page_costs_one_request(
    app: Flask, client: FlaskClient, front: str
) -> None:
    publish(client, tags=["Harbour"])

    with ThreadPoolExecutor(20) as pool:
        states = list(pool.map(lambda _: ask(front)[0], range(60)))

    assert states.count("MISS") == 1
    assert set(states) == {"MISS", "HIT"}


def test_what_belongs_to_one_installation_is_never_kept(client: FlaskClient, front: str) -> None:
    publish(client, tags=["Harbour"])

    for _ in range(2):
        assert ask(front, PATH, Authorization="Bearer anything")[0] in {"MISS", "BYPASS"}


def test_only_files_that_show_a_key_are_removed(tmp_path: Path) -> None:
    head = "\x05\x00\nKEY: news.test/\nHTTP/1.1 200 OK\r\nSurrogate-Key: {}\r\nDate: x\r\n\r\n"
    for name, keys in {"a": "tag-1 article-x", "b": "tag-11", "c": "source-1"}.items():
        (tmp_path / name).write_text(head.format(keys))
    (tmp_path / "d").write_bytes(b"\x00" * 10)

    assert purge(tmp_path, {"tag-1", "source-1"}) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "d"]


def test_whoever_does_not_know_the_token_purges_nothing(receiver: str, tmp_path: Path) -> None:
    kept = tmp_path / "cache" / "a"
    kept.write_text("HTTP/1.1 200 OK\r\nSurrogate-Key: tag-1\r\n\r\n")
    call = urllib.request.Request(receiver, b"{}", {"Surrogate-Key": "tag-1"}, method="POST")

    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(call)

    assert kept.exists()
