"""How tests read feeds over HTTP, and how they fill one with more than they could publish."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, update
from sqlalchemy.orm import Session

from backend.catalog.feed_ids import FeedKey, feed_ids
from backend.catalog.listing import allocate_change_numbers
from backend.core.db import db, from_us, to_us, transaction
from backend.tables.newsroom import Article, Feed, FeedChange, FeedRow, Source
from schemas.fields import instant_text
from tests.conftest import EDITOR, START


def get(client: FlaskClient, path: str, **query: Any) -> dict[str, Any]:
    headers = query.pop("headers", None)
    answer = client.get(path, query_string=query, headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def feed(client: FlaskClient, tag: str, **query: Any) -> dict[str, Any]:
    return get(client, f"/v1/tags/{tag}/articles", **query)


def changes(client: FlaskClient, tag: str, cursor: str, **query: Any) -> dict[str, Any]:
    return get(client, f"/v1/tags/{tag}/changes", cursor=cursor, **query)


def all_changes(client: FlaskClient, tag: str, cursor: str, **query: Any) -> list[dict[str, Any]]:
    """Everything after the cursor, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = changes(client, tag, cursor, **query)
        found += page["changes"]
        cursor = page["sync_cursor"]
        if not page["has_more"]:
            return found


def ids(page: dict[str, Any]) -> list[str]:
    return [article["id"] for article in page["articles"]]


def titles(page: dict[str, Any]) -> list[str]:
    return [article["title"] for article in page["articles"]]


def others_of(article: dict[str, Any]) -> list[dict[str, Any]]:
    """What a grouped list has besides of the article's story."""
    return article["story"]["others"] if article["story"] else []


def pages(client: FlaskClient, path: str, **query: Any) -> Iterator[dict[str, Any]]:
    """Every page down to the end; between two of them a test can do what it likes."""
    while True:
        page = get(client, path, **query)
        yield page
        if page["next_cursor"] is None:
            return
        query["cursor"] = page["next_cursor"]


def walk(client: FlaskClient, tag: str, **query: Any) -> list[str]:
    found = [
        each for page in pages(client, f"/v1/tags/{tag}/articles", **query) for each in ids(page)
    ]
    assert len(found) == len(set(found)), "an article came twice"
    return found


def take_down(client: FlaskClient, external_id: str, source: str = "herald") -> None:
    url = f"/v1/newsroom/articles/{source}/{external_id}"
    assert client.delete(url, headers=EDITOR).status_code == 204


def correct(client: FlaskClient, external_id: str, source: str = "herald", **fields: Any) -> Any:
    url = f"/v1/newsroom/articles/{source}/{external_id}"
    answer = client.patch(url, headers=EDITOR, json=fields)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def fill(keys: list[FeedKey], count: int, *, newest_minutes: int = 0, source: str = "mill") -> None:
    """Put `count` articles a second apart into the feeds, as many publications would.

    The newest is `newest_minutes` after the start of every test.
    """
    with transaction() as session:
        source_id = _source(session, source)
        top = to_us(START + timedelta(minutes=newest_minutes))
        ranks = [top - (count - 1 - number) * 1_000_000 for number in range(count)]
        made = session.scalars(
            insert(Article).returning(Article.id, sort_by_parameter_order=True),
            [_article(source, source_id, f"{source}-{rank}", rank) for rank in ranks],
        ).all()
        for feed_id in feed_ids(session, keys).values():
            _list(session, feed_id, source_id, list(zip(made, ranks, strict=True)))


def _source(session: Session, slug: str) -> int:
    found = session.scalar(select(Source.id).where(Source.slug == slug))
    if found is None:
        made = Source(slug=slug, name=slug.title(), created_at=START)
        session.add(made)
        session.flush()
        found = made.id
    return found


def _list(session: Session, feed_id: int, source_id: int, places: list[tuple[int, int]]) -> None:
    rows = [
        {"feed_id": feed_id, "rank_us": rank, "article_id": each, "source_id": source_id}
        for each, rank in places
    ]
    session.execute(insert(FeedRow), rows)
    seqs = [allocate_change_numbers(session) for _ in places[-1:]]
    session.execute(
        insert(FeedChange),
        [
            {"feed_id": feed_id, "article_id": each, "seq": seqs[-1], "op": "upsert", "at": START}
            for each, _ in places[-1:]
        ],
    )
    session.execute(update(Feed).where(Feed.id == feed_id).values(version=seqs[-1]))


def _article(source: str, source_id: int, public_id: str, rank_us: int) -> dict[str, Any]:
    at = from_us(rank_us)
    card: dict[str, Any] = {
        "id": public_id,
        "url": f"/article/{public_id}/x",
        "source_url": f"https://{source}.example/{public_id}",
        "title": public_id,
        "summary": "",
        "image": None,
        "source": {"slug": source, "name": source.title()},
        "category": None,
        "tags": [],
        "language": "en",
        "published_at": instant_text(at),
        "updated_at": instant_text(at),
        "breaking": False,
        "corrected_at": None,
        "story": None,
        "screen": {"name": "article", "params": {"id": public_id, "slug": "x"}},
    }
    return {
        "public_id": public_id,
        "source_id": source_id,
        "external_id": public_id,
        "source_url": f"https://{source}.example/{public_id}",
        "title": public_id,
        "summary": "",
        "body_html": "<p>Filled.</p>",
        "body_text": "Filled.",
        "language": "en",
        "published_at": at,
        "first_seen_at": at,
        "updated_at": at,
        "rank_us": rank_us,
        "content_hash": "",
        "card": orjson.dumps(card).decode(),
    }


def fold(held: dict[str, Any], change: dict[str, Any], card_of: Callable[[Any], Any]) -> None:
    """As docs/feeds.md has it: a card takes the place of the one of the same story, its second
    member.
    """
    if change["op"] == "remove":
        held.pop(change["id"], None)
        return
    card = card_of(change["article"])
    for each in [each for each, other in held.items() if card[1] and other[1] == card[1]]:
        del held[each]
    held[change["article"]["id"]] = card


@dataclass(frozen=True)
class Statement:
    text: str
    parameters: Any


@contextmanager
def heard(app: Flask) -> Iterator[list[Statement]]:
    """The statements that are executed meanwhile."""
    found: list[Statement] = []

    def hear(_connection: Any, _cursor: Any, text: str, parameters: Any, *_: Any) -> None:
        if text.startswith(("SELECT", "WITH")):
            found.append(Statement(text, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", hear)
