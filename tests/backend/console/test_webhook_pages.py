"""Webhooks in the console: a secret once, a log with every attempt, and nothing gone by a slip."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.backend.outbound.server import Publisher, publisher
from tests.backend.webhooks.test_webhooks import deliver, verify
from tests.conftest import EDITOR, Clock
from tests.factories import draft
from tests.people import SECURE, Person, person

API = "/v1/newsroom/webhooks"
HOOKS = "/console/webhooks"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL=SECURE, FETCH_ALLOW_NETWORKS="127.0.0.0/8")


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/hook", b"", "204 No Content")
        yield found


def made(ann: Person, server: Publisher, path: str = "/hook") -> tuple[str, str]:
    """The id of a new webhook, and its secret as the page shows it."""
    typed = {"url": server.url(path), "events": ["article.published"], "description": "Archive"}
    answer = ann.send(HOOKS, data=typed)
    assert answer.status_code == 200, answer.text
    found = re.search(r'class="secret"[^>]*>([^<]+)<', answer.text)
    assert found is not None
    return ann.get(API).get_json()["webhooks"][-1]["id"], found[1]


def publish(ann: Person) -> None:
    url = "/v1/newsroom/articles/herald/1"
    body = draft(title="Rain")
    assert ann.client.put(url, base_url=SECURE, headers=EDITOR, json=body).status_code == 201


def test_a_secret_is_shown_once_and_signs(
    app: Flask, ann: Person, server: Publisher, clock: Clock
) -> None:
    hook, secret = made(ann, server)
    assert secret not in ann.get(f"{HOOKS}/{hook}").text

    renewed = ann.send(f"{HOOKS}/{hook}/secret").text
    new = re.search(r'class="secret"[^>]*>([^<]+)<', renewed)
    ann.send(f"{HOOKS}/{hook}/test")

    assert new is not None
    for each in (secret, new[1]):
        assert verify(each, server.asked[-1], clock)["type"] == "webhook.test"
    assert "taken, 204" in ann.get(f"{HOOKS}/{hook}").text


def test_what_failed_is_seen_attempt_by_attempt_and_sent_again(
    app: Flask, ann: Person, server: Publisher, clock: Clock
) -> None:
    server.answers("/broken", b"", "500 Internal Server Error")
    hook, _ = made(ann, server, "/broken")
    publish(ann)
    deliver(app)
    waiting = ann.get(f"{HOOKS}/{hook}?state=pending").text
    assert "the endpoint answered 500" in waiting
    assert "next try" in waiting
    ann.send(f"{HOOKS}/{hook}/test")
    failed = ann.get(f"{HOOKS}/{hook}?state=failed").text
    assert "webhook.test" in failed
    assert failed.count("<h3>") == 1

    server.answers("/broken", b"", "204 No Content")
    assert ann.send(f"{HOOKS}/{hook}/replay").status_code == 303
    clock.forward(minutes=10)
    deliver(app)

    log = ann.get(f"{API}/{hook}/deliveries?state=delivered").get_json()["deliveries"]
    assert {each["event"] for each in log} == {"webhook.test", "article.published"}
    again = ann.send(f"{HOOKS}/{hook}/deliveries/{log[0]['id']}/replay")
    assert "sent again, each under its own id" in ann.get(again.location).text


def test_a_pause_is_undone_and_a_removal_is_typed(ann: Person, server: Publisher) -> None:
    hook, _ = made(ann, server)
    ann.send(f"{HOOKS}/{hook}/disable")
    assert "paused by an editor" in ann.get(HOOKS).text
    ann.send(f"{HOOKS}/{hook}/enable")
    publish(ann)
    assert "1 message waits and is never delivered then." in ann.get(f"{HOOKS}/{hook}").text
    impact = ann.send(f"{API}/{hook}?dry_run=true", "DELETE").get_json()
    assert impact == {"pending": 1}

    refused = ann.send(f"{HOOKS}/{hook}/remove", data={"typed": "yes"})
    assert refused.status_code == 422
    assert ann.get(f"{API}/{hook}").status_code == 200
    removed = ann.send(f"{HOOKS}/{hook}/remove", data={"typed": hook})
    assert removed.location == f"{HOOKS}?done=removed"
    assert ann.get(f"{API}/{hook}").status_code == 404


def test_a_webhook_that_cannot_be_is_shown_as_it_was_typed(ann: Person) -> None:
    typed = {"url": "https://hooks.example/x", "description": "kept & safe"}
    for wrong, said in (
        ({"url": "http:no-address", "events": ["link.claimed"]}, "Write an absolute http"),
        ({"events": []}, "Choose at least one event."),
    ):
        answer = ann.send(HOOKS, data=typed | wrong)
        assert answer.status_code == 422
        assert said in answer.text
        assert 'value="kept &amp; safe"' in answer.text
        assert ('value="link.claimed" checked' in answer.text) == bool(wrong["events"])
