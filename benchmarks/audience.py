"""A newsroom with any number of followers, for what is measured on it.

`python -m benchmarks.audience [FOLLOWERS]` estimates and plans alerts to parts of them, on SQLite,
of a million without a number.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.engine import make_url

from backend.core import migrate
from backend.core.db import UtcDateTime, db, release, transaction
from push.audience import fan_out
from push.transport.payload import Alert
from tests import postgres
from wsgi import compose

ROOT = Path(__file__).parent.parent
KEY = "the-editors-key-of-the-benchmarks"
TOPICS = ("Harbour", "Storm", "Bridge")
TITLE = "Bridge closed until noon after the storm"
BODY = "All traffic goes around by the old road, the harbour authority says. " * 2
# An address as long as Google's registration tokens.
TAIL = "A" * 150

# Half of them follow each of two topics, all of them the third: nobody is to be alerted twice.
INSTALLATIONS = f"""
    INSERT INTO installation (
        id, public_id, secret_hash, platform, address_kind, address_value, locale, time_zone,
        created_at, seen_at, breaking_overrides_quiet_hours, is_test
    )
    WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < :count)
    SELECT i, 'phone-' || i, 'secret-' || i, CASE WHEN i % 3 = 0 THEN 'ios' ELSE 'android' END,
        'fid', 'f' || i || '{TAIL}', 'en', 'UTC', :now, :now, true, false
    FROM number
"""
FOLLOWS = """
    INSERT INTO follow (feed_id, installation_id, since)
    SELECT :feed, id, :now FROM installation WHERE :all OR (id + :feed) % 2 = 0
"""
# Facts by which audiences are narrowed, and preferences that are decided on one by one.
FACTS = """
    UPDATE installation SET
        locale = CASE id % 4 WHEN 0 THEN 'de-AT' WHEN 1 THEN 'ko' ELSE 'en-GB' END,
        time_zone = CASE id % 3 WHEN 0 THEN 'Asia/Seoul' ELSE 'Europe/Vienna' END,
        app_version = '3.' || (id % 10) || '.0',
        daily_limit = CASE id % 20 WHEN 0 THEN 5 END
"""
AUDIENCES: dict[str, dict[str, Any]] = {
    "followers of any of three topics": {"any": TOPICS},
    "followers of all of two, not of a third": {"all": [TOPICS[0], TOPICS[2]], "none": [TOPICS[1]]},
    "of two languages on one platform": {
        "any": TOPICS,
        "languages": ["de", "ko"],
        "platforms": ["android"],
    },
    "of a country, with a version of 3.5 or newer": {
        "any": TOPICS,
        "countries": ["KR"],
        "app_version": {"min": "3.5"},
    },
}


@dataclass(frozen=True)
class Newsroom:
    """The app on a database of its own, and the environment that its processes are given."""

    app: Flask
    environ: dict[str, str]

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Call the newsroom's API as an editor."""
        answer = self.app.test_client().open(
            f"/v1/newsroom/{path}",
            method=method,
            json=body or None,
            headers={"Authorization": f"Bearer {KEY}"},
            base_url=self.environ["PUBLIC_URL"],
        )
        found: dict[str, Any] = answer.get_json()
        release()  # the next call is to see what other processes wrote meanwhile
        assert answer.status_code < 300, found
        return found

    def alert(self) -> str:
        """Publish breaking news to everybody; return its id."""
        topics = [f"tag:{name}" for name in TOPICS]
        sent = self.call(
            "POST", "notifications", title=TITLE, body=BODY, topics=topics, urgency="breaking"
        )
        return str(sent["id"])

    def read(self, notification_id: str) -> dict[str, Any]:
        return self.call("GET", f"notifications/{notification_id}")


@contextmanager
def newsroom(url: str, followers: int, **settings: str) -> Iterator[Newsroom]:
    """A migrated database with so many followers."""
    environ = {
        "DATABASE_URL": url,
        "SECRET_KEY": "a-secret-key-of-the-benchmarks-only",
        "NEWSROOM_KEY": KEY,
        "PUBLIC_URL": "http://news.bench",
        "APP_CONFIG": str(ROOT / "app.toml"),
        "RATELIMIT_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    app = compose(environ, ROOT)
    with app.app_context():
        migrate.upgrade(now=datetime.now(UTC))
        found = Newsroom(app, environ)
        article = {"url": "https://p.example/1", "body_text": BODY, "tags": list(TOPICS)}
        found.call("PUT", "articles/herald/1", title=TITLE, **article)
        _fill(followers)
        yield found
        db.session.remove()
        db.engine.dispose()


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A new database of each engine by its name: durable, as an operator would run it."""
    with tempfile.TemporaryDirectory(prefix="tagwire-bench-") as folder:
        sqlite = {"SQLite": f"sqlite:///{Path(folder) / 'bench.db'}"}
        programs = postgres.programs()
        if programs is None:
            print("PostgreSQL's server programs were not found: SQLite alone is measured")
            yield sqlite
            return
        with postgres.server(programs, durable=True) as url:
            yield {**sqlite, "PostgreSQL": url}


def fresh(url: str, name: str) -> str:
    """Another, empty database beside this one."""
    parsed = make_url(url)
    if parsed.drivername == "sqlite":
        return f"{url}.{name}"
    engine = create_engine(parsed, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return parsed.set(database=name).render_as_string(hide_password=False)


def address(number: int) -> str:
    """Return the address of the installation with this id."""
    return f"f{number}{TAIL}"


def bench_alert() -> Alert:
    """Make the alert that every transport sends."""
    return Alert(
        notification_id="0123456789abcdef01234567",
        title=TITLE,
        body=BODY,
        url="http://news.bench/article/1/bridge-closed",
        image_url="http://news.bench/pictures/bridge.jpg",
        is_breaking=True,
        is_correction=False,
        collapse_key="tw-0123456789abcdef01234567",
        thread="story-1",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


def _fill(followers: int) -> None:
    now = bindparam("now", datetime.now(UTC), type_=UtcDateTime())
    with transaction() as session:
        feeds = session.scalars(
            text("SELECT id FROM feed WHERE kind = 'tag' AND language = '' ORDER BY id")
        ).all()
        session.execute(text(INSTALLATIONS).bindparams(now, count=followers))
        for feed in feeds:
            is_last = feed == feeds[-1]
            session.execute(text(FOLLOWS).bindparams(now, feed=feed, all=is_last))
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE installation, follow"))


def measure(room: Newsroom) -> None:
    """Estimate each audience, then cut it into batches."""
    for name, audience in AUDIENCES.items():
        topics = {
            part: [f"tag:{topic}" for topic in audience.get(part, ())]
            for part in ("any", "all", "none")
        }
        body = {**audience, **{part: named for part, named in topics.items() if named}}
        told = {"title": TITLE, "body": BODY, "urgency": "normal"}
        draft = {**told, "audience": body, "insist": True}
        cpu = time.process_time()
        readers = room.call("POST", "notifications/preview", **draft)["audience"]
        estimate_s, cpu = time.process_time() - cpu, time.process_time()
        sent = room.call("POST", "notifications", **draft)
        while fan_out.fan_out_next(now=datetime.now(UTC)) is not None:
            pass
        count = room.read(sent["id"])["counts"]["audience"]
        assert readers, name
        plan_s = time.process_time() - cpu
        print(f"{name}: estimate {estimate_s:.2f} s, plan {plan_s:.1f} s, {count:,}", flush=True)


def main() -> None:
    followers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with databases() as urls, newsroom(urls["SQLite"], followers) as room:
        with transaction() as session:
            session.execute(text(FACTS))
        measure(room)


if __name__ == "__main__":
    main()
