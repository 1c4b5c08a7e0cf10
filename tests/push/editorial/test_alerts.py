"""From an article or an editor's words to one message for each follower."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import EDITOR, Clock
from tests.factories import multiply, publish, register
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, read


@pytest.mark.usefixtures("tagged")
class TestIntention:
    def test_breaking_news_reaches_each_follower_once(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        phones = [register(client, TAG) for _ in range(3)]
        register(client)

        article = publish(client, tags=["Harbour"], breaking=True, title="Harbour bridge closed")
        work()

        assert provider.addresses == {phone.address: 1 for phone in phones}
        message = provider.messages[0]
        assert message["data"] == {
            "url": article["url"],
            "notification_id": article["notification_id"],
        }
        assert message["notification"]["title"] == "Harbour bridge closed"
        counts = read(client, article["notification_id"])["counts"]
        assert (counts["audience"], counts["accepted"], counts["pending"]) == (3, 3, 0)

    def test_following_several_matching_topics_gives_one_alert(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        phone = register(client, TAG, "source:herald", "category:world", "breaking")

        publish(client, source="herald", category="World", tags=["Harbour"], breaking=True)
        work()

        assert provider.addresses == {phone.address: 1}

    def test_publishing_again_alerts_nobody_again(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        phone = register(client, TAG)
        first = publish(client, external_id="x", tags=["Harbour"], breaking=True, title="Once")
        work()

        second = publish(client, external_id="x", tags=["Harbour"], breaking=True, title="Once")
        third = publish(client, external_id="x", tags=["Harbour"], breaking=True, title="Changed")
        work()

        assert second["notification_id"] == first["notification_id"]
        assert third["notification_id"] == first["notification_id"]
        assert provider.addresses == {phone.address: 1}

    def test_a_caller_s_id_makes_one_notification_also_at_the_same_moment(
        self, app: Flask, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        phone = register(client, TAG)
        with ThreadPoolExecutor(8) as pool:
            ids = {
                made["id"]
                for made in pool.map(
                    lambda _: alert(app.test_client(), id="from-the-desk"), range(16)
                )
            }
        work()

        assert len(ids) == 1
        assert provider.addresses == {phone.address: 1}

    @pytest.mark.parametrize(
        ("field", "value"),
        [("topics", ["tag:Nowhere"]), ("topics", []), ("urgency", "loud"), ("article_id", "none")],
    )
    def test_what_cannot_be_sent_is_refused_by_name(
        self, client: FlaskClient, field: str, value: object
    ) -> None:
        body = {"title": "T", "body": "B", "urgency": "normal", "topics": [TAG], field: value}

        answer = client.post(NOTIFICATIONS, headers=EDITOR, json=body)

        assert answer.status_code == 422
        assert field in answer.get_json()["errors"]

    def test_a_takedown_stops_the_alert(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        register(client, TAG)
        article = publish(client, external_id="x", tags=["Harbour"], breaking=True)

        client.delete("/v1/newsroom/articles/herald/x?reason=wrong", headers=EDITOR)
        work()

        assert provider.sent == []
        assert read(client, article["notification_id"])["state"] == "recalled"


@pytest.mark.usefixtures("tagged")
class TestAudience:
    def ask(self, client: FlaskClient, **query: str) -> dict[str, Any]:
        answer = client.get(
            "/v1/newsroom/audience", headers=EDITOR, query_string={"topics": TAG, **query}
        )
        assert answer.status_code == 200, answer.get_json()
        found: dict[str, Any] = answer.get_json()
        return found

    def test_the_audience_is_exactly_what_sending_attempts(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        for platform in ("ios", "android", "android", "web"):
            register(client, TAG, "source:herald", platform=platform)
        muted = register(client, TAG)
        muted.prefer(muted_sources=["herald"])
        asleep = register(client, TAG)
        asleep.prefer(
            quiet_hours={"start": "11:00", "end": "13:00"}, breaking_overrides_quiet_hours=False
        )
        silent = register(client, TAG)
        silent.prefer(daily_limit=0)

        topics = f"{TAG},source:herald,breaking"
        asked = self.ask(client, topics=topics, source="herald")
        article = publish(client, source="herald", tags=["Harbour"], breaking=True)
        work()

        assert asked["audience"] == 4
        assert asked["by_platform"] == {"ios": 1, "android": 2, "web": 1}
        assert asked["excluded"] == {
            "muted": 1,
            "quiet": 1,
            "over_limit": 1,
            "no_address": 0,
            "retired": 0,
        }
        counts = read(client, article["notification_id"])["counts"]
        assert counts["audience"] == asked["audience"] == len(provider.sent)
        assert counts["held"] == 1
        assert counts["skipped_by_reason"] == {"muted": 1, "over_limit": 1}

    def test_topics_may_be_repeated_and_unknown_ones_are_named(self, client: FlaskClient) -> None:
        register(client, TAG)

        repeated = client.get(
            f"/v1/newsroom/audience?topics={TAG}&topics=source:herald", headers=EDITOR
        )
        unknown = client.get("/v1/newsroom/audience?topics=tag:Nowhere", headers=EDITOR)

        assert repeated.get_json()["audience"] == 1
        assert unknown.status_code == 422

    def test_an_audience_of_many_slices_is_walked_once(
        self,
        app: Flask,
        client: FlaskClient,
        work: Callable[[], None],
        provider: Provider,
    ) -> None:
        first = register(client, TAG)
        copies = multiply(app, first, 5_600)

        notification = alert(client)
        work()

        assert len(provider.addresses) == copies + 1
        assert set(provider.addresses.values()) == {1}
        assert read(client, notification)["counts"]["accepted"] == copies + 1


@pytest.mark.usefixtures("tagged")
class TestPolicy:
    def test_minor_news_waits_for_the_end_of_quiet_hours(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider, clock: Clock
    ) -> None:
        phone = register(client, TAG, time_zone="Europe/Berlin")
        phone.prefer(quiet_hours={"start": "12:30", "end": "15:00"})

        notification = alert(client, urgency="normal")
        work()
        held = read(client, notification)
        clock.forward(hours=2)
        work()

        assert held["counts"]["held"] == 1
        assert provider.addresses == {phone.address: 1}
        counts = read(client, notification)["counts"]
        assert (counts["held"], counts["audience"], counts["accepted"]) == (0, 1, 1)

    def test_breaking_news_passes_quiet_hours_unless_the_reader_said_otherwise(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        woken = register(client, TAG)
        woken.prefer(quiet_hours={"start": "11:00", "end": "13:00"})
        asleep = register(client, TAG)
        asleep.prefer(
            quiet_hours={"start": "11:00", "end": "13:00"}, breaking_overrides_quiet_hours=False
        )

        alert(client, urgency="breaking")
        work()

        assert provider.addresses == {woken.address: 1}

    def test_what_quiet_hours_outlast_expires_unsent_and_stays_in_the_inbox(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider, clock: Clock
    ) -> None:
        phone = register(client, TAG)
        phone.prefer(quiet_hours={"start": "11:00", "end": "20:00"})

        notification = alert(client, urgency="normal", expires_in_s=3600)
        work()
        clock.forward(hours=9)
        work()

        assert provider.sent == []
        assert read(client, notification)["counts"]["held"] == 1
        inbox = client.get(f"/v1/installations/{phone.id}/notifications", headers=phone.auth)
        assert [entry["id"] for entry in inbox.get_json()["notifications"]] == [notification["id"]]

    def test_a_daily_limit_holds_over_alerts_that_are_cut_together(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider, clock: Clock
    ) -> None:
        phone = register(client, TAG)
        phone.prefer(daily_limit=2)

        for number in range(5):
            alert(client, title=f"Number {number}")
        work()
        clock.forward(days=1)
        alert(client, title="Tomorrow")
        work()

        titles = [message["notification"]["title"] for message in provider.messages]
        assert titles == ["Number 0", "Number 1", "Tomorrow"]
        inbox = client.get(f"/v1/installations/{phone.id}/notifications", headers=phone.auth)
        assert len(inbox.get_json()["notifications"]) == 6

    def test_alerts_of_one_story_are_one_alert_unless_the_editor_insists(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        phone = register(client, TAG)
        text = (
            "The swing bridge over the old harbour was closed to all traffic on Monday after "
            "inspectors found cracks in two of its main girders, the port authority said. "
            "Ferries will carry pedestrians until the girders have been replaced in spring, and "
            "lorries have to take the long way round through the eastern tunnel until then."
        )
        same: dict[str, Any] = {
            "tags": ["Harbour"],
            "breaking": True,
            "body_text": text,
            "language": "en",
        }
        title = "Cracked girders close the swing bridge in the old harbour"
        publish(client, source="herald", title=title, **same)
        second = publish(client, source="courier", title=title, **same)
        late = register(client, TAG)
        work()

        assert provider.addresses == {phone.address: 1, late.address: 1}
        skipped = read(client, second["notification_id"])["counts"]["skipped_by_reason"]
        assert skipped == {"same_story": 2}

        alert(client, article_id=second["id"], insist=True)
        work()
        assert provider.addresses == {phone.address: 2, late.address: 2}

    def test_readers_get_their_own_language(
        self, client: FlaskClient, work: Callable[[], None], provider: Provider
    ) -> None:
        phones = {
            locale: register(client, TAG, locale=locale) for locale in ("ar-EG", "ko", "en-GB")
        }

        alert(
            client,
            variants={
                "ar": {"title": "إغلاق الجسر", "body": "حتى الظهر"},
                "ko": {"title": "다리 폐쇄", "body": "정오까지"},
            },
        )
        work()

        titles = {m["token"]: m["notification"]["title"] for m in provider.messages}
        assert titles == {
            phones["ar-EG"].address: "إغلاق الجسر",
            phones["ko"].address: "다리 폐쇄",
            phones["en-GB"].address: "Bridge closed",
        }


@pytest.mark.usefixtures("tagged")
def test_a_device_that_moves_from_a_token_to_an_id_is_alerted_once(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    phone = register(client, TAG, address="an-id:APA91b-rest-of-the-token")
    address = {"kind": "fid", "value": "an-id"}
    url = f"/v1/installations/{phone.id}"
    client.patch(url, headers=phone.auth, json={"address": address})

    alert(client)
    work()

    assert [(m.get("token"), m.get("fid")) for m in provider.messages] == [(None, "an-id")]


def test_an_alert_names_its_article_by_each_of_its_names(client: FlaskClient) -> None:
    url = "https://herald.example/ferry"
    article = publish(client, external_id="a/b", url=url, tags=["Harbour"])
    names = {"article_id": article["id"]}, {"article_id": "herald/a/b"}, {"article_id": url}

    draft = {"topics": [TAG], "title": "Bridge closed", "body": "", "urgency": "normal"}

    made = [alert(client, **name) for name in names]

    assert {each["article_id"] for each in made} == {article["id"]}
    for name in names:
        listed = client.get(NOTIFICATIONS, headers=EDITOR, query_string=name).get_json()
        assert [each["id"] for each in listed["notifications"]] == [m["id"] for m in made[::-1]]
        seen = client.post(f"{NOTIFICATIONS}/preview", headers=EDITOR, json=draft | name)
        assert "dead_link" not in [each["code"] for each in seen.get_json()["warnings"]]
