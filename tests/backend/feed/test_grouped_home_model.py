"""Whatever happens in whatever order, a grouped home is the plain home with each story folded."""

import itertools
from collections import defaultdict
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from tests.backend.feed.reading import correct, fold, get, others_of, pages, take_down
from tests.conftest import Clock
from tests.factories import publish, register
from tests.state_machine import run_machine

_runs = itertools.count(1)

SOURCES = ("herald", "courier", "gazette")
TAGS = st.sets(st.sampled_from("AB"))
TOPIC = st.sampled_from(["A", "B", "source:courier"])
WHICH = st.integers(0, 1_000)
LIMIT = st.integers(1, 3)
Card = tuple[str, str | None, tuple[str, ...], list[str]]


class Newsroom(RuleBasedStateMachine):
    """Publishers tell of two events; a reader follows two tags and a source, and mutes another."""

    def __init__(self, client: FlaskClient, clock: Clock) -> None:
        super().__init__()
        self.client, self.clock, self.run = client, clock, next(_runs)
        self.written: dict[str, tuple[str, str]] = {}
        for event, source in ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1)):
            self.tell(event, source, {"A"} if source else {"B"})
        self.phone = register(client, self.topic("A"))
        self.phone.follow(self.topic("B"))
        assert any(others for _, _, others, _ in self.folded().values()), "there is no story"
        self.reload()

    def topic(self, topic: str) -> str:
        return topic if len(topic) > 1 else f"tag:Pier{self.run}{topic}"

    def names(self, tags: set[str]) -> list[str]:
        return [f"Pier{self.run}{tag}" for tag in sorted(tags)]

    @rule(event=st.integers(0, 1), source=st.integers(0, 2), tags=TAGS)
    def tell(self, event: int, source: int, tags: set[str]) -> None:
        self.clock.forward(seconds=1)
        number = next(_runs)
        made = publish(
            self.client,
            source=SOURCES[source],
            external_id=f"h-{number}",
            title=f"Told {number}",
            body_text=" ".join(f"{self.run}h{event}x{n}" for n in range(80)),
            tags=self.names(tags),
        )
        self.written[made["id"]] = SOURCES[source], f"h-{number}"

    @rule(which=WHICH, tags=TAGS)
    def retag(self, which: int, tags: set[str]) -> None:
        if self.written:
            source, external_id = list(self.written.values())[which % len(self.written)]
            title = f"Anew {next(_runs)}"
            correct(self.client, external_id, source=source, title=title, tags=self.names(tags))

    @rule(which=WHICH)
    def unpublish(self, which: int) -> None:
        if self.written:
            source, external_id = self.written.pop(sorted(self.written)[which % len(self.written)])
            take_down(self.client, external_id, source=source)

    @rule(topic=TOPIC)
    def follow(self, topic: str) -> None:
        self.phone.follow(self.topic(topic))

    @rule(topic=TOPIC)
    def unfollow(self, topic: str) -> None:
        path = f"/v1/installations/{self.phone.id}/topics/{self.topic(topic)}"
        assert self.client.delete(path, headers=self.phone.auth).status_code == 204

    @rule(muted=st.sets(st.sampled_from(SOURCES), max_size=1))
    def mute(self, muted: set[str]) -> None:
        """After which an app loads its home anew."""
        self.phone.prefer(muted_sources=sorted(muted))
        self.reload()

    def home(self, **query: Any) -> dict[str, Any]:
        return get(self.client, "/v1/feed", headers=self.phone.auth, **query)

    def folded(self) -> dict[str, Card]:
        """The plain home, folded."""
        stories: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for each in self.home(limit=100)["articles"]:
            stories[each["story"]["id"] if each["story"] else each["id"]].append(each)
        return {lead["id"]: card_of(with_others(lead, rest)) for lead, *rest in stories.values()}

    def reload(self) -> None:
        page = self.home(limit=100, group="story")
        self.held, self.sync_cursor = told(page), page["sync_cursor"]

    @rule(limit=LIMIT)
    def walk(self, limit: int) -> None:
        """Each story once, in the order of the plain home, and no page longer than was asked."""
        query = {"headers": self.phone.auth, "limit": limit, "group": "story"}
        walked = [told(page) for page in pages(self.client, "/v1/feed", **query)]
        assert all(len(page) <= limit for page in walked)
        assert [each for page in walked for each in page.items()] == list(self.folded().items())

    @rule(limit=LIMIT)
    def sync(self, limit: int) -> None:
        if not self.is_told_more(limit):
            assert self.held == self.folded()

    def is_told_more(self, limit: int) -> bool:
        """One call; whether another one is needed before the phone holds the home."""
        query = {"cursor": self.sync_cursor, "limit": limit, "group": "story"}
        page = get(self.client, "/v1/feed/changes", headers=self.phone.auth, **query)
        for change in page["changes"]:
            fold(self.held, change, card_of)
        self.sync_cursor = page["sync_cursor"]
        return bool(page["has_more"])

    def teardown(self) -> None:
        while self.is_told_more(2):
            pass
        assert self.held == self.folded()
        self.walk(2)


def card_of(article: dict[str, Any]) -> Card:
    story = article["story"] and article["story"]["id"]
    others = tuple(each["title"] for each in others_of(article))
    return article["title"], story, others, sorted(article["matched"])


def with_others(lead: dict[str, Any], rest: list[dict[str, Any]]) -> dict[str, Any]:
    return lead | {"story": lead["story"] and lead["story"] | {"others": rest}}


def told(page: dict[str, Any]) -> dict[str, Card]:
    return {each["id"]: card_of(each) for each in page["articles"]}


@pytest.mark.slow
def test_a_grouped_home_is_the_plain_home_with_each_story_folded(
    client: FlaskClient, clock: Clock
) -> None:
    run_machine(partial(Newsroom, client, clock), examples=6)
