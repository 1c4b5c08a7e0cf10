"""A WebSub hub: every list for feed readers names it, and it hears which of them changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs
from xml.etree.ElementTree import fromstring

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.core.db import release
from backend.core.settings import SettingsError
from backend.web.announcer import ADDRESSES_A_CALL, LISTS_A_TURN, REST, announcer
from tests.backend.feed.reading import take_down
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import Clock
from tests.factories import publish

SITE = "http://news.test"
ATOM = "{http://www.w3.org/2005/Atom}"
LISTS = ("/feed", "/tag/Harbour", "/source/herald", "/category/politics")


@pytest.fixture
def hub() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/hub", b"", "204 No Content")
        yield found


@pytest.fixture
def app(make_app: Callable[..., Flask], hub: Publisher) -> Flask:
    return make_app(WEBSUB_HUB=hub.url("/hub"))


def announce(app: Flask) -> bool:
    """Take one turn; whether the hub took what it was told."""
    with app.app_context():
        found = announcer(app)
        assert found is not None
        done = replace(found, wait=lambda _: None).step()
        release()
        return done


def told(hub: Publisher) -> list[str]:
    """The addresses that it was told of since this was asked last."""
    calls = [parse_qs(request.body.decode()) for request in hub.asked]
    hub.asked.clear()
    assert all(call["hub.mode"] == ["publish"] for call in calls)
    return [url for call in calls for url in call["hub.url"]]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_names_itself_and_its_hub(
    client: FlaskClient, hub: Publisher, path: str
) -> None:
    publish(client, tags=["Harbour"], category="Politics")
    rss, json = client.get(f"{path}.rss"), client.get(f"{path}.json")

    for answer, form in ((rss, "rss"), (json, "json")):
        own = f'<{SITE}{path}.{form}>; rel="self", <{hub.url("/hub")}>; rel="hub"'
        assert client.get(f"{path}.{form}").headers["Link"] == answer.headers["Link"] == own
    links = fromstring(rss.data).findall(f"channel/{ATOM}link")
    assert {each.attrib["rel"]: each.attrib["href"] for each in links} == {
        "self": f"{SITE}{path}.rss",
        "hub": hub.url("/hub"),
    }
    assert json.get_json(force=True)["hubs"] == [{"type": "WebSub", "url": hub.url("/hub")}]


def test_a_search_names_no_hub_and_without_one_nothing_does(
    client: FlaskClient, make_app: Callable[..., Flask]
) -> None:
    publish(client)
    other = make_app().test_client()

    assert 'rel="hub"' not in client.get("/search.rss?q=ships").text
    assert "hubs" not in client.get("/search.json?q=ships").get_json(force=True)
    assert 'rel="hub"' not in other.get("/feed.rss").text
    assert other.get("/feed.rss").headers["Link"] == f'<{SITE}/feed.rss>; rel="self"'


def test_the_hub_hears_of_every_list_that_changed_and_of_no_other(
    app: Flask, client: FlaskClient, clock: Clock, hub: Publisher
) -> None:
    publish(client, external_id="1", tags=["Harbour"], category="Politics", language="ar")
    assert announce(app)
    assert sorted(told(hub)) == sorted(
        f"{SITE}{path}.{form}" for path in LISTS for form in ("rss", "json")
    )
    clock.now += REST
    assert not announce(app)

    other = {"title": "Parliament votes tonight", "body_text": "A budget, at last."}
    publish(client, external_id="2", source="mercury", tags=["Ferry"], **other)
    assert announce(app)
    assert {f"{SITE}/tag/Ferry.rss", f"{SITE}/source/mercury.json"} < {*(heard := told(hub))}
    assert f"{SITE}/tag/Harbour.rss" not in heard
    clock.now += REST
    take_down(client, "1")
    assert announce(app)
    assert f"{SITE}/tag/Harbour.rss" in told(hub)


def test_what_changes_within_a_rest_is_told_once(
    app: Flask, client: FlaskClient, clock: Clock, hub: Publisher
) -> None:
    publish(client, external_id="1", tags=["Harbour"])
    announce(app)
    told(hub)
    for number in range(5):
        publish(client, external_id=str(number), tags=["Harbour"])
        assert not announce(app)

    clock.now += REST
    assert announce(app)

    assert told(hub).count(f"{SITE}/tag/Harbour.rss") == 1


@pytest.mark.parametrize("answer", ["500 Broken", "404 Gone", "302 Found"])
def test_what_the_hub_did_not_take_is_told_again(
    app: Flask, client: FlaskClient, clock: Clock, hub: Publisher, answer: str
) -> None:
    hub.answers("/hub", b"", answer)
    publish(client, tags=["Harbour"])
    assert not announce(app)
    told(hub)
    assert not announce(app), "not at once"

    hub.answers("/hub", b"", "202 Accepted")
    clock.now += timedelta(hours=1)
    assert announce(app)

    assert f"{SITE}/tag/Harbour.rss" in told(hub)


def test_many_lists_are_told_in_calls_of_some_and_none_is_left_out(
    app: Flask, client: FlaskClient, clock: Clock, hub: Publisher
) -> None:
    names = {f"Topic{at}" for at in range(LISTS_A_TURN + 20)}
    for at in range(0, len(names), 20):
        publish(client, external_id=str(at), tags=sorted(names)[at : at + 20])

    heard: set[str] = set()
    while announce(app):
        assert all(request.body.count(b"hub.url") <= ADDRESSES_A_CALL for request in hub.asked)
        heard |= {*told(hub)}
        clock.now += REST

    assert {f"{SITE}/tag/{name}.rss" for name in names} <= heard


def test_a_hub_is_an_address_without_a_password(make_app: Callable[..., Flask]) -> None:
    for wrong in ("hub", "ftp://hub.example/", "https://me:secret@hub.example/"):
        with pytest.raises(SettingsError, match="WEBSUB_HUB"):
            make_app(WEBSUB_HUB=wrong)
