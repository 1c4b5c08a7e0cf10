"""Lists grouped by story: an event once, with what the others say of it."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.backend.feed.reading import (
    all_changes,
    correct,
    feed,
    get,
    ids,
    others_of,
    take_down,
    titles,
    walk,
)
from tests.backend.stories.telling import QUAKE, RECRUITS, RESIGNS, tell, tell_all
from tests.conftest import Clock
from tests.factories import register

TAG = ["Harbour"]


def grouped(client: FlaskClient, tag: str = "Harbour", **query: Any) -> dict[str, Any]:
    return feed(client, tag, group="story", **query)


def others(article: dict[str, Any]) -> list[str]:
    return [each["title"] for each in others_of(article)]


def test_a_story_stands_once_at_the_place_of_its_newest_article(
    client: FlaskClient, clock: Clock
) -> None:
    tell_all(client, 2, tags=TAG)
    tell(client, "herald", QUAKE, tags=TAG)
    clock.forward(minutes=1)
    tell(client, "gazette", RESIGNS[2], tags=TAG)

    page = grouped(client)

    assert titles(page) == [RESIGNS[2][0], QUAKE[0]]
    assert others(page["articles"][0]) == [RESIGNS[1][0], RESIGNS[0][0]]
    assert others(page["articles"][1]) == []
    said = {each["id"]: each for each in feed(client, "Harbour")["articles"]}
    whole = page["articles"][0]["story"]["others"]
    assert whole == [said[each["id"]] for each in whole]
    assert whole[0]["summary"] == RESIGNS[1][1]
    assert whole[0]["url"].startswith("http://news.test/article/")


@pytest.mark.parametrize(
    "path",
    ["/v1/tags/Harbour", "/v1/categories/politics", "/v1/breaking", "/v1/sources/herald"],
)
def test_every_list_of_articles_can_be_grouped(client: FlaskClient, path: str) -> None:
    tell_all(client, 2, tags=TAG, category="Politics", breaking=True)

    assert len(ids(get(client, f"{path}/articles", group="story"))) == 1


def test_a_list_shows_of_a_story_what_it_lists_itself(client: FlaskClient) -> None:
    tell(client, "herald", RESIGNS[0], tags=TAG)
    tell(client, "courier", RESIGNS[1], tags=["Submarines"])

    [article] = grouped(client)["articles"]

    assert article["story"]["source_count"] == 2
    assert others(article) == []


def test_a_story_that_moved_up_between_two_pages_is_found_above(
    client: FlaskClient, clock: Clock
) -> None:
    tell_all(client, 2, tags=TAG)
    clock.forward(minutes=1)
    tell(client, "herald", QUAKE, tags=TAG)
    first = grouped(client, limit=1)
    clock.forward(minutes=1)
    tell(client, "gazette", RESIGNS[2], tags=TAG)

    second = grouped(client, limit=1, cursor=first["next_cursor"])
    newer = grouped(client, until=first["newest_cursor"])

    assert titles(first) == [QUAKE[0]]
    assert (ids(second), second["next_cursor"]) == ([], None)
    assert titles(newer) == [RESIGNS[2][0]]
    assert len(others(newer["articles"][0])) == 2


def test_a_story_whose_newest_article_went_comes_at_the_place_of_the_next(
    client: FlaskClient, clock: Clock
) -> None:
    tell(client, "herald", RESIGNS[0], tags=TAG)
    tell(client, "herald", RECRUITS, tags=TAG)
    clock.forward(minutes=1)
    tell(client, "courier", RESIGNS[1], tags=TAG, external_id="newest")
    first = grouped(client, limit=1)
    take_down(client, "newest", source="courier")

    told = all_changes(client, "Harbour", first["sync_cursor"], group="story")
    rest = walk(client, "Harbour", group="story", cursor=first["next_cursor"])

    assert titles(first) == [RESIGNS[1][0]]
    assert len(rest) == 2
    assert {"op": "remove", "id": first["articles"][0]["id"], "reason": "unpublished"} in told
    assert RESIGNS[0][0] in [each["article"]["title"] for each in told if each["op"] == "upsert"]


def test_changes_tell_the_card_of_the_story_and_what_leads_none(
    client: FlaskClient, clock: Clock
) -> None:
    old = tell(client, "herald", RESIGNS[0], tags=TAG, external_id="old")["id"]
    cursor = grouped(client)["sync_cursor"]
    clock.forward(minutes=1)
    new = tell(client, "courier", RESIGNS[1], tags=TAG)["id"]
    correct(client, "old", title="Solberg is out")

    told = all_changes(client, "Harbour", cursor, group="story")

    assert [each for each in told if each["op"] == "remove"] == [
        {"op": "remove", "id": old, "reason": "grouped", "into": new}
    ]
    [card] = [each["article"] for each in told if each["op"] == "upsert"]
    assert (card["id"], others(card)) == (new, ["Solberg is out"])


def test_a_kept_page_says_what_the_others_say_now(client: FlaskClient, clock: Clock) -> None:
    tell(client, "herald", RESIGNS[0], tags=TAG, external_id="old")
    clock.forward(minutes=1)
    tell(client, "courier", RESIGNS[1], tags=TAG)
    grouped(client)
    correct(client, "old", title="Solberg is out")

    assert others(grouped(client)["articles"][0]) == ["Solberg is out"]
    assert "others" not in feed(client, "Harbour")["articles"][0]["story"]


def test_the_next_address_and_the_chosen_members_keep_the_group(client: FlaskClient) -> None:
    tell_all(client, 2, tags=TAG)
    tell(client, "herald", QUAKE, tags=TAG)
    query = {"group": "story", "limit": 1, "fields": "id,story"}

    answer = client.get("/v1/tags/Harbour/articles", query_string=query)

    assert set(answer.get_json()["articles"][0]) == {"id", "story"}
    assert "group=story" in answer.headers["Link"]


def test_what_was_beside_the_story_before_says_the_same_in_short(client: FlaskClient) -> None:
    """Apps in the stores read it until the day that docs/api.md says."""
    tell_all(client, 2, tags=TAG)

    [card] = grouped(client)["articles"]

    [short], [whole] = card["others"], card["story"]["others"]
    assert short.items() <= whole.items()


@pytest.mark.parametrize("is_grouped", [True, False])
def test_a_cursor_of_the_plain_list_is_none_of_the_grouped_one(
    client: FlaskClient, is_grouped: bool
) -> None:
    """Its articles are others: what was shown before it is not known."""
    for told in (*RESIGNS[:2], QUAKE):
        tell(client, "herald", told, tags=TAG)
    reader = register(client, "tag:Harbour").auth
    asked, otherwise = ({"group": "story"}, {}) if is_grouped else ({}, {"group": "story"})
    lists = ("/v1/tags/Harbour", "/v1/breaking", "/v1/sources/herald", "/v1/feed", "/v1/search")
    for path in lists:
        of_list = f"{path}/articles" if path not in {"/v1/feed", "/v1/search"} else path
        query = {"limit": 1, "q": "minister"} | asked
        page = get(client, of_list, headers=reader, **query)
        held = {"cursor": page["next_cursor"], "until": page.get("newest_cursor")}
        of_changes = {"cursor": page.get("sync_cursor")}
        for where, given in ((of_list, held), (f"{path}/changes", of_changes)):
            for name, cursor in given.items():
                if cursor is None:
                    continue
                query = {name: cursor, "q": "minister"} | otherwise
                answer = client.get(where, headers=reader, query_string=query)
                assert answer.status_code == 400, (where, name)
                assert answer.get_json()["type"] == "/problems/bad-cursor"


def test_another_group_is_refused_by_name(client: FlaskClient) -> None:
    tell(client, "herald", QUAKE, tags=TAG)

    answer = client.get("/v1/tags/Harbour/articles?group=source")

    assert answer.status_code == 422
    assert "group" in answer.get_json()["errors"]
