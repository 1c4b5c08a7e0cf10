"""The console's shell: nothing typed is lost, nothing is kept on the way, in four languages."""

import gzip
import hashlib
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask

from backend.audience.zone import zone_of
from backend.console.shell import instant_of
from backend.text.catalogue import translations
from backend.text.page_languages import LANGUAGES, SOURCE
from tests.people import SECURE, SESSION, person

BACKEND = Path(__file__).parents[3] / "backend"
# Of `dist/htmx.min.js` in htmx.org 2.0.11 on npm.
HTMX = "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
HIDDEN = re.compile(r'type="hidden" name="([^"]+)" value="([^"]*)"')


def test_what_was_typed_when_a_session_ended_is_sent_after_logging_in_again(app: Flask) -> None:
    ann = person(app, "ann", "admin")
    ann.client.delete_cookie(SESSION, domain="news.test")
    typed = {"name": "Bob & Sons", "role": "editor", "csrf": "old"}
    asked = ann.client.post(
        "/console/people", base_url=SECURE, headers={"Origin": SECURE}, data=typed
    )
    assert asked.status_code == 401
    carried = dict(HIDDEN.findall(asked.text.replace("&amp;", "&")))

    again = ann.log_in(**carried)
    form = dict(HIDDEN.findall(again.text.replace("&amp;", "&")))
    done = ann.client.post(
        "/console/people", base_url=SECURE, headers={"Origin": SECURE}, data=form
    )

    assert done.status_code == 200
    assert "Bob &amp; Sons" in done.text


def test_a_button_without_a_field_is_pressed_again_after_logging_in(app: Flask) -> None:
    ann = person(app, "ann", "admin")
    bob = person(app, "bob", "editor")
    ann.client.delete_cookie(SESSION, domain="news.test")
    asked = ann.client.post(
        f"/console/people/{bob.id}/disable", base_url=SECURE, headers={"Origin": SECURE}
    )

    again = ann.log_in(**dict(HIDDEN.findall(asked.text)))

    assert bob.is_logged_in()
    assert f'action="/console/people/{bob.id}/disable"' in again.text
    form = dict(HIDDEN.findall(again.text))
    ann.send(f"/console/people/{bob.id}/disable", data=form)
    assert not bob.is_logged_in()


def test_what_another_site_sends_is_not_carried_through_the_log_in(app: Flask) -> None:
    foreign = {"Origin": "https://evil.example"}
    asked = app.test_client().post(
        "/console/people", base_url=SECURE, headers=foreign, data={"name": "Eve", "role": "admin"}
    )

    assert asked.status_code == 401
    assert "Eve" not in asked.text


def test_times_are_shown_and_typed_in_the_zone_that_a_person_chose(app: Flask) -> None:
    ann = person(app, "ann", "editor")
    began = app.extensions["tagwire"].now()
    assert f"{began:%H:%M} UTC" in ann.get("/console/account").text

    wrong = ann.send("/console/account/zone", data={"time_zone": "Seoul"})
    ann.send("/console/account/zone", data={"time_zone": "Asia/Seoul"})

    assert wrong.status_code == 422
    assert 'value="Seoul"' in wrong.text
    page = ann.get("/console/account").text
    assert f"{began + timedelta(hours=9):%H:%M}" in page
    assert f'dir="ltr">{began:%H:%M} UTC' in page


@pytest.mark.parametrize(
    ("zone", "typed", "instant"),
    [
        (None, "2026-03-29T02:30", "2026-03-29T02:30"),
        ("Asia/Seoul", "2026-03-29T02:30", "2026-03-28T17:30"),
        # A clock shows this time twice: the first one is meant.
        ("Europe/Madrid", "2026-10-25T02:30", "2026-10-25T00:30"),
        # No clock shows this time: it counts as an hour later, by the offset before the change.
        ("Europe/Madrid", "2026-03-29T02:30", "2026-03-29T01:30"),
        ("Asia/Seoul", " ", None),
    ],
)
def test_a_typed_time_is_the_one_on_the_persons_clock(
    zone: str | None, typed: str, instant: str | None
) -> None:
    meant = datetime.fromisoformat(instant).replace(tzinfo=UTC) if instant else None

    assert instant_of(typed, zone_of(zone) if zone else UTC) == meant


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/console\\@evil", "/x"])
def test_a_log_in_leads_to_the_console_alone(app: Flask, to: str) -> None:
    assert person(app, "ann", "editor").log_in(to=to).location == "/console"


def test_no_page_of_the_console_is_kept_anywhere(app: Flask) -> None:
    ann = person(app, "ann", "editor")
    visitor = app.test_client()

    for answer in (
        ann.get("/console"),
        ann.get("/console/people"),
        visitor.get("/console", base_url=SECURE),
        visitor.get("/console/login", base_url=SECURE),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Surrogate-Key" not in answer.headers
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert not re.search(r"<script>|<style|style=|\son\w+=", answer.text)
    assert visitor.get("/console", base_url=SECURE).status_code == 401


def test_the_first_load_is_small(app: Flask) -> None:
    page = app.test_client().get("/console/login", base_url=SECURE)
    parts = re.findall(r'(?:href|src)="(/static/[^"?]+)', page.text)
    texts = [page.data, *((BACKEND / part.strip("/")).read_bytes() for part in set(parts))]

    assert len(parts) >= 3
    assert sum(len(gzip.compress(text)) for text in texts) <= 60_000


def test_htmx_is_as_its_makers_published_it() -> None:
    script = (BACKEND / "static" / "vendor" / "htmx" / "htmx.min.js").read_bytes()

    assert b'version:"2.0.11"' in script
    assert hashlib.sha256(script).hexdigest() == HTMX


def test_a_person_without_a_role_for_a_section_neither_sees_nor_opens_it(app: Flask) -> None:
    ann, bob = person(app, "ann", "editor"), person(app, "bob", "admin")

    assert "/console/people" not in ann.get("/console").text
    assert ann.get("/console/people").status_code == 403
    assert "/console/people" in bob.get("/console").text


def test_pages_speak_the_language_of_the_browser_and_of_the_person(app: Flask) -> None:
    asked = app.test_client().get(
        "/console/login", base_url=SECURE, headers={"Accept-Language": "ar-EG,en;q=0.5"}
    )
    assert '<html lang="ar" dir="rtl">' in asked.text

    ann = person(app, "ann", "editor")
    ann.send("/console/account/language", data={"language": "ko"})
    assert '<html lang="ko" dir="ltr">' in ann.get("/console").text


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {SOURCE}))
def test_every_text_of_the_console_is_translated(language: str) -> None:
    keywords = {"_": None, "counted": (1, 2)}
    found = extract_from_dir(
        BACKEND / "templates" / "console", [("**.html", "jinja2")], keywords=keywords
    )
    texts = [each[2] if isinstance(each[2], str) else each[2][0] for each in found]

    assert len(texts) > 80
    missing = {text for text in texts if translations(language).gettext(text) == text}
    assert missing - translations(language)._catalog.keys() == set()  # type: ignore[attr-defined]
