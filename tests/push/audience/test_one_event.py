"""Seven publishers tell of one event in their own words: each reader gets one alert."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.backend.stories.telling import QUAKE, RESIGNS, SOURCES, tell
from tests.factories import publish, register
from tests.push.conftest import Provider

Work = Callable[[], None]
TAGS = ("Navy", "Copenhagen", "Parliament", "Contracts", "Leaks", "Ministers", "Europe")


@pytest.fixture(autouse=True)
def topics(client: FlaskClient) -> None:
    """The topics exist before anybody follows them."""
    publish(client, title="Welcome", body_text="Good morning.", tags=[*TAGS, "Andes"])


@pytest.mark.parametrize("followed", [TAGS[:1], TAGS[3:4], TAGS])
def test_a_reader_gets_one_alert_of_one_event_whatever_tags_it_comes_with(
    client: FlaskClient, work: Work, provider: Provider, followed: tuple[str, ...]
) -> None:
    reader = register(client, *(f"tag:{tag}" for tag in followed))
    other = register(client, "tag:Andes")
    for source, told, tag in zip(SOURCES, RESIGNS, TAGS, strict=True):
        article = tell(client, source, told, tags=[tag], breaking=True)
        work()
    tell(client, "mail", QUAKE, tags=["Andes"], breaking=True)
    work()

    assert article["story"]["source_count"] == 7
    assert provider.addresses == {reader.address: 1, other.address: 1}
    shown = {m["token"]: m["notification"]["title"] for m in provider.messages}
    assert shown[other.address] == QUAKE[0]


def test_a_reader_of_both_events_gets_both(
    client: FlaskClient, work: Work, provider: Provider
) -> None:
    reader = register(client, "tag:Navy", "tag:Andes")
    for source, told in zip(SOURCES, RESIGNS, strict=True):
        tell(client, source, told, tags=["Navy"], breaking=True)
    for source in SOURCES[:2]:
        tell(client, source, QUAKE, tags=["Andes"], breaking=True)
    work()

    assert provider.addresses == {reader.address: 2}
