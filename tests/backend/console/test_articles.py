"""Articles in the console: found, read, mended, tagged, taken down, by two editors at once."""

import html
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import EDITOR
from tests.factories import publish
from tests.people import Person, person

LIST = "/console/articles"


@pytest.fixture
def ann(app: Flask) -> Person:
    return person(app, "ann", "editor")


@pytest.fixture
def made(client: FlaskClient) -> dict[str, Any]:
    return publish(
        client,
        external_id="feeds/1",
        title="Ferries sail again",
        summary="The strike is over.",
        url="https://herald.example/ferries",
        tags=["Harbour"],
    )


def found(somebody: Person, **query: str) -> list[str]:
    """The titles in the list."""
    answer = somebody.get(LIST, query_string=query)
    assert answer.status_code == 200, answer.text
    return [html.unescape(each) for each in re.findall(r"<h2[^>]*><a [^>]*>([^<]+)", answer.text)]


def send(somebody: Person, path: str, **form: str) -> TestResponse:
    return somebody.send(f"{LIST}/{path}", data=form)


def fields_of(page: str) -> dict[str, str]:
    """What a form holds, as a browser sends it."""
    texts = re.findall(r'<textarea id="(\w+)"[^>]*>\n(.*?)</textarea>', page, re.DOTALL)
    inputs = re.findall(r'<input [^>]*name="(\w+)"[^>]* value="([^"]*)"', page)
    kept = [pair for pair in inputs if pair[0] not in {"csrf", "breaking", "corrected"}]
    return {name: html.unescape(value) for name, value in [*kept, *texts]}


def form_of(somebody: Person, article_id: str) -> dict[str, str]:
    return fields_of(somebody.get(f"{LIST}/{article_id}/edit").text)


def read(client: FlaskClient, article_id: str) -> dict[str, Any]:
    answer = client.get(f"/v1/newsroom/articles/{article_id}", headers=EDITOR)
    values: dict[str, Any] = answer.get_json()
    return values


@pytest.mark.parametrize(
    "words",
    [
        "ferries",
        "https://herald.example/ferries",
        "http://herald.example/ferries/?utm_source=mail#top",
        "herald/feeds/1",
        "{id}",
        "{url}",
    ],
)
def test_an_article_is_found_by_whatever_names_it(
    client: FlaskClient, ann: Person, made: dict[str, Any], words: str
) -> None:
    publish(client, title="Snow", url="https://herald.example/snow")

    assert found(ann, q=words.format(**made)) == ["Ferries sail again"]


def test_the_list_is_filtered_and_read_page_by_page(client: FlaskClient, ann: Person) -> None:
    for number in range(25):
        publish(client, source="herald" if number % 2 else "mint", title=f"Rain {number}")
    gone = publish(client, title="Gone", tags=["Harbour"])["id"]
    client.delete(f"/v1/newsroom/articles/{gone}", headers=EDITOR)

    assert found(ann, state="taken_down") == ["Gone"]
    assert found(ann, tag="#harbour") == ["Gone"]
    assert len(found(ann, source="mint")) == 13
    assert found(ann, since="2026-03-03") == []
    first = ann.get(LIST).text
    older = html.unescape(re.search(r'href="([^"]+)" rel="next"', first)[1])  # type: ignore[index]
    seen = re.findall(r"Rain \d+<", first) + re.findall(r"Rain \d+<", ann.get(older).text)
    assert len(seen) == len(set(seen)) == 25


@pytest.mark.parametrize("query", [{"tag": "Nothing"}, {"since": "yesterday"}, {"state": "odd"}])
def test_a_filter_that_cannot_be_used_is_named_and_kept(ann: Person, query: dict[str, str]) -> None:
    answer = ann.get(LIST, query_string={"q": "storm", **query})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert 'value="storm"' in answer.text


def test_the_page_says_why_an_article_has_its_tags(ann: Person, made: dict[str, Any]) -> None:
    shown = ann.get(f"{LIST}/{made['id']}")

    assert "The publisher gave it." in shown.text
    assert "The strike is over." in shown.text
    assert "img-src 'self' https:" in shown.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("corrected", "told"), [("no", False), ("yes", True)])
def test_a_change_is_a_correction_or_mended_silently(
    client: FlaskClient, ann: Person, made: dict[str, Any], corrected: str, *, told: bool
) -> None:
    form = form_of(ann, made["id"]) | {"title": "Ferries sail today", "corrected": corrected}
    answer = send(ann, f"{made['id']}/edit", **form)

    assert answer.status_code == 303
    public = client.get(f"/v1/articles/{made['id']}").get_json()
    assert public["title"] == "Ferries sail today"
    assert (public["corrected_at"] is not None) == told
    assert "<del>again</del><ins>today</ins>" in ann.get(f"{LIST}/{made['id']}").text


def test_saving_what_was_not_changed_changes_nothing(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    send(ann, f"{made['id']}/edit", **form_of(ann, made["id"]), corrected="no")

    assert read(client, made["id"])["versions"] == []


def test_the_second_of_two_editors_sees_the_first_ones_change_and_loses_nothing(
    app: Flask, client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    bob = person(app, "bob", "editor")
    hers, his = form_of(ann, made["id"]), form_of(bob, made["id"])
    send(ann, f"{made['id']}/edit", **hers | {"title": "Ferries sail at noon", "category": "Sea"})

    late = send(bob, f"{made['id']}/edit", **his | {"title": "Ferries", "summary": "It ends."})

    assert late.status_code == 409
    assert "<ins>at noon</ins>" in " ".join(late.text.split()).replace("</ins> <ins>", " ")
    assert "ann" in late.text
    assert read(client, made["id"])["title"] == "Ferries sail at noon"
    form = fields_of(late.text)
    assert (form["title"], form["summary"], form["category"]) == ("Ferries", "It ends.", "Sea")
    assert send(bob, f"{made['id']}/edit", **form).status_code == 303
    assert read(client, made["id"])["title"] == "Ferries"


def test_what_is_wrong_of_an_old_version_does_not_make_it_a_new_one(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    form = form_of(ann, made["id"]) | {"title": "Mine", "url": "ftp://x"}
    client.patch(f"/v1/newsroom/articles/{made['id']}", headers=EDITOR, json={"title": "Theirs"})
    wrong = send(ann, f"{made['id']}/edit", **form)
    assert wrong.status_code == 422

    again = fields_of(wrong.text) | {"url": "https://herald.example/x"}
    assert send(ann, f"{made['id']}/edit", **again).status_code == 409


def test_a_form_that_cannot_be_taken_names_the_field_and_stays_as_typed(
    ann: Person, made: dict[str, Any]
) -> None:
    form = form_of(ann, made["id"]) | {"url": "ftp://x", "summary": "Kept words"}
    answer = send(ann, f"{made['id']}/edit", **form)

    assert answer.status_code == 422
    assert "Address at the publisher:" in answer.text
    assert "Kept words" in answer.text


def test_a_tag_is_added_taken_away_and_put_back(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    here = f"{made['id']}/tags"
    send(ann, f"{here}/add", name="#Ferry")
    send(ann, f"{here}/remove", name="Harbour")
    assert read(client, made["id"])["tags"] == ["Ferry"]

    send(ann, f"{here}/add", name="Harbour")
    assert set(read(client, made["id"])["tags"]) == {"Ferry", "Harbour"}
    refused = send(ann, f"{here}/add", name="!!!")
    assert refused.status_code == 422
    assert 'value="!!!"' in refused.text
    assert 'value="Ferry"' in ann.get(f"{LIST}/tags", query_string={"name": "fe"}).text


def test_a_tag_is_forbidden_after_its_numbers_were_shown_and_allowed_again(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    publish(client, source="mint", tags=["Harbour"])
    here = f"{made['id']}/tags"
    shown = ann.get(f"{LIST}/{here}/forbid", query_string={"name": "Harbour"}).text
    assert "1 article loses it." in shown
    assert "2 articles lose it." in shown

    answer = send(ann, f"{here}/forbid", name="Harbour", where="source")
    assert read(client, made["id"])["tags"] == []
    assert "Take that back" in ann.get(answer.location).text
    assert send(ann, f"{here}/add", name="Harbour").status_code == 422
    send(ann, f"{here}/allow", name="Harbour")
    assert send(ann, f"{here}/add", name="Harbour").status_code == 303


def test_a_takedown_needs_its_word_and_can_be_undone(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    form = {"cause": "mistake", "text": "Withdrawn by the desk.", "reason": "twice"}
    refused = send(ann, f"{made['id']}/takedown", **form, typed="yes")
    assert refused.status_code == 422
    assert "Withdrawn by the desk." in refused.text
    assert client.get(f"/v1/articles/{made['id']}").status_code == 200

    send(ann, f"{made['id']}/takedown", **form, typed=" Take down ")
    gone = client.get(f"/v1/articles/{made['id']}")
    assert gone.status_code == 410
    assert "Withdrawn by the desk." in gone.text
    assert send(ann, f"{made['id']}/edit", title="x").status_code == 422
    send(ann, f"{made['id']}/restore")
    assert client.get(f"/v1/articles/{made['id']}").status_code == 200


def test_a_source_is_never_shown_again(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    send(ann, f"{made['id']}/takedown", cause="rights", typed="take down", block_source="yes")

    refused = client.put(
        "/v1/newsroom/articles/herald/2",
        headers=EDITOR,
        json={"title": "x", "url": "https://herald.example/2"},
    )
    assert refused.status_code == 410
    assert send(ann, f"{made['id']}/restore").status_code == 422


def test_what_a_blocked_source_would_be_refused_is_not_offered(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    held = publish(client, embargo_until="2026-03-02T20:00:00Z")
    source, feed = "/v1/newsroom/sources/herald", "https://herald.example/feed"
    client.put(source, headers=EDITOR, json={"feed_url": feed, "paused": True})
    send(ann, f"{made['id']}/takedown", cause="mistake", typed="take down")
    offered = {"/console/sources/herald": "Poll again", f"{LIST}/{made['id']}": "Put it back"}
    offered |= {f"{LIST}/{held['id']}": "Publish it now"}
    assert all(said in ann.get(path).text for path, said in offered.items())

    client.put(source, headers=EDITOR, json={"blocked": True})

    assert not any(said in ann.get(path).text for path, said in offered.items())
    assert "an editor blocked it" in ann.get(f"{LIST}/{made['id']}").text
    client.put(source, headers=EDITOR, json={"blocked": False})
    assert all(said in ann.get(path).text for path, said in offered.items())


def test_an_article_is_written_by_hand_held_back_and_published(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    form = fields_of(ann.get(f"{LIST}/new").text)
    typed = {"source": "herald", "title": "By hand", "url": "https://herald.example/hand"}
    typed["authors"] = "Ann Lee https://herald.example/ann"
    refused = send(ann, "new", **form | {**typed, "url": "", "body_text": "One.\r\n\r\nTwo."})
    assert refused.status_code == 422
    form = fields_of(refused.text)
    assert form["body_text"].split() == ["One.", "Two."]

    done = send(ann, "new", **form | typed)
    again = send(ann, "new", **form | typed)

    assert done.location.partition("?")[0] == again.location.partition("?")[0]
    article_id = done.location.split("/")[3].partition("?")[0]
    shown = read(client, article_id)
    assert shown["body_html"] == "<p>One.</p><p>Two.</p>"
    assert shown["authors"] == [{"name": "Ann Lee", "url": "https://herald.example/ann"}]


def test_an_embargo_is_moved_and_ended(client: FlaskClient, ann: Person) -> None:
    held = publish(client, embargo_until="2026-03-02T18:00:00Z")["id"]
    send(ann, f"{held}/embargo", until="2026-03-02T20:00")
    assert read(client, held)["embargo_until"] == "2026-03-02T20:00:00Z"
    assert send(ann, f"{held}/embargo", until="soon").status_code == 422

    send(ann, f"{held}/embargo", now="yes")
    assert client.get(f"/v1/articles/{held}").status_code == 200


def test_what_is_kept_stays_whatever_its_source_sends(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    send(ann, f"{made['id']}/keep", keep="yes")
    publish(client, external_id="feeds/1", title="Other words")
    assert read(client, made["id"])["title"] == "Ferries sail again"

    send(ann, f"{made['id']}/keep", keep="no")
    publish(client, external_id="feeds/1", title="Other words")
    assert read(client, made["id"])["title"] == "Other words"


def test_an_article_is_put_on_top_of_a_list_and_taken_off(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    send(ann, f"{made['id']}/pin", topic="tag:Harbour", until="2026-03-02T18:00")
    assert read(client, made["id"])["pins"][0]["until"] == "2026-03-02T18:00:00Z"
    assert send(ann, f"{made['id']}/pin", topic="home", until="soon").status_code == 422

    send(ann, f"{made['id']}/unpin", topic="tag:Harbour")
    assert read(client, made["id"])["pins"] == []


def test_what_a_change_would_do_is_shown_before_it_is_saved(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    form = form_of(ann, made["id"]) | {"title": "Ferries stop", "corrected": "yes", "look": "yes"}
    seen = send(ann, f"{made['id']}/edit", **form)

    assert seen.status_code == 200
    assert "Readers are told of a correction." in seen.text
    assert fields_of(seen.text)["title"] == "Ferries stop"
    assert read(client, made["id"])["title"] == "Ferries sail again"


def test_a_tag_is_offered_whose_articles_are_all_down(
    client: FlaskClient, ann: Person, made: dict[str, Any]
) -> None:
    publish(client, external_id="only", title="Of the quay", tags=["Quayside"])
    publish(client, external_id="held", tags=["Quarry"], embargo_until="2026-03-03T12:00:00Z")
    client.delete("/v1/newsroom/articles/herald/only", headers=EDITOR)

    offered = ann.get(f"{LIST}/tags", query_string={"name": "qua"}).text

    assert 'value="Quayside"' in offered
    assert "Quarry" not in offered


def test_an_alert_about_an_article_begins_with_its_words(ann: Person, made: dict[str, Any]) -> None:
    shown = ann.get(f"{LIST}/{made['id']}").text
    action = re.search(r'<form id="begin-alert" method="post" action="([^"]+)"', shown)
    assert action is not None

    begun = ann.send(action[1], data={"article": made["id"]})

    assert begun.status_code == 303
    assert "Ferries sail again" in ann.get(begun.location).text


def test_a_publisher_sees_and_changes_articles_of_its_sources_alone(
    app: Flask, client: FlaskClient, made: dict[str, Any]
) -> None:
    theirs = publish(client, source="mint", title="Of Mint")["id"]
    guest = person(app, "guest", "publisher", "mint")

    assert found(guest) == ["Of Mint"]
    assert guest.get(LIST, query_string={"source": "herald"}).status_code == 403
    for path in ("", "/edit", "/takedown"):
        assert guest.get(f"{LIST}/{made['id']}{path}").status_code == 403
    form = form_of(guest, theirs) | {"title": "Mended", "breaking": "yes"}
    assert send(guest, f"{theirs}/edit", **form).status_code == 403
    del form["breaking"]
    assert send(guest, f"{theirs}/edit", **form).status_code == 303
    assert send(guest, f"{made['id']}/edit", **form).status_code == 403
    new = {"source": "herald", "external_id": "x", "title": "x", "url": "https://herald.example/x"}
    assert send(guest, "new", **new).status_code == 403
    down = {"cause": "mistake", "typed": "take down", "block_source": "yes"}
    assert send(guest, f"{theirs}/takedown", **down).status_code == 403
