"""The console of a large newsroom: `python -m benchmarks.console [--articles N] [--phones N]`.

Every page of the console, lists a hundred pages deep, a year of numbers, and the audience of an
alert, at first and exactly, in milliseconds of processor time, best of five; a million articles and
phones without a number. Under `python -m tests.postgres` it asks PostgreSQL, and adds the time of
its processes. `--keep FILE` has the database of SQLite made once and asked again.
"""

import argparse
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

from flask import Flask
from sqlalchemy import bindparam, text

from backend.core import migrate
from backend.core.db import UtcDateTime, db, release, transaction
from benchmarks.archive import fill, tag_name
from benchmarks.audience import FACTS, FOLLOWS, INSTALLATIONS, KEY, ROOT
from benchmarks.newsroom_rows import write
from tests.conftest import bearer, postgres_database
from tests.people import SECURE, Person, person
from wsgi import compose

MILLION = 1_000_000
BEST_OF, DEPTH = 5, 100
PAGE_BOUND_MS, AUDIENCE_BOUND_MS = 100, 300
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
LISTS = (
    "/console/articles",
    "/console/articles?source=mill",
    f"/console/articles?tag={tag_name(1)}",
    "/console/articles?q=harbour+storm",
    "/console/tags",
    f"/console/tags/{tag_name(1)}",
    "/console/stories",
    "/console/stories?order=largest",
    "/console/sources",
    "/console/links",
    "/console/alerts",
    "/console/audit",
)
# Filters, and pages of one thing; those without a parameter are found among the routes.
OTHERS = (
    "/console/numbers?days=7",
    "/console/numbers?days=90",
    "/console/numbers?days=365",
    "/console/articles?state=taken_down",
    "/console/articles?q=https://mill.example/{article}",
    "/console/articles/{article}",
    "/console/articles/{article}/edit",
    "/console/articles/{article}/takedown",
    f"/console/articles/{{article}}/tags/forbid?name={tag_name(1)}",
    f"/console/tags/{tag_name(2)}",
    "/console/tags?q=topic1",
    "/console/stories/{story}",
    "/console/sources/mill",
    "/console/sources/mill/remove",
    "/console/links/of/link-77",
    "/console/alerts/{alert}",
    "/console/alerts/{alert}/correct",
    "/console/alerts/topics?topic_q=top",
    "/console/audit?act=article.corrected",
)
AUDIENCES = {
    "1 topic of half": [1],
    "3 topics, all of them": [1, 2, 3],
    "20 rare topics": [*range(10, 30)],
}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--articles", type=int, default=MILLION)
    asked.add_argument("--phones", type=int, default=MILLION)
    asked.add_argument("--keep", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="tagwire-console-") as folder:
        file = options.keep or Path(folder) / "console.db"
        is_new = not file.exists()
        url = postgres_database() or f"sqlite:///{file}"
        app = _app(url)
        with app.app_context():
            if is_new:
                _fill(options.articles, options.phones)
            _measure(app)


def _app(url: str) -> Flask:
    environ = {
        "DATABASE_URL": url,
        "SECRET_KEY": "a-secret-key-of-the-benchmarks-only",
        "NEWSROOM_KEY": KEY,
        "PUBLIC_URL": SECURE,
        "APP_CONFIG": str(ROOT / "app.toml"),
        "RATELIMIT_ENABLED": "0",
        "LOG_LEVEL": "ERROR",
    }
    return compose(environ, ROOT)


def _fill(articles: int, phones: int) -> None:
    """The archive, its newsroom around it, and phones that follow three topics and a rare one."""
    migrate.upgrade(now=datetime.now(UTC))
    fill(articles, follows=1)
    now = bindparam("now", datetime.now(UTC), type_=UtcDateTime())
    with transaction() as session:
        session.execute(text("DELETE FROM follow"))
        session.execute(text("DELETE FROM installation"))
        session.execute(text(INSTALLATIONS).bindparams(now, count=phones))
        session.execute(text(FACTS))
        for feed in (1, 2, 3):
            session.execute(text(FOLLOWS).bindparams(now, feed=feed, all=feed == 3))
        session.execute(
            text(
                "INSERT INTO follow (feed_id, installation_id, since) "
                "SELECT 4 + id % 197, id, :now FROM installation"
            ).bindparams(now)
        )
        write(session.connection(), articles, datetime.now(UTC))
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        connection.execute(text("ANALYZE" if is_sqlite else "VACUUM ANALYZE"))


def _measure(app: Flask) -> None:
    ann = person(app, f"Ann {time.time_ns()}", "admin")
    release()
    for path in _pages(app):
        _tell(path, _page_ms(ann, path), PAGE_BOUND_MS)
    for path in LISTS:
        deep = _deep(ann, path)
        if deep is not None:
            _tell(f"{path}, {DEPTH} pages on", _page_ms(ann, deep), PAGE_BOUND_MS)
    for name, feeds in AUDIENCES.items():
        _tell(f"audience, at first: {name}", _desk_ms(ann, feeds), AUDIENCE_BOUND_MS)
        print(f"{_audience_ms(app, feeds):7.1f} ms  audience, exactly: {name}", flush=True)


def _pages(app: Flask) -> Iterator[str]:
    """Yield the console's pages: those of routes without a parameter, then lists and others."""
    for rule in app.url_map.iter_rules():
        is_page = rule.rule.startswith("/console") and "GET" in (rule.methods or ())
        if is_page and not rule.arguments and rule.rule != "/console/login":
            yield rule.rule
    yield from LISTS
    with db.engine.connect() as connection:
        named = {
            name: connection.execute(text(f"SELECT public_id FROM {table} WHERE id = 77")).scalar()
            for name, table in (
                ("article", "article"),
                ("story", "story"),
                ("alert", "notification"),
            )
        }
    for path in OTHERS:
        yield path.format(**named)


def _deep(ann: Person, path: str) -> str | None:
    """The page so many links to the next one further; None where the list is shorter."""
    for _ in range(DEPTH):
        following = re.findall(r'href="([^"]*cursor=[^"]+)"', ann.get(path).text)
        release()
        if not following:
            return None
        path = unescape(following[-1])
    return path


def _page_ms(ann: Person, path: str) -> float:
    def ask() -> None:
        answer = ann.get(path)
        assert answer.status_code in {200, 303}, (path, answer.status_code)

    return _best_ms(ask)


def _best_ms(ask: Callable[[], None]) -> float:
    """Return the best processor time, with that of the database's processes where it has any."""
    best = float("inf")
    for _ in range(BEST_OF):
        begun = time.process_time() * 1000 + _database_ms()
        ask()
        best = min(best, time.process_time() * 1000 + _database_ms() - begun)
        release()
    return best


def _tell(what: str, ms: float, bound_ms: float) -> None:
    print(f"{ms:7.1f} ms  {'OVER  ' if ms > bound_ms else ''}{what}", flush=True)


def _desk_ms(ann: Person, feeds: list[int]) -> float:
    """Time what the alert desk answers after a key: how the draft looks, and whom it reaches."""
    path = str(ann.send("/console/alerts/drafts").location)
    typed = {"topic": _topics(feeds), "loudness": "normal", "version": "1", "page": "a"}

    def ask() -> None:
        told = typed | {"title": f"Bridge closed {time.time_ns()}", "body": "Until noon."}
        answer = ann.send(path, data=told, headers={"HX-Request": "true"})
        assert answer.status_code == 200, answer.text
        assert "Reaches" in answer.text

    return _best_ms(ask)


def _topics(feeds: list[int]) -> list[str]:
    return [f"tag:{tag_name(number)}" for number in feeds]


def _audience_ms(app: Flask, feeds: list[int]) -> float:
    topics = _topics(feeds)
    draft = {"title": "Bridge closed", "body": "Until noon.", "topics": topics, "urgency": "normal"}
    client = app.test_client()

    def ask() -> None:
        answer = client.post(
            "/v1/newsroom/notifications/preview",
            json=draft,
            headers=bearer(KEY),
            base_url=SECURE,
        )
        assert answer.status_code == 200, answer.text

    return _best_ms(ask)


def _database_ms() -> float:
    """Sum the processor time of the processes that serve PostgreSQL's connections; 0 on SQLite."""
    if db.engine.dialect.name != "postgresql":
        return 0.0
    with db.engine.connect() as connection:
        found = connection.execute(text("SELECT pid FROM pg_stat_activity WHERE client_port <> 0"))
        return sum(_spent_ms(int(pid)) for pid in found.scalars())


def _spent_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_MS


if __name__ == "__main__":
    main()
