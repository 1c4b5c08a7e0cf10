"""Identity: one article keeps one id through edits, moves to https and tracking parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.entry import Entry
from backend.ingest.identity import LONGEST_ID, canonical_url, external_ids


def entry(guid: str | None = None, link: str | None = None, title: str = "T") -> Entry:
    return Entry(
        guid=guid, link=link, title=title, summary=None, content=None, published="x", updated=None
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (entry("42", title="Old headline"), entry("42", title="New headline")),
        (entry("http://a.example/1"), entry("https://a.example/1")),
        (entry(None, "https://A.example/1?gclid=x#t"), entry(None, "https://a.example:443/1")),
        (entry(None, None, "Same  Title"), entry(None, None, "same title")),
    ],
)
def test_the_same_article_keeps_its_id(one: Entry, other: Entry) -> None:
    assert external_ids([one]) == external_ids([other])


def test_a_guid_that_everybody_has_names_nobody() -> None:
    shared = [entry("x", f"https://a.example/{number}") for number in range(5)]

    assert len(set(external_ids(shared))) == 5


def test_entries_without_guid_and_link_differ_by_title() -> None:
    assert len(set(external_ids([entry(title="A"), entry(title="B")]))) == 2


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTPS://News.Example:443/a?b=1&utm_medium=rss#c", "https://news.example/a?b=1"),
        ("http://news.example:8080", "http://news.example:8080/"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_an_address_has_one_spelling(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@given(st.text(max_size=400), st.text(max_size=400))
def test_every_id_fits_into_an_address_and_a_column(guid: str, link: str) -> None:
    (found,) = external_ids([entry(guid.strip() or None, link.strip() or None)])

    assert 0 < len(found) <= LONGEST_ID
    assert not found.startswith("/")
