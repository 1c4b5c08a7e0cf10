"""What an alert copied of an article leaves it when the article may be shown no more."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from push.editorial.copied import Taken, without
from tests.conftest import EDITOR
from tests.factories import publish, register
from tests.push.conftest import Provider
from tests.push.editor import alert, read

LEAD = "A lead of some words that only some may show."
TEXT = f"{LEAD} The pilots of the estuary walk out on Monday, and nobody sails."
OWN = "What our own desk says about it."
PICTURE = "https://img.example/a.jpg"
TABLES = (
    *("article", "article_version", "notification"),
    *("alert_draft", "audit_entry", "local_message"),
)


def allow(client: FlaskClient, rights: str) -> None:
    answer = client.put(
        "/v1/newsroom/sources/herald", json={"name": "Herald", "rights": rights}, headers=EDITOR
    )
    assert answer.status_code in {200, 201}


def breaking(client: FlaskClient) -> Any:
    return publish(
        client, summary=LEAD, body_text=TEXT, image={"url": PICTURE}, tags=["Harbour"],
        breaking=True,
    )  # fmt: skip


def stored(session: Any) -> str:
    session.rollback()
    connection = session.connection()
    return str([connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in TABLES])


@pytest.mark.parametrize(
    ("rights", "lead", "sentence"),
    [("full", True, True), ("summary", True, False), ("headline", False, False)],
)
def test_rights_that_shrink_leave_an_alert_what_its_editor_wrote(
    client: FlaskClient, session: Any, rights: str, lead: bool, sentence: bool
) -> None:
    allow(client, "full")
    article = breaking(client)["id"]
    copied = alert(client, article_id=article, body=TEXT[len(LEAD) + 1 :])
    written = alert(
        client,
        article_id=article,
        body=OWN,
        variants={"de": {"title": "Brücke zu", "body": LEAD}},
    )
    client.post("/v1/newsroom/drafts", headers=EDITOR, json={"kind": "draft", "content": {
        "article_id": article, "title": "Ferry", "body": LEAD}})  # fmt: skip

    allow(client, rights)

    found = stored(session)
    assert (LEAD in found, "the estuary" in found, PICTURE in found) == (
        lead,
        sentence,
        rights != "headline",
    )
    assert read(client, copied)["body"] == (TEXT[len(LEAD) + 1 :] if sentence else "")
    assert read(client, written)["body"] == OWN
    assert read(client, written)["title"] == "Bridge closed"


def test_an_alert_that_was_sent_reads_so_in_the_inbox(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    allow(client, "full")
    publish(client, tags=["Harbour"])
    phone = register(client, "tag:Harbour")
    title = breaking(client)["id"] and "Article"
    work()
    assert LEAD in str(provider.__dict__)

    allow(client, "headline")

    url = f"/v1/installations/{phone.id}/notifications"
    [told] = client.get(url, headers=phone.auth).get_json()["notifications"]
    assert told["title"].startswith(title)
    assert told["body"] == ""


def test_an_alert_that_waits_goes_out_without_it(
    client: FlaskClient, work: Callable[[], None], provider: Provider
) -> None:
    allow(client, "full")
    publish(client, tags=["Harbour"])
    register(client, "tag:Harbour")
    breaking(client)

    allow(client, "headline")
    work()

    assert len(provider.addresses) == 1
    assert LEAD not in str(provider.__dict__)


@pytest.mark.parametrize("cause", ["legal", "privacy", "rights"])
def test_a_takedown_for_good_takes_everything_but_the_title(
    client: FlaskClient, session: Any, cause: str
) -> None:
    allow(client, "full")
    article = breaking(client)["id"]
    alert(client, article_id=article, body=LEAD)
    url = f"/v1/newsroom/articles/{article}"
    for text in (OWN, TEXT):
        assert client.patch(url, headers=EDITOR, json={"body_text": text}).status_code == 200

    answer = client.delete(url, headers=EDITOR, query_string={"reason": "Theirs", "cause": cause})

    assert answer.status_code == 204
    found = stored(session)
    assert not [each for each in (LEAD, "estuary", OWN, PICTURE) if each in found]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("A lead.", ""),
        ("  A  lead. ", ""),
        ("of some words, and more", ""),
        ("words", "words"),
        ("", ""),
        ("Our own words about all that.", "Our own words about all that."),
    ],
)
def test_a_copy_is_the_text_or_a_long_part_of_it(said: str, left: str) -> None:
    taken = Taken(texts=("A lead.", "It has a text of some words, and more of them."))

    assert without({"body": said}, taken) == {"body": left}


def test_a_picture_of_our_own_site_is_known_by_its_path() -> None:
    taken = Taken(pictures=("/media/a.jpg",))
    said = {"image_url": "https://news.example/media/a.jpg", "image": "https://other.example/b"}

    assert without([said], taken) == [said | {"image_url": None}]
