"""Whatever the newsroom does leaves an entry: who, what, before and after, without secrets."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from backend.audit.recording import forget_old
from backend.audit.values import differing
from backend.core.db import db
from backend.tables.audit import AuditEntry
from tagwire import main
from tests.backend.stories.telling import story_of, tell_all
from tests.conftest import EDITOR, START
from tests.factories import publish, register
from tests.push.editor import alert

AUDIT = "/v1/newsroom/audit"
# They only show what would be.
SHOWS = {"/v1/newsroom/notifications/preview", "/v1/newsroom/sources:trial"}
OPML = """<opml version="2.0"><body><outline type="rss" text="Chronicle"
 xmlUrl="https://chronicle.example/feed.xml"/></body></opml>"""


def entries(client: FlaskClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(AUDIT, headers=EDITOR, query_string=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.get_json()["entries"]
    return found


def acts(client: FlaskClient, **query: Any) -> list[str]:
    return [each["act"] for each in entries(client, **query)]


@pytest.fixture
def do(client: FlaskClient) -> Callable[..., Any]:
    """Call a route as an editor; what it answered."""

    def call(method: str, path: str, **given: Any) -> Any:
        url = path if path.startswith("/v1/") else f"/v1/newsroom/{path}"
        headers = EDITOR | given.pop("headers", {})
        answer = client.open(url, method=method, headers=headers, **given)
        assert answer.status_code < 300, f"{method} {url}: {answer.text}"
        return answer.get_json(silent=True)

    return call


def steps(client: FlaskClient, do: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """A day in the newsroom that takes every way of changing something: rule and act of each."""
    told = tell_all(client)
    story = story_of(client, told[0])["id"]
    body = {"title": "Rain", "url": "https://herald.example/rain", "tags": ["Harbour"]}
    at = {"source_url": body["url"]}

    articles = "/v1/newsroom/articles"
    do("PUT", "articles/herald/1", json=body)
    yield f"PUT {articles}/<source>/<path:external_id>", "article.published"
    do("PATCH", "articles/herald/1", json={"title": "Snow"})
    yield f"PATCH {articles}/<source>/<path:external_id>", "article.changed"
    do("PATCH", "articles", query_string=at, json={"title": "Hail", "corrected": True})
    yield f"PATCH {articles}", "article.corrected"
    article = do("GET", "articles", query_string=at)["articles"][0]["id"]
    do("PATCH", f"articles/{article}", json={"add_tags": ["Ferry"]})
    yield f"PATCH {articles}/<article_id>", "article.changed"
    by_arrival = f"{articles}/<source>/<path:external_id>"
    for name, pin in (
        (f"articles/{article}", f"{articles}/<article_id>/pins/<path:topic>"),
        ("articles/herald/1", f"{by_arrival}/pins/<topic:topic>"),
        ("articles", f"{articles}/pins/<topic:topic>"),
    ):
        query = at if name == "articles" else {}
        until = {"until": "2026-03-02T18:00:00Z"}
        do("PUT", f"{name}/pins/home", query_string=query, json=until)
        yield f"PUT {pin}", "article.pinned"
        do("DELETE", f"{name}/pins/home", query_string=query)
        yield f"DELETE {pin}", "article.unpinned"
    for name, rule in (
        (f"articles/{article}", f"{articles}/<article_id>"),
        ("articles/herald/1", by_arrival),
        ("articles", articles),
    ):
        query = at if name == "articles" else {}
        do("DELETE", name, query_string=query)
        yield f"DELETE {rule}", "article.taken_down"
        do("POST", f"{name}/restore", query_string=query)
        yield f"POST {rule}/restore", "article.restored"

    tags = "/v1/newsroom/tags/<path:tag>"
    do("POST", "tags/Harbour/aliases", json={"alias": "Quay"})
    yield f"POST {tags}/aliases", "tag.alias_added"
    do("DELETE", "tags/Harbour/aliases", query_string={"alias": "Quay"})
    yield f"DELETE {tags}/aliases", "tag.alias_removed"
    do("POST", "tags/Harbour/retag")
    yield f"POST {tags}/retag", "tag.retagged"
    do("PATCH", "tags/Harbour", json={"name": "Port"})
    yield "PATCH /v1/newsroom/tags/<tag>", "tag.renamed"
    batch = [{"source": "herald", "external_id": "2", "title": "Sun", "url": f"{body['url']}/2"}]
    do("POST", "articles:batch", json={"articles": batch})
    yield "POST /v1/newsroom/articles:batch", "article.published"
    do("POST", "tags/Ferry/merge", json={"into": "Port"})
    yield f"POST {tags}/merge", "tag.merged"
    do("DELETE", "tags/Ferry/merge")
    yield f"DELETE {tags}/merge", "tag.merge_undone"
    do("POST", "tags/Ferry/confirm")
    yield f"POST {tags}/confirm", "tag.confirmed"
    do("POST", "tags/Ferry/forbid", json={})
    yield f"POST {tags}/forbid", "tag.forbidden"
    do("DELETE", "tags/Ferry/forbid")
    yield f"DELETE {tags}/forbid", "tag.allowed"

    do("POST", f"stories/{story}/split", json={"articles": [told[0]]})
    yield "POST /v1/newsroom/stories/<story>/split", "story.split"
    do("POST", f"stories/{story}/join", json={"articles": [told[0]]})
    yield "POST /v1/newsroom/stories/<story>/join", "story.joined"

    do("PUT", "sources/tribune?check=false", json={"feed_url": "https://tribune.example/f?key=1"})
    yield "PUT /v1/newsroom/sources/<slug>", "source.created"
    do("POST", "sources/tribune/poll")
    yield "POST /v1/newsroom/sources/<slug>/poll", "source.polled"
    do("DELETE", "sources/tribune")
    yield "DELETE /v1/newsroom/sources/<slug>", "source.removed"
    do("POST", "sources.opml", data=OPML, headers={"Content-Type": "text/x-opml"})
    yield "POST /v1/newsroom/sources.opml", "source.created"

    do("POST", "links", json={"url": "http://news.test/tag/Port", "code": "port"})
    yield "POST /v1/newsroom/links", "link.created"
    do("PATCH", "links/port", json={"disabled": True})
    yield "PATCH /v1/newsroom/links/<path:code>", "link.changed"
    do("DELETE", "links/port")
    yield "DELETE /v1/newsroom/links/<path:code>", "link.removed"
    yield from webhook_steps(do)
    yield from key_steps(do)
    yield from alert_steps(client, do)
    yield from draft_steps(do)


def webhook_steps(do: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    url = "https://hooks.example/services/a-secret-path"
    made = do("POST", "webhooks", json={"url": url, "events": ["article.published"]})["id"]
    hook = "/v1/newsroom/webhooks/<webhook_id>"
    yield "POST /v1/newsroom/webhooks", "webhook.created"
    do("PATCH", f"webhooks/{made}", json={"description": "ours"})
    yield f"PATCH {hook}", "webhook.changed"
    do("POST", f"webhooks/{made}/secret")
    yield f"POST {hook}/secret", "webhook.secret_renewed"
    delivery = do("POST", f"webhooks/{made}/test")["id"]
    yield f"POST {hook}/test", "webhook.tested"
    do("POST", f"webhooks/{made}/deliveries/{delivery}/replay")
    yield f"POST {hook}/deliveries/<delivery_id>/replay", "webhook.replayed"
    do("POST", f"webhooks/{made}/replay", json={"since": "2026-03-01T00:00:00Z"})
    yield f"POST {hook}/replay", "webhook.replayed"
    do("DELETE", f"webhooks/{made}")
    yield f"DELETE {hook}", "webhook.removed"


def key_steps(do: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    made = do("POST", "keys", json={"name": "wire", "sources": ["wire"]})
    yield "POST /v1/newsroom/keys", "key.created"
    do("POST", f"keys/{made['id']}/rotate", json={"overlap_hours": 1})
    yield "POST /v1/newsroom/keys/<key_id>/rotate", "key.rotated"
    do("DELETE", f"keys/{made['id']}")
    yield "DELETE /v1/newsroom/keys/<key_id>", "key.revoked"


def alert_steps(client: FlaskClient, do: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    alerts = "/v1/newsroom/notifications"
    one = f"{alerts}/<notification_id>"
    later = {"send_at": "2026-03-02T18:00:00Z"}
    sent = alert(client, "tag:Port", approval=False, **later)["id"]
    yield f"POST {alerts}", "notification.composed"
    do("PATCH", f"notifications/{sent}", json={"title": "Bridge open"})
    yield f"PATCH {one}", "notification.changed"
    do("POST", f"notifications/{sent}/recall")
    yield f"POST {one}/recall", "notification.recalled"
    do("POST", "halt")
    yield "POST /v1/newsroom/halt", "alerts.halted"
    do("DELETE", "halt")
    yield "DELETE /v1/newsroom/halt", "alerts.resumed"
    phone = register(client, "tag:Port").id
    do("PUT", f"devices/{phone}")
    yield "PUT /v1/newsroom/devices/<installation_id>", "device.marked"
    do("POST", "devices:test")
    yield "POST /v1/newsroom/devices:test", "device.tested"
    do("DELETE", f"devices/{phone}")
    yield "DELETE /v1/newsroom/devices/<installation_id>", "device.unmarked"


def draft_steps(do: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    drafts = "/v1/newsroom/drafts"
    content = {"title": "Bridge closed", "audience": {"any": ["tag:Port"]}}
    made = do("POST", "drafts", json={"content": content})["id"]
    yield f"POST {drafts}", "draft.created"
    do("PUT", f"drafts/{made}", json={"content": content | {"body": "Now."}, "version": 1})
    yield f"PUT {drafts}/<draft_id>", "draft.changed"
    do("DELETE", f"drafts/{made}")
    yield f"DELETE {drafts}/<draft_id>", "draft.removed"
    do("POST", f"drafts/{made}/restore")
    yield f"POST {drafts}/<draft_id>/restore", "draft.restored"
    do("POST", f"drafts/{made}/send", json={"version": 2})
    yield f"POST {drafts}/<draft_id>/send", "draft.sent"


# Their own tests need a second editor, an alert that was sent, or an admin.
ELSEWHERE = {
    *(
        f"POST /v1/newsroom/notifications/<notification_id>/{verb}"
        for verb in ("approve", "correct", "repeat", "send-back")
    ),
    "POST /v1/newsroom/users",
    "PATCH /v1/newsroom/users/<user_id>",
    "POST /v1/newsroom/users/<user_id>/reset",
}


@pytest.mark.slow
def test_each_way_of_changing_something_leaves_an_entry(
    app: Flask, client: FlaskClient, do: Callable[..., Any]
) -> None:
    taken = set()
    for rule, act in steps(client, do):
        taken.add(rule)
        newest = entries(client, limit=1)[0]
        assert newest["act"] == act, rule
        assert newest["actor"] == {"kind": "key", "id": "NEWSROOM_KEY", "name": "NEWSROOM_KEY"}
        assert newest["request_id"]

    assert rules_of(app) - taken - ELSEWHERE == set()
    everything = json.dumps(entries(client, limit=100))
    assert "a-secret-path" not in everything
    assert "key=1" not in everything


def rules_of(app: Flask) -> set[str]:
    """Every newsroom's route that changes something."""
    return {
        f"{method} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/v1/newsroom/") and rule.rule not in SHOWS
        for method in (rule.methods or set()) & {"PUT", "POST", "PATCH", "DELETE"}
    }


def test_which_text_an_editor_changed_is_said_without_the_text(
    client: FlaskClient, session: Any
) -> None:
    picture = {"url": "https://img.example/a.jpg", "alt": "A ferry"}
    made = publish(client, body_text="The first text.", summary="The lead.", image=picture)
    client.patch(
        f"/v1/newsroom/articles/{made['id']}",
        headers=EDITOR,
        json={"body_text": "Another text.", "summary": "Another lead.", "image": None},
    )

    [entry] = entries(client, act="article.changed")

    assert re.fullmatch(r"22 characters \([0-9a-f]{8}\)", entry["before"]["body_html"])
    assert re.fullmatch(r"13 characters \([0-9a-f]{8}\)", entry["after"]["summary"])
    assert (entry["after"]["image_url"], entry["after"]["version"]) == (None, 2)
    stored = str(session.connection().exec_driver_sql("SELECT * FROM audit_entry").all())
    assert not [each for each in ("text.", "lead.", "img.example", "ferry") if each in stored]


def test_an_entry_says_what_it_was_before(client: FlaskClient) -> None:
    made = publish(client, title="x y", tags=["Harbour"])
    url = f"/v1/newsroom/articles/{made['id']}"
    answer = client.patch(url, headers=EDITOR, json={"title": "x z", "corrected": True})

    [entry] = entries(client, act="article.corrected")

    assert entry["subject"] == f"article:{made['id']}"
    assert entry["at"] == "2026-03-02T12:00:00Z"
    assert (entry["before"], entry["after"]) == (
        {"title": "x y"},
        {"title": "x z", "version": 2},
    )
    assert entry["request_id"] == answer.headers["X-Request-Id"]


def test_what_is_refused_or_changes_nothing_leaves_none(client: FlaskClient) -> None:
    made = publish(client, title="Rain", tags=["Harbour"])
    before = acts(client)
    url = f"/v1/newsroom/articles/{made['id']}"

    client.patch(url, headers=EDITOR, json={"title": "Rain"})
    client.patch(url, headers=EDITOR, json={"title": "Snow", "version": 9})
    client.post("/v1/newsroom/tags/Nothing/aliases", headers=EDITOR, json={"alias": "x"})
    client.delete("/v1/newsroom/links/nothing", headers=EDITOR)

    assert acts(client) == before == ["article.published"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["tag.alias_added", "article.published"]),
        ({"act": "tag"}, ["tag.alias_added"]),
        ({"act": "tag.alias_added"}, ["tag.alias_added"]),
        ({"act": "ta"}, []),
        ({"actor": "NEWSROOM_KEY", "act": "article"}, ["article.published"]),
        ({"actor": "nobody"}, []),
        ({"subject": "tag:Harbour"}, ["tag.alias_added"]),
        ({"since": "2026-03-02T12:00:01Z"}, []),
        ({"until": "2026-03-02T12:00:00Z"}, []),
    ],
)
def test_the_log_is_filtered(
    client: FlaskClient, do: Callable[..., Any], query: dict[str, str], found: list[str]
) -> None:
    publish(client, tags=["Harbour"])
    do("POST", "tags/Harbour/aliases", json={"alias": "Quay"})

    assert acts(client, **query) == found


def test_the_log_is_read_page_by_page_and_exported(app: Flask, client: FlaskClient) -> None:
    for title in ("=Rain", "Snow", "Fog"):
        publish(client, title=title)

    first = client.get(AUDIT, headers=EDITOR, query_string={"limit": 2}).get_json()
    rest = entries(client, limit=2, cursor=first["next_cursor"])
    runner = app.test_cli_runner()
    lines = runner.invoke(main, ["audit", "export"]).output.splitlines()
    table = runner.invoke(main, ["audit", "export", "--format", "csv", "--act", "article"]).output

    assert [each["after"]["title"] for each in rest] == ["=Rain"]
    exported = [json.loads(line) for line in lines if line.startswith('{"id"')]
    assert [each["after"]["title"] for each in exported] == ["=Rain", "Snow", "Fog"]
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["actor_name"] for row in rows] == ["NEWSROOM_KEY"] * 3
    assert re.match(r"article:\w+", rows[0]["subject"])


def test_old_entries_are_forgotten_unless_they_are_kept_for_good(
    app: Flask, client: FlaskClient
) -> None:
    publish(client)
    later = START + timedelta(days=3)

    def left(kept: timedelta) -> int:
        with app.app_context():
            list(forget_old(kept, now=later))
        return len(acts(client))

    assert (left(timedelta(0)), left(timedelta(days=4)), left(timedelta(days=2))) == (1, 1, 0)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ({"b": 2}, {"b": 3})),
        ({}, {"a": START}, ({}, {"a": "2026-03-02T12:00:00Z"})),
        ({"a": "x" * 600}, {"a": None}, ({"a": "x" * 499 + "…"}, {"a": None})),
        ({"a": {2, 1}}, {}, ({"a": [1, 2]}, {})),
    ],
)
def test_of_both_sides_what_differs_is_kept(
    before: dict[str, Any], after: dict[str, Any], kept: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    assert differing(before, after) == kept


def test_what_tagwire_itself_does_is_its_own(app: Flask, client: FlaskClient) -> None:
    """A command has no key and no request."""
    arguments = ["keys", "create", "--role", "editor", "--name", "ann"]
    secret = app.test_cli_runner().invoke(main, arguments).output.split()[-1]

    with app.app_context():
        [row] = db.session.scalars(select(AuditEntry)).all()
    assert (row.actor_kind, row.act, row.subject) == ("cli", "key.created", "key:ann")
    assert row.request_id is None
    assert secret not in json.dumps([row.before, row.after])
