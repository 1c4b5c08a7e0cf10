"""Topic subscriptions, over FCM's API and over the Instance ID service that older SDKs call."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from push.standin.answers import Reply
from push.standin.topics import MOST_TOPICS
from tests.conftest import Clock
from tests.push.standin.test_standin import NOW, running

Ask = Callable[..., tuple[int, Any]]
ADDRESS = "c9:APA91b-x_1"
OWN = f"/v1/projects/standin/registrations/{quote(ADDRESS, safe='')}/topicSubscriptions"


@pytest.fixture
def ask() -> Ask:
    standin, bearer = running(Clock(NOW))

    def asked(method: str, path: str, body: Any = None, *, sent: str = bearer) -> tuple[int, Any]:
        content = b"" if body is None else orjson.dumps(body)
        reply: Reply = standin.answer(method, path, sent, content)
        return reply.status, orjson.loads(reply.body) if reply.body else None

    return asked


def topics(ask: Ask) -> Any:
    return ask("GET", "/standin/topics")[1]["topics"]


def test_a_phone_subscribes_once_and_leaves(ask: Ask) -> None:
    status, made = ask("POST", f"{OWN}?topicName=news", {})

    name = f"projects/standin/registrations/{ADDRESS}/topicSubscriptions/news"
    assert status == 200
    assert made == {"name": name, "topicName": "news", "createTime": "2026-03-02T12:00:00Z"}
    assert ask("GET", f"{OWN}/news") == (200, made)
    assert ask("POST", f"{OWN}?topic_name=news", {})[1]["error"]["status"] == "ALREADY_EXISTS"
    assert topics(ask) == {ADDRESS: ["news"]}
    assert ask("DELETE", f"{OWN}/news") == (200, {})
    assert ask("DELETE", f"{OWN}/news")[0] == 404
    assert ask("DELETE", f"{OWN}/news?allowMissing=true") == (200, {})
    assert ask("PATCH", f"{OWN}/sport", {})[0] == 404
    assert ask("PATCH", f"{OWN}/sport?allow_missing=true", {})[0] == 200
    assert topics(ask) == {ADDRESS: ["sport"]}


def test_subscriptions_are_listed_in_pages(ask: Ask) -> None:
    for name in "edcba":
        ask("POST", f"{OWN}?topicName={name}", {})
    pages, token = [], ""
    for _ in range(3):
        page = ask("GET", f"{OWN}?pageSize=2&pageToken={token}")[1]
        pages.append([each["topicName"] for each in page["topicSubscriptions"]])
        token = page.get("nextPageToken", "")

    assert (pages, token) == ([["a", "b"], ["c", "d"], ["e"]], "")
    assert ask("GET", f"{OWN}?pageSize=x")[0] == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", f"{OWN}?topicName=a%20b", 400),
        ("POST", OWN, 400),
        ("PUT", OWN, 404),
        ("GET", f"{OWN}/never", 404),
        ("POST", OWN.replace("standin", "other") + "?topicName=a", 404),
        ("POST", OWN.replace("c9", "gone-c9") + "?topicName=a", 404),
        ("POST", OWN.replace("c9", "c%209") + "?topicName=a", 400),
        ("GET", "/iid/info/gone-1", 404),
        ("GET", "/iid/elsewhere", 404),
    ],
)
def test_what_is_wrong_is_refused(ask: Ask, method: str, path: str, status: int) -> None:
    assert ask(method, path, {})[0] == status
    assert topics(ask) == {}


def test_nobody_subscribes_without_an_access_token(ask: Ask) -> None:
    assert ask("POST", f"{OWN}?topicName=a", {}, sent="Bearer x")[0] == 401
    assert ask("POST", "/iid/v1:batchAdd", {}, sent="")[0] == 401


def test_many_phones_are_subscribed_at_once_and_each_has_its_result(ask: Ask) -> None:
    phones = ["a", "gone-1", "b", "a b", "mismatch-1", "busy-1", "quota-1"]
    asked = {"to": "/topics/news", "registration_tokens": phones}

    status, answer = ask("POST", "/iid/v1:batchAdd", asked)

    codes = [result.get("error", "") for result in answer["results"]]
    assert status == 200
    assert codes == [
        *("", "NOT_FOUND", "", "INVALID_ARGUMENT", "PERMISSION_DENIED", "INTERNAL"),
        "RESOURCE_EXHAUSTED",
    ]
    assert topics(ask) == {"a": ["news"], "b": ["news"]}
    assert ask("POST", "/iid/v1:batchRemove", {**asked, "registration_tokens": ["a"]})[0] == 200
    assert topics(ask) == {"a": [], "b": ["news"]}
    assert ask("GET", "/iid/info/b?details=true")[1]["rel"] == {
        "topics": {"news": {"addDate": "2026-03-02"}}
    }
    assert ask("POST", "/iid/v1/b/rel/topics/sport", {}) == (200, {})
    assert ask("DELETE", "/iid/v1/b/rel/topics/news") == (200, {})
    assert topics(ask)["b"] == ["sport"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"to": "/topics/a b", "registration_tokens": ["a"]},
        {"to": "/topics/a", "registration_tokens": []},
        {"to": "/topics/a", "registration_tokens": "a"},
        {"to": "/topics/a", "registration_tokens": [1]},
        {"to": "/topics/a", "registration_tokens": ["a"] * 1001},
    ],
)
def test_a_batch_that_is_none_is_refused_whole(ask: Ask, body: Any) -> None:
    assert ask("POST", "/iid/v1:batchAdd", body) == (400, {"error": "INVALID_ARGUMENT"})


def test_a_phone_has_no_more_topics_than_fcm_lets_it(ask: Ask) -> None:
    for number in range(MOST_TOPICS):
        ask("POST", f"{OWN}?topicName=t{number}", {})

    asked = {"to": "/topics/one-more", "registration_tokens": [ADDRESS]}
    assert ask("POST", f"{OWN}?topicName=one-more", {})[0] == 400
    assert ask("POST", "/iid/v1:batchAdd", asked)[1] == {"results": [{"error": "TOO_MANY_TOPICS"}]}
