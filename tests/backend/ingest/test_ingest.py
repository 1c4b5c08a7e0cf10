"""`tagwire ingest`: documents in, articles out, nothing lost and nothing twice."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from backend.ingest.cli import ingest
from backend.ingest.parsing.entry import MAX_ENTRIES
from schemas.fields import instant_text
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.outbound.server import publisher
from tests.conftest import EDITOR, START, Clock

APRIL = "Mon, 28 Apr 2025 06:00:00 +0000"
JUNE = "Thu, 12 Jun 2025 09:00:00 +0000"


def run(app: Flask, *documents: object) -> Result:
    result: Result = app.test_cli_runner().invoke(ingest, [str(each) for each in documents])
    return result


def written(folder: Path, body: bytes, name: str = "feed.xml") -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


def feed(client: FlaskClient, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(path).get_json()["articles"]
    return found


def test_a_feed_becomes_articles_with_source_category_time_and_text(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    body = "The Chile-Peru pact was signed."
    result = run(app, written(tmp_path, rss(Item(1, JUNE, "Ports reopen", body))))

    (article,) = feed(client, PAIR)
    whole = client.get(f"/v1/articles/{article['id']}").get_json()

    assert result.exit_code == 0, result.output
    assert "Daily Harbour (daily-harbour): 1 new" in result.output
    assert article["source"] == {"slug": "daily-harbour", "name": "Daily Harbour"}
    assert article["category"] == {"slug": "politics", "name": "Politics"}
    assert article["published_at"] == "2025-06-12T09:00:00Z"
    assert article["source_url"] == "https://harbour.example/a/1"
    assert whole["body_text"] == body


def test_headlines_of_other_articles_glued_to_the_end_are_cut_off(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    body = "The Chile-Peru pact was signed in the harbour by both presidents. " * 10
    tail = "read more Analysis: Who Will Gain From Libya? Sports Neymar Back in the List " * 3

    run(app, written(tmp_path, rss(Item(1, JUNE, "Ports reopen", body + tail))))

    (article,) = feed(client, PAIR)
    whole = client.get(f"/v1/articles/{article['id']}").get_json()
    assert whole["body_text"] == body.strip()
    assert whole["body_html"].endswith("</p>")


def test_a_second_time_changes_nothing_and_says_so(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    path = written(tmp_path, rss(Item(1), Item(2)))
    run(app, path)
    before = client.get(PAIR).data

    result = run(app, path)

    assert (result.exit_code, "2 unchanged" in result.output) == (0, True)
    assert client.get(PAIR).data == before


def test_several_first_feeds_are_ranked_by_the_publishers_own_times(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    text = "A Chile-Peru matter."
    one = rss(Item(1, APRIL, "Old", text), Item(2, None, "Undated", text), title="One")
    two = rss(Item(3, JUNE, "Newer", text), title="See - Two")

    run(app, written(tmp_path, one, "1.xml"), written(tmp_path, two, "2.xml"))

    found = feed(client, PAIR)
    assert [article["title"] for article in found] == ["Undated", "Newer", "Old"]
    assert {article["source"]["slug"] for article in found} == {"one", "see-two"}


def test_an_edited_headline_is_a_change_of_the_same_article(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    run(app, written(tmp_path, rss(Item(1, title="Port closes"))))
    result = run(app, written(tmp_path, rss(Item(1, title="Port reopens"))))

    found = feed(client, PAIR)
    assert "1 changed" in result.output
    assert [article["title"] for article in found] == ["Port reopens"]


def test_a_taken_down_article_is_not_brought_back(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    path = written(tmp_path, rss(Item(1)))
    run(app, path)
    address = "/v1/newsroom/articles/daily-harbour/harbour.example/a/1?reason=legal"
    assert client.delete(address, headers=EDITOR).status_code == 204

    result = run(app, path)

    assert "1 taken down before" in result.output
    assert feed(client, PAIR) == []


def test_a_bad_document_is_named_and_the_good_ones_still_land(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    page = written(tmp_path, b"<!doctype html><title>News</title>", "page.html")
    good = written(tmp_path, rss(Item(1)))

    result = run(app, page, tmp_path / "missing.xml", good)

    assert result.exit_code == 1
    assert "page.html: this is a web page" in result.stderr
    assert "missing.xml: no such file" in result.stderr
    assert len(feed(client, PAIR)) == 1


def test_an_empty_feed_is_fine_and_makes_its_source(app: Flask, tmp_path: Path) -> None:
    result = run(app, written(tmp_path, rss()))

    assert result.exit_code == 0
    assert "nothing in the feed" in result.output


def test_a_broken_date_loses_nothing(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    dates = ["not a date", "Thu, 12 Jun 2025 99:00:00 GMT", "Fri, 01 Jan 2099 00:00:00 GMT", None]

    run(app, written(tmp_path, rss(*(Item(n, date) for n, date in enumerate(dates)))))

    assert len(feed(client, PAIR)) == 4


def test_a_date_far_ahead_is_the_time_we_saw_it_and_stays_so(
    app: Flask, client: FlaskClient, clock: Clock, tmp_path: Path
) -> None:
    ahead = rss(Item(1, "Thu, 12 Jun 2099 09:00:00 +0000", "Ports", "A Chile-Peru matter."))
    path = written(tmp_path, ahead)
    run(app, path)
    clock.forward(days=3)

    again = run(app, path)

    (article,) = feed(client, PAIR)
    assert article["published_at"] == instant_text(START)
    assert "1 unchanged" in again.output


def test_a_feed_named_by_nothing_readable_is_called_by_its_host(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    run(app, written(tmp_path, rss(Item(1), title="\u200b\u202e ")))

    (source,) = client.get("/v1/sources").get_json()["sources"]
    assert source["name"] == "harbour.example"


def test_entries_beyond_what_is_read_are_counted_and_said(app: Flask, tmp_path: Path) -> None:
    entries = [{"id": str(number)} for number in range(MAX_ENTRIES + 2)]
    body = {"version": "https://jsonfeed.org/version/1.1", "title": "Long", "items": entries}

    result = run(app, written(tmp_path, json.dumps(body).encode(), "feed.json"))

    assert "2 entries after the first 5,000 left out" in result.output


def test_an_entry_without_an_address_is_named_and_costs_no_other(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    body = rss(Item(1)).replace(b"<link>https://harbour.example/</link>", b"", 1)
    body = body.replace(b"<item>", b"<item><title>Nowhere</title></item><item>", 1)

    result = run(app, written(tmp_path, body))

    assert result.exit_code == 1
    assert "entry 1: it has no address" in result.stderr
    assert len(feed(client, PAIR)) == 1


def test_an_address_is_fetched_behind_the_guard(make_app: object, tmp_path: Path) -> None:
    assert callable(make_app)
    with publisher() as server:
        server.answers("/feed", rss(Item(1)))
        closed = run(make_app(), server.url())
        opened = run(make_app(FETCH_ALLOW_NETWORKS="127.0.0.0/8"), server.url())

    assert closed.exit_code == 1
    assert "private or reserved" in closed.stderr
    assert "1 new" in opened.output


@pytest.mark.parametrize(
    ("language", "title", "expected"),
    [("en", "북한 소식을 전합니다", "ko"), ("ko-KR", "북한 소식", "ko"), ("", "북한 소식", "ko")],
)
def test_a_wrongly_declared_language_gives_way_to_the_script(
    app: Flask, client: FlaskClient, tmp_path: Path, language: str, title: str, expected: str
) -> None:
    run(app, written(tmp_path, rss(Item(1, title=title, body="칠레-페루"), language=language)))

    (article,) = feed(client, PAIR)
    assert article["language"] == expected
