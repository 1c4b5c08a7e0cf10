"""What an app pays to learn what changed: a home of many topics to one tag, in the process.

`python -m benchmarks.changes`; under `python -m tests.postgres` it measures PostgreSQL. Both calls
go through Flask, in turns; told is the processor's time of the process.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, select, update

from backend.core import migrate
from backend.core.db import db
from backend.tables.newsroom import ChangeCounter, Feed, FeedChange, FeedRow
from benchmarks.archive import NEWEST, POPULAR, SECRET, fill, first_page
from tests.conftest import postgres_database
from wsgi import compose

ARTICLES, FOLLOWED = 3_000, 50
CALLS = 200
OWN = {"Authorization": f"Bearer {SECRET}"}
TAG_CHANGES = f"{first_page(POPULAR).removesuffix('/articles')}/changes"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        client = app.test_client()
        tag, home = _cursor(client, first_page(POPULAR)), _cursor(client, "/v1/feed")
        for changed in (0, 20, 100):
            if changed:
                with app.app_context():
                    _edit(range(ARTICLES - changed, ARTICLES))
            calls = (
                lambda: client.get(TAG_CHANGES, query_string=_asked(tag)),
                lambda: client.get("/v1/feed/changes", headers=OWN, query_string=_asked(home)),
            )
            of_tag, of_home = _cpu_us(calls)
            print(
                f"{changed:>3} articles edited since: tag {of_tag:,.0f} µs, "
                f"home of {FOLLOWED} topics {of_home:,.0f} µs, x{of_home / of_tag:.2f}"
            )
        with app.app_context():
            db.engine.dispose()


def _asked(cursor: str) -> dict[str, str]:
    return {"cursor": cursor, "limit": "100"}


def _app(folder: Path) -> Flask:
    url = postgres_database() or f"sqlite:///{folder / 'bench.db'}"
    settings = {"DATABASE_URL": url, "SECRET_KEY": "k" * 32, "PAGES_KEPT_MB": "0"}
    app = compose(settings | {"RATELIMIT_ENABLED": "0"}, folder)
    with app.app_context():
        migrate.upgrade(now=NEWEST)
        fill(ARTICLES, FOLLOWED)
    return app


def _cursor(client: FlaskClient, path: str) -> str:
    return str(client.get(path, headers=OWN).get_json()["sync_cursor"])


def _edit(ids: Sequence[int]) -> None:
    """Write a change of each article in all of its feeds, under a change number of its own."""
    with db.engine.begin() as connection:
        value = connection.scalar(select(ChangeCounter.value)) or 0
        rows = connection.execute(
            select(FeedRow.feed_id, FeedRow.article_id).where(FeedRow.article_id.in_([*ids]))
        ).all()
        at = NEWEST + timedelta(minutes=1)
        known = select(FeedChange.article_id)
        new = set(ids) - set(connection.scalars(known))
        changes = [
            {"feed_id": feed, "article_id": article, "seq": value + 1 + article - ids[0]}
            | {"op": "upsert", "at": at}
            for feed, article in rows
            if article in new
        ]
        connection.execute(insert(FeedChange), changes)
        connection.execute(update(ChangeCounter).values(value=value + len(ids)))
        connection.execute(update(Feed).values(version=value + len(ids)))


def _cpu_us(calls: Sequence[Callable[[], object]]) -> list[float]:
    """Return the median processor time of each call, in microseconds; they are called in turns."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(CALLS):
        for each, call in zip(times, calls, strict=True):
            started = time.process_time()
            call()
            each.append(time.process_time() - started)
    return [statistics.median(each) * 1e6 for each in times]


if __name__ == "__main__":
    main()
