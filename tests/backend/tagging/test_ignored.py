"""A tag that cannot be used is named in the answer, with its reason."""

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from tests.backend.feed.reading import get, ids
from tests.conftest import EDITOR, SITE
from tests.factories import publish, register


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("Report.rss", "like a file"),
        ("a/b", "no '/'"),
        ("2024", "at least one letter"),
        ("Uncategorized", "names no subject"),
        ("Herald", "names no subject"),
    ],
)
def test_a_tag_that_cannot_be_used_is_named(client: FlaskClient, tag: str, reason: str) -> None:
    done = publish(client, tags=["Harbour", tag])

    assert "Harbour" in done["tags"]
    assert [each["tag"] for each in done["ignored_tags"]] == [tag]
    assert reason in done["ignored_tags"][0]["reason"]


def test_what_is_used_under_any_name_is_not_named(client: FlaskClient) -> None:
    used = ["Harbour", "#harbour", "C++", "C#", "AT&T", "DPRK", "North Korea-Russia", "Ferry, Quay"]

    done = publish(client, tags=used)

    assert done["ignored_tags"] == []


def test_a_forbidden_tag_is_named(client: FlaskClient) -> None:
    publish(client, tags=["Harbour"])
    path = "/v1/newsroom/tags/Harbour/forbid"
    assert client.post(path, headers=EDITOR, json={}).status_code in {200, 204}

    done = publish(client, tags=["Harbour"])

    assert "forbidden" in done["ignored_tags"][0]["reason"]


@pytest.mark.parametrize("name", ["Node.js", "AT&T", "C++", "R&D", "C#"])
def test_a_tag_has_its_own_spelling_in_name_and_address(client: FlaskClient, name: str) -> None:
    done = publish(client, title="Fog", body_text="Fog.", tags=[name])
    address = quote(name, safe="")

    assert (done["tags"], done["ignored_tags"]) == ([name], [])
    page = get(client, f"/v1/tags/{address}/articles")
    assert (page["tag"]["name"], ids(page)) == (name, [done["id"]])
    register(client, f"tag:{address}")
    for end in ("", ".rss"):
        assert client.get(f"/tag/{address}{end}").status_code == 200
    opened = get(client, "/v1/deeplinks/resolve", url=f"{SITE}/tag/{address}")
    assert opened["screen"] == {"name": "tag", "params": {"tag": name}}


def test_a_spelling_may_be_given_back_and_forbidden(client: FlaskClient) -> None:
    publish(client, tags=["ATAndT"])
    renamed = client.patch("/v1/newsroom/tags/ATAndT", headers=EDITOR, json={"name": "AT&T"})
    assert renamed.get_json()["name"] == "AT&T"
    assert publish(client, tags=["AT&T"])["tags"] == ["AT&T"]
    path = "/v1/newsroom/tags/Node.js/forbid"
    assert client.post(path, headers=EDITOR, json={}).status_code in {200, 204}

    assert publish(client, tags=["Node.js"])["tags"] == []


def test_a_tag_of_before_keeps_its_name_and_address(client: FlaskClient) -> None:
    before = publish(client, tags=["ATAndT"])

    after = publish(client, tags=["AT&T"])

    assert before["tags"] == after["tags"] == ["ATAndT"]


def test_running_text_spells_a_name_as_its_publisher_does(client: FlaskClient) -> None:
    text = {
        "title": "AT&T and H&M open a laboratory",
        "body_text": "The laboratory of AT&T is new. It pays AT&T's R&D. AT&T sells coats of H&M.",
    }
    first = publish(client, **text)
    filed = publish(client, source="echo", title="Fog", body_text="Fog.", tags=["R&D", "Node.js"])
    second = publish(client, title="R&D in Node.js, says AT&T", body_text="Fog.")

    assert {"AT&T", "H&M"} <= {*first["tags"]}
    assert filed["tags"] == ["R&D", "Node.js"]
    assert {*second["tags"]} == {"AT&T", "R&D", "Node.js"}


def test_two_publishers_make_a_name_with_a_sign_a_tag(client: FlaskClient) -> None:
    publish(client, source="echo", title="The B&Q of old", body_text="Fog.")
    publish(client, title="Where the B&Q was", body_text="Fog.")

    publish(client, source="third", title="When the B&Q went", body_text="Fog.")
    for spelling in ("B&Q", "BAndQ"):
        found = get(client, f"/v1/tags/{quote(spelling, safe='')}/articles")
        assert (found["tag"]["name"], len(found["articles"])) == ("B&Q", 2)


def test_running_text_finds_the_tag_that_was_there_before(client: FlaskClient) -> None:
    publish(client, source="echo", title="Fog", body_text="Fog.", tags=["BAndQ"])

    assert publish(client, title="A B&Q opens", body_text="Fog.")["tags"] == ["BAndQ"]


def test_a_name_confirmed_by_an_editor_keeps_its_sign(client: FlaskClient) -> None:
    address = quote("B&Q", safe="")
    done = client.post(f"/v1/newsroom/tags/{address}/confirm", headers=EDITOR, json={})

    assert done.status_code in {200, 204}
    assert publish(client, title="A B&Q opens", body_text="Fog.")["tags"] == ["B&Q"]
