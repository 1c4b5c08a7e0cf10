"""A cache in front is told what to forget: after every change, until it listens, nothing else."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.background import run
from backend.catalog.listing import sitemap_key
from backend.catalog.sitemap_part import part_of
from backend.core.db import db, release, to_us
from backend.core.settings import SettingsError
from backend.newsroom.service import release_due
from backend.outbound.fetch import FetchPolicy
from backend.purge.extension import purger
from backend.purge.purger import KEYS_A_CALL, SETTLE_S, Purger
from backend.purge.queries import lists_changed
from backend.purge.turns import LEASE
from backend.tables.newsroom import ChangeCounter
from tests.backend.feed.reading import correct, get, take_down
from tests.backend.outbound.server import Publisher, Request, answer, publisher
from tests.conftest import EDITOR, START, Clock
from tests.factories import publish

TOKEN = "the-token-of-the-cache"


@pytest.fixture
def cache() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/purge", b"", "200 OK")
        yield found


@pytest.fixture
def app(make_app: Callable[..., Flask], cache: Publisher) -> Flask:
    return make_app(PURGE_URL=cache.url("/purge"), PURGE_TOKEN=TOKEN)


def purge(app: Flask) -> bool:
    """Take one turn; whether something was purged."""
    with app.app_context():
        done = unhurried(app).step()
        release()
        return done


def unhurried(app: Flask, wait: Callable[[float], None] = lambda _: None) -> Purger:
    found = purger(app)
    assert found is not None
    return replace(found, wait=wait)


def keys(cache: Publisher) -> set[str]:
    """What the cache was told since this was asked last."""
    told = {key for request in cache.asked for key in request.headers["surrogate-key"].split()}
    cache.asked.clear()
    return told


def behind(client: FlaskClient) -> tuple[float, float]:
    """Changes and seconds, as Prometheus reads them."""
    shown = client.get("/metrics").text.splitlines()
    values = dict(line.split() for line in shown if line.startswith("tagwire_purge_"))
    named = (f"tagwire_purge_{unit}_behind" for unit in ("changes", "seconds"))
    return tuple(float(values[name]) for name in named)  # type: ignore[return-value]


def tag_id(client: FlaskClient, name: str) -> str:
    return str(get(client, f"/v1/tags/{name}")["id"])


def test_a_call_names_the_article_and_every_list_that_shows_it(
    app: Flask, client: FlaskClient, cache: Publisher
) -> None:
    article = publish(client, tags=["Harbour"], category="Politics", breaking=True)["id"]

    assert purge(app)

    [request] = cache.asked
    tag = f"tag-{tag_id(client, 'harbour')}"
    named = {f"article-{article}", tag, "source-1", "category-1", "all-0", "breaking-0"}
    named.add(f"{tag}-added")
    named.add(sitemap_key(part_of(1, to_us(START))).surrogate)
    assert request.method == "POST"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["content-type"] == "application/json"
    assert "accept" not in request.headers
    assert set(request.headers["surrogate-key"].split()) == named
    assert set(json.loads(request.body)["surrogate_keys"]) == named
    assert not purge(app), "nothing changed since"


def test_what_a_tag_lists_no_more_has_a_key_of_its_own(
    app: Flask, client: FlaskClient, cache: Publisher
) -> None:
    publish(client, tags=["Harbour", "Ferry"], external_id="1")
    publish(client, tags=["Harbour", "Ferry"], external_id="2")
    assert purge(app)
    harbour, ferry = (f"tag-{tag_id(client, name)}" for name in ("Harbour", "Ferry"))
    assert {harbour, ferry} <= keys(cache)

    correct(client, "1", tags=["Harbour"])
    assert purge(app)

    told = keys(cache)
    assert {harbour, ferry, f"{ferry}-rarer"} <= told
    assert f"{harbour}-rarer" not in told


def test_a_list_that_became_shorter_is_named_in_time_however_often_it_changes_again(
    app: Flask, client: FlaskClient
) -> None:
    for number in range(4):
        publish(client, tags=["Harbour"], external_id=str(number))
    tag = f"tag-{tag_id(client, 'Harbour')}"
    with app.app_context():
        since = db.session.scalars(select(ChangeCounter.value)).one()
        db.session.rollback()
    take_down(client, "1")
    publish(client, tags=["Harbour"])

    with app.app_context():
        first = lists_changed(db.session(), since, since + 1)
        second = lists_changed(db.session(), since + 1, None)

    assert {tag, f"{tag}-added", f"{tag}-rarer"} & {*first} == {f"{tag}-rarer"}
    assert {tag, f"{tag}-added", f"{tag}-rarer"} & {*second} == {tag, f"{tag}-added"}


def test_every_answer_that_a_change_reaches_is_named(
    app: Flask, client: FlaskClient, cache: Publisher
) -> None:
    kept = publish(client, tags=["Harbour"], category="Politics", body_text="An old zeppelin.")
    publish(client, external_id="1", tags=["Harbour", "Ferry"], body_text="A zeppelin.")
    addresses = (
        "/v1/tags/harbour/articles",
        "/v1/tags/harbour/articles?language=en",
        "/v1/sources/herald/articles",
        f"/v1/articles/{kept['id']}",
        "/v1/search?q=zeppelin",
        "/",
        "/tag/Harbour",
        "/tag/Harbour.rss",
        "/source/herald",
        "/sitemap-news.xml",
        "/sitemap-articles-2026-03-0.xml",
        "/search?q=zeppelin",
    )
    held = {path: client.get(path) for path in addresses}
    purge(app)
    keys(cache)

    take_down(client, "1")
    purge(app)
    told = keys(cache)

    for path, before in held.items():
        after = client.get(path)
        assert after.data != before.data, path
        assert told & set(before.headers["Surrogate-Key"].split()), path


def test_how_far_the_cache_is_behind_is_measured_when_prometheus_asks(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    assert behind(client) == (0, 0)
    publish(client, external_id="1")
    clock.forward(seconds=40)
    publish(client, external_id="2")
    clock.forward(seconds=5)
    changes, seconds = behind(client)
    assert (changes > 1, seconds) == (True, 45)

    cache.answers("/purge", b"", "500 Broken")
    assert not purge(app)
    assert behind(client) == (changes, 45), "what was refused is still to be told"

    cache.answers("/purge", b"", "200 OK")
    clock.forward(minutes=1)
    assert purge(app)
    assert behind(client) == (0, 0)


def test_nobody_is_behind_where_nobody_wants_to_be_told(make_app: Callable[..., Flask]) -> None:
    assert "tagwire_purge" not in make_app().test_client().get("/metrics").text


def test_counts_are_told_while_the_database_does_not_answer(make_app: Callable[..., Flask]) -> None:
    away = make_app(
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nowhere", PURGE_URL="http://127.0.0.1/"
    )

    answer = away.test_client().get("/metrics")

    assert answer.status_code == 200
    assert "tagwire_purge" not in answer.text


@pytest.mark.parametrize("change", ["edit", "correct", "untag", "take down"])
def test_a_change_is_told_once(
    app: Flask, client: FlaskClient, cache: Publisher, change: str
) -> None:
    article = publish(client, external_id="1", tags=["Harbour", "Ferry"])["id"]
    purge(app)
    keys(cache)

    if change == "edit":
        publish(client, external_id="1", title="Edited", tags=["Harbour", "Ferry"])
    elif change == "correct":
        correct(client, "1", title="Corrected")
    elif change == "untag":
        correct(client, "1", tags=["Ferry"])
    else:
        take_down(client, "1")

    assert purge(app)
    told = keys(cache)
    assert {f"article-{article}", f"tag-{tag_id(client, 'harbour')}"} <= told
    assert not purge(app)


def test_what_is_under_embargo_is_told_at_its_time_only(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    until = START + timedelta(minutes=10)
    article = publish(client, external_id="1", embargo_until=until.isoformat())["id"]
    correct(client, "1", title="Corrected before its time")
    purge(app)
    assert keys(cache) == set()

    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=clock.now)
    purge(app)

    assert f"article-{article}" in keys(cache)


def curate(client: FlaskClient, tag: str, verb: str, **body: Any) -> None:
    call = client.post if verb else client.patch
    assert call(f"/v1/newsroom/tags/{tag}{verb}", headers=EDITOR, json=body).status_code == 200


def test_renaming_and_merging_are_told_for_what_they_changed_above_the_lists(
    app: Flask, client: FlaskClient, cache: Publisher
) -> None:
    publish(client, title="Chile-Peru ties", body_text="Chile-Peru ties grow.", external_id="1")
    publish(client, tags=["Ferries"], external_id="2")
    publish(client, tags=["Ferry"])
    ids = {name: tag_id(client, name) for name in ("Chile", "Chile-Peru", "Ferries", "Ferry")}
    for external_id in ("1", "2"):
        take_down(client, external_id)
    purge(app)
    keys(cache)

    curate(client, "Chile", "", name="RepublicOfChile")
    purge(app)
    assert keys(cache) == {f"tag-{ids['Chile']}", f"tag-{ids['Chile-Peru']}"}
    curate(client, "Ferries", "/merge", into="Ferry")
    purge(app)
    named = [f"tag-{ids['Ferries']}", f"tag-{ids['Ferry']}"]
    assert {key + more for key in named for more in ("", "-added", "-rarer")} <= keys(cache)
    client.put("/v1/newsroom/sources/herald", headers=EDITOR, json={"name": "The Herald"})
    purge(app)
    assert "source-1" in keys(cache)


def test_a_cache_that_is_down_is_told_later_and_less_and_less_often(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock, caplog: Any
) -> None:
    cache.answers("/purge", b"", "503 Away")
    article = publish(client)["id"]
    pauses = []
    for _ in range(8):
        assert not purge(app)
        began = clock.now
        cache.asked.clear()
        while not cache.asked:
            clock.forward(seconds=5)
            purge(app)
        pauses.append((clock.now - began).total_seconds())
    cache.answers("/purge", b"", "204 No Content")
    clock.forward(minutes=10)
    keys(cache)

    assert purge(app)

    assert pauses[:3] == [5, 10, 20]
    assert pauses[-1] == 300
    assert f"article-{article}" in keys(cache)
    assert "cache not purged" in caplog.text
    assert TOKEN not in caplog.text


def test_a_cache_that_asks_for_time_gets_it_up_to_five_minutes(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    cache.answers("/purge", b"", "429 Slow down", Retry_After="86400")
    publish(client)
    assert not purge(app)
    cache.answers("/purge", b"", "200 OK")

    clock.forward(seconds=299)
    assert not purge(app)
    clock.forward(seconds=1)
    assert purge(app)


@pytest.mark.slow
def test_many_changes_are_told_in_few_calls(
    app: Flask, client: FlaskClient, cache: Publisher
) -> None:
    purge(app)
    made = {
        f"article-{publish(client, tags=[f'Topic{chr(65 + n % 26)}{chr(65 + n // 26)}'])['id']}"
        for n in range(260)
    }

    while purge(app):
        pass

    sizes = [len(request.headers["surrogate-key"].split()) for request in cache.asked]
    assert max(sizes) <= KEYS_A_CALL
    assert len(sizes) <= 8
    assert made <= keys(cache)


def test_a_turn_whose_process_died_is_taken_again(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    article = publish(client)["id"]
    with app.app_context():
        turn = unhurried(app).turns._claim()
        release()
    assert turn is not None
    assert not purge(app), "somebody has the turn"

    clock.now += LEASE
    assert purge(app)

    assert f"article-{article}" in keys(cache)


def test_what_changes_while_pages_settle_is_the_next_turns(
    app: Flask, client: FlaskClient, cache: Publisher
) -> None:
    """A page made before a change may reach the cache a moment after it."""
    first = publish(client)["id"]
    later: list[str] = []

    def settle(seconds: float) -> None:
        assert (cache.asked, seconds) == ([], SETTLE_S)
        later.append(publish(client)["id"])

    with app.app_context():
        assert unhurried(app, settle).step()
        release()
    told = keys(cache)
    purge(app)

    assert {f"article-{first}", "all-0"} <= told, "a busy list is purged although it goes on"
    assert f"article-{later[0]}" not in told
    assert f"article-{later[0]}" in keys(cache)


def test_two_pollers_take_turns(app: Flask, client: FlaskClient, cache: Publisher) -> None:
    together = threading.Barrier(2)
    publish(client)

    def take(_: int) -> bool:
        together.wait()
        return purge(app)

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(take, range(2)))

    assert sorted(taken) == [False, True]
    assert len(cache.asked) == 1


def test_the_poller_purges_what_changed(app: Flask, client: FlaskClient, cache: Publisher) -> None:
    publish(client)
    stopped = threading.Event()

    def take(connection: socket.socket, _: Request) -> None:
        connection.sendall(answer(b""))
        stopped.set()

    cache.on("/purge", take)
    with app.app_context():
        run(stopped, threads=1, policy=FetchPolicy())

    assert len(cache.asked) == 1


def test_a_provider_with_a_header_of_its_own_gets_the_token_there(
    make_app: Callable[..., Flask], cache: Publisher
) -> None:
    app = make_app(PURGE_URL=cache.url("/purge"), PURGE_TOKEN=TOKEN, PURGE_HEADER="Fastly-Key")
    publish(app.test_client())
    purge(app)

    assert cache.asked[0].headers["fastly-key"] == TOKEN
    assert "authorization" not in cache.asked[0].headers


def test_nobody_is_told_unless_asked_for(make_app: Callable[..., Flask]) -> None:
    assert purger(make_app()) is None


def test_the_token_is_in_no_representation(app: Flask) -> None:
    assert TOKEN not in repr(purger(app)) + repr(app.extensions["tagwire"].settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PURGE_URL", "cache.example/purge"),
        ("PURGE_URL", "ftp://cache.example/purge"),
        ("PURGE_URL", "https://user:word@cache.example/purge"),
        ("PURGE_TOKEN", "two words"),
        ("PURGE_TOKEN", "line\nbreak"),
        ("PURGE_HEADER", "Not A Header"),
    ],
)
def test_a_setting_that_cannot_be_used_stops_the_start(
    make_app: Callable[..., Flask], name: str, value: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: ") as error:
        make_app(**{name: value})
    assert value not in str(error.value)


@pytest.mark.slow
def test_what_one_call_could_not_say_waits_for_the_next(
    app: Flask, client: FlaskClient, cache: Publisher, clock: Clock
) -> None:
    """A call in the middle of a turn fails: the whole turn is told again."""
    article = publish(client)["id"]
    for _ in range(KEYS_A_CALL + 20):
        publish(client)
    answers = iter(["200 OK", "500 Broken"])

    def reply(connection: socket.socket, _: Request) -> None:
        connection.sendall(answer(b"", next(answers, "200 OK")))

    cache.on("/purge", reply)
    assert not purge(app)
    told = keys(cache)
    clock.forward(minutes=1)
    assert purge(app)

    assert f"article-{article}" in told & keys(cache)
    assert not purge(app)
