"""Editors decide about tags in the console: what moves is told first, and all of it is undone."""

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import EDITOR, Clock
from tests.factories import publish, register
from tests.people import Person, person

TAGS = "/console/tags"
LEAD = "The council heard Orla Vandenberg on Monday evening about the bridge."


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


@pytest.fixture
def sent(ann: Person) -> Callable[..., TestResponse]:
    """Send a form of a tag's page, and read the page that it leads to."""
    return lambda path, **form: ann.send(f"{TAGS}/{path}", data=form, follow_redirects=True)


def names(client: FlaskClient, **query: str) -> list[str]:
    answer = client.get("/v1/newsroom/tags", headers=EDITOR, query_string=query)
    return [each["name"] for each in answer.get_json()["tags"]]


def words(answer: TestResponse) -> str:
    assert answer.status_code == 200, answer.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def say(client: FlaskClient) -> str:
    made = publish(client, title="Bridge to close", body_text=LEAD, language="en")
    return str(made["id"])


def test_a_candidate_is_shown_with_who_says_it_and_where(client: FlaskClient, ann: Person) -> None:
    article = say(client)

    shown = ann.get(f"{TAGS}?state=candidate")

    assert "OrlaVandenberg herald (1)" in words(shown)
    assert f'href="/console/articles/{article}"' in shown.text
    api = client.get("/v1/newsroom/tags?state=candidate", headers=EDITOR).get_json()["tags"]
    [found] = [each for each in api if each["name"] == "OrlaVandenberg"]
    assert found["texts"] == [{"id": article, "title": "Bridge to close", "source": "herald"}]


def test_a_yes_or_a_no_is_one_click_and_leads_back_to_the_list(
    client: FlaskClient, ann: Person, sent: Callable[..., TestResponse]
) -> None:
    say(client)
    fields = {"from": "list", "state": "candidate"}

    no = ann.send(f"{TAGS}/OrlaVandenberg/forbid", data={**fields, "sure": "yes"})
    after = ann.get(no.location)

    assert no.location.startswith(f"{TAGS}?state=candidate&")
    assert "OrlaVandenberg is no tag any more." in words(after)
    assert f'action="{TAGS}/OrlaVandenberg/allow"' in after.text
    assert names(client, state="forbidden") == ["OrlaVandenberg"]

    sent("OrlaVandenberg/allow", **fields)
    yes = sent("OrlaVandenberg/confirm", **fields)
    assert "OrlaVandenberg is a tag now" in words(yes)
    assert names(client, state="confirmed") == ["OrlaVandenberg"]


def test_a_merge_tells_what_moves_and_is_undone_from_the_list(
    client: FlaskClient, ann: Person, sent: Callable[..., TestResponse]
) -> None:
    publish(client, external_id="1", tags=["Ferries"])
    publish(client, external_id="2", tags=["Ferries", "Ferry"])
    register(client, "tag:Ferries")

    asked = words(sent("Ferries/merge", into="Ferry"))
    assert "Merge #Ferries into #Ferry?" in asked
    assert "articles 2 followers 1 short links 0 articles that carry both 1" in asked
    assert set(names(client)) == {"Ferries", "Ferry"}

    done = sent("Ferries/merge", into="Ferry", sure="yes")
    assert "Ferries was merged into this tag." in words(done)
    assert done.request.path == f"{TAGS}/Ferry"
    listed = ann.get(TAGS)
    assert "Merged in the last 24 hours" in listed.text

    undone = sent("Ferries/undo-merge")
    assert "It is a tag of its own again." in words(undone)
    assert set(names(client)) == {"Ferries", "Ferry"}


def test_a_merge_older_than_a_day_is_offered_no_undo(
    client: FlaskClient, clock: Clock, app: Flask, sent: Callable[..., TestResponse]
) -> None:
    publish(client, tags=["Ferries", "Ferry"])
    sent("Ferries/merge", into="Ferry", sure="yes")
    clock.forward(hours=25)
    bob = person(app, "bob", "editor")

    shown = bob.get(f"{TAGS}?state=merged").text

    assert "Ferries" in shown
    assert "undo-merge" not in shown
    assert bob.send(f"{TAGS}/Ferries/undo-merge").status_code == 409


def test_a_new_name_tells_what_shows_it_and_is_given_back(
    client: FlaskClient, sent: Callable[..., TestResponse]
) -> None:
    publish(client, tags=["Harbour"])

    assert "articles 1" in words(sent("Harbour/rename", name="Port"))
    renamed = sent("Harbour/rename", name="Port", sure="yes")
    assert renamed.request.path == f"{TAGS}/Port"
    assert "harbour" in words(renamed)
    back = sent("Port/rename", name="Harbour", sure="yes")

    assert back.request.path == f"{TAGS}/Harbour"
    assert names(client) == ["Harbour"]


def test_spellings_are_added_and_taken_away(
    client: FlaskClient, ann: Person, sent: Callable[..., TestResponse]
) -> None:
    publish(client, tags=["Harbour"])

    assert "Quay leads here now." in words(sent("Harbour/aliases", alias="Quay"))
    assert ann.get(f"{TAGS}/quay").location == f"{TAGS}/Harbour"
    assert client.get("/v1/tags/Quay/articles").status_code != 404
    assert "leads here no more" in words(sent("Harbour/aliases/remove", alias="quay"))

    assert client.get("/v1/tags/Quay/articles").status_code == 404
    gone = client.delete("/v1/newsroom/tags/Harbour/aliases?alias=quay", headers=EDITOR)
    assert gone.status_code == 404
    own = client.delete("/v1/newsroom/tags/Harbour/aliases?alias=harbour", headers=EDITOR)
    assert own.status_code == 409


def test_a_ban_for_one_source_tells_what_goes_and_is_lifted(
    client: FlaskClient, sent: Callable[..., TestResponse]
) -> None:
    publish(client, tags=["Spam"])
    publish(client, source="gazette", tags=["Spam"])

    assert "No tag #Spam any more? What it moves articles 1" in words(
        sent("Spam/forbid", source="gazette")
    )
    done = words(sent("Spam/forbid", source="gazette", sure="yes"))
    assert "Spam is no tag any more for gazette." in done
    assert "banned for gazette" in done
    lifted = words(sent("Spam/allow", source="gazette"))
    assert "banned for" not in lifted


@pytest.mark.parametrize(
    ("form", "value", "said"),
    [
        ("merge", {"into": "Nothing"}, "There is no tag Nothing."),
        ("merge", {"into": "Harbour"}, "Harbour already is the tag Harbour."),
        ("rename", {"name": "!!!"}, "a tag needs"),
        ("rename", {"name": "Ferry"}, "Ferry is another tag. Merge the two."),
        ("aliases", {"alias": "Ferry"}, "Ferry already leads to the tag Ferry."),
        ("forbid", {"source": "nobody"}, "There is no source nobody."),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_as_typed(
    client: FlaskClient, ann: Person, form: str, value: dict[str, str], said: str
) -> None:
    publish(client, tags=["Harbour", "Ferry"])

    answer = ann.send(f"{TAGS}/Harbour/{form}", data=value)

    assert 400 <= answer.status_code < 500
    assert said in unescape(answer.text)
    assert f'value="{next(iter(value.values()))}"' in answer.text


def test_a_tag_in_full_is_the_same_for_scripts(client: FlaskClient, ann: Person) -> None:
    publish(client, title="Norway and Sweden sign a treaty", tags=["Norway-Sweden"])
    url = "/v1/newsroom/tags/norway"

    answer = client.get(url, headers=EDITOR)

    found = answer.get_json()
    assert (found["name"], found["articles"], found["pairs"]) == ("Norway", 1, ["Norway-Sweden"])
    assert found["publishers"] == [{"source": "herald", "articles": 1, "as_keyword": False}]
    etag = {"If-None-Match": answer.headers["ETag"]}
    assert client.get(url, headers=EDITOR | etag).status_code == 304
    assert "Norway-Sweden" in words(ann.get(f"{TAGS}/Norway"))
    assert client.get("/v1/newsroom/tags/Nothing", headers=EDITOR).status_code == 404


def test_the_lists_are_walked_and_filtered(client: FlaskClient, ann: Person) -> None:
    for number in range(4):
        tags = [f"Quay{number}{letter}" for letter in "abcdefgh"]
        publish(client, external_id=str(number), tags=tags)

    first = ann.get(f"{TAGS}?q=quay").text
    found = re.search(r'href="([^"]+)" rel="next"', first)
    assert found is not None
    second = ann.get(unescape(found[1])).text
    shown = re.findall(r'<a href="/console/tags/(Quay\w+)"', first + second)

    assert len(shown) == len(set(shown)) == 32
    assert "Nothing here." in ann.get(f"{TAGS}?q=zebra").text
    assert "Quay" not in ann.get(f"{TAGS}?kind=pair").text
    assert ann.get(f"{TAGS}?q=quay&cursor=old").status_code == 400


def test_reading_again_tags_what_was_said_before_the_spelling_was_known(
    client: FlaskClient, ann: Person, sent: Callable[..., TestResponse]
) -> None:
    publish(client, tags=["Harbour"])

    assert "read again" in words(sent("Harbour/retag"))
    assert client.post("/v1/newsroom/tags/Nothing/retag", headers=EDITOR).status_code == 404
