"""A newsroom's archive of any size, written into the tables as publishing would leave it."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection, insert, text, update

from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import ALL
from backend.core.cursor import Cursor, Kind, Position, encode
from backend.core.db import Base, db, from_us, table_of, to_us
from backend.feed.search_index import place_of
from backend.feed.search_text import as_tsvector
from backend.feed.service import scope_for
from backend.http.auth import hash_secret
from backend.tables.audience import Follow, Installation
from backend.tables.newsroom import (
    Article,
    ArticleTag,
    Category,
    ChangeCounter,
    Feed,
    FeedRow,
    Source,
    Tag,
)
from backend.tables.search import SearchEntry

TAGS = 200
POPULAR = 1  # the tag that every article has
CHUNK = 5_000
PAGE = 20
SECTIONS = ("Politics", "Business", "Sport", "Culture", "Science", "Travel")
# Feeds by id: the tags', then these.
EVERYTHING, SOURCE, FIRST_SECTION = TAGS + 1, TAGS + 2, TAGS + 3
NEWEST = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECRET = "an-installation-of-the-benchmarks"
WORDS = ("harbour", "council", "ferry", "storm", "budget", "river", "bridge", "election", "museum")


@dataclass(frozen=True)
class Archive:
    """An archive of so many articles, a second apart."""

    articles: int

    def below(self, count: int, secret_key: str, path: str = "") -> str:
        """The address of the page of the popular tag's feed that has so many articles above it.

        `path` is another list of that feed, such as the page of the tag.
        """
        last = self.articles - count + 1
        cursor = Cursor(Kind.PAGE, at=Position(_rank(last, self.articles), last))
        token = encode(cursor, scope_for(FeedKey("tag", POPULAR)), [secret_key])
        return f"{path or first_page(POPULAR)}?cursor={token}"


def fill(articles: int, follows: int) -> Archive:
    """Write the archive, and one installation that follows so many tags."""
    with db.engine.begin() as connection, _no_upkeep(connection):
        _head(connection)
        for first in range(1, articles + 1, CHUNK):
            _write(connection, range(first, min(first + CHUNK, articles + 1)), articles)
        connection.execute(update(ChangeCounter).values(value=1))
        connection.execute(update(Feed).values(version=1))
        _follow(connection, follows)
        if connection.dialect.name == "postgresql":
            _go_on_behind(connection, (Source, Category, Tag, Feed, Article, Installation))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.execute(text("ANALYZE" if is_sqlite else "VACUUM ANALYZE"))
    return Archive(articles)


def first_page(tag: int) -> str:
    return f"/v1/tags/{tag_name(tag)}/articles"


def tag_name(number: int) -> str:
    return f"Topic{number}"


def _go_on_behind(connection: Connection, models: Iterable[type[Base]]) -> None:
    """Advance PostgreSQL's sequences, which do not hear of ids that rows were given."""
    for name in (table_of(each).name for each in models):
        last = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"
        connection.execute(text(last))


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
    sections = list(enumerate(SECTIONS, start=1))
    connection.execute(
        insert(Category), [{"id": n, "slug": name.lower(), "name": name} for n, name in sections]
    )
    feeds = [{"id": n, "kind": "tag", "ref_id": n} for n in tags]
    feeds += [{"id": EVERYTHING, "kind": ALL, "ref_id": 0}]
    feeds += [{"id": SOURCE, "kind": "source", "ref_id": 1}]
    feeds += [
        {"id": FIRST_SECTION + n, "kind": "category", "ref_id": n + 1} for n in range(len(SECTIONS))
    ]
    connection.execute(insert(Feed), [{**feed, "language": "", "version": 0} for feed in feeds])


def _write(connection: Connection, ids: range, articles: int) -> None:
    rows = [_article(n, articles) for n in ids]
    _put(connection, Article, rows)
    _put(
        connection,
        FeedRow,
        [
            {"feed_id": feed, "rank_us": _rank(n, articles), "article_id": n, "source_id": 1}
            for n in ids
            for feed in (POPULAR, _tag_of(n), EVERYTHING, SOURCE, FIRST_SECTION + _section_of(n))
        ],
    )
    _put(
        connection,
        ArticleTag,
        [
            {"article_id": n, "tag_id": tag, "position": at, "rule": "given", "score": 1.0}
            for n in ids
            for at, tag in enumerate((POPULAR, _tag_of(n)))
        ],
    )
    places = [place_of(_rank(n, articles), n) for n in ids]
    _put(
        connection,
        SearchEntry,
        [{"article_id": n, "place": at, "version": ""} for n, at in zip(ids, places, strict=True)],
    )
    _put_words(connection, zip(places, map(_terms, rows), strict=True))


def _put(connection: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows in the fastest way that each engine has for many."""
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table_of(model)), rows)
        return
    names = ", ".join(rows[0])
    _copy(connection, f"{model.__tablename__} ({names})", (each.values() for each in rows))


def _put_words(connection: Connection, rows: Iterable[tuple[int, list[str]]]) -> None:
    if connection.dialect.name == "sqlite":
        put = "INSERT INTO search_words (rowid, words) VALUES (?, ?)"
        connection.exec_driver_sql(put, [(at, " ".join(terms)) for at, terms in rows])
        return
    _copy(connection, "search_words (place, words)", ((at, as_tsvector(w)) for at, w in rows))


def _copy(connection: Connection, into: str, rows: Iterable[Iterable[Any]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(tuple(row))


@contextmanager
def _no_upkeep(connection: Connection) -> Iterator[None]:
    """Keep PostgreSQL from checking the references of a million rows and from building the index of
    words row by row.
    """
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text("DROP INDEX ix_search_words_words"))
    yield
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    index = "CREATE INDEX ix_search_words_words ON search_words USING gin (words)"
    connection.execute(text(index))


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
    """Return the id of an article's tag: any but the popular one."""
    return POPULAR + 1 + number % (TAGS - 1)


def _section_of(number: int) -> int:
    return number % len(SECTIONS)


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
        "category_id": _section_of(number) + 1,
        "breaking": False,
        "card": _card(number, public_id, title, summary, at),
    }


def _card(number: int, public_id: str, title: str, summary: str, at: datetime) -> str:
    """A summary with every member that a real one has."""
    shown = at.isoformat().replace("+00:00", "Z")
    slug = "-".join(title.lower().split())
    section = SECTIONS[_section_of(number)]
    document = {
        "id": public_id,
        "url": f"/article/{public_id}/{slug}",
        "source_url": f"https://mill.example/{public_id}",
        "title": title,
        "summary": summary,
        "image": {"url": f"https://mill.example/{public_id}.jpg", "width": 1200, "height": 675}
        | {"alt": title},
        "source": {"slug": "mill", "name": "The Mill"},
        "category": {"slug": section.lower(), "name": section},
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


def _terms(row: Mapping[str, Any]) -> list[str]:
    """Return what `document_terms` makes of such plain words, at a tenth of its cost."""
    return f"{row['title']} {row['summary']} {row['body_text']}".lower().replace(".", "").split()


def _words(number: int) -> Iterator[str]:
    """A headline, then a teaser; the same for the same article."""
    chosen = random.Random(number)
    for count in (9, 26):
        yield " ".join(chosen.choices(WORDS, k=count))
