"""A draft's version: the same words, the same digest, in this version of the software and later."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from types import FrameType
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.core.db import transaction
from backend.http.context import current_context
from backend.ingest.parsing.parse import parse_feed
from backend.ingest.service import feed_import_of
from backend.newsroom.article_text import content_of
from backend.newsroom.draft import ArticleDraft, ImageDraft, content_hash, is_same_version
from backend.newsroom.service import Arrival, publish
from tests.backend.feed.reading import get
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.newsroom.test_duplicates import poll
from tests.conftest import EDITOR, START, Clock

INSTANT = datetime(2026, 3, 2, 12, tzinfo=UTC)
PLAIN = ArticleDraft(title="Rain", url="https://a.example/1")
RICH = ArticleDraft(
    title="Rain 'n' \ud800",
    url="https://a.example/1",
    image=ImageDraft("https://a.example/i.png", 4, 3),
    tags=("Rain", "Sea"),
    published_at=INSTANT,
    breaking=False,
)
# `repr` of the two, as the version before named fields hashed them.
OLD_FORMS = {
    PLAIN: "ArticleDraft(title='Rain', url='https://a.example/1', summary=None, body_html=None,"
    " body_text=None, image=None, category=None, tags=(), language=None, published_at=None,"
    " embargo_until=None, breaking=None)",
    RICH: "ArticleDraft(title=\"Rain 'n' \\ud800\", url='https://a.example/1', summary=None,"
    " body_html=None, body_text=None, image=ImageDraft(url='https://a.example/i.png', width=4,"
    " height=3, alt=None), category=None, tags=('Rain', 'Sea'), language=None,"
    " published_at=datetime.datetime(2026, 3, 2, 12, 0, tzinfo=datetime.timezone.utc),"
    " embargo_until=None, breaking=False)",
}

texts = st.none() | st.text(max_size=20)
drafts = st.builds(
    ArticleDraft,
    title=st.text(max_size=20),
    url=st.text(max_size=20),
    summary=texts,
    body_html=texts,
    body_text=texts,
    image=st.none() | st.builds(ImageDraft, st.text(max_size=9), st.none() | st.integers(1, 9)),
    category=texts,
    tags=st.lists(st.text(max_size=5), max_size=3).map(tuple),
    language=texts,
    published_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    embargo_until=st.none() | st.datetimes(timezones=st.just(UTC)),
    breaking=st.none() | st.booleans(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterDraft(ArticleDraft):
    """The draft of a later version, with more fields."""

    author: str | None = None
    notes: list[str] = field(default_factory=list)


def later(draft: ArticleDraft, **more: Any) -> LaterDraft:
    return LaterDraft(**{each.name: getattr(draft, each.name) for each in fields(draft)}, **more)


def old_hash(draft: ArticleDraft) -> str:
    return hashlib.sha256(OLD_FORMS[draft].encode()).hexdigest()


@given(drafts)
def test_a_field_that_is_added_with_its_default_changes_no_digest(draft: ArticleDraft) -> None:
    assert content_hash(later(draft)) == content_hash(draft)
    assert content_hash(later(draft, author="A")) != content_hash(draft)


@given(drafts, drafts)
def test_drafts_have_one_digest_when_they_say_the_same(
    one: ArticleDraft, other: ArticleDraft
) -> None:
    assert (content_hash(one) == content_hash(other)) == (one == other)
    assert is_same_version(content_hash(one), other) == (one == other)


def test_an_instant_is_the_same_in_every_zone() -> None:
    elsewhere = INSTANT.astimezone(timezone(timedelta(hours=9)))
    assert content_hash(replace(RICH, published_at=elsewhere)) == content_hash(RICH)


@pytest.mark.parametrize("draft", OLD_FORMS, ids=["plain", "rich"])
def test_the_digest_of_a_version_before_is_known_also_when_fields_are_added(
    draft: ArticleDraft,
) -> None:
    assert is_same_version(old_hash(draft), draft)
    assert is_same_version(old_hash(draft), later(draft))
    assert not is_same_version(old_hash(draft), replace(draft, title="Snow"))


def test_an_upgrade_changes_nothing_of_what_is_sent_again(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    body = {"title": "Rain", "url": "https://a.example/1"}
    made = client.put("/v1/newsroom/articles/herald/1", headers=EDITOR, json=body).get_json()
    store(app, old_hash(PLAIN))
    before, counter = get(client, f"/v1/articles/{made['id']}"), numbers(app)
    clock.forward(hours=1)

    again = client.put("/v1/newsroom/articles/herald/1", headers=EDITOR, json=body)

    assert again.status_code == 200
    assert get(client, f"/v1/articles/{made['id']}") == before
    assert numbers(app) == counter, "no change, and so nothing to purge"
    assert stored(app) == content_hash(PLAIN)


def test_an_upgrade_rewrites_nothing_that_feeds_still_list(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    with app.app_context():
        # The draft as ingest makes it: what an older version hashed is its `repr`.
        # Authors and media came later and say nothing here.
        form = repr(drafts_in(Item(1))[0]).replace(", authors=(), media=()", "")
    poll(app, Item(1))
    assert form.startswith("ArticleDraft(title='Story 1'")
    store(app, hashlib.sha256(form.encode()).hexdigest())
    before, counter = get(client, PAIR)["articles"], numbers(app)
    clock.forward(hours=1)

    report = poll(app, Item(1))
    again = poll(app, Item(1))

    assert (report.changed, report.unchanged, again.unchanged) == (0, 1, 1)
    assert numbers(app) == counter
    assert get(client, PAIR)["articles"] == before
    assert stored(app).startswith("2:")


def test_a_new_entry_of_a_feed_is_cleaned_once(app: Flask) -> None:
    draft = replace(PLAIN, body_html="<p>" + "word " * 400 + "</p>")
    arrival = Arrival(source="herald", external_id="1", beside=frozenset({"1"}))

    with app.app_context(), calls_of(content_of) as calls:
        publish(current_context().hooks, arrival, draft, now=START)
        assert len(calls) == 1
        publish(current_context().hooks, arrival, draft, now=START)
        assert len(calls) == 1, "the same again is not looked at"
        publish(current_context().hooks, arrival, replace(draft, title="Snow"), now=START)
        assert len(calls) == 2


@contextmanager
def calls_of(function: Any) -> Iterator[list[None]]:
    """Grows with each call of the function, by whatever name it is called."""
    calls: list[None] = []

    def profile(frame: FrameType, kind: str, _: Any) -> None:
        if kind == "call" and frame.f_code is function.__code__:
            calls.append(None)

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        yield calls
    finally:
        sys.setprofile(before)


def drafts_in(*items: Item) -> list[ArticleDraft]:
    found = parse_feed(rss(*items), url="https://harbour.example/feed")
    feed_import = feed_import_of(found, url="https://harbour.example/feed")
    return [each.draft for each in feed_import.drafts.entries]


def store(app: Flask, version: str) -> None:
    with app.app_context(), transaction() as session:
        session.execute(text("UPDATE article SET content_hash = :version"), {"version": version})


def stored(app: Flask) -> str:
    with app.app_context(), transaction() as session:
        return str(session.scalar(text("SELECT content_hash FROM article")))


def numbers(app: Flask) -> int:
    with app.app_context(), transaction() as session:
        return int(session.scalar(text("SELECT value FROM change_counter")) or 0)
