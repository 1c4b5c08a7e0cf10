"""What an editor does with articles, those that came by feed among them, named by our id."""

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.http.keys import create_key
from tests.conftest import EDITOR, START, Clock, bearer
from tests.factories import publish, register
from tests.push.editor import alert

LIST = "/v1/newsroom/articles"


def listed(client: FlaskClient, key: dict[str, str] = EDITOR, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(LIST, headers=key, query_string=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["articles"]
    return found


def titles(client: FlaskClient, **query: Any) -> list[str]:
    return [each["title"] for each in listed(client, **query)]


def detail(client: FlaskClient, article_id: str) -> dict[str, Any]:
    answer = client.get(f"{LIST}/{article_id}", headers=EDITOR)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def change(client: FlaskClient, article_id: str, **fields: Any) -> TestResponse:
    return client.patch(f"{LIST}/{article_id}", headers=EDITOR, json=fields)


def take_down(client: FlaskClient, article_id: str, **query: Any) -> TestResponse:
    return client.delete(f"{LIST}/{article_id}", headers=EDITOR, query_string=query)


def restore(client: FlaskClient, article_id: str) -> TestResponse:
    return client.post(f"{LIST}/{article_id}/restore", headers=EDITOR)


def test_an_article_has_three_names_that_mean_the_same(client: FlaskClient) -> None:
    made = publish(client, external_id="a/b", url="https://herald.example/ferry")
    at = {"source_url": "https://herald.example/ferry"}

    change(client, made["id"], title="By id")
    by_address = client.patch(LIST, headers=EDITOR, query_string=at, json={"summary": "By address"})
    by_source = client.patch(f"{LIST}/herald/a/b", headers=EDITOR, json={"category": "World"})

    assert by_address.get_json()["title"] == "By id"
    assert by_source.get_json()["summary"] == "By address"
    assert by_source.get_json()["external_id"] == "a/b"
    assert client.delete(LIST, headers=EDITOR, query_string=at).status_code == 204
    assert client.get(f"/v1/articles/{made['id']}").status_code == 410


@pytest.mark.parametrize("external_id", ["1", "a/b", "https://herald.example/?p=1", "tags"])
def test_every_call_about_one_article_takes_each_of_its_names(
    client: FlaskClient, external_id: str
) -> None:
    url = "https://herald.example/ferry"
    made = publish(client, external_id=quote(external_id, safe=""), url=url, tags=["Harbour"])
    at = {"source_url": url}
    own = f"{LIST}/herald/{quote(external_id, safe='')}"

    def answers(method: str, call: str, **given: Any) -> list[Any]:
        named = [(f"{LIST}/{made['id']}", {}), (LIST, at)]
        # It ends as a call does: its article has the other two names.
        named += [] if external_id == "tags" and not call else [(own, {})]
        said = [
            client.open(name + call, method=method, headers=EDITOR, query_string=query, **given)
            for name, query in named
        ]
        assert {each.status_code for each in said} == {200}, [each.text for each in said]
        return [each.get_json() for each in said]

    detailed = answers("GET", "")
    assert detailed[1]["articles"][0]["id"] == made["id"]
    assert all(each == detailed[0] for each in detailed[2:])
    why = answers("GET", "/tags")
    assert why[0]["tags"]
    assert all(each == why[0] for each in why)
    until = {"until": "2026-03-02T18:00:00Z"}
    assert len({str(each["pins"]) for each in answers("PUT", "/pins/tag:Harbour", json=until)}) == 1
    assert answers("DELETE", "/pins/tag:Harbour")[0]["pins"] == []
    take_down(client, made["id"])
    assert {each["state"] for each in answers("POST", "/restore")} == {"listed"}
    assert change(client, "nobody", title="x").status_code == 404


def test_an_address_of_several_articles_names_none(client: FlaskClient) -> None:
    url = "https://wire.example/storm"
    ids = [publish(client, source=name, url=url)["id"] for name in ("herald", "gazette")]

    answer = client.patch(
        LIST, headers=EDITOR, query_string={"source_url": url}, json={"title": "x"}
    )

    assert answer.status_code == 409
    assert answer.get_json()["errors"]["source_url"] == [
        f"{ids[0]} of herald",
        f"{ids[1]} of gazette",
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["Snow", "Fog", "Rain"]),
        ({"q": "rain"}, ["Rain"]),
        ({"q": "snow"}, ["Snow"]),
        ({"q": "https://herald.example/rain"}, ["Rain"]),
        ({"q": "nothing says this"}, []),
        ({"source": "gazette"}, ["Fog"]),
        ({"tag": "harbour"}, ["Fog", "Rain"]),
        ({"state": "listed"}, ["Fog", "Rain"]),
        ({"state": "held"}, ["Snow"]),
        ({"state": "taken_down"}, []),
        ({"since": "2026-03-02T12:30:00Z"}, ["Snow", "Fog"]),
        ({"source_url": "https://herald.example/rain", "tag": "Harbour"}, ["Rain"]),
    ],
)
def test_the_list_is_filtered(
    client: FlaskClient, clock: Clock, query: dict[str, str], found: list[str]
) -> None:
    publish(client, title="Rain", tags=["Harbour"], url="https://herald.example/rain")
    clock.forward(hours=1)
    publish(client, title="Fog", tags=["Harbour"], source="gazette")
    publish(client, title="Snow", embargo_until="2026-03-03T12:00:00Z")

    assert titles(client, **query) == found


def test_the_list_is_read_page_by_page_and_a_page_of_ours_finds_its_article(
    client: FlaskClient,
) -> None:
    made = [publish(client) for _ in range(3)]

    page = client.get(LIST, headers=EDITOR, query_string={"limit": 2})
    rest = listed(client, limit=2, cursor=page.get_json()["next_cursor"])

    assert [each["id"] for each in rest] == [made[0]["id"]]
    assert "ETag" in page.headers
    assert [each["id"] for each in listed(client, q=made[1]["url"])] == [made[1]["id"]]
    assert [each["id"] for each in listed(client, q=made[1]["id"])] == [made[1]["id"]]


def test_a_publisher_sees_and_changes_its_own_alone(app: Flask, client: FlaskClient) -> None:
    with app.app_context():
        key = bearer(create_key("publisher", "gazette", ["gazette"], now=START))
    theirs, own = publish(client), publish(client, source="gazette")

    assert [each["id"] for each in listed(client, key)] == [own["id"]]
    for refused in (
        client.get(LIST, headers=key, query_string={"source": "herald"}),
        client.get(f"{LIST}/{theirs['id']}", headers=key),
        client.patch(f"{LIST}/{theirs['id']}", headers=key, json={"title": "x"}),
        client.delete(f"{LIST}/{theirs['id']}", headers=key),
        client.post(f"{LIST}/{theirs['id']}/restore", headers=key),
        client.delete(f"{LIST}/{own['id']}", headers=key, query_string={"block_source": "true"}),
    ):
        assert refused.status_code == 403


def test_the_history_says_what_each_version_changed_and_who_wrote_it(client: FlaskClient) -> None:
    body: dict[str, Any] = {"tags": ["Harbour"], "url": "https://herald.example/1"}
    made = publish(client, external_id="1", title="Two hurt", body_text="Two hurt. Rain.", **body)

    change(client, made["id"], title="Three hurt", corrected=True)
    publish(client, external_id="1", title="Four hurt", body_text="Four hurt. Rain.", **body)
    found = detail(client, made["id"])

    assert found["version"] == 3
    assert [each["number"] for each in found["versions"]] == [3, 2]
    assert [each["corrected"] for each in found["versions"]] == [False, True]
    assert {each["by"] for each in found["versions"]} == {"NEWSROOM_KEY"}
    [first] = found["versions"][1]["changes"]
    assert first == {
        "field": "title",
        "before": "Two hurt",
        "after": "Three hurt",
        "diff": [
            {"op": "delete", "text": "Two "},
            {"op": "insert", "text": "Three "},
            {"op": "equal", "text": "hurt"},
        ],
    }
    second = {each["field"]: each for each in found["versions"][0]["changes"]}
    assert (second["title"]["before"], second["title"]["after"]) == ("Three hurt", "Four hurt")
    assert second["body_html"]["before"] == "Two hurt. Rain."


def test_what_repeats_makes_no_version(client: FlaskClient) -> None:
    body = {"title": "Rain", "url": "https://herald.example/1", "body_text": "Rain."}
    made = publish(client, external_id="1", **body)
    publish(client, external_id="1", **body)
    change(client, made["id"], title="Rain")

    assert (detail(client, made["id"])["version"], detail(client, made["id"])["versions"]) == (
        1,
        [],
    )


def test_the_second_editor_hears_what_the_first_one_changed(client: FlaskClient) -> None:
    made = publish(client, title="Rain")
    assert change(client, made["id"], title="Snow", version=made["version"]).status_code == 200

    late = change(client, made["id"], title="Hail", version=made["version"])
    gone = take_down(client, made["id"], version=made["version"])

    assert (late.status_code, gone.status_code) == (409, 409)
    errors = late.get_json()["errors"]
    assert errors["version"] == ["It is 2 now."]
    assert errors["title"] == ["Changed at 2026-03-02T12:00:00Z by NEWSROOM_KEY; it reads: Snow"]
    assert change(client, made["id"], title="Hail", version=2).get_json()["version"] == 3


def test_tags_that_an_editor_chose_stay_whatever_the_publisher_sends(client: FlaskClient) -> None:
    body = {"title": "x y", "url": "https://herald.example/1"}
    made = publish(client, external_id="1", tags=["Harbour", "Ferry"], **body)

    change(client, made["id"], remove_tags=["harbour"], add_tags=["Pier"])
    again = publish(client, external_id="1", tags=["Harbour", "Boat"], **body)
    found = detail(client, made["id"])

    assert again["tags"] == ["Boat", "Pier"]
    assert (found["added_tags"], found["removed_tags"]) == (["Pier"], ["Harbour"])
    assert {each["name"]: each["rule"] for each in found["tag_reasons"]}["Pier"] == "editor"
    change(client, made["id"], add_tags=["Harbour"])
    assert "Harbour" in detail(client, made["id"])["tags"]


def test_a_pinned_article_stays_as_it_reads_whatever_its_source_sends(
    client: FlaskClient,
) -> None:
    sent = {"external_id": "1", "url": "https://herald.example/1"}
    made = publish(client, title="As sent", **sent)

    pinned = change(client, made["id"], title="As mended", pinned=True, corrected=True)
    again = publish(client, title="As sent anew", **sent)

    assert pinned.get_json()["corrected_at"] is not None
    assert (again["title"], again["version"]) == ("As mended", 2)
    assert detail(client, made["id"])["pinned_at"] == "2026-03-02T12:00:00Z"
    change(client, made["id"], pinned=False)
    assert publish(client, title="As sent anew", **sent)["title"] == "As sent anew"


def test_a_takedown_says_why_and_its_page_says_what_the_editor_wrote(client: FlaskClient) -> None:
    made = publish(client, title="Rain")

    take_down(
        client, made["id"], reason="a mix-up", cause="mistake", text="We mixed two people up."
    )

    shown = detail(client, made["id"])
    assert shown["state"] == "taken_down"
    assert shown["takedown"] == {
        "at": "2026-03-02T12:00:00Z",
        "by": "NEWSROOM_KEY",
        "cause": "mistake",
        "reason": "a mix-up",
        "text": "We mixed two people up.",
        "undo_until": "2026-03-03T12:00:00Z",
    }
    page = client.get(f"/article/{made['id']}/rain")
    assert page.status_code == 410
    assert "We mixed two people up." in page.text
    assert "a mix-up" not in page.text
    assert titles(client, q="rain", state="taken_down") == ["Rain"]


def test_a_takedown_is_undone_within_a_day_and_the_article_is_where_it_was(
    client: FlaskClient, clock: Clock
) -> None:
    made = publish(client, title="Rain", tags=["Harbour"])
    newer = publish(client, tags=["Harbour"])
    before = client.get("/v1/tags/Harbour/articles").get_json()["articles"]
    cursor = client.get("/v1/tags/Harbour/articles").get_json()["sync_cursor"]
    take_down(client, made["id"], cause="mistake")
    clock.forward(hours=23)

    restored = restore(client, made["id"])

    page = client.get("/v1/tags/Harbour/articles").get_json()["articles"]
    assert (restored.get_json()["state"], restored.get_json()["takedown"]) == ("listed", None)
    assert [each["id"] for each in page] == [newer["id"], made["id"]] == [e["id"] for e in before]
    changes = client.get("/v1/tags/Harbour/changes", query_string={"cursor": cursor}).get_json()
    assert [each["op"] for each in changes["changes"]] == ["upsert"]
    assert client.get("/v1/search?q=rain").get_json()["articles"][0]["id"] == made["id"]
    assert restore(client, made["id"]).status_code == 200


def test_a_publisher_undoes_its_own_takedown_and_no_editor_s(
    app: Flask, client: FlaskClient
) -> None:
    with app.app_context():
        key = bearer(create_key("publisher", "herald", ["herald"], now=START))
    theirs, ours = publish(client), publish(client)
    client.delete(f"{LIST}/{theirs['id']}", headers=key)
    take_down(client, ours["id"])

    own, editor_s = (client.post(f"{LIST}/{e['id']}/restore", headers=key) for e in (theirs, ours))

    assert (own.status_code, editor_s.status_code) == (200, 403)


def test_what_cannot_be_a_tag_is_not_chosen(client: FlaskClient) -> None:
    made = publish(client, tags=["Harbour"])
    client.post("/v1/newsroom/tags/Ferry/forbid", headers=EDITOR, json={"source": "herald"})

    assert change(client, made["id"], add_tags=["?"]).status_code == 422
    assert change(client, made["id"], add_tags=["ferry"]).status_code == 409
    change(client, made["id"], add_tags=["Pier"])
    client.post("/v1/newsroom/tags/Pier/forbid", headers=EDITOR, json={})
    assert "Pier" not in change(client, made["id"], title="x y").get_json()["tags"]


def test_what_nobody_could_read_yet_is_no_correction(client: FlaskClient) -> None:
    made = publish(client, embargo_until="2026-03-02T13:00:00Z")

    answer = change(client, made["id"], title="Mended in time", corrected=True)

    assert answer.get_json()["corrected_at"] is None


@pytest.mark.parametrize(
    ("query", "hours"),
    [
        ({"cause": "legal"}, 0),
        ({"cause": "privacy"}, 0),
        ({"cause": "mistake"}, 25),
        ({"undo_until": "2026-03-02T13:00:00Z"}, 2),
    ],
)
def test_what_others_decided_or_what_is_old_stays_down(
    client: FlaskClient, clock: Clock, query: dict[str, str], hours: int
) -> None:
    made = publish(client)
    assert take_down(client, made["id"], **query).status_code == 204
    clock.forward(hours=hours)

    assert restore(client, made["id"]).status_code == 409
    assert client.get(f"/v1/articles/{made['id']}").status_code == 410


def test_no_time_for_undoing_what_cannot_be_undone(client: FlaskClient) -> None:
    made = publish(client)
    asked = {"cause": "legal", "undo_until": "2026-03-02T13:00:00Z"}

    assert take_down(client, made["id"], **asked).status_code == 422


def test_a_blocked_source_publishes_nothing_more(client: FlaskClient) -> None:
    made, other = publish(client, external_id="1"), publish(client, external_id="2")
    feed = {"feed_url": "https://herald.example/feed.xml"}
    client.put("/v1/newsroom/sources/herald?check=false", headers=EDITOR, json=feed)

    take_down(client, made["id"], block_source="true")

    body = {"title": "x", "url": "https://herald.example/3"}
    sent = client.put(f"{LIST}/herald/3", headers=EDITOR, json=body)
    source = client.get("/v1/newsroom/sources/herald", headers=EDITOR).get_json()
    assert sent.status_code == 410
    assert source["paused"]
    assert source["pause_reason"] == "the source is blocked"
    assert source["blocked_at"] == "2026-03-02T12:00:00Z"
    assert client.get(f"/v1/articles/{other['id']}").status_code == 200
    lifted = client.put("/v1/newsroom/sources/herald", headers=EDITOR, json={"blocked": False})
    assert (lifted.get_json()["blocked_at"], lifted.get_json()["paused"]) == (None, False)
    assert client.put(f"{LIST}/herald/3", headers=EDITOR, json=body).status_code == 201


def test_an_article_names_the_alerts_about_it(client: FlaskClient) -> None:
    made = publish(client, tags=["Harbour"])
    register(client, "tag:Harbour")
    sent = alert(client, article_id=made["id"], topics=["tag:Harbour"], title="Ferries stop")

    [told] = detail(client, made["id"])["alerts"]

    assert (told["id"], told["title"]) == (sent["id"], "Ferries stop")


def test_a_dry_run_of_a_change_says_all_that_it_would_do_and_does_nothing(
    client: FlaskClient,
) -> None:
    made = publish(client, title="Open", tags=["Harbour"])
    publish(client, tags=["Ferry"])
    for topic in ("tag:Harbour", "tag:Ferry"):
        register(client, topic)
    register(client, "tag:Ferry")
    before = detail(client, made["id"])

    fields = {"title": "Shut", "tags": ["Ferry"], "breaking": True, "corrected": True}
    preview = change(client, made["id"], **fields, dry_run=True).get_json()["preview"]

    assert [each["field"] for each in preview["changes"]] == ["title", "breaking", "tags"]
    assert preview["gained"] == [
        {"topic": "breaking", "followers": 0},
        {"topic": "tag:Ferry", "followers": 2},
    ]
    assert preview["lost"] == [{"topic": "tag:Harbour", "followers": 1}]
    assert (preview["corrected"], preview["alert"]) == (True, True)
    assert detail(client, made["id"]) == before
    assert client.get("/v1/newsroom/notifications", headers=EDITOR).get_json() == {
        "notifications": [],
        "next_cursor": None,
    }
    assert "preview" not in change(client, made["id"], title="Shut").get_json()
    assert change(client, made["id"], dry_run=True).status_code == 422


@pytest.mark.parametrize("tag", ["{etag}", '"1"', '"9", "1"', "*"])
def test_if_match_lets_through_the_version_that_was_read(client: FlaskClient, tag: str) -> None:
    made = publish(client, title="Rain", tags=["Harbour"])
    url = f"{LIST}/{made['id']}"
    etag = client.get(url, headers=EDITOR).headers["ETag"]
    alert(client, article_id=made["id"])  # changes the answer, and nothing that the article says

    given = EDITOR | {"If-Match": tag.format(etag=etag)}
    assert client.patch(url, headers=given, json={"title": "Snow"}).status_code == 200


def test_if_match_refuses_what_was_changed_since(client: FlaskClient) -> None:
    made = publish(client, title="Rain")
    url = f"{LIST}/{made['id']}"
    given = EDITOR | {"If-Match": client.get(url, headers=EDITOR).headers["ETag"]}
    change(client, made["id"], title="Snow")

    refused = client.patch(url, headers=given, json={"title": "Fog"})

    assert refused.status_code == 412
    assert "Snow" in refused.get_json()["errors"]["title"][0]
    assert client.delete(url, headers=given).status_code == 412
    assert client.patch(url, headers=EDITOR | {"If-Match": '"x"'}, json={}).status_code == 422
    assert detail(client, made["id"])["title"] == "Snow"
