"""The desk says about how many many readers are, and exactly as soon as they are counted."""

import re
import threading
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from push.console.counting import HOLDS, ExactCounts
from push.editorial.warnings import Readers
from tests.conftest import START as NOW
from tests.conftest import Clock
from tests.factories import publish, register
from tests.people import Person
from tests.push.console.test_compose import PART, TYPED, begun
from tests.push.editor import TAG
from tests.push.many_readers import register_many

MANY = 40_000
REACHED = "Reaches 36,000"
DRAFT = TYPED | {"topic": [TAG, "tag:Storm"], "loudness": "normal", "page": "hers"}


@pytest.fixture(autouse=True)
def newsroom(app: Flask, client: FlaskClient, clock: Clock) -> None:
    publish(client, tags=["Harbour", "Storm", "Ferry"])
    with app.app_context():
        register_many(MANY, TAG, "tag:Storm", now=clock.now)


def typed(ann: Person, path: str, **fields: Any) -> str:
    return str(ann.send(path, data=DRAFT | fields, headers=PART).text)


def asked_next(part: str) -> str:
    """Where the part asks for the exact numbers by itself."""
    found = re.search(r'id="readers" data-hx-get="([^"]+)"', part)
    assert found, part
    return unescape(found[1])


def test_the_estimate_is_replaced_by_the_exact_number_while_nobody_acts(ann: Person) -> None:
    path = begun(ann)

    part = typed(ann, path)
    exact = ann.get(asked_next(part), headers=PART)

    assert re.search(r"Reaches about \d\d,000", part)
    assert re.search(r"Android about \d\d,000", part)
    assert re.search(r"about [\d,]+</span> They have no address", part)
    assert re.search(r'value="send" disabled>Send to about', part)
    assert exact.status_code == 200
    assert REACHED in exact.text
    assert "4,000</span> They have no address" in exact.text
    assert 'value="send">Send to 36,000' in exact.text
    assert "about" not in exact.text
    assert "hx-get" not in exact.text


def test_what_is_counted_stays_known_while_words_are_written(ann: Person, clock: Clock) -> None:
    path = begun(ann)
    ann.get(asked_next(typed(ann, path)), headers=PART)

    assert REACHED in typed(ann, path, title="Bridge closed until noon", body="Go around.")
    assert "Reaches about" in typed(ann, path, title="Bridge", editions="uk")
    assert REACHED in typed(ann, path, title="Bridge")
    clock.forward(seconds=HOLDS.total_seconds())
    assert "Reaches about" in typed(ann, path, title="Bridge")


def test_a_draft_that_was_changed_since_is_answered_nothing(ann: Person) -> None:
    path = begun(ann)
    before = asked_next(typed(ann, path))
    after = asked_next(typed(ann, path, title="Bridge"))

    assert ann.get(before, headers=PART).status_code == 204
    assert REACHED in ann.get(after, headers=PART).text
    ann.send(path, data=DRAFT | {"do": "send", "version": "3"})
    assert ann.get(after, headers=PART).status_code == 204


def test_who_is_rare_is_never_said_to_be_nobody(ann: Person) -> None:
    path = begun(ann)

    part = typed(ann, path, editions="rare")
    exact = ann.get(asked_next(part), headers=PART).text

    assert "Reaches few or nobody" in part
    assert "It would be sent to nobody." not in part
    assert 'value="send" disabled>Send<' in part
    assert "Reaches 1<" in exact
    assert 'value="send">Send to 1<' in exact


def test_without_script_all_are_counted_where_an_editor_asks(ann: Person) -> None:
    path = begun(ann)
    typed(ann, path)

    page = ann.get(path).text
    counted = ann.send(path, data=DRAFT | {"do": "count"})
    exact = ann.get(counted.location.partition("#")[0]).text

    assert re.search(r'<noscript>.*value="count".*</noscript>', page)
    assert "Reaches about" in page
    assert REACHED in exact
    assert "<noscript>" not in exact.partition("<main")[2]


def test_a_small_audience_is_exact_at_once(client: FlaskClient, ann: Person) -> None:
    register(client, "tag:Ferry")

    part = typed(ann, begun(ann), topic=["tag:Ferry"])

    assert "Reaches 1<" in part
    assert "about" not in part


def readers(audience: int) -> Readers:
    return Readers(audience=audience, by_platform={}, excluded={}, held=0, reachable=0, asleep=0)


def test_a_process_counts_one_audience_at_a_time_and_each_once() -> None:
    counts, begins, ends = ExactCounts(), threading.Event(), threading.Event()

    def slowly() -> Readers:
        begins.set()
        assert ends.wait(30)
        return readers(1)

    def again() -> Readers:
        raise AssertionError("it was counted twice")

    first = threading.Thread(target=counts.counted, args=("a", NOW, slowly), kwargs={"waits": True})
    first.start()
    assert begins.wait(30)

    assert counts.counted("a", NOW, again, waits=False) is None
    assert counts.counted("b", NOW, again, waits=False) is None
    ends.set()
    waited = counts.counted("a", NOW, again, waits=True)
    first.join()

    assert waited == readers(1)
    assert counts.known("a", NOW) == readers(1)
    assert counts.counted("b", NOW, lambda: readers(2), waits=False) == readers(2)


def test_a_count_that_fails_keeps_no_other_from_being_made() -> None:
    counts = ExactCounts()

    def fails() -> Readers:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        counts.counted("a", NOW, fails, waits=False)

    assert counts.counted("a", NOW, lambda: readers(3), waits=False) == readers(3)
