"""The audit log in the console: filtered, page by page, both sides, taken out as a file."""

import csv
import io
import json
import re

import pytest
from flask import Flask

from backend.audit.actor import TAGWIRE
from backend.audit.recording import record
from backend.core.db import transaction
from tests.conftest import EDITOR, START
from tests.factories import publish
from tests.people import Person, person

AUDIT = "/console/audit"


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


def acts(text: str) -> list[str]:
    return re.findall(r'· <code dir="ltr">([\w.]+)</code></p>', text)


def change(app: Flask, title: str) -> str:
    client = app.test_client()
    made = str(publish(client, title="Rain & wind")["id"])
    client.patch(f"/v1/newsroom/articles/{made}", headers=EDITOR, json={"title": title})
    return made


def test_an_act_shows_who_did_it_and_both_sides(app: Flask, ann: Person) -> None:
    made = change(app, "Snow")

    page = ann.get(f"{AUDIT}?act=article").text

    assert acts(page)[0] == "article.changed"
    assert "NEWSROOM_KEY" in page
    assert "changed an article" in page
    assert f"article:{made}" in page
    assert '<td dir="auto">Rain &amp; wind</td><td dir="auto">Snow</td>' in page


FILTERED = {
    "actor=nobody": [],
    "actor=NEWSROOM_KEY&act=article.changed": ["article.changed"],
    "act=tag": [],
    "since=2026-03-02&until=2026-03-02&act=article.changed": ["article.changed"],
    "since=2026-03-03": [],
    "until=2026-03-01": [],
}


def test_the_log_is_filtered(app: Flask, ann: Person) -> None:
    change(app, "Snow")

    for query, found in FILTERED.items():
        page = ann.get(f"{AUDIT}?{query}")
        assert acts(page.text) == found, query
        assert ("Nothing of that kind was done." in page.text) == (not found)


def test_a_day_that_is_none_is_said_and_the_filters_stay(ann: Person) -> None:
    page = ann.get(f"{AUDIT}?since=yesterday&actor=bob")

    assert page.status_code == 422
    assert "Write a day such as 2026-03-31." in page.text
    assert 'value="bob"' in page.text


def test_older_acts_stand_on_the_next_page(app: Flask, ann: Person) -> None:
    with app.app_context(), transaction() as session:
        for number in range(52):
            record(session, TAGWIRE, "article.published", f"article:{number}", now=START)

    first = ann.get(f"{AUDIT}?act=article").text
    address = re.search(r'href="([^"]+)" rel="next"', first)

    assert len(acts(first)) == 50
    assert address
    assert acts(ann.get(address[1].replace("&amp;", "&")).text) == ["article.published"] * 2


def test_what_is_shown_can_be_taken_out(app: Flask, ann: Person) -> None:
    change(app, "=Snow")
    page = ann.get(f"{AUDIT}?act=article&since=2026-03-01").text
    table, lines = (
        ann.get(each.replace("&amp;", "&"))
        for each in re.findall(r'href="([^"]+/export[^"]*)" download', page)
    )

    assert table.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["act"] for row in rows] == ["article.changed", "article.published"]
    assert [json.loads(each)["act"] for each in lines.text.splitlines()] == [
        "article.changed",
        "article.published",
    ]
    assert "attachment" in table.headers["Content-Disposition"]
