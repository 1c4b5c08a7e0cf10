"""Walking a feed: every article once, in one order, whatever happens on the way."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.catalog.feed_ids import FeedKey
from backend.newsroom.service import release_due
from tests.backend.feed.reading import (
    all_changes,
    feed,
    fill,
    get,
    ids,
    pages,
    take_down,
    titles,
    walk,
)
from tests.conftest import EDITOR, START, Clock
from tests.factories import publish

HARBOUR = "/v1/tags/Harbour/articles"


def stamp(instant: datetime) -> str:
    return instant.isoformat()


def hours_ago(hours: float) -> str:
    return stamp(START - timedelta(hours=hours))


def article(client: FlaskClient, **fields: Any) -> str:
    return str(publish(client, **{"tags": ["Harbour"]} | fields)["id"])


def test_a_hundred_articles_of_one_instant_come_once_each_and_always_alike(
    client: FlaskClient,
) -> None:
    written = [article(client, published_at=hours_ago(1)) for _ in range(100)]

    first, second = walk(client, "Harbour", limit=7), walk(client, "Harbour", limit=7)

    assert first == second == written[::-1]


def test_articles_that_arrive_on_top_do_not_disturb_a_walk(
    client: FlaskClient, clock: Clock
) -> None:
    written = [article(client) for _ in range(20)]
    seen: list[str] = []

    for page in pages(client, HARBOUR, limit=6):
        seen += ids(page)
        clock.forward(seconds=1)
        for _ in range(3):
            article(client)

    assert seen == written[::-1]


def test_a_late_article_below_the_reader_comes_later_in_the_walk(client: FlaskClient) -> None:
    written = {hours: article(client, published_at=hours_ago(hours)) for hours in range(1, 21)}
    walking = pages(client, HARBOUR, limit=5)
    seen = ids(next(walking))

    late = article(client, published_at=hours_ago(12.5))
    for page in walking:
        seen += ids(page)

    expected = [written[hours] for hours in range(1, 21)]
    expected.insert(12, late)
    assert seen == expected


def test_a_late_article_above_the_reader_comes_with_the_changes(client: FlaskClient) -> None:
    for hours in range(1, 11):
        article(client, published_at=hours_ago(hours))
    walking = pages(client, HARBOUR, limit=5)
    first = next(walking)

    late = article(client, published_at=hours_ago(2.5))
    rest = [each for page in walking for each in ids(page)]

    assert late not in rest
    told = all_changes(client, "Harbour", first["sync_cursor"])
    assert [change["article"]["id"] for change in told] == [late]


def test_the_article_that_a_cursor_stands_on_may_be_taken_down(client: FlaskClient) -> None:
    written = [article(client, external_id=str(number)) for number in range(10)]
    first = feed(client, "Harbour", limit=4)
    before = feed(client, "Harbour", cursor=first["next_cursor"])

    take_down(client, "6")
    after = feed(client, "Harbour", cursor=first["next_cursor"])

    assert ids(first)[-1] == written[6]
    assert ids(after) == ids(before) == written[5::-1]


def test_half_of_the_articles_may_go_between_two_pages(client: FlaskClient) -> None:
    written = [article(client, external_id=str(number)) for number in range(24)]
    walking = pages(client, HARBOUR, limit=5)
    seen = ids(next(walking))

    for number in range(0, 24, 2):
        take_down(client, str(number))
    for page in walking:
        seen += ids(page)

    survivors = [written[number] for number in range(23, -1, -1) if number % 2]
    assert [each for each in seen if each in survivors] == survivors
    assert set(seen) - set(survivors) <= set(written[-5:])


@pytest.mark.parametrize("number", [2, 9], ids=["not yet returned", "returned"])
def test_an_edit_moves_nothing_and_is_told_once(client: FlaskClient, number: int) -> None:
    written = [article(client, external_id=str(each)) for each in range(10)]
    walking = pages(client, HARBOUR, limit=4)
    first = next(walking)

    for title in ("Another title", "A third title"):
        publish(
            client,
            external_id=str(number),
            title=title,
            tags=["Harbour"],
            body_text=f"{title} and another text.",
            published_at=hours_ago(30),
        )
    rest = [each for page in walking for each in ids(page)]

    assert ids(first) + rest == written[::-1]
    [told] = all_changes(client, "Harbour", first["sync_cursor"])
    assert told["op"] == "upsert"
    assert (told["article"]["id"], told["article"]["title"]) == (written[number], "A third title")


@pytest.mark.parametrize("given", ["2099-01-01T00:00:00Z", "1801-01-01T00:00:00Z", None])
def test_an_absurd_or_missing_date_ranks_as_first_seen(
    client: FlaskClient, clock: Clock, given: str | None
) -> None:
    before = article(client)
    clock.forward(minutes=1)
    odd = article(client, **({"published_at": given} if given else {}))
    clock.forward(minutes=1)
    after = article(client)

    assert walk(client, "Harbour", limit=1) == [after, odd, before]


def test_what_is_older_than_two_days_cannot_sink_below_them(client: FlaskClient) -> None:
    recent = article(client, published_at=hours_ago(47))
    old = article(client, published_at=hours_ago(1000))
    older = article(client, published_at=hours_ago(2000))

    assert walk(client, "Harbour") == [recent, older, old]


def test_five_hundred_articles_of_one_day_without_a_time_are_all_reached(
    app: Flask, client: FlaskClient
) -> None:
    article(client)
    with app.app_context():
        fill([FeedKey("tag", 1)], 500, newest_minutes=-1)

    assert len(walk(client, "Harbour", limit=33)) == 501


def spoiled(cursor: str) -> dict[str, str]:
    last = "A" if cursor[-1] != "A" else "B"
    middle = len(cursor) // 2
    other = "A" if cursor[middle] != "A" else "B"
    return {
        "bit flipped": cursor[:middle] + other + cursor[middle + 1 :],
        "last character": cursor[:-1] + last,
        "truncated": cursor[:-4],
        "padded": cursor + "==",
        "other alphabet": cursor + "+/",
        "not ASCII": "한국" + cursor,
        "ten kilobytes": cursor * 100,
    }


@pytest.mark.parametrize("how", spoiled("A" * 90))
@pytest.mark.parametrize("place", ["cursor", "until", "changes"])
def test_a_damaged_cursor_is_refused_by_name(client: FlaskClient, how: str, place: str) -> None:
    for _ in range(3):
        article(client)
    page = feed(client, "Harbour", limit=1)
    made = {"cursor": "next_cursor", "until": "newest_cursor", "changes": "sync_cursor"}[place]
    path = "/v1/tags/Harbour/changes" if place == "changes" else HARBOUR
    name = "cursor" if place == "changes" else place

    answer = client.get(path, query_string={name: spoiled(page[made])[how]})

    assert answer.status_code == 400
    assert answer.get_json()["type"] == "/problems/bad-cursor"
    assert "without a cursor" in answer.get_json()["detail"]


def test_a_cursor_belongs_to_its_feed_its_language_and_its_use(client: FlaskClient) -> None:
    for _ in range(3):
        article(client, tags=["Harbour", "Ferry"], category="Politics", language="en")
    page = feed(client, "Harbour", limit=1)
    of_language = feed(client, "Harbour", limit=1, language="en")

    foreign = [
        ("/v1/tags/Ferry/articles", {"cursor": page["next_cursor"]}),
        ("/v1/tags/Ferry/changes", {"cursor": page["sync_cursor"]}),
        ("/v1/sources/herald/articles", {"cursor": page["next_cursor"]}),
        ("/v1/categories/politics/articles", {"cursor": page["next_cursor"]}),
        (HARBOUR, {"cursor": page["next_cursor"], "language": "en"}),
        (HARBOUR, {"cursor": of_language["next_cursor"]}),
        (HARBOUR, {"cursor": page["newest_cursor"]}),
        (HARBOUR, {"cursor": page["sync_cursor"]}),
        (HARBOUR, {"until": page["next_cursor"]}),
        ("/v1/tags/Harbour/changes", {"cursor": page["next_cursor"]}),
    ]

    for path, query in foreign:
        answer = client.get(path, query_string=query)
        assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/bad-cursor")


def test_a_cursor_outlives_its_key_by_one_rotation(make_app: Callable[..., Flask]) -> None:
    one, two, three = ("key-of-the-tests-number-" + name for name in ("one", "two", "three"))
    client = make_app(SECRET_KEY=one).test_client()
    written = [article(client) for _ in range(4)]
    cursor = feed(client, "Harbour", limit=2)["next_cursor"]

    rotated = make_app(SECRET_KEY=f"{two},{one}").test_client()
    page = feed(rotated, "Harbour", limit=1, cursor=cursor)
    removed = make_app(SECRET_KEY=f"{three},{two}").test_client()

    assert ids(page) == [written[1]]
    assert ids(feed(removed, "Harbour", cursor=page["next_cursor"])) == [written[0]]
    assert removed.get(HARBOUR, query_string={"cursor": cursor}).status_code == 400


def test_five_thousand_arrived_meanwhile_are_a_gap_that_closes_exactly(
    app: Flask, client: FlaskClient
) -> None:
    article(client)
    known = feed(client, "Harbour")
    with app.app_context():
        fill([FeedKey("tag", 1)], 5_000, newest_minutes=90)

    first = feed(client, "Harbour", until=known["newest_cursor"], limit=50)
    assert (len(ids(first)), first["gap"]) == (50, True)
    bridge = [ids(first)]
    cursor = first["next_cursor"]
    while cursor is not None:
        page = feed(client, "Harbour", cursor=cursor, limit=100)
        bridge.append(ids(page))
        cursor = page["next_cursor"]
        assert page["newest_cursor"] is None

    found = [each for part in bridge for each in part]
    assert len(found) == len(set(found)) == 5_000
    assert found == sorted(found, reverse=True)
    assert known["articles"][0]["id"] not in found
    again = feed(client, "Harbour", until=first["newest_cursor"])
    assert (again["articles"], again["gap"], again["next_cursor"]) == ([], False, None)
    assert again["newest_cursor"] == first["newest_cursor"]


def test_exactly_as_many_as_asked_for_are_no_gap(client: FlaskClient, clock: Clock) -> None:
    article(client)
    known = feed(client, "Harbour")["newest_cursor"]
    clock.forward(seconds=1)
    newer = [article(client) for _ in range(5)]

    exact = feed(client, "Harbour", until=known, limit=5)
    less = feed(client, "Harbour", until=known, limit=4)

    assert (ids(exact), exact["gap"], exact["next_cursor"]) == (newer[::-1], False, None)
    assert (ids(less), less["gap"]) == (newer[:0:-1], True)
    assert ids(feed(client, "Harbour", cursor=less["next_cursor"])) == newer[:1]


def test_the_known_article_may_be_gone_when_newer_ones_are_asked_for(
    client: FlaskClient, clock: Clock
) -> None:
    article(client)
    clock.forward(seconds=1)
    article(client, external_id="known")
    known = feed(client, "Harbour")["newest_cursor"]
    take_down(client, "known")
    clock.forward(seconds=1)
    newer = article(client)

    assert ids(feed(client, "Harbour", until=known)) == [newer]


def curate(client: FlaskClient, tag: str, verb: str, **body: Any) -> None:
    url = f"/v1/newsroom/tags/{tag}{verb}"
    call = client.post if verb else client.patch
    assert call(url, headers=EDITOR, json=body).status_code == 200


def test_a_tag_may_be_renamed_and_merged_in_the_middle_of_a_walk(client: FlaskClient) -> None:
    tags = [["Ferries"], ["Ferries", "Ferry"], ["Ferry"]]
    written = [article(client, tags=tags[number % 3]) for number in range(18)]
    merged = [each for number, each in enumerate(written) if number % 3 < 2]
    first = feed(client, "Ferries", limit=3)

    curate(client, "Ferries", "", name="Boats")
    second = feed(client, "Boats", limit=3, cursor=first["next_cursor"])
    curate(client, "Boats", "/merge", into="Ferry")
    rest = feed(client, "Ferries", limit=100, cursor=second["next_cursor"])

    assert ids(first) + ids(second) == merged[:-7:-1]
    below = written[: written.index(ids(second)[-1])]
    assert ids(rest) == below[::-1]
    assert rest["tag"]["name"] == "Ferry"
    assert rest["next_cursor"] is None


def test_the_readers_of_a_merged_tag_go_on_with_all_their_cursors(
    client: FlaskClient, clock: Clock
) -> None:
    for tag in ("Ferries", "Ferry") * 2:
        article(client, tags=[tag])
    known = feed(client, "Ferries")
    in_language = feed(client, "Ferries", language="en")

    curate(client, "Ferries", "/merge", into="Ferry")
    clock.forward(seconds=1)
    new = article(client, tags=["Ferry"])

    assert ids(feed(client, "Ferries", until=known["newest_cursor"]))[0] == new
    for page, query in ((known, {}), (in_language, {"language": "en"})):
        told = all_changes(client, "Ferries", page["sync_cursor"], **query)
        everything = ids(feed(client, "Ferry", **query))
        assert sorted(change["article"]["id"] for change in told) == sorted(everything)
    foreign = client.get(HARBOUR, query_string={"cursor": known["newest_cursor"]})
    assert foreign.status_code == 404


def test_the_limit_may_change_during_a_walk(app: Flask, client: FlaskClient) -> None:
    article(client)
    with app.app_context():
        fill([FeedKey("tag", 1)], 141, newest_minutes=-1)
    seen: list[str] = []
    cursor = None
    for limit in (20, 100, 1, 21):
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        page = feed(client, "Harbour", **query)
        seen += ids(page)
        cursor = page["next_cursor"]
        assert len(ids(page)) == limit

    assert cursor is None, "exactly as many as were left"
    assert len(seen) == len(set(seen)) == 142


@pytest.mark.parametrize("limit", ["0", "-1", "101", "many", "1.5"])
def test_a_limit_that_makes_no_sense_is_refused(client: FlaskClient, limit: str) -> None:
    article(client)

    assert client.get(HARBOUR, query_string={"limit": limit}).status_code == 422


def test_an_embargo_that_ends_during_a_walk_puts_the_article_at_its_time(
    app: Flask, client: FlaskClient, clock: Clock
) -> None:
    written = [article(client) for _ in range(6)]
    until = START + timedelta(minutes=30)
    held = article(client, embargo_until=stamp(until), published_at=hours_ago(20))
    first = feed(client, "Harbour", limit=3)
    assert held not in walk(client, "Harbour")
    assert all_changes(client, "Harbour", first["sync_cursor"]) == []

    clock.now = until
    with app.app_context():
        release_due(app.extensions["tagwire"].hooks, now=until)
    rest = feed(client, "Harbour", cursor=first["next_cursor"])

    assert ids(first) + ids(rest) == written[::-1]
    assert walk(client, "Harbour", limit=2) == [held, *written[::-1]]
    told = all_changes(client, "Harbour", first["sync_cursor"])
    assert [change["article"]["id"] for change in told] == [held]
    clock.forward(minutes=1)
    later = article(client)
    assert walk(client, "Harbour")[:2] == [later, held]


# (title, external id, hours before the start or None for no time at all)
WRITTEN = [
    ("Zwölf", "ä/1", 3.0),
    ("열둘", "한국-2", None),
    ("Двенадцать", "рус 3", 3.0),
    ("اثنا عشر", "ع4", 50.0),
    ("十二", "中5", -5.0),
    ("Twelve", "6", 0.000001),
    ("Dozen", "7", 48.0),
]


def test_either_database_answers_the_order_that_the_definition_gives(
    client: FlaskClient,
) -> None:
    for title, external_id, hours in WRITTEN:
        times = {} if hours is None else {"published_at": hours_ago(hours)}
        article(client, title=title, external_id=external_id, source="büro", **times)

    seen = [titles(page)[0] for page in pages(client, HARBOUR, limit=1)]

    ranks = [
        0.0 if hours is None or hours < 0 else min(hours, 48.0) for _title, _id, hours in WRITTEN
    ]
    by_definition = sorted(range(len(WRITTEN)), key=lambda at: (ranks[at], -at))
    assert seen == [WRITTEN[at][0] for at in by_definition]


@pytest.mark.parametrize("asked", ["en", "en-US", "en-gb"])
def test_a_phones_language_finds_what_is_written_in_it(client: FlaskClient, asked: str) -> None:
    british = publish(client, title="Fog", tags=["Harbour"], language="en-GB")
    plain = publish(client, title="Fog", tags=["Harbour"], language="en")
    publish(client, title="Nebel", tags=["Harbour"], language="de")
    both = [plain["id"], british["id"]]

    page = feed(client, "Harbour", language=asked)

    assert (ids(page), page["articles"][1]["language"]) == (both, "en-GB")
    assert ids(get(client, "/v1/search", q="fog", language=asked)) == both


@pytest.mark.parametrize(
    "path", ["/v1/tags/Harbour/articles", "/v1/search", "/v1/breaking/articles"]
)
def test_a_language_that_is_none_is_named(client: FlaskClient, path: str) -> None:
    refused = client.get(path, query_string={"language": "en_US", "q": "fog"})

    assert refused.status_code == 422
    assert "en_US is no language" in refused.get_json()["errors"]["language"][0]


def test_a_language_is_a_list_of_its_own(client: FlaskClient) -> None:
    korean = article(client, language="ko")
    english = article(client, language="en")

    assert walk(client, "Harbour") == [english, korean]
    assert walk(client, "Harbour", language="KO") == [korean]
    assert walk(client, "Harbour", language="fr") == []
    assert get(client, "/v1/sources/herald/articles", language="ko")["articles"][0]["id"] == korean
