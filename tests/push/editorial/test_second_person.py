"""Whatever three editors do in whatever order, nobody approves what they wrote a part of."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.http.keys import create_key
from tests.conftest import EDITOR, Clock, bearer
from tests.factories import register
from tests.push.editor import NOTIFICATIONS, TAG

pytestmark = pytest.mark.usefixtures("tagged")

PEOPLE = ("ann", "bob", "cem")
WHO = st.sampled_from(PEOPLE)
SAYS = st.sampled_from(["A", "B"])
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), WHO, SAYS),
        st.tuples(st.just("nothing"), WHO, st.just("")),
        st.tuples(st.just("approve"), WHO, st.just("")),
        st.tuples(st.just("correct"), WHO, SAYS),
    ),
    max_size=9,
)
Act = Callable[..., Any]


@pytest.fixture
def act(app: Flask, clock: Clock) -> Act:
    """One of the three asks for something; a phone listens, so that there is what to correct."""
    with app.app_context():
        keys = {who: bearer(create_key("editor", who, (), now=clock.now)) for who in PEOPLE}
    client = app.test_client()
    register(client, TAG)

    def asked(who: str, method: str, path: str, **body: Any) -> Any:
        return client.open(f"{NOTIFICATIONS}{path}", method=method, headers=keys[who], json=body)

    return asked


@pytest.mark.slow
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=WHO, acts=ACTS)
def test_nobody_approves_what_they_wrote_a_part_of(
    act: Act, work: Callable[[], None], first: str, acts: list[Any]
) -> None:
    body = {"title": "A", "body": "", "topics": [TAG], "urgency": "normal", "approval": True}
    shown = act(first, "POST", "", **body).get_json()
    authors, title = {first}, "A"
    standing = authors  # of the text that was sent last: a correction follows that one
    for verb, who, says in acts:
        path = f"/{shown['id']}"
        if verb == "approve":
            answer = act(who, "POST", f"{path}/approve")
            if shown["state"] == "awaiting_approval":
                assert answer.status_code == (403 if who in authors else 200)
            standing = authors if answer.status_code == 200 else standing
        elif verb == "correct":
            answer = act(who, "POST", f"{path}/correct", title=says)
            if answer.status_code == 202 and answer.get_json()["id"] != shown["id"]:
                authors, title, shown = standing | {who}, says, answer.get_json()
        else:
            fields = {"title": says} if verb == "write" else {"title": title}
            answer = act(who, "PATCH", path, **fields)
            if answer.status_code == 200 and says and says != title:
                authors, title = authors | {who}, says
        shown = act(who, "GET", f"/{shown['id']}").get_json()
        assert shown["approved_by"] not in authors
        assert set(shown["authors"]) == authors
        assert (shown["approved_by"] is None) == (shown["state"] == "awaiting_approval")
        work()


def test_a_second_person_is_another_name_not_another_key(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    register(client, TAG)
    with app.app_context():
        keys = [bearer(create_key("editor", "ann", (), now=clock.now)) for _ in range(2)]
    body = {"title": "A", "body": "", "topics": [TAG], "urgency": "normal", "approval": True}
    made = client.post(NOTIFICATIONS, headers=keys[0], json=body).get_json()

    url = f"{NOTIFICATIONS}/{made['id']}/approve"
    assert client.post(url, headers=keys[1]).status_code == 403
    assert client.post(url, headers=EDITOR).status_code == 200
