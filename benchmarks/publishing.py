"""Publishing over the API against the simplest program that inserts the same rows.

`python -m benchmarks.publishing [--articles N] [FOLDER]`; under `python -m tests.postgres` both
sides write to PostgreSQL. Each article is sent to the app in this process, then the rows that it
came to are inserted into a second database with SQLAlchemy Core, in one transaction. Compared is
the processor time of this process. The articles are entries of the feeds of FOLDER, or made up.
"""

import argparse
import gc
import itertools
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    bindparam,
    create_engine,
    func,
    insert,
    select,
    text,
    update,
)

from backend.core import migrate
from backend.core.db import Base, db, release, table_of, tune
from backend.feed.search_text import as_tsvector, document_terms
from backend.http.context import current_context
from backend.ingest.entry_drafts import SourceDefaults, drafts_of
from backend.ingest.parsing.entry import FeedError, ParsedFeed
from backend.ingest.parsing.parse import parse_feed
from backend.newsroom.article_text import content_of
from backend.newsroom.draft import ArticleDraft, draft_from
from backend.stories.sketch import sketch_of
from backend.stories.terms import terms_of
from backend.tables.newsroom import Article, ChangeCounter, Feed
from backend.tagging.tagger import tag_article
from benchmarks.publishers import written_feed
from tests.conftest import postgres_database
from wsgi import compose

KEY = "the-key-of-a-benchmark"
WARM = 20
# What an article may be the first to need, and does not belong to it.
GROWING = ("source", "category", "tag", "tag_member", "tag_alias", "story", "feed")
Body = Mapping[str, Any]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--articles", type=int, default=150)
    asked.add_argument("folder", nargs="?", type=Path)
    options = asked.parse_args()
    bodies = list(itertools.islice(_bodies(options.folder), WARM + options.articles))
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        url = postgres_database() or f"sqlite:///{root / 'published.db'}"
        app = compose(_settings(url), root)
        with app.app_context():
            migrate.upgrade(now=current_context().now())
            other = _like(url, root)
            print(_told(_compared(app.test_client(), other, bodies)), flush=True)
            release()
            db.engine.dispose()
            other.dispose()


def _settings(url: str) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "SECRET_KEY": "k" * 32,
        "NEWSROOM_KEY": KEY,
        "PUSH_TRANSPORT": "local",
        "RATELIMIT_ENABLED": "0",
    }


@dataclass(frozen=True)
class Times:
    """Processor seconds of each article: published, of reading its text, and of its rows."""

    whole: list[float] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)


def _compared(client: FlaskClient, other: Engine, bodies: Sequence[Body]) -> Times:
    times, copier = Times(), _Copier(other)
    for body in bodies:  # lists of names are loaded a language at a time, once in a process
        _read(body)
    gc.freeze()  # as servers do
    for number, body in enumerate(bodies):
        path = f"/v1/newsroom/articles/publisher-{number % 7}/{number}"
        whole = _cpu_s(lambda: _put(client, path, body))  # noqa: B023
        rows = copier.next_rows()
        simplest = _cpu_s(lambda: copier.write(rows))  # noqa: B023
        if number >= WARM:
            times.whole.append(whole)
            times.rows.append(simplest)
            times.reading.append(_cpu_s(lambda: _read(body)))  # noqa: B023
    return times


def _put(client: FlaskClient, path: str, body: Body) -> None:
    answer = client.put(path, json=body, headers={"Authorization": f"Bearer {KEY}"})
    if answer.status_code != 201:
        raise RuntimeError(answer.text)


def _read(body: Body) -> None:
    """Find out about a text what publishing does and the simplest program does not."""
    draft = draft_from(body)
    content = content_of(draft)
    sketch_of.cache_clear()
    sketch_of(content.body_text)
    terms_of(content.title, content.summary, "en")
    tag_article(content.title, content.summary, content.body_text, draft.language)


class _Copier:
    """Copies the rows that an article made into the other database."""

    def __init__(self, other: Engine) -> None:
        self._other = other
        self._known = {name: set(_keys_in(name)) for name in GROWING}
        self._inserts = {table: insert(table) for table in Base.metadata.sorted_tables}

    def next_rows(self) -> "_NewRows":
        """Read the newest article's rows of every table, in an order that foreign keys allow."""
        with db.engine.connect() as connection:
            newest = connection.execute(select(func.max(Article.id))).scalar_one()
            article = connection.execute(select(Article).where(Article.id == newest)).one()
            rows = [
                (table, found)
                for table in Base.metadata.sorted_tables
                if (found := self._of(connection, table, newest))
            ]
        document = f"{article.title}\n\n{article.summary}\n\n{article.body_text}"
        return _NewRows(rows, document_terms(document))

    def _of(self, connection: Connection, table: Table, newest: int) -> list[dict[str, Any]]:
        if table.name in GROWING:
            found = connection.execute(select(table)).mappings().all()
            known = self._known[table.name]
            new = [dict(row) for row in found if _key(table, row) not in known]
            known.update(_key(table, row) for row in new)
            return new
        if table.name == "article":
            own = table.c.id == newest
        elif "article_id" in table.c:
            own = table.c.article_id == newest
        else:
            return []
        return [dict(row) for row in connection.execute(select(table).where(own)).mappings()]

    def write(self, new: "_NewRows") -> None:
        """Insert the rows in one transaction, a statement a table: the least that is needed."""
        with self._other.connect().execution_options(writes=True) as connection:
            for table, values in new.rows:
                connection.execute(self._inserts[table], values)
                if table.name == "search_entry":
                    self._put_words(connection, values[0]["place"], new.terms)
                if table.name == "feed_change":
                    seq = values[0]["seq"]
                    connection.execute(_COUNT, {"seq": seq})
                    feeds = [row["feed_id"] for row in values]
                    connection.execute(_SET_VERSION, {"ids": feeds, "seq": seq})
            connection.commit()

    def _put_words(self, connection: Connection, place: int, terms: list[str]) -> None:
        is_sqlite = self._other.dialect.name == "sqlite"
        words = " ".join(terms) if is_sqlite else as_tsvector(terms)
        statement = _PUT_SQLITE if is_sqlite else _PUT_POSTGRESQL
        connection.execute(statement, {"place": place, "words": words})


@dataclass(frozen=True)
class _NewRows:
    """The rows of an article by table, and its words for the full-text index."""

    rows: list[tuple[Table, list[dict[str, Any]]]]
    terms: list[str]


def _keys_in(name: str) -> Iterator[tuple[Any, ...]]:
    table = Base.metadata.tables[name]
    with db.engine.connect() as connection:
        for row in connection.execute(select(table)).mappings():
            yield _key(table, row)


def _key(table: Table, row: Mapping[Any, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _like(url: str, root: Path) -> Engine:
    """Make the second database: as empty as the first one, with the same tables."""
    db.engine.dispose()
    if not url.startswith("sqlite"):
        engine = create_engine(postgres_database(like=url) or "")
    else:
        path = root / "simplest.db"
        shutil.copy(url.removeprefix("sqlite:///"), path)
        engine = create_engine(f"sqlite:///{path}")
    tune(engine)
    return engine


def _cpu_s(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _bodies(folder: Path | None) -> Iterator[Body]:
    """Yield what publishers send: entries of feeds that have a text, those of several in turns."""
    feeds = _feeds_of(folder) if folder else (written_feed(number, 0) for number in range(40))
    entries = [
        [_body_of(each.draft) for each in drafts_of(feed, SourceDefaults()).entries]
        for document in feeds
        if (feed := _parsed(document)) is not None
    ]
    for together in itertools.zip_longest(*entries):
        yield from filter(None, together)


def _feeds_of(folder: Path) -> Iterator[bytes]:
    return (path.read_bytes() for path in sorted(folder.iterdir()))


def _parsed(document: bytes) -> ParsedFeed | None:
    try:
        return parse_feed(document, url="https://p.example/")
    except FeedError:
        return None


def _body_of(draft: ArticleDraft) -> Body:
    """Make a request's body, dated an hour ago, so that all work for recent articles is done."""
    at = datetime.now(UTC) - timedelta(hours=1)
    fields = {
        "title": draft.title,
        "url": draft.url,
        "summary": draft.summary,
        "body_html": draft.body_html,
        "category": draft.category,
        "tags": list(draft.tags)[:50],
        "language": draft.language,
        "published_at": at.isoformat(),
    }
    return {name: value for name, value in fields.items() if value}


def _told(times: Times) -> str:
    whole, rows, reading = (
        statistics.median(each) * 1e3 for each in (times.whole, times.rows, times.reading)
    )
    ratios = [one / other for one, other in zip(times.whole, times.rows, strict=True)]
    return (
        f"{db.engine.name}, {len(times.whole)} articles: published {whole:.2f} ms, the same rows"
        f" alone {rows:.2f} ms, reading the text {reading:.2f} ms; published to rows"
        f" x{statistics.median(ratios):.2f}, without reading x{(whole - reading) / rows:.2f}"
    )


_PUT_SQLITE = text("INSERT INTO search_words (rowid, words) VALUES (:place, :words)")
_PUT_POSTGRESQL = text(
    "INSERT INTO search_words (place, words) VALUES (:place, CAST(:words AS tsvector))"
)
_COUNT = update(table_of(ChangeCounter)).values(value=bindparam("seq"))
_SET_VERSION = (
    update(table_of(Feed))
    .where(table_of(Feed).c.id.in_(bindparam("ids", expanding=True)))
    .values(version=bindparam("seq"))
)

if __name__ == "__main__":
    main()
