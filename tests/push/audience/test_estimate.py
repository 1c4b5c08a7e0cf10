"""A large audience is estimated by a part of it: fast, the same each time, and never falsely."""

import itertools
import random
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.audience.service import topic_ids
from backend.core.db import db
from push.audience import queries
from push.audience.audience import audience_of
from push.audience.criteria import Criteria, Topics
from push.audience.estimate import estimated
from push.audience.sample import Sample, sample_of
from push.audience.segment import segment_of
from tests.conftest import EDITOR, Clock
from tests.factories import publish
from tests.push.audience.test_audience import READERS, make
from tests.push.editor import TAG
from tests.push.many_readers import register_many

AUDIENCE = "/v1/newsroom/audience"
MANY = 60_000

_numbers = itertools.count()


def keys_in(sample: Sample) -> list[range]:
    begun = (sample.before(number) + 1 for number in range(sample.ranges))
    return [range(first, first + sample.width) for first in begun]


@given(st.integers(1, 10**6), st.integers(0, 5 * 10**6), st.integers(1, 500))
def test_its_ranges_lie_one_after_another_and_evenly(first: int, more: int, times: int) -> None:
    sample = sample_of(first, first + more, times)
    ranges = keys_in(sample)

    assert all(one.stop <= other.start for one, other in itertools.pairwise(ranges))
    for number, keys in enumerate(ranges):
        begin = first + number * sample.step
        assert begin <= keys.start < keys.stop <= begin + sample.step
    assert ranges[-1].start <= first + more + sample.step


@given(st.integers(1, 1000), st.integers(0, 5000), st.integers(0, 5000))
def test_one_of_every_key_has_each_of_them_once_and_is_exact(
    first: int, more: int, found: int
) -> None:
    sample = sample_of(first, first + more, 1)

    keys = [key for each in keys_in(sample) for key in each]
    assert keys[: more + 1] == [*range(first, first + more + 1)]
    assert sample.about(found) == found


@given(st.integers(1, 30_000), st.integers(2, 500))
def test_what_is_found_is_never_said_to_be_nobody(found: int, times: int) -> None:
    sample = sample_of(1, 10**6, times)

    assert sample.about(found) >= sample.unit(found) > 0
    assert sample.about(0) == 0


@pytest.mark.parametrize("alike", [1, 3, 5_000])
def test_most_estimates_lie_within_one_and_a_half_of_their_unit(alike: int) -> None:
    """Also where so many who registered after one another are alike."""
    count, chance = 200_000, random.Random(alike)
    sample = sample_of(1, count, 12)
    ranges = keys_in(sample)
    near, tried = 0, 20
    for _ in range(tried):
        share = chance.choice([0.001, 0.02, 0.3, 0.7])
        groups = [chance.random() < share for _ in range(count // alike + 1)]
        found = sum(groups[key // alike] for keys in ranges for key in keys if key <= count)
        whole = sum(groups[key // alike] for key in range(1, count + 1))
        near += abs(sample.about(found) - whole) <= 1.5 * max(sample.unit(found), 1)

    assert near >= 0.95 * tried


@pytest.mark.slow
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    readers=st.lists(READERS, min_size=1, max_size=8),
    wanted=st.sets(st.sampled_from(["a", "b"]), min_size=1),
    urgency=st.sampled_from(["breaking", "normal"]),
    parts=st.sampled_from([{}, {"platforms": ["ios"]}, {"countries": ["IN"]}]),
    cut=st.integers(1, 6),
)
def test_by_a_sample_of_everybody_it_is_exact_and_parts_add_up(
    app: Flask,
    client: FlaskClient,
    clock: Clock,
    readers: list[dict[str, Any]],
    wanted: set[str],
    urgency: str,
    parts: dict[str, Any],
    cut: int,
) -> None:
    number = next(_numbers)
    publish(client, source="herald", tags=[f"T{number}{name}" for name in "abc"])
    for reader in readers:
        make(client, number, reader)
    with app.app_context():
        session = db.session()
        named = topic_ids(session, [f"tag:T{number}{name}" for name in sorted(wanted)])
        feeds = tuple(named.values())
        criteria = Criteria(
            kind=urgency, level=urgency, topics=Topics(feeds), segment=segment_of(parts)
        )
        whole = audience_of(session, criteria, now=clock.now)
        if not queries.follows_up_to(session, feeds, 1):
            assert whole.size == 0
            return
        first, last = queries.first_and_last(session, feeds)
        everybody = sample_of(first, last, 1)

        found = estimated(session, criteria, everybody, now=clock.now)
        nights = queries.nights(session, criteria, everybody)
        some = Sample(first, last, 1, cut)
        part = audience_of(session, criteria, now=clock.now, sample=some)
        members = [
            member
            for keys in keys_in(some)
            for member in queries.followers_after(session, criteria, keys.start - 1, cut)
            if member.id in keys
        ]

        assert (found.size, found.by_platform) == (whole.size, whole.by_platform)
        assert +found.excluded == +whole.excluded
        assert {*nights} == {*queries.nights(session, criteria)}
        assert part.size + part.excluded.total() == len(members)
        assert [*queries.followers_in(session, criteria, some)] == members


def test_a_large_audience_is_estimated_where_it_is_asked_for(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, tags=["Harbour"])
    with app.app_context():
        register_many(MANY, TAG, now=clock.now)
    query = {"topics": TAG, "urgency": "normal"}

    exact = client.get(AUDIENCE, headers=EDITOR, query_string=query).get_json()
    quick = {**query, "estimate": "true"}
    about = client.get(AUDIENCE, headers=EDITOR, query_string=quick).get_json()
    again = client.get(AUDIENCE, headers=EDITOR, query_string=quick).get_json()
    draft = {"title": "Bridge", "body": "", "topics": [TAG], "urgency": "normal"}
    preview = client.post(
        "/v1/newsroom/notifications/preview?estimate=true", headers=EDITOR, json=draft
    ).get_json()["audience"]

    assert (exact["is_estimate"], exact["audience"]) == (False, MANY * 9 // 10)
    assert exact["excluded"]["no_address"] == MANY // 10
    assert about["is_estimate"]
    assert about == again
    assert about["audience"] == pytest.approx(exact["audience"], rel=0.1)
    assert about["excluded"]["no_address"] == pytest.approx(MANY // 10, rel=0.2)
    assert about["audience"] % 1000 == 0
    assert about["by_platform"].keys() == exact["by_platform"].keys()
    assert preview["is_estimate"]
    assert preview["by_platform"] == about["by_platform"]
    assert preview["reachable"] == about["audience"]


def test_a_small_one_is_exact_whatever_is_asked(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, tags=["Harbour"])
    with app.app_context():
        register_many(1_000, TAG, now=clock.now)

    query = {"topics": TAG, "urgency": "normal", "estimate": "true"}
    found = client.get(AUDIENCE, headers=EDITOR, query_string=query).get_json()

    assert (found["audience"], found["is_estimate"]) == (900, False)
