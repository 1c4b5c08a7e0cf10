"""The canary says that sending works, and raises an alarm when it does not."""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from backend.core.settings import SettingsError
from backend.http.context import AppContext
from push.delivery.housekeeping import Housekeeping
from push.delivery.worker import Worker
from push.editorial.settings import read
from tagwire import main
from tests.conftest import EDITOR, Clock
from tests.factories import Phone, register
from tests.push.conftest import UNAVAILABLE, Provider, refusal
from tests.push.editor import NOTIFICATIONS, TAG

pytestmark = pytest.mark.usefixtures("tagged")

Work = Callable[[], None]


def tagwire(app: Flask, *words: str) -> tuple[int, str]:
    """A command of `tagwire push` in this process: its exit code and what it said."""
    done = app.test_cli_runner().invoke(main, ["push", *words], catch_exceptions=False)
    return done.exit_code, done.stderr if done.exit_code else done.stdout


@pytest.fixture
def tester(app: Flask, client: FlaskClient) -> Phone:
    """A test installation that its owner keeps as quiet as can be."""
    phone = register(client, TAG)
    phone.prefer(
        quiet_hours={"start": "00:00", "end": "23:59"},
        breaking_overrides_quiet_hours=False,
        daily_limit=0,
    )
    assert tagwire(app, "test-phone", phone.id)[0] == 0
    return phone


@pytest.fixture
def housekeeping(app: Flask, clock: Clock) -> Housekeeping:
    return Housekeeping(timedelta(minutes=5), clock)


def gauge(name: str) -> float | None:
    return REGISTRY.get_sample_value(f"tagwire_push_canary_{name}")


def run(app: Flask, housekeeping: Housekeeping, work: Work) -> None:
    """The housekeeping of one turn, the sending of it, and the look at what became of it."""
    with app.app_context():
        housekeeping.run()
    work()
    with app.app_context():
        housekeeping.run()


def test_a_dry_run_leaves_every_few_minutes_and_the_gauge_tells_how_it_went(
    app: Flask,
    housekeeping: Housekeeping,
    work: Work,
    provider: Provider,
    clock: Clock,
    tester: Phone,
) -> None:
    run(app, housekeeping, work)
    assert (gauge("failed"), gauge("success_timestamp_seconds")) == (0, clock.now.timestamp())
    assert [request["validate_only"] for request in provider.sent] == [True]

    clock.forward(minutes=4)
    run(app, housekeeping, work)
    assert len(provider.sent) == 1

    provider.answer(tester.address, refusal(403))
    last = clock.now - timedelta(minutes=4)
    clock.forward(minutes=1)
    run(app, housekeeping, work)
    assert (gauge("failed"), gauge("success_timestamp_seconds")) == (1, last.timestamp())


def test_an_outage_is_an_alarm_within_minutes_and_its_end_ends_it(
    app: Flask,
    housekeeping: Housekeeping,
    work: Work,
    provider: Provider,
    clock: Clock,
    tester: Phone,
) -> None:
    provider.usual = UNAVAILABLE
    run(app, housekeeping, work)
    clock.forward(minutes=2, seconds=1)
    work()
    run(app, housekeeping, work)
    assert gauge("failed") == 1

    provider.usual = Provider().usual
    clock.forward(minutes=5)
    run(app, housekeeping, work)
    assert gauge("failed") == 0


@pytest.mark.parametrize("begins", ["before", "meanwhile"])
def test_a_halt_is_no_alarm_and_the_canary_leaves_when_it_is_lifted(
    app: Flask,
    client: FlaskClient,
    housekeeping: Housekeeping,
    work: Work,
    provider: Provider,
    clock: Clock,
    tester: Phone,
    begins: str,
) -> None:
    run(app, housekeeping, work)
    last = clock.now
    if begins == "before":
        client.post("/v1/newsroom/halt", headers=EDITOR)
    clock.forward(minutes=5)
    with app.app_context():
        housekeeping.run()
    if begins == "meanwhile":
        client.post("/v1/newsroom/halt", headers=EDITOR)
    for _ in range(3):
        clock.forward(minutes=5)
        work()
        run(app, housekeeping, work)

    assert len(provider.sent) == 1
    assert (gauge("failed"), gauge("success_timestamp_seconds")) == (0, last.timestamp())
    assert REGISTRY.get_sample_value("tagwire_push_halted") == 1
    assert tagwire(app, "canary")[0] == 0
    assert "halted" in tagwire(app, "canary")[1]

    client.delete("/v1/newsroom/halt", headers=EDITOR)
    clock.forward(seconds=10)
    run(app, housekeeping, work)
    assert len(provider.sent) == 2
    assert gauge("success_timestamp_seconds") == clock.now.timestamp()
    assert REGISTRY.get_sample_value("tagwire_push_halted") == 0


def test_a_platform_without_its_key_is_an_alarm_at_once(
    app: Flask, housekeeping: Housekeeping, work: Work, provider: Provider, tester: Phone
) -> None:
    provider.answer(tester.address, refusal(401, "THIRD_PARTY_AUTH_ERROR"))
    run(app, housekeeping, work)

    assert gauge("failed") == 1


def test_without_a_test_installation_it_fails(
    app: Flask, housekeeping: Housekeeping, work: Work, client: FlaskClient
) -> None:
    register(client, TAG)
    run(app, housekeeping, work)

    assert gauge("failed") == 1


def test_nobody_else_hears_of_it_and_no_budget_is_spent(
    app: Flask,
    client: FlaskClient,
    housekeeping: Housekeeping,
    work: Work,
    provider: Provider,
    tester: Phone,
) -> None:
    register(client, TAG)
    run(app, housekeeping, work)

    assert provider.addresses == {tester.address: 1}
    assert client.get(NOTIFICATIONS, headers=EDITOR).get_json()["notifications"] == []
    inbox = client.get(f"/v1/installations/{tester.id}/notifications", headers=tester.auth)
    assert inbox.get_json()["notifications"] == []


@pytest.fixture
def running(app: Flask, provider: Provider, clock: Clock) -> Iterator[None]:
    """A worker beside the command."""
    context: AppContext = app.extensions["tagwire"]
    stopped = threading.Event()

    def loop() -> None:
        with app.app_context():
            worker = Worker(provider, clock, context.hooks.tell)
            while not stopped.wait(0.01):
                worker.step()

    thread = threading.Thread(target=loop)
    thread.start()
    yield
    stopped.set()
    thread.join()


@pytest.mark.usefixtures("running")
def test_the_command_says_how_it_went(
    app: Flask, provider: Provider, clock: Clock, tester: Phone
) -> None:
    assert tagwire(app, "canary") == (0, "The dry run was accepted.\n")

    clock.forward(seconds=1)
    provider.answer(tester.address, refusal(401))
    code, said = tagwire(app, "canary")

    assert code == 1
    assert "refused our key" in said


def test_the_command_says_when_nobody_works_or_a_phone_is_unknown(app: Flask) -> None:
    code, said = tagwire(app, "canary", "--wait", "0")
    assert (code, "start a worker" in said) == (1, True)

    code, said = tagwire(app, "test-phone", "nobody")
    assert (code, "There is no installation nobody" in said) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUSH_CANARY_MINUTES", "often"),
        ("PUSH_CANARY_MINUTES", "-1"),
        ("PUSH_STORY_MINUTES", "x"),
        ("PUSH_APPROVAL", "maybe"),
        ("FCM_MESSAGES_PER_MINUTE", "0"),
        ("FCM_URL", "fcm.example"),
        ("PUSH_TRANSPORT", "pigeon"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read({name: value})


def test_the_schedule_and_the_set_time_of_a_story_are_settings() -> None:
    settings = read({"PUSH_CANARY_MINUTES": "5", "PUSH_STORY_MINUTES": "30"})

    assert settings.canary_every == timedelta(minutes=5)
    assert settings.story_window == timedelta(minutes=30)
    assert read({}).canary_every is None
