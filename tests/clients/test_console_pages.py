"""Every kind of page of the console, with something on it, is HTML as the Nu checker wants it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backend.console.test_sources import add, poll_all, server
from tests.backend.stories.telling import story_of, tell_all
from tests.clients import generators
from tests.clients.nu import findings
from tests.clients.test_pages import MESS
from tests.conftest import EDITOR, Clock
from tests.deeplinks.console.test_links import follow, make
from tests.factories import publish, register
from tests.people import SECURE, Person, invited, person
from tests.push.console.test_alerts import write
from tests.push.console.test_compose import TYPED, begun
from tests.push.console.test_devices import registered
from tests.push.editor import TAG, alert

__all__ = ["server"]

LANGUAGES = ("en", "ar")
# Parts that htmx puts into a page.
PARTS = {
    "/console/alerts/drafts/<draft_id>/readers",
    "/console/alerts/topics",
    "/console/alerts/waiting",
    "/console/articles/tags",
}
OUTSIDE = ("/console/login", "/console/setup/")


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL=SECURE, FETCH_ALLOW_NETWORKS="127.0.0.0/8")


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "admin")


def addresses(app: Flask, arguments: dict[str, str]) -> Iterator[str]:
    """One of every page of the console, and what some of them show in another state."""
    map_ = app.url_map.bind("news.test")
    for rule in app.url_map.iter_rules():
        is_page = rule.rule not in PARTS and "GET" in (rule.methods or ())
        if rule.rule.startswith("/console") and is_page:
            yield map_.build(rule.endpoint, {name: arguments[name] for name in rule.arguments})
    yield f"/console/articles/{arguments['article_id']}/tags/forbid?name={arguments['tag']}"
    yield from (f"/console/alerts/{arguments['sent']}{page}" for page in ("", "/correct"))
    yield "/console/nowhere"


def fill(app: Flask, client: FlaskClient, ann: Person, clock: Clock, feed: str) -> dict[str, str]:
    """Give every page something to show; what the parameters of their addresses are."""
    article = publish(
        client, title='A "<b>" & more', body_html=MESS, body_text=None, tags=["Harbour"]
    )
    register(client, TAG)
    add(ann, "Feed", feed, category="World")
    poll_all(app, clock)
    told = tell_all(client, 2, tags=["Harbour"], category="Politics")
    make(client, "storm", campaign="poster", tags=["ferry week"])
    follow(client, "storm", 2)
    follow(client, "orphan")
    device = registered(ann)
    ann.send("/console/devices", data={"id": device, "name": "Ann's iPhone"})
    hook = {"url": "https://archive.example/hook", "events": ["article.published"]}
    webhook = client.post("/v1/newsroom/webhooks", headers=EDITOR, json=hook).get_json()
    draft = begun(ann, article=article["id"])
    ann.send(draft, data=TYPED)
    return {
        "article_id": article["id"],
        "code": "storm",
        "draft_id": draft.rpartition("/")[2],
        "notification_id": write(ann).rpartition("/")[2],
        "sent": alert(client, title="Sent before")["id"],
        "slug": "feed",
        "story": story_of(client, told[0])["id"],
        "tag": "Harbour",
        "token": invited(app, "bob", "editor")[1].rpartition("/")[2],
        "verb": "edit",
        "webhook_id": webhook["id"],
    }


def answered(arguments: dict[str, str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Forms that are shown again or answered by a page: its name, where, and what was sent."""
    yield "a code", "/console/account/second-factor", {}
    yield "a new key", "/console/keys", {"name": "robot", "role": "editor"}
    yield "a person", "/console/people", {"name": "Eve", "role": "editor"}
    yield "an empty article", "/console/articles/new", {"title": " "}
    yield "a wrong link", "/console/links/new", {"url": "https://elsewhere.example/x"}
    yield "a wrong feed", "/console/sources", {"name": "x", "feed_url": "nowhere"}
    article = f"/console/articles/{arguments['article_id']}"
    yield "a take-down", f"{article}/takedown", {"reason": "wrong"}


def test_the_checker_finds_nothing_on_any_page_of_the_console(
    app: Flask, client: FlaskClient, ann: Person, clock: Clock, server: Any, tmp_path: Path
) -> None:
    generators.folder()
    arguments = fill(app, client, ann, clock, server.url("/feed.xml"))
    stranger, pages = Person(app, "nobody", app.test_client()), dict[str, bytes]()
    for language in LANGUAGES:
        spoken = {"Accept-Language": language}
        for path in addresses(app, arguments):
            somebody = stranger if path.startswith(OUTSIDE) else ann
            answer = somebody.get(path, headers=spoken)
            assert answer.mimetype == "text/html", (path, answer.status)
            pages[f"{path} in {language}, {answer.status}"] = answer.data
        for name, path, form in answered(arguments):
            answer = ann.send(path, data=form, headers=spoken)
            pages[f"{name} in {language}, {answer.status}"] = answer.data

    assert findings(pages, tmp_path) == []
