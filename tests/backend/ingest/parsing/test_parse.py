"""Parsing: every feed that can be read keeps its entries, everything else says what it is."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.ingest.parsing.entry import FeedError, ParsedFeed
from backend.ingest.parsing.parse import parse_feed
from backend.text.images import Image

URL = "https://publisher.example/feed.xml"
MEDIA = (
    'xmlns:media="http://search.yahoo.com/mrss/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)
HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def rss(items: str, head: str = HEAD, names: str = MEDIA) -> bytes:
    channel = f"<title>Daily Harbour</title><link>https://publisher.example/</link>{items}"
    return f'{head}<rss version="2.0" {names}><channel>{channel}</channel></rss>'.encode()


def item(number: int, more: str = "", title: str = "") -> str:
    link = f"https://publisher.example/a/{number}"
    named = title or f"Café story {number} é"
    return f"<item><title>{named}</title><link>{link}</link><guid>{link}</guid>{more}</item>"


def items(count: int = 20) -> str:
    return "".join(item(number) for number in range(count))


def titles(feed: ParsedFeed) -> list[str]:
    return [entry.title for entry in feed.entries]


WHOLE = titles(parse_feed(rss(items())))

DAMAGED = [
    ("bare ampersand", rss(items() + item(20, title="Fish & Chips"))),
    ("a warning of PHP first", b"<br />\n<b>Warning</b>: x in y on line 3<br />\n" + rss(items())),
    ("blank lines first", b"\n\n  " + rss(items())),
    ("byte order mark", b"\xef\xbb\xbf" + rss(items())),
    ("utf-16 with its mark", rss(items()).decode().encode("utf-16")),
    ("wrong utf-16 label", rss(items(), '<?xml version="1.0" encoding="utf-16"?>')),
    ("wrong latin label", rss(items(), '<?xml version="1.0" encoding="iso-8859-1"?>')),
    ("latin bytes called utf-8", rss(items()).decode().encode("latin-1")),
    ("no declaration", rss(items(), "")),
    ("undefined entity", rss(items() + item(20, title="a&nbsp;b"))),
    ("control characters", rss(items() + item(20, title="a\x0bb\x00"))),
    ("unbound prefix", rss(items() + item(20, "<media:x/>"), names="")),
    ("stray end of cdata", rss(items() + item(20, title="a ]]> b"))),
    ("unquoted attribute", rss(items() + item(20, "<source url=x>y</source>"))),
    ("truncated", rss(items(25))[:-700]),
    ("end tag missing", rss(items(), "").replace(b"</channel></rss>", b"")),
    ("unclosed title", rss(items() + "<item><title>open<link>https://p.example/z</link></item>")),
    ("doctype of rss 0.91", b'<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//N//DTD//EN" "x.dtd">'
     + rss(items(), "")),
    ("references to no character", rss(items() + item(20, title="&#xD800; &#0; &#99999999;"))),
    ("one bad byte", rss(items() + item(20, title="bad")).replace(b"bad", b"b\xff\xfed")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body"), DAMAGED, ids=[name for name, _ in DAMAGED])
def test_a_damaged_feed_keeps_its_entries_and_its_accents(name: str, body: bytes) -> None:
    feed = parse_feed(body, url=URL)

    assert titles(feed)[:20] == WHOLE
    assert [entry.link for entry in feed.entries[:20]] == [
        f"https://publisher.example/a/{number}" for number in range(20)
    ]


@pytest.mark.parametrize(
    ("encoding", "word"), [("euc-kr", "북한"), ("windows-1256", "روسيا"), ("shift_jis", "北朝鮮")]
)
def test_a_labelled_encoding_is_believed_when_the_bytes_are_not_utf_8(
    encoding: str, word: str
) -> None:
    body = rss(item(1, title=word * 5), "").decode().encode(encoding)
    labelled = f'<?xml version="1.0" encoding="{encoding}"?>'.encode() + body

    assert titles(parse_feed(labelled)) == [word * 5]
    assert titles(parse_feed(body, content_type=f"text/xml; charset={encoding}")) == [word * 5]


REFUSED = [
    (b"", "empty"),
    (b"   \n", "empty"),
    (b"<!doctype html><html><head><title>News &amp; views</title>", 'titled "News & views"'),
    (b"<html><link rel=alternate type='application/rss+xml' href='/rss'>", "publisher.example/rss"),
    (b"hello", "begins with 'hello'"),
    (b"{}", "not a JSON Feed"),
    (b"[1, 2", "damaged"),
    (b'{"version": "https://jsonfeed.org/version/1.1"}', "no list of items"),
    (b'<?xml version="1.0"?><opml version="2.0"><body/></opml>', "no RSS or Atom"),
    (b"\x00\xff\xfe\xfa" * 400, "binary"),
    (b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><channel>'
     b"<item><title>&a;</title></item></channel></rss>", "entities"),
    (b'<?xml version="1.0"?><!DOCTYPE r [ oops <!ENTITY a SYSTEM "b">]><rss><channel/></rss>',
     "entities"),
    (rss("<description>" + "<a>" * 300 + "</a>" * 300 + "</description>"), "deep"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "said"), REFUSED)
def test_what_is_no_feed_is_refused_with_what_was_found(body: bytes, said: str) -> None:
    with pytest.raises(FeedError) as refusal:
        parse_feed(body, url=URL)

    assert said in str(refusal.value)


def test_a_bomb_of_entities_is_refused_before_it_is_opened() -> None:
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">{levels}]>'
    body = bomb.encode() + rss(item(1, title="&l8;"), "")

    with pytest.raises(FeedError, match="entities"):
        parse_feed(body)


def test_an_empty_feed_is_a_feed() -> None:
    feed = parse_feed(rss(""))

    assert feed.entries == ()
    assert feed.title == "Daily Harbour"


def test_rss_gives_its_whole_content_image_and_raw_date() -> None:
    more = (
        "<pubDate>Thu, 12 Jun 2025 09:18:00 IST</pubDate><category>Politics</category>"
        '<media:content url="/p.jpg" medium="image" width="1200" height="675"/>'
        '<enclosure url="https://cdn.example/e.png" type="image/png" length="1"/>'
        "<description>Short &amp;amp; plain</description>"
        "<content:encoded><![CDATA[<p>The <b>whole</b> text</p>]]></content:encoded>"
    )
    entry = parse_feed(rss(item(1, more)), url=URL).entries[0]

    assert entry.content == "<p>The <b>whole</b> text</p>"
    assert entry.summary == "Short &amp; plain"
    assert entry.published == "Thu, 12 Jun 2025 09:18:00 IST"
    assert entry.categories == ("Politics",)
    assert entry.images == (Image("/p.jpg", 1200, 675), Image("https://cdn.example/e.png"))


def test_atom_gives_its_links_dates_and_content() -> None:
    body = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ko"><title>하루</title>
      <id>urn:x</id><link href="https://publisher.example/"/><updated>2025-06-12T00:00:00Z</updated>
      <entry><id>urn:1</id><title type="html">A &amp;lt;b&amp;gt; &lt;i&gt;c&lt;/i&gt;</title>
      <link rel="alternate" href="a/1"/><updated>2025-06-12T09:00:00Z</updated>
      <published>2025-06-11T09:00:00+09:00</published><category term="경제"/>
      <summary>short</summary><content type="html">&lt;p&gt;whole&lt;/p&gt;</content></entry>
      </feed>"""
    feed = parse_feed(body.encode(), url=URL)
    entry = feed.entries[0]

    assert (feed.kind, feed.language) == ("atom10", "ko")
    assert (entry.guid, entry.link) == ("urn:1", "https://publisher.example/a/1")
    assert entry.title == "A <b> c"
    assert entry.content == "<p>whole</p>"
    assert entry.published == "2025-06-11T09:00:00+09:00"
    assert entry.updated == "2025-06-12T09:00:00Z"


def test_a_json_feed_is_read_and_wrong_types_are_absent() -> None:
    body = """{"version": "https://jsonfeed.org/version/1.1", "title": "Daily",
      "items": [{"id": 7, "url": "/a/7", "title": "A", "content_text": "x < y", "image": "/p.png",
                 "tags": ["T", 3, " "], "date_published": "2025-06-12T09:00:00Z"},
                {"id": true, "title": 5, "content_html": ["no"]}, "no item"]}"""
    feed = parse_feed(body.encode(), url=URL)

    assert [entry.guid for entry in feed.entries] == ["7", None]
    assert feed.entries[0].content == "x &lt; y"
    assert feed.entries[0].link == "https://publisher.example/a/7"
    assert feed.entries[0].categories == ("T",)
    assert feed.entries[1].title == ""


def test_links_that_lead_nowhere_safe_are_absent() -> None:
    bad = "".join(
        f"<item><title>{n}</title><link>{link}</link></item>"
        for n, link in enumerate(["javascript:alert(1)", "file:///etc/passwd", "http://", "[::1"])
    )

    assert [entry.link for entry in parse_feed(rss(bad), url=URL).entries[:3]] == [None] * 3


@given(st.integers(min_value=0, max_value=2_000), st.binary(max_size=12))
@settings(max_examples=150)
def test_a_feed_broken_anywhere_is_read_or_refused_but_never_a_crash(at: int, noise: bytes) -> None:
    whole = rss(items(8))
    broken = whole[:at] + noise + whole[at + len(noise) :]

    try:
        feed = parse_feed(broken)
    except FeedError:
        return
    assert isinstance(feed, ParsedFeed)


@given(st.lists(st.datetimes(min_value=datetime.fromisoformat("1990-01-01")), max_size=5))
@settings(max_examples=25)
def test_dates_arrive_as_they_were_written(moments: list[datetime]) -> None:
    raw = [format_datetime(moment.replace(tzinfo=UTC)) for moment in moments]
    body = rss("".join(item(n, f"<pubDate>{text}</pubDate>") for n, text in enumerate(raw)))

    assert [entry.published for entry in parse_feed(body).entries] == raw
