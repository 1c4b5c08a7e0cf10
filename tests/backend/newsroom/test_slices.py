"""Articles that are published together are what they would be alone."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from backend.core import migrate
from backend.core.db import Base, db
from backend.http.hooks import Publication
from backend.newsroom.draft import ArticleDraft
from backend.newsroom.service import Arrival, Published, publish
from backend.newsroom.slices import Outcome, Prepared, prepare, publish_all
from backend.tables.newsroom import Article
from tests.conftest import START, Clock

# Made up by chance, and what is made of it.
RANDOM = {"public_id", "card", "url", "screen"}
TABLES = (
    *("source", "category", "tag", "tag_member", "tag_alias", "story", "article", "article_tag"),
    *("feed", "feed_row", "feed_change", "change_counter", "name_evidence", "story_terms"),
    *("article_sketch", "sketch_hash", "search_entry", "notification_topic"),
)
WIRE = "Ferries between Peru and Chile sail again after the storm, the port of Callao said. " * 9


def day() -> list[tuple[Arrival, ArticleDraft]]:
    """Of three publishers: a wire piece, names they share, what is breaking, a second version."""
    told = [
        ("herald", "1", "Maria Rojas opens the harbour of Callao", WIRE, ("Harbour",)),
        ("gazette", "1", "Harbour of Callao open again", WIRE + "More follows.", ("Ferries",)),
        ("herald", "2", "Budget vote delayed again", "The council of Maria Rojas waits.", ()),
        ("courier", "1", "Maria Rojas: ferries sail", WIRE, ("harbour", "Chile-Peru")),
        ("herald", "1", "Maria Rojas opens the harbour of Callao today", WIRE, ("Harbour",)),
        (
            "gazette",
            "2",
            "Storm leaves the coast",
            "Nobody was hurt. Maria Rojas came.",
            ("Storm",),
        ),
        ("courier", "2", "Embargoed figures of the port", "Later.", ()),
    ]
    return [
        (
            Arrival(source=source, external_id=external_id, beside=frozenset({"1", "2"})),
            ArticleDraft(
                title=title,
                url=f"https://{source}.example/{external_id}",
                body_text=text,
                tags=tags,
                category="World",
                breaking=title.startswith("Storm") or None,
                embargo_until=Clock().forward(hours=1) if "Embargoed" in title else None,
            ),
        )
        for source, external_id, title, text, tags in told
    ]


@pytest.fixture
def other(make_app: Callable[..., Flask], empty_database: str) -> Flask:
    made = make_app(DATABASE_URL=empty_database)
    with made.app_context():
        migrate.upgrade(now=START)
    return made


def together(app: Flask, articles: list[Prepared]) -> list[Outcome]:
    return list(publish_all(app.extensions["tagwire"].hooks, articles, clock=Clock()))


def rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for name in TABLES:
        table = Base.metadata.tables[name]
        shown = [column for column in table.columns if column.name not in RANDOM]
        found[name] = sorted(
            (dict(row._mapping) for row in session.execute(select(*shown))), key=repr
        )
    cards = session.scalars(select(Article.card).order_by(Article.id))
    return found | {"cards": [_shown(json.loads(card)) for card in cards]}


def _shown(card: dict[str, Any]) -> dict[str, Any]:
    story = card["story"] and card["story"]["source_count"]
    return {name: card[name] for name in card.keys() - RANDOM - {"id"}} | {"story": story}


def test_articles_published_together_leave_the_rows_that_each_alone_would(
    app: Flask, other: Flask
) -> None:
    with app.app_context():
        hooks = app.extensions["tagwire"].hooks
        alone = [publish(hooks, arrival, draft, now=START) for arrival, draft in day()]
        expected = rows(db.session())
    with other.app_context():
        outcomes = together(other, [prepare(arrival, draft) for arrival, draft in day()])
        found = rows(db.session())

    assert [each.is_new for each in outcomes if isinstance(each, Published)] == [
        each.is_new for each in alone
    ]
    for name in expected:
        assert found[name] == expected[name], name
    assert expected["story"]
    assert expected["notification_topic"]


@pytest.mark.parametrize("odd", [{0}, {2}, {4}, {0, 1}, {1, 3}, {0, 1, 2, 3, 4}])
def test_one_that_fails_anywhere_keeps_no_other_back(
    app: Flask, session: Session, odd: set[int]
) -> None:
    def refuse(_: Session, publication: Publication) -> None:
        if publication.article.external_id in map(str, odd):
            raise RuntimeError("odd")

    app.extensions["tagwire"].hooks.on_publish.append(refuse)
    articles = [
        prepare(
            Arrival(source="herald", external_id=str(number)),
            ArticleDraft(title=f"Story {number}", url=f"https://herald.example/{number}"),
        )
        for number in range(5)
    ]

    outcomes = together(app, articles)

    failed = {number for number, each in enumerate(outcomes) if isinstance(each, RuntimeError)}
    assert failed == odd
    kept = session.scalars(select(Article.external_id).order_by(Article.id)).all()
    assert kept == [str(number) for number in range(5) if number not in odd]
