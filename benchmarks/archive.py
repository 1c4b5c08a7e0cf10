"""A newsroom's archive of any size, written into the tables as publishing would leave it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, update

from backend.catalog.listing import ALL, FeedKey
from backend.core.cursor import Cursor, Kind, Position, encode
from backend.core.db import db, from_us, to_us
from backend.feed.service import scope_for
from backend.http.auth import hash_secret
from backend.tables.audience import Follow, Installation
from backend.tables.newsroom import Article, ArticleTag, ChangeCounter, Feed, FeedRow, Source, Tag

TAGS = 200
POPULAR = 1  # the tag that every article has
CHUNK = 5_000
PAGE = 20
NEWEST = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "an-installation-of-the-benchmarks"
WORDS = ("harbour", "council", "ferry", "storm", "budget", "river", "bridge", "election", "museum")


@dataclass(frozen=True)
class Archive:
    """How many articles there are, a second apart."""

    articles: int

    def below(self, count: int, secret_key: str) -> str:
        """The address of the page of the popular tag's feed that has so many articles above it."""
        last = self.articles - count + 1
        cursor = Cursor(Kind.PAGE, at=Position(_rank(last, self.articles), last))
        token = encode(cursor, scope_for(FeedKey("tag", POPULAR)), [secret_key])
        return f"{first_page(POPULAR)}?cursor={token}"


def fill(articles: int, follows: int) -> Archive:
    """Write the archive, and one installation that follows so many tags."""
    with db.engine.begin() as connection:
        _head(connection)
        for first in range(1, articles + 1, CHUNK):
            _write(connection, range(first, min(first + CHUNK, articles + 1)), articles)
        connection.execute(update(ChangeCounter).values(value=1))
        connection.execute(update(Feed).values(version=1))
        _follow(connection, follows)
    return Archive(articles)


def first_page(tag: int) -> str:
    return f"/v1/tags/{tag_name(tag)}/articles"


def tag_name(number: int) -> str:
    return f"Topic{number}"


def _head(connection: Connection) -> None:
    connection.execute(
        insert(Source), [{"id": 1, "slug": "mill", "name": "The Mill", "created_at": NEWEST}]
    )
    tags = range(1, TAGS + 1)
    connection.execute(
        insert(Tag),
        [
            {"id": n, "name": tag_name(n), "key": tag_name(n).lower(), "kind": "topic"}
            | {"created_at": NEWEST}
            for n in tags
        ],
    )
    feeds = [{"id": n, "kind": "tag", "ref_id": n} for n in tags]
    feeds += [{"id": TAGS + 1, "kind": ALL, "ref_id": 0}]
    feeds += [{"id": TAGS + 2, "kind": "source", "ref_id": 1}]
    connection.execute(insert(Feed), [{**feed, "language": "", "version": 0} for feed in feeds])


def _write(connection: Connection, ids: range, articles: int) -> None:
    connection.execute(insert(Article), [_article(n, articles) for n in ids])
    connection.execute(
        insert(FeedRow),
        [
            {"feed_id": feed, "rank_us": _rank(n, articles), "article_id": n, "source_id": 1}
            for n in ids
            for feed in (POPULAR, _tag_of(n), TAGS + 1, TAGS + 2)
        ],
    )
    connection.execute(
        insert(ArticleTag),
        [
            {"article_id": n, "tag_id": tag, "position": at, "rule": "given", "score": 1.0}
            for n in ids
            for at, tag in enumerate((POPULAR, _tag_of(n)))
        ],
    )


def _follow(connection: Connection, count: int) -> None:
    phone: dict[str, Any] = {
        "id": 1,
        "public_id": "bench",
        "secret_hash": hash_secret(SECRET),
        "platform": "android",
        "locale": "en",
        "time_zone": "UTC",
        "created_at": NEWEST,
        "seen_at": NEWEST,
        "breaking_overrides_quiet_hours": True,
        "is_test": False,
    }
    connection.execute(insert(Installation), [phone])
    followed = range(POPULAR + 1, POPULAR + 1 + count)
    rows = [{"feed_id": n, "installation_id": 1, "since": NEWEST} for n in followed]
    connection.execute(insert(Follow), rows)


def _tag_of(number: int) -> int:
    """Any but the popular one."""
    return POPULAR + 1 + number % (TAGS - 1)


def _rank(number: int, articles: int) -> int:
    return to_us(NEWEST) - (articles - number) * 1_000_000


def _article(number: int, articles: int) -> dict[str, Any]:
    words = _words(number)
    title, summary = next(words).capitalize(), next(words).capitalize() + "."
    at = from_us(_rank(number, articles))
    public_id = f"{number:020x}"
    return {
        "id": number,
        "public_id": public_id,
        "source_id": 1,
        "external_id": public_id,
        "source_url": f"https://mill.example/{public_id}",
        "title": title,
        "summary": summary,
        "body_html": f"<p>{summary}</p>",
        "body_text": summary,
        "language": "en",
        "published_at": at,
        "first_seen_at": at,
        "updated_at": at,
        "rank_us": _rank(number, articles),
        "content_hash": "",
        "card": _card(number, public_id, title, summary, at),
    }


def _card(number: int, public_id: str, title: str, summary: str, at: datetime) -> str:
    """A summary with every member that a real one has."""
    shown = at.isoformat().replace("+00:00", "Z")
    slug = "-".join(title.lower().split())
    document = {
        "id": public_id,
        "url": f"/article/{public_id}/{slug}",
        "source_url": f"https://mill.example/{public_id}",
        "title": title,
        "summary": summary,
        "image": {"url": f"https://mill.example/{public_id}.jpg", "width": 1200, "height": 675}
        | {"alt": title},
        "source": {"slug": "mill", "name": "The Mill"},
        "category": None,
        "tags": [tag_name(POPULAR), tag_name(_tag_of(number))],
        "language": "en",
        "published_at": shown,
        "updated_at": shown,
        "breaking": False,
        "corrected_at": None,
        "story": None,
        "screen": {"name": "article", "params": {"id": public_id, "slug": slug}},
    }
    return orjson.dumps(document).decode()


def _words(number: int) -> Iterator[str]:
    """A headline, then a teaser; the same for the same article."""
    chosen = random.Random(number)
    for count in (9, 26):
        yield " ".join(chosen.choices(WORDS, k=count))
