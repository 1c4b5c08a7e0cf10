"""Pages answered from memory say what the database says, in every process, and cost it nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, text
from werkzeug.test import EnvironBuilder, TestResponse

from backend.core.db import db
from backend.feed.fast_path import feed_pages
from backend.http.fast_path import NON_BLOCKING, FastResponse, fast_path
from tests.backend.feed.reading import correct, feed, get, ids, take_down
from tests.conftest import EDITOR, SITE, Clock
from tests.factories import publish, register
from tests.waiting import until

PATH = "/v1/tags/harbour/articles"
EVERYBODYS = [
    "/v1/tags/harbour/articles",
    "/v1/articles/{article}",
    "/v1/tags/harbour",
    "/v1/tags?q=har",
    "/v1/tags/trending",
    "/v1/sources",
    "/v1/categories",
    "/v1/search?q=ships",
    "/v1/config",
    "/v1/openapi.json",
    "/",
    "/tag/Harbour",
    "/tag/Harbour.rss",
    "/source/herald",
    "/category/politics",
    "/article/{article}/ships-wait",
    "/search?q=ships",
    "/sitemap-news.xml",
    "/sitemap.xml",
    "/sitemap-articles-2026-03-0.xml",
    "/sitemap-sources.xml",
    "/sitemap-categories.xml",
    "/robots.txt",
]
TRACKED = "utm_source=mail&fbclid=IwAR0"
HEADERS = [
    {},
    {"Accept-Encoding": "gzip"},
    {"Accept-Encoding": "gzip;q=0.5, br"},
    {"If-None-Match": '"other", {etag}'},
    {"If-None-Match": "*"},
    {"If-None-Match": '"other"'},
]


@contextmanager
def questions(app: Flask) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []
    with app.app_context():
        engine = db.engine

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield asked
    event.remove(engine, "before_cursor_execute", hear)


@pytest.fixture
def other(make_app: Callable[..., Flask], app: Flask) -> FlaskClient:
    """Another process on the same database."""
    return make_app().test_client()


def test_a_page_is_made_once_and_then_costs_the_database_nothing(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, tags=["Harbour"])
    first = client.get(PATH)

    with questions(app) as asked:
        again = client.get(PATH)

    assert again.data == first.data
    # On PostgreSQL what is known may have to be asked again: one look, no page.
    assert not [each for each in asked if "feed_row" in each]


@pytest.mark.parametrize("path", EVERYBODYS)
def test_every_answer_for_everybody_is_made_once(
    app: Flask, make_app: Callable[..., Flask], client: FlaskClient, path: str
) -> None:
    article = publish(client, tags=["Harbour", "Ferry"], category="Politics", title="Ships wait")
    address = path.format(article=article["id"])
    made = make_app(PAGES_KEPT_MB="0").test_client().get(address)
    first = client.get(address)

    with questions(app) as asked:
        kept = client.get(address)
        unchanged = client.get(address, headers={"If-None-Match": made.headers["ETag"]})
        shared = client.get(f"{address}{'&' if '?' in address else '?'}{TRACKED}")

    assert not [each for each in asked if "article" in each or "tag" in each or "source" in each]
    assert first.status == made.status == kept.status == "200 OK", address
    assert made.data == first.data == kept.data == shared.data
    assert _told(made) == _told(kept)
    assert (unchanged.status_code, unchanged.data) == (304, b"")


def test_what_a_page_says_of_the_time_is_said_anew(client: FlaskClient, clock: Clock) -> None:
    publish(client, tags=["Harbour"])
    assert "1 min" not in client.get("/tag/Harbour").text

    clock.forward(seconds=80)

    assert "1 min" in client.get("/tag/Harbour").text


@pytest.mark.parametrize("path", ["/v1/feed", "/v1/installations/{id}/topics"])
def test_what_is_for_one_reader_is_kept_for_nobody(client: FlaskClient, path: str) -> None:
    publish(client, tags=["Harbour"])
    publish(client, tags=["Ferry"])
    readers = [register(client, "tag:Harbour"), register(client, "tag:Ferry")]

    said = [
        client.get(path.format(id=each.id), headers=each.auth).text
        for each in readers
        for _ in range(2)
    ]

    assert said[0] == said[1] != said[2] == said[3]


def test_a_flood_of_addresses_drives_nothing_out_that_others_read(
    app: Flask, make_app: Callable[..., Flask], client: FlaskClient
) -> None:
    publish(client, tags=["Harbour"], title="Ships wait")
    asking = make_app(PAGES_KEPT_MB="1").test_client()
    for _ in range(2):
        asking.get("/v1/search?q=ships")

    for number in range(300):
        fields = ("", "&fields=id", "&fields=title")[number // 100]
        asking.get(f"/v1/search?q=ships&limit={number % 100 + 1}{fields}&{'y' * 2000}")
    with questions(asking.application) as asked:
        asking.get("/v1/search?q=ships")

    assert not [each for each in asked if "article" in each]


def test_who_asks_for_an_article_is_answered_without_flask_and_told_no_more(
    app: Flask, client: FlaskClient
) -> None:
    shown = [publish(client, external_id=str(n), tags=["Harbour"])["id"] for n in range(3)]
    hidden = publish(client, embargo_until="2026-03-03T12:00:00Z")["id"]
    assert from_event_loop(app, f"/v1/articles/{shown[0]}") is None
    client.get(f"/v1/articles/{shown[0]}")
    take_down(client, "2")

    with app.app_context():
        feed_pages().freshness.current_version()
        is_file = db.engine.dialect.name == "sqlite"
    answers = [from_event_loop(app, f"/v1/articles/{each}") for each in (*shown, hidden, "x/y")]

    assert [answer is not None for answer in answers] == [is_file, is_file, False, False, False]
    for each, status in zip((*shown, hidden), (200, 200, 410, 404), strict=True):
        assert client.get(f"/v1/articles/{each}").status_code == status


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_from_memory_is_the_answer_that_was_made(
    make_app: Callable[..., Flask], client: FlaskClient, method: str, headers: dict[str, str]
) -> None:
    for _ in range(5):
        publish(client, tags=["Harbour"], summary="Ships wait. " * 20)
    etag = client.get(f"{PATH}?limit=3").headers["ETag"]
    asked = {name: value.format(etag=etag) for name, value in headers.items()}
    fresh = make_app(PAGES_KEPT_MB="0").test_client()

    made = fresh.open(f"{PATH}?limit=3", method=method, headers=asked)
    kept = client.open(f"{PATH}?limit=3", method=method, headers=asked)

    assert (kept.status, kept.data) == (made.status, made.data)
    assert _told(kept) == _told(made)


def test_every_address_keeps_a_page_of_its_own(client: FlaskClient) -> None:
    for _ in range(3):
        publish(client, tags=["Harbour"])

    for _ in range(2):
        assert len(feed(client, "harbour", limit=1)["articles"]) == 1
        assert len(feed(client, "harbour", limit=2)["articles"]) == 2
        assert feed(client, "harbour", language="ar")["articles"] == []
        assert client.get(PATH, query_string={"limit": 0}).status_code == 422


@pytest.mark.parametrize("path", [PATH, "/v1/sources/herald/articles"])
def test_what_an_editor_does_is_seen_at_once(client: FlaskClient, path: str) -> None:
    def titles() -> list[str]:
        return [each["title"] for each in get(client, path)["articles"]]

    assert client.get(path).status_code == 404
    publish(client, external_id="1", tags=["Harbour"], title="One")
    assert titles() == ["One"]
    publish(client, external_id="2", tags=["Harbour"], title="Two")
    assert titles() == ["Two", "One"]
    correct(client, "2", title="Zwei")
    assert titles() == ["Zwei", "One"]
    take_down(client, "2")
    assert titles() == ["One"]


def test_a_tag_that_is_called_otherwise_is_so_on_every_page_that_names_it(
    client: FlaskClient,
) -> None:
    publish(client, title="North Korea-Russia ties", body_text="North Korea-Russia ties grow.")
    for _ in range(2):
        assert feed(client, "NorthKorea-Russia")["tag"]["members"] == ["NorthKorea", "Russia"]

    answer = client.patch("/v1/newsroom/tags/NorthKorea", headers=EDITOR, json={"name": "DPRK"})

    assert answer.status_code == 200
    assert feed(client, "NorthKorea-Russia")["tag"]["members"] == ["DPRK", "Russia"]
    assert feed(client, "NorthKorea")["tag"]["name"] == "DPRK"


def test_an_address_of_a_merged_tag_leads_to_the_other_one(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    publish(client, tags=["Haven"])
    for _ in range(2):
        assert feed(client, "haven")["tag"]["name"] == "Haven"

    client.post("/v1/newsroom/tags/Haven/merge", headers=EDITOR, json={"into": "Harbour"})

    page = feed(client, "haven")
    assert (page["tag"]["name"], len(page["articles"])) == ("Harbour", 2)


def test_a_source_that_is_called_otherwise_is_so_on_its_page(client: FlaskClient) -> None:
    publish(client, source="herald")
    for _ in range(2):
        assert get(client, "/v1/sources/herald/articles")["source"]["name"] == "Herald"

    client.put("/v1/newsroom/sources/herald", headers=EDITOR, json={"name": "The Herald"})

    page = get(client, "/v1/sources/herald/articles")
    assert page["source"]["name"] == page["articles"][0]["source"]["name"] == "The Herald"


def test_after_a_takedown_no_process_shows_the_article(
    client: FlaskClient, other: FlaskClient
) -> None:
    gone = publish(client, external_id="1", tags=["Harbour"])["id"]
    stays = publish(client, external_id="2", tags=["Harbour"])["id"]
    for each in (client, other):
        assert ids(feed(each, "harbour")) == [stays, gone]
        known = each.get(PATH).headers["ETag"]

    take_down(client, "1")

    for each in (client, other):
        assert ids(feed(each, "harbour")) == [stays]
        assert each.get(PATH, headers={"If-None-Match": known}).status_code == 200


def test_what_one_process_publishes_every_process_shows(
    client: FlaskClient, other: FlaskClient
) -> None:
    publish(client, tags=["Harbour"])
    assert len(feed(other, "harbour")["articles"]) == 1

    publish(client, tags=["Harbour"])

    until(lambda: len(feed(other, "harbour")["articles"]) == 2)


def test_changes_that_nothing_notified_are_found_when_the_lease_ends(
    app: Flask, client: FlaskClient
) -> None:
    """Whoever writes without us, such as a restored backup: no page outlives the lease."""
    publish(client, tags=["Harbour"])
    feed(client, "harbour")
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("DELETE FROM feed_row"))
        connection.execute(text("UPDATE change_counter SET value = value + 1"))
        connection.execute(text("UPDATE feed SET version = (SELECT value FROM change_counter)"))
        connection.commit()

    with app.app_context():
        feed_pages().freshness.wait_for_lease_expiry()

    assert feed(client, "harbour")["articles"] == []


@pytest.mark.slow
def test_memory_is_bounded_by_the_last_pages_asked_for(
    make_app: Callable[..., Flask], client: FlaskClient
) -> None:
    app = make_app(PAGES_KEPT_MB="1")
    for number in range(40):
        publish(client, tags=["Harbour"], summary=f"{number} ships wait for the tide. " * 30)
    asking = app.test_client()
    for limit in range(1, 41):
        feed(asking, "harbour", limit=limit)

    with questions(app) as asked:
        feed(asking, "harbour", limit=40)
        assert not [each for each in asked if "feed_row" in each]
        feed(asking, "harbour", limit=1)
    assert [each for each in asked if "feed_row" in each]


def test_a_database_that_is_away_is_told_and_not_papered_over(
    app: Flask, client: FlaskClient
) -> None:
    """The page may have changed meanwhile: nobody can say that it holds."""
    publish(client, tags=["Harbour"])
    feed(client, "harbour")
    with app.app_context():
        feed_pages().freshness.wait_for_lease_expiry()
        db.session.remove()
        engine = db.engine
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE change_counter RENAME TO elsewhere"))

    answer = client.get(PATH)

    assert answer.status_code == 200  # the page itself can still be read
    with questions(app) as asked:
        client.get(PATH)
    assert [each for each in asked if "feed_row" in each]


def test_a_change_is_not_missed_because_nobody_could_ask_when_it_came(
    app: Flask, client: FlaskClient, other: FlaskClient
) -> None:
    publish(client, tags=["Harbour"])
    assert len(feed(other, "harbour")["articles"]) == 1
    with app.app_context():
        feed_pages().freshness.wait_for_lease_expiry()
        engine = db.engine
    away(engine)
    other.get(PATH)
    away(engine, back=True)
    publish(client, tags=["Harbour"])
    away(engine)
    other.get(PATH)
    away(engine, back=True)
    with app.app_context():
        feed_pages().freshness.wait_for_lease_expiry()

    assert len(feed(other, "harbour")["articles"]) == 2


def test_nothing_holds_once_a_standby_answers_that_may_have_missed_changes(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, tags=["Harbour"])
    publish(client, external_id="lost", tags=["Harbour"])
    assert len(feed(client, "harbour")["articles"]) == 2
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no standby")
        promote_standby_without_newest_article(db.engine)
        feed_pages().freshness.wait_for_lease_expiry()

    assert len(feed(client, "harbour")["articles"]) == 1
    publish(client, external_id="next", tags=["Harbour"])
    assert len(feed(client, "harbour")["articles"]) == 2


def test_who_cannot_wait_is_answered_from_memory(app: Flask, client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    assert from_event_loop(app) is None
    made = client.get(PATH)

    with questions(app) as asked:
        answer = from_event_loop(app)

    assert answer is not None
    assert (answer.status, answer.body) == (made.status, made.data)
    assert not asked


def test_who_cannot_wait_may_ask_a_file_and_no_other_machine(
    app: Flask, client: FlaskClient, other: FlaskClient
) -> None:
    publish(client, tags=["Harbour"])
    feed(client, "harbour")
    publish(other, tags=["Harbour"])
    with app.app_context():
        feed_pages().freshness.wait_for_lease_expiry()
        is_file = db.engine.dialect.name == "sqlite"

    if is_file:
        answer = from_event_loop(app)
        assert answer is not None
        assert len(json.loads(answer.body)["articles"]) == 2
    else:
        with questions(app) as asked:
            assert from_event_loop(app) is None
        assert not asked


def _told(answer: TestResponse) -> set[tuple[str, str]]:
    """The headers but for those that differ from one request to the next."""
    return {(k, v) for k, v in answer.headers if k not in {"X-Request-Id", "Date"}}


def from_event_loop(app: Flask, path: str = PATH) -> FastResponse | None:
    """What is answered to who may not wait for another machine."""
    environ = EnvironBuilder(path=path, base_url=SITE).get_environ()
    finished = fast_path(app).respond(environ | {NON_BLOCKING: True})
    return finished.response if finished else None


def away(engine: Engine, *, back: bool = False) -> None:
    """Nobody can tell the newest change."""
    old, new = ("elsewhere", "change_counter") if back else ("change_counter", "elsewhere")
    with engine.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def promote_standby_without_newest_article(engine: Engine) -> None:
    """The change that is missing has no number; another server says when it was started."""
    lost = "(SELECT id FROM article WHERE external_id = 'lost')"
    statements = (
        f"DELETE FROM feed_row WHERE article_id IN {lost}",
        f"DELETE FROM feed_change WHERE article_id IN {lost}",
        "UPDATE change_counter SET value = (SELECT max(seq) FROM feed_change)",
        "CREATE FUNCTION public.pg_postmaster_start_time() RETURNS timestamptz"
        " LANGUAGE sql AS 'SELECT CAST(''2026-03-02'' AS timestamptz)'",
        f'ALTER DATABASE "{engine.url.database}" SET search_path = public, pg_catalog',
    )
    with engine.begin() as connection:
        for each in statements:
            connection.execute(text(each))
    engine.dispose()
