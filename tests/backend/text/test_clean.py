"""Cleaning: nothing dangerous survives, nothing readable is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.text import clean, images
from backend.text.images import Image

BASE = "https://publisher.example/news/today"


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<p>One <b>two</b></p>", "<p>One <b>two</b></p>"),
        ("<script>alert(1)</script><p>x</p>", "<p>x</p>"),
        ("<p onclick='x()' style='position:fixed' class=c>x</p>", "<p>x</p>"),
        ("<style>p{}</style>x<iframe src='javascript:alert(1)'></iframe>", "x"),
        ('<embed src="javascript:x"><p>All that comes after.</p>', "<p>All that comes after.</p>"),
        ("<form action=/><input name=a>hidden</form>x", "x"),
        ("<a href='javascript:alert(1)'>x</a>", '<a rel="noopener nofollow">x</a>'),
        ("<img src='data:image/png;base64,AAAA'>x", "x"),
        ("<img src=x.png width=1 height=1>x", "x"),
        ("<div><p>x</div>", "<p>x</p>"),
        ("<svg><script>1</script></svg>x<math><mi>", "x"),
        ("<p dir=rtl lang=ar>سلام</p>", '<p dir="rtl" lang="ar">سلام</p>'),
        ("<p dir=sideways>x</p>", "<p>x</p>"),
        ("<!-- c --><p>x</p><p> </p>", "<p>x</p>"),
    ],
)
def test_only_the_allowed_markup_is_kept(markup: str, kept: str) -> None:
    assert clean.safe_html(markup, BASE) == kept


def test_relative_addresses_become_absolute_and_tracking_goes() -> None:
    markup = '<a href="/a?utm_source=x&id=2">a</a><img src="../p.jpg" alt="p">'
    cleaned = clean.safe_html(markup, BASE)

    assert 'href="https://publisher.example/a?id=2"' in cleaned
    assert 'src="https://publisher.example/p.jpg"' in cleaned


def test_without_a_base_a_relative_address_is_dropped_not_kept() -> None:
    assert "src" not in clean.safe_html('<img src="p.jpg">')


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\nTwo"),
        ("<div>One</div><div>Two<br>Three</div>", "One\nTwo\nThree"),
        ("<ul><li>a<li>b</ul>", "a\nb"),
        ("<td>a</td><td>b</td>", "ab"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("AT&amp;T &lt;b&gt; &nbsp; x", "AT&T <b> x"),
        ("<title>no</title><script>no</script>yes", "yes"),
    ],
)
def test_text_keeps_the_blocks_apart(markup: str, text: str) -> None:
    assert clean.plain_text(markup) == text


@pytest.mark.parametrize(
    "piece", ["<p>Ships wait</p>\n", "ships wait ", "<b>a</b><td>b</td>", "&lt;"]
)
@pytest.mark.parametrize("count", [1, 40, 400])
def test_the_opening_of_a_text_is_the_start_of_it(piece: str, count: int) -> None:
    markup = piece * count

    assert clean.opening_text(markup, 120) == clean.plain_text(markup)[:120]


def test_markup_that_is_longer_than_its_text_gives_as_much_of_it() -> None:
    markup = f"<script>{'x' * 5_000}</script><p>{'Ships wait. ' * 20}</p>"

    assert clean.opening_text(markup, 100) == clean.plain_text(markup)[:100]


def test_a_summary_ends_between_words_and_counts_what_readers_see() -> None:
    text = "word " * 200
    flags = "🇰🇵" * 400

    assert clean.summary_of(None, text).endswith("word…")
    assert len(clean.summary_of(None, text)) <= clean.SUMMARY_GRAPHEMES
    assert clean.shortened(flags) == "🇰🇵" * (clean.SUMMARY_GRAPHEMES - 1) + "…"
    assert clean.summary_of("<p>Short &amp; sweet</p>", text) == "Short & sweet"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/x?utm_source=rss", "https://a.example/x"),
        ("https://a.example/x?id=1&fbclid=2&b=%20c", "https://a.example/x?id=1&b=+c"),
        ("https://a.example/x?id=1&b=%20c", "https://a.example/x?id=1&b=%20c"),
        ("https://a.example/x#part", "https://a.example/x#part"),
        ("https://[broken", "https://[broken"),
    ],
)
def test_tracking_parameters_are_removed_and_nothing_else(url: str, expected: str) -> None:
    assert clean.without_tracking(url) == expected


def test_the_largest_declared_image_wins_and_pixels_never_do() -> None:
    candidates = [
        Image("/pixel.gif", 1, 1),
        Image("/unknown.jpg"),
        Image("/small.jpg", 320, 180),
        Image("/large.jpg", 1200, 675, "A port"),
        Image("/absurd.jpg", 99999, 99999),
        Image("data:image/png;base64,AA", 1200, 900),
        Image("javascript:alert(1)", 1200, 900),
    ]

    assert images.best_image(candidates, BASE) == Image(
        "https://publisher.example/large.jpg", 1200, 675, "A port"
    )
    assert images.best_image(candidates[:2], BASE) == Image("https://publisher.example/unknown.jpg")
    assert images.best_image(candidates[:1], BASE) is None


def test_images_of_a_body_are_found_with_their_size() -> None:
    markup = '<p><img src="/a.jpg?x=1&amp;y=2" width="640px" height=360 alt="A &quot;b&quot;"></p>'

    assert images.images_in(markup, BASE) == [
        Image("https://publisher.example/a.jpg?x=1&y=2", 640, 360, 'A "b"')
    ]


DANGEROUS = st.sampled_from(
    ["<script>", "</p>", "<img src=x onerror=y>", "javascript:", "<a href='", '"', "<", ">", "&lt;"]
)


@given(st.lists(st.one_of(DANGEROUS, st.text(max_size=10)), max_size=20).map("".join))
def test_cleaning_is_final_and_never_lets_a_script_through(markup: str) -> None:
    cleaned = clean.safe_html(markup, BASE)

    assert clean.safe_html(cleaned, BASE) == cleaned
    assert "<script" not in cleaned.lower()
    assert "<img src=x onerror" not in cleaned


def test_a_picture_that_is_hidden_is_not_shown() -> None:
    shown = '<p>One. <img src="https://paper.example/a.jpg" alt="a hidden bay"></p>'
    hidden = "<img hidden src='/h.jpg'><img style='display:none' src='/h.jpg'>"

    assert clean.safe_html(shown + hidden, "https://paper.example/1") == shown
