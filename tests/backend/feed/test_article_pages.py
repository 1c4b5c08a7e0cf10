"""An article's page in memory is made anew when it would say something else, and seldom else."""

import random
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from backend.http.auth import hash_secret
from tests.backend.feed.reading import correct, get, take_down
from tests.backend.feed.test_page_cache import questions
from tests.conftest import Clock
from tests.factories import publish

BIG = "BigStory"
TAGS = (BIG, "Harbour", "Ferry", "Storm", "Pier", "Lighthouse", "Buoy")
# How often a tag is drawn: one is on nearly everything, some are rare.
WEIGHTS = (12, 5, 4, 3, 2, 2, 1)


def related(client: FlaskClient, article: str) -> list[str]:
    return [each["id"] for each in get(client, f"/v1/articles/{article}")["related"]]


def made_anew(app: Flask, address: str) -> bool:
    with questions(app) as asked:
        assert app.test_client().get(address).status_code == 200
    return any("ranked" in each for each in asked)


@pytest.mark.parametrize("seed", range(3))
def test_what_is_related_is_what_a_page_made_now_would_say(
    make_app: Callable[..., Flask], client: FlaskClient, clock: Clock, seed: int
) -> None:
    fresh = make_app(PAGES_KEPT_MB="0").test_client()
    chance = random.Random(seed)
    known: dict[str, str] = {}

    def drawn() -> list[str]:
        return list(dict.fromkeys(chance.choices(TAGS, WEIGHTS, k=chance.randint(1, 6))))

    def write(number: int) -> None:
        present = [*known]
        deed = "publish" if number < 12 else chance.choice(["publish", "tags", "down", "title"])
        if deed == "publish":
            name = f"a-{number}"
            title = f"{chance.choice(TAGS)} report {hash_secret(name)[:8]}"
            known[name] = publish(client, external_id=name, title=title, tags=drawn())["id"]
        elif deed == "tags":
            correct(client, chance.choice(present), tags=drawn())
        elif deed == "title":
            correct(client, chance.choice(present), title=f"Other {number}")
        else:
            name = chance.choice(present)
            take_down(client, name)
            del known[name]

    for number in range(36):
        write(number)
        clock.forward(seconds=1)
        # The page of the web follows from the same rows and costs ten times as much to compare.
        pages = ("/v1/articles/{}",) if number % 9 else ("/v1/articles/{}", "/article/{}")
        for address in [page.format(article) for page in pages for article in known.values()]:
            kept, made = (each.get(address, follow_redirects=True) for each in (client, fresh))
            assert kept.data == made.data, address


def test_an_article_more_of_the_big_story_makes_no_page_of_the_others_anew(
    app: Flask, client: FlaskClient
) -> None:
    publish(client, tags=[BIG])
    told = [publish(client, tags=[BIG, "Harbour"])["id"] for _ in range(7)]
    addresses = [f"/v1/articles/{each}" for each in told]
    for each in addresses:
        client.get(each)

    publish(client, tags=[BIG, "Ferry"])
    assert [each for each in addresses if made_anew(app, each)] == []

    newest = publish(client, tags=[BIG, "Harbour"])["id"]
    assert [each for each in addresses if made_anew(app, each)] == addresses
    assert all(newest in related(client, each) for each in told)


def test_a_correction_and_a_takedown_make_only_the_pages_anew_that_show_the_article(
    app: Flask, client: FlaskClient
) -> None:
    told = [publish(client, external_id=f"told-{number}", tags=[BIG])["id"] for number in range(12)]
    addresses = [f"/v1/articles/{each}" for each in told]
    for each in addresses:
        client.get(each)

    def read() -> list[str]:
        return [each for each in addresses if made_anew(app, each)]

    correct(client, "told-0", title="The ferry waits")
    assert read() == addresses[:1]
    correct(client, "told-11", title="The ferry sails")
    assert read() == addresses

    take_down(client, "told-1")
    del addresses[1]
    assert read() == []
    take_down(client, "told-10")
    del addresses[9]
    assert read() == addresses


def test_a_big_tag_that_becomes_the_rarest_decides_what_is_related(
    app: Flask, client: FlaskClient
) -> None:
    for number in range(8):
        publish(client, external_id=f"big-{number}", tags=[BIG])
    told = [publish(client, tags=[BIG, "Harbour"])["id"] for _ in range(7)]
    before = related(client, told[0])
    assert set(before) < set(told)

    for number in range(8):
        take_down(client, f"big-{number}")
    for _ in range(9):
        publish(client, tags=["Harbour"])
    last = publish(client, tags=[BIG])["id"]

    assert related(client, told[0])[0] == last


def test_a_page_names_the_tags_that_do_not_fill_its_list_for_when_they_become_rarer(
    client: FlaskClient,
) -> None:
    told = [publish(client, tags=[BIG, "Harbour"])["id"] for _ in range(7)]
    publish(client, tags=[BIG])
    big, harbour = (get(client, f"/v1/tags/{tag}")["id"] for tag in (BIG, "Harbour"))

    for address in (f"/v1/articles/{told[0]}", f"/article/{told[0]}"):
        answer = client.get(address, follow_redirects=True)
        named = set(answer.headers["Surrogate-Key"].split())
        assert {f"tag-{harbour}-added", f"tag-{harbour}-rarer", f"tag-{big}-rarer"} <= named
        assert not {f"tag-{harbour}", f"tag-{big}", f"tag-{big}-added"} & named
