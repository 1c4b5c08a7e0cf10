"""Search: words, phrases and beginnings in every script, in step with what is published."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.core.db import db, transaction
from backend.feed import search_index
from backend.feed.search import index_missing
from backend.feed.search_index import Criteria, place_of
from backend.feed.search_text import (
    MOST_ASKED,
    as_fts5,
    as_tsquery,
    as_tsvector,
    clauses_of,
    document_terms,
)
from backend.http.responses import MAX_AGE
from backend.tables.newsroom import Article
from backend.tables.search import SearchEntry
from tests.conftest import EDITOR, Clock
from tests.factories import publish


def test_articles_of_one_millisecond_are_each_found_once_page_by_page(
    client: FlaskClient,
) -> None:
    """In a tag's search, too, which goes through the tag's feed: it tells microseconds apart."""
    for number, us in enumerate((900, 100, 500, 300, 700)):
        at = f"2026-03-02T10:00:00.000{us}Z"
        publish(client, title=f"Ferry {number}", tags=["Harbour"], published_at=at)
    found: list[str] = []
    query = {"q": "ferry", "tag": "Harbour", "limit": "1"}
    while len(found) < 10:
        page = client.get("/v1/search", query_string=query).get_json()
        found += [article["title"] for article in page["articles"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert sorted(found) == [f"Ferry {number}" for number in range(5)]


def titles(client: FlaskClient, q: str, **filters: object) -> list[str]:
    answer = client.get("/v1/search", query_string={"q": q, **filters})
    assert answer.status_code == 200, answer.get_json()
    return [article["title"] for article in answer.get_json()["articles"]]


@pytest.mark.parametrize(
    ("q", "text", "is_found"),
    [
        ("harbour", "The Harbour reopened.", True),
        ("HARBOUR reopened", "The harbour has reopened.", True),
        ("harbour closed", "The harbour has reopened.", False),
        ("harb", "The harbour has reopened.", False),
        ("harb*", "The harbour has reopened.", True),
        ('"harbour has"', "The harbour has reopened.", True),
        ('"has harbour"', "The harbour has reopened.", False),
        ('"harbour has', "The harbour has reopened.", True),
        ("north-sea", "The North Sea is rough.", True),
        ("sea-north", "The North Sea is rough.", False),
        ("sao tome", "São Tomé votes.", True),
        ("São", "Sao Tome votes.", True),
        ("북한", "북한은 러시아와 협력했다.", True),
        ("러시아", "북한은 러시아와 협력했다.", True),
        ("한러", "북한은 러시아와 협력했다.", False),
        ("북", "북한은 러시아와 협력했다.", True),
        ("력", "양국의 협력", True),
        ("朝鮮", "北朝鮮とロシアの会談", True),
        ("ロシア", "北朝鮮とロシアの会談", True),
        ("会談", "北朝鮮とロシアの会談", True),
        ("鮮朝", "北朝鮮とロシアの会談", False),
        ("السعودية", "وقالت السعودية إنها وافقت", True),
        ("سعودية", "للسعودية دور", True),
        ("روسيا", "مصر وروسيا توقعان", True),
        ("اتفاق", "توقيع إتفاق جديد", True),
        ("हिन्दी", "हिन्दी में समाचार", True),
        ("Россия", "Новости: россия сегодня", True),
        ("12", "Group of 12 met.", True),
        ("O'Neill", "Mr O’Neill spoke.", True),
    ],
)
def test_a_question_finds_what_holds_it(
    client: FlaskClient, q: str, text: str, is_found: bool
) -> None:
    publish(client, title="Found", body_text=text)
    publish(client, title="Other", body_text="Nothing of that sort.")

    assert titles(client, q) == (["Found"] if is_found else [])


@pytest.mark.parametrize(
    "q", ["!!!", '"', "*", '""', "-", "'; DROP TABLE article; --", "a:b*", "NOT", "0x"]
)
def test_any_question_has_an_answer(client: FlaskClient, q: str) -> None:
    publish(client, title="Found", body_text="Text.")

    assert titles(client, q) == []


def test_a_question_is_needed(client: FlaskClient) -> None:
    assert client.get("/v1/search").status_code == 422
    assert client.get("/v1/search?q=").status_code == 422
    assert client.get("/v1/search?q=x&limit=0").status_code == 422


def test_pages_are_newest_first_without_loss(client: FlaskClient, clock: Clock) -> None:
    expected: list[str] = []
    for number in range(7):
        clock.forward(minutes=number % 2)
        expected.insert(0, publish(client, title=f"Story {number}", body_text="harbour")["title"])

    seen, cursor = [], None
    while True:
        query = {"q": "harbour", "limit": 3, "cursor": cursor}
        answer = client.get("/v1/search", query_string={k: v for k, v in query.items() if v})
        page = answer.get_json()
        seen += [article["title"] for article in page["articles"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert 'rel="next"' in answer.headers["Link"]

    assert seen == expected


def test_a_cursor_belongs_to_its_question(client: FlaskClient) -> None:
    for _ in range(3):
        publish(client, body_text="harbour gates")
    cursor = client.get("/v1/search?q=harbour&limit=1").get_json()["next_cursor"]

    for query in ({"q": "gates"}, {"q": "harbour", "language": "en"}):
        answer = client.get("/v1/search", query_string={**query, "cursor": cursor})
        assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/bad-cursor")
    assert client.get(f"/v1/search?q=Harbour&cursor={cursor}").status_code == 200


def test_a_walk_through_what_was_found_outlives_a_new_name_and_a_merge(client: FlaskClient) -> None:
    for number in range(6):
        publish(client, title=f"Story {number}", body_text="harbour", tags=["Ferries"])
    publish(client, tags=["Ferry"])
    seen, query = [], {"q": "harbour", "tag": "Ferries", "limit": 2}

    for path, body in (("", {"name": "Boats"}), ("/merge", {"into": "Ferry"}), (None, {})):
        page = client.get("/v1/search", query_string=query).get_json()
        seen += [article["title"] for article in page["articles"]]
        query["cursor"] = page["next_cursor"]
        if path is not None:
            call = client.post if path else client.patch
            url = f"/v1/newsroom/tags/Ferries{path}"
            assert call(url, headers=EDITOR, json=body).status_code == 200

    assert seen == [f"Story {number}" for number in (5, 4, 3, 2, 1, 0)]
    assert query["cursor"] is None


HOSTILE = [
    '"' * 99,
    "* * *",
    "a* OR b*",
    "NEAR(a b, 2)",
    "title:x AND -y",
    "^a + b",
    "{a b}",
    "a\\' & !b | (c <-> d):*",
    "'; SELECT pg_sleep(9); --",
    "%_\\%",
    "\u202e\u200b\ufeff",
    "\U0010ffff\U0001f600",
    "ﷺ" * 200,
    "가" * 200,
    "ا" * 200,
    " ".join("abcdefghij" * 18),
]


@pytest.mark.parametrize("q", HOSTILE)
def test_a_hostile_question_is_only_a_question(client: FlaskClient, q: str) -> None:
    publish(client, title="Found", body_text="Text.")

    answer = client.get("/v1/search", query_string={"q": q[:200]})

    assert answer.status_code == 200
    assert answer.get_json() == {"articles": [], "next_cursor": None}


def test_a_search_is_bounded_in_letters_and_words(client: FlaskClient) -> None:
    publish(client, title="Found", body_text="Text.")

    assert client.get("/v1/search", query_string={"q": "a" * 201}).status_code == 422
    assert len(clauses_of("word " * 40)) == MOST_ASKED


def test_whatever_is_asked_is_answered(client: FlaskClient) -> None:
    publish(client, title="Found", body_text="a b c 北 한 ا")

    @settings(max_examples=60, database=None)
    @given(st.text(max_size=40))
    def ask(q: str) -> None:
        page = client.get("/v1/search", query_string={"q": q})
        assert page.status_code in {200, 422}

    ask()


def test_filters_narrow_and_unknown_ones_are_named(client: FlaskClient) -> None:
    publish(client, title="A", source="one", body_text="harbour", tags=["Boats"], category="World")
    publish(client, title="B", source="two", body_text="harbour", language="fr")

    assert titles(client, "harbour", tag="#boats") == ["A"]
    assert titles(client, "harbour", source="two") == ["B"]
    assert titles(client, "harbour", category="world") == ["A"]
    assert titles(client, "harbour", language="fr") == ["B"]
    assert titles(client, "harbour", tag="boats", source="two") == []
    for unknown in ("tag=nope", "source=nope", "category=nope"):
        assert client.get(f"/v1/search?q=harbour&{unknown}").status_code == 404


def test_corrections_takedowns_and_embargoes_are_in_step(client: FlaskClient, clock: Clock) -> None:
    publish(client, external_id="1", title="First", body_text="harbour")
    ahead = (clock() + timedelta(hours=1)).isoformat()
    publish(client, external_id="2", title="Held", body_text="harbour", embargo_until=ahead)
    assert titles(client, "harbour") == ["First"]

    address = "/v1/newsroom/articles/herald/1"
    assert client.patch(address, headers=EDITOR, json={"body_text": "quay"}).status_code == 200
    assert (titles(client, "harbour"), titles(client, "quay")) == ([], ["First"])

    assert client.delete(f"{address}?reason=legal", headers=EDITOR).status_code == 204
    assert titles(client, "quay") == []


def test_articles_of_an_older_version_are_indexed_later(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    publish(client, title="Old", body_text="harbour")
    with app.app_context():
        with transaction() as session:
            for entry in session.query(SearchEntry).all():
                search_index.drop(session, entry.article_id)
        assert titles(client, "harbour") == []

        assert (index_missing(), index_missing()) == (1, 0)
        db.session.remove()
    clock.forward(seconds=MAX_AGE.total_seconds())  # no article changed: kept answers hold so long
    assert titles(client, "harbour") == ["Old"]


def test_articles_that_would_share_a_place_in_the_index_have_one_each(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, title="One", body_text="harbour")
    with app.app_context(), transaction() as session:
        one = session.query(Article).one()
        values = {each.name: getattr(one, each.name) for each in Article.__table__.columns}
        later = {"id": one.id + 2**21, "public_id": "later", "external_id": "later"}
        other = Article(**{**values, **later})
        session.add(other)
        session.flush()
        search_index.put(session, other)
        search_index.put(session, other)

        found = search_index.find(session, Criteria(clauses_of("harbour"), []), before=None, size=9)

    assert [each.public_id for each in found] == ["later", values["public_id"]]


@given(st.text(max_size=60), st.text(max_size=200))
def test_questions_and_documents_are_plain_ascii_for_both_engines(q: str, text: str) -> None:
    clauses = clauses_of(q)

    for term in document_terms(text) + [term for clause in clauses for term in clause.terms]:
        assert term.isascii()
        assert term.isalnum()
    assert as_fts5(clauses).count('"') == 2 * len(clauses)
    assert as_tsquery(clauses).isascii()
    assert as_tsvector(document_terms(text)).isascii()


WORDS = st.lists(
    st.text("abcdé한국러시아中日روسيا", min_size=2, max_size=6), min_size=1, max_size=8
)


@given(WORDS, st.data())
def test_every_word_of_a_document_is_found_by_itself(words: list[str], data: st.DataObject) -> None:
    terms = document_terms(" ".join(words))
    asked = data.draw(st.sampled_from(words))

    for clause in clauses_of(asked):
        found = any(
            terms[at : at + len(clause.terms)] == list(clause.terms) for at in range(len(terms))
        ) or (clause.is_prefix and any(term.startswith(clause.terms[-1]) for term in terms))
        assert found, (terms, clause)


@given(
    st.integers(0, 2**42 * 1000 - 1),
    st.integers(0, 2**42 * 1000 - 1),
    st.integers(1, 2**21 - 1),
    st.integers(1, 2**20),
)
def test_places_follow_the_feeds_order(one: int, other: int, first: int, second: int) -> None:
    if one // 1000 != other // 1000:
        assert (place_of(one, first) < place_of(other, second)) == (one < other)
    assert 0 <= place_of(one, first) < 2**63


def test_the_epoch_of_places_is_far_away() -> None:
    year_2100 = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp() * 1_000_000)
    assert place_of(year_2100, 1) < 2**63
