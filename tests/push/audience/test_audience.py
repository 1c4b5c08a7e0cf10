"""The number that an editor is shown is the number that is sent to."""

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import EDITOR
from tests.factories import Phone, publish, register
from tests.push.conftest import Provider
from tests.push.editor import alert, read

_numbers = itertools.count()

QUIET = st.sampled_from([None, ("11:00", "13:00"), ("13:00", "11:00"), ("00:00", "12:00")])
READERS = st.fixed_dictionaries(
    {
        "follows": st.sets(st.sampled_from(["a", "b", "c"])),
        "platform": st.sampled_from(["ios", "android", "web"]),
        "zone": st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "No/Where"]),
        "has_address": st.booleans(),
        "quiet": QUIET,
        "overrides": st.booleans(),
        "limit": st.sampled_from([None, 0, 1]),
        "mutes": st.booleans(),
    }
)


def make(client: FlaskClient, number: int, reader: dict[str, Any]) -> Phone:
    address = {"address": f"p{next(_numbers)}"} if reader["has_address"] else {}
    fields: dict[str, Any] = {"platform": reader["platform"], "time_zone": reader["zone"]}
    phone = register(
        client, *(f"tag:T{number}{name}" for name in sorted(reader["follows"])), **address, **fields
    )
    if not reader["has_address"]:
        url = f"/v1/installations/{phone.id}"
        client.patch(url, headers=phone.auth, json={"address": None})
    quiet = reader["quiet"] and dict(zip(("start", "end"), reader["quiet"], strict=True))
    phone.prefer(
        quiet_hours=quiet,
        breaking_overrides_quiet_hours=reader["overrides"],
        daily_limit=reader["limit"],
        muted_sources=["herald"] if reader["mutes"] else [],
    )
    return phone


@pytest.mark.slow
@pytest.mark.slow
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    readers=st.lists(READERS, max_size=8),
    wanted=st.sets(st.sampled_from(["a", "b"]), min_size=1),
    urgency=st.sampled_from(["breaking", "normal"]),
    of_article=st.booleans(),
)
def test_the_estimate_is_what_the_sending_attempts(
    client: FlaskClient,
    work: Callable[[], None],
    provider: Provider,
    readers: list[dict[str, Any]],
    wanted: set[str],
    urgency: str,
    of_article: bool,
) -> None:
    number = next(_numbers)
    article = publish(client, source="herald", tags=[f"T{number}{name}" for name in "abc"])
    phones = [make(client, number, reader) for reader in readers]
    topics = [f"tag:T{number}{name}" for name in sorted(wanted)]
    about = {"article_id": article["id"]} if of_article else {}
    query = {"topics": ",".join(topics), "urgency": urgency, **about}

    asked = client.get("/v1/newsroom/audience", headers=EDITOR, query_string=query).get_json()
    provider.sent.clear()
    counts = read(client, _sent(client, work, topics, urgency=urgency, **about))["counts"]

    assert asked["audience"] == counts["audience"] == len(provider.sent)
    assert set(provider.addresses.values()) <= {1}
    sent_to = Counter(
        reader["platform"]
        for reader, phone in zip(readers, phones, strict=True)
        if phone.address in provider.addresses
    )
    assert asked["by_platform"] == dict(sent_to)
    excluded = {name: count for name, count in asked["excluded"].items() if count}
    assert excluded.pop("quiet", 0) == counts["held"]
    assert excluded == counts["skipped_by_reason"]
    followers = sum(bool(reader["follows"] & wanted) for reader in readers)
    assert asked["audience"] + sum(asked["excluded"].values()) == followers


def _sent(
    client: FlaskClient, work: Callable[[], None], topics: list[str], **fields: Any
) -> dict[str, Any]:
    notification = alert(client, *topics, **fields)
    work()
    return notification
