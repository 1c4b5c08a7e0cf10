"""What is answered before Flask is what Flask would answer, limits, counts and headers included."""

import gzip
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from backend.http import rate_limits
from backend.http.fast_path import FastPath
from deeplinks.fast_path import LONGEST_QUERY
from tests.conftest import EDITOR, SITE
from tests.deeplinks.test_links import ANDROID, BOT, DESKTOP, IPHONE
from tests.factories import publish

# Codes and counts are read as in test_short_links.py and test_counts.py.
pytestmark = pytest.mark.any_engine

APPLE = "/.well-known/apple-app-site-association"
CLAIMS = re.compile(r"tw_claim(?:%25)*(?:%3D|3D|=)([A-Za-z0-9_-]+)")
TLS = {"wsgi.url_scheme": "https"}


def both(app: Flask, path: str, **given: Any) -> tuple[TestResponse, TestResponse]:
    """The early answer, and that of Flask alone."""
    whole = app.wsgi_app
    assert isinstance(whole, FastPath)
    given.setdefault("base_url", SITE)
    alone = type(app).wsgi_app.__get__(app)
    early, late = (Client(each).open(path, **given) for each in (whole, alone))
    return early, late


def use_up_reads(app: Flask, address: str = "127.0.0.1", *, leave: int = 0) -> None:
    """As if this address had asked almost as often as one may."""
    counted: rate_limits.Limits = app.extensions[rate_limits.EXTENSION]
    for _ in range(rate_limits.READS.calls - leave):
        counted.hit(rate_limits.READS, counted.of_address(address))


def without(page: str, tokens: set[str]) -> str:
    for token in tokens:
        page = page.replace(token, "")
    return page


def told(answer: TestResponse) -> dict[str, str]:
    passing = {"X-Request-Id", "Location", "Date"}
    return {name: value for name, value in answer.headers if name not in passing}


@pytest.mark.parametrize("agent", [IPHONE, ANDROID, DESKTOP, BOT, ""])
@pytest.mark.parametrize(
    "path",
    [
        "/download",
        "/download?to=/tag/x&campaign=spring",
        "/download?to=%2Ftag%2F%EB%B6%81%ED%95%9C&campaign=a+b",
        "/download?to=/tag/x&to=/tag/y",
        "/download?to=//evil.example&campaign=<script>",
        "/download?to=/search%3Fq%3Drain",
        "/download?to=/%ff&campaign=%ff",
        "/download?to=/%00",
        "/download?campaign=&to",
        "/download?to=/tag/x&utm_source=a&b=1&b=2&utm_campaign=c+d&empty=&tw_claim=x",
        "/download/",
        "/downloads",
    ],
)
def test_a_visitor_is_sent_where_flask_would_send_them(app: Flask, path: str, agent: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        early, late = both(app, path, method=method, headers={"User-Agent": agent})

        assert early.status == late.status
        assert told(early) == told(late)
        place, other = (a.headers.get("Location", "").partition("tw_claim") for a in (early, late))
        assert place[0] == other[0]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept-Encoding": "br, gzip"},
        {"Accept-Encoding": "gzip, deflate"},
        {"Accept-Encoding": "identity"},
        {"Accept-Encoding": "gzip;q=0, *"},
        {"If-None-Match": "*"},
        {"Host": "evil.example"},
        {"Host": "NEWS.TEST:80"},
        {"Host": "open.news.test"},
        {"Host": ""},
    ],
)
@pytest.mark.parametrize("path", [APPLE, "/.well-known/assetlinks.json", APPLE + "?x=1"])
def test_association_files_are_those_of_flask(
    app: Flask, path: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "HEAD", "DELETE"):
        early, late = both(app, path, method=method, headers=headers)

        assert (early.status, told(early)) == (late.status, told(late))
        if late.status_code < 400:
            assert early.data == late.data


@pytest.mark.parametrize("agent", [IPHONE, ANDROID, DESKTOP, BOT, f"{ANDROID};KAKAOTALK 2510420"])
@pytest.mark.parametrize("accepted", ["", "gzip, deflate, br"])
def test_the_page_of_a_kind_of_visitor_is_made_once(app: Flask, agent: str, accepted: str) -> None:
    article = urlsplit(publish(app.test_client(), title="Harbour closed")["url"]).path
    headers = {"User-Agent": agent, "Accept": "text/html", "Accept-Encoding": accepted}
    for to in (article, "/tag/x&campaign=spring&utm_source=a%26b", "/tag/x&campaign=" + "a" * 31):
        path = f"/download?to={to}"
        both(app, path, headers=headers)
        early, late = both(app, path, headers=headers)

        assert (early.status, told(early)) == (late.status, told(late))
        assert early.headers.get("Content-Encoding") == ("gzip" if accepted else None)
        pages = [gzip.decompress(each.data) if accepted else each.data for each in (early, late)]
        first, second = (page.decode() for page in pages)
        tokens = [{*CLAIMS.findall(page)} for page in (first, second)]
        assert [len(each) for each in tokens] == ([0, 0] if agent == BOT else [1, 1])
        assert tokens[0].isdisjoint(tokens[1])
        assert without(first, tokens[0]) == without(second, tokens[1])


def test_over_tls_both_say_so(app: Flask) -> None:
    early, late = both(app, APPLE, base_url="https://news.test")

    assert told(early) == told(late)
    assert "Strict-Transport-Security" in early.headers


def test_callers_are_limited_there_too(make_app: Callable[..., Flask]) -> None:
    app = make_app(RATELIMIT_ENABLED="1")
    use_up_reads(app, leave=1)
    client = app.test_client()
    answers = [client.get("/download", headers={"User-Agent": IPHONE}).status_code for _ in "ab"]
    refused = client.get("/.well-known/assetlinks.json")

    assert answers == [302, 429]
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.mimetype == "application/problem+json"
    assert refused.headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_that_goes_on_to_flask_is_counted_once(make_app: Callable[..., Flask]) -> None:
    app = make_app(RATELIMIT_ENABLED="1")
    use_up_reads(app, leave=2)
    client = app.test_client()
    statuses = [client.get("/v1/deeplinks/routes").status_code for _ in "abc"]

    assert statuses == [200, 200, 429]


def test_behind_a_proxy_the_visitor_is_limited_and_not_the_proxy(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(RATELIMIT_ENABLED="1", TRUSTED_PROXIES="1")
    use_up_reads(app, address="198.51.100.7")
    client = app.test_client()

    def visit(address: str) -> int:
        headers = {"User-Agent": IPHONE, "X-Forwarded-For": address}
        return client.get("/download", headers=headers).status_code

    assert visit("198.51.100.7") == 429
    assert visit("198.51.100.8") == 302


def test_early_answers_are_counted_and_named(client: FlaskClient) -> None:
    def count() -> float:
        line = 'tagwire_requests_total{method="GET",route="/download",status="302"} '
        text = client.get("/metrics").text
        found = [row.removeprefix(line) for row in text.splitlines() if row.startswith(line)]
        return float(found[0]) if found else 0.0

    before = count()
    answer = client.get("/download", headers={"User-Agent": IPHONE})

    assert count() == before + 1
    assert len(answer.headers["X-Request-Id"]) == 32


def test_a_page_in_memory_shows_the_article_as_it_is_now(app: Flask) -> None:
    client = app.test_client()
    article = publish(client, external_id="7", title="Harbour closed")
    asked = f"/download?to={urlsplit(article['url']).path}"

    def page() -> str:
        return client.get(asked, headers={"User-Agent": DESKTOP, "Accept": "text/html"}).text

    assert [page().count('class="story"') for _ in range(2)] == [1, 1]
    client.patch(
        "/v1/newsroom/articles/herald/7", headers=EDITOR, json={"title": "Harbour open again"}
    )
    assert "Harbour open again" in page()
    client.delete("/v1/newsroom/articles/herald/7", headers=EDITOR)
    assert "Harbour" not in page()


def test_short_links_are_those_of_flask(app: Flask) -> None:
    client, target = app.test_client(), {"language": "ko", "url": f"{SITE}/tag/ko"}
    draft = {"url": f"{SITE}/tag/x", "code": "storm", "campaign": "poster", "targets": [target]}
    client.post("/v1/newsroom/links", headers=EDITOR, json=draft)
    client.get("/l/storm")
    for query in ("", "?app=1", "?utm_campaign=b+c&x=%26&app=0", "?explain=1", "?a=%ff", "?app"):
        for agent in (IPHONE, DESKTOP, BOT):
            for language in ("", "ko-KR,en;q=0.5", "en"):
                headers = {"User-Agent": agent, "Accept-Language": language}
                early, late = both(app, f"/l/STORM{query}", headers=headers)

                assert (early.status, told(early)) == (late.status, told(late))
                assert early.headers.get("Location") == late.headers.get("Location")


def test_a_query_that_is_too_long_to_keep_is_answered_all_the_same(app: Flask) -> None:
    early, late = both(
        app, f"/download?to=/tag/x&a={'b' * LONGEST_QUERY}", headers={"User-Agent": IPHONE}
    )

    assert (early.status_code, told(early)) == (302, told(late))
    assert early.headers["Location"] == late.headers["Location"]
