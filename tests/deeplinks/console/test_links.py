"""Editors manage short links in the console; what a change would move is told before."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask
from flask.testing import FlaskClient

import deeplinks
from backend.text.catalogue import translations
from backend.text.page_languages import LANGUAGES, SOURCE
from tests.conftest import EDITOR, Clock
from tests.deeplinks.test_links import DESKTOP, IPHONE
from tests.people import SECURE, Person, person

LINKS = "/v1/newsroom/links"
PAGE = "/console/links/of/storm"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL=SECURE)


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


def api(client: FlaskClient, method: str, path: str, **given: Any) -> Any:
    return client.open(path, method=method, base_url=SECURE, headers=EDITOR, **given)


def make(client: FlaskClient, code: str, to: str = "/tag/Storm", **fields: Any) -> None:
    body = {"url": SECURE + to, "code": code} | fields
    assert api(client, "POST", LINKS, json=body).status_code == 201


def follow(client: FlaskClient, code: str, times: int = 1, query: str = "") -> None:
    for _ in range(times):
        client.get(f"/l/{code}{query}", base_url=SECURE, headers={"User-Agent": DESKTOP})


def codes(page: str) -> list[str]:
    return re.findall(r'href="/console/links/of/([^"]+)"', page)


def test_a_link_is_made_from_a_path_with_pages_for_some_visitors(ann: Person) -> None:
    typed = {
        "code": "Storm",
        "url": "/tag/Storm",
        "campaign": "poster",
        "tags": "harbour, ferry week",
        "expires_at": "2026-03-09T08:00",
        "target_url": ["/tag/Harbour", ""],
        "target_platform": ["android", ""],
        "target_language": ["", ""],
        "target_country": ["", ""],
    }
    made = ann.send("/console/links/new", data=typed)
    assert made.location == f"{PAGE}?done=made"

    shown = ann.get(made.location).text
    for part in (f"{SECURE}/l/storm", "poster", "ferry week", "/l/storm/qr.png", "/tag/Harbour"):
        assert part in shown
    link = ann.get(f"{LINKS}/storm").get_json()
    assert [each["platform"] for each in link["targets"]] == ["android"]
    assert link["expires_at"] == "2026-03-09T08:00:00Z"


WRONG = (
    ({"url": "https://elsewhere.example/x"}, "Only addresses of this site"),
    ({"url": "/nowhere/at/all"}, "No route of app.toml"),
    ({"code": "console"}, "no word that this site needs"),
    ({"code": "taken"}, "The code taken is taken"),
    ({"campaign": "naïve;"}, "Write at most 30 letters"),
    ({"expires_at": "tomorrow"}, "Write a day and a time"),
    ({"target_url": "/tag/Harbour"}, "Name a platform"),
)


def test_a_link_that_cannot_be_made_is_shown_as_it_was_typed(
    ann: Person, client: FlaskClient
) -> None:
    make(client, "taken")
    row = {"target_url": "", "target_platform": "", "target_language": "", "target_country": ""}
    for wrong, said in WRONG:
        typed = {"code": "storm", "url": "/tag/Storm", "tags": "kept & safe", **row} | wrong
        answer = ann.send("/console/links/new", data=typed)
        assert answer.status_code in {409, 422}
        assert said in answer.text
        assert 'value="kept &amp; safe"' in answer.text
        assert all(f'value="{value}"' in answer.text for value in wrong.values())


def test_links_are_found_by_code_address_word_campaign_and_state(
    ann: Person, client: FlaskClient, clock: Clock
) -> None:
    make(client, "storm", tags=["harbour"], campaign="poster")
    make(client, "stone", to="/tag/Stone")
    make(client, "brief", expires_at="2026-03-02T13:00:00Z")
    api(client, "PATCH", f"{LINKS}/stone", json={"disabled": True})
    clock.now += timedelta(hours=2)

    for query, found in (
        ("", ["brief", "stone", "storm"]),
        ("?q=STO", ["stone", "storm"]),
        ("?q=/tag/Stone", ["stone"]),
        (f"?q={SECURE}/tag/Storm", ["brief", "storm"]),
        ("?tag=harbour&q=", ["storm"]),
        ("?campaign=poster", ["storm"]),
        ("?state=live", ["storm"]),
        ("?state=expired", ["brief"]),
        ("?state=disabled", ["stone"]),
    ):
        assert codes(ann.get(f"/console/links{query}").text) == found, query
    assert "No link fits." in ann.get("/console/links?q=zz").text
    ended = api(client, "GET", LINKS, query_string={"state": "expired", "q": "b"}).get_json()
    assert [each["code"] for each in ended["links"]] == ["brief"]


def test_a_long_list_is_read_page_by_page_under_its_filter(
    ann: Person, client: FlaskClient
) -> None:
    for number in range(22):
        make(client, f"many-{number}", tags=["many"])
    make(client, "another")

    first = ann.get("/console/links?tag=many").text
    rest = re.search(r'href="(/console/links\?[^"]+)" rel="next"', first)
    assert rest is not None
    second = ann.get(rest[1].replace("&amp;", "&")).text

    assert codes(first) + codes(second) == [f"many-{number}" for number in reversed(range(22))]


def test_a_change_is_told_before_it_is_made(ann: Person, client: FlaskClient) -> None:
    make(client, "storm", tags=["harbour"])
    follow(client, "storm", times=6)
    typed = {"url": "/tag/Harbour", "campaign": "", "tags": "harbour", "expires_at": ""}

    tried = ann.send(PAGE, data=typed | {"try": "1"})
    assert "Nothing was changed yet." in tried.text
    assert re.search(r"last thirty days:\s*6", tried.text)
    assert ann.get(f"{LINKS}/storm").get_json()["url"] == f"{SECURE}/tag/Storm"

    assert ann.send(PAGE, data=typed).location == f"{PAGE}?done=changed"
    assert ann.get(f"{LINKS}/storm").get_json()["url"] == f"{SECURE}/tag/Harbour"


def test_an_end_in_the_past_does_not_keep_a_link_from_being_changed(
    ann: Person, client: FlaskClient, clock: Clock
) -> None:
    make(client, "storm", expires_at="2026-03-02T13:00:30Z")
    clock.now += timedelta(hours=2)
    form = ann.get(PAGE).text
    end = re.search(r'type="datetime-local"[^>]*value="([^"]*)"', form)
    assert end is not None

    typed = {"url": "/tag/Harbour", "campaign": "", "tags": "", "expires_at": end[1]}
    assert ann.send(PAGE, data=typed).status_code == 303
    assert ann.get(f"{LINKS}/storm").get_json()["expires_at"] == "2026-03-02T13:00:30Z"


def test_the_api_says_what_a_change_would_move_and_moves_nothing(client: FlaskClient) -> None:
    make(client, "storm")
    follow(client, "storm", times=7)
    body = {"disabled": True, "url": f"{SECURE}/tag/Harbour", "dry_run": True}

    preview = api(client, "PATCH", f"{LINKS}/storm", json=body).get_json()["preview"]
    assert (preview["clicks"], preview["until"]) == (7, "2026-03-02")
    assert preview["before"] == {"state": "live", "url": f"{SECURE}/tag/Storm", "targets": []}
    assert preview["after"] == {"state": "disabled", "url": f"{SECURE}/tag/Harbour", "targets": []}

    gone = api(client, "DELETE", f"{LINKS}/storm?dry_run=true").get_json()
    assert (gone["clicks"], gone["after"]) == (7, None)
    assert api(client, "GET", f"{LINKS}/storm").get_json()["state"] == "live"
    nothing = api(client, "PATCH", f"{LINKS}/storm", json={"dry_run": True})
    assert nothing.status_code == 422


def test_a_link_is_taken_out_of_use_and_back_and_removed_by_its_code_alone(
    ann: Person, client: FlaskClient
) -> None:
    make(client, "storm")
    ann.send("/console/links/disable/storm")
    assert client.get("/l/storm", base_url=SECURE).status_code == 410
    ann.send("/console/links/enable/storm")
    assert client.get("/l/storm", base_url=SECURE).status_code == 302

    refused = ann.send("/console/links/remove/storm", data={"typed": "yes"})
    assert refused.status_code == 422
    assert "Type the code" in refused.text
    assert ann.get(f"{LINKS}/storm").status_code == 200
    removed = ann.send("/console/links/remove/storm", data={"typed": "storm"})
    assert "Its code is free" in ann.get(removed.location).text
    assert client.get("/l/storm", base_url=SECURE).status_code == 404


def test_clicks_are_drawn_and_stand_in_tables_and_few_are_not_told(
    ann: Person, client: FlaskClient, clock: Clock
) -> None:
    make(client, "storm", campaign="poster")
    follow(client, "storm", times=6)
    follow(client, "storm", times=2, query="?utm_campaign=mail")
    clock.now += timedelta(days=1)
    follow(client, "storm", times=3)
    ann.log_in()

    shown = ann.get(f"{PAGE}?days=7").text

    assert shown.count("<rect ") == 1
    days = re.findall(
        r'<time datetime="([0-9-]+)" dir="ltr">[^<]+</time></th><td[^>]*>(.*?)</td>', shown
    )
    assert days == [("2026-03-03", '<span dir="ltr">&lt; 5</span>'), ("2026-03-02", "8")]
    for campaign, number in (("poster", "9"), ("mail", '<span dir="ltr">&lt; 5</span>')):
        assert f'<bdi>{campaign}</bdi></th><td class="number">{number}</td>' in shown


def test_a_code_that_is_no_link_becomes_one(ann: Person, client: FlaskClient) -> None:
    assert "leads somewhere" in ann.get("/console/links/orphans").text
    follow(client, "strom", times=6)

    listed = ann.get("/console/links/orphans").text
    assert "strom" in listed
    assert 'href="/console/links/new?code=strom"' in listed
    assert 'value="strom"' in ann.get("/console/links/new?code=strom").text


def test_campaigns_are_added_up_from_the_download_on(ann: Person, client: FlaskClient) -> None:
    assert "Nobody has asked" in ann.get("/console/links/campaigns").text
    for _ in range(5):
        phone = {"User-Agent": IPHONE, "Accept": "text/html"}
        client.get("/download?campaign=poster", base_url=SECURE, headers=phone)

    shown = ann.get("/console/links/campaigns").text

    assert "<bdi>poster</bdi>" in shown
    assert '<td class="number">5</td>' in shown


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {SOURCE}))
def test_every_text_of_these_pages_is_translated(language: str) -> None:
    folder = f"{deeplinks.__path__[0]}/templates/links"
    found = extract_from_dir(
        folder, [("**.html", "jinja2")], keywords={"_": None, "counted": (1, 2)}
    )
    texts = {each[2] if isinstance(each[2], str) else each[2][0] for each in found}
    known = translations(language)._catalog  # type: ignore[attr-defined]

    assert len(texts) > 60
    assert {text for text in texts if text not in known and (text, 0) not in known} == set()
