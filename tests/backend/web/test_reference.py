"""The reference of the API is a page of our own files, strict about what it loads."""

import re

from flask.testing import FlaskClient


def test_it_loads_nothing_from_elsewhere_and_runs_nothing_inline(client: FlaskClient) -> None:
    answer = client.get("/v1/docs")
    policy = answer.headers["Content-Security-Policy"]

    assert answer.status_code == 200
    assert answer.mimetype == "text/html"
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "https:" not in policy
    assert {found[:1] for found in re.findall(r'(?:src|href)="([^"]+)"', answer.text)} == {"/"}


def test_the_page_and_its_files_can_be_cached_and_travel_compressed(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "br"}
    page = client.get("/v1/docs")

    assert page.headers["Cache-Control"].startswith("public, ")
    again = client.get("/v1/docs", headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    scripts = re.findall(r'src="([^"]+)"', page.text)
    assert len(scripts) == 2
    for script in scripts[:1]:
        answer = client.get(script, headers=packed)
        assert answer.headers["Content-Encoding"] == "br"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert len(answer.data) < 600_000
    assert client.get("/v1/openapi.json", headers=packed).headers["Content-Encoding"] == "br"


def test_the_document_does_not_describe_its_own_reference(client: FlaskClient) -> None:
    assert "/v1/docs" not in client.get("/v1/openapi.json").get_json()["paths"]
