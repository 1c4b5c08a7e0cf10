"""Whatever a request carries, it gets a problem document and nothing is stored."""

import io
import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.http.request_checks import MOST_MEMBERS, TOO_MANY
from tests.conftest import EDITOR, bearer
from tests.factories import draft, publish, register

URL = "/v1/newsroom/articles/herald/1"


def put(client: FlaskClient, body: str | bytes, content_type: str | None = None) -> TestResponse:
    return client.put(
        URL, headers=EDITOR, data=body, content_type=content_type or "application/json"
    )


def assert_refused(answer: TestResponse, status: int, slug: str) -> dict[str, Any]:
    problem = answer.get_json()
    assert (answer.status_code, problem["type"]) == (status, f"/problems/{slug}")
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["X-Request-Id"]
    assert "Traceback" not in answer.text
    return dict(problem)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b'{"title": "\xff"}',
        b'{"title": NaN}',
        b'{"width": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ],
    ids=["cut", "empty", "text", "utf-16", "latin-1", "nan", "digits", "deep-list", "deep-object"],
)
def test_a_body_that_is_not_json_is_refused(client: FlaskClient, body: bytes) -> None:
    answer = put(client, body)

    if body:
        assert_refused(answer, 400, "bad-json")
    else:
        assert_refused(answer, 422, "invalid")


@pytest.mark.parametrize("body", ["[]", "null", "3", '"text"', "[1, 2]"])
def test_json_that_is_no_object_is_refused(client: FlaskClient, body: str) -> None:
    assert put(client, body).status_code in {400, 422}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "x"])
def test_another_content_type_is_refused(client: FlaskClient, content_type: str) -> None:
    assert_refused(put(client, json.dumps(draft()), content_type), 415, "unsupported-media-type")


@pytest.mark.parametrize("external_id", ["%ff", "a%fe", "%ed%a0%80"])
def test_nothing_is_published_under_an_id_that_is_not_utf_8(
    client: FlaskClient, external_id: str
) -> None:
    url = f"/v1/newsroom/articles/herald/{external_id}"

    assert_refused(client.put(url, headers=EDITOR, json=draft()), 404, "not-found")


def test_a_source_whose_name_would_be_cut_is_refused(client: FlaskClient) -> None:
    answer = client.put(f"/v1/newsroom/articles/{'s' * 81}/1", headers=EDITOR, json=draft())

    assert "source" in assert_refused(answer, 422, "invalid")["errors"]


def test_a_body_of_two_megabytes_is_refused(client: FlaskClient) -> None:
    body = json.dumps(draft(body_text="x" * 2_000_000))

    assert_refused(put(client, body), 413, "too-large")


def test_a_chunked_body_of_two_megabytes_is_refused(client: FlaskClient) -> None:
    answer = client.put(
        URL,
        headers=EDITOR,
        input_stream=io.BytesIO(json.dumps(draft(body_text="x" * 2_000_000)).encode()),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )

    assert_refused(answer, 413, "too-large")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": "a\0b"}, "title"),
        ({"title": "a\x08b"}, "title"),
        ({"summary": "a\ufffeb"}, "summary"),
        ({"title": "a\ud800b"}, "title"),
        ({"tags": ["fine", "\0"]}, "tags"),
        ({"image": {"url": "https://x.example/\0"}}, "image"),
        ({"x\0y": 1}, "x\0y"),
        ({"\ud800": 1}, "\ud800"),
    ],
)
def test_text_that_no_database_keeps_is_refused_by_name(
    client: FlaskClient, fields: dict[str, Any], named: str
) -> None:
    problem = assert_refused(put(client, json.dumps(draft() | fields)), 422, "invalid")

    assert list(problem["errors"]) == [named]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"tags": ["fine", ""]}, "tags"),
        ({"tags": ["x"] * 51}, "tags"),
        ({"title": "x" * 501}, "title"),
        ({"url": "https://x.example/" + "a" * 2000}, "url"),
        ({"url": "https://x.example/" + "é" * 1500}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"url": "https:///path"}, "url"),
        ({"category": "  "}, "category"),
        ({"category": "!!!"}, "category"),
        ({"language": "english please"}, "language"),
        ({"published_at": "0001-01-01T00:00:00+14:00"}, "published_at"),
        ({"published_at": "0001-01-01T00:00:00Z"}, "published_at"),
        ({"published_at": "9999-12-31T23:59:59-14:00"}, "published_at"),
        ({"published_at": "9999-12-31T23:59:59Z"}, "published_at"),
        ({"published_at": 1e300}, "published_at"),
        ({"image": {"url": "https://x.example/i.png", "width": 10**30}}, "image"),
        ({"image": {"url": "https://x.example/i.png", "width": "10"}}, "image"),
        ({"image": []}, "image"),
        ({"body_text": "a", "body_html": "b"}, "body_text"),
        ({"title": {"deep": [{"er": []}]}}, "title"),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_name(
    client: FlaskClient, fields: dict[str, Any], named: str
) -> None:
    problem = assert_refused(put(client, json.dumps(draft() | fields)), 422, "invalid")

    assert named in problem["errors"]
    assert client.get("/v1/tags/fine/articles").status_code == 404


@pytest.mark.parametrize("path", ["tags/%00/articles", "tags/a%00/articles", "articles/%00"])
def test_a_nul_in_a_path_is_nowhere(client: FlaskClient, path: str) -> None:
    assert_refused(client.get(f"/v1/{path}"), 404, "not-found")


def test_a_nul_in_a_query_is_refused_by_name(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])

    problem = assert_refused(client.get("/v1/tags/harbour/articles?cursor=a%00"), 422, "invalid")

    assert list(problem["errors"]) == ["cursor"]


@pytest.mark.parametrize("path", ["articles/%FF%FE", "articles/%ED%A0%80", "tags/%FF/articles"])
def test_a_path_that_is_not_utf8_is_nowhere(client: FlaskClient, path: str) -> None:
    assert_refused(client.get(f"/v1/{path}"), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/v1/nothing", 404, "not-found"),
        ("GET", "/v1", 404, "not-found"),
        ("POST", "/v1/articles/x", 405, "method-not-allowed"),
        ("GET", "/v1/articles/x", 404, "not-found"),
        ("GET", "/v1/tags/nowhere/articles", 404, "not-found"),
        ("PUT", URL, 401, "unauthorized"),
    ],
)
def test_refusals_are_problem_documents(
    client: FlaskClient, method: str, path: str, status: int, slug: str
) -> None:
    assert_refused(client.open(path, method=method), status, slug)


@pytest.mark.parametrize("limit", ["0", "-1", "101", "x", "9" * 5000, "1e3"])
def test_a_limit_out_of_bounds_is_refused(client: FlaskClient, limit: str) -> None:
    publish(client, tags=["Harbour"])

    answer = client.get("/v1/tags/harbour/articles", query_string={"limit": limit})

    assert "limit" in assert_refused(answer, 422, "invalid")["errors"]


@pytest.mark.parametrize(
    "external_id",
    [
        "a/b/c",
        "a%2Fb",
        "https:%2F%2Fx.example%2F1",
        "https://x.example//1",
        "%E2%82%AC 5",
        "..%2Fx",
    ],
)
def test_a_publishers_id_may_be_anything(client: FlaskClient, external_id: str) -> None:
    url = f"/v1/newsroom/articles/herald/{external_id}"

    first = client.put(url, headers=EDITOR, json=draft(title="Once", url="https://x.example/1"))
    again = client.put(url, headers=EDITOR, json=draft(title="Once", url="https://x.example/1"))

    assert first.status_code == 201
    assert again.get_json()["id"] == first.get_json()["id"]
    assert client.delete(url, headers=EDITOR).status_code == 204


@pytest.mark.parametrize("external_id", ["x" * 2001, "é" * 1001])
def test_a_publishers_id_too_long_to_keep_is_refused(client: FlaskClient, external_id: str) -> None:
    url = f"/v1/newsroom/articles/herald/{external_id}"

    problem = assert_refused(client.put(url, headers=EDITOR, json=draft()), 422, "invalid")

    assert "external_id" in problem["errors"]


def test_the_source_is_known_by_any_spelling_of_its_name(client: FlaskClient) -> None:
    body = draft()
    url = "/v1/newsroom/articles/The%20Herald/1"

    assert client.put(url, headers=EDITOR, json=body).get_json()["source"]["slug"] == "the-herald"
    assert client.patch(url, headers=EDITOR, json={"title": "New"}).status_code == 200
    assert client.delete(url, headers=EDITOR).status_code == 204


def test_a_source_without_a_letter_is_refused(client: FlaskClient) -> None:
    answer = client.put("/v1/newsroom/articles/!!!/1", headers=EDITOR, json=draft())

    assert_refused(answer, 422, "invalid")


@pytest.mark.parametrize("topic", ["tag:a\0", "tag:\ud800"])
def test_topics_hold_no_unstorable_text(client: FlaskClient, topic: str) -> None:
    phone = register(client)

    answer = client.put(
        f"/v1/installations/{phone.id}/topics",
        headers=phone.auth,
        data=json.dumps({"topics": [topic]}),
        content_type="application/json",
    )

    assert_refused(answer, 422, "invalid")


def test_a_raw_byte_in_a_query_is_read_as_if_it_were_percent_encoded(client: FlaskClient) -> None:
    publish(client, title="Café opens", tags=["Harbour"])
    raw = {"QUERY_STRING": "q=Caf\xc3\xa9"}  # as servers hand the bytes of `é` on

    found = client.get("/v1/search", environ_overrides=raw)
    broken = client.get("/v1/search", environ_overrides={"QUERY_STRING": "q=\xff\xfe"})

    assert [each["title"] for each in found.get_json()["articles"]] == ["Café opens"]
    assert broken.status_code == 200


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "\xff", "[::1"])
def test_a_host_that_no_name_can_be_gets_an_ordinary_answer(client: FlaskClient, host: str) -> None:
    assert client.get("/nowhere", headers={"Host": host}).status_code == 404


def test_a_date_out_of_range_is_no_condition(client: FlaskClient) -> None:
    far = {"If-Modified-Since": "Sun, 06 Nov 99999999999 08:49:37 GMT"}

    assert client.get("/static/site.css", headers=far).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["tags/harbour/articles", "tags/harbour/changes", "feed", "search", "newsroom/notifications"],
)
def test_a_cursor_that_is_none_is_refused_in_the_same_words_by_every_list(
    client: FlaskClient, path: str
) -> None:
    publish(client, tags=["Harbour"])
    headers = bearer(register(client).secret) if path == "feed" else EDITOR

    answer = client.get(f"/v1/{path}", headers=headers, query_string={"cursor": "x", "q": "a"})

    problem = assert_refused(answer, 400, "bad-cursor")
    assert (problem["title"], problem["detail"]) == (
        "This cursor cannot be used",
        "Start again without a cursor.",
    )


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({str(number): 1 for number in range(MOST_MEMBERS + 1)}, "body"),
        ({"title": "x", "tags": ["x"] * (MOST_MEMBERS + 1)}, "tags"),
        ({"title": {str(number): 1 for number in range(MOST_MEMBERS + 1)}}, "title"),
    ],
    ids=["unknown members", "a long list", "within another"],
)
def test_an_object_or_a_list_of_very_many_members_is_refused_unread(
    client: FlaskClient, body: dict[str, Any], name: str
) -> None:
    answer = put(client, json.dumps(body))

    problem = assert_refused(answer, 422, "invalid")
    assert problem["errors"] == {name: [TOO_MANY]}


def test_a_failed_precondition_is_a_problem_document(client: FlaskClient) -> None:
    answer = client.get("/v1/sources", headers={"If-Match": '"x"'})

    assert_refused(answer, 412, "precondition-failed")
