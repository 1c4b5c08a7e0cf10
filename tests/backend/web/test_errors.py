"""Refusals as pages for people."""

from flask.testing import FlaskClient


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
