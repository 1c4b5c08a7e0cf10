"""Whom an alert is for, at which hour, and how loud: what is counted is what is sent."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.keys import create_key
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import Phone, publish, register
from tests.push.conftest import Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, command, read

pytestmark = pytest.mark.usefixtures("tagged")
Work = Callable[[], None]
AUDIENCE = "/v1/newsroom/audience"
STORM = "tag:Storm"


@pytest.fixture
def storm(client: FlaskClient) -> None:
    publish(client, source="gazette", tags=["Storm"])


def to(client: FlaskClient, audience: dict[str, Any], **fields: Any) -> Any:
    """The answer to an alert to this audience."""
    body = {"title": "Bridge closed", "body": "", "urgency": "normal", "audience": audience}
    return client.post(NOTIFICATIONS, headers=EDITOR, json=body | fields)


def ask(client: FlaskClient, **query: str) -> dict[str, Any]:
    answer = client.get(AUDIENCE, headers=EDITOR, query_string={"urgency": "normal"} | query)
    assert answer.status_code == 200, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    return found


def told(asked: dict[str, Any]) -> dict[str, int]:
    return {reason: count for reason, count in asked["excluded"].items() if count}


class TestWho:
    @pytest.mark.usefixtures("storm")
    def test_what_is_counted_is_what_is_sent_each_reason_told(
        self, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        said = {"time_zone": "Asia/Seoul", "app_version": "4.12.0", "edition": "uk"}
        fits = register(client, TAG, STORM, platform="ios", locale="ko-KR", **said)
        for fields in (
            {"platform": "android"},
            {"locale": "en"},
            {"time_zone": "Europe/Berlin"},
            {"time_zone": "UTC"},
            {"app_version": "4.2"},
            {"app_version": None},
            {"edition": "us"},
            {"edition": None},
        ):
            register(client, TAG, STORM, **({"platform": "ios", "locale": "ko"} | said | fields))
        register(client, TAG, platform="ios", locale="ko", **said)
        register(client, TAG, STORM, "source:gazette", platform="ios", locale="ko", **said)
        asleep = register(client, TAG, STORM, platform="ios", locale="ko", **said)
        asleep.prefer(quiet_hours={"start": "20:00", "end": "23:00"})  # it is 21:00 in Seoul

        asked = ask(
            client,
            topics=TAG,
            all=STORM,
            none="source:gazette",
            platforms="ios,web",
            languages="ko",
            countries="KR,JP",
            app_version_min="4.10",
            editions="uk",
        )
        audience = {
            "any": [TAG],
            "all": [STORM],
            "none": ["source:gazette"],
            "platforms": ["ios", "web"],
            "languages": ["ko"],
            "countries": ["JP", "KR"],
            "app_version": {"min": "4.10"},
            "editions": ["uk"],
        }
        sent = to(client, audience).get_json()
        work()

        assert list(provider.addresses) == [fits.address]
        counts = read(client, sent)["counts"]
        assert asked["audience"] == counts["audience"] == 1
        reasons = told(asked)
        assert reasons.pop("quiet") == counts["held"] == 1
        assert reasons == counts["skipped_by_reason"]
        once = dict.fromkeys(
            ("platform", "language", "country", "unknown_country", "app_version", "edition"), 1
        )
        assert reasons == once | {"unknown_app_version": 1, "unknown_edition": 1, "topics": 2}
        assert sent["audience"] == audience
        assert sent["topics"] == [TAG]
        corrected = command(client, sent, "correct", title="Bridge open").get_json()
        assert corrected["audience"] == audience

    @pytest.mark.parametrize(
        ("part", "member"),
        [
            ({"platforms": ["phone"]}, "platforms"),
            ({"platforms": []}, "platforms"),
            ({"languages": ["en us"]}, "languages"),
            ({"languages": ["en"] * 51}, "languages"),
            ({"countries": ["kr"]}, "countries"),
            ({"app_version": {"min": "four"}}, "app_version"),
            ({"app_version": {}}, "app_version"),
            ({"app_version": {"since": "4"}}, "app_version"),
            ({"editions": ["UK!"]}, "editions"),
            ({"none": ["tag:Storm"] * 21}, "none"),
            ({"all": ["tag:Storm"] * 11}, "all"),
            ({"readers": ["x"]}, "readers"),
        ],
    )
    def test_a_part_that_cannot_be_used_is_named(
        self, client: FlaskClient, part: dict[str, Any], member: str
    ) -> None:
        answer = to(client, {"any": [TAG], **part})

        assert answer.status_code == 422
        assert member in answer.get_json()["errors"]["audience"]

    @pytest.mark.parametrize(
        ("part", "member"),
        [
            ({"countries": ["QQ"]}, "countries"),
            ({"app_version": {"min": "4.10", "max": "4.9"}}, "app_version"),
            ({"all": ["tag:Nowhere"]}, "all"),
            ({"none": [TAG]}, "none"),
        ],
    )
    def test_a_part_that_means_nothing_is_named(
        self, client: FlaskClient, part: dict[str, Any], member: str
    ) -> None:
        answer = to(client, {"any": [TAG], **part})

        assert answer.status_code == 422
        assert member in answer.get_json()["errors"]

    def test_an_alert_has_followers_and_one_audience(self, client: FlaskClient) -> None:
        everybody = to(client, {"platforms": ["ios"]})
        both = to(client, {"any": [TAG]}, topics=[TAG])

        assert (everybody.status_code, both.status_code) == (422, 422)

    def test_an_edit_of_the_audience_voids_what_was_approved(self, client: FlaskClient) -> None:
        draft = to(client, {"any": [TAG]}, approval=True).get_json()
        audience = {"any": [TAG], "platforms": ["web"]}

        changed = client.patch(
            f"{NOTIFICATIONS}/{draft['id']}", headers=EDITOR, json={"audience": audience}
        ).get_json()

        assert changed["content_hash"] != draft["content_hash"]
        assert changed["audience"]["platforms"] == ["web"]

    def test_the_inbox_shows_what_was_for_this_reader(
        self, client: FlaskClient, work: Work
    ) -> None:
        ios = register(client, TAG, platform="ios")
        web = register(client, TAG, platform="web")
        sent = to(client, {"any": [TAG], "platforms": ["ios"]}).get_json()
        work()

        assert inbox(client, ios) == [sent["id"]]
        assert inbox(client, web) == []


class TestWhen:
    """The clock of the tests starts at noon in Greenwich."""

    def test_each_reader_is_sent_it_at_that_hour_of_theirs(
        self, client: FlaskClient, clock: Clock, work: Work, provider: Provider
    ) -> None:
        zones = ["Europe/London", "Asia/Seoul", "Asia/Kathmandu", "Pacific/Kiritimati"]
        phones = {zone: register(client, TAG, time_zone=zone) for zone in zones}
        late = register(client, TAG, time_zone="Asia/Seoul")
        late.prefer(quiet_hours={"start": "22:00", "end": "09:00"})
        start = clock.now

        asked = ask(client, topics=TAG, deliver_at="08:00")
        sent = to(client, {"any": [TAG]}, deliver=hour("08:00"), expires_in_s=7200).get_json()
        times = walk(clock, work, provider, timedelta(hours=26))

        assert asked["audience"] == 4
        assert told(asked) == {"quiet": 1}
        assert {phones[zone].address: times[phones[zone].address] for zone in zones} == {
            phones["Pacific/Kiritimati"].address: start + timedelta(hours=6),
            phones["Asia/Seoul"].address: start + timedelta(hours=11),
            phones["Asia/Kathmandu"].address: start + timedelta(hours=14, minutes=15),
            phones["Europe/London"].address: start + timedelta(hours=20),
        }
        assert times[late.address] == start + timedelta(hours=12)
        found = read(client, sent)
        assert found["state"] == "sent"
        assert (found["counts"]["audience"], found["counts"]["held"]) == (5, 0)
        assert found["deliver"] == hour("08:00")
        assert {message["android"]["ttl"] for message in provider.messages} == {"7200s"}

    def test_a_recall_in_between_stops_the_hours_that_have_not_come(
        self, client: FlaskClient, clock: Clock, work: Work, provider: Provider
    ) -> None:
        east = register(client, TAG, time_zone="Asia/Seoul")
        west = register(client, TAG, time_zone="Europe/London")
        west.prefer(quiet_hours={"start": "07:00", "end": "08:30"})
        sent = to(client, {"any": [TAG]}, deliver=hour("08:00")).get_json()
        walk(clock, work, provider, timedelta(hours=12))

        assert inbox(client, east) == [sent["id"]]
        assert inbox(client, west) == []
        corrected = command(client, sent, "correct", title="Bridge open")
        work()
        recalled = command(client, sent, "recall").get_json()
        walk(clock, work, provider, timedelta(hours=26))

        assert corrected.status_code == 202
        assert (recalled["sent"], recalled["not_sent"]) == (1, 1)
        assert provider.addresses == {east.address: 2}

    def test_the_latest_word_counts_before_the_hour(
        self, client: FlaskClient, clock: Clock, work: Work, provider: Provider
    ) -> None:
        traveller = register(client, TAG, time_zone="Asia/Seoul")
        stopped = register(client, TAG, time_zone="Asia/Seoul")
        to(client, {"any": [TAG]}, deliver=hour("08:00"))
        work()
        url = f"/v1/installations/{traveller.id}"
        client.patch(url, headers=traveller.auth, json={"time_zone": "Europe/London"})
        stopped_url = f"/v1/installations/{stopped.id}/topics/{TAG}"
        client.delete(stopped_url, headers=stopped.auth)

        times = walk(clock, work, provider, timedelta(hours=26))

        assert times == {traveller.address: times[traveller.address]}
        assert times[traveller.address].hour == 8

    def test_breaking_news_of_the_story_comes_at_once_in_its_place(
        self, client: FlaskClient, clock: Clock, work: Work, provider: Provider
    ) -> None:
        reader = register(client, TAG, time_zone="Asia/Seoul")
        article = publish(client, source="herald", tags=["Harbour"])["id"]
        later = to(client, {"any": [TAG]}, deliver=hour("08:00"), article_id=article).get_json()
        work()
        alert(client, TAG, article_id=article)

        times = walk(clock, work, provider, timedelta(hours=26))

        assert provider.addresses == {reader.address: 1}
        assert times[reader.address] < clock.now - timedelta(hours=26)
        assert read(client, later)["counts"]["skipped_by_reason"] == {"same_story": 1}

    def test_an_hour_that_was_missed_by_more_than_the_alert_lives_is_left_out(
        self, client: FlaskClient, clock: Clock, work: Work, provider: Provider
    ) -> None:
        register(client, TAG, time_zone="Asia/Seoul")
        sent = to(client, {"any": [TAG]}, deliver=hour("08:00"), expires_in_s=3600).get_json()
        work()
        clock.forward(hours=12, minutes=1)  # nothing ran meanwhile
        work()

        assert provider.sent == []
        assert read(client, sent)["counts"]["skipped_by_reason"] == {"too_late": 1}

    def test_a_late_approval_waits_for_the_next_hour(
        self, client: FlaskClient, app: Flask, clock: Clock, work: Work, provider: Provider
    ) -> None:
        reader = register(client, TAG, time_zone="Asia/Seoul")
        with app.app_context():
            second = bearer(create_key("editor", "second", (), now=clock.now))
        draft = {"deliver": hour("08:00"), "expires_in_s": 3600, "approval": True}
        sent = to(client, {"any": [TAG]}, **draft).get_json()
        approved_at = clock.forward(hours=23, minutes=30)  # past the first 08:00, and its hour
        client.post(f"{NOTIFICATIONS}/{sent['id']}/approve", headers=second, json={})

        times = walk(clock, work, provider, timedelta(hours=26))

        assert times == {reader.address: approved_at + timedelta(hours=11, minutes=30)}
        assert times[reader.address].hour == 23

    @pytest.mark.parametrize("body", [{"at": "8:00", "in": "recipient_time_zone"}, {"at": "08:00"}])
    def test_an_hour_is_written_in_full(self, client: FlaskClient, body: dict[str, str]) -> None:
        answer = to(client, {"any": [TAG]}, deliver=body)

        assert answer.status_code == 422
        assert "deliver" in answer.get_json()["errors"]


class TestHowLoud:
    @pytest.mark.usefixtures("storm")
    def test_the_loudest_topic_decides_and_silence_is_no_sound(
        self, client: FlaskClient, work: Work, provider: Provider
    ) -> None:
        levels: list[dict[str, str]] = [
            {},
            {TAG: "important"},
            {TAG: "breaking"},
            {TAG: "silent"},
            {TAG: "silent", STORM: "important"},
            {TAG: "breaking", STORM: "important"},
        ]
        phones = [register(client, TAG, STORM) for _ in levels[4:]]
        phones = [register(client, TAG) for _ in levels[:4]] + phones
        for phone, own in zip(phones, levels, strict=True):
            phone.prefer(levels=own)

        heard_by_level: list[tuple[str, list[str | None]]] = [
            ("normal", ["news", None, None, "silent", "silent", None]),
            ("important", ["news", "news", None, "silent", "news", "news"]),
            ("breaking", ["breaking", "breaking", "breaking", "silent", "breaking", "breaking"]),
        ]
        for level, expected in heard_by_level:
            urgency = "breaking" if level == "breaking" else "normal"
            topics = [TAG, STORM]
            asked = ask(client, topics=",".join(topics), urgency=urgency, level=level)
            provider.sent.clear()
            sent = alert(client, *topics, urgency=urgency, level=level)
            work()

            heard = {
                message["token"]: message["android"]["notification"]["channel_id"]
                for message in provider.messages
            }
            assert [heard.get(phone.address) for phone in phones] == expected
            below = expected.count(None)
            assert told(asked).get("below_level", 0) == below
            assert read(client, sent)["counts"]["skipped_by_reason"].get("below_level", 0) == below

    def test_a_level_and_an_urgency_that_contradict_are_refused(self, client: FlaskClient) -> None:
        answer = to(client, {"any": [TAG]}, urgency="normal", level="breaking")

        assert answer.status_code == 422
        assert "level" in answer.get_json()["errors"]


def hour(at: str) -> dict[str, str]:
    return {"at": at, "in": "recipient_time_zone"}


def walk(clock: Clock, work: Work, provider: Provider, lasts: timedelta) -> dict[str, datetime]:
    """Work every quarter of an hour; when each address was sent something first."""
    end = clock.now + lasts
    times: dict[str, datetime] = {}
    while clock.now <= end:
        work()
        for message in provider.messages:
            times.setdefault(message["token"], clock.now)
        clock.forward(minutes=15)
    return times


def inbox(client: FlaskClient, phone: Phone) -> list[str]:
    url = f"/v1/installations/{phone.id}/notifications"
    found = client.get(url, headers=phone.auth).get_json()["notifications"]
    return [entry["id"] for entry in found]
