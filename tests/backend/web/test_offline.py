"""What a device is told to keep of the site: manifest, service worker, and what it must forget."""

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from backend.web.pages import TAKEN_DOWN_TOLD
from tests.backend.web.test_errors import from_memory
from tests.conftest import EDITOR, Clock
from tests.factories import publish

NAMES = """
short_name = "Herald"
names = { ar = "صحيفة الصباح" }
short_names = { ko = "헤럴드" }
"""


def test_a_site_is_installed_under_its_name_in_the_readers_language(
    make_app: Callable[..., Flask], app_toml: Path, tmp_path: Path
) -> None:
    config = tmp_path / "named.toml"
    config.write_text(app_toml.read_text("utf-8").replace("[app]\n", f"[app]{NAMES}", 1), "utf-8")
    client = make_app(APP_CONFIG=str(config)).test_client()
    own = client.get("/manifest.webmanifest").get_json(force=True)["name"]

    def manifest(language: str) -> dict[str, object]:
        found = client.get(f"/manifest.webmanifest?lang={language}")
        assert found.mimetype == "application/manifest+json"
        return dict(orjson.loads(found.data))

    names = {
        each: (manifest(each)["name"], manifest(each)["short_name"]) for each in ("en", "ar", "ko")
    }
    assert names == {
        "en": (own, "Herald"),
        "ar": ("صحيفة الصباح", "Herald"),
        "ko": (own, "헤럴드"),
    }
    assert (manifest("ar")["lang"], manifest("ar")["dir"]) == ("ar", "rtl")
    assert (manifest("en")["start_url"], manifest("en")["display"]) == ("/", "standalone")


def test_every_icon_has_the_size_that_the_manifest_says(client: FlaskClient) -> None:
    icons = client.get("/manifest.webmanifest").get_json(force=True)["icons"]
    pictures = [each for each in icons if each["type"] == "image/png"]
    assert {(each["sizes"], each["purpose"]) for each in pictures} == {
        ("192x192", "any"),
        ("512x512", "any"),
        ("512x512", "maskable"),
    }
    for each in pictures:
        width, height = Image.open(BytesIO(client.get(each["src"]).data)).size
        assert f"{width}x{height}" == each["sizes"]


@pytest.mark.parametrize(
    "path", ["/manifest.webmanifest", "/sw.js", "/service-worker.js", "/offline", "/saved"]
)
def test_what_devices_keep_is_answered_from_memory(app: Flask, path: str) -> None:
    client = app.test_client()
    first = client.get(path, headers={"Accept-Language": "ko"})
    assert first.status_code == 200, path
    assert first.headers["Cache-Control"].startswith("public")

    kept = from_memory(app, path, {"Accept-Language": "ko"})
    assert kept is not None
    assert kept.body == first.data
    policy = first.headers.get("Content-Security-Policy")
    assert dict(kept.headers).get("Content-Security-Policy") == policy


def test_the_service_worker_rules_over_the_whole_site_and_asks_nobody_else(
    client: FlaskClient,
) -> None:
    worker = client.get("/service-worker.js")
    assert worker.mimetype == "text/javascript"
    assert "connect-src 'self'" in worker.headers["Content-Security-Policy"]
    build = orjson.loads(re.findall(r"const BUILD = (.*);", worker.text)[0])
    for address in [*build["files"], *re.findall(r'"(/static/worker/[^"]+)"', worker.text)]:
        assert client.get(address).status_code == 200, address


def test_pages_allow_their_manifest_and_nothing_from_others(client: FlaskClient) -> None:
    publish(client, tags=["Storm"])
    page = client.get("/tag/Storm", headers={"Accept-Language": "ko"})

    assert '<link rel="manifest" href="/manifest.webmanifest?lang=ko">' in page.text
    assert "manifest-src 'self'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("path", "language", "words"),
    [
        ("/offline", "ar", "لا يوجد اتصال"),
        ("/offline", "es", "Sin conexión"),
        ("/saved", "ko", "나중에 읽을 기사"),
    ],
)
def test_the_pages_of_a_device_are_in_the_readers_language_and_in_no_search_engine(
    client: FlaskClient, path: str, language: str, words: str
) -> None:
    page = client.get(path, headers={"Accept-Language": language})

    assert f"<h1>{words}" in page.text or f'<h1 id="heading">{words}' in page.text
    assert '<meta name="robots" content="noindex">' in page.text
    assert "Accept-Language" in page.headers["Vary"]


def test_what_was_taken_down_is_told_at_once_and_for_a_week(
    client: FlaskClient, clock: Clock
) -> None:
    article = publish(client, external_id="wrong")
    assert client.get("/taken-down.json").get_json()["articles"] == []

    client.delete("/v1/newsroom/articles/herald/wrong", headers=EDITOR)

    told = client.get("/taken-down.json")
    assert told.get_json()["articles"] == [article["id"]]
    assert told.get_json()["since"].endswith("T00:00:00Z")
    clock.forward(days=(TAKEN_DOWN_TOLD + timedelta(days=2)).days)
    assert client.get("/taken-down.json").get_json()["articles"] == []


def test_a_first_page_with_all_that_it_is_made_with_is_light(client: FlaskClient) -> None:
    for number in range(20):
        publish(client, tags=["Storm"], title=f"Report {number}", summary="Rain and wind. " * 12)
    page = client.get("/tag/Storm", headers={"Accept-Encoding": "br"})
    names = re.findall(
        r'(?:src|href)="(/static/[^"]+\.(?:css|js)[^"]*|/manifest[^"]+)"',
        client.get("/tag/Storm").text,
    )

    files = [client.get(each, headers={"Accept-Encoding": "br"}) for each in {*names}]
    assert sum(len(each.data) for each in [page, *files]) <= 60_000
