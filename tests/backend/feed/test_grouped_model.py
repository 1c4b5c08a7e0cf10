"""Whatever happens in whatever order, a grouped list is the plain list with each story folded."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
)

from tests.backend.feed.reading import changes, correct, feed, fold, others_of, take_down
from tests.conftest import EDITOR, Clock
from tests.factories import publish
from tests.state_machine import run_machine

_runs = itertools.count(1)

SOURCES = ("herald", "courier", "gazette")
TAGS = st.sets(st.sampled_from("AB"), min_size=1)
TAG = st.sampled_from("AB")
WHICH = st.integers(0, 1_000)
LIMIT = st.integers(1, 3)
Place = tuple[str, int]


@dataclass
class Folded:
    """A story as a reader should see it: its newest article in the list, then the others."""

    id: str
    title: str
    story: str | None
    place: Place
    others: list[str] = field(default_factory=list)

    @property
    def card(self) -> tuple[str, str | None, list[str]]:
        return self.title, self.story, self.others


@dataclass
class Walk:
    tag: str
    cursor: str | None = None
    below: Place | None = None
    above: Place | None = None
    is_over: bool = False


@dataclass
class Phone:
    tag: str
    sync_cursor: str
    newest_cursor: str | None
    newest: Place | None
    held: dict[str, tuple[str, str | None, list[str]]]


class Newsroom(RuleBasedStateMachine):
    """Three publishers tell of a few events in the same words; editors join and split them."""

    def __init__(self, client: FlaskClient, clock: Clock) -> None:
        super().__init__()
        self.client, self.clock, self.run = client, clock, next(_runs)
        self.written: dict[str, tuple[str, str, set[str]]] = {}
        self.order: dict[str, int] = {}
        self.walks: list[Walk] = []
        for event, source in ((0, 0), (1, 0), (0, 1), (2, 2), (1, 1)):
            self.tell(event, source, 0.0, {"A", "B"})
        assert any(each.others for each in self.truth("A")), "there is no story"
        self.phones = [self.phone(tag) for tag in "AB"]
        for tag in "AB":
            self.start_walk(tag)
            self.step(self.walks[-1], 1)

    def name(self, tag: str) -> str:
        return f"Quay{self.run}{tag}"

    def truth(self, tag: str) -> list[Folded]:
        """The plain list, folded."""
        found: dict[str, Folded] = {}
        for each in feed(self.client, self.name(tag), limit=100)["articles"]:
            story = each["story"] and each["story"]["id"]
            if story in found:
                found[story].others.append(each["title"])
            else:
                place = each["published_at"], self.order[each["id"]]
                found[story or each["id"]] = Folded(each["id"], each["title"], story, place)
        return list(found.values())

    def which(self, which: int) -> str | None:
        return sorted(self.written)[which % len(self.written)] if self.written else None

    @rule(
        event=st.integers(0, 3),
        source=st.integers(0, 2),
        age=st.sampled_from([0, 0, 1, 5]),
        tags=TAGS,
    )
    def tell(self, event: int, source: int, age: float, tags: set[str]) -> None:
        self.clock.forward(seconds=1)
        number = len(self.order)
        external_id = f"{self.run}-{number}"
        made = publish(
            self.client,
            source=SOURCES[source],
            external_id=external_id,
            title=f"Told {number}",
            body_text=" ".join(f"{self.run}w{event}x{n}" for n in range(80)),
            tags=[self.name(tag) for tag in sorted(tags)],
            published_at=(self.clock.now - timedelta(hours=age)).isoformat(),
        )
        self.order[made["id"]] = number
        self.written[made["id"]] = SOURCES[source], external_id, tags

    @rule(which=WHICH)
    def rewrite(self, which: int) -> None:
        if article := self.which(which):
            source, external_id, _ = self.written[article]
            correct(self.client, external_id, source=source, title=f"Anew {which} of {article}")

    @rule(which=WHICH, tags=st.sets(st.sampled_from("AB")))
    def retag(self, which: int, tags: set[str]) -> None:
        if article := self.which(which):
            source, external_id, _ = self.written[article]
            names = [self.name(tag) for tag in sorted(tags)]
            correct(self.client, external_id, source=source, tags=names)

    @rule(which=WHICH)
    def unpublish(self, which: int) -> None:
        if article := self.which(which):
            source, external_id, _ = self.written.pop(article)
            take_down(self.client, external_id, source=source)

    @rule(tag=TAG, which=WHICH, other=WHICH)
    def join(self, tag: str, which: int, other: int) -> None:
        stories = [each.story for each in self.truth(tag) if each.story]
        article = self.which(other)
        if stories and article:
            self.decide(stories[which % len(stories)], "join", article)

    @rule(tag=TAG, which=WHICH)
    def split(self, tag: str, which: int) -> None:
        if stories := [each for each in self.truth(tag) if each.others and each.story]:
            story = stories[which % len(stories)]
            self.decide(str(story.story), "split", story.id)

    def decide(self, story: str, verb: str, article: str) -> None:
        url = f"/v1/newsroom/stories/{story}/{verb}"
        answer = self.client.post(url, headers=EDITOR, json={"articles": [article]})
        assert answer.status_code == 200, answer.text

    @rule(tag=TAG)
    def start_walk(self, tag: str) -> None:
        self.walks.append(Walk(tag))

    @precondition(lambda self: any(not walk.is_over for walk in self.walks))
    @rule(which=WHICH, limit=LIMIT)
    def walk_on(self, which: int, limit: int) -> None:
        going = [walk for walk in self.walks if not walk.is_over]
        self.step(going[which % len(going)], limit)

    def step(self, walk: Walk, limit: int) -> list[str]:
        """What is below the reader now: nothing of a story that something newer leads."""
        query = {"cursor": walk.cursor} if walk.cursor else {}
        page = feed(self.client, self.name(walk.tag), limit=limit, group="story", **query)
        left = [
            each
            for each in self.truth(walk.tag)
            if (walk.below is None or each.place < walk.below)
            and (walk.above is None or each.place > walk.above)
        ]
        assert shown(page) == {each.id: each.card for each in left[:limit]}
        assert (page["next_cursor"] is not None) == (len(left) > limit)
        walk.cursor, walk.is_over = page["next_cursor"], page["next_cursor"] is None
        walk.below = left[:limit][-1].place if left else walk.below
        return [name for title, _, others in shown(page).values() for name in (title, *others)]

    def phone(self, tag: str) -> Phone:
        page = feed(self.client, self.name(tag), limit=100, group="story")
        top = next((each.place for each in self.truth(tag)), None)
        return Phone(tag, page["sync_cursor"], page["newest_cursor"], top, shown(page))

    @rule(which=WHICH, limit=LIMIT)
    def sync(self, which: int, limit: int) -> None:
        phone, has_more = self.phones[which % len(self.phones)], True
        while has_more:
            page = changes(
                self.client, self.name(phone.tag), phone.sync_cursor, limit=limit, group="story"
            )
            phone.sync_cursor, has_more = page["sync_cursor"], page["has_more"]
            for change in page["changes"]:
                fold(phone.held, change, card_of)
        assert phone.held == {each.id: each.card for each in self.truth(phone.tag)}

    @rule(which=WHICH, limit=LIMIT)
    def ask_for_newer(self, which: int, limit: int) -> None:
        phone = self.phones[which % len(self.phones)]
        if phone.newest is None:
            return
        newer = [each for each in self.truth(phone.tag) if each.place > phone.newest]
        query = {"until": phone.newest_cursor, "limit": limit, "group": "story"}

        page = feed(self.client, self.name(phone.tag), **query)

        assert shown(page) == {each.id: each.card for each in newer[:limit]}
        assert page["gap"] == (page["next_cursor"] is not None) == (len(newer) > limit)
        if page["gap"]:
            below = newer[limit - 1].place
            self.walks.append(Walk(phone.tag, page["next_cursor"], below, phone.newest))
        phone.newest_cursor = page["newest_cursor"]
        phone.newest = newer[0].place if newer else phone.newest

    def teardown(self) -> None:
        """What remains is read to its end; a walk that nobody disturbs shows all of it once."""
        for walk in self.walks:
            while not walk.is_over:
                self.step(walk, 2)
        for which in range(len(self.phones)):
            self.sync(which, 4)
        for tag in "AB":
            walk, seen = Walk(tag), []
            while not walk.is_over:
                seen += self.step(walk, 2)
            plain = feed(self.client, self.name(tag), limit=100)["articles"]
            assert sorted(seen) == sorted(each["title"] for each in plain)


def shown(page: dict[str, Any]) -> dict[str, tuple[str, str | None, list[str]]]:
    return {each["id"]: card_of(each) for each in page["articles"]}


def card_of(article: dict[str, Any]) -> tuple[str, str | None, list[str]]:
    story = article["story"] and article["story"]["id"]
    return article["title"], story, [each["title"] for each in others_of(article)]


@pytest.mark.slow
def test_a_grouped_list_is_the_plain_list_with_each_story_folded(
    client: FlaskClient, clock: Clock
) -> None:
    run_machine(partial(Newsroom, client, clock), examples=10)
