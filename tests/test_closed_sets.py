"""What the schemas call a closed set is what the code can say, no more and no less."""

import re
from inspect import getsource
from typing import get_args

import pytest

from backend.ingest import poller, source_state
from backend.ingest.parsing.parse import parse_feed
from backend.tagging import learning
from backend.tagging.pairs import PairRule
from backend.tagging.salience import Place
from backend.tagging.service import BY_PUBLISHER
from backend.webhooks import deliverer
from backend.webhooks.service import BY_EDITOR
from deeplinks.downloads.landing import PHONES
from push.audience import policy, segment
from push.editorial.display import SURFACES
from push.store.pause_reasons import OUR_KEY, VAPID, reason_of
from schemas import values
from schemas.audience import PLATFORMS


def test_why_a_tag_is_there() -> None:
    learned = learning.BY_PUBLISHERS, learning.BY_REPETITION, learning.BY_SHORT_FORM
    said = {*get_args(Place), *get_args(PairRule), BY_PUBLISHER, learning.BY_KEYWORD, *learned}

    assert said | {"editor"} == {*values.TAG_RULES}


def test_why_something_is_paused() -> None:
    assert {OUR_KEY, VAPID, *map(reason_of, PLATFORMS)} == {*values.PAUSES}
    assert {*source_state.WANTED, poller.GONE} == {*values.SOURCE_PAUSES}
    assert {BY_EDITOR, deliverer.GONE} == {*values.WEBHOOK_PAUSES}


def test_why_a_reader_is_not_sent_an_alert() -> None:
    decided = set(re.findall(r'(?:return|Decision\()\s*"(\w+)"', getsource(policy)))
    of_parts = set(re.findall(r'return "(\w+)"', getsource(segment)))
    by_fact = {f"{word}{fact}" for fact in ("country", "edition") for word in ("", "unknown_")}
    held, outside = {"quiet", "local_time"}, {"left", "same_story"}

    assert (decided - held) | of_parts | by_fact | outside == {*values.SKIPS}


def test_where_an_alert_is_seen_and_where_the_app_comes_from() -> None:
    assert {surface.name for surface in SURFACES} == {*values.SURFACES}
    assert {*PHONES} == {*values.STORES}


@pytest.mark.parametrize("version", ["", "0.91", "0.92", "2.0", "2.0.1", "3", "nonsense", "1.0"])
def test_an_odd_version_of_rss_is_one_that_is_known(version: str) -> None:
    item = "<item><title>Rain</title><link>https://herald.example/1</link></item>"
    document = f'<rss version="{version}"><channel><title>P</title>{item}</channel></rss>'

    assert parse_feed(document.encode()).kind in values.FEED_FORMATS
