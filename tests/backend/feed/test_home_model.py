"""Whatever is written, followed and unfollowed in between, a cached home becomes the home."""

import itertools
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.backend.feed.reading import correct, get, pages, take_down
from tests.conftest import EDITOR, Clock
from tests.factories import Phone, publish, register
from tests.state_machine import run_machine

_runs = itertools.count(1)

TAGS = st.sets(st.sampled_from("ABC"))
SOURCE = st.sampled_from(["pier", "mill"])
TOPIC = st.sampled_from(["A", "B", "C", "source:mill", "breaking"])
WHICH = st.integers(0, 1_000)
LIMIT = st.integers(1, 3)


@dataclass
class CachedHome:
    """What an app holds: the topics of each article, as the pages and changes told."""

    phone: Phone
    sync_cursor: str = ""
    held: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def reload(self) -> None:
        walked = list(pages(self.phone.client, "/v1/feed", headers=self.phone.auth, limit=3))
        self.sync_cursor = walked[0]["sync_cursor"]
        self.held = dict(_told(each) for page in walked for each in page["articles"])

    def sync(self, limit: int) -> bool:
        """One call; whether there is more to be told."""
        query = {"cursor": self.sync_cursor, "limit": limit}
        page = get(self.phone.client, "/v1/feed/changes", headers=self.phone.auth, **query)
        assert len(page["changes"]) <= limit
        for change in page["changes"]:
            if change["op"] == "upsert":
                self.held |= [_told(change["article"])]
            else:
                self.held.pop(change["id"], None)
        self.sync_cursor = page["sync_cursor"]
        return bool(page["has_more"])


def _told(article: dict[str, Any]) -> tuple[str, tuple[str, list[str]]]:
    return article["id"], (article["title"], sorted(article["matched"]))


class Reader(RuleBasedStateMachine):
    """One reader of three tags, a source and what is breaking; C may be merged into A and back."""

    def __init__(self, client: FlaskClient, clock: Clock) -> None:
        super().__init__()
        self.client, self.clock, self.run = client, clock, next(_runs)
        self.articles: dict[str, str] = {}
        self.is_merged = False
        for tags in ({"A"}, {"A", "B"}, {"C"}):
            self.write(tags, "pier", is_breaking=False)
        self.write({"B"}, "mill", is_breaking=True)
        self.home = CachedHome(register(client, self.topic("A"), self.topic("C")))
        self.home.reload()

    def name(self, tag: str) -> str:
        return f"Quay{self.run}{tag}"

    def topic(self, topic: str) -> str:
        return topic if len(topic) > 1 else f"tag:{self.name(topic)}"

    @rule(tags=TAGS, source=SOURCE, is_breaking=st.booleans())
    def write(self, tags: set[str], source: str, is_breaking: bool) -> None:
        self.clock.forward(seconds=1)
        external_id = f"{self.run}-{next(_runs)}"
        names = [self.name(tag) for tag in sorted(tags)]
        publish(
            self.client, source=source, external_id=external_id, tags=names, breaking=is_breaking
        )
        self.articles[external_id] = source

    @rule(which=WHICH, tags=TAGS)
    def rewrite(self, which: int, tags: set[str]) -> None:
        if found := self.living(which):
            names = [self.name(tag) for tag in sorted(tags)]
            title = f"Rewritten {next(_runs)}"
            correct(self.client, found[0], source=found[1], title=title, tags=names)

    @rule(which=WHICH)
    def unpublish(self, which: int) -> None:
        if found := self.living(which):
            take_down(self.client, found[0], source=found[1])
            del self.articles[found[0]]

    def living(self, which: int) -> tuple[str, str] | None:
        found = list(self.articles.items())
        return found[which % len(found)] if found else None

    @rule(topic=TOPIC)
    def follow(self, topic: str) -> None:
        self.home.phone.follow(self.topic(topic))

    @rule(topic=TOPIC)
    def unfollow(self, topic: str) -> None:
        phone = self.home.phone
        path = f"/v1/installations/{phone.id}/topics/{self.topic(topic)}"
        assert self.client.delete(path, headers=phone.auth).status_code == 204

    @rule(topics=st.sets(TOPIC))
    def choose(self, topics: set[str]) -> None:
        phone = self.home.phone
        path = f"/v1/installations/{phone.id}/topics"
        body = {"topics": sorted(map(self.topic, topics))}
        assert self.client.put(path, headers=phone.auth, json=body).status_code == 200

    @rule()
    def merge_or_undo(self) -> None:
        path = f"/v1/newsroom/tags/{self.name('C')}/merge"
        if self.is_merged:
            answer = self.client.delete(path, headers=EDITOR)
        else:
            body = {"into": self.name("A")}
            answer = self.client.post(path, headers=EDITOR, json=body)
        assert answer.status_code in {200, 204}, answer.text
        self.is_merged = not self.is_merged

    @rule(limit=LIMIT)
    def sync(self, limit: int) -> None:
        if not self.home.sync(limit):
            self.check()

    def check(self) -> None:
        now = CachedHome(self.home.phone)
        now.reload()
        assert self.home.held == now.held

    def teardown(self) -> None:
        self.choose({"B", "source:mill"})
        self.unfollow("B")
        while self.home.sync(2):
            pass
        self.check()


@pytest.mark.slow
def test_a_cached_home_becomes_what_a_reader_would_load(client: FlaskClient, clock: Clock) -> None:
    run_machine(partial(Reader, client, clock), examples=6)
