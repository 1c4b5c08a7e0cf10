"""Editors join and split stories in the console, see what moves, and take it back."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from backend.stories.undoing import Undo, undo_of
from backend.tables.newsroom import Article, Story
from tests.backend.stories.telling import QUAKE, RESIGNS, SOURCES, story_of, tell, tell_all
from tests.conftest import EDITOR, Clock
from tests.factories import publish
from tests.people import Person, person

STORIES = "/console/stories"
API = "/v1/newsroom/stories"


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


@pytest.fixture
def sent(ann: Person) -> Callable[..., TestResponse]:
    """Send a form of a story's page, and read the page that it leads to."""
    return lambda path, **form: ann.send(f"{STORIES}/{path}", data=form, follow_redirects=True)


def words(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def undo_form(answer: TestResponse) -> tuple[str, dict[str, Any]]:
    """The path and the fields of the form that takes the latest decision back."""
    page = answer.text[answer.text.index('id="h-decisions"') :]
    found = re.search(rf'action="{STORIES}/([^"]+)"(.*?)</form>', page, re.DOTALL)
    assert found is not None
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', found[2])
    articles = [value for name, value in fields if name == "articles"]
    return found[1], {"articles": articles, "sure": "yes"}


def quake(client: FlaskClient) -> str:
    [first, _] = [tell(client, source, QUAKE)["id"] for source in SOURCES[3:5]]
    return str(story_of(client, first)["id"])


def titles(answer: TestResponse) -> list[str]:
    return [unescape(each) for each in re.findall(r'<h2><a [^>]*dir="auto">([^<]+)', answer.text)]


def test_stories_are_listed_newest_or_largest_first_and_filtered(
    client: FlaskClient, ann: Person, clock: Clock
) -> None:
    tell_all(client, 3)
    quake(client)

    assert titles(ann.get(STORIES)) == [QUAKE[0], RESIGNS[0][0]]
    assert titles(ann.get(f"{STORIES}?order=largest")) == [RESIGNS[0][0], QUAKE[0]]
    assert titles(ann.get(f"{STORIES}?q=earthquake")) == [QUAKE[0]]
    assert titles(ann.get(f"{STORIES}?source=herald")) == [RESIGNS[0][0]]
    assert titles(ann.get(f"{STORIES}?order=curated")) == []
    assert "No story fits." in words(ann.get(f"{STORIES}?source=nobody"))


def test_the_api_has_the_same_filters(client: FlaskClient, clock: Clock) -> None:
    tell_all(client, 3)
    quake(client)

    def listed(**query: Any) -> list[str]:
        answer = client.get(API, headers=EDITOR, query_string=query)
        return [each["title"] for each in answer.get_json()["stories"]]

    assert listed(order="largest") == [RESIGNS[0][0], QUAKE[0]]
    assert listed(q="earthquake") == listed(source="tribune") == [QUAKE[0]]
    assert listed(curated="true") == []
    first = client.get(f"{API}?order=largest&limit=1", headers=EDITOR).get_json()
    assert listed(order="largest", limit=1, cursor=first["next_cursor"]) == [QUAKE[0]]
    assert client.get(f"{API}?source=nobody", headers=EDITOR).status_code == 422
    clock.forward(days=8)
    assert listed(order="largest") == []


def test_a_story_shows_who_told_it_when_and_what_each_said_first(
    client: FlaskClient, ann: Person, clock: Clock
) -> None:
    first = tell(client, "herald", RESIGNS[0], external_id="1")["id"]
    clock.forward(minutes=75)
    tell(client, "courier", RESIGNS[1])
    change = {"title": "Solberg is gone"}
    client.patch(f"/v1/newsroom/articles/{first}", headers=EDITOR, json=change)

    shown = words(ann.get(f"{STORIES}/{story_of(client, first)['id']}"))

    assert "Solberg is gone At first: Danish minister Henrik Solberg resigns" in shown
    assert "+1:15" in shown
    assert "resembled the story by" in shown


def test_an_alert_about_a_story_begins_with_the_words_of_its_first_article(
    client: FlaskClient, ann: Person
) -> None:
    first = tell(client, "herald", RESIGNS[0], external_id="1")["id"]
    tell(client, "courier", RESIGNS[1])
    shown = ann.get(f"{STORIES}/{story_of(client, first)['id']}").text
    action = re.search(r'<form id="begin-alert" method="post" action="([^"]+)"', shown)
    assert action is not None
    assert 'form="begin-alert"' in shown

    begun = ann.send(action[1], data={"article": first})

    assert begun.status_code == 303
    assert RESIGNS[0][0] in ann.get(begun.location).text


def test_a_split_tells_what_moves_holds_and_is_undone(
    client: FlaskClient, sent: Callable[..., TestResponse]
) -> None:
    ids = tell_all(client, 4)
    story = story_of(client, ids[0])["id"]

    asked = words(sent(f"{story}/split", articles=ids[2:]))
    assert "articles that move 2 articles of this story afterwards 2" in asked
    assert story_of(client, ids[2])["id"] == story
    done = sent(f"{story}/split", articles=ids[2:], sure="yes")
    assert "They were taken out, and stay apart." in words(done)
    assert story_of(client, ids[2])["id"] != story

    path, form = undo_form(done)
    sent(path, **form)
    assert [story_of(client, each)["id"] for each in ids] == [story] * 4


def test_a_pair_that_was_split_is_brought_together_again(
    client: FlaskClient, sent: Callable[..., TestResponse]
) -> None:
    ids = tell_all(client, 2)
    story = story_of(client, ids[0])["id"]

    done = sent(f"{story}/split", articles=ids[:1], sure="yes")
    assert "No two articles are left in it" in words(done)
    assert story_of(client, ids[1]) is None

    path, form = undo_form(done)
    sent(path, **form)
    assert [story_of(client, each)["id"] for each in ids] == [story] * 2


def test_a_join_tells_what_moves_and_is_undone(
    client: FlaskClient, sent: Callable[..., TestResponse]
) -> None:
    ids = tell_all(client, 2)
    story, other = story_of(client, ids[0])["id"], quake(client)

    asked = words(sent(f"{story}/join", other=f"https://news.test{STORIES}/{other}"))
    assert "articles that move 2 articles of this story afterwards 4" in asked
    assert "its sources afterwards 4 stories that end 1" in asked
    done = sent(f"{story}/join", stories=other, sure="yes")
    assert story_of(client, ids[0])["source_count"] == 4

    path, form = undo_form(done)
    sent(path, **form)
    assert story_of(client, ids[0]) == {"id": story, "source_count": 2}


@pytest.mark.parametrize("name", ["id", "url", "source_url"])
def test_an_article_is_joined_by_its_id_or_address(
    client: FlaskClient, sent: Callable[..., TestResponse], name: str
) -> None:
    story = story_of(client, tell_all(client, 2)[0])["id"]
    alone = tell(client, "mail", QUAKE)

    asked = words(sent(f"{story}/join", other=alone[name]))

    assert "articles that move 1 articles of this story afterwards 3" in asked


def test_other_stories_are_found_beside_one(client: FlaskClient, ann: Person) -> None:
    story = story_of(client, tell_all(client, 2)[0])["id"]
    other = quake(client)

    assert f'value="{other}"' in ann.get(f"{STORIES}/{story}?q=earthquake").text
    assert f'value="{other}"' not in ann.get(f"{STORIES}/{story}?q=zebra").text


@pytest.mark.parametrize(
    ("verb", "form", "said"),
    [
        ("split", {}, "Mark the articles that go."),
        ("join", {}, "Name an article or a story."),
        ("join", {"other": "nothing"}, "There is no listed article nothing."),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back(
    client: FlaskClient, ann: Person, verb: str, form: dict[str, str], said: str
) -> None:
    story = story_of(client, tell_all(client, 2)[0])["id"]

    answer = ann.send(f"{STORIES}/{story}/{verb}", data=form)

    assert answer.status_code == 422
    assert said in answer.text


def test_a_dry_run_over_the_api_changes_nothing(client: FlaskClient) -> None:
    ids = tell_all(client, 3)
    story, other = story_of(client, ids[0])["id"], quake(client)
    dry = {"dry_run": True}

    def preview(verb: str, **body: Any) -> Any:
        answer = client.post(f"{API}/{story}/{verb}", headers=EDITOR, json=body | dry)
        return answer.get_json()["preview"]

    joined = preview("join", stories=[other])
    split = preview("split", articles=ids[1:])

    assert joined == {"articles": 2, "article_count": 5, "source_count": 5, "stories": 1}
    assert split == {"articles": 2, "article_count": 1, "source_count": 1, "stories": 1}
    assert story_of(client, ids[2]) == {"id": story, "source_count": 3}


@pytest.mark.parametrize(
    ("act", "before", "after", "members", "undo"),
    [
        ("story.joined", "ab", "abc", "abc", Undo("split", ["c"])),
        ("story.joined", "ab", "abc", "ab", None),
        ("story.joined", "", "abc", "abc", None),
        ("story.split", "abc", "ab", "ab", Undo("join", ["c"])),
        ("story.split", "abc", "ab", "abc", None),
        ("story.split", "ab", "a", "", Undo("join", ["a", "b"])),
        ("story.split", "x" * 50, "a", "", Undo("join", ["x"])),
        ("other", "ab", "a", "a", None),
    ],
)
def test_a_decision_is_taken_back_once(
    act: str, before: str, after: str, members: str, undo: Undo | None
) -> None:
    sides = {"articles": list(before)}, {"articles": list(after)}

    assert undo_of(act, *sides, members) == undo


def test_a_decision_about_many_articles_is_taken_back_whole(
    client: FlaskClient, session: Session, sent: Callable[..., TestResponse]
) -> None:
    ids = tell_all(client, 2)
    story, other = story_of(client, ids[0])["id"], quake(client)
    of_other = select(Story.id).where(Story.public_id == other).scalar_subquery()
    many = [publish(client)["id"] for _ in range(60)]
    found = Article.public_id.in_(many)
    session.execute(update(Article).where(found).values(story_id=of_other))
    session.commit()

    done = sent(f"{story}/join", stories=other, sure="yes")
    path, form = undo_form(done)
    assert len(form["articles"]) == 62
    undone = sent(path, **form)
    assert story_of(client, ids[0]) == {"id": story, "source_count": 2}

    path, form = undo_form(undone)
    assert (path, len(form["articles"])) == (f"{story}/join", 62)


def test_of_an_older_decision_about_more_than_the_log_kept_there_is_no_undo() -> None:
    many = [str(number) for number in range(50)]

    assert undo_of("story.split", {"articles": many}, {"articles": []}, ()) is None
