"""The alert desk: found at once, kept whatever happens, seen before it leaves, taken back."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from push.console.compose_form import content_typed, fields_of
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register
from tests.people import SECURE, Person, person
from tests.push.conftest import Provider
from tests.push.editor import TAG

START, DRAFTS = "/console/alerts/new", "/console/alerts/drafts"
PART = {"HX-Request": "true"}
TYPED: dict[str, Any] = {
    "title": "Bridge closed",
    "body": "Until noon.",
    "topic": [TAG],
    "loudness": "breaking",
    "version": "1",
}

pytestmark = pytest.mark.usefixtures("tagged")


def begun(ann: Person, **form: str) -> str:
    answer = ann.send(DRAFTS, data=form)
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def kept(client: FlaskClient, path: str) -> dict[str, Any]:
    url = f"/v1/newsroom/drafts/{path.rpartition('/')[2]}"
    found: dict[str, Any] = client.get(url, headers=EDITOR).get_json()
    return found


@pytest.mark.parametrize("added", ["", "/", "?utm_source=mail", "#top"])
def test_an_article_is_found_by_a_pasted_address_and_fills_the_alert(
    client: FlaskClient, ann: Person, added: str
) -> None:
    url = "https://herald.example/2026/bridge"
    article = publish(client, title="The bridge is closed", url=url, tags=["Harbour", "Storm"])
    publish(client, title="Something else")

    for address in (url + added, article["url"]):
        found = ann.get(START, query_string={"q": address}).text
        assert "The bridge is closed" in found
        assert "Something else" not in found

    content = kept(client, begun(ann, article=article["id"]))["content"]
    assert content["title"] == "The bridge is closed"
    assert content["audience"]["any"] == ["tag:Harbour", "tag:Storm"]


def test_articles_are_offered_in_the_order_in_which_readers_find_them(
    client: FlaskClient, ann: Person
) -> None:
    publish(client, title="Of this morning", published_at="2026-03-02T07:00:00Z")
    publish(client, title="Of last month", published_at="2026-02-02T07:00:00Z")

    offered = ann.get(START).text

    assert offered.index("Of this morning") < offered.index("Of last month")
    assert "2 Mar 2026, 07:00" in offered


def test_what_is_typed_is_kept_and_shown_as_phones_will(client: FlaskClient, ann: Person) -> None:
    for platform in ("ios", "android", "android"):
        register(client, TAG, platform=platform)
    register(client, TAG).prefer(levels={TAG: "silent"}, muted_sources=[])
    path = begun(ann)

    part = ann.send(path, data=TYPED | {"title": "A very long title " * 5}, headers=PART)

    assert part.status_code == 200
    assert "<html" not in part.text
    assert "Reaches 4" in part.text
    assert "Send to 4" in part.text
    assert "Some phones cut the title." in part.text
    assert re.search(r"\d+ of 89 characters", part.text)
    assert kept(client, path)["content"]["urgency"] == "breaking"
    assert 'name="version" value="2"' in part.text


def test_a_form_that_cannot_be_taken_comes_back_as_it_was_typed(ann: Person) -> None:
    path = begun(ann)

    wrong = ann.send(path, data=TYPED | {"send_at": "tomorrow"})
    half = ann.send(path, data=TYPED | {"topic": [], "do": "send", "version": "1"})

    assert (wrong.status_code, half.status_code) == (422, 422)
    assert 'value="tomorrow"' in wrong.text
    assert 'value="Bridge closed"' in wrong.text
    assert "Write a day and a time." in wrong.text
    assert 'value="Bridge closed"' in half.text
    assert "Choose a topic: alerts go to those who follow it." in half.text


def test_the_second_editor_sees_both_texts_and_loses_neither(
    app: Flask, client: FlaskClient, ann: Person
) -> None:
    path, bob = begun(ann), person(app, "bob", "editor")
    ann.send(path, data=TYPED | {"title": "Hers"})

    part = bob.send(path, data=TYPED | {"title": "His"}, headers=PART)
    page = bob.send(path, data=TYPED | {"title": "His", "do": "send"})

    assert (part.status_code, page.status_code) == (422, 409)
    for answer in (part, page):
        assert "ann has changed this draft" in answer.text
        assert "Hers" in answer.text
        assert "His" in answer.text
    assert kept(client, path)["content"]["title"] == "Hers"

    copied = bob.send(path, data=TYPED | {"title": "His", "do": "copy"})
    assert kept(client, copied.location.partition("?")[0])["content"]["title"] == "His"
    bob.send(path, data=TYPED | {"title": "His", "do": "mine", "over": "2"})
    assert kept(client, path)["content"]["title"] == "His"


def test_one_page_never_overtakes_itself(client: FlaskClient, ann: Person) -> None:
    path, page = begun(ann), {"page": "a-page-of-hers"}
    for title in ("Bri", "Bridge cl"):
        answer = ann.send(path, data=TYPED | page | {"title": title}, headers=PART)
        assert answer.status_code == 200

    assert kept(client, path)["content"]["title"] == "Bridge cl"
    other = ann.send(path, data=TYPED | {"page": "another", "title": "B"}, headers=PART)
    assert other.status_code == 422


def test_what_was_sent_is_taken_back_within_ten_seconds_and_leaves_after(
    client: FlaskClient,
    ann: Person,
    clock: Clock,
    work: Callable[[], None],
    provider: Provider,
) -> None:
    register(client, TAG)
    path = begun(ann)

    sent = ann.send(path, data=TYPED | {"do": "send"})
    assert "It begins in 10 seconds." in ann.get(sent.location).text
    again = ann.send(f"{path}/restore")
    clock.forward(seconds=10)
    work()
    assert "Here it is again" in ann.get(again.location).text
    assert provider.sent == []

    ann.send(path, data=TYPED | {"do": "send", "version": "2"})
    clock.forward(seconds=10)
    work()
    assert len(provider.sent) == 1
    begun_it = ann.get(path, headers=PART)
    assert begun_it.headers["HX-Redirect"].startswith("/console/alerts/")
    assert ann.send(f"{path}/restore").status_code == 409


def test_what_is_taken_back_on_its_own_page_is_a_draft_again(
    client: FlaskClient, ann: Person
) -> None:
    register(client, TAG)
    path = begun(ann)
    ann.send(path, data=TYPED | {"do": "approval"})

    taken = ann.send(f"/console/alerts/{kept(client, path)['sent_as']}/take-back")

    assert taken.location.startswith(path)
    assert kept(client, path)["sent_as"] is None


def test_where_alerts_need_approval_nobody_sends_alone(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(PUBLIC_URL=SECURE, PUSH_APPROVAL="all")
    ann, client = person(app, "ann", "editor"), app.test_client()
    register(client, TAG)
    path = begun(ann)

    part = ann.send(path, data=TYPED, headers=PART).text
    ann.send(path, data=TYPED | {"do": "send", "version": "2"})

    assert "Ask for approval" in part
    assert "Send to" not in part
    alert = kept(client, path)["sent_as"]
    state = client.get(f"/v1/newsroom/notifications/{alert}", headers=EDITOR).get_json()["state"]
    assert state == "awaiting_approval"

    late = ann.send(path, data=TYPED | {"title": "Typed in another tab"})
    assert kept(client, late.location.partition("?")[0])["content"]["title"].startswith("Typed")


def test_a_test_is_shown_on_the_phones_that_were_chosen(
    client: FlaskClient, ann: Person, work: Callable[[], None], provider: Provider
) -> None:
    mine, _reader = register(client, TAG), register(client, TAG)
    client.put(f"/v1/newsroom/devices/{mine.id}", headers=EDITOR)
    path = begun(ann)

    nobody = ann.send(path, data=TYPED | {"do": "try"})
    done = ann.send(path, data=TYPED | {"do": "try", "phones": mine.id, "version": "2"})
    work()

    assert (nobody.status_code, done.status_code) == (422, 303)
    assert list(provider.addresses) == [mine.address]


def test_a_template_begins_the_next_alert_and_can_be_brought_back(
    client: FlaskClient, ann: Person
) -> None:
    path = begun(ann)
    ann.send(path, data=TYPED | {"do": "template", "template_name": "Storms"})
    [template] = client.get(
        "/v1/newsroom/drafts", headers=EDITOR, query_string={"kind": "template"}
    ).get_json()["drafts"]
    article = publish(client, title="Rain", tags=["Rain"])

    content = kept(client, begun(ann, template=template["id"], article=article["id"]))["content"]
    assert (content["title"], content["urgency"]) == ("Rain", "breaking")
    assert content["audience"]["any"] == [TAG, "tag:Rain"]

    removed = ann.send(f"{DRAFTS}/{template['id']}/remove")
    assert "Bring it back" in ann.get(removed.location).text
    assert "Storms" not in ann.get(START).text
    ann.send(f"{DRAFTS}/{template['id']}/restore")
    assert "Storms" in ann.get(START).text


def test_a_language_is_a_tab_with_fields_of_its_own(client: FlaskClient, ann: Person) -> None:
    register(client, TAG, locale="ar")
    path = begun(ann)

    wrong = ann.send(path, data=TYPED | {"do": "language", "language": "a b"})
    added = ann.send(path, data=TYPED | {"do": "language", "language": "ar"})
    text = {"title:ar": "إغلاق الجسر", "body:ar": "حتى الظهر.", "version": "3"}
    page = ann.get(added.location).text
    part = ann.send(path, data=TYPED | text, headers=PART)

    assert 'name="title:ar"' in page
    assert wrong.status_code == 422
    assert '<div class="phones" dir="rtl">' in part.text
    assert kept(client, path)["content"]["variants"]["ar"]["title"] == "إغلاق الجسر"


def test_topics_are_found_as_they_are_typed(client: FlaskClient, ann: Person) -> None:
    register(client, "tag:Harbour")

    found = ann.get("/console/alerts/topics?topic_q=harb&topic=breaking", headers=PART).text

    assert re.search(r'value="breaking" checked>', found)
    assert re.search(r'value="tag:Harbour">.*?>1<', found)
    assert 'value="category:world"' in ann.get("/console/alerts/topics?topic_q=wor").text


@pytest.mark.parametrize(
    "content",
    [
        {"urgency": "normal"},
        {"title": "A", "body": "B\nC", "urgency": "breaking", "insist": True},
        {"urgency": "normal", "level": "important", "send_at": "2026-03-02T12:00:00+00:00"},
        {
            "urgency": "normal",
            "expires_in_s": 3600,
            "deliver_at": "08:00",
            "variants": {"ar": {"title": "ج", "body": ""}},
            "audience": {
                "any": [TAG, "breaking"],
                "all": ["tag:Storm"],
                "none": ["source:herald"],
                "platforms": ["ios"],
                "countries": ["KR", "JP"],
                "app_version": {"min": "4.2"},
            },
        },
    ],
)
def test_the_fields_of_a_draft_say_it_again(content: dict[str, Any]) -> None:
    assert content_typed(fields_of(content, str), _instant) == content


def _instant(typed: str) -> datetime | None:
    return datetime.fromisoformat(typed) if typed else None


def test_an_alert_that_was_withheld_is_begun_anew_for_everybody(
    client: FlaskClient, ann: Person, work: Callable[[], None], provider: Provider
) -> None:
    reader, title = register(client, TAG), "The bridge is closed"
    earlier, withheld = (
        publish(client, source=source, title=title, tags=["Harbour"], breaking=True)
        for source in ("herald", "courier")
    )
    work()
    page = ann.get(f"/console/alerts/{withheld['notification_id']}").text
    assert f'href="/console/alerts/{earlier["notification_id"]}"' in page
    assert "Send it all the same" in page
    assert "withheld from 1" in ann.get(f"/console/articles/{withheld['id']}").text

    draft = begun(ann, alert=withheld["notification_id"])
    content = kept(client, draft)["content"]
    assert (content["title"], content["insist"]) == (title, True)
    assert (content["article_id"], content["urgency"]) == (withheld["id"], "breaking")
    assert TAG in content["audience"]["any"]
    assert provider.addresses == {reader.address: 1}
