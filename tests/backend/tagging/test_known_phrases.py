"""A tag that exists is carried where the text means it, not wherever its letters stand."""

import pytest
from flask.testing import FlaskClient

from backend.tagging.tagger import tag_article
from tests.conftest import EDITOR
from tests.factories import publish


@pytest.mark.parametrize(
    ("tag", "title", "is_carried"),
    [
        # A word that is a verb or a noun as well.
        ("Strikes", "Israel strikes northern Gaza", False),
        ("Strikes", "Strong earthquake strikes Fiji", False),
        ("Returns", "A captain returns home", False),
        ("Gold", "Oldham takes gold in freestyle", False),
        ("Conference", "A conference on rivers begins", False),
        # Letters in capitals are those letters.
        ("Ice", "Coast guards of ICE retreat", False),
        ("LED", "Runners led from the start", False),
        ("JAXA", "Rocket of JAXA lands", True),
        ("Plan S", "Ministry plans a bridge", False),
        # A part of a longer name.
        ("Madrid", "Real Madrid sign striker", False),
        ("Paris", "Paris Saint-Germain win again", False),
        ("Africa", "Drivers in South Africa walk out", False),
        ("Swift", "Fans wait for Taylor Swift in the rain", False),
        ("White", "Protesters near the White House", False),
        ("Fire", "Gunmen break the cease-fire", False),
        # What is meant stays.
        ("Kubernetes", "Why we left Kubernetes behind", True),
        ("Tidal Power", "Villages want tidal power", True),
        ("Munich Security Conference", "At the Munich Security Conference 2026 a row", True),
        ("Node.js", "Moving from Node.js to something else", True),
    ],
)
def test_a_tag_of_one_publisher_is_carried_by_what_means_it(
    client: FlaskClient, tag: str, title: str, *, is_carried: bool
) -> None:
    name = publish(client, source="herald", title="Of this and that", tags=[tag])["tags"][-1]

    other = publish(client, source="mercury", title=title, language="en")

    assert (name in other["tags"]) == is_carried, other["tags"]


def test_an_editors_word_makes_a_common_one_a_tag(client: FlaskClient) -> None:
    publish(client, source="herald", title="Of this and that", tags=["Lockouts"])
    client.post("/v1/newsroom/tags/Lockouts/confirm", headers=EDITOR, json={})

    assert "Lockouts" in publish(client, title="Mills see lockouts again", language="en")["tags"]


@pytest.mark.parametrize(
    ("title", "language", "absent"),
    [
        ("Dinamo Zagreb win the derby", "en", {"Zagreb", "Croatia"}),
        ("Dynamo Dresden steigt auf", "de", {"Dresden"}),
        ("Norwich City Win at Home", "en", {"Norwich"}),
        ("Boston Globe Cuts Staff", "en", {"Boston"}),
        ("Polish the silver before guests arrive", "en", {"Poland"}),
        ("Turkey recipes for the holidays", "en", {"Turkey"}),
        ("Money floods into shares", "en", {"Floods"}),
    ],
)
def test_what_is_named_after_a_place_is_not_the_place(
    title: str, language: str, absent: set[str]
) -> None:
    assert not absent & {each.name for each in tag_article(title, "", "", language)}


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Dublin City Council votes", "Dublin"),
        ("Floods in Mexico City kill five", "MexicoCity"),
        ("US Vienna talks go on", "Vienna"),
        ("Polish minister resigns", "Poland"),
        ("Deadly floods hit villages", "Floods"),
        ("A ceasefire holds for now", "Ceasefire"),
        ("Another ICE raid at a farm", "ICE"),
    ],
)
def test_the_place_and_the_topic_themselves_are_still_found(title: str, name: str) -> None:
    assert name in {each.name for each in tag_article(title, "", "", "en")}
