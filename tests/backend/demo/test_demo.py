"""The demo newsroom: filled once, whole or not at all, and heard by nobody."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import regex
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from backend.audience import service as audience
from backend.audience import zone
from backend.core.db import db
from backend.core.environment import read
from backend.demo import timeline
from backend.demo.service import seed
from backend.tables.audience import Installation
from backend.tables.newsroom import Article, Source, Story, Tag
from push.store.models import Notification
from tests.conftest import EDITOR, START
from tests.factories import publish

pytestmark = [pytest.mark.slow, pytest.mark.any_engine]

TAGS = {
    *("Harbour", "Storm", "CityCouncil", "Housing", "NightTrains", "Norway", "Sweden"),
    *("Norway-Sweden", "OffshoreWind", "Astronomy", "Robotics", "Museums", "Festivals"),
    *("البحر", "섬마을"),
}


@pytest.fixture
def filled(app: Flask) -> FlaskClient:
    """A reader of a freshly filled database."""
    with app.app_context():
        assert seed(now=START)
    return app.test_client()


def test_an_empty_database_is_filled_once(session: Session) -> None:
    first = seed(now=START)
    articles = count(session, Article)
    second = seed(now=START + timedelta(days=1))

    assert (first, second) == (True, False)
    assert count(session, Article) == articles >= 60
    assert count(session, Installation) == 3


@pytest.mark.parametrize("is_taken_down", [False, True])
def test_a_database_that_has_articles_is_left_alone(
    client: FlaskClient, session: Session, is_taken_down: bool
) -> None:
    publish(client, source="herald", external_id="1")
    if is_taken_down:
        client.delete("/v1/newsroom/articles/herald/1", headers=EDITOR)

    assert not seed(now=START)

    assert session.scalars(select(Source.slug)).all() == ["herald"]
    assert count(session, Article) == 1
    assert count(session, Installation) == 0


def test_an_interruption_leaves_nothing_and_the_next_start_fills_it(session: Session) -> None:
    statements = iter(range(700))

    def interrupt(*_: Any) -> None:
        if next(statements, None) is None:
            raise KeyboardInterrupt

    event.listen(db.engine, "before_cursor_execute", interrupt)
    with pytest.raises(KeyboardInterrupt):
        seed(now=START)
    event.remove(db.engine, "before_cursor_execute", interrupt)
    left = [count(session, table) for table in (Article, Source, Tag, Installation)]

    assert left == [0, 0, 0, 0]
    assert seed(now=START)


def test_two_processes_that_start_at_once_fill_it_once(make_app: Callable[[], Flask]) -> None:
    apps = [make_app(), make_app()]
    together = Barrier(len(apps))

    def start(app: Flask) -> bool:
        with app.app_context():
            together.wait()
            return seed(now=START)

    with ThreadPoolExecutor(len(apps)) as pool:
        done = list(pool.map(start, apps))

    assert sorted(done) == [False, True]
    with apps[0].app_context():
        assert count(db.session(), Article) == len(published())
        assert count(db.session(), Installation) == 3


def test_it_has_six_publishers_its_fifteen_tags_and_four_categories(
    filled: FlaskClient, session: Session
) -> None:
    sources = filled.get("/v1/sources").get_json()["sources"]
    categories = filled.get("/v1/categories").get_json()["categories"]

    assert len(sources) == 6
    assert {each["slug"] for each in categories} == {"world", "business", "science", "culture"}
    assert set(session.scalars(select(Tag.name))) >= TAGS  # and those that its texts gave
    assert filled.get("/v1/tags/NorthKorea-Russia").status_code == 404


def test_every_tag_has_articles_to_show(filled: FlaskClient) -> None:
    for tag in TAGS:
        assert len(filled.get(f"/v1/tags/{tag}/articles").get_json()["articles"]) >= 3


def test_nothing_is_announced_to_anybody(session: Session) -> None:
    seed(now=START)

    assert any(session.scalars(select(Article.breaking)))
    assert count(session, Notification) == 0


def test_articles_stand_at_their_own_times_over_twelve_days(filled: FlaskClient) -> None:
    times = [article["published_at"] for article in walk(filled, "/v1/tags/Harbour/articles")]

    assert times == sorted(times, reverse=True)
    all_times = [step.at for step in published()]
    assert START - timedelta(hours=1) < max(all_times) < START
    assert START - timedelta(days=12) < min(all_times) < START - timedelta(days=11)
    assert sum(at > START - timedelta(hours=6) for at in all_times) >= 6


def test_an_article_was_last_changed_when_it_was_published(filled: FlaskClient) -> None:
    articles = walk(filled, "/v1/sources/civic-courier/articles")

    assert articles
    assert all(each["updated_at"] == each["published_at"] for each in articles)


def test_some_articles_are_breaking_and_one_was_corrected(session: Session) -> None:
    seed(now=START)
    articles = session.scalars(select(Article)).all()

    assert sum(article.breaking for article in articles) >= 3
    assert [article.summary.endswith("not three.") for article in articles].count(True) == 1
    assert [article.corrected_at is not None for article in articles].count(True) == 1


def test_several_publishers_tell_the_same_stories(session: Session) -> None:
    seed(now=START)

    counts = Counter(session.scalars(select(Story.source_count)).all())

    assert counts == {2: 4, 3: 1}


@pytest.mark.parametrize(
    ("tag", "language", "script"), [("البحر", "ar", "Arabic"), ("섬마을", "ko", "Hangul")]
)
def test_articles_are_marked_with_their_language(
    filled: FlaskClient, tag: str, language: str, script: str
) -> None:
    articles = walk(filled, f"/v1/tags/{tag}/articles")

    assert len(articles) >= 6
    for article in articles:
        assert article["language"] == language
        for text in (article["title"], article["summary"], article["image"]["alt"]):
            assert regex.search(rf"\p{{Script={script}}}", text)


def test_titles_differ_and_fit_a_card() -> None:
    titles = [step.draft.title for step in published()]

    assert len(set(titles)) == len(titles)
    assert all(30 <= len(title) <= 90 for title in titles)


def test_every_body_has_two_to_four_paragraphs() -> None:
    bodies = [step.draft.body_text or "" for step in published()]

    assert all(2 <= len(body.split("\n\n")) <= 4 for body in bodies)


def test_the_articles_can_be_searched(filled: FlaskClient) -> None:
    found = filled.get("/v1/search?q=comet").get_json()["articles"]

    assert any("comet" in article["title"].lower() for article in found)


def test_three_phones_follow_everything_they_asked_for(session: Session) -> None:
    seed(now=START)
    rows = session.scalars(select(Installation).order_by(Installation.id)).all()

    assert [row.platform for row in rows] == ["ios", "android", "web"]
    assert len({row.locale for row in rows}) == len({row.time_zone for row in rows}) == 3
    assert {row.time_zone for row in rows} <= zone.KNOWN
    for row, phone in zip(rows, timeline.phones(), strict=True):
        assert set(audience.topics(session, row.id)) == set(phone.topics)


@pytest.mark.parametrize(
    ("environ", "is_demo"),
    [
        ({}, True),
        ({"DEMO": "0"}, False),
        ({"DATABASE_URL": "sqlite:///own.db"}, False),
        ({"DATABASE_URL": "sqlite:///own.db", "DEMO": "1"}, True),
    ],
)
def test_a_database_of_ones_own_is_filled_only_on_demand(
    environ: dict[str, str], is_demo: bool, app_toml: Path, tmp_path: Path
) -> None:
    assert read({**environ, "APP_CONFIG": str(app_toml)}, tmp_path).demo is is_demo


def published() -> list[timeline.Step]:
    return [step for step in timeline.history(START) if step.correction is None]


def count(session: Session, table: type[Any]) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(table)) or 0


def walk(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    return list(_walked(client, path))


def _walked(client: FlaskClient, path: str) -> Iterator[dict[str, Any]]:
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(path, query_string={"cursor": cursor} if cursor else {}).get_json()
        yield from page["articles"]
        cursor = page["next_cursor"]
