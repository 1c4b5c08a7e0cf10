"""What an app holds after any news is what the list says; `clients/vectors` are such stories."""

import json
import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.feed.changes import RETENTION, prune_changes
from tests.backend.feed.reading import correct, pages, take_down
from tests.clients.cached_list import CachedList, Recorder, Sizes
from tests.conftest import EDITOR, Clock
from tests.factories import publish
from tools.contract import ROOT

pytestmark = pytest.mark.any_engine

FOLDER = ROOT / "clients" / "vectors"
STORIES = range(1, 6)
STEPS = 12
SIZES = Sizes(limit=2, batch=3, most_calls=4)
TAG = "Wharf"
# What is opaque: only that two are the same means something.
CURSORS = {"cursor", "until", "next_cursor", "newest_cursor", "sync_cursor"}


class News:
    """What happens in one story; which of it, a random number says."""

    def __init__(self, app: Flask, client: FlaskClient, clock: Clock, chance: random.Random):
        self.app, self.client, self.clock, self.chance = app, client, clock, chance
        self.living: dict[str, str] = {}
        self.count = 0

    def happen(self) -> None:
        often = [self.publish] * 4 + [self.publish_late, self.edit, self.edit, self.untag]
        rare = [self.take_down, self.take_down, self.pin, self.publish_many]
        self.chance.choice([*often, *rare])()

    def publish(self, *, hours_ago: int = 0) -> None:
        self.count += 1
        self.clock.forward(minutes=1)
        external_id = f"x-{self.count}"
        at = (self.clock.now - timedelta(hours=hours_ago)).isoformat()
        found = publish(
            self.client,
            external_id=external_id,
            title=f"Title {self.count}",
            tags=[TAG],
            published_at=at,
        )
        self.living[external_id] = found["id"]

    def publish_late(self) -> None:
        self.publish(hours_ago=self.chance.randint(1, 30))

    def publish_many(self) -> None:
        for _ in range(self.chance.choice([4, 5, 12])):
            self.publish()

    def edit(self) -> None:
        self.to_one(lambda each: correct(self.client, each, title=f"Edited {self.clock.now:%H:%M}"))

    def untag(self) -> None:
        def change(external_id: str) -> None:
            correct(self.client, external_id, tags=[self.chance.choice([TAG, "Mill"])])

        self.to_one(change)

    def take_down(self) -> None:
        def change(external_id: str) -> None:
            take_down(self.client, external_id)
            del self.living[external_id]

        self.to_one(change)

    def pin(self) -> None:
        def change(external_id: str) -> None:
            url = f"/v1/newsroom/articles/{self.living[external_id]}/pins/tag:{TAG}"
            until = (self.clock.now + timedelta(hours=3)).isoformat()
            self.client.put(url, headers=EDITOR, json={"until": until})

        self.to_one(change)

    def to_one(self, change: Callable[[str], object]) -> None:
        self.clock.forward(minutes=1)
        if self.living:
            change(self.chance.choice(list(self.living)))

    def a_month_later(self) -> None:
        self.clock.now += RETENTION + timedelta(hours=1)
        with self.app.app_context():
            list(prune_changes(now=self.clock.now))


def story(news: News, chance: random.Random) -> dict[str, Any]:
    """What an app did in it, what it was answered, and what it then has to show."""
    news.publish()
    recorder = Recorder(news.client, f"/v1/tags/{TAG}")
    app = CachedList(recorder.get, SIZES)
    steps = []
    for number in range(STEPS):
        for _ in range(chance.choice([0, 1, 1, 2, 6]) if number else chance.randint(1, 5)):
            news.happen()
        if number == STEPS - 3:
            news.publish()
            news.a_month_later()
        does = "older" if number and chance.random() < 0.35 else "refresh"
        recorder.asked = []
        getattr(app, does)()
        if does == "refresh":
            check(app, news.client)
        steps.append({"do": does, "answers": recorder.asked, **shown(app)})
    return {"list": {"limit": 2, "batch": 3, "most_calls": 4}, "steps": steps}


def check(app: CachedList, client: FlaskClient) -> None:
    """It holds the beginning of the list, as somebody reads it who begins now."""
    assert app.held is not None
    walked = list(pages(client, f"/v1/tags/{TAG}/articles", limit=50))
    articles = [each for page in walked for each in page["articles"]]
    count = len(app.held.articles)

    assert told(app.held.articles) == told(articles[:count])
    assert app.held.next is not None or count == len(articles)
    assert told(app.held.pinned) == told(walked[0]["pinned"])


def told(articles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": each["id"], "title": each["title"]} for each in articles]


def shown(app: CachedList) -> dict[str, Any]:
    assert app.held is not None
    pinned = told(app.held.pinned)
    below = [each for each in told(app.held.articles) if each not in pinned]
    return {"pinned": pinned, "articles": below, "is_whole": app.held.next is None}


class Names:
    """Short names for what is opaque, the same in every run."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], str] = {}

    def of(self, kind: str, value: str) -> str:
        number = sum(each == kind for each, _ in self.known) + 1
        return self.known.setdefault((kind, value), f"{kind}{number}")

    def tidy(self, part: Any) -> Any:
        """With what a list needs of an article, and no more."""
        if isinstance(part, list):
            return [self.tidy(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "source_url" in part:
            part = {"id": part["id"], "title": part["title"]}
        part = {name: value for name, value in part.items() if name not in {"tag", "detail"}}
        return {name: self.member(name, value) for name, value in part.items()}

    def member(self, name: str, value: Any) -> Any:
        if name in CURSORS and value is not None:
            return self.of("cursor-", value)
        return self.of("a", value) if name in {"id", "into"} else self.tidy(value)


def as_text(found: dict[str, Any]) -> str:
    """A line for each call and each list: a change is easy to read."""
    lines = []
    for step in found["steps"]:
        answers = ",\n".join(f"      {json.dumps(each)}" for each in step["answers"])
        rest = {name: value for name, value in step.items() if name not in {"do", "answers"}}
        lines.append(
            f'    {{"do": "{step["do"]}", "answers": [\n{answers}\n    ],'
            f' "then": {json.dumps(rest)}}}'
        )
    steps = ",\n".join(lines)
    return f'{{"list": {json.dumps(found["list"])}, "steps": [\n{steps}\n]}}\n'


@pytest.mark.slow
@pytest.mark.parametrize("number", STORIES)
def test_an_app_holds_what_the_list_says(
    number: int, app: Flask, client: FlaskClient, clock: Clock
) -> None:
    chance = random.Random(number)
    text = as_text(Names().tidy(story(News(app, client, clock, chance), chance)))
    path = FOLDER / f"story-{number}.json"

    if not path.exists():
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"{path} is old: delete it, and run this"


def test_the_stories_have_everything_that_a_client_has_to_know() -> None:
    steps = [step for path in vectors() for step in json.loads(path.read_text())["steps"]]
    bodies = [each["body"] for step in steps for each in step["answers"]]
    calls = [[each["call"] for each in step["answers"]] for step in steps]

    assert any(body.get("gap") for body in bodies)
    assert any(body.get("has_more") for body in bodies)
    assert any(body.get("type") == "/problems/cursor-expired" for body in bodies)
    ops = [change["op"] for body in bodies for change in body.get("changes", ())]
    assert set(ops) == {"upsert", "remove"}
    assert any(step["then"]["pinned"] for step in steps)
    assert any(step["then"]["is_whole"] for step in steps)
    assert any(each.count("page") > 2 and "changes" in each for each in calls)


def vectors() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))
