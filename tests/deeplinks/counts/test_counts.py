"""Campaigns and clicks are counted by day, without anyone's identity."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.core.db import Base, db
from deeplinks.counts import queries
from deeplinks.counts.buffer import count_buffer
from deeplinks.counts.campaigns import MOST_CAMPAIGNS
from deeplinks.counts.campaigns import count as count_campaign
from deeplinks.store.models import LinkOrigin
from deeplinks.visitors.stores import OTHER
from tests.conftest import EDITOR, SITE, START, Clock
from tests.deeplinks.test_links import ANDROID, BOT, DESKTOP, IPHONE
from tests.factories import register

REPORT = "/v1/newsroom/links/campaigns"


def download(client: FlaskClient, campaign: str = "spring", agent: str = ANDROID) -> str:
    """The claim token of a visit; empty where there is none."""
    asked = {"to": "/tag/x", "campaign": campaign}
    answer = client.get("/download", query_string=asked, headers={"User-Agent": agent})
    referrer = parse_qs(urlsplit(answer.headers.get("Location", "")).query).get("referrer", [""])[0]
    return parse_qs(referrer).get("tw_claim", [""])[0]


def report(client: FlaskClient, **days: str) -> list[dict[str, Any]]:
    answer = client.get(REPORT, headers=EDITOR, query_string=days)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.get_json()["campaigns"]
    return found


def test_a_campaign_is_followed_from_download_to_follow(client: FlaskClient) -> None:
    tokens = [download(client) for _ in range(7)]
    download(client, agent=IPHONE)
    for agent in (BOT, DESKTOP, ""):
        download(client, agent=agent)
    for token in tokens[:6]:
        client.post("/v1/deeplinks/claim", json={"token": token})
    for token in tokens[:5]:
        register(client, "breaking", claim=token)

    (found,) = report(client)

    assert found == {
        "campaign": "spring",
        "day": "2026-03-02",
        "downloads": 8,
        "claims": 6,
        "installations": 5,
        "follows": 5,
    }


def test_small_numbers_are_not_told(client: FlaskClient) -> None:
    for _ in range(4):
        download(client)

    answer = client.get(REPORT, headers=EDITOR).get_json()

    assert answer["smallest_shown"] == 5
    assert answer["campaigns"][0]["downloads"] is None
    assert answer["campaigns"][0]["claims"] == 0


def test_days_are_counted_apart_and_asked_for(client: FlaskClient, clock: Clock) -> None:
    for _ in range(5):
        download(client)
    clock.forward(days=1)
    for _ in range(6):
        download(client)

    assert [(day["day"], day["downloads"]) for day in report(client)] == [
        ("2026-03-02", 5),
        ("2026-03-03", 6),
    ]
    assert [day["downloads"] for day in report(client, since="2026-03-03")] == [6]
    assert [day["downloads"] for day in report(client, until="2026-03-02")] == [5]


@pytest.mark.parametrize(
    "days",
    [
        {"since": "2026-03-03", "until": "2026-03-02"},
        {"since": "2020-01-01", "until": "2026-03-02"},
        {"since": "yesterday"},
    ],
)
def test_days_that_cannot_be_asked_for_are_refused(
    client: FlaskClient, days: dict[str, str]
) -> None:
    assert client.get(REPORT, headers=EDITOR, query_string=days).status_code == 422


def test_only_editors_read_the_counts(client: FlaskClient) -> None:
    phone = register(client)

    assert client.get(REPORT).status_code == 401
    assert client.get(REPORT, headers=phone.auth).status_code == 401


def test_made_up_campaigns_cannot_fill_the_table(app: Flask, client: FlaskClient) -> None:
    for number in range(510):
        download(client, campaign=f"c{number}")
    count_buffer(app).flush()
    for number in range(510, 520):
        download(client, campaign=f"c{number}")

    found = {day["campaign"]: day["downloads"] for day in report(client)}

    assert len(found) == 501
    assert found["(other)"] == 20


def test_an_installation_without_a_campaign_is_nobodys(client: FlaskClient) -> None:
    for token in ("", "forged", "x" * 200):
        register(client, "breaking", **({"claim": token} if token else {}))

    assert [day["campaign"] for day in report(client)] == [""]


@pytest.mark.parametrize("kind", ["claim", "installation", "follow", "click:storm"])
def test_campaigns_of_every_kind_are_bounded(session: Any, kind: str) -> None:
    day = START.date()
    for number in range(MOST_CAMPAIGNS):
        queries.count(session, day, kind, f"c{number}")

    for label in ("c1", "new", "newer", ""):
        count_campaign(session, day, kind, label)

    counts = {row.label: row.count for row in queries.counts(session, [kind], day, day)}
    assert (counts["c1"], counts[OTHER], counts[""]) == (2, 2, 1)
    assert len(counts) == MOST_CAMPAIGNS + 2


def test_where_an_installation_came_from_is_forgotten(
    client: FlaskClient, session: Any, clock: Clock
) -> None:
    erased = register(client, claim=download(client))
    kept = register(client, claim=download(client))
    assert len(session.scalars(select(LinkOrigin)).all()) == 2

    gone = client.delete(f"/v1/installations/{erased.id}", headers=erased.auth)
    assert gone.status_code == 204
    session.rollback()
    assert len(session.scalars(select(LinkOrigin)).all()) == 1

    clock.forward(days=7, seconds=1)
    kept.follow("breaking")
    register(client)
    session.rollback()
    assert session.scalars(select(LinkOrigin)).all() == []
    assert all(day["follows"] == 0 for day in report(client))


def test_no_table_of_links_could_hold_who_somebody_is() -> None:
    tables = ("spent_link", "link_origin", "short_link", "short_link_tag", "link_count")
    columns = {column.name for name in tables for column in Base.metadata.tables[name].columns}

    assert columns == {
        *(
            "token_hash",
            "key_hash",
            "spent_at",
            "expires_at",
            "installation_id",
            "campaign",
            "until",
        ),
        *("id", "code", "path", "created_at", "disabled_at", "rules", "link_id", "tag"),
        *("day", "kind", "label", "count"),
    }


def test_nothing_counted_is_lost_while_the_database_is_away(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE link_count RENAME TO away")
    for _ in range(5):
        assert download(client)
    count_buffer(app).flush()
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO link_count")

    assert report(client)[0]["downloads"] == 5


def test_downloads_at_the_same_time_are_all_counted(app: Flask, client: FlaskClient) -> None:
    def visit(number: int) -> None:
        download(app.test_client(), campaign=f"c{number % 2}")
        if number % 5 == 0:
            count_buffer(app).flush()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(60)))

    assert [day["downloads"] for day in report(client)] == [30, 30]


def test_clicks_of_people_are_counted_by_day(client: FlaskClient, clock: Clock) -> None:
    made = client.post("/v1/newsroom/links", headers=EDITOR, json={"url": f"{SITE}/tag/x"})
    code = made.get_json()["code"]
    for agent, status in ((IPHONE, 302), (DESKTOP, 302), (BOT, 200)) * 3:
        assert client.get(f"/l/{code}", headers={"User-Agent": agent}).status_code == status
    clock.forward(days=1)
    for _ in range(5):
        client.get(f"/l/{code}", headers={"User-Agent": ANDROID})

    found = client.get(f"/v1/newsroom/links/{code}", headers=EDITOR)

    assert found.get_json() == {
        **made.get_json(),
        "since": "2026-02-02",
        "until": "2026-03-03",
        "smallest_shown": 5,
        "clicks": [{"day": "2026-03-02", "count": 6}, {"day": "2026-03-03", "count": 5}],
    }
    assert client.get("/v1/newsroom/links/unknown1", headers=EDITOR).status_code == 404
    assert client.get(f"/v1/newsroom/links/{code}").status_code == 401


def test_a_short_link_leads_on_when_its_click_cannot_be_counted(
    app: Flask, client: FlaskClient
) -> None:
    made = client.post("/v1/newsroom/links", headers=EDITOR, json={"url": f"{SITE}/tag/x"})
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE link_count")

    answer = client.get(f"/l/{made.get_json()['code']}", headers={"User-Agent": IPHONE})

    assert answer.headers["Location"] == f"{SITE}/tag/x"
