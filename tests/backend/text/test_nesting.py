"""Markup that nests without end costs no more than other markup of its length."""

import pytest

from backend.text import clean
from backend.text.nesting import DEEPEST, MOST_TAGS, flattened

BASE = "https://publisher.example/news/today"


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<b><i>",
        "<ul><li>",
        "<b a=1></p>",
        "<blockquote class=x>",
        "<TABLE><a href=/x>",
        "<my-part>",
        "<a:b/>",
    ],
)
def test_markup_that_nests_for_a_megabyte_is_read_with_all_its_words(piece: str) -> None:
    """Without a bound each of them takes a parser minutes."""
    markup = piece * (1_000_000 // len(piece)) + "All the words."

    assert clean.plain_text(clean.safe_html(markup, BASE)) == "All the words."
    assert clean.plain_text(markup) == "All the words."
    assert clean.summary_of(markup, "") == "All the words."


def test_no_more_levels_are_open_than_are_counted() -> None:
    assert flattened("<div>" * 5_000 + "x" + "</div>" * 5_000).count("<div>") == DEEPEST


def test_levels_that_only_seem_to_be_closed_are_bounded_with_all_tags() -> None:
    """To a parser of HTML the end of a `div` ends none outside of the table."""
    assert flattened("<div><table></div></table>" * 20_000).count("<") == MOST_TAGS


@pytest.mark.parametrize(
    "markup",
    [
        "<p>A paragraph<br>with <b>words</b><img src=x.png>" * 3_000,
        "<ul>" + "<li>One of many" * 3_000 + "</ul>",
        "<table>" + "<tr><td>1<td>2" * 3_000 + "</table>",
        "<p>1 < 2 and 3<4, a <3 b</p>" * 3_000,
        "<div>" * 200 + "<p>deep</p>" * 500 + "</div>" * 200,
    ],
)
def test_long_markup_that_is_not_deep_is_left_as_it_is(markup: str) -> None:
    assert flattened(markup) == markup


def test_captions_without_an_end_are_text_and_the_others_go() -> None:
    open_ones = "<figcaption>" * 60_000

    assert clean.without_captions(open_ones) == open_ones
    assert clean.without_captions("a<figcaption>b</figcaption>c<figcaption>d") == "ac<figcaption>d"
