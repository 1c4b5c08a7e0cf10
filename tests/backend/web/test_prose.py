"""An article's text on its page: pictures have a place, what scrolls is reached."""

import html
import re

import pytest

from backend.text.clean import safe_html
from backend.web.picture_server import PictureServer
from backend.web.pictures import Picture
from backend.web.prose import leading_picture, set_for_page

SITE = "https://news.test"
SIZED = '<img src="https://cdn.example/a.jpg" alt="A quay" width="800" height="450">'
# imgproxy's documentation publishes this key, salt, path and signature ("Signing a URL").
KEY = bytes.fromhex("943b421c9eb07c830af81030552c86009268de4e532ba2ee2eab8247c6da0881")
SALT = bytes.fromhex("520f986b998545b4785e0defbc4f3c1203f22de2374a3d53cb7a7fe9fea309c5")
IMGPROXY = PictureServer("https://img.news.test", KEY, SALT)


def set_text(markup: str, *, leads: bool = False) -> str:
    return set_for_page(safe_html(markup, "https://paper.example/"), SITE, None, leads=leads)


def test_a_picture_of_known_size_keeps_it_and_one_of_unknown_size_is_set_into_a_place() -> None:
    known = set_text(SIZED)
    unknown = set_text('<img src="https://cdn.example/b.jpg" width="100%">')

    assert 'width="800" height="450" loading="lazy" decoding="async"' in known
    assert "unsized" not in known
    assert 'class="unsized" loading="lazy"' in unknown
    assert "width=" not in unknown


def test_only_the_first_picture_that_is_seen_at_once_is_wanted_at_once() -> None:
    text = set_text(SIZED + SIZED, leads=True)

    assert text.count('fetchpriority="high"') == 1
    assert text.index("fetchpriority") < text.index("loading")
    assert "fetchpriority" not in set_text(SIZED)
    assert "fetchpriority" not in set_text(f"<p>{'Words. ' * 400}</p>{SIZED}", leads=True)


def test_tables_and_code_that_scroll_are_reached_by_keyboard() -> None:
    for tag in ("<table><tr><td>1</td></tr></table>", "<pre>let x</pre>"):
        found = set_text(f"<p>Before</p>{tag}<p>After</p>")

        assert re.search(r'<div class="scroll"[^>]* tabindex="0"><(?:table|pre)>', found)
        assert found.count("<div") == found.count("</div>") == 1


def test_what_looks_like_an_element_inside_an_attribute_stays_a_part_of_it() -> None:
    found = set_text('<p><a href="https://paper.example/" title="<table><img src=x>">x</a></p>')

    assert "scroll" not in found
    assert "<img" not in re.sub(r'"[^"]*"', "", found)


@pytest.mark.parametrize(
    ("frame", "link"),
    [
        (
            '<iframe title="How ferries are built" src="https://www.youtube.com/embed/abcdefghijk">',
            'href="https://www.youtube.com/watch?v=abcdefghijk" rel="noopener nofollow">'
            "How ferries are built · youtube.com</a>",
        ),
        ('<iframe title="YouTube video player" src="https://v.example/e/1">', ">v.example</a>"),
        ('<video src="https://v.example/a.mp4"></video>', ">v.example</a>"),
    ],
)
def test_a_player_becomes_a_link_that_names_it(frame: str, link: str) -> None:
    found = set_text(f"<p>Watch:</p>{frame}</iframe>")

    assert re.search(r'<p class="embed"(?: data-player="[^"]+")?><a href="https://', found)
    assert link in found
    assert "<iframe" not in found
    assert "<video" not in found


@pytest.mark.parametrize(
    ("source", "player"),
    [
        (
            "https://www.youtube.com/embed/abcdefghijk?autoplay=1",
            "https://www.youtube-nocookie.com/embed/abcdefghijk",
        ),
        (
            "https://player.vimeo.com/video/76979871",
            "https://player.vimeo.com/video/76979871?dnt=1",
        ),
        (
            "https://player.vimeo.com/video/76979871?h=8272103f6e&amp;title=0",
            "https://player.vimeo.com/video/76979871?h=8272103f6e&dnt=1",
        ),
        ("https://player.vimeo.com/external/76979871.mp4", None),
        ("https://www.youtube.com.evil.example/watch?v=abcdefghijk", None),
        ("https://v.example/e/1", None),
    ],
)
def test_a_player_that_pages_know_is_a_poster_that_asks_nobody(
    source: str, player: str | None
) -> None:
    found = set_text(f'<iframe title="A film" src="{source}"></iframe>')

    told = re.search(r'data-player="([^"]+)"', found)
    assert (html.unescape(told[1]) if told else None) == player
    assert "A film · " in found
    assert "<img" not in found


@pytest.mark.parametrize(
    ("inside", "is_twice"),
    [
        ("https://cdn.example/quay.jpg", True),
        ("https://cdn.example/quay-1280x853.jpg?w=600", True),
        ("https://i0.wp.com/cdn.example/quay-scaled.jpg?ssl=1", True),
        ("https://cdn.example/harbour.jpg", False),
    ],
)
def test_a_picture_that_the_text_shows_does_not_stand_above_it_too(
    inside: str, is_twice: bool
) -> None:
    picture = Picture(url="https://cdn.example/quay.jpg", width=1920, height=1280)

    leading = leading_picture(picture, f'<p>Words</p><img src="{inside}" alt="">')

    assert leading == (None if is_twice else picture)


def test_a_link_that_is_a_picture_has_a_name_and_an_empty_one_is_dropped() -> None:
    found = set_text('<a href="https://x.example/"><img src="https://x.example/1.jpg"></a>')

    assert 'alt="Picture"' in found
    assert set_text('<p>Words<a href="https://x.example/"> </a></p>') == "<p>Words</p>"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("<h4>A</h4><h5>B</h5><h3>C</h3>", "<h2>A</h2><h3>B</h3><h2>C</h2>"),
        ("<h2>A</h2><h4>B</h4><h4>C</h4>", "<h2>A</h2><h3>B</h3><h3>C</h3>"),
        ('<h3 lang="de">A</h3><h3> </h3>', '<h2 lang="de">A</h2>'),
    ],
)
def test_headings_of_a_text_leave_out_no_level_and_none_is_empty(sent: str, shown: str) -> None:
    assert set_text(sent) == shown


def test_a_player_in_a_heading_is_no_paragraph_there() -> None:
    found = set_text("<h3>A film <iframe src='https://v.example/e/1'></iframe></h3><p>Words</p>")

    assert re.fullmatch(r'<h2>A film <span class="embed">.*</span></h2><p>Words</p>', found)


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (
            "mailto:a@paper.example?subject=RE: A quay",
            "mailto:a@paper.example?subject=RE:%20A%20quay",
        ),
        ("https://chat.example/#/room/#quay", "https://chat.example/#/room/%23quay"),
        ("https://x.example/@<a href=", "https://x.example/@%3Ca%20href="),
        ("https://maps.example/37°46'<58>", "https://maps.example/37%C2%B046&#x27;%3C58%3E"),
        (
            "https://münchen.example/100%?a=b&c=%C3%9F",
            "https://münchen.example/100%25?a=b&amp;c=%C3%9F",
        ),
    ],
)
def test_an_address_in_a_text_is_written_as_standards_ask(sent: str, shown: str) -> None:
    link = f'<a href="{html.escape(sent)}" title="B">A</a>'

    assert f'<a href="{shown}" title="B" rel=' in set_text(link)


def test_a_link_without_an_address_is_its_words() -> None:
    found = set_text('<p><a name="top">Top</a> and <a href="https://x.example/">away</a></p>')

    assert found.startswith("<p>Top and <a href=")
    assert found.count("</a>") == 1


def test_a_list_directly_inside_a_list_gets_its_item() -> None:
    found = set_text("<ul><li>1</li><ul><li>2</li></ul><li>3<ol><li>4</li></ol></li></ul>")

    assert found == ("<ul><li>1</li><li><ul><li>2</li></ul></li><li>3<ol><li>4</li></ol></li></ul>")


def test_pictures_of_smileys_are_the_smiley() -> None:
    assert set_text('<p>Well <img src="https://s.example/1f6a2.png" alt="🚢"></p>') == (
        "<p>Well 🚢</p>"
    )
    assert "<img" in set_text('<p>Well <img src="https://s.example/1.png" alt="..."></p>')


def test_the_picture_servers_signature_is_the_published_one() -> None:
    path = "/rs:fit:300:300/plain/http://img.example.com/pretty/image.jpg"

    assert IMGPROXY.signature(path) == "m3k5QADfcKPDj-SDI2AIogZbC3FlAXszuwhtWXYqavc"


def test_through_a_picture_server_no_reader_asks_a_publisher() -> None:
    found = set_for_page(SIZED, SITE, IMGPROXY, leads=False)

    assert "cdn.example" not in found
    widths = re.findall(r"https://img\.news\.test/[\w-]{43}/rs:fit:\d+:0/[\w-]+ (\d+)w", found)
    assert widths == ["320", "768", "1408"]
    assert 'sizes="' in found
    own = set_for_page('<img src="/static/demo/sea.png" alt="">', SITE, IMGPROXY, leads=False)
    assert own.startswith('<img src="/static/demo/sea.png" alt="" class="unsized"')


def test_a_picture_of_unknown_size_is_offered_by_the_width_of_the_screen() -> None:
    """By its own it cannot be: the picture server enlarges nothing."""
    found = set_for_page('<img src="https://cdn.example/b.jpg">', SITE, IMGPROXY, leads=False)

    assert re.findall(r"/rs:fit:(\d+):0/", found) == ["768", "1408"]
    assert found.startswith('<picture><source media="(max-width: 48rem)" srcset="https://img.')
    assert "sizes=" not in found
