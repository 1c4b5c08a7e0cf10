"""An event once in a list, with what all its publishers say, and a page of its own."""

import re

from flask.testing import FlaskClient

from tests.backend.feed.reading import correct, take_down
from tests.backend.newsroom.test_pins import pin
from tests.backend.stories.telling import QUAKE, RESIGNS, story_of, tell, tell_all
from tests.backend.web.test_tag_page import titles
from tests.conftest import EDITOR, Clock

TAG = ["Harbour"]


def story_path(client: FlaskClient, article_id: str) -> str:
    """Its canonical path."""
    story = client.get(f"/v1/stories/{story_of(client, article_id)['id']}").get_json()["story"]
    return str(story["url"]).removeprefix("http://news.test")


def short_path(client: FlaskClient, article_id: str) -> str:
    """How cards of its articles lead there."""
    return f"/story/{story_of(client, article_id)['id']}"


def test_a_list_shows_an_event_once_with_the_others_inside(
    client: FlaskClient, clock: Clock
) -> None:
    ids = tell_all(client, 2, tags=TAG)
    tell(client, "herald", QUAKE, tags=TAG)
    clock.forward(hours=1)
    newest = tell(client, "gazette", RESIGNS[2], tags=TAG)["id"]

    for path in ("/tag/Harbour", "/"):
        page = client.get(path)

        assert titles(page) == [RESIGNS[2][0], QUAKE[0]]
        inside = re.findall(r'<details class="others">.*?</details>', page.text, re.DOTALL)
        assert len(inside) == 1
        assert ">3 sources</span></summary>" in inside[0]
        places = [inside[0].index(f'href="/article/{each}/') for each in reversed(ids)]
        assert places == sorted(places)
        assert 'href="/source/courier"' in inside[0]
        assert "1 hour ago" in inside[0]
        assert f'href="{short_path(client, newest)}"' in inside[0]
        named = page.headers["Surrogate-Key"].split()
        assert {f"article-{each}" for each in [*ids, newest]} <= set(named)


def test_other_publishers_that_the_list_does_not_have_are_on_the_page_of_the_story(
    client: FlaskClient,
) -> None:
    tell(client, "herald", RESIGNS[0], tags=TAG)
    alone = tell(client, "courier", RESIGNS[1], tags=["Submarines"])["id"]

    page = client.get("/tag/Submarines")

    assert '<details class="others"' not in page.text
    assert f'<a href="{short_path(client, alone)}"' in page.text


def test_feed_readers_get_every_article(client: FlaskClient) -> None:
    tell_all(client, 3, tags=TAG)

    items = client.get("/tag/Harbour.json").get_json()["items"]

    assert len(items) == 3


def test_what_is_pinned_is_not_told_again_below_it(client: FlaskClient, clock: Clock) -> None:
    [first, _] = tell_all(client, 2, tags=TAG)
    clock.forward(minutes=1)
    tell(client, "gazette", RESIGNS[2], tags=TAG)
    assert pin(client, first, "tag:Harbour").status_code == 200

    page = client.get("/tag/Harbour")

    assert titles(page) == [RESIGNS[0][0]]
    assert RESIGNS[2][0] in page.text


def test_the_page_of_a_story_tells_who_said_what_first(client: FlaskClient, clock: Clock) -> None:
    [first] = tell_all(client, 1, external_id="first")
    clock.forward(minutes=5)
    tell(client, "courier", RESIGNS[1])
    clock.forward(minutes=5)
    tell(client, "herald", RESIGNS[2])
    correct(client, "first", title="Solberg is out")
    path = story_path(client, first)

    page = client.get(path)

    said = [RESIGNS[0][0], "Solberg is out", RESIGNS[2][0], RESIGNS[1][0]]
    text = page.text[page.text.index("<ol>") :].replace("&#39;", "'")
    assert [text.index(each) for each in said] == sorted(text.index(each) for each in said)
    assert "2 sources · the first on top" in page.text
    assert f'<link rel="canonical" href="http://news.test{path}">' in page.text
    assert '<h1 id="heading" lang="en" dir="ltr">' in client.get(f"{path}?lang=ar").text
    assert client.get("/story/none").status_code == 404


def test_the_id_decides_and_every_other_spelling_leads_to_the_one_address(
    client: FlaskClient,
) -> None:
    [first, _] = tell_all(client, 2, external_id="first")
    path, short = story_path(client, first), short_path(client, first)
    assert path.startswith(f"{short}/danish-minister-")

    for variant in (short, f"{short}/", f"{short}/other", f"{path}/", f"{path}/more"):
        answer = client.get(f"{variant}?lang=ko&utm_source=mail")
        assert answer.status_code == 301, variant
        assert answer.headers["Location"] == f"{path}?lang=ko&utm_source=mail"

    page = client.get(path)
    assert page.status_code == 200
    whole = f"http://news.test{path}"
    for said in (
        f'<link rel="canonical" href="{whole}">',
        f'<meta property="og:url" content="{whole}">',
        f'hreflang="ko" href="{whole}?lang=ko"',
    ):
        assert said in page.text, said
    named = client.get("/sitemap-stories-0.xml").text
    assert f"<loc>{whole}</loc>" in named

    correct(client, "first", title="Solberg is out")

    moved = f"{short}/solberg-is-out"
    assert client.get(path).headers["Location"] == moved
    assert f"<loc>http://news.test{moved}</loc>" in client.get("/sitemap-stories-0.xml").text


def test_a_kept_page_of_a_story_hears_of_who_comes_and_goes(client: FlaskClient) -> None:
    ids = tell_all(client, 2, external_id="told")
    path = story_path(client, ids[0])
    assert "2 sources" in client.get(path).text

    tell(client, "herald", RESIGNS[2], external_id="once more")
    assert RESIGNS[2][0] in client.get(path).text

    tell(client, "gazette", RESIGNS[3])
    assert "3 sources" in client.get(path).text

    take_down(client, "told", source="courier")
    assert RESIGNS[1][0] not in client.get(path).text.replace("&#39;", "'")


def test_a_story_of_one_that_is_left_has_no_page(client: FlaskClient) -> None:
    ids = tell_all(client, 2, external_id="told")
    path = story_path(client, ids[0])
    assert client.get(path).status_code == 200

    take_down(client, "told", source="courier")

    assert client.get(path).status_code == 404


def test_the_page_of_a_story_that_was_joined_leads_to_the_one_that_took_it(
    client: FlaskClient,
) -> None:
    [kept, _] = tell_all(client, 2)
    one = tell(client, "herald", QUAKE)["id"]
    tell(client, "mail", QUAKE)
    kept_path, path = story_path(client, kept), story_path(client, one)
    assert client.get(path).status_code == 200
    joined = client.post(
        f"/v1/newsroom/stories/{story_of(client, kept)['id']}/join",
        headers=EDITOR,
        json={"stories": [story_of(client, one)["id"]]},
    )
    assert joined.status_code == 200, joined.text

    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (301, kept_path)
