"""Editors manage short links; what they lead to, and for how long, is theirs."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, insert, select

from backend.core.db import db
from deeplinks.counts.buffer import count_buffer
from deeplinks.short_links.link import RESERVED, code_of, own_code
from deeplinks.store.models import LinkCount, ShortLinkTag
from tagwire import main
from tests.conftest import EDITOR, SITE, Clock
from tests.deeplinks.test_links import ANDROID, BOT, DESKTOP, IPHONE
from tests.factories import register

LINKS = "/v1/newsroom/links"


def make(client: FlaskClient, **fields: Any) -> dict[str, Any]:
    made = client.post(LINKS, headers=EDITOR, json={"url": f"{SITE}/tag/x"} | fields)
    assert made.status_code == 201, made.get_json()
    found: dict[str, Any] = made.get_json()
    return found


def edit(client: FlaskClient, link: str, /, **fields: Any) -> Any:
    return client.patch(f"{LINKS}/{link}", headers=EDITOR, json=fields)


def follow(
    client: FlaskClient, code: str, query: str = "", agent: str = DESKTOP, **given: str
) -> Any:
    return client.get(f"/l/{code}{query}", headers={"User-Agent": agent} | given)


def report(client: FlaskClient, path: str) -> Any:
    answer = client.get(f"{LINKS}/{path}", headers=EDITOR)
    assert answer.status_code == 200
    return answer.get_json()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("storm", "storm"),
        ("Storm-2026", "storm-2026"),
        ("a", "a"),
        ("a_b", "a_b"),
        ("-a", None),
        ("a-", None),
        ("", None),
        ("a.b", None),
        ("a/b", None),
        ("폭풍", None),
        ("a\n", None),
        ("a" * 64, "a" * 64),
        ("a" * 65, None),
    ],
)
def test_what_a_code_may_be(text: str, code: str | None) -> None:
    assert code_of(text) == own_code(text) == code


@pytest.mark.parametrize("word", sorted(RESERVED))
def test_words_of_the_site_are_nobodys_code(word: str) -> None:
    assert own_code(word.upper()) is None


def test_a_link_is_made_as_it_was_said(client: FlaskClient, clock: Clock) -> None:
    made = make(
        client,
        code="Storm",
        campaign="poster",
        tags=["print", "north", "print"],
        targets=[{"url": f"{SITE}/tag/ko?utm_source=x", "language": "ko", "country": "kr"}],
        expires_at="2026-04-01T00:00:00Z",
    )

    assert made == {
        "code": "storm",
        "kind": "own",
        "short_url": f"{SITE}/l/storm",
        "qr_svg_url": f"{SITE}/l/storm/qr.svg",
        "qr_png_url": f"{SITE}/l/storm/qr.png",
        "url": f"{SITE}/tag/x",
        "campaign": "poster",
        "tags": ["north", "print"],
        "targets": [{"url": f"{SITE}/tag/ko", "platform": None, "language": "ko", "country": "KR"}],
        "created_at": "2026-03-02T12:00:00Z",
        "expires_at": "2026-04-01T00:00:00Z",
        "disabled": False,
        "state": "live",
    }
    assert follow(client, "STORM").headers["Location"] == f"{SITE}/tag/x"


def test_a_code_is_taken_once(client: FlaskClient) -> None:
    make(client, code="storm")

    again = client.post(LINKS, headers=EDITOR, json={"url": f"{SITE}/tag/y", "code": "STORM"})

    assert (again.status_code, again.get_json()["type"]) == (409, "/problems/conflict")
    assert follow(client, "storm").headers["Location"] == f"{SITE}/tag/x"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code", "campaigns"),
        ("code", "a/b"),
        ("code", ""),
        ("url", "https://evil.example/"),
        ("campaign", "<b>"),
        ("expires_at", "2026-03-02T12:00:00Z"),
        ("tags", [""]),
        ("tags", ["x"] * 21),
        ("targets", [{"url": f"{SITE}/tag/y"}]),
        ("targets", [{"url": "https://evil.example/", "platform": "ios"}]),
        ("targets", [{"url": f"{SITE}/tag/y", "platform": "symbian"}]),
        ("targets", [{"url": f"{SITE}/tag/y", "language": "Korean, please"}]),
        ("targets", [{"url": f"{SITE}/tag/y", "country": "Korea"}]),
    ],
)
def test_what_cannot_be_is_refused_by_name(client: FlaskClient, field: str, value: Any) -> None:
    draft = {"url": f"{SITE}/tag/x", field: value}

    answer = client.post(LINKS, headers=EDITOR, json=draft)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_a_printed_link_is_led_elsewhere(client: FlaskClient) -> None:
    code = make(client, code="storm", campaign="poster", tags=["a", "b"])["code"]

    changed = edit(client, code, url=f"{SITE}/tag/y", campaign=None, tags=["b", "c"])

    assert changed.status_code == 200
    found = changed.get_json()
    assert (found["url"], found["campaign"], found["tags"]) == (f"{SITE}/tag/y", None, ["b", "c"])
    assert follow(client, code).headers["Location"] == f"{SITE}/tag/y"
    assert edit(client, code).status_code == 422
    assert edit(client, code, code="other").status_code == 422
    assert edit(client, "unknown", url=f"{SITE}/tag/y").status_code == 404


def test_a_link_that_has_ended_says_so_and_shows_the_way_home(
    client: FlaskClient, clock: Clock
) -> None:
    code = make(client, expires_at="2026-03-03T12:00:00Z")["code"]
    for _ in range(5):
        assert follow(client, code).status_code == 302
    clock.forward(days=1)

    for agent in (DESKTOP, IPHONE, ANDROID, BOT):
        gone = follow(client, code, "?app=1", agent)
        assert (gone.status_code, gone.mimetype) == (410, "text/html")
        assert '<a class="button" href="/">' in gone.text
    assert report(client, code)["state"] == "expired"
    assert [day["count"] for day in report(client, code)["clicks"]] == [5]

    edit(client, code, expires_at="2026-03-09T12:00:00Z")
    assert follow(client, code).status_code == 302


def test_a_link_is_disabled_and_comes_back(client: FlaskClient) -> None:
    code = make(client)["code"]

    assert edit(client, code, disabled=True).get_json()["state"] == "disabled"
    assert follow(client, code).status_code == 410
    edit(client, code, disabled=False)
    assert follow(client, code).status_code == 302


def test_a_removed_link_leaves_nothing(app: Flask, client: FlaskClient) -> None:
    make(client, code="storm", tags=["a"])
    follow(client, "storm")

    for _ in range(2):
        assert client.delete(f"{LINKS}/storm", headers=EDITOR).status_code == 204

    assert follow(client, "storm", agent=BOT).status_code == 404
    with app.app_context():
        for table in (ShortLinkTag, LinkCount):
            assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert make(client, code="storm")["code"] == "storm"


def test_a_link_that_was_followed_is_answered_from_memory_until_it_changes(
    app: Flask, client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    make(client, code="storm")
    other = make_app().test_client()
    for each in (client, other):
        assert follow(each, "storm").headers["Location"] == f"{SITE}/tag/x"
    with app.app_context():
        engine = db.engine
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    assert follow(client, "STORM").status_code == 302
    assert asked == []
    edit(client, "storm", url=f"{SITE}/tag/y")
    assert follow(other, "storm").headers["Location"] == f"{SITE}/tag/y"
    edit(other, "storm", disabled=True)
    assert follow(client, "storm").status_code == 410
    client.delete(f"{LINKS}/storm", headers=EDITOR)
    assert follow(other, "storm").status_code == 404


def test_a_click_that_another_process_still_holds_is_not_kept_of_a_removed_link(
    app: Flask, client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    make(client, code="storm")
    other = make_app()
    follow(other.test_client(), "storm")

    client.delete(f"{LINKS}/storm", headers=EDITOR)
    count_buffer(other).flush()

    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(LinkCount)) == 0


def test_links_are_listed_page_by_page_and_found(client: FlaskClient) -> None:
    for number in range(5):
        make(
            client,
            code=f"c{number}",
            campaign="even" if number % 2 == 0 else None,
            tags=["all", f"t{number}"],
            url=f"{SITE}/tag/t{number}",
        )
    seen, query = [], {"limit": "2", "cursor": ""}
    while True:
        answer = client.get(LINKS, headers=EDITOR, query_string=query)
        page = answer.get_json()
        seen += [link["code"] for link in page["links"]]
        assert ('rel="next"' in answer.headers.get("Link", "")) is bool(page["next_cursor"])
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen == ["c4", "c3", "c2", "c1", "c0"]
    for asked, codes in (
        ({"tag": "t3"}, ["c3"]),
        ({"tag": "all", "campaign": "even"}, ["c4", "c2", "c0"]),
        ({"target": f"{SITE}/tag/t1?utm_source=x"}, ["c1"]),
        ({"campaign": "none"}, []),
    ):
        found = client.get(LINKS, headers=EDITOR, query_string=asked).get_json()["links"]
        assert [link["code"] for link in found] == codes
    cursor = query["cursor"]
    other = client.get(LINKS, headers=EDITOR, query_string={"tag": "all", "cursor": cursor})
    assert other.status_code == 400
    foreign = client.get(LINKS, headers=EDITOR, query_string={"target": "https://evil.example/"})
    assert foreign.status_code == 422


def test_clicks_are_told_by_day_and_campaign_unless_they_are_few(
    client: FlaskClient, clock: Clock
) -> None:
    code = make(client, campaign="poster")["code"]
    for query, times in (("", 6), ("?utm_campaign=flyer", 4), ("?utm_campaign=<b>", 1)):
        for _ in range(times):
            follow(client, code, query)
    clock.forward(days=1)
    for _ in range(5):
        follow(client, code, "?utm_campaign=flyer")

    found = report(client, f"{code}/clicks")

    assert found["smallest_shown"] == 5
    assert found["clicks"] == [
        {"campaign": "flyer", "day": "2026-03-02", "clicks": None},
        {"campaign": "poster", "day": "2026-03-02", "clicks": 7},
        {"campaign": "flyer", "day": "2026-03-03", "clicks": 5},
    ]
    assert [day["count"] for day in report(client, code)["clicks"]] == [11, 5]


def test_the_clicks_of_a_link_are_not_told_either_while_they_are_few(client: FlaskClient) -> None:
    code = make(client)["code"]
    for _ in range(4):
        follow(client, code)

    found = report(client, code)

    assert found["clicks"] == [{"day": "2026-03-02", "count": None}]
    assert found["smallest_shown"] == 5


def test_hits_on_codes_that_are_no_link_are_listed(client: FlaskClient) -> None:
    for _ in range(5):
        assert follow(client, "Strom").status_code == 404
    for noise in ("wp-login.php", "%3Cscript%3E", "a" * 65):
        follow(client, noise)
    follow(client, "bots", agent=BOT)
    follow(client, "once")

    assert report(client, "orphans")["orphans"] == [
        {"code": "once", "day": "2026-03-02", "hits": None},
        {"code": "strom", "day": "2026-03-02", "hits": 5},
    ]


def test_strangers_cannot_fill_the_list_of_misprints(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        rows = [
            {"day": Clock().now.date(), "kind": "orphan", "label": f"n{n}", "count": 1}
            for n in range(500)
        ]
        db.session.execute(insert(LinkCount), rows)
        db.session.commit()
    for number in range(7):
        follow(client, f"more{number}")

    found = {each["code"]: each["hits"] for each in report(client, "orphans")["orphans"]}

    assert len(found) == 501
    assert found["(other)"] == 7


def test_a_visitor_is_led_by_device_language_and_country(client: FlaskClient) -> None:
    targets = [
        {"url": f"{SITE}/tag/ios", "platform": "ios"},
        {"url": f"{SITE}/tag/ko", "language": "ko"},
    ]
    code = make(client, targets=targets)["code"]
    plain = make(client, targets=targets[:1])["code"]

    for agent, language, tag in (
        (IPHONE, "ko-KR", "ios"),
        (ANDROID, "ko-KR,en;q=0.8", "ko"),
        (ANDROID, "en;q=0.8,ko-KR;q=0.9", "ko"),
        (DESKTOP, "en,ko;q=0.5", "x"),
        (DESKTOP, "ko;q=0", "x"),
    ):
        led = follow(client, code, "?utm_source=qr", agent, Accept_Language=language)
        assert led.headers["Location"] == f"{SITE}/tag/{tag}?utm_source=qr"
        assert "Accept-Language" in led.headers["Vary"]
        assert "User-Agent" in led.headers["Vary"]
        assert led.headers["Cache-Control"] == "no-store"
    assert "Accept-Language" not in follow(client, plain).headers["Vary"]
    asked = follow(client, code, "?app=1&utm_source=qr", IPHONE)
    assert asked.headers["Location"] == f"{SITE}/download?to=/tag/ios&utm_source=qr"


def test_a_test_link_says_what_would_happen_and_counts_nothing(client: FlaskClient) -> None:
    targets = [{"url": f"{SITE}/tag/ko", "language": "ko", "country": "KR"}]
    code = make(client, targets=targets, tags=["internal"], campaign="poster")["code"]

    found = report(client, f"{code}/explain")
    page = follow(client, code, "?explain=1", IPHONE)

    cases = {(each["platform"], each["language"]): each for each in found["cases"]}
    assert cases.keys() == {*product(("ios", "android", "web"), (None, "ko-KR"))}
    assert cases["ios", None]["url"] == f"{SITE}/tag/x"
    assert cases["ios", "ko-KR"]["url"] == f"{SITE}/tag/ko"
    assert cases["ios", "ko-KR"]["target"] == 1
    assert cases["web", None]["screen"] == {"name": "tag", "params": {"tag": "x"}}
    assert cases["ios", None]["store_url"].startswith("https://apps.apple.com/")
    assert cases["web", None]["store_url"].startswith(f"{SITE}/download?")
    assert page.status_code == 200
    assert f"{SITE}/tag/ko" in page.text
    for kept in ("internal", "tw_claim"):
        assert kept not in page.text + str(found)
    assert page.headers["Cache-Control"] == "no-store"
    assert report(client, code)["clicks"] == []


def test_a_test_link_says_what_the_association_files_say(client: FlaskClient, app: Flask) -> None:
    code = make(client)["code"]
    done = app.test_cli_runner().invoke(main, ["links", "explain", f"{SITE}/l/{code}"])
    opens = {
        line.split()[0]: "app" if "opens the app" in line else "page"
        for line in done.output.splitlines()
        if line.startswith(("apple", "android"))
    }

    found = {each["platform"]: each["opens"] for each in report(client, f"{code}/explain")["cases"]}

    assert found == {"ios": opens["apple"], "android": opens["android"], "web": "page"}


def test_links_are_for_editors(client: FlaskClient, make_app: Callable[..., Flask]) -> None:
    code = make(client)["code"]
    phone = register(client)
    for method, path in (
        ("GET", ""),
        ("POST", ""),
        ("PATCH", f"/{code}"),
        ("DELETE", f"/{code}"),
        ("GET", "/orphans"),
        ("GET", f"/{code}/clicks"),
        ("GET", f"/{code}/explain"),
    ):
        assert client.open(LINKS + path, method=method).status_code == 401
        assert client.open(LINKS + path, method=method, headers=phone.auth).status_code == 401
