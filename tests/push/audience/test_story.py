"""One story is one alert for each reader, whichever of its alerts is first."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import publish, register
from tests.push.conftest import ACCEPTED, Provider, refusal
from tests.push.editor import NOTIFICATIONS, TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]

TITLE = "Cracked girders close the swing bridge in the old harbour"
TEXT = (
    "The swing bridge over the old harbour was closed to all traffic on Monday after "
    "inspectors found cracks in two of its main girders, the port authority said. "
    "Ferries will carry pedestrians until the girders have been replaced in spring, and "
    "lorries have to take the long way round through the eastern tunnel until then."
)


def tell(client: FlaskClient, source: str, **fields: Any) -> dict[str, Any]:
    """One publisher's article about the bridge."""
    same: dict[str, Any] = {"title": TITLE, "body_text": TEXT, "language": "en"}
    return publish(client, source=source, **{**same, "tags": ["Harbour"], **fields})


def same_story(client: FlaskClient, notification: dict[str, Any]) -> int:
    found: int = read(client, notification)["counts"]["skipped_by_reason"].get("same_story", 0)
    return found


def test_five_publishers_and_the_editor_make_one_alert(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    phone = register(client, TAG)
    for source in ("herald", "courier", "gazette", "tribune", "observer"):
        article = tell(client, source, breaking=True)
        work()
    by_hand = alert(client, article_id=article["id"])
    work()

    assert provider.addresses == {phone.address: 1}
    assert same_story(client, by_hand) == 1


def test_a_story_of_one_article_is_one_alert_too(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    phone = register(client, TAG)
    article = tell(client, "herald", breaking=True)
    by_hand = alert(client, article_id=article["id"])
    work()

    assert provider.addresses == {phone.address: 1}
    assert same_story(client, by_hand) == 1


def test_the_next_alert_is_due_after_the_set_time(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    article = tell(client, "herald", breaking=True)
    work()
    clock.forward(hours=6, seconds=1)

    alert(client, article_id=article["id"])
    work()

    assert provider.addresses == {phone.address: 2}


def test_an_alert_scheduled_earlier_for_a_later_time_repeats_nothing(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    article = tell(client, "herald")
    planned = alert(client, article_id=article["id"], send_at="2026-03-02T14:00:00Z")
    clock.forward(hours=1)
    alert(client, article_id=article["id"], title="Came first")
    work()
    clock.forward(hours=1)
    work()

    assert provider.addresses == {phone.address: 1}
    assert provider.messages[0]["notification"]["title"] == "Came first"
    assert same_story(client, planned) == 1


def test_an_alert_approved_late_repeats_nothing(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    with app.app_context():
        second = bearer(create_key("editor", "second", (), now=clock.now))
    phone = register(client, TAG)
    article = tell(client, "herald")
    waiting = alert(client, article_id=article["id"], approval=True)
    clock.forward(minutes=5)
    alert(client, article_id=article["id"])
    work()

    client.post(f"{NOTIFICATIONS}/{waiting['id']}/approve", headers=second)
    work()

    assert provider.addresses == {phone.address: 1}


def test_who_was_not_reached_by_the_first_is_by_the_second(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """What one address was refused is no alert that it had."""
    reached, missed = register(client, TAG), register(client, TAG)
    provider.answer(missed.address, *[refusal(403)] * 3, ACCEPTED)
    article = tell(client, "herald", breaking=True)
    for _ in range(3):
        work()
        clock.forward(seconds=31)
    assert read(client, article["notification_id"])["counts"]["failed"] == 1

    alert(client, article_id=article["id"])
    work()

    assert provider.addresses == {reached.address: 1, missed.address: 4}


@pytest.mark.parametrize(("insist", "size"), [("false", 1), ("true", 2)])
def test_the_audience_of_an_article_leaves_out_whom_its_story_reached(
    client: FlaskClient, work: Work, provider: Provider, insist: str, size: int
) -> None:
    register(client, "source:herald")
    tell(client, "herald", breaking=True)
    work()
    register(client, TAG)
    second = tell(client, "courier")
    query = {"topics": f"{TAG},source:herald", "article_id": second["id"], "insist": insist}

    asked = client.get("/v1/newsroom/audience", headers=EDITOR, query_string=query).get_json()
    sent = alert(client, TAG, "source:herald", article_id=second["id"], insist=insist == "true")
    work()

    assert asked["audience"] == size == read(client, sent)["counts"]["accepted"]
    assert asked["excluded"]["same_story"] == 2 - size


NIGHT = {"start": "11:00", "end": "17:00"}


def test_breaking_news_takes_the_place_of_what_the_night_holds_of_its_story(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """However long ago that was: it would come after it."""
    asleep, awake = register(client, TAG), register(client, TAG)
    asleep.prefer(quiet_hours=NIGHT, daily_limit=1)
    minor = alert(client, article_id=tell(client, "herald")["id"], urgency="normal", title="Minor")
    work()
    clock.forward(hours=3)
    second = tell(client, "courier")
    query = {"topics": TAG, "article_id": second["id"]}
    asked = client.get("/v1/newsroom/audience", headers=EDITOR, query_string=query).get_json()
    breaking = alert(client, article_id=second["id"], title="Breaking")
    work()

    assert (asked["audience"], asked["excluded"]["same_story"]) == (1, 1)
    assert read(client, breaking)["counts"]["accepted"] == 1
    shown = [(m["token"], m["notification"]["title"]) for m in provider.messages]
    assert sorted(shown) == sorted([(awake.address, "Minor"), (asleep.address, "Breaking")])
    counts = read(client, minor)["counts"]
    assert (counts["held"], counts["skipped_by_reason"]) == (0, {"same_story": 1})

    clock.forward(hours=3)
    work()
    assert len(provider.messages) == 2
    assert read(client, minor)["state"] == "sent"


def test_breaking_news_is_no_second_alert_for_its_story_after_the_set_time_either(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    asleep = register(client, TAG)
    asleep.prefer(quiet_hours={"start": "11:00", "end": "10:00"}, daily_limit=1)
    article = tell(client, "herald")
    alert(client, article_id=article["id"], urgency="normal", expires_in_s=86_400)
    work()
    clock.forward(hours=13)
    alert(client, article_id=article["id"], title="Breaking")
    work()
    clock.forward(hours=10)
    work()

    assert [m["notification"]["title"] for m in provider.messages] == ["Breaking"]


def test_what_a_daily_limit_keeps_from_a_reader_takes_no_place(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    """Today's alert was of another story; what is held for tomorrow stays."""
    phone = register(client, TAG)
    phone.prefer(quiet_hours={"start": "12:30", "end": "12:10"}, daily_limit=1)
    alert(client, title="Another story")
    work()
    clock.forward(hours=1)
    article = tell(client, "herald")
    minor = alert(client, article_id=article["id"], urgency="normal", expires_in_s=86_400)
    work()
    assert read(client, minor)["counts"]["held"] == 1
    breaking = alert(client, article_id=article["id"], title="Breaking")
    work()

    assert read(client, breaking)["counts"]["skipped_by_reason"] == {"over_limit": 1}
    clock.forward(hours=23, minutes=15)
    work()
    assert len(provider.messages) == 2


def test_breaking_news_does_not_wait_until_a_minor_alert_is_cut(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock
) -> None:
    phone = register(client, TAG)
    article = tell(client, "herald")
    minor = alert(client, article_id=article["id"], urgency="normal")
    alert(client, article_id=article["id"], title="Breaking")
    work()

    assert [m["notification"]["title"] for m in provider.messages] == ["Breaking"]
    assert provider.addresses == {phone.address: 1}
    assert same_story(client, minor) == 1
