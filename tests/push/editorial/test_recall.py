"""A recall accounts for everybody: sent, not sent, or nobody knows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from push.audience.fan_out import fan_out_next
from push.delivery import claims, reaping, recording
from push.delivery.housekeeping import Housekeeping
from tests.conftest import EDITOR, Clock
from tests.factories import multiply, publish, register
from tests.push.conftest import ACCEPTED, LOST, UNAVAILABLE, Provider
from tests.push.editor import TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


def recall(client: FlaskClient, notification: dict[str, object]) -> tuple[int, int, int]:
    found = command(client, notification, "recall").get_json()
    return found["sent"], found["not_sent"], found["unknown"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"send_at": "2026-03-02T15:00:00Z"}, {"approval": True}, {"urgency": "normal"}],
    ids=["planned", "scheduled", "awaiting approval", "partly held"],
)
def test_before_anything_was_cut_everybody_counts_as_not_sent(
    client: FlaskClient, work: Work, provider: Provider, fields: dict[str, object]
) -> None:
    for _ in range(2):
        register(client, TAG)
    register(client, TAG).prefer(quiet_hours={"start": "11:00", "end": "13:00"})
    notification = alert(client, **fields)

    assert recall(client, notification) == (0, 3, 0)
    assert recall(client, notification) == (0, 3, 0)
    work()
    assert provider.sent == []


def test_a_dry_run_counts_its_test_installations(client: FlaskClient) -> None:
    register(client, TAG)

    assert recall(client, alert(client, dry_run=True)) == (0, 0, 0)


def test_half_cut_it_counts_who_was_never_cut(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 5_600)
    notification = alert(client)
    with app.app_context():
        assert fan_out_next(now=clock.now)

    assert recall(client, notification) == (0, 5_601, 0)


def test_it_counts_exactly_who_would_have_heard_of_it_whatever_they_prefer(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    """Also when its article was taken down first, which counts nobody."""
    article = publish(client, source="herald", external_id="bridge", tags=["Harbour"])
    for preferences in (
        {},
        {"quiet_hours": {"start": "11:00", "end": "13:00"}},
        {"daily_limit": 0},
        {"daily_limit": 1},
        {"muted_sources": ["herald"]},
    ):
        register(client, TAG).prefer(**preferences)
    register(client, TAG, address="moved")
    register(client, address="moved")
    notification = alert(client, article_id=article["id"], urgency="normal")
    client.delete("/v1/newsroom/articles/herald/bridge?reason=wrong", headers=EDITOR)
    assert read(client, notification)["state"] == "recalled"

    for _ in range(2):
        assert recall(client, notification) == (0, 3, 0)
    counts = read(client, notification)["counts"]
    assert (counts["audience"], counts["held"]) == (2, 1)


def test_held_alerts_of_a_recalled_notification_are_never_sent(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    awake, asleep = register(client, TAG), register(client, TAG)
    asleep.prefer(quiet_hours={"start": "11:00", "end": "13:00"})
    notification = alert(client, urgency="normal")
    work()

    assert recall(client, notification) == (1, 1, 0)
    clock.forward(hours=2)
    work()
    assert provider.addresses == {awake.address: 1}


def by_recall(client: FlaskClient, notification: dict[str, object]) -> None:
    recall(client, notification)


def by_takedown(client: FlaskClient, _notification: dict[str, object]) -> None:
    url = "/v1/newsroom/articles/herald/bridge"
    seen = client.delete(f"{url}?dry_run=true", headers=EDITOR).get_json()
    assert seen["alerts"] == 1
    assert client.delete(f"{url}?cause=privacy&reason=a", headers=EDITOR).status_code == 204


def by_removing_the_source(client: FlaskClient, _notification: dict[str, object]) -> None:
    url = "/v1/newsroom/sources/herald?articles=remove"
    assert client.delete(url, headers=EDITOR).status_code == 204


stopped = pytest.mark.parametrize("stop", [by_recall, by_takedown, by_removing_the_source])


@stopped
@pytest.mark.parametrize(
    ("others", "lives_s", "state"),
    [(1, 36_000, "sending"), (1, 3600, "sent"), (0, 3600, "failed")],
    ids=["held", "held past its end", "everybody held past its end"],
)
def test_who_wakes_after_it_was_stopped_is_not_sent_it(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    stop: Callable[[FlaskClient, dict[str, object]], None],
    others: int,
    lives_s: int,
    state: str,
) -> None:
    article = publish(client, source="herald", external_id="bridge", tags=["Harbour"])
    awake = [register(client, TAG) for _ in range(others)]
    wakes, asleep = register(client, TAG), register(client, TAG)
    for phone in (wakes, asleep):
        phone.prefer(quiet_hours={"start": "11:00", "end": "20:00"})
    notification = alert(client, article_id=article["id"], urgency="normal", expires_in_s=lives_s)
    work()
    assert read(client, notification)["state"] == state

    stop(client, notification)
    assert read(client, notification)["state"] == "recalled"
    assert recall(client, notification) == (others, 2, 0)

    wakes.prefer(quiet_hours=None)
    for _ in range(10):
        clock.forward(hours=1)
        work()
    assert provider.addresses == {phone.address: 1 for phone in awake}


@stopped
def test_who_sleeps_through_a_repeat_is_not_sent_it_after_it_was_stopped(
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    stop: Callable[[FlaskClient, dict[str, object]], None],
) -> None:
    article = publish(client, source="herald", external_id="bridge", tags=["Harbour"])
    lost, _fine = register(client, TAG), register(client, TAG)
    provider.answer(lost.address, LOST)
    fields = {"article_id": article["id"], "urgency": "normal", "expires_in_s": 3600}
    notification = alert(client, **fields)
    for _ in range(12):
        work()
        clock.forward(seconds=10)
    provider.answer(lost.address, ACCEPTED)
    lost.prefer(quiet_hours={"start": "11:00", "end": "20:00"})
    repeated = command(client, notification, "repeat").get_json()
    work()
    assert read(client, repeated)["counts"]["held"] == 1
    before = dict(provider.addresses)

    stop(client, notification)
    lost.prefer(quiet_hours=None)
    clock.forward(seconds=5)
    work()

    assert provider.addresses == before
    assert read(client, repeated)["state"] == "recalled"


def test_a_takedown_leaves_alone_what_everybody_was_sent(client: FlaskClient, work: Work) -> None:
    article = publish(client, source="herald", external_id="bridge", tags=["Harbour"])
    register(client, TAG)
    notification = alert(client, article_id=article["id"])
    work()
    url = "/v1/newsroom/articles/herald/bridge"

    assert client.delete(f"{url}?dry_run=true", headers=EDITOR).get_json()["alerts"] == 0
    client.delete(url, headers=EDITOR)
    assert read(client, notification)["state"] == "sent"


def test_a_recall_gives_no_day_back_to_whom_a_worker_may_be_sending_it(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    phone.prefer(daily_limit=1)
    notification = alert(client, urgency="normal")
    with app.app_context():
        fan_out_next(now=clock.now)
    provider.on_submit = lambda: recall(client, notification)
    work()
    provider.on_submit = None
    second = alert(client, urgency="normal")
    work()

    assert provider.addresses == {phone.address: 1}
    assert read(client, second)["counts"]["skipped_by_reason"] == {"over_limit": 1}


def test_what_a_worker_holds_is_unknown_until_it_tells(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    multiply(app, register(client, TAG), 9)
    notification = alert(client)
    with app.app_context():
        fan_out_next(now=clock.now)
        claim = claims.claim_next(None, now=clock.now)
        assert claim is not None

        assert recall(client, notification) == (0, 0, 10)
        recording.record(
            claim, [], now=clock.now, unsure=[claim.recipients[0].id], due_at=clock.now
        )

    assert recall(client, notification) == (0, 9, 1)


@pytest.mark.parametrize(
    ("ends", "state"),
    [("recalled", "recalled"), ("expired", "failed")],
    ids=["recalled", "expired"],
)
def test_what_a_dead_worker_held_of_an_ended_alert_is_settled_as_unknown(
    app: Flask,
    client: FlaskClient,
    work: Work,
    provider: Provider,
    clock: Clock,
    ends: str,
    state: str,
) -> None:
    """Any of them may have it on the phone: a correction goes to all of them."""
    multiply(app, register(client, TAG), 9)
    notification = alert(client, expires_in_s=60)
    with app.app_context():
        fan_out_next(now=clock.now)
        dead = claims.claim_next(None, now=clock.now)
        assert dead is not None
    if ends == "recalled":
        assert recall(client, notification) == (0, 0, 10)
    else:
        clock.forward(seconds=61)
        work()
        assert read(client, notification)["state"] == "expired"

    clock.now += reaping.LEASE + timedelta(seconds=1)
    with app.app_context():
        Housekeeping(None, clock).run()

    final = read(client, notification)
    assert (final["state"], final["counts"]["ambiguous"]) == (state, 10)
    if ends == "recalled":
        assert recall(client, notification) == (0, 0, 10)
    with app.app_context():
        assert not recording.record(dead, [], now=clock.now)
    assert read(client, notification)["counts"] == final["counts"]
    correction = command(client, notification, "correct", title="New").get_json()
    work()
    assert correction["counts"]["audience"] == 10
    assert len(provider.sent) == 10


def test_what_a_worker_held_that_died_stays_unknown(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    notification = alert(client, title="Old", expires_in_s=3600)
    with app.app_context():
        fan_out_next(now=clock.now)
        assert claims.claim_next(None, now=clock.now) is not None
    clock.now += reaping.LEASE + timedelta(seconds=1)
    provider.answer(phone.address, UNAVAILABLE)
    work()

    assert recall(client, notification) == (0, 0, 1)
    correction = command(client, notification, "correct", title="New").get_json()
    provider.answer(phone.address, ACCEPTED)
    work()
    assert correction["counts"]["audience"] == 1
    assert provider.messages[-1]["notification"]["title"] == "New"


def test_a_lost_answer_that_was_to_be_repeated_is_unknown(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    provider.answer(register(client, TAG).address, LOST)
    notification = alert(client)
    work()

    assert recall(client, notification) == (0, 0, 1)


def test_what_was_recalled_unsent_counts_against_no_daily_limit(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    phone = register(client, TAG)
    phone.prefer(daily_limit=1)
    provider.answer(phone.address, UNAVAILABLE, ACCEPTED)
    wrong = alert(client, title="Wrong")
    work()
    command(client, wrong, "recall")

    alert(client, title="Right")
    alert(client, title="One too many")
    work()

    assert [m["notification"]["title"] for m in provider.messages] == ["Wrong", "Right"]


def test_a_takedown_takes_its_alerts_out_of_the_inbox(client: FlaskClient, work: Work) -> None:
    phone = register(client, TAG)
    publish(client, external_id="x", tags=["Harbour"], breaking=True)
    work()
    url = f"/v1/installations/{phone.id}/notifications"
    assert len(client.get(url, headers=phone.auth).get_json()["notifications"]) == 1

    client.delete("/v1/newsroom/articles/herald/x?reason=wrong", headers=EDITOR)

    assert client.get(url, headers=phone.auth).get_json()["notifications"] == []
