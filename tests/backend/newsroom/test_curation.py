"""Tags are renamed, aliased and merged without losing an article, a follower or a reader."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.conftest import EDITOR
from tests.factories import publish, register


def curate(client: FlaskClient, tag: str, verb: str, **body: Any) -> TestResponse:
    return client.post(f"/v1/newsroom/tags/{tag}/{verb}", headers=EDITOR, json=body)


def rename(client: FlaskClient, tag: str, name: str) -> TestResponse:
    return client.patch(f"/v1/newsroom/tags/{tag}", headers=EDITOR, json={"name": name})


def feed(client: FlaskClient, tag: str, **query: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/tags/{tag}/articles", query_string=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [article["id"] for article in page["articles"]]


def test_a_merged_tags_articles_and_name_lead_to_the_other(client: FlaskClient) -> None:
    old = publish(client, tags=["Ferries"], language="en")
    both = publish(client, tags=["Ferries", "Ferry"], language="ko")
    new = publish(client, tags=["Ferry"])

    answer = curate(client, "ferries", "merge", into="ferry")

    assert answer.status_code == 200
    assert answer.get_json()["name"] == "Ferry"
    for name in ("Ferry", "Ferries", "%23ferries"):
        page = feed(client, name)
        assert page["tag"]["name"] == "Ferry"
        assert ids(page) == [new["id"], both["id"], old["id"]]
        assert all(article["tags"] == ["Ferry"] for article in page["articles"])
    assert ids(feed(client, "ferries", language="ko")) == [both["id"]]
    assert client.get(f"/v1/articles/{both['id']}").get_json()["tags"] == ["Ferry"]


def test_what_is_published_with_a_merged_tag_carries_the_other(client: FlaskClient) -> None:
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    curate(client, "Ferries", "merge", into="Ferry")

    article = publish(client, tags=["Ferries"])

    assert article["tags"] == ["Ferry"]
    assert ids(feed(client, "Ferry"))[0] == article["id"]


def test_followers_of_both_tags_follow_once(client: FlaskClient) -> None:
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])
    phones = {
        "old": register(client, "tag:Ferries"),
        "both": register(client, "tag:Ferries", "tag:Ferry"),
        "new": register(client, "tag:Ferry", "breaking"),
    }

    curate(client, "Ferries", "merge", into="Ferry")

    topics = {
        name: client.get(f"/v1/installations/{phone.id}/topics", headers=phone.auth).get_json()
        for name, phone in phones.items()
    }
    assert topics["old"]["topics"] == ["tag:Ferry"]
    assert topics["both"]["topics"] == ["tag:Ferry"]
    assert sorted(topics["new"]["topics"]) == ["breaking", "tag:Ferry"]


def test_a_walk_through_the_kept_tag_goes_on_while_it_takes_another(client: FlaskClient) -> None:
    kept = [publish(client, tags=["Ferry"])["id"] for _ in range(6)]
    publish(client, tags=["Ferries"])
    first = feed(client, "Ferry", limit=3)

    curate(client, "Ferries", "merge", into="Ferry")

    second = feed(client, "Ferry", limit=3, cursor=first["next_cursor"])
    assert ids(first) + ids(second) == kept[::-1]


def test_readers_of_either_tag_are_told_all_that_they_may_lack(
    client: FlaskClient, session: Session
) -> None:
    gone = publish(client, tags=["Ferries"], external_id="gone")
    old = publish(client, tags=["Ferries"])
    new = publish(client, tags=["Ferry"])
    before = session.execute(text("SELECT value FROM change_counter")).scalar_one()
    session.rollback()
    client.delete("/v1/newsroom/articles/herald/gone", headers=EDITOR)

    curate(client, "Ferries", "merge", into="Ferry")

    rows = session.execute(
        text(
            "SELECT c.seq, c.op, c.reason, a.public_id FROM feed_change c"
            " JOIN feed f ON f.id = c.feed_id JOIN tag t ON t.id = f.ref_id"
            " JOIN article a ON a.id = c.article_id"
            " WHERE f.kind = 'tag' AND f.language = '' AND t.name = 'Ferry' AND c.seq > :before"
            " ORDER BY c.seq"
        ),
        {"before": before},
    ).all()
    assert {(row.op, row.reason, row.public_id) for row in rows} == {
        ("remove", "unpublished", gone["id"]),
        ("upsert", None, old["id"]),
        ("upsert", None, new["id"]),
    }
    assert len({row.seq for row in rows}) == len(rows)


def test_a_merge_counts_as_a_change_wherever_the_articles_are_listed(
    client: FlaskClient, session: Session
) -> None:
    publish(client, tags=["Ferries"], category="Politics")
    publish(client, tags=["Ferry"])
    versions = text("SELECT kind, ref_id, version FROM feed WHERE language = ''")
    before = {(row.kind, row.ref_id): row.version for row in session.execute(versions)}
    session.rollback()

    curate(client, "Ferries", "merge", into="Ferry")

    after = {(row.kind, row.ref_id): row.version for row in session.execute(versions)}
    touched = {kind for (kind, ref_id), version in after.items() if version > before[kind, ref_id]}
    assert touched == {"all", "tag", "category", "source"}


def test_merging_again_changes_nothing(client: FlaskClient) -> None:
    publish(client, tags=["Ferries"])
    publish(client, tags=["Ferry"])

    first = curate(client, "Ferries", "merge", into="Ferry")
    again = curate(client, "Ferries", "merge", into="Ferry")

    assert (again.status_code, again.get_json()) == (200, first.get_json())


def test_a_circle_of_merges_is_refused(client: FlaskClient) -> None:
    publish(client, tags=["Ferries", "Ferry", "Boat"])
    curate(client, "Ferries", "merge", into="Ferry")
    curate(client, "Ferry", "merge", into="Boat")

    assert curate(client, "Boat", "merge", into="Boat").status_code == 409
    assert curate(client, "Boat", "merge", into="Ferries").status_code == 409
    assert feed(client, "Ferries")["tag"]["name"] == "Boat"


def test_a_pair_and_its_members_are_not_tied_into_a_knot(client: FlaskClient) -> None:
    publish(client, title="North Korea-Russia ties", body_text="North Korea-Russia ties grow.")
    pair = feed(client, "NorthKorea-Russia")["tag"]
    assert pair["members"] == ["NorthKorea", "Russia"]

    assert curate(client, "Russia", "merge", into="NorthKorea-Russia").status_code == 409
    assert curate(client, "Russia", "merge", into="NorthKorea").status_code == 409
    assert curate(client, "NorthKorea-Russia", "merge", into="Russia").status_code == 200
    assert curate(client, "Russia", "merge", into="NorthKorea").status_code == 200


def test_an_alias_leads_to_its_tag(client: FlaskClient) -> None:
    article = publish(client, tags=["Ferry"])

    answer = curate(client, "ferry", "aliases", alias="Fähre")
    again = curate(client, "ferry", "aliases", alias="fähre")

    assert (answer.status_code, again.status_code) == (200, 200)
    assert answer.get_json()["name"] == "Ferry"
    assert ids(feed(client, "FÄHRE")) == [article["id"]]


def test_an_alias_does_not_take_another_tags_name(client: FlaskClient) -> None:
    publish(client, tags=["Ferry", "Boat"])

    assert curate(client, "Ferry", "aliases", alias="boat").status_code == 409
    assert feed(client, "boat")["tag"]["name"] == "Boat"


def test_a_renamed_tag_answers_to_both_names(client: FlaskClient) -> None:
    article = publish(client, tags=["Ferrys"])
    phone = register(client, "tag:Ferrys")

    answer = rename(client, "ferrys", "Ferries")

    assert answer.get_json()["name"] == "Ferries"
    assert answer.get_json()["heading"] == "Latest news with #Ferries"
    for name in ("Ferries", "Ferrys"):
        assert ids(feed(client, name)) == [article["id"]]
        assert feed(client, name)["articles"][0]["tags"] == ["Ferries"]
    topics = client.get(f"/v1/installations/{phone.id}/topics", headers=phone.auth).get_json()
    assert topics["topics"] == ["tag:Ferries"]


def test_a_tag_may_be_renamed_to_what_was_merged_into_it_and_back(client: FlaskClient) -> None:
    publish(client, tags=["Ferries", "Ferry"])
    curate(client, "Ferries", "merge", into="Ferry")

    assert rename(client, "Ferry", "Ferries").get_json()["name"] == "Ferries"
    assert feed(client, "ferry")["tag"]["name"] == "Ferries"
    assert rename(client, "Ferry", "Ferry").get_json()["name"] == "Ferry"
    assert feed(client, "ferries")["tag"]["name"] == "Ferry"


def test_a_tag_is_not_renamed_to_another_tags_name(client: FlaskClient) -> None:
    publish(client, tags=["Ferry", "Boat"])

    assert rename(client, "Ferry", "boat").status_code == 409


@pytest.mark.parametrize("name", ["", "   ", "123", "a/b", "x" * 201, "раураl"])
def test_what_cannot_be_a_tags_name_is_refused(client: FlaskClient, name: str) -> None:
    publish(client, tags=["Ferry"])

    for answer in (
        curate(client, "Ferry", "aliases", alias=name),
        rename(client, "Ferry", name) if "/" not in name else None,
    ):
        assert answer is None or answer.status_code == 422


def test_unknown_tags_are_not_found(client: FlaskClient) -> None:
    publish(client, tags=["Ferry"])

    assert curate(client, "nowhere", "merge", into="Ferry").status_code == 404
    assert curate(client, "Ferry", "merge", into="nowhere").status_code == 404
    assert curate(client, "nowhere", "aliases", alias="x").status_code == 404
    assert rename(client, "nowhere", "Somewhere").status_code == 404


def test_a_rename_drops_what_was_kept_at_the_very_change_before_it(client: FlaskClient) -> None:
    """No article lists the tag any more: the rename is the one number after the kept page's."""
    publish(client, external_id="1", tags=["Harbour"])
    client.delete("/v1/newsroom/articles/herald/1", headers=EDITOR)
    page = "/v1/tags/harbour/articles"
    assert client.get(page).get_json()["tag"]["heading"] == "Latest news with #Harbour"

    rename(client, "Harbour", "Port")

    assert client.get(page).get_json()["tag"]["heading"] == "Latest news with #Port"
