"""Editors read the numbers as JSON, as CSV and as a page."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.text.csv_lines import csv_line
from tests.backend.numbers.conftest import NUMBERS, make_days, read
from tests.conftest import EDITOR, Clock
from tests.deeplinks.counts.test_counts import download
from tests.factories import publish, register
from tests.people import SECURE, person

Make = Callable[[], None]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({}, "kind"),
        ({"kind": "readers"}, "kind"),
        ({"kind": "alerts", "by": "campaign"}, "by"),
        ({"kind": "alerts", "from": "2026-03-03", "to": "2026-03-02"}, "from"),
        ({"kind": "alerts", "from": "2020-01-01"}, "from"),
        ({"kind": "alerts", "from": "yesterday"}, "from"),
        ({"kind": "alerts", "to": "0001-01-01"}, "to"),
        ({"kind": "alerts", "topic": "tag:Nothing"}, "topic"),
        ({"kind": "downloads", "topic": "breaking"}, "topic"),
        ({"kind": "follows", "platform": "ios"}, "platform"),
        ({"kind": "alerts", "limit": "5000"}, "limit"),
    ],
)
def test_what_cannot_be_asked_is_named(
    client: FlaskClient, query: dict[str, str], named: str
) -> None:
    answer = client.get(NUMBERS, headers=EDITOR, query_string=query)

    assert answer.status_code == 422
    assert named in str(answer.get_json()["errors"])


def test_days_without_numbers_are_zero_and_the_days_before_are_compared(
    client: FlaskClient, made: Make, clock: Clock
) -> None:
    publish(client, source="herald", tags=["Harbour"])
    for _ in range(6):
        register(client, "tag:Harbour")
    clock.forward(days=7)
    for _ in range(5):
        register(client, "tag:Harbour")
    made()

    found = read(client, "follows", **{"from": "2026-03-03", "to": "2026-03-09"})

    assert [row["counts"]["gained"] for row in found["rows"]] == [0, 0, 0, 0, 0, 0, 5]
    assert found["totals"] == {"gained": 5, "lost": 0}
    assert found["totals_before"] == {"gained": 6, "lost": 0}
    assert found["made_at"] == "2026-03-09T12:00:00Z"
    assert found["smallest_shown"] == 5


def test_an_unchanged_report_is_not_sent_again(client: FlaskClient, made: Make) -> None:
    made()
    tag = client.get(f"{NUMBERS}?kind=alerts", headers=EDITOR).headers["ETag"]
    again = client.get(f"{NUMBERS}?kind=alerts", headers={**EDITOR, "If-None-Match": tag})

    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "accept"), [("&format=csv", "*/*"), ("", "text/csv"), ("&format=csv", "text/html")]
)
def test_csv_is_what_was_asked_for(
    client: FlaskClient, made: Make, query: str, accept: str
) -> None:
    publish(client, source="herald", tags=["Harbour"])
    for _ in range(4):
        register(client, "tag:Harbour")
    made()
    url = f"{NUMBERS}?kind=follows&by=topic{query}"

    answer = client.get(url, headers={**EDITOR, "Accept": accept})

    assert answer.mimetype == "text/csv"
    assert "follows-by-topic-2026-02-01-2026-03-02.csv" in answer.headers["Content-Disposition"]
    head, *lines = csv.reader(io.StringIO(answer.text))
    assert head == ["topic", "name", "gained", "lost"]
    assert ["tag:Harbour", "Harbour", "<5", "0"] in lines


def test_a_name_that_a_stranger_chose_is_no_formula(client: FlaskClient, made: Make) -> None:
    for _ in range(5):
        download(client, campaign="-2 - 3")
    made()

    answer = client.get(f"{NUMBERS}?kind=downloads&by=campaign&format=csv", headers=EDITOR)

    assert answer.text.splitlines()[1] == "'-2 - 3,,0,5,0,0,0"
    assert csv_line(["=1", "+1", "@x", "\t=1", -1, None]) == "'=1,'+1,'@x,'\t=1,-1,"


def test_json_is_what_a_browser_or_a_program_without_a_wish_gets(client: FlaskClient) -> None:
    answer = client.get(f"{NUMBERS}?kind=tags", headers={**EDITOR, "Accept": "*/*"})

    assert answer.is_json


def test_the_page_shows_totals_charts_with_tables_and_lists(
    make_app: Callable[..., Flask], clock: Clock
) -> None:
    app = make_app(PUBLIC_URL=SECURE)
    ann = person(app, "ann", "editor")
    assert "No alert, follow or download was counted" in ann.get("/console/numbers").text
    client = app.test_client()
    publish(client, source="herald", tags=["Harbour", "Storm"])
    for number in range(8):
        register(client, "tag:Harbour", *(["tag:Storm"] if number < 3 else []))
    make_days(app, clock)

    page = ann.get("/console/numbers?days=7")

    assert page.status_code == 200
    assert "No alert, follow or download was counted" not in page.text
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
    assert "Followers gained 8 nothing to compare" in text
    assert "Harbour 8 0" in text
    assert "Storm fewer than 5 at a time 0" in text
    assert re.search(r"<svg viewBox[^>]+role=\"img\" aria-label=", page.text)
    assert re.search(r'aria-current="true">7 days<', page.text)
    link = re.search(r'href="(/v1/newsroom/numbers\?kind=follows[^"]+)"', page.text)
    assert link is not None
    told = ann.get(link[1].replace("&amp;", "&"))
    assert told.mimetype == "text/csv"
    assert "2026-03-02,,8,0" in told.text


def test_a_range_that_there_is_none_of_is_the_usual_one(make_app: Callable[..., Flask]) -> None:
    ann = person(make_app(PUBLIC_URL=SECURE), "ann", "editor")

    for days in ("", "0", "36500", "x", "７", "7.0"):
        page = ann.get(f"/console/numbers?days={days}")
        assert page.status_code == 200
        assert re.search(r'aria-current="true">30 days<', page.text)


def test_a_publisher_sees_no_numbers(make_app: Callable[..., Flask]) -> None:
    bob = person(make_app(PUBLIC_URL=SECURE), "bob", "publisher", "herald")

    assert bob.get("/console/numbers").status_code == 403
    assert bob.get(f"{NUMBERS}?kind=alerts").status_code == 403
