"""A fault that nobody foresaw, at each step of the loop: it is counted, and sends nothing twice."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from backend.core.db import db, transaction
from backend.tables.audience import Installation
from push.audience.fan_out import fan_out_next
from push.delivery import pauses
from push.delivery.claims import claim_next
from push.store.faults import FAULT_TRIES
from push.store.models import Notification
from push.transport.outcome import Answer
from push.transport.payload import Template, template
from push.transport.sender import Answered, Outgoing
from tests.conftest import EDITOR, Clock
from tests.factories import Phone, publish, register
from tests.push.conftest import LOST, UNAVAILABLE, UNREGISTERED, Provider, refusal
from tests.push.delivery.loop import (
    Loop,
    Thrown,
    UnreadableAnswer,
    add_up,
    faults,
    statements,
)
from tests.push.editor import TAG, alert, command, read

pytestmark = [pytest.mark.usefixtures("tagged"), pytest.mark.slow, pytest.mark.any_engine]

OTHER = "tag:Airport"
HARMLESS = 40  # faults of two hours: with back-off there are few, in a spin there are thousands


@dataclass
class News:
    """Two alerts to different readers: one that meets the fault, and one that must not notice."""

    client: FlaskClient
    phones: list[Phone]
    others: list[Phone]

    def send(self, **fields: Any) -> None:
        self.victim = alert(self.client, TAG, title="Poison", **fields)
        self.bystander = alert(self.client, OTHER, title="Fine")

    @property
    def final(self) -> dict[str, Any]:
        return read(self.client, self.victim)

    def assert_others_got_theirs(self, provider: Provider) -> None:
        found = read(self.client, self.bystander)
        assert (found["state"], found["counts"]["accepted"]) == ("sent", len(self.others))
        assert {provider.addresses[phone.address] for phone in self.others} == {1}


@pytest.fixture
def news(client: FlaskClient) -> News:
    publish(client, source="herald", tags=["Airport"])
    phones = [register(client, TAG) for _ in range(4)]
    return News(client, phones, [register(client, OTHER) for _ in range(3)])


@pytest.fixture
def loop(app: Flask, provider: Provider, clock: Clock) -> Iterator[Loop]:
    with app.app_context():
        yield Loop(app, provider, clock)


def row_id(app: Flask, public_id: str) -> int:
    with app.app_context():
        found = db.session.scalar(
            select(Notification.id).where(Notification.public_id == public_id)
        )
        db.session.remove()
    assert found is not None
    return found


def of_victim(app: Flask, news: News, *words: str) -> Callable[[str, list[Any]], object]:
    """The statements with these words that are about the victim."""
    victim = row_id(app, news.victim["id"])
    return lambda statement, given: all(w in statement for w in words) and victim in given


# Fan-out.


def test_a_fan_out_that_raises_once_is_tried_again_and_nobody_misses_the_alert(
    app: Flask, news: News, loop: Loop, provider: Provider
) -> None:
    news.send()
    before = faults("fan_out")
    with statements(Thrown(of_victim(app, news, "FROM notification_topic"), times=1)):
        loop.run()

    assert (news.final["state"], news.final["counts"]["accepted"]) == ("sent", 4)
    assert set(provider.addresses.values()) == {1}
    assert faults("fan_out") == before + 1
    news.assert_others_got_theirs(provider)


def test_a_fan_out_that_always_raises_ends_as_failed_with_a_reason_and_blocks_nobody(
    app: Flask, news: News, loop: Loop, provider: Provider, clock: Clock
) -> None:
    news.send()
    before, start = faults("fan_out"), clock.now
    with statements(Thrown(of_victim(app, news, "FROM notification_topic"))):
        loop.run()

    assert news.final["state"] == "failed"
    assert "unforeseen fault" in news.final["failure"]["detail"]
    assert faults("fan_out") == before + FAULT_TRIES
    assert clock.now - start < timedelta(minutes=3)
    news.assert_others_got_theirs(provider)


def test_one_reader_whose_row_cannot_be_read_is_skipped_and_the_others_are_sent_the_alert(
    app: Flask, news: News, loop: Loop, provider: Provider
) -> None:
    odd = news.phones[1]
    with app.app_context(), transaction() as session:
        corrupt = update(Installation).where(Installation.public_id == odd.id)
        session.execute(corrupt.values(quiet_start="night", quiet_end="day"))
    news.send(urgency="normal")
    loop.run()

    counts = news.final["counts"]
    assert (counts["accepted"], counts["skipped_by_reason"]) == (3, {"fault": 1})
    assert provider.addresses[odd.address] == 0
    news.assert_others_got_theirs(provider)


# Claim and compose.


@pytest.mark.parametrize("times", [1, 1_000_000], ids=["once", "always"])
def test_a_batch_that_cannot_be_claimed_waits_and_ends_as_failed(
    app: Flask, news: News, loop: Loop, provider: Provider, times: int
) -> None:
    news.send()
    with app.app_context():
        rows = db.session.scalars(select(Installation).order_by(Installation.id)).all()
        ids = [row.id for row in rows if row.address_value == news.phones[-1].address]
        db.session.remove()

    def is_claim(statement: str, given: list[Any]) -> bool:
        return "installation.id IN" in statement and set(ids) <= set(given)

    before = faults("claim")
    with statements(Thrown(is_claim, times=times)):
        loop.run()

    final = news.final
    assert add_up(final["counts"])
    if times == 1:
        assert (final["state"], final["counts"]["accepted"]) == ("sent", 4)
    else:
        assert (final["state"], final["counts"]["failed"]) == ("failed", 4)
        assert "unforeseen fault" in final["failure"]["detail"]
        assert provider.addresses.keys().isdisjoint(phone.address for phone in news.phones)
    assert faults("claim") == before + min(times, FAULT_TRIES)
    news.assert_others_got_theirs(provider)


@pytest.mark.parametrize("times", [1, 1_000_000], ids=["once", "always"])
def test_a_message_that_cannot_be_composed_fails_after_a_few_tries_and_the_others_leave(
    news: News, loop: Loop, provider: Provider, times: int
) -> None:
    left = [times]

    def render(alert: Any, **options: Any) -> Template:
        if alert.title == "Gift" and left[0] > 0:
            left[0] -= 1
            raise RuntimeError("this text is poison")
        return template(alert, **options)

    reader = register(news.client, TAG, locale="de-DE")
    loop.render = render
    loop.restart()
    news.send(variants={"de": {"title": "Gift", "body": ""}})
    loop.run()

    counts = news.final["counts"]
    expected = (5, 0) if times == 1 else (4, 1)
    assert (counts["accepted"], counts["failed"]) == expected
    assert news.final["state"] == "sent"
    assert add_up(counts)
    assert set(provider.addresses.values()) == {1}
    assert provider.addresses[reader.address] == (times == 1)
    news.assert_others_got_theirs(provider)


def test_an_alert_that_nobody_can_be_composed_for_ends_as_failed_with_a_reason(
    news: News, loop: Loop, provider: Provider
) -> None:
    def render(alert: Any, **options: Any) -> Template:
        if alert.title == "Poison":
            raise RuntimeError("this text is poison")
        return template(alert, **options)

    loop.render = render
    loop.restart()
    before = faults("compose")
    news.send()
    loop.run()

    final = news.final
    assert (final["state"], final["counts"]["failed"]) == ("failed", 4)
    assert "to compose" in final["failure"]["detail"]
    assert faults("compose") == before + FAULT_TRIES
    news.assert_others_got_theirs(provider)


# Submit, collect, classify.


@dataclass
class Faulty(Provider):
    """Raises when it is given certain addresses, or when it is asked for answers."""

    poison: str = ""
    refuses_to_answer: int = 0

    def submit(self, messages: Any) -> None:
        for message in messages:
            if message.address == self.poison:
                raise RuntimeError("a message that cannot be submitted")
            super().submit([message])

    def collect(self, wait_s: float) -> Answered:
        if self.refuses_to_answer > 0 and self._ready:
            self.refuses_to_answer -= 1
            raise RuntimeError("answers that cannot be collected")
        return super().collect(wait_s)


@pytest.fixture
def faulty(provider: Provider, app: Flask, clock: Clock) -> Iterator[tuple[Faulty, Loop]]:
    own = Faulty()
    with app.app_context():
        yield own, Loop(app, own, clock)


@pytest.mark.parametrize("place", range(4))
def test_a_message_that_cannot_be_submitted_spoils_no_other_of_its_batch(
    news: News, faulty: tuple[Faulty, Loop], place: int
) -> None:
    provider, loop = faulty
    poison = news.phones[place]
    provider.poison = poison.address
    before = faults("submit")
    news.send()
    loop.run()

    counts = news.final["counts"]
    assert (counts["accepted"], counts["ambiguous"]) == (3, 1)
    assert add_up(counts)
    assert provider.addresses == {p.address: 1 for p in news.phones + news.others if p != poison}
    assert faults("submit") - before <= FAULT_TRIES
    news.assert_others_got_theirs(provider)


@pytest.mark.parametrize("times", [1, 3, 1_000_000])
def test_answers_that_cannot_be_collected_for_a_while_are_not_lost(
    news: News, faulty: tuple[Faulty, Loop], times: int
) -> None:
    provider, loop = faulty
    provider.refuses_to_answer = times
    before = faults("collect")
    news.send()
    loop.run()

    counts = news.final["counts"]
    assert add_up(counts)
    if times < FAULT_TRIES:
        assert counts["accepted"] == 4
        assert set(provider.addresses.values()) == {1}
        news.assert_others_got_theirs(provider)
    else:  # their answers are lost for good: one repeat
        assert counts["ambiguous"] == 4
        assert max(provider.addresses.values()) == 2
    assert faults("collect") - before <= HARMLESS


def test_an_answer_that_cannot_be_read_costs_nobody_else_anything(
    news: News, loop: Loop, provider: Provider
) -> None:
    odd, fine = news.phones[1], [news.phones[0], *news.phones[2:]]
    provider.answer(odd.address, UnreadableAnswer())
    before = faults("classify")
    news.send()
    loop.run()

    counts = news.final["counts"]
    assert (counts["accepted"], counts["ambiguous"]) == (3, 1)
    assert provider.addresses[odd.address] == 2
    assert {provider.addresses[phone.address] for phone in fine} == {1}
    assert faults("classify") == before + 2
    news.assert_others_got_theirs(provider)


@pytest.mark.parametrize("wait", ["²", "9" * 5_000, "Fri, 31 Dec 9999 23:59:59 -2359", "5"])
def test_no_header_of_a_refusal_makes_the_others_hear_the_alert_twice(
    news: News, loop: Loop, provider: Provider, wait: str
) -> None:
    provider.answer(news.phones[0].address, Answer(429, b"{}", wait), Answer(200, b'{"name": "1"}'))
    news.send()
    loop.run()

    final = news.final["counts"]
    assert (final["accepted"], final["failed"]) in {(4, 0), (3, 1)}, "or it waits past its expiry"
    assert {provider.addresses[phone.address] for phone in news.phones[1:]} == {1}


def test_a_sender_that_never_answers_one_message_keeps_its_batch_for_two_minutes_only(
    app: Flask, news: News, clock: Clock
) -> None:
    class Forgetful(Provider):
        def collect(self, wait_s: float) -> Answered:
            forgotten = news.phones[0].address
            return [each for each in super().collect(wait_s) if each[0].address != forgotten]

    provider, start = Forgetful(), clock.now
    with app.app_context():
        news.send()
        Loop(app, provider, clock).run()

    counts = news.final["counts"]
    assert (counts["accepted"], counts["ambiguous"]) == (3, 1)
    assert provider.addresses[news.phones[0].address] == 2
    assert clock.now - start < timedelta(minutes=6)


def test_an_answer_after_its_deadline_is_not_counted_again(
    app: Flask, news: News, clock: Clock
) -> None:
    class Late(Provider):
        kept: Answered

        def collect(self, wait_s: float) -> Answered:
            ready = super().collect(wait_s)
            if not hasattr(self, "kept"):
                self.kept, ready = [], []
                self.kept = [(m, Answer(200, b'{"name": "1"}')) for m in self._outgoing]
                return []
            return [*ready, *self.kept]

        def submit(self, messages: Any) -> None:
            self._outgoing: list[Outgoing] = [*messages]
            super().submit(messages)

    provider = Late()
    with app.app_context():
        news.send()
        Loop(app, provider, clock).run()

    assert add_up(news.final["counts"])
    assert add_up(read(news.client, news.bystander)["counts"])
    assert max(provider.addresses.values()) <= 2


# Quota, pause, record, retire.


@pytest.mark.parametrize("times", [1, 1_000_000], ids=["once", "always"])
@pytest.mark.parametrize(
    "words",
    [
        ("UPDATE notification SET", "accepted"),
        ("UPDATE notification SET", "timings"),
        ("UPDATE installation SET", "address_retired_at"),
        ("UPDATE batch SET", "sent"),
        ("UPDATE batch SET", "state"),
        ("UPDATE batch SET", "due_at"),
        ("INSERT INTO quota",),
        ("UPDATE quota",),
        ("INSERT INTO pause",),
        ("FROM pause",),
        ("FROM halt",),
        ("FROM batch",),
        ("FROM notification WHERE notification.id",),
        ("FROM notification", "corrects_id"),
        ("FROM installation WHERE",),
        ("INSERT INTO batch",),
        ("DELETE FROM daily_alert",),
    ],
    ids=" ".join,
)
def test_a_statement_that_fails_sends_nobody_the_alert_twice_and_all_ends_well_after_it(
    news: News, loop: Loop, provider: Provider, clock: Clock, words: tuple[str, ...], times: int
) -> None:
    """For an hour and more, whatever of the alert it is about; then the fault is mended."""
    gone, busy, lost, lacking = [register(news.client, TAG) for _ in range(4)]
    provider.answer(gone.address, UNREGISTERED)
    provider.answer(busy.address, UNAVAILABLE, Answer(429, b"{}", "5"), provider.usual)
    provider.answer(lost.address, LOST, provider.usual)
    provider.answer(lacking.address, refusal(401, "THIRD_PARTY_AUTH_ERROR"), provider.usual)
    for phone in news.phones:
        phone.prefer(daily_limit=50)
    news.send()
    thrown = Thrown(lambda statement, _: all(word in statement for word in words), times=times)
    with statements(thrown):
        loop.run(minutes=20)
        turns = loop.turns
    loop.run(hours=3)

    assert turns < 1_000, "it spins"
    for sent in (news.victim, news.bystander):
        found = read(news.client, sent)
        assert found["state"] in {"sent", "failed", "expired"}
        assert add_up(found["counts"]) or found["counts"]["audience"] == 0
    twice = {address for address, count in provider.addresses.items() if count > 1}
    allowed = {busy.address, lost.address, lacking.address}
    assert all(provider.addresses[address] <= 2 for address in twice - allowed)
    if times == 1:
        assert twice <= allowed
        assert read(news.client, news.bystander)["counts"]["accepted"] == len(news.others)


def test_one_result_that_cannot_be_recorded_is_counted_and_the_others_are_recorded_whole(
    app: Flask, news: News, loop: Loop, provider: Provider
) -> None:
    gone = [register(news.client, TAG) for _ in range(3)]
    for phone in gone:
        provider.answer(phone.address, UNREGISTERED)
    with app.app_context():
        found = select(Installation.id).where(Installation.public_id == gone[1].id)
        poison = db.session.scalar(found)
        db.session.remove()

    def is_poison(statement: str, given: list[Any]) -> bool:
        return "UPDATE installation SET" in statement and poison in given

    before = faults("record")
    news.send()
    with statements(Thrown(is_poison)):
        loop.run()

    counts = news.final["counts"]
    assert (counts["accepted"], counts["retired"], counts["failed"]) == (4, 2, 1)
    assert set(provider.addresses.values()) == {1}
    assert faults("record") == before + 1
    news.assert_others_got_theirs(provider)


# Lifecycle, reaping, housekeeping.


@pytest.mark.parametrize("times", [1, 1_000_000], ids=["once", "always"])
def test_an_event_that_cannot_be_published_does_not_keep_an_alert_from_its_end(
    app: Flask, news: News, loop: Loop, provider: Provider, times: int
) -> None:
    told: list[str] = []
    left = [times]

    def publish_event(_session: Any, event: Any) -> None:
        if event.data["id"] == news.victim["id"] and left[0] > 0:
            left[0] -= 1
            raise RuntimeError("a room that joined in failed")
        told.append(event.data["id"])

    loop.publish_event = publish_event
    loop.restart()
    news.send()
    loop.run()

    assert (news.final["state"], news.final["counts"]["accepted"]) == ("sent", 4)
    assert told.count(news.bystander["id"]) == 1
    assert told.count(news.victim["id"]) == (times == 1)
    news.assert_others_got_theirs(provider)


def test_the_batch_of_a_dead_worker_that_cannot_be_reaped_keeps_no_other_from_it(
    app: Flask, news: News, loop: Loop, provider: Provider, clock: Clock
) -> None:
    news.send()
    for _ in range(2):
        fan_out_next(now=clock.now)
    claimed = [claim_next(None, now=clock.now) for _ in range(2)]  # by a worker that died
    assert all(claimed)
    for sent in (news.victim, news.bystander):
        command(news.client, sent, "recall")
    victim = row_id(app, news.victim["id"])

    def is_reaping(statement: str, given: list[Any]) -> bool:
        return statement.startswith("UPDATE notification") and victim in given

    before = faults("reap")
    clock.forward(minutes=2)
    with statements(Thrown(is_reaping)):
        for _ in range(60):
            loop.turn()
    assert add_up(read(news.client, news.bystander)["counts"])
    assert 0 < faults("reap") - before <= 10
    for _ in range(80):
        loop.turn()
    assert news.final["counts"]["ambiguous"] == 4


def test_housekeeping_goes_on_when_one_of_its_tasks_fails(
    news: News, loop: Loop, provider: Provider
) -> None:
    before = {step: faults(step) for step in ("halt", "forget")}
    fails = Thrown(lambda statement, _: "DELETE FROM daily_alert" in statement)
    news.send()
    with statements(fails, Thrown(lambda statement, _: "FROM halt" in statement, times=1)):
        for _ in range(20):
            loop.turn()

    assert faults("forget") == before["forget"] + 1, "hourly, whatever became of it"
    news.assert_others_got_theirs(provider)


def test_a_canary_that_cannot_be_read_is_an_alarm_and_the_next_one_leaves(
    app: Flask, news: News, loop: Loop, provider: Provider, clock: Clock
) -> None:
    before = faults("canary")
    loop.housekeeping.canary_every = timedelta(minutes=5)
    loop.turn()
    assert loop.housekeeping.canary_id is not None
    with statements(Thrown(lambda statement, _: "notification.public_id =" in statement, times=1)):
        loop.turn()

    assert faults("canary") == before + 1
    assert loop.housekeeping.canary_id is None
    clock.forward(minutes=6)
    loop.turn()
    assert loop.housekeeping.canary_id is not None


# What is said of it.


def test_a_fault_is_logged_once_under_an_id_that_the_editor_reads_and_without_addresses(
    app: Flask, news: News, loop: Loop, caplog: pytest.LogCaptureFixture
) -> None:
    def render(alert: Any, **options: Any) -> Template:
        raise RuntimeError(f"no {news.phones[0].address}")

    loop.render = render
    loop.restart()
    news.send()
    with caplog.at_level(logging.ERROR):
        loop.run(minutes=1)
        first = [r for r in caplog.records if r.getMessage().startswith("an unforeseen fault")]
        loop.run()

    ids = [vars(record)["fault_id"] for record in caplog.records if "fault_id" in vars(record)]
    assert len(ids) == len(set(ids)) == 2 * FAULT_TRIES
    assert any(fault_id in news.final["failure"]["detail"] for fault_id in ids)
    assert vars(first[0])["kind"] == "RuntimeError"
    assert any("render" in frame for frame in vars(first[0])["stack"])
    assert news.phones[0].address not in caplog.text + str([vars(r) for r in caplog.records])


def test_a_credential_pause_that_cannot_be_written_holds_nobody_up(
    app: Flask, client: FlaskClient, news: News, loop: Loop, provider: Provider, clock: Clock
) -> None:
    iphones = [register(client, TAG, platform="ios") for _ in range(12)]
    for phone in iphones:
        provider.answer(phone.address, refusal(401, "THIRD_PARTY_AUTH_ERROR"))
    news.send()
    with statements(Thrown(lambda statement, _: "INSERT INTO pause" in statement)):
        loop.run(minutes=2)
    provider.answers.clear()
    clock.now += pauses.PAUSE_LASTS
    loop.run()

    assert add_up(news.final["counts"])
    assert {provider.addresses[phone.address] for phone in news.phones} == {1}
    assert client.get("/v1/newsroom/halt", headers=EDITOR).get_json()["halted"] is False
