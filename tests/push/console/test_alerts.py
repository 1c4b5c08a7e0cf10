"""The alert desk: what waits, the second person, taking back, recalling, correcting, halting."""

import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from flask import Flask
from flask.testing import FlaskClient

from backend.text.catalogue import translations
from backend.text.page_languages import LANGUAGES, SOURCE
from push.console import draft_changes, draft_words, words
from push.delivery.retention import forget_recipients
from push.editorial.difference import changes_between, pieces_between
from schemas import values
from tests.conftest import EDITOR, Clock
from tests.factories import publish, register
from tests.people import Person, person
from tests.push.conftest import LOST, Provider
from tests.push.editor import NOTIFICATIONS, TAG, alert, read

pytestmark = pytest.mark.usefixtures("tagged")

ROOT = Path(__file__).parents[3]
# Of `dist/uPlot.iife.min.js` in uplot 1.6.32 on npm.
UPLOT = "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f"
Work = Callable[[], None]
HALT = "/console/alerts/halt"


def write(ann: Person, **fields: Any) -> str:
    """An alert of Ann's that needs a second person; the path of its page."""
    body = {"title": "Bridge closed", "body": "Until noon.", "urgency": "normal", "topics": [TAG]}
    answer = ann.send(NOTIFICATIONS, json=body | {"approval": True} | fields)
    assert answer.status_code == 202, answer.text
    return f"/console/alerts/{answer.get_json()['id']}"


def hash_on(page: str) -> str:
    found = re.search(r'name="content_hash" value="(\w+)"', page)
    assert found is not None
    return found[1]


def state(client: FlaskClient, path: str) -> str:
    return str(read(client, path.rpartition("/")[2])["state"])


def test_what_waits_stands_first_and_leads_who_may_to_their_decision(
    client: FlaskClient, ann: Person, bob: Person
) -> None:
    alert(client, title="Sent before")
    write(ann, title="Waits for somebody", send_at="2026-03-02T18:00:00Z")
    write(ann, title="Leaves at six", approval=False, send_at="2026-03-02T18:00:00Z")

    to_bob, to_ann = bob.get("/console/alerts").text, ann.get("/console/alerts").text

    assert to_bob.index("Waits for somebody") < to_bob.index("Leaves at six")
    assert "Read and decide" in to_bob
    assert "Read and decide" not in to_ann
    assert "You wrote a part of it: somebody else approves it." in to_ann
    scheduled = bob.get("/console/alerts?state=scheduled").text
    assert "Leaves at six" in scheduled
    assert "Waits for somebody" not in scheduled


def test_the_list_is_read_page_by_page_and_by_article(client: FlaskClient, ann: Person) -> None:
    article = publish(client, title="Storm", tags=["Harbour"])
    for number in range(31):
        made = alert(client, title=f"Alert no. {number:02}")
        client.post(f"{NOTIFICATIONS}/{made['id']}/recall", headers=EDITOR)
    alert(client, title="About the storm", article_id=article["id"])

    first = ann.get("/console/alerts").text
    following = re.search(r'href="(/console/alerts\?[^"]+)" rel="next"', first)
    assert following is not None
    second = ann.get(following[1].replace("&amp;", "&")).text
    found = re.findall(r"Alert no\. \d\d", first + second)
    about = ann.get(f"/console/alerts?article=https://news.test/article/{article['id']}/storm").text

    assert sorted(set(found)) == [f"Alert no. {number:02}" for number in range(31)]
    assert "About the storm" in about
    assert "Alert no." not in about
    assert ann.get("/console/alerts?article=nothing").status_code == 422
    assert ann.get("/console/alerts?cursor=nothing").status_code == 400


def test_a_second_person_reads_what_changed_and_approves_exactly_that(
    client: FlaskClient, work: Work, provider: Provider, ann: Person, bob: Person
) -> None:
    register(client, TAG)
    path = write(ann)
    own = ann.get(path).text
    assert "nobody approves their own" in own
    assert ann.send(f"{path}/approve").status_code == 403
    before = hash_on(bob.get(path).text)
    ann.send(f"{path}/edit", data={"title": "Bridge open", "body": "Until noon."})

    late = bob.send(f"{path}/approve", data={"content_hash": before})
    page = bob.get(path).text
    assert late.status_code == 409
    assert "It was edited since you looked; read it again." in late.text
    assert "<del>closed</del> <ins>open</ins>" in page

    assert bob.send(f"{path}/approve", data={"content_hash": hash_on(page)}).status_code == 303
    work()
    assert [message["notification"]["title"] for message in provider.messages] == ["Bridge open"]


def test_what_is_sent_back_waits_for_its_writer_and_then_for_approval_again(
    client: FlaskClient, ann: Person, bob: Person
) -> None:
    path = write(ann)
    assert bob.send(f"{path}/send-back", data={"note": " "}).status_code == 422

    bob.send(f"{path}/send-back", data={"note": "Which bridge?"})

    assert state(client, path) == "sent_back"
    assert "Which bridge?" in ann.get("/console/alerts").text
    assert "Approve it" not in bob.get(path).text
    approved = bob.send(f"{path}/approve")
    assert approved.status_code == 409
    ann.send(f"{path}/edit", data={"title": "Harbour bridge closed", "body": "Until noon."})
    assert state(client, path) == "awaiting_approval"
    again = bob.get(path).text
    assert "<ins>Harbour bridge</ins>" in again
    assert "Which bridge?" in again
    assert ann.send(f"{path}/send-back", data={"note": "x"}).status_code == 403


def test_programs_read_the_difference_the_looks_and_send_back_too(
    client: FlaskClient, ann: Person, bob: Person
) -> None:
    one = f"{NOTIFICATIONS}/{write(ann).rpartition('/')[2]}"
    assert bob.get(f"{one}/difference").get_json() == {"changes": []}

    sent_back = bob.send(f"{one}/send-back", json={"note": "Which bridge?"}).get_json()
    ann.send(one, method="PATCH", json={"title": "Bridge open", "topics": ["source:herald"]})

    assert (sent_back["state"], sent_back["sent_back"]["by"]) == ("sent_back", "bob")
    changes = bob.get(f"{one}/difference").get_json()["changes"]
    found = {each["field"]: (each["before"], each["after"]) for each in changes}
    assert found["title"] == ("Bridge closed", "Bridge open")
    assert found["audience.any_of"] == ([TAG], ["source:herald"])
    looks = bob.get(f"{one}/preview").get_json()["texts"][0]["platforms"]["ios"]["looks"]
    assert looks[0]["title"]["text"] == "Bridge open"
    assert bob.send(f"{one}/send-back", json={"note": ""}).status_code == 422


def test_what_has_not_begun_is_taken_back_with_one_click(
    client: FlaskClient, work: Work, provider: Provider, ann: Person
) -> None:
    register(client, TAG)
    path = write(ann, approval=False, send_at="2026-03-02T12:00:10Z")

    done = ann.send(f"{path}/take-back")
    work()

    assert "Nobody was sent it." in ann.get(done.location).text
    assert (state(client, path), provider.messages) == ("recalled", [])


def test_a_recall_shows_its_numbers_and_has_to_be_typed(
    client: FlaskClient, work: Work, provider: Provider, ann: Person
) -> None:
    register(client, TAG)
    path = write(ann, approval=False)
    work()

    page = ann.get(path).text
    untyped = ann.send(f"{path}/recall", data={"typed": "yes"})

    assert '<span data-value="counts.accepted">1</span>' in page
    assert untyped.status_code == 422
    assert state(client, path) == "sent"
    ann.send(f"{path}/recall", data={"typed": "Recall "})
    assert state(client, path) == "recalled"


def test_a_correction_stands_beside_what_it_replaces(
    client: FlaskClient, work: Work, provider: Provider, ann: Person
) -> None:
    register(client, TAG)
    variants = {"ko": {"title": "다리 폐쇄", "body": ""}}
    path = write(ann, approval=False, variants=variants)
    work()
    page = ann.get(f"{path}/correct").text
    assert '<p class="look-title" dir="auto">Bridge closed</p>' in page
    assert 'name="title:ko" value="다리 폐쇄"' in page

    empty = ann.send(f"{path}/correct", data={"title": " ", "body": "Kept as typed."})
    assert empty.status_code == 422
    assert "Kept as typed." in empty.text
    texts = {"title": "Bridge open", "body": "", "title:ko": "다리 개방", "body:ko": ""}
    done = ann.send(f"{path}/correct", data=texts)
    work()

    correction = read(client, done.location.partition("?")[0].rpartition("/")[2])
    assert correction["variants"] == {"ko": {"title": "다리 개방", "body": ""}}
    assert provider.messages[-1]["notification"]["title"] == "Bridge open"


def test_the_unsure_are_sent_it_once_more(
    client: FlaskClient, work: Work, provider: Provider, clock: Clock, ann: Person
) -> None:
    provider.answer(register(client, TAG).address, LOST)
    path = write(ann, approval=False)
    for _ in range(40):
        work()
        clock.forward(hours=1)

    ann.log_in()
    page = ann.get(path).text
    assert "Repeat it to 1 unsure" in page
    repeated = ann.send(f"{path}/repeat")
    assert f"/console/alerts/{path.rpartition('/')[2]}" in ann.get(repeated.location).text


def test_what_would_be_refused_is_not_offered(
    app: Flask, client: FlaskClient, work: Work, provider: Provider, clock: Clock, ann: Person
) -> None:
    provider.answer(register(client, TAG).address, LOST)
    register(client, TAG)
    article = publish(client)["id"]
    path = f"/console/alerts/{alert(client, article_id=article)['id']}"
    for _ in range(40):
        work()
        clock.forward(minutes=10)
    ann.log_in()
    assert all(each in ann.get(path).text for each in ("Repeat it to 1 unsure", "Correct it"))

    client.delete(f"/v1/newsroom/articles/{article}", headers=EDITOR)
    assert "Repeat it" not in ann.get(path).text
    assert ann.send(f"{path}/repeat").status_code == 409
    client.post(f"/v1/newsroom/articles/{article}/restore", headers=EDITOR)
    assert "Repeat it to 1 unsure" in ann.get(path).text

    clock.forward(days=5)
    with app.app_context():
        list(forget_recipients(now=clock.now))
    ann.log_in()
    page = ann.get(path).text
    assert not any(each in page for each in ("Repeat it", "Correct it"))


def test_every_page_of_the_console_leads_to_the_halt_and_says_when_there_is_one(
    client: FlaskClient, work: Work, provider: Provider, ann: Person
) -> None:
    register(client, TAG)
    assert f'href="{HALT}"' in ann.get("/console/account").text

    ann.send(HALT)
    write(ann, approval=False)
    work()

    assert provider.messages == []
    assert "All alerts are halted by ann." in ann.get("/console/account").text
    ann.send("/console/alerts/resume")
    work()
    assert len(provider.messages) == 1
    assert "All alerts are halted" not in ann.get("/console").text


@pytest.mark.parametrize("role", ["editor", "approver", "admin"])
def test_the_page_of_the_halt_offers_what_can_be_done(app: Flask, role: str) -> None:
    who = person(app, "cleo", role)

    assert "Halt everything now" in who.get(HALT).text
    who.send(HALT)
    halted = who.get(HALT).text
    assert "Halted by cleo" in halted
    assert "Halt everything now" not in halted


def test_the_first_load_of_a_live_alert_is_small_and_strangers_bring_none_of_it(
    ann: Person,
) -> None:
    page = ann.get(write(ann, send_at="2026-03-02T18:00:00Z"))
    parts = {*re.findall(r'(?:href|src)="(/static/[^"?]+)', page.text)}
    texts = [page.data, *((ROOT / "backend" / part.strip("/")).read_bytes() for part in parts)]

    assert sum(len(gzip.compress(each)) for each in texts) <= 60_000
    assert not re.search(r"<script>|<style|style=|\son\w+=", page.text)
    script = (ROOT / "backend/static/vendor/uplot/uPlot.iife.min.js").read_bytes()
    assert hashlib.sha256(script).hexdigest() == UPLOT


def test_every_state_and_reason_has_a_word() -> None:
    assert {*words.STATES} == {*values.STATES}
    assert {*words.FAILURES} == {*values.FAILURES}
    assert {*words.PAUSES} == {*values.PAUSES}
    assert {*words.SURFACES} == {*values.SURFACES}


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {SOURCE}))
def test_every_text_of_the_desk_is_translated(language: str) -> None:
    keywords = {"_": None, "text": None, "counted": (1, 2)}
    method = [("templates/**.html", "jinja2"), ("console/**.py", "python")]
    found = extract_from_dir(ROOT / "push", method, keywords=keywords)
    texts = {each[2] if isinstance(each[2], str) else each[2][0] for each in found}
    for table in (words.STATES, words.FAILURES, words.PAUSES, words.LEFT_OUT, words.PLATFORMS):
        texts |= {*table.values()}
    texts |= {*words.SURFACES.values(), *words.FIELDS.values(), *words.GROUPS.values()}
    texts |= {*draft_words.SURFACES.values(), *draft_words.LOUDNESS.values()}
    texts |= {*draft_words.WARNINGS.values()}
    texts |= {*draft_changes.NAMES.values()}

    assert len(texts) > 240
    catalog = translations(language)._catalog  # type: ignore[attr-defined]
    assert texts - {key[0] if isinstance(key, tuple) else key for key in catalog} == set()


def test_fields_inside_others_are_told_apart_and_what_is_empty_is_not_there() -> None:
    before = {"title": "A", "variants": {"ko": {"title": "가", "body": ""}}, "url": None}
    after = {"title": "A", "variants": {}, "url": "/"}

    assert changes_between(before, after) == [
        ("url", None, "/"),
        ("variants.ko.title", "가", None),
    ]


def test_both_texts_are_found_in_the_pieces() -> None:
    pieces = list(pieces_between("The bridge is closed now", "The old bridge is open now"))

    assert " ".join(p.text for p in pieces if p.kind != "new") == "The bridge is closed now"
    assert " ".join(p.text for p in pieces if p.kind != "gone") == "The old bridge is open now"
