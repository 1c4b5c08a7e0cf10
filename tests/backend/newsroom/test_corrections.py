"""A correction changes what it names, shows that it was made and moves nothing."""

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import EDITOR, Clock
from tests.factories import draft, publish

URL = "/v1/newsroom/articles/herald/1"


def correct(client: FlaskClient, **fields: Any) -> TestResponse:
    return client.patch(URL, headers=EDITOR, json=fields)


def test_a_correction_changes_what_it_names_and_says_so(client: FlaskClient, clock: Clock) -> None:
    article = publish(client, external_id="1", tags=["Harbour"], summary="Kept", category="World")
    clock.forward(hours=1)

    found = correct(client, title="Corrected", corrected=True).get_json()

    assert found["title"] == "Corrected"
    assert found["corrected_at"] == found["updated_at"] != article["updated_at"]
    unchanged = ("id", "summary", "tags", "category", "source_url", "published_at", "body_html")
    assert {name: found[name] for name in unchanged} == {name: article[name] for name in unchanged}


def test_only_what_an_editor_calls_a_correction_is_one_for_readers(client: FlaskClient) -> None:
    publish(client, external_id="1", tags=["Harbour"])

    silent = [
        correct(client, title="Mended"),
        correct(client, body_text="Mended, too.", corrected=False),
        correct(client, tags=["Ferry"], corrected=True),
        correct(client, add_tags=["Pier"], remove_tags=["Ferry"], corrected=True),
    ]
    confessed = correct(client, corrected=True)

    assert [answer.get_json()["corrected_at"] for answer in silent] == [None] * 4
    assert confessed.get_json()["corrected_at"] == "2026-03-02T12:00:00Z"
    assert confessed.get_json()["title"] == "Mended"


def test_a_correction_moves_nothing(client: FlaskClient, clock: Clock) -> None:
    publish(client, external_id="1", tags=["Harbour"])
    clock.forward(hours=1)
    newer = publish(client, tags=["Harbour"])
    clock.forward(hours=1)

    correct(client, title="Corrected", published_at="2026-03-02T15:00:00Z")

    page = client.get("/v1/tags/harbour/articles").get_json()
    assert page["articles"][0]["id"] == newer["id"]


def test_retagging_moves_the_article_to_its_new_feeds(client: FlaskClient) -> None:
    article = publish(client, external_id="1", tags=["Harbour", "Ferry"], title="x y")

    correct(client, tags=["Ferry", "Boat"])

    def listed(tag: str) -> list[str]:
        page = client.get(f"/v1/tags/{tag}/articles").get_json()
        return [found["id"] for found in page["articles"]]

    assert listed("Harbour") == []
    assert listed("Ferry") == listed("Boat") == [article["id"]]


def test_a_derived_summary_follows_a_corrected_text(client: FlaskClient) -> None:
    publish(client, external_id="1", body_text="The ferry sank.")

    found = correct(client, body_text="The ferry did not sink.").get_json()

    assert found["summary"] == "The ferry did not sink."


def test_a_correction_that_says_nothing_is_refused(client: FlaskClient) -> None:
    publish(client, external_id="1")

    assert correct(client).status_code == 422
    assert correct(client, title=None).status_code == 422
    assert correct(client, version=1).status_code == 422


def test_what_is_not_there_cannot_be_corrected(client: FlaskClient) -> None:
    assert correct(client, title="x").status_code == 404
    assert client.delete(URL, headers=EDITOR).status_code == 404
    publish(client, external_id="1")
    client.delete(URL, headers=EDITOR)
    assert correct(client, title="x").status_code == 410
    assert client.delete(URL, headers=EDITOR).status_code == 204


def test_a_repeated_delivery_of_the_old_text_does_not_undo_a_correction(
    client: FlaskClient,
) -> None:
    body = draft(title="As sent")
    client.put(URL, headers=EDITOR, json=body)
    correct(client, title="As corrected")

    again = client.put(URL, headers=EDITOR, json=body)

    assert again.get_json()["title"] == "As corrected"


def test_a_takedown_keeps_its_reason(client: FlaskClient) -> None:
    publish(client, external_id="1")

    assert client.delete(f"{URL}?reason={'x' * 501}", headers=EDITOR).status_code == 422
    assert client.delete(f"{URL}?reason=court+order", headers=EDITOR).status_code == 204
