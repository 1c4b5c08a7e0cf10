"""Identity: one article keeps one id through edits, moves to https and tracking parameters."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.ingest.identity import (
    LONGEST_ID,
    EntryId,
    KnownEntry,
    against_known,
    canonical_url,
    entry_ids,
    external_ids,
)
from backend.ingest.parsing.entry import Entry


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


LIVE = "https://a.example/live"


@pytest.mark.parametrize(
    "entries",
    [
        [entry(f"{LIVE}#{n}", LIVE, f"Entry {n}") for n in range(40)],
        [entry(f"{LIVE}?spm={n}", LIVE, f"Entry {n}") for n in range(5)],
        [entry("same", LIVE, f"Entry {n}") for n in range(5)],
        [entry(None, LIVE, f"Entry {n}") for n in range(5)],
        [replace(entry(title="Tides"), content=f"Day {n}") for n in range(3)],
        [entry(None, f"{LIVE}#{n}", "T") for n in range(1)] + [entry(None, None, "Other")],
    ],
)
def test_distinct_entries_of_a_document_stay_distinct(entries: list[Entry]) -> None:
    assert len(set(external_ids(entries))) == len(entries)


def test_an_entry_that_is_issued_again_under_another_fragment_is_one() -> None:
    again = [entry(f"{LIVE}#{n}", LIVE, "Same") for n in (0, 2)]

    assert len(set(external_ids(again))) == 1
    assert external_ids(again[:1]) == external_ids(again[1:])


def test_a_fragment_counts_when_another_article_is_known_without_it() -> None:
    (found,) = entry_ids([entry(f"{LIVE}#b", LIVE, "Second")])
    then, now = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    other, same = KnownEntry("First", then), KnownEntry("Second", then)

    assert against_known(found, "Second", now, {"a.example/live": same}) == "a.example/live"
    assert against_known(found, "Second", now, {"a.example/live": other}) == "a.example/live#b"


DAY = datetime(2026, 3, 2, tzinfo=UTC)
FERRY = "The ferry sails again after the storm, the port authority said on Monday."
BUDGET = "Councillors argue over the price of buses and put off the vote until May."


@pytest.mark.parametrize(
    ("title", "published_at", "lead", "is_same"),
    [
        ("Ferry", DAY, "", True),
        ("Buses", DAY, BUDGET, False),
        ("Ferry", datetime(2026, 3, 3, tzinfo=UTC), BUDGET, False),
        ("Ferry sails", DAY, FERRY.replace("Monday", "Tuesday"), True),
        ("Ferry", datetime(2026, 3, 3, tzinfo=UTC), f"{FERRY} More boats follow.", True),
        ("Buses", datetime(2026, 3, 3, tzinfo=UTC), FERRY, False),
    ],
)
def test_two_fragments_of_a_page_are_one_article_only_when_they_tell_the_same(
    title: str, published_at: datetime, lead: str, is_same: bool
) -> None:
    (found,) = entry_ids([entry(f"{LIVE}#b", LIVE, title)])
    known = {"a.example/live": KnownEntry("Ferry", DAY, FERRY)}

    settled = against_known(found, title, published_at, known, lead=lambda: lead)

    assert (settled == "a.example/live") is is_same


def test_a_source_may_say_what_tells_its_entries_apart() -> None:
    entries = [entry(f"{n}", LIVE, f"Version {n}") for n in range(3)]

    assert len({each.value for each in entry_ids(entries, "link")}) == 1
    assert len({each.value for each in entry_ids(entries, "guid")}) == 3
    assert isinstance(entry_ids(entries, "title")[0], EntryId)


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
