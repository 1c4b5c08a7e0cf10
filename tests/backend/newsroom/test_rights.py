"""What a source allows is what readers get: in the API, on pages, in RSS, JSON-LD and alerts."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.background import Scheduler
from backend.core.db import db
from backend.http.context import current_context
from tests.backend.injection import failing_statements, nth_of
from tests.conftest import EDITOR, Clock
from tests.factories import publish

TEXT = "The pilots of the estuary walk out on Monday, and nobody sails."
LEAD = "A lead that only some may show."


def terms(client: FlaskClient, **fields: Any) -> None:
    answer = client.put("/v1/newsroom/sources/reuters", json=fields, headers=EDITOR)
    assert answer.status_code in {200, 201}, answer.get_json()


def send(client: FlaskClient, **fields: Any) -> Any:
    given = {
        "summary": LEAD,
        "body_text": TEXT,
        "image": {"url": "https://img.example/a.jpg"},
        "tags": ["Harbour"],
    }
    return publish(client, source="reuters", **(given | fields))


def everywhere(client: FlaskClient, article_id: str) -> str:
    path = (
        client.get(f"/v1/articles/{article_id}").get_json()["url"].removeprefix("http://news.test")
    )
    paths = [f"/v1/articles/{article_id}", path, "/tag/Harbour.rss", "/tag/Harbour", "/"]
    paths += ["/v1/tags/harbour/articles", "/sitemap-news.xml"]
    return "\n".join(client.get(each).get_data(as_text=True) for each in paths)


def found_by(client: FlaskClient, word: str) -> list[str]:
    return [each["id"] for each in client.get(f"/v1/search?q={word}").get_json()["articles"]]


def step(app: Flask, clock: Clock) -> None:
    with app.app_context():
        Scheduler(current_context().hooks, clock).step()
        db.session.remove()


@pytest.mark.parametrize(
    ("rights", "lead", "text"),
    [
        ("full", True, True),
        (None, True, True),
        ("summary", True, False),
        ("headline", False, False),
    ],
)
def test_rights_hold_wherever_an_article_is_shown(
    client: FlaskClient, rights: str | None, lead: bool, text: bool
) -> None:
    terms(client, name="Reuters", rights=rights)

    found = everywhere(client, send(client)["id"])

    assert (LEAD in found, TEXT in found) == (lead, text)
    assert ("img.example" in found) == (rights != "headline")


def test_rights_that_shrink_hold_for_what_is_out(
    app: Flask, client: FlaskClient, session: Any, clock: Clock
) -> None:
    terms(client, name="Reuters")
    send(client, external_id="one", title="Pilots may walk out")
    said = f"{TEXT} So they say."
    article = send(client, external_id="one", title="Pilots walk out", body_text=said)
    assert TEXT in everywhere(client, article["id"])
    assert found_by(client, "estuary") == [article["id"]]

    terms(client, rights="headline")

    found = everywhere(client, article["id"])
    assert LEAD not in found
    assert TEXT not in found
    for table in ("article", "article_version"):
        stored = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
        assert TEXT not in str(stored), table
    assert "Pilots may walk out" in str(stored), "a title may be shown"
    step(app, clock)
    assert found_by(client, "estuary") == []
    assert found_by(client, "pilots") == [article["id"]]


@pytest.mark.parametrize("ends", ["its time", "its source", "an editor"])
def test_what_is_forbidden_leaves_the_versions_from_under_an_embargo_with_it(
    app: Flask, client: FlaskClient, session: Any, clock: Clock, ends: str
) -> None:
    terms(client, name="Reuters", rights="headline")
    until = (clock() + timedelta(hours=1)).isoformat()
    send(client, external_id="one", embargo_until=until, title="Pilots may walk out")
    for text in (f"{TEXT} So they say.", TEXT):
        article = send(client, external_id="one", embargo_until=until, body_text=text)

    if ends == "its time":
        clock.forward(hours=2)
        step(app, clock)
    elif ends == "its source":
        send(client, external_id="one")
    else:
        named = f"/v1/newsroom/articles/{article['id']}"
        client.patch(named, headers=EDITOR, json={"embargo_until": None})

    assert client.get(f"/v1/articles/{article['id']}").status_code == 200
    stored = session.connection().exec_driver_sql("SELECT * FROM article_version").all()
    assert "Pilots may walk out" in str(stored)
    assert (TEXT in str(stored), LEAD in str(stored)) == (False, False)


def test_terms_that_forbid_nothing_more_leave_what_there_was(
    client: FlaskClient, session: Any
) -> None:
    terms(client, name="Reuters", rights="summary")
    send(client, external_id="one", title="Pilots may walk out")
    send(client, external_id="one", summary="Another lead.")
    versions = session.connection().exec_driver_sql("SELECT * FROM article_version").all()

    for fields in ({"attribution": "By Reuters"}, {"embargo_minutes": 5}, {"rights": "full"}):
        terms(client, **fields)
        session.rollback()
        told = session.connection().exec_driver_sql("SELECT * FROM article_version").all()
        assert told == versions


def test_rights_and_a_name_that_are_cut_off_anywhere_are_asked_for_again_and_hold(
    app: Flask, client: FlaskClient
) -> None:
    terms(client, name="Reuters")
    article = send(client)["id"]
    shown = f"/v1/articles/{article}"
    fields = {"rights": "headline", "name": "The Wire"}

    for nth in count(1):
        with failing_statements(app, nth_of(nth)) as statements:
            answer = client.put("/v1/newsroom/sources/reuters", json=fields, headers=EDITOR)
        if not statements.failed:
            break
        assert answer.status_code == 500
        found = client.get(shown).get_json()
        assert (found["body_text"], found["source"]["name"]) == (TEXT, "Reuters"), statements.asked

    assert nth > 10
    found = client.get(shown).get_json()
    assert (found["body_text"], found["source"]["name"]) == ("", "The Wire")


def test_rights_that_grow_come_with_the_next_delivery(client: FlaskClient) -> None:
    terms(client, name="Reuters", rights="headline")
    article = send(client, external_id="one")

    terms(client, rights="full")
    again = send(client, external_id="one")

    assert again["id"] == article["id"]
    assert TEXT in everywhere(client, article["id"])


def test_a_page_says_whose_it_is(client: FlaskClient) -> None:
    terms(client, name="Reuters", canonical="theirs", attribution="© Reuters 2026")
    article = send(client, url="https://reuters.example/a")
    path = article["url"].removeprefix("http://news.test")

    page = client.get(path).get_data(as_text=True)

    assert '<link rel="canonical" href="https://reuters.example/a">' in page
    assert '"mainEntityOfPage": "https://reuters.example/a"' in page
    assert page.count("© Reuters 2026") >= 2
    assert "© Reuters 2026" in client.get("/tag/Harbour.rss").get_data(as_text=True)
    assert path not in client.get("/sitemap-news.xml").get_data(as_text=True)
    assert client.get("/sitemap-articles-2026-03-0.xml").status_code == 404
    assert article["canonical_url"] == "https://reuters.example/a"
    terms(client, canonical="ours", attribution=None)
    assert path in client.get("/sitemap-articles-2026-03-0.xml").get_data(as_text=True)
    assert "© Reuters" not in everywhere(client, article["id"])


def test_an_embargo_of_the_source_counts_from_the_publishers_time(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    terms(client, name="Reuters", embargo_minutes=30)
    told_at = (clock() - timedelta(minutes=10)).isoformat()
    article = send(client, published_at=told_at)
    assert client.get(f"/v1/articles/{article['id']}").status_code == 404

    clock.forward(minutes=19)
    step(app, clock)
    assert client.get(f"/v1/articles/{article['id']}").status_code == 404
    clock.forward(minutes=2)
    step(app, clock)

    assert client.get(f"/v1/articles/{article['id']}").status_code == 200


def test_articles_leave_after_the_days_of_their_source(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    terms(client, name="Reuters", expires_after_days=3)
    article = send(client)
    kept = publish(client, source="own-desk", tags=["Harbour"])

    clock.forward(days=3, minutes=1)
    step(app, clock)

    assert client.get(f"/v1/articles/{article['id']}").status_code == 410
    listed = client.get("/v1/tags/harbour/articles").get_json()["articles"]
    assert [each["id"] for each in listed] == [kept["id"]]


def test_an_alert_says_no_more_than_the_source_allows(client: FlaskClient, session: Any) -> None:
    terms(client, name="Reuters", rights="headline")

    send(client, breaking=True)

    row = session.connection().exec_driver_sql("SELECT * FROM notification").one()
    assert LEAD not in str(row)
