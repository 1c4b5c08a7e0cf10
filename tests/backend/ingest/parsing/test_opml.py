"""OPML: lists of feeds come in from other programs, and go out without loss."""

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import db
from backend.ingest.opml_transfer import import_outlines
from backend.ingest.parsing import opml
from backend.ingest.parsing.opml import OpmlError, Outline
from backend.outbound.fetch import FetchPolicy
from tagwire import main
from tests.conftest import EDITOR, START
from tests.factories import publish

SOURCES = "/v1/newsroom/sources"
OPML = f"{SOURCES}.opml"
LIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>Mine</title></head><body>
<outline text="News"><outline text="World">
  <outline type="rss" text="Harbour &amp; Sea" title="Harbour &amp; Sea"
    xmlUrl="https://harbour.example/feed?a=1&amp;b=2" htmlUrl="https://harbour.example/"/>
</outline></outline>
<outline text="Gazette" xmlUrl="https://gazette.example/atom" language="de" category="/A/Local"/>
<outline text="Gazette" xmlUrl="https://gazette.example/sport"/>
<outline text="Home" xmlUrl="http://127.0.0.1/feed"/>
<outline text="Odd" xmlUrl="https://odd.example/feed" language="unknown language"/>
<outline text="Twice" xmlUrl="https://gazette.example/atom"/>
</body></opml>"""


def bring_in(client: FlaskClient, body: bytes, kind: str = "text/x-opml") -> Any:
    answer = client.post(OPML, headers={**EDITOR, "Content-Type": kind}, data=body)
    return answer.get_json()


def listed(client: FlaskClient) -> dict[str, dict[str, Any]]:
    found = client.get(f"{SOURCES}?limit=100", headers=EDITOR).get_json()["sources"]
    return {each["slug"]: each for each in found}


def test_a_list_of_another_program_is_brought_in(client: FlaskClient) -> None:
    done = bring_in(client, LIST)

    assert (done["added"], done["known"], done["refused"]) == (4, 0, 1)
    results = {each["feed_url"]: each for each in done["sources"]}
    assert "private" in results["http://127.0.0.1/feed"]["reason"]
    assert results["https://odd.example/feed"]["reason"] == "left out: language"
    found = listed(client)
    assert set(found) == {"harbour-sea", "gazette", "gazette-2", "odd"}
    assert found["harbour-sea"]["feed_url"] == "https://harbour.example/feed?a=1&b=2"
    assert found["harbour-sea"]["category"] == "World"
    assert found["harbour-sea"]["home_url"] == "https://harbour.example/"
    assert (found["gazette"]["language"], found["gazette"]["category"]) == ("de", "Local")


def test_a_second_time_changes_nothing(client: FlaskClient) -> None:
    bring_in(client, LIST)
    before = listed(client)

    done = bring_in(client, LIST)

    assert (done["added"], done["known"]) == (0, 4)
    assert listed(client) == before


def test_a_source_that_was_there_keeps_its_name_and_gets_the_feed(client: FlaskClient) -> None:
    publish(client, source="gazette")
    client.put(f"{SOURCES}/gazette", headers=EDITOR, json={"name": "The Gazette", "language": "fr"})

    bring_in(client, LIST)

    found = listed(client)["gazette"]
    assert (found["name"], found["language"]) == ("The Gazette", "fr")
    assert found["feed_url"] == "https://gazette.example/atom"
    [article] = client.get("/v1/sources/gazette/articles").get_json()["articles"]
    assert article["source"]["name"] == "The Gazette"


@pytest.mark.parametrize("day_first", [True, False, None])
def test_what_goes_out_comes_back_whole(client: FlaskClient, day_first: bool | None) -> None:
    fields = {"name": 'The "Sea" & Co', "category": "World", "language": "ko"}
    feed = {"feed_url": "https://sea.example/feed?a=1&b=2", "time_zone": "Asia/Seoul"}
    more = {"day_first": day_first, "identity": "link", "paused": True}
    url = f"{SOURCES}/sea?check=false"
    client.put(url, headers=EDITOR, json={**fields, **feed, **more})
    before = listed(client)["sea"]

    exported = client.get(OPML, headers=EDITOR)
    client.delete(f"{SOURCES}/sea", headers=EDITOR)
    bring_in(client, exported.data)

    assert exported.mimetype == "text/x-opml"
    assert exported.headers["Content-Disposition"] == 'attachment; filename="sources.opml"'
    after = listed(client)["sea"]
    for name in (*fields, *feed, *more, "home_url"):
        assert after[name] == before[name]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<html><body>hello</body></html>", "no OPML"),
        (b"hello", "no OPML"),
        (b"<opml><body><outline", "broken in line"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><opml><body/></opml>', "entities"),
        (b"<opml>" + b"<outline>" * 60 + b"</outline>" * 60 + b"</opml>", "nested"),
    ],
)
def test_what_is_no_list_is_refused_with_the_reason(body: bytes, why: str) -> None:
    with pytest.raises(OpmlError, match=why):
        opml.read(body)


def test_a_body_that_is_no_list_is_a_problem(client: FlaskClient) -> None:
    assert "no OPML" in bring_in(client, b"hello")["detail"]
    assert bring_in(client, b"{}", "application/json")["status"] == 415


def test_who_reads_the_result_slowly_keeps_nobody_from_writing(app: Flask) -> None:
    with app.app_context():
        for each in import_outlines(opml.read(LIST), FetchPolicy(), now=START):
            assert not db.session().in_transaction(), each


def test_addresses_with_bare_ampersands_are_read() -> None:
    body = b'<opml><body><outline text="A & B" xmlUrl="https://p.example/?a=1&b=2"/></body></opml>'

    assert opml.read(body) == [Outline("A & B", "https://p.example/?a=1&b=2")]


def test_commands_bring_lists_in_and_write_them(app: Flask, tmp_path: Path) -> None:
    there, back = tmp_path / "in.opml", tmp_path / "out.opml"
    there.write_bytes(LIST)
    runner = app.test_cli_runner()

    brought = runner.invoke(main, ["sources", "import", str(there)])
    runner.invoke(main, ["sources", "export", str(back)])

    assert brought.exit_code == 1
    assert "4 added, 1 refused" in brought.output
    assert "Home: refused" in brought.stderr
    assert {each.feed_url for each in opml.read(back.read_bytes())} == {
        "https://harbour.example/feed?a=1&b=2",
        "https://gazette.example/atom",
        "https://gazette.example/sport",
        "https://odd.example/feed",
    }
