"""A decision about many articles is written by few statements, as article by article would be."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from backend.catalog.card import refresh_card
from backend.core.db import db
from backend.tables.newsroom import Article
from tests.conftest import EDITOR
from tests.factories import publish, register

Decide = Callable[[FlaskClient], None]


def settings(**fields: Any) -> Decide:
    def decide(client: FlaskClient) -> None:
        path = "/v1/newsroom/sources/mill"
        answer = client.put(path, json={"name": "The Mill", **fields}, headers=EDITOR)
        assert answer.status_code in {200, 201}, answer.text

    return decide


def rename(client: FlaskClient) -> None:
    answer = client.patch("/v1/newsroom/tags/Ferries", headers=EDITOR, json={"name": "Ships"})
    assert answer.status_code == 200, answer.text


def merge(client: FlaskClient) -> None:
    path = "/v1/newsroom/tags/Ferries/merge"
    answer = client.post(path, headers=EDITOR, json={"into": "Ferry"})
    assert answer.status_code == 200, answer.text


def undo(client: FlaskClient) -> None:
    answer = client.delete("/v1/newsroom/tags/Ferries/merge", headers=EDITOR)
    assert answer.status_code == 200, answer.text


def nothing(_: FlaskClient) -> None: ...


MANY_LISTS = (
    "WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 12000)"
    " INSERT INTO feed (kind, ref_id, language, version, pruned_to)"
    " SELECT 'many', n, '', 0, 0 FROM counted"
)
IN_ALL_OF_THEM = (
    "INSERT INTO feed_row (feed_id, rank_us, article_id, source_id)"
    " SELECT feed.id, rank_us, article.id, source_id FROM feed, article WHERE kind = 'many'"
)
DECISIONS = {
    "headlines alone": (nothing, settings(rights="headline")),
    "no text": (nothing, settings(rights="summary")),
    "its own address": (nothing, settings(canonical="theirs")),
    "our address again": (settings(canonical="theirs"), settings(canonical="ours")),
    "a line of thanks": (nothing, settings(attribution='© "The Mill"')),
    "a new name": (nothing, settings(name='The "New" Mølle')),
    "another name of a tag": (nothing, rename),
    "a merge": (nothing, merge),
    "an undone merge": (merge, undo),
}
decisions = pytest.mark.parametrize(("before", "decide"), DECISIONS.values(), ids=DECISIONS)


def archive(client: FlaskClient, rounds: int = 2) -> None:
    """Articles that every decision is about, not in the order of their ranks; and another one."""
    for number in range(rounds):
        day = 28 - number % 27
        at = f"2026-02-{day:02}T12:00:00Z"
        send(client, tags=["Ferries"], language="en", published_at=at)
        send(client, tags=["Harbour", "Ferries", "Ferry"], language="zh-Hant", published_at=at)
        send(client, tags=["Ferries", "Harbour"], category="Sport", breaking=True)
    send(client, tags=["Ferries"], embargo_until="2026-03-20T12:00:00Z")
    publish(client, source="herald", tags=["Harbour"])


def send(client: FlaskClient, **fields: Any) -> None:
    picture = {"url": "https://img.example/a.jpg", "alt": "A ferry"}
    publish(client, source="mill", summary="A lead.", image=picture, **fields)


def rows(session: Any, question: str) -> list[Any]:
    found: list[Any] = session.execute(text(question)).all()
    session.rollback()
    return found


@decisions
def test_what_is_shown_of_an_article_is_what_would_be_made_of_it_anew(
    client: FlaskClient, session: Any, before: Decide, decide: Decide
) -> None:
    settings()(client)
    archive(client)
    before(client)

    decide(client)

    articles = session.query(Article).all()
    kept = [each.card for each in articles]
    refresh_card(session, *articles)
    assert [each.card for each in articles] == kept
    session.rollback()


@decisions
def test_every_list_hears_of_each_article_once_the_oldest_first(
    client: FlaskClient, session: Any, before: Decide, decide: Decide
) -> None:
    settings()(client)
    archive(client)
    before(client)
    [(last,)] = rows(session, "SELECT value FROM change_counter")

    decide(client)

    listed = rows(
        session,
        "SELECT feed_row.feed_id, feed_row.article_id, seq, op, feed_row.rank_us"
        " FROM feed_row LEFT JOIN feed_change ON feed_change.feed_id = feed_row.feed_id"
        " AND feed_change.article_id = feed_row.article_id JOIN article"
        " ON article.id = feed_row.article_id JOIN source ON source.id = article.source_id"
        " WHERE source.slug = 'mill'",
    )
    numbers = {each.article_id: each.seq for each in listed}
    assert all((each.seq, each.op) == (numbers[each.article_id], "upsert") for each in listed)
    assert min(numbers.values()) > last
    assert len(set(numbers.values())) == len(numbers) == 6
    if decide is not undo:
        ranks = {each.article_id: each.rank_us for each in listed}
        oldest_first = sorted(numbers, key=lambda each: (ranks[each], each))
        assert sorted(numbers, key=lambda each: numbers[each]) == oldest_first
    behind = rows(
        session,
        "SELECT feed.kind FROM feed JOIN feed_change ON feed_change.feed_id = feed.id"
        " WHERE seq > feed.version",
    )
    assert behind == []


@decisions
def test_what_was_decided_is_seen_in_the_lists(
    client: FlaskClient, before: Decide, decide: Decide
) -> None:
    settings()(client)
    archive(client)
    before(client)
    paths = ("/v1/tags/Ferries/articles", "/v1/sources/mill/articles")
    kept = {path: client.get(path) for path in paths}

    decide(client)

    for path, page in kept.items():
        again = client.get(path, headers={"If-None-Match": page.headers["ETag"]})
        assert page.status_code == 200, path
        assert again.status_code == 200, path


def test_an_undone_merge_gives_each_article_its_tags_in_their_order(
    client: FlaskClient, session: Any
) -> None:
    archive(client)
    publish(client, tags=["Ferry"])
    question = "SELECT article_id, position, tag_id, rule, score FROM article_tag"
    places = "SELECT feed_id, article_id, rank_us FROM feed_row"
    before = [sorted(rows(session, each)) for each in (question, places)]
    merge(client)

    undo(client)

    assert [sorted(rows(session, each)) for each in (question, places)] == before


def test_readers_hear_which_articles_left_a_list_with_an_undone_merge(client: FlaskClient) -> None:
    archive(client)
    merge(client)
    page = client.get("/v1/tags/Ferry/articles").get_json()

    undo(client)

    query = {"cursor": page["sync_cursor"]}
    changes = client.get("/v1/tags/Ferry/changes", query_string=query).get_json()["changes"]
    assert sorted(each["op"] for each in changes) == ["remove"] * 4 + ["upsert"] * 2
    assert {each.get("reason") for each in changes if each["op"] == "remove"} == {"untagged"}


def test_a_source_whose_articles_stand_in_many_lists_gets_a_new_name(
    client: FlaskClient, session: Any
) -> None:
    """PostgreSQL refuses a statement that names ten thousand places one by one."""
    settings()(client)
    send(client)
    session.execute(text(MANY_LISTS))
    session.execute(text(IN_ALL_OF_THEM))
    session.commit()

    settings(name="The New Mill")(client)

    [(told,)] = rows(session, "SELECT count(*) FROM feed_change JOIN feed ON feed.id = feed_id"
                              " WHERE kind = 'many' AND seq = version")  # fmt: skip
    assert told == 12_000


@decisions
def test_many_articles_and_followers_take_few_statements(
    app: Flask, client: FlaskClient, before: Decide, decide: Decide
) -> None:
    settings()(client)
    archive(client, rounds=20)
    for each in range(10):
        register(client, "tag:Ferries", *(["tag:Ferry"] if each % 2 else []))
    before(client)

    with app.app_context(), counted() as said:
        decide(client)

    assert len(said) < 100  # of 61 articles and 10 followers


@contextmanager
def counted() -> Iterator[list[str]]:
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(db.engine, "before_cursor_execute", hear)
