"""Search by story and within a time: its pages are the plain ones with each story folded."""

import itertools
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.backend.feed.reading import get, others_of, pages
from tests.conftest import Clock
from tests.factories import publish

_runs = itertools.count(1)

SOURCES = ("herald", "courier", "gazette")
HOURS = st.integers(0, 6)
TOLD = st.tuples(st.integers(0, 1), st.integers(0, 2), HOURS, st.booleans(), st.booleans())


@settings(
    max_examples=8,
    database=None,
    phases=[Phase.generate],  # looking for a shorter story has no bound
    suppress_health_check=list(HealthCheck),
)
@given(
    told=st.lists(TOLD, min_size=5, max_size=9),
    first=st.none() | HOURS,
    last=st.none() | HOURS,
    is_tagged=st.booleans(),
    limit=st.integers(1, 3),
)
def test_whatever_was_told_when_a_walk_shows_each_story_once_and_loses_nothing(
    client: FlaskClient,
    clock: Clock,
    told: list[tuple[int, int, int, bool, bool]],
    first: int | None,
    last: int | None,
    is_tagged: bool,
    limit: int,
) -> None:
    clock.forward(days=3)
    run = next(_runs)
    for event, source, age, has_word, has_tag in told:
        words = " ".join(f"{run}s{event}x{n}" for n in range(80))
        publish(
            client,
            source=SOURCES[source],
            body_text=f"{words} ferry{run}" if has_word else words,
            tags=[f"Wharf{run}"] if has_tag else [f"Pier{run}"],
            published_at=(clock.now - timedelta(hours=age)).isoformat(),
        )
    asked: dict[str, Any] = {"q": f"ferry{run}"} | ({"tag": f"Wharf{run}"} if is_tagged else {})
    asked |= (
        {"since": (clock.now - timedelta(hours=first)).isoformat()} if first is not None else {}
    )
    asked |= {"until": (clock.now - timedelta(hours=last)).isoformat()} if last is not None else {}
    if any(has_tag for *_, has_tag in told) or not is_tagged:
        plain = get(client, "/v1/search", limit=100, **asked)["articles"]
        walked = list(pages(client, "/v1/search", limit=limit, group="story", **asked))

        cards = [each for page in walked for each in page["articles"]]
        assert all(len(page["articles"]) <= limit for page in walked)
        assert [(each["id"], ids(others_of(each))) for each in cards] == folded(plain)
        assert all(is_within(each, clock, first, last) for each in plain)


def folded(plain: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    stories: dict[str, list[dict[str, Any]]] = {}
    for each in plain:
        stories.setdefault(each["story"]["id"] if each["story"] else each["id"], []).append(each)
    return [(lead["id"], ids(rest)) for lead, *rest in stories.values()]


def ids(articles: list[dict[str, Any]]) -> list[str]:
    return [each["id"] for each in articles]


def is_within(article: dict[str, Any], clock: Clock, first: int | None, last: int | None) -> bool:
    """So many hours ago at the earliest, and longer ago than so many."""
    ages = [(clock.now - timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(7)]
    age = ages.index(article["published_at"])
    return (first is None or age <= first) and (last is None or age > last)


def test_a_page_of_a_story_names_its_next_with_the_time_and_a_wrong_time_is_named(
    client: FlaskClient,
) -> None:
    for _ in range(2):
        publish(client, title="Ferries stop")
    asked = {"q": "ferries", "since": "2026-01-01T00:00:00Z", "group": "story", "limit": 1}

    answer = client.get("/v1/search", query_string=asked)

    assert "since=2026-01-01T00%3A00%3A00Z" in answer.headers["Link"]
    assert "group=story" in answer.headers["Link"]
    following = client.get(answer.headers["Link"].split("news.test")[1].partition(">")[0])
    assert len(following.get_json()["articles"]) == 1
    wrong = client.get("/v1/search?q=ferries&until=yesterday")
    assert (wrong.status_code, [*wrong.get_json()["errors"]]) == (422, ["until"])
