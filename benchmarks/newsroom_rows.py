"""What a newsroom of years holds beside its archive, written as its acts would leave it.

Stories of ten articles, 300 sources, 20,000 tags, 200,000 acts, ten alerts a day, the numbers of
365 days as many as are kept, and 100,000 short links.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice, product
from typing import Any

from sqlalchemy import Connection, insert, text

from backend.core.db import Base, table_of
from backend.numbers.floor import MOST_SUBJECTS
from backend.tables.audit import AuditEntry
from backend.tables.ingest import SourceDay, SourceFeed
from backend.tables.newsroom import Feed, Source, Story, Tag
from backend.tables.numbers import DailyNumber, NumberedDay
from benchmarks.archive import CHUNK
from deeplinks.store.models import LinkCount, ShortLink
from push.store.models import Notification, NotificationTopic

DAYS, ALERTS_A_DAY = 365, 10
SOURCES, TAGS, ACTS, LINKS, IN_STORY = 300, 20_000, 200_000, 100_000, 10
# Beyond those of the archive.
FIRST_ID = 1_000
PLATFORMS = ("android", "ios", "web")

Rows = Iterator[dict[str, Any]]


def write(connection: Connection, articles: int, now: datetime) -> None:
    stories = articles // IN_STORY
    made: list[tuple[type[Base], Rows]] = [
        (Story, _stories(stories, now)),
        (Source, _sources(now)),
        (SourceFeed, _source_feeds(now)),
        (SourceDay, _source_days(now)),
        (Tag, _tags(now)),
        (Feed, _feeds()),
        (AuditEntry, _acts(now)),
        (Notification, _alerts(now)),
        (NotificationTopic, _alert_topics()),
        (NumberedDay, _numbered(now)),
        (DailyNumber, _day_numbers(now)),
        (ShortLink, _links(now)),
        (LinkCount, _link_counts(now)),
    ]
    for model, rows in made:
        while some := list(islice(rows, CHUNK)):
            connection.execute(insert(table_of(model)), some)
    in_story = "UPDATE article SET story_id = 1 + (id - 1) / :size WHERE id <= :last"
    connection.execute(text(in_story), {"size": IN_STORY, "last": stories * IN_STORY})


def _stories(count: int, now: datetime) -> Rows:
    for n in range(1, count + 1):
        at = now - timedelta(minutes=count - n)
        yield {"id": n, "public_id": f"story{n}", "created_at": at, "source_count": 1 + n % 9}


def _sources(now: datetime) -> Rows:
    for n in _from_first(SOURCES):
        yield {"id": n, "slug": f"paper-{n}", "name": f"Paper {n}", "created_at": now}


def _source_feeds(now: datetime) -> Rows:
    for n in _from_first(SOURCES):
        yield {
            "source_id": n,
            "feed_url": f"https://paper-{n}.example/feed",
            "host": f"paper-{n}.example",
            "next_poll_at": now + timedelta(hours=1),
            "created_at": now,
            "last_success_at": now,
            "failures": 5 if n % 10 == 0 else 0,
            "last_error": "HTTP 503" if n % 10 == 0 else None,
        }


def _source_days(now: datetime) -> Rows:
    for n, day in product(_from_first(SOURCES), range(14)):
        on = now.date() - timedelta(days=day)
        yield {"source_id": n, "day": on, "polls": 48, "failed": 0, "new": 15}


def _tags(now: datetime) -> Rows:
    for n in _from_first(TAGS):
        name = f"Subject{n}"
        yield {"id": n, "name": name, "key": name.lower(), "kind": "topic", "created_at": now} | {
            "state": "learned" if n % 50 == 0 else "known"
        }


def _feeds() -> Rows:
    for n in _from_first(TAGS):
        yield {"id": n, "kind": "tag", "ref_id": n, "language": "", "version": 0}
    for n in _from_first(SOURCES):
        yield {"id": FIRST_ID + TAGS + n, "kind": "source", "ref_id": n} | {
            "language": "",
            "version": 0,
        }


def _acts(now: datetime) -> Rows:
    acts = ("article.corrected", "article.retagged", "tag.merged", "notification.sent")
    for n in range(ACTS):
        yield {
            "at": now - timedelta(minutes=5 * (ACTS - n)),
            "actor_kind": "user",
            "actor_id": f"user{n % 40}",
            "actor_name": f"Editor {n % 40}",
            "act": acts[n % len(acts)],
            "subject": f"article:{n:020x}",
            "before": {"title": "Harbour opened"},
            "after": {"title": "Harbour closed"},
        }


def _alerts(now: datetime) -> Rows:
    for n in range(1, DAYS * ALERTS_A_DAY + 1):
        at = now - (DAYS * ALERTS_A_DAY - n) * timedelta(days=1) / ALERTS_A_DAY
        counts = {"audience": 900_000, "accepted": 890_000, "failed": 10_000}
        yield counts | {
            "id": n,
            "public_id": f"alert{n}",
            "key": f"id:alert{n}",
            "article_id": 1 + n % FIRST_ID,
            "title": "Bridge closed until noon after the storm",
            "body": "All traffic goes around by the old road.",
            "url": "https://news.test/article/1/bridge",
            "urgency": "normal",
            "state": "sent",
            "created_by": "Editor 1",
            "content_hash": "0",
            "created_at": at,
            "send_at": at,
            "expires_at": at + timedelta(hours=4),
            "is_counted": True,
        }


def _alert_topics() -> Rows:
    for n in range(1, DAYS * ALERTS_A_DAY + 1):
        yield {"notification_id": n, "feed_id": 1 + n % 200, "role": "any"}


def _numbered(now: datetime) -> Rows:
    for day in _days(now):
        yield {"day": day, "made_at": now, "is_settled": day < now.date() - timedelta(days=7)}


def _day_numbers(now: datetime) -> Rows:
    """Yield as many rows as a day ever has: the first fifty of each measure, the others in sum."""
    of_subjects = {
        "topics": ("alerts", "accepted", "received", "opened"),
        "follows": ("gained", "lost"),
        "downloads": ("visits", "downloads", "claims", "installations", "follows"),
        "articles": ("opened", "clicks"),
        "listed": ("articles",),
    }
    for number, day in enumerate(_days(now)):
        of_day = {"day": day, "count": 1_000 + number}
        for hour in range(8, 8 + ALERTS_A_DAY):
            for measure, platform in product(("accepted", "received", "opened"), PLATFORMS):
                yield of_day | _cell("alerts", "", measure, hour, platform)
            yield of_day | _cell("alerts", "", "alerts", hour)
        for kind, measures in of_subjects.items():
            for measure, n in product(measures, range(MOST_SUBJECTS)):
                yield of_day | _cell(kind, _subject(kind, n + number), measure)


def _cell(
    kind: str, subject: str, measure: str, hour: int = 0, platform: str = ""
) -> dict[str, Any]:
    named = {"kind": kind, "subject": subject, "measure": measure}
    return {**named, "hour": hour, "platform": platform}


def _subject(kind: str, number: int) -> str:
    """Return a subject's name: of few campaigns or topics that come again, or of an article."""
    if kind == "downloads":
        return f"campaign-{number % 100}"
    return f"{number * MOST_SUBJECTS:020x}" if kind == "articles" else str(1 + number % 200)


def _links(now: datetime) -> Rows:
    for n in range(1, LINKS + 1):
        yield {"id": n, "code": f"link-{n}", "path": f"/tag/Topic{1 + n % 200}"} | {
            "campaign": f"campaign-{n % 100}",
            "created_at": now - timedelta(minutes=LINKS - n),
        }


def _link_counts(now: datetime) -> Rows:
    kinds = ("download", "claim", "installation", "follow")
    for day in _days(now):
        for kind, n in product(kinds, range(100)):
            yield {"day": day, "kind": kind, "label": f"campaign-{n}", "count": 50}
        for n in range(200):
            yield {"day": day, "kind": "click:", "label": f"link-{n}", "count": 50}


def _days(now: datetime) -> list[Any]:
    return [now.date() - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]


def _from_first(count: int) -> range:
    return range(FIRST_ID, FIRST_ID + count)
