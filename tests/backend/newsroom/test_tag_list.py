"""Editors see what the vocabulary learned, with who uses it, how often and why."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import EDITOR, Clock
from tests.factories import publish, register

LEAD = "The council heard Orla Vandenberg on Monday evening about the bridge."


def asked(client: FlaskClient, **query: Any) -> TestResponse:
    return client.get("/v1/newsroom/tags", headers=EDITOR, query_string=query)


def listed(client: FlaskClient, **query: Any) -> dict[str, dict[str, Any]]:
    answer = asked(client, **query)
    assert answer.status_code == 200, answer.text
    return {each["name"]: each for each in answer.get_json()["tags"]}


def said(client: FlaskClient, source: str, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {"title": "Bridge to close", "body_text": LEAD, "language": "en"}
    return publish(client, source=source, **(fields | more))


def decide(client: FlaskClient, tag: str, verb: str, **body: Any) -> None:
    answer = client.post(f"/v1/newsroom/tags/{tag}/{verb}", headers=EDITOR, json=body)
    assert answer.status_code == 200, answer.text


def test_a_name_of_one_publisher_is_a_candidate_with_its_evidence(
    client: FlaskClient, clock: Clock
) -> None:
    article = said(client, "herald")

    found = listed(client, state="candidate")["OrlaVandenberg"]

    assert (found["id"], found["kind"], found["articles"]) == (None, "entity", 1)
    assert found["publishers"] == [{"source": "herald", "articles": 1, "as_keyword": False}]
    assert found["first_seen_at"] == found["last_seen_at"] == "2026-03-02T12:00:00Z"
    assert found["latest_article"] == {"id": article["id"], "title": "Bridge to close"}
    assert found["is_suggested"] is False
    clock.forward(hours=49)
    assert listed(client, state="candidate") == {}


def test_a_second_publisher_makes_it_learned_and_no_candidate_any_more(
    client: FlaskClient, clock: Clock
) -> None:
    said(client, "herald")
    clock.forward(hours=1)
    said(client, "mercury")
    phone = register(client, "tag:OrlaVandenberg")

    found = listed(client, state="learned")["OrlaVandenberg"]

    assert "OrlaVandenberg" not in listed(client, state="candidate")
    assert (found["state"], found["articles"], found["followers"]) == ("learned", 1, 1)
    assert found["rules"] == [{"rule": "two-publishers", "articles": 1}]
    assert found["publishers"] == [{"source": "mercury", "articles": 1, "as_keyword": False}]
    assert found["is_suggested"] is False
    said(client, "courier")
    assert listed(client, state="learned")["OrlaVandenberg"]["is_suggested"] is True
    assert phone.id


def test_every_state_is_a_list_of_its_own(client: FlaskClient) -> None:
    said(client, "herald", tags=["Ferries", "Ferry", "Spam"])
    said(client, "mercury")
    decide(client, "Ferries", "merge", into="Ferry")
    decide(client, "Spam", "forbid")
    decide(client, "TidalPower", "confirm")

    assert set(listed(client, state="known")) == {"Ferry"}
    assert set(listed(client, state="confirmed")) == {"TidalPower"}
    assert set(listed(client, state="learned")) == {"OrlaVandenberg"}
    assert set(listed(client, state="forbidden")) == {"Spam"}
    assert set(listed(client, state="merged")) == {"Ferries"}
    assert set(listed(client)) == {"Ferry", "TidalPower", "OrlaVandenberg"}


def test_a_merged_tag_says_where_it_went_and_until_when_that_is_undone(
    client: FlaskClient,
) -> None:
    publish(client, tags=["Ferries", "Ferry"])
    decide(client, "Ferries", "merge", into="Ferry")

    found = listed(client, state="merged")["Ferries"]

    assert (found["merged_into"], found["merged_at"]) == ("Ferry", "2026-03-02T12:00:00Z")
    assert found["undo_until"] == "2026-03-03T12:00:00Z"


def test_a_forbidden_name_says_for_whom(client: FlaskClient, clock: Clock) -> None:
    publish(client, source="herald", tags=["Ferries", "Spam"])
    decide(client, "Spam", "forbid")
    clock.forward(minutes=1)
    decide(client, "Ferries", "forbid", source="herald")

    found = listed(client, state="forbidden")

    assert list(found) == ["Ferries", "Spam"]
    assert found["Ferries"]["forbidden_for"] == ["herald"]
    assert found["Spam"]["forbidden_for"] == []
    assert found["Spam"]["forbidden_at"] == "2026-03-02T12:00:00Z"
    assert listed(client, state="known")["Ferries"]["forbidden_for"] == ["herald"]


def test_the_list_is_narrowed_by_kind_source_and_words(client: FlaskClient) -> None:
    publish(client, source="herald", tags=["Ferries", "Tidal Power"], title="Norway decides")
    publish(client, source="mercury", tags=["Ferries"])
    client.post("/v1/newsroom/tags/Ferries/aliases", headers=EDITOR, json={"alias": "Fähren"})

    assert set(listed(client, kind="entity")) == {"Norway"}
    assert set(listed(client, source="mercury")) == {"Ferries"}
    assert set(listed(client, q="#tidal")) == {"TidalPower"}
    assert set(listed(client, q="fähr")) == {"Ferries"}
    assert set(listed(client, q="100%")) == set()


def test_candidates_are_narrowed_too(client: FlaskClient) -> None:
    said(client, "herald")
    said(client, "mercury", body_text="The council heard Ilse Marchetti on Monday evening.")

    assert set(listed(client, state="candidate", source="mercury")) == {"IlseMarchetti"}
    assert set(listed(client, state="candidate", q="vanden")) == {"OrlaVandenberg"}
    assert listed(client, state="candidate", kind="topic") == {}


@pytest.mark.parametrize("state", ["known", "candidate", "forbidden", ""])
def test_a_walk_shows_each_once(client: FlaskClient, state: str) -> None:
    names = {f"Quay{letter}" for letter in "abcdefg"}
    said(client, "herald", tags=sorted(names))
    people = " and ".join(f"Orla {name}" for name in sorted(names))
    said(client, "mercury", body_text=f"The council heard {people} on Monday.")
    for name in names if state == "forbidden" else ():
        decide(client, name, "forbid")

    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        query = {"state": state, "limit": 3, "q": "quay"} | ({"cursor": cursor} if cursor else {})
        answer = asked(client, **query)
        seen += [each["name"] for each in answer.get_json()["tags"]]
        cursor = answer.get_json()["next_cursor"]
        assert (cursor is None) == ("Link" not in answer.headers)

    assert len(seen) == len(set(seen)) == len(names)


def test_a_cursor_belongs_to_its_list(client: FlaskClient) -> None:
    publish(client, tags=["Ferries", "Ferry"])
    cursor = asked(client, state="known", limit=1).get_json()["next_cursor"]

    assert asked(client, state="learned", cursor=cursor).status_code == 400
    assert asked(client, state="known", limit=1, cursor=cursor).status_code == 200


def test_what_cannot_be_asked_is_named(client: FlaskClient) -> None:
    for query in ({"state": "odd"}, {"kind": "odd"}, {"source": "nobody"}, {"limit": 0}):
        answer = asked(client, **query)
        assert answer.status_code == 422
        assert set(answer.get_json()["errors"]) == set(query)
