"""How feeds travel: validated, compressed, purgeable, and the same for whoever asks."""

import gzip
from urllib.parse import parse_qs, urlsplit

import brotli  # type: ignore[import-untyped]
import pytest
from flask.testing import FlaskClient

from tests.backend.feed.reading import feed, get, ids, take_down
from tests.conftest import SITE
from tests.factories import publish, register

CACHED = [
    "/v1/tags/harbour",
    "/v1/tags/harbour/articles",
    "/v1/tags?q=harb",
    "/v1/tags/trending",
    "/v1/sources",
    "/v1/sources/herald/articles",
    "/v1/categories",
    "/v1/categories/politics/articles",
    "/v1/search?q=article",
]
SPARSE = [
    "/v1/tags/harbour/articles",
    "/v1/sources/herald/articles",
    "/v1/categories/politics/articles",
    "/v1/search",
    "/v1/feed",
]


@pytest.fixture
def filled(client: FlaskClient) -> FlaskClient:
    for number in range(5):
        publish(client, external_id=str(number), tags=["Harbour", "Ferry"], category="Politics")
    return client


@pytest.mark.any_engine
@pytest.mark.parametrize("path", CACHED)
def test_an_answer_may_be_kept_for_a_stated_time_and_is_validated(
    filled: FlaskClient, path: str
) -> None:
    answer = filled.get(path)
    again = filled.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    other = filled.get(path, headers={"If-None-Match": 'W/"another"'})

    assert answer.headers["Cache-Control"].startswith("public, max-age=")
    assert "stale-while-revalidate=" in answer.headers["Cache-Control"]
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == answer.headers[name]
    assert (other.status_code, other.data) == (200, answer.data)


@pytest.mark.any_engine
@pytest.mark.parametrize("path", [*CACHED, "/v1/articles/{id}"])
def test_the_readers_language_never_changes_what_an_address_means(
    filled: FlaskClient, path: str
) -> None:
    path = path.format(id=ids(feed(filled, "harbour"))[0])

    answers = [
        filled.get(path, headers={"Accept-Language": language}) for language in ("ko", "fr-CA, en")
    ]

    assert answers[0].data == answers[1].data
    assert "Accept-Language" not in answers[0].headers["Vary"]


@pytest.mark.any_engine
@pytest.mark.parametrize(
    ("asked", "encoding"),
    [
        ("br, gzip", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1, br;q=0.5", "gzip"),
        ("br;q=0, gzip;q=0", None),
        ("identity", None),
        ("", None),
        ("*", "br"),
    ],
)
def test_an_answer_is_compressed_when_asked(
    filled: FlaskClient, asked: str, encoding: str | None
) -> None:
    plain = filled.get("/v1/tags/harbour/articles")
    answer = filled.get("/v1/tags/harbour/articles", headers={"Accept-Encoding": asked})

    opened = {"br": brotli.decompress, "gzip": gzip.decompress}.get(encoding or "", bytes)
    assert answer.headers.get("Content-Encoding") == encoding
    assert opened(answer.data) == plain.data
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    assert answer.headers["ETag"] == plain.headers["ETag"]
    assert answer.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert encoding is None or len(answer.data) < len(plain.data) / 2


def test_a_secret_is_never_compressed(client: FlaskClient) -> None:
    answer = client.post(
        "/v1/installations",
        json={"platform": "ios", "address": None, "locale": "en" + "-abcdefgh" * 3},
        headers={"Accept-Encoding": "br, gzip"},
    )

    assert "Content-Encoding" not in answer.headers


def test_an_answer_names_its_tag_and_articles_to_purge_it_by(filled: FlaskClient) -> None:
    page = filled.get("/v1/tags/harbour/articles?limit=2")
    document = page.get_json()
    one = filled.get(f"/v1/articles/{ids(document)[0]}")
    changes = filled.get(
        "/v1/tags/harbour/changes", query_string={"cursor": document["sync_cursor"]}
    )

    tag = f"tag-{document['tag']['id']}"
    keys = page.headers["Surrogate-Key"].split()
    assert keys == [tag, *(f"article-{each}" for each in ids(document))]
    assert one.headers["Surrogate-Key"].split()[0] == f"article-{ids(document)[0]}"
    assert changes.headers["Surrogate-Key"] == tag


def test_a_kept_page_is_not_confirmed_after_a_takedown(filled: FlaskClient) -> None:
    page = filled.get("/v1/tags/harbour/articles")
    gone = ids(page.get_json())[0]
    article = filled.get(f"/v1/articles/{gone}")
    take_down(filled, "4")

    page_again = filled.get(
        "/v1/tags/harbour/articles", headers={"If-None-Match": page.headers["ETag"]}
    )
    article_again = filled.get(
        f"/v1/articles/{gone}", headers={"If-None-Match": article.headers["ETag"]}
    )

    assert page_again.status_code == 200
    assert gone not in page_again.text
    assert (article_again.status_code, article_again.get_json()["type"]) == (410, "/problems/gone")
    kept = {
        part.split("=")[0].strip(): int(part.split("=")[1])
        for part in page.headers["Cache-Control"].split(",")
        if "=" in part
    }
    assert kept["max-age"] + kept["stale-while-revalidate"] <= 60


@pytest.mark.parametrize("method", ["get", "head"])
def test_the_next_page_is_named_in_a_header_too(filled: FlaskClient, method: str) -> None:
    path = "/v1/tags/harbour/articles?limit=2&language=en&fields=title,id&utm_source=x"
    document = filled.get(path).get_json()
    answer = getattr(filled, method)(path)

    address, relation = answer.headers["Link"].split("; ")
    parts = urlsplit(address.strip("<>"))
    assert relation == 'rel="next"'
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{SITE}/v1/tags/Harbour/articles"
    assert parse_qs(parts.query) == {
        "limit": ["2"],
        "language": ["en"],
        "fields": ["id,title"],
        "cursor": [document["next_cursor"]],
    }
    following = filled.get(f"{parts.path}?{parts.query}").get_json()
    assert len(following["articles"]) == 2
    assert "Link" not in filled.get("/v1/tags/harbour/articles").headers


def test_the_next_page_of_what_is_newer_goes_on_to_the_known_article(filled: FlaskClient) -> None:
    first = feed(filled, "harbour", limit=5)
    for _ in range(3):
        publish(filled, tags=["Harbour"])

    answer = filled.get(
        "/v1/tags/harbour/articles",
        query_string={"until": first["newest_cursor"], "limit": 2},
    )
    parts = urlsplit(answer.headers["Link"].split(";")[0].strip("<>"))
    rest = filled.get(f"{parts.path}?{parts.query}").get_json()

    assert "until" not in parse_qs(parts.query)
    assert len(rest["articles"]) == 1
    assert rest["next_cursor"] is None


@pytest.mark.any_engine
@pytest.mark.parametrize("path", SPARSE)
def test_only_the_members_asked_for_are_sent(filled: FlaskClient, path: str) -> None:
    query = {"headers": register(filled, "tag:harbour").auth, "q": "whole", "limit": 2}

    page = get(filled, path, **query, fields="title,id, source")
    whole = get(filled, path, **query, fields="")

    assert all(list(article) == ["id", "title", "source"] for article in page["articles"])
    assert ids(page) == ids(whole)
    assert whole == get(filled, path, **query)
    assert page | {"articles": []} == whole | {"articles": []}, "the cursors are the same"


@pytest.mark.parametrize("path", SPARSE)
def test_the_members_may_be_others_on_the_next_page(filled: FlaskClient, path: str) -> None:
    query = {"headers": register(filled, "tag:harbour").auth, "q": "whole", "limit": 2}
    headers = query.pop("headers")
    first = filled.get(path, query_string={**query, "fields": "id"}, headers=headers)
    cursor = first.get_json()["next_cursor"]

    linked = parse_qs(urlsplit(first.headers["Link"].split(">")[0]).query)
    other = get(filled, path, headers=headers, **query, cursor=cursor, fields="title")

    assert (linked["fields"], linked["cursor"]) == (["id"], [cursor])
    assert [list(article) for article in other["articles"]] == [["title"]] * 2


@pytest.mark.any_engine
@pytest.mark.parametrize("path", SPARSE)
@pytest.mark.parametrize("fields", ["body_html", "id,nothing", "rank_us", "_matched"])
def test_a_member_that_a_summary_has_not_is_refused(
    filled: FlaskClient, path: str, fields: str
) -> None:
    headers = register(filled, "tag:harbour").auth

    answer = filled.get(path, query_string={"fields": fields, "q": "whole"}, headers=headers)

    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["fields"]


def test_what_an_article_matches_is_a_member_at_home_alone(filled: FlaskClient) -> None:
    headers = register(filled, "tag:harbour").auth

    page = get(filled, "/v1/feed", headers=headers, fields="matched")

    assert page["articles"] == [{"matched": ["tag:Harbour"]}] * 5
    assert filled.get("/v1/tags/harbour/articles?fields=matched").status_code == 422


def test_a_tag_comes_with_what_belongs_to_it(client: FlaskClient) -> None:
    for number in range(12):
        publish(client, tags=["Harbour", "Ferries"] if number < 4 else ["Bread"])

    found = get(client, "/v1/tags/%23harbour")

    assert found["name"] == "Harbour"
    assert [each["name"] for each in found["related"]] == ["Ferries"]
    assert found["related"][0]["topic"] == "tag:Ferries"
    assert client.get("/v1/tags/nowhere").status_code == 404


def test_tags_are_found_by_the_beginning_of_any_spelling(client: FlaskClient) -> None:
    publish(client, tags=["HarbourTown"])
    publish(client, tags=["Harbour"])
    publish(client, tags=["Ferry", "북한여행"])
    publish(client, tags=["HarbourTown"])
    publish(client, title="North Korea-Russia ties", body_text="North Korea-Russia ties grow.")

    def found(text: str, **query: int) -> list[str]:
        tags = get(client, "/v1/tags", q=text, **query)["tags"]
        return [each["name"] for each in tags]

    assert found("harb") == ["HarbourTown", "Harbour"]
    assert found("#HARBOUR") == ["Harbour", "HarbourTown"]
    assert found("harb", limit=1) == ["HarbourTown"]
    assert found("북한여") == ["북한여행"]
    assert "NorthKorea" in found("dprk")
    assert found("northkorea-rus") == ["NorthKorea-Russia"]
    assert found("%") == found("_") == found("nowhere") == []
    assert len(found("")) >= 5


def test_sources_and_categories_are_listed_and_read_like_tags(client: FlaskClient) -> None:
    one = publish(client, source="post", category="World News")
    two = publish(client, source="herald", category="World News", tags=["Harbour"])

    assert [each["slug"] for each in get(client, "/v1/sources")["sources"]] == ["herald", "post"]
    assert get(client, "/v1/categories")["categories"] == [
        {"slug": "world-news", "name": "World News"}
    ]
    of_source = get(client, "/v1/sources/post/articles")
    of_category = get(client, "/v1/categories/world-news/articles", limit=1)
    assert of_source["source"] == {"slug": "post", "name": "Post"}
    assert of_category["category"] == {"slug": "world-news", "name": "World News"}
    assert ids(of_source) == [one["id"]]
    assert ids(of_category) == [two["id"]]
    below = get(client, "/v1/categories/world-news/articles", cursor=of_category["next_cursor"])
    assert ids(below) == [one["id"]]
    shape = {"pinned", "articles", "next_cursor", "newest_cursor", "sync_cursor", "gap"}
    assert set(of_source) == shape | {"source"}
    assert set(of_category) == shape | {"category"}
    for path in ("/v1/sources/no/articles", "/v1/categories/no/articles", "/v1/sources/no/changes"):
        assert client.get(path, query_string={"cursor": "x"}).status_code == 404


def test_an_article_comes_with_related_ones(client: FlaskClient) -> None:
    one = publish(client, tags=["Harbour"])
    other = publish(client, tags=["Harbour"])

    found = get(client, f"/v1/articles/{one['id']}")

    assert [each["id"] for each in found["related"]] == [other["id"]]
    assert found["related"][0]["url"].startswith(f"{SITE}/article/")
    assert "body_html" not in found["related"][0]


def test_every_cursor_is_short_enough_for_any_address(filled: FlaskClient) -> None:
    known = feed(filled, "harbour", limit=5)["newest_cursor"]
    for _ in range(3):
        publish(filled, tags=["Harbour"])
    page = feed(filled, "harbour", until=known, limit=1)

    for name in ("next_cursor", "newest_cursor", "sync_cursor"):
        assert len(page[name]) < 120
