"""Refusals as pages for people."""

import brotli  # type: ignore[import-untyped]
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from backend.http.fast_path import SAID_OF_ALL, FastResponse, fast_path
from tests.conftest import SITE
from tests.factories import publish


def test_an_unknown_address_answers_a_page_that_says_so(client: FlaskClient) -> None:
    answer = client.get("/nowhere")

    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "There is nothing here" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_refusal_escapes_what_the_visitor_wrote(client: FlaskClient) -> None:
    answer = client.get("/<script>alert(1)</script>")

    assert "<script>alert" not in answer.text


def test_the_api_still_answers_problem_documents(client: FlaskClient) -> None:
    answer = client.get("/v1/nowhere")

    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == 404


def test_a_page_runs_nothing_inline_and_sets_no_cookie(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in answer.headers
    assert " style=" not in answer.text
    assert "<script>" not in answer.text


def test_static_files_are_kept_long_only_under_the_version_of_their_content(
    client: FlaskClient,
) -> None:
    page = client.get("/nowhere").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]

    kept = client.get(address)
    guessed = client.get("/static/site.css?v=0")
    plain = client.get("/static/site.css")

    assert kept.status_code == plain.status_code == 200
    assert kept.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "immutable" not in guessed.headers["Cache-Control"]
    assert "immutable" not in plain.headers["Cache-Control"]


def test_a_static_text_travels_compressed_and_keeps_its_validator(client: FlaskClient) -> None:
    path = "/static/site.css"
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "br"})

    assert brotli.decompress(packed.data) == plain.data
    assert packed.headers["Content-Encoding"] == "br"
    assert packed.headers["Content-Length"] == str(len(packed.data))
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]
    known = {"If-None-Match": packed.headers["ETag"], "Accept-Encoding": "br"}
    assert client.get(path, headers=known).status_code == 304
    part = client.get(path, headers={"Range": "bytes=0-9", "Accept-Encoding": "br"})
    assert part.data == plain.data[:10]
    assert "Content-Encoding" not in part.headers


@pytest.mark.parametrize("path", ["site.css", "demo/sea.png", "icon.svg"])
def test_a_static_file_leaves_from_memory_as_it_was_first_sent(
    app: Flask, client: FlaskClient, path: str
) -> None:
    asked = {"Accept-Encoding": "br"}
    first = client.get(f"/static/{path}", headers=asked)
    kept = from_memory(app, f"/static/{path}", asked)
    assert kept is not None
    etag = dict(kept.headers)["ETag"]

    assert kept.body == first.data
    assert {*kept.headers} >= {
        each for each in first.headers if each[0] in {"Content-Type", "Cache-Control", "ETag"}
    }
    unchanged = from_memory(app, f"/static/{path}?utm_source=x", {"If-None-Match": etag})
    assert unchanged is not None
    assert (unchanged.status, unchanged.body) == ("304 NOT MODIFIED", b"")
    assert from_memory(app, f"/static/{path}?v=0", asked) is None
    assert from_memory(app, f"/static/{path}", {"Range": "bytes=0-3"}) is None
    assert client.get(f"/static/{path}", headers={"Range": "bytes=0-3"}).status_code == 206


def from_memory(app: Flask, path: str, headers: dict[str, str]) -> FastResponse | None:
    builder = EnvironBuilder(path=path, base_url=SITE, headers=Headers(headers))
    finished = fast_path(app).respond(builder.get_environ())
    return finished.response if finished else None


@pytest.mark.parametrize(
    ("path", "start"),
    [
        ("/?cursor=abc", "/"),
        ("/tag/Harbour?cursor=abc", "/tag/Harbour"),
        ("/source/herald?cursor=abc", "/source/herald"),
        ("/search?q=harbour+bridge&cursor=abc", "/search?q=harbour%20bridge"),
    ],
)
def test_a_page_behind_a_cursor_of_before_is_its_lists_first(
    client: FlaskClient, path: str, start: str
) -> None:
    publish(client, tags=["Harbour"])

    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, start)
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(start).status_code == 200


@pytest.mark.parametrize("path", ["/", "/static/site.css", "/robots.txt", "/v1/tags", "/nowhere"])
def test_an_answer_says_each_header_once(app: Flask, client: FlaskClient, path: str) -> None:
    for finished in (client.get(path).headers, client.get(path).headers):
        names = [name.lower() for name, _ in finished]
        assert sorted(names) == sorted(set(names))
        assert "date" not in names, "the server says it"
    kept = from_memory(app, path, {})
    assert kept is None or not SAID_OF_ALL & {name.lower() for name, _ in kept.headers}
