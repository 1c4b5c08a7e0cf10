"""The stores' own badges, where the newsroom has put them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from backend.core.settings import SettingsError
from backend.web.badges import lacking
from tests.factories import publish

ART = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><path d="M0 0h9v9"/></svg>'
PAGES = ("/tag/Storm", "/download?to=/tag/Storm")


@pytest.mark.parametrize("path", PAGES)
def test_every_page_shows_the_stores_own_badges_in_the_readers_language(
    make_app: Callable[..., Flask], tmp_path: Path, path: str
) -> None:
    for name in ("app-store.svg", "app-store.ko.svg", "google-play.ar.svg"):
        (tmp_path / name).write_text(ART)
    client = make_app(BADGES_FOLDER=str(tmp_path)).test_client()
    publish(client, tags=["Storm"])

    def page(language: str) -> str:
        headers = {"Accept-Language": language, "User-Agent": "Mozilla/5.0 (X11; Linux)"}
        return client.get(path, headers={**headers, "Accept": "text/html"}).text

    assert 'src="/badges/app-store.ko.svg?v=' in page("ko")
    assert 'src="/badges/app-store.svg?v=' in page("es")
    assert 'alt="Download on the App Store"' in page("en")
    assert 'src="/badges/google-play.ar.svg?v=' in page("ar")
    assert "For Android" in page("en"), "ours, until there is Google's"
    art = client.get("/badges/app-store.svg")
    assert (art.status_code, art.mimetype, art.text) == (200, "image/svg+xml", ART)


@pytest.mark.parametrize("path", PAGES)
def test_until_then_pages_show_ours(make_app: Callable[..., Flask], path: str) -> None:
    client = make_app().test_client()
    publish(client, tags=["Storm"])
    page = client.get(path, headers={"Accept": "text/html", "User-Agent": "Mozilla/5.0 (X11)"}).text

    assert "For iPhone and iPad" in page
    assert "/badges/" not in page


def test_the_check_says_which_badges_there_are_not() -> None:
    every = {f"{store}.svg" for store in ("app-store", "google-play")}
    assert [*lacking(every)] == []
    assert [*lacking({"app-store.png", "app-store.ko.png", "google-play.en.svg"})] == [
        "no app-store badge for en, ar, es: the one for every language is shown.",
        "no google-play badge for ar, es, ko: ours is shown there.",
    ]


def test_a_folder_that_is_not_there_is_refused_at_the_start(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="BADGES_FOLDER"):
        make_app(BADGES_FOLDER=str(tmp_path / "nowhere"))
