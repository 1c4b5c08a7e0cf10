"""Editors' decisions on tags hold: for what comes, after a rebuild, and when two decide at once."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tagwire import main
from tests.backend.newsroom.test_races import CALLERS, at_once
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register

DAILY = "The council heard Orla Vandenberg on Monday evening about the bridge."


def decide(client: FlaskClient, tag: str, verb: str, **body: Any) -> TestResponse:
    return client.post(f"/v1/newsroom/tags/{tag}/{verb}", headers=EDITOR, json=body)


def undo(client: FlaskClient, tag: str) -> TestResponse:
    return client.delete(f"/v1/newsroom/tags/{tag}/merge", headers=EDITOR)


def rename(client: FlaskClient, tag: str, name: str) -> TestResponse:
    return client.patch(f"/v1/newsroom/tags/{tag}", headers=EDITOR, json={"name": name})


def detail(answer: TestResponse, status: int) -> str:
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    return str(answer.get_json()["detail"])


def tags_of(client: FlaskClient, article: dict[str, Any]) -> list[str]:
    found: list[str] = client.get(f"/v1/articles/{article['id']}").get_json()["tags"]
    return found


def rebuild(app: Flask) -> None:
    done = app.test_cli_runner().invoke(main, ["tags", "rebuild"])
    assert done.exit_code == 0, done.output


def chain(client: FlaskClient) -> None:
    """Ferries became Ferry, and that became Boat."""
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    publish(client, tags=["Boat"])
    decide(client, "Ferries", "merge", into="Ferry")
    decide(client, "Ferry", "merge", into="Boat")


@pytest.mark.parametrize("verb", ["confirm", "forbid"])
@pytest.mark.parametrize("name", ["123", "%20", "x" * 65, "раураl"])
def test_what_is_no_name_of_a_tag_is_neither_confirmed_nor_forbidden(
    client: FlaskClient, verb: str, name: str
) -> None:
    assert "tag" in decide(client, name, verb).get_json()["errors"]


def test_a_name_can_be_forbidden_before_anybody_uses_it(client: FlaskClient) -> None:
    first = decide(client, "Spam", "forbid")
    again = decide(client, "Spam", "forbid")

    assert first.get_json() == again.get_json() == {"name": "Spam", "source": None}
    assert publish(client, tags=["Spam", "Ferry"])["tags"] == ["Ferry"]


def test_a_ban_needs_a_source_that_exists(client: FlaskClient) -> None:
    assert "nobody" in detail(decide(client, "Spam", "forbid", source="nobody"), 404)


def test_what_is_forbidden_comes_back_under_no_other_name(client: FlaskClient) -> None:
    publish(client, tags=["Spam", "Ferry"])
    decide(client, "Spam", "forbid")
    decide(client, "Junk", "forbid")

    assert "Spam is forbidden" in detail(decide(client, "Ferry", "merge", into="Spam"), 409)
    assert "Junk is forbidden" in detail(rename(client, "Ferry", "Junk"), 409)
    assert "Junk is forbidden" in detail(decide(client, "Ferry", "aliases", alias="Junk"), 409)


def test_a_ban_for_one_source_outlives_a_new_name_and_a_confirmation(client: FlaskClient) -> None:
    publish(client, source="herald", tags=["Ferrys"])
    decide(client, "Ferrys", "forbid", source="herald")

    rename(client, "Ferrys", "Ferries")
    decide(client, "Ferries", "confirm")

    assert publish(client, source="herald", tags=["Ferries"])["tags"] == []
    assert publish(client, source="mercury", tags=["Ferries"])["tags"] == ["Ferries"]


def test_a_confirmation_ends_a_ban_for_all(client: FlaskClient) -> None:
    decide(client, "Ferries", "forbid")

    assert decide(client, "Ferries", "confirm").status_code == 200
    assert decide(client, "Ferries", "confirm").status_code == 200
    assert publish(client, tags=["Ferries"])["tags"] == ["Ferries"]


def test_a_forbidden_tag_that_is_merged_is_the_other_tag_until_that_is_undone(
    client: FlaskClient,
) -> None:
    publish(client, tags=["Ferries", "Ferry"])
    decide(client, "Ferries", "forbid")

    decide(client, "Ferries", "merge", into="Ferry")
    assert publish(client, tags=["Ferries"])["tags"] == ["Ferry"]

    assert undo(client, "Ferries").status_code == 200
    assert publish(client, tags=["Ferries"])["tags"] == []


def test_a_confirmed_country_is_the_one_of_the_lists(client: FlaskClient) -> None:
    assert decide(client, "DPRK", "confirm").get_json()["name"] == "NorthKorea"
    assert publish(client, tags=["DPRK"])["tags"] == ["NorthKorea"]


def test_merges_in_a_row_are_undone_from_the_last_one_on(client: FlaskClient) -> None:
    chain(client)

    assert "Ferry was merged on since" in detail(undo(client, "Ferries"), 409)
    assert undo(client, "Ferry").status_code == 200
    assert undo(client, "Ferries").status_code == 200
    for name in ("Ferries", "Ferry", "Boat"):
        page = client.get(f"/v1/tags/{name}/articles").get_json()
        assert (page["tag"]["name"], len(page["articles"])) == (name, 1)


def test_what_was_merged_before_leads_to_where_the_middle_goes(client: FlaskClient) -> None:
    chain(client)
    assert client.get("/v1/tags/ferries").get_json()["name"] == "Boat"

    undo(client, "Ferry")

    assert client.get("/v1/tags/ferries").get_json()["name"] == "Ferry"
    assert client.get("/v1/tags/boat").get_json()["name"] == "Boat"


def test_an_undo_that_is_repeated_or_has_nothing_to_undo_says_so(client: FlaskClient) -> None:
    publish(client, tags=["Ferries", "Ferry"])
    decide(client, "Ferry", "aliases", alias="Fähre")
    decide(client, "Ferries", "merge", into="Ferry")

    assert undo(client, "Ferries").status_code == 200
    assert "Ferries is a tag of its own" in detail(undo(client, "Ferries"), 404)
    assert "There is no tag nowhere" in detail(undo(client, "nowhere"), 404)
    assert "another spelling of Ferry" in detail(undo(client, "Fähre"), 404)


def test_after_a_day_a_merge_stays(client: FlaskClient, clock: Clock) -> None:
    publish(client, tags=["Ferries", "Ferry"])
    decide(client, "Ferries", "merge", into="Ferry")
    clock.forward(hours=24, seconds=1)

    assert "24 hours" in detail(undo(client, "Ferries"), 409)
    assert client.get("/v1/tags/ferries").get_json()["name"] == "Ferry"


def test_a_merge_whose_name_was_taken_is_undone_when_that_is_free_again(
    client: FlaskClient,
) -> None:
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    decide(client, "Ferries", "merge", into="Ferry")
    rename(client, "Ferry", "Ferries")
    assert "Rename that one first" in detail(undo(client, "Ferries"), 409)

    rename(client, "Ferries", "Ferry")

    assert undo(client, "Ferries").status_code == 200
    for name in ("Ferries", "Ferry"):
        page = client.get(f"/v1/tags/{name}/articles").get_json()
        assert (page["tag"]["name"], len(page["articles"])) == (name, 1)


def test_names_that_change_hands_again_and_again_end_in_no_fault(client: FlaskClient) -> None:
    publish(client, tags=["Ferry"])
    for _ in range(3):
        publish(client, tags=["Ferries"])
        assert decide(client, "Ferries", "merge", into="Ferry").status_code == 200
        assert rename(client, "Ferry", "Ferries").status_code == 200
        assert rename(client, "Ferries", "Ferry").status_code == 200
        assert undo(client, "Ferries").status_code == 200


def test_previews_refuse_what_the_merge_would(client: FlaskClient) -> None:
    publish(client, tags=["Ferries", "Ferry"])

    for tag, into, status in (("Ferry", "ferry", 409), ("Ferry", "no", 404), ("no", "Ferry", 404)):
        detail(decide(client, tag, "merge", into=into, dry_run=True), status)
        detail(decide(client, tag, "merge", into=into), status)


def test_followers_and_readers_come_back_with_an_undone_merge(client: FlaskClient) -> None:
    old = publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    phones = register(client, "tag:Ferries"), register(client, "tag:Ferries", "tag:Ferry")
    page = client.get("/v1/tags/Ferries/articles").get_json()
    decide(client, "Ferries", "merge", into="Ferry")

    undo(client, "Ferries")

    topics = [
        client.get(f"/v1/installations/{phone.id}/topics", headers=phone.auth).get_json()["topics"]
        for phone in phones
    ]
    assert topics[0] == ["tag:Ferries"]
    assert sorted(topics[1]) == ["tag:Ferries", "tag:Ferry"]
    query = {"cursor": page["sync_cursor"]}
    changes = client.get("/v1/tags/Ferries/changes", query_string=query).get_json()["changes"]
    assert [(each["op"], each["article"]["tags"]) for each in changes] == [("upsert", ["Ferries"])]
    assert changes[0]["article"]["id"] == old["id"]


def test_decisions_hold_after_everything_was_tagged_again(app: Flask, client: FlaskClient) -> None:
    forbidden = publish(client, source="herald", tags=["Spam", "Harbour"])
    merged = publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    renamed = publish(client, tags=["Quays"], title="Norway decides", language="en")
    confirmed = publish(client, title="Bridge to close", body_text=DAILY, language="en")
    decide(client, "Spam", "forbid", source="herald")
    decide(client, "Ferries", "merge", into="Ferry")
    rename(client, "Quays", "Docks")
    rename(client, "Norway", "Norge")
    decide(client, "OrlaVandenberg", "confirm")

    for _ in range(2):
        rebuild(app)
        assert tags_of(client, forbidden) == ["Harbour"]
        assert tags_of(client, merged) == ["Ferry"]
        assert tags_of(client, renamed) == ["Docks", "Norge"]
        assert tags_of(client, confirmed) == ["OrlaVandenberg"]


def test_of_two_editors_who_merge_both_ways_at_once_one_is_told(app: Flask) -> None:
    client = app.test_client()
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    names = ("Ferries", "Ferry")

    answers = at_once(
        app, lambda own, number: decide(own, names[number % 2], "merge", into=names[1 - number % 2])
    )

    assert {answer.status_code for answer in answers} <= {200, 409}
    kept = {client.get(f"/v1/tags/{name}").get_json()["name"] for name in names}
    assert len(kept) == 1
    page = client.get(f"/v1/tags/{kept.pop()}/articles").get_json()
    assert len(page["articles"]) == 2


def test_a_merge_that_many_undo_at_once_is_undone_once(app: Flask) -> None:
    client = app.test_client()
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    decide(client, "Ferries", "merge", into="Ferry")

    answers = at_once(app, lambda own, _: undo(own, "Ferries"))

    assert sorted(answer.status_code for answer in answers) == [200] + [404] * (CALLERS - 1)
    for name in ("Ferries", "Ferry"):
        assert len(client.get(f"/v1/tags/{name}/articles").get_json()["articles"]) == 1


def test_of_a_ban_and_a_confirmation_at_once_the_later_one_holds(app: Flask) -> None:
    client = app.test_client()
    article = publish(client, tags=["Ferries"])

    answers = at_once(
        app, lambda own, number: decide(own, "Ferries", "forbid" if number % 2 else "confirm")
    )

    assert {answer.status_code for answer in answers} == {200}
    query = {"state": "forbidden"}
    found = client.get("/v1/newsroom/tags", headers=EDITOR, query_string=query).get_json()["tags"]
    fresh = publish(client, tags=["Ferries"])
    assert fresh["tags"] == ([] if found else ["Ferries"])
    assert tags_of(client, article) == []


def test_a_tag_of_many_articles_is_taken_from_all(client: FlaskClient) -> None:
    articles = [publish(client, tags=["Spam", "Ferry"]) for _ in range(30)]

    decide(client, "Spam", "forbid")

    assert {tuple(tags_of(client, each)) for each in articles} == {("Ferry",)}
