"""Whatever happens in whatever order, every reader sees what a list sorted in memory would show."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
)

from backend.newsroom.service import release_due
from tests.backend.feed.reading import changes, correct, feed, get, ids, take_down
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register
from tests.state_machine import run_machine

_runs = itertools.count(1)

TAGS = st.sets(st.sampled_from("AB"), min_size=1)
TAG = st.sampled_from("AB")
LIMIT = st.integers(1, 4)
WHICH = st.integers(0, 1_000)
# Hours before it is sent; a late arrival, one below the window, one from the future.
AGES = st.sampled_from([0.0, 0.0, 1.0, 5.0, 30.0, 47.9, 48.0, 300.0, -4.0])


@dataclass
class Written:
    """An article as it should be: `place` is decided once, `tags` are those it carries now."""

    external_id: str
    id: str
    title: str
    order: int
    rank: datetime
    tags: set[str]
    embargo: datetime | None = None
    is_gone: bool = False

    @property
    def place(self) -> tuple[datetime, int]:
        return self.rank, self.order


@dataclass
class Walk:
    """A reader on the way down: where it is, where it stops and what it has seen."""

    tag: str
    cursor: str | None
    below: tuple[datetime, int] | None = None
    above: tuple[datetime, int] | None = None
    seen: list[str] = field(default_factory=list)
    is_over: bool = False


@dataclass
class Phone:
    """A reader that keeps all of a feed by its changes; `event` is the last one it heard of."""

    tag: str
    sync_cursor: str
    newest_cursor: str | None
    newest: tuple[datetime, int] | None
    event: int
    held: dict[str, str]


class Newsroom(RuleBasedStateMachine):
    """Writers, walkers and phones on two tags of their own; the tag B may be merged into A."""

    def __init__(self, app: Flask, client: FlaskClient, clock: Clock) -> None:
        super().__init__()
        self.app, self.client, self.clock = app, client, clock
        self.run = next(_runs)
        self.articles: list[Written] = []
        self.events: dict[str, dict[str, int]] = {"A": {}, "B": {}}
        self.event = 0
        self.merged_at: int | None = None
        self.walks: list[Walk] = []
        self.phones: list[Phone] = []
        self.shown = {tag: self.name(tag) for tag in "AB"}
        self.home: tuple[tuple[datetime, int], dict[str, str]] | None = None
        self.open()

    def open(self) -> None:
        """Something to read, and readers who have begun: what happens next happens to them."""
        for age, tags in ((5.0, {"A", "B"}), (1.0, {"A"}), (0.0, {"B"}), (0.0, {"A", "B"})):
            self.write(age=age, tags=tags)
        for tag in "AB":
            self.take_a_phone(tag=tag)
            self.start_walk(tag=tag)
            self.step(self.walks[-1], 1)
        client = self.client
        self.follower = register(client, f"tag:{self.name('A')}", f"tag:{self.name('B')}")

    def name(self, tag: str) -> str:
        return f"Pier{self.run}{tag}"

    def of(self, tag: str) -> str:
        """The tag that this one means by now."""
        return "A" if self.merged_at is not None else tag

    def truth(self, tag: str) -> list[Written]:
        """The articles of a tag, newest first."""
        shown = [
            each
            for each in self.articles
            if self.of(tag) in each.tags and not each.is_gone and each.embargo is None
        ]
        return sorted(shown, key=lambda each: each.place, reverse=True)

    def changed(self, article: Written, *tags: str) -> None:
        self.event += 1
        for tag in tags:
            self.events[tag][article.id] = self.event

    def living(self, which: int) -> Written | None:
        found = [each for each in self.articles if not each.is_gone]
        return found[which % len(found)] if found else None

    @rule(age=AGES, tags=TAGS)
    def write(self, age: float, tags: set[str]) -> None:
        now = self.clock.now
        told = now - timedelta(hours=age)
        rank = now if age < 0 else max(told, now - timedelta(hours=48))
        self.add(tags, rank, published_at=told.isoformat())

    @rule(minutes=st.integers(1, 30), tags=TAGS)
    def write_under_embargo(self, minutes: int, tags: set[str]) -> None:
        until = self.clock.now + timedelta(minutes=minutes)
        self.add(tags, until, embargo=until, embargo_until=until.isoformat())

    def add(
        self, tags: set[str], rank: datetime, *, embargo: datetime | None = None, **times: Any
    ) -> None:
        number = len(self.articles)
        external_id = f"{self.run}-{number}"
        title = f"Written {number}"
        names = [self.name(tag) for tag in sorted(tags)]
        made = publish(
            self.client, external_id=external_id, title=title, tags=names, source="pier", **times
        )
        carried = {self.of(tag) for tag in tags}
        article = Written(external_id, made["id"], title, number, rank, carried, embargo)
        self.articles.append(article)
        if embargo is None:
            self.changed(article, *carried)

    @rule(which=WHICH, is_correction=st.booleans())
    def rewrite(self, which: int, is_correction: bool) -> None:
        article = self.living(which)
        if article is None:
            return
        article.title = f"Rewritten {self.event} {which}"
        if is_correction:
            correct(self.client, article.external_id, source="pier", title=article.title)
        else:
            names = [self.name(tag) for tag in sorted(article.tags)]
            embargo = {"embargo_until": article.embargo.isoformat()} if article.embargo else {}
            publish(
                self.client,
                source="pier",
                external_id=article.external_id,
                title=article.title,
                tags=names,
                **embargo,
            )
        if article.embargo is None:
            self.changed(article, *article.tags)

    @rule(which=WHICH, tags=st.sets(st.sampled_from("AB")))
    def retag(self, which: int, tags: set[str]) -> None:
        article = self.living(which)
        if article is None:
            return
        names = [self.name(tag) for tag in sorted(tags)]
        correct(self.client, article.external_id, source="pier", tags=names)
        before, article.tags = article.tags, {self.of(tag) for tag in tags}
        if article.embargo is None:
            self.changed(article, *(before | article.tags))

    @rule(which=WHICH)
    def unpublish(self, which: int) -> None:
        article = self.living(which)
        if article is None:
            return
        take_down(self.client, article.external_id, source="pier")
        article.is_gone = True
        if article.embargo is None:
            self.changed(article, *article.tags)

    @precondition(lambda self: self.merged_at is None and len(self.articles) > 3)
    @rule()
    def merge(self) -> None:
        answer = self.client.post(
            f"/v1/newsroom/tags/{self.name('B')}/merge",
            headers=EDITOR,
            json={"into": self.name("A")},
        )
        assert answer.status_code == 200, answer.text
        self.event += 1
        self.merged_at = self.event
        for article in self.articles:
            article.tags = {"A"} if article.tags else set()

    @rule(tag=TAG)
    def rename(self, tag: str) -> None:
        """The old name keeps leading to the tag; every article in it says the new one."""
        tag = self.of(tag)
        self.shown[tag] = f"{self.name(tag)}Quay{self.event}"
        answer = self.client.patch(
            f"/v1/newsroom/tags/{self.name(tag)}", headers=EDITOR, json={"name": self.shown[tag]}
        )
        assert answer.status_code == 200, answer.text
        for article in reversed(self.truth(tag)):
            self.changed(article, *article.tags)

    @rule(minutes=st.integers(1, 40))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        with self.app.app_context():
            release_due(self.app.extensions["tagwire"].hooks, now=self.clock.now)
        due = [each for each in self.articles if each.embargo and not each.is_gone]
        for article in sorted(due, key=lambda each: (each.embargo, each.order)):
            if article.embargo is not None and article.embargo <= self.clock.now:
                article.embargo = None
                self.changed(article, *article.tags)

    @rule(tag=TAG)
    def start_walk(self, tag: str) -> None:
        self.walks.append(Walk(tag, None))

    @precondition(lambda self: any(not walk.is_over for walk in self.walks))
    @rule(which=WHICH, limit=LIMIT)
    def walk_on(self, which: int, limit: int) -> None:
        going = [walk for walk in self.walks if not walk.is_over]
        self.step(going[which % len(going)], limit)

    def step(self, walk: Walk, limit: int) -> None:
        query = {"cursor": walk.cursor} if walk.cursor else {}
        page = feed(self.client, self.name(walk.tag), limit=limit, **query)
        left = [
            each
            for each in self.truth(walk.tag)
            if (walk.below is None or each.place < walk.below)
            and (walk.above is None or each.place > walk.above)
        ]
        assert ids(page) == [each.id for each in left[:limit]]
        assert (page["next_cursor"] is not None) == (len(left) > limit)
        assert not set(ids(page)) & set(walk.seen), "an article came twice in one walk"
        walk.seen += ids(page)
        walk.cursor, walk.is_over = page["next_cursor"], page["next_cursor"] is None
        if left:
            walk.below = left[:limit][-1].place

    @rule(tag=TAG)
    def take_a_phone(self, tag: str) -> None:
        page = feed(self.client, self.name(tag), limit=100)
        truth = self.truth(tag)
        self.phones.append(
            Phone(
                tag,
                page["sync_cursor"],
                page["newest_cursor"],
                truth[0].place if truth else None,
                self.event,
                {each["id"]: each["title"] for each in page["articles"]},
            )
        )

    @precondition(lambda self: self.phones)
    @rule(which=WHICH, limit=LIMIT)
    def sync(self, which: int, limit: int) -> None:
        phone = self.phones[which % len(self.phones)]
        told: list[dict[str, Any]] = []
        has_more = True
        while has_more:
            page = changes(self.client, self.name(phone.tag), phone.sync_cursor, limit=limit)
            told += page["changes"]
            phone.sync_cursor, has_more = page["sync_cursor"], page["has_more"]
        if self.merged_at is None or phone.event >= self.merged_at:
            self.check_order(phone, told)
        for change in told:
            if change["op"] == "upsert":
                phone.held[change["article"]["id"]] = change["article"]["title"]
            else:
                phone.held.pop(change["id"], None)
        phone.event = self.event
        assert phone.held == {each.id: each.title for each in self.truth(phone.tag)}

    def check_order(self, phone: Phone, told: list[dict[str, Any]]) -> None:
        """Each article that changed since, once, by its last change, saying what is so now."""
        shown = {each.id for each in self.truth(phone.tag)}
        last = self.events[self.of(phone.tag)]
        since = sorted((number, each) for each, number in last.items() if number > phone.event)
        expected = [("upsert" if each in shown else "remove", each) for _, each in since]
        assert [(each["op"], each.get("id") or each["article"]["id"]) for each in told] == expected

    @precondition(lambda self: any(phone.newest for phone in self.phones))
    @rule(which=WHICH, limit=LIMIT)
    def ask_for_newer(self, which: int, limit: int) -> None:
        able = [phone for phone in self.phones if phone.newest]
        phone = able[which % len(able)]
        newer = [
            each for each in self.truth(phone.tag) if phone.newest and each.place > phone.newest
        ]
        query = {"until": phone.newest_cursor, "limit": limit}

        page = feed(self.client, self.name(phone.tag), **query)

        assert ids(page) == [each.id for each in newer[:limit]]
        assert page["gap"] == (page["next_cursor"] is not None) == (len(newer) > limit)
        if page["gap"]:
            walk = Walk(phone.tag, page["next_cursor"], newer[limit - 1].place, phone.newest)
            self.walks.append(walk)
        phone.newest_cursor = page["newest_cursor"]
        phone.newest = newer[0].place if newer else phone.newest

    @rule(limit=LIMIT, goes_on=st.booleans())
    def go_home(self, limit: int, goes_on: bool) -> None:
        """From the top, or on from where the last page at home ended."""
        before, query = self.home if goes_on and self.home else (None, {})
        page = get(self.client, "/v1/feed", headers=self.follower.auth, limit=limit, **query)
        both = {each.id: each for tag in "AB" for each in self.truth(tag)}
        merged = sorted(both.values(), key=lambda each: each.place, reverse=True)
        left = [each for each in merged if before is None or each.place < before]
        assert ids(page) == [each.id for each in left[:limit]]
        assert (page["next_cursor"] is not None) == (len(left) > limit)
        for shown, article in zip(page["articles"], left, strict=False):
            assert set(shown["matched"]) == {f"tag:{self.shown[tag]}" for tag in article.tags}
        more = page["next_cursor"]
        self.home = (left[limit - 1].place, {"cursor": more}) if more else None

    def teardown(self) -> None:
        """A last act that no story goes without; then what remains is read to its end."""
        self.time_passes(minutes=1)
        for which in range(3):
            self.rewrite(which, is_correction=which % 2 == 0)
            self.retag(which, tags={"A", "B"})
        for tags in ({"A"}, {"B"}, {"A", "B"}):
            self.write(age=0.0, tags=tags)
        for which in range(sum(phone.newest is not None for phone in self.phones)):
            self.ask_for_newer(which, 1)
        for tag in "AB":
            self.start_walk(tag)
        for walk in self.walks:
            while not walk.is_over:
                self.step(walk, 3)
        for which in range(len(self.phones)):
            self.sync(which, 5)


@pytest.mark.slow
def test_every_reader_sees_what_a_sorted_list_would_show(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    run_machine(partial(Newsroom, app, client, clock), examples=12, steps=30)
