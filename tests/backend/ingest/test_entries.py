"""Entries as publishers write them: the right lead, link, picture, author and encoding."""

import json
import time
from dataclasses import replace
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.ingest.entry_drafts import EntryDraft, SourceDefaults, drafts_of
from backend.ingest.parsing.entry import Entry, FeedError
from backend.ingest.parsing.parse import parse_feed
from backend.newsroom.article_text import content_of
from backend.newsroom.draft import AuthorDraft, MediaDraft
from backend.text.clean import safe_html
from backend.text.images import images_in

URL = "https://paper.example/feed.xml"
NAMES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)


def body(inner: str, *, link: str = "https://paper.example/1", title: str = "Harbour") -> bytes:
    item = f"<item><title>{title}</title><link>{link}</link>{inner}</item>"
    head = "<title>Paper</title><link>https://paper.example/</link>"
    return f'<rss version="2.0" {NAMES}><channel>{head}{item}</channel></rss>'.encode()


def entry(inner: str = "", **fields: str) -> Entry:
    return parse_feed(body(inner, **fields), url=URL).entries[0]


def draft(inner: str = "", **fields: str) -> EntryDraft:
    found = drafts_of(parse_feed(body(inner, **fields), url=URL), SourceDefaults())
    return found.entries[0]


def test_captions_and_logos_replace_neither_lead_nor_headline() -> None:
    found = entry(
        "<description>The lead</description><media:content url='/a.jpg'>"
        "<media:description>A caption</media:description></media:content>"
        "<image><title>Logo</title><link>https://logo.example/</link></image>"
    )

    assert (found.title, found.summary) == ("Harbour", "The lead")
    assert found.link == "https://paper.example/1"


@pytest.mark.parametrize("name", ["description", "content:encoded"])
def test_a_caption_in_the_text_is_no_lead(name: str) -> None:
    figure = "&lt;figure>&lt;img src='/a.jpg'>&lt;figcaption>A boat&lt;/figcaption>&lt;/figure>"
    found = draft(f"<{name}>{figure}&lt;p>The lead&lt;/p></{name}>").draft

    assert content_of(found).summary == "The lead"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://paper.example/a b.html", "https://paper.example/a%20b.html"),
        ("www.paper.example/a", "https://www.paper.example/a"),
        ("https:/paper.example/a", "https://paper.example/a"),
        ("/a/1", "https://paper.example/a/1"),
        ("//cdn.example/a", "https://cdn.example/a"),
        ("http://https://paper.example/a", "https://paper.example/a"),
        (r"https://paper.example\a\b?c=\d", r"https://paper.example/a/b?c=\d"),
        (r"https:\\paper.example\a", "https://paper.example/a"),
        ("https:// paper.example/a", "https://paper.example/a"),
        ("\u200b&lt;https://paper.example/a&gt;", "https://paper.example/a"),
        ("&quot;https://paper.example/a&quot;", "https://paper.example/a"),
    ],
)
def test_links_are_repaired_as_browsers_do(written: str, meant: str) -> None:
    feed = parse_feed(body("", link=written), url="https://feeds.cdn.example/x.xml")

    assert feed.entries[0].link == meant


@pytest.mark.parametrize(
    ("inner", "link", "meant"),
    [
        ("<guid>https://paper.example/g</guid>", "#", "/g"),
        ('<guid isPermaLink="true">/g/1</guid>', "", "/g/1"),
        ('<guid isPermaLink="true">g1</guid>', "", None),
    ],
)
def test_a_guid_is_the_link_where_there_is_no_other(
    inner: str, link: str, meant: str | None
) -> None:
    assert entry(inner, link=link).link == (meant and f"https://paper.example{meant}")


@pytest.mark.parametrize(
    "written",
    [
        "http://localhost:4000/a/1",
        "http://127.0.0.1/a/1",
        "http://[::1]:3000/a/1",
        "http://10.1.2.3/a/1",
        "https://cms.internal/a/1",
    ],
)
def test_what_a_system_calls_itself_leads_to_the_site_that_publishes_it(written: str) -> None:
    inner = f'<media:content url="{written}.jpg"/>'
    found = draft(inner, link=written).draft
    of_a_host_of_feeds = parse_feed(body("", link=written), url="https://feeds.example/x")
    at_home = parse_feed(body("", link=written).replace(b"https://paper", b"http://localhost/"),
                         url="http://127.0.0.1:8000/feed")  # fmt: skip

    assert found.url == of_a_host_of_feeds.entries[0].link == "https://paper.example/a/1"
    assert found.image is not None
    assert found.image.url == "https://paper.example/a/1.jpg"
    assert at_home.entries[0].link == written


def test_what_a_text_and_its_author_link_to_is_on_the_site_that_publishes_it() -> None:
    markup = "<p><a href=\"http://localhost:4000/b\">B</a><img src='http://[::1]/c.jpg'></p>"
    inner = (
        f"<content:encoded><![CDATA[{markup}]]></content:encoded>"
        "<atom:author><atom:name>Ada</atom:name><atom:uri>http://10.1.2.3/ada</atom:uri></atom:author>"
    )

    found = draft(inner).draft

    shown = (
        "<p><a href=\"https://paper.example/b\">B</a><img src='https://paper.example/c.jpg'></p>"
    )
    assert found.body_html == shown
    assert [each.url for each in found.authors] == ["https://paper.example/ada"]


def test_an_address_may_look_like_one_that_leads_nowhere() -> None:
    for written in ("https://local.example/a", "https://9to5.example/a", "https://10.0.example/a"):
        assert entry(link=written).link == written


def test_a_relation_may_be_named_by_its_address() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><id>1</id>'
        '<link rel="self" href="/s"/><link href="/1"'
        ' rel="http://www.iana.org/assignments/relation/alternate"/></entry></feed>'
    )

    assert parse_feed(atom.encode(), url=URL).entries[0].link == "https://paper.example/1"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("&#1055;&#1086;&#1088;&#1090; &#1079;&#1072;&#1082;&#1088;&#1099;&#1090;", "ru"),
        ("&#x43f;&#x43e;&#x440;&#x442; &#x437;&#x430;&#x43a;&#x440;&#x44b;&#x442;", "ru"),
        ("Порт закрыт", "ru"),
        ("The harbour&#8217;s ferries &#233; wait", None),
    ],
)
def test_a_script_tells_the_language_however_its_letters_are_written(
    text: str, language: str | None
) -> None:
    drafted = draft(f"<description><![CDATA[<p>{text}</p>]]></description>", title="")

    assert drafted.draft.language == language


def test_half_a_surrogate_pair_keeps_no_entry_back() -> None:
    odd = replace(entry(), summary="\ud83d")
    feed = parse_feed(body(""))

    assert drafts_of(replace(feed, entries=(odd,)), SourceDefaults()).faults == ()


def test_the_original_address_is_taken_before_a_proxys() -> None:
    original = "<feedburner:origLink>https://paper.example/real</feedburner:origLink>"

    assert entry(original, link="https://proxy.example/x").link == "https://paper.example/real"


@pytest.mark.parametrize(
    ("inner", "picture"),
    [
        ('<media:content url="https://1.gravatar.com/avatar/x"/>', None),
        ('<media:content url="/v.mp3"/>', None),
        ('<media:content url="/v" medium="video"/>', None),
        ('<enclosure url="/a.jpg"/>', "/a.jpg"),
        ('<enclosure url="/a.webp" type="webp"/>', "/a.webp"),
        ("<image><url>/a.png</url></image>", "/a.png"),
        ("<thumbnail>/a.png</thumbnail>", "/a.png"),
        ('<media:content url="/a b.jpg" medium="image"/>', "/a%20b.jpg"),
        ("<description>&lt;img src='data:x' data-src='/l.jpg'></description>", "/l.jpg"),
        ("<description>&lt;img src='/blank.gif' width='1' data-original='/o.jpg'></description>",
         "/o.jpg"),
        ("<description>&lt;video poster='/p.jpg' src='/v.mp4'>&lt;/video></description>", "/p.jpg"),
        ("<description>&lt;img src='/t.gif' style='width:1px'>"
         "&lt;img src='/i.jpg'></description>", "/i.jpg"),
        ("<description>&lt;img srcset='/s.jpg 400w, /m.jpg 900w'></description>", "/m.jpg"),
        ('<media:content url="/tall.jpg" width="3000" height="4500"/>'
         '<media:content url="/d.jpg" width="800" height="600" isDefault="true"/>', "/d.jpg"),
        ("<description>&lt;img src='/in-lead.jpg'></description>"
         "<content:encoded>Only text</content:encoded>", "/in-lead.jpg"),
        ('<media:content url="https://www.youtube.com/v/a?version=3" width="640" height="390"'
         ' type="application/x-shockwave-flash"/><media:thumbnail url="/t.jpg" width="480"/>',
         "/t.jpg"),
        ('<media:content url="https://www.youtube.com/embed/a"/>', None),
        ('<media:content url="/player.swf"/>', None),
        ("<mainImage>/m.jpg</mainImage>", "/m.jpg"),
        ("<photos><url>/p.jpg</url></photos>", "/p.jpg"),
        ("<authorImage>/who.jpg</authorImage><photoCredit>Ann Lee</photoCredit>", None),
        ("<description>&lt;img alt='a > b' src='/gt.jpg'></description>", "/gt.jpg"),
        ("<description>&lt;img src='/grey.gif' data-original='/o.jpg'></description>", "/o.jpg"),
        ("<description>&lt;img src='/small.jpg' data-src='/l.jpg'></description>", "/l.jpg"),
        ("<description>&lt;img src='/s.jpg' data-lazy='true'></description>", "/s.jpg"),
        ("<description>&lt;img src='none.gif' file='/l.jpg'></description>", "/l.jpg"),
        ("<description>&lt;img data-cfsrc='/c.jpg' style='display:none'></description>", "/c.jpg"),
        ("<description>&lt;amp-img src='/amp.jpg'>&lt;/amp-img></description>", "/amp.jpg"),
        ("<description>&amp;lt;img src=&quot;/twice.jpg&quot;&amp;gt;</description>",
         "/twice.jpg"),
        ("<description>&lt;img src='/i.png' style='height: 16px'></description>", None),
        ("<description>&lt;IMG src='/h.jpg' HIDDEN>&lt;img src='/s.jpg' alt='a hidden bay'>"
         "</description>", "/s.jpg"),
        ("<description>&lt;img src='/h.jpg' style='visibility: hidden'></description>", None),
        ("<description>&lt;div style='display : none'>&lt;img src='/h.jpg'>&lt;/div>"
         "&lt;p hidden>&lt;img src='/p.jpg'>&lt;/p>&lt;img src='/s.jpg'></description>", "/s.jpg"),
        ("<description>&lt;div class='hidden' style='overflow:hidden'>&lt;img src='/s.jpg'>"
         "&lt;/div></description>", "/s.jpg"),
        ("<description>&lt;template>&lt;img src='/h.jpg'>&lt;/template></description>", None),
        ('<media:content><media:content url="/n.jpg" medium="image"/></media:content>', "/n.jpg"),
        ('<media:group><media:group><media:content url="/n.jpg"/></media:group></media:group>',
         "/n.jpg"),
        ('<media:content url="/v.mp4"><media:player><media:thumbnail url="/t.jpg"/></media:player>'
         "</media:content>", "/t.jpg"),
    ],
)  # fmt: skip
def test_the_picture_is_one_of_the_article(inner: str, picture: str | None) -> None:
    image = draft(inner).draft.image

    assert (image and image.url) == (picture and f"https://paper.example{picture}")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google-analytics.com/collect?v=1",
        "https://www.facebook.com/tr?id=1",
        "https://ssl-vg03.met.vgwort.de/na/0123",
        "https://counter.paper.example/content/1/count.gif",
        "https://pixel.paper.example/pixel.js",
        "https://stats.wp.com/b.gif?host=x",
        "https://paper.example/wp-content/plugins/share/facebook.png",
        "https://twemoji.maxcdn.com/2/72x72/1f600.png",
        "https://paper.example/assets/site-logo.png",
        "https://paper.example/icons/rss.png",
        "https://ads.example/display-ad/7490-1161",
        "https://paper.example/images/paper_default_2000x2000_16x9.jpg",
        "https://paper.example/feed-placeholder.png",
    ],
)
def test_counters_signs_and_places_held_are_no_pictures(url: str) -> None:
    markup = f"&lt;img src='{url}'>&lt;img src='/real.jpg'>"
    image = draft(f"<description>{markup}</description>").draft.image

    assert image is not None
    assert image.url == "https://paper.example/real.jpg"


@pytest.mark.parametrize(
    "url",
    [
        "https://pixel.paper.example/imgs/fire.jpg",
        "https://stats.example/chart.png",
        "https://paper.example/2026/03/apple-logo-store.jpg",
        "https://paper.example/logos-of-the-war.jpg",
    ],
)
def test_a_picture_may_have_the_name_of_what_is_none(url: str) -> None:
    image = draft(f'<media:content url="{url}" medium="image"/>').draft.image

    assert image is not None
    assert image.url == url


def test_a_picture_and_a_film_stand_where_the_base_of_their_entry_is() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://cdn.example/x/"><entry>'
        '<title>T</title><id>1</id><link href="https://paper.example/1"/>'
        '<link rel="enclosure" type="image/png" href="e.png"/>'
        '<content type="video/mp4" src="v.mp4"/></entry></feed>'
    )
    (found,) = drafts_of(parse_feed(atom.encode(), url=URL), SourceDefaults()).entries

    assert found.draft.image is not None
    assert found.draft.image.url == "https://cdn.example/x/e.png"
    assert [each.url for each in found.draft.media] == ["https://cdn.example/x/v.mp4"]


def test_a_type_is_kept_without_its_parameters() -> None:
    found = draft('<enclosure url="/a.ogg" type="audio/ogg; codecs=opus"/>').draft

    assert [each.type for each in found.media] == ["audio/ogg"]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("Ann Lee, Bob Ray, and Cy Fox", ["Ann Lee", "Bob Ray", "Cy Fox"]),
        ("Ann Lee | Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("Ann Lee / Bob Ray", ["Ann Lee", "Bob Ray"]),
        ("王小明、李大華", ["王小明", "李大華"]),
        ("أحمد علي، محمد حسن", ["أحمد علي", "محمد حسن"]),
        ("mailto:ann@paper.example (Ann Lee)", ["Ann Lee"]),
        ("Ann Lee (Graphics)", ["Ann Lee (Graphics)"]),
        ("https://paper.example/ann", []),
    ],
)
def test_who_wrote_it_is_read_however_it_is_listed(written: str, names: list[str]) -> None:
    found = draft(f"<dc:creator>{written}</dc:creator>").draft

    assert [each.name for each in found.authors] == names


def test_authors_and_sound_are_kept() -> None:
    found = draft(
        "<dc:creator>By Ann Lee and Bob Ray</dc:creator>"
        "<author>desk@paper.example (Ann Lee)</author>"
        '<enclosure url="/p.mp3" type="audio/mpeg" length="1200"/>'
        "<itunes:duration>1:02:03</itunes:duration>"
    ).draft

    assert found.authors == (AuthorDraft("Ann Lee"), AuthorDraft("Bob Ray"))
    assert found.media == (MediaDraft("https://paper.example/p.mp3", "audio/mpeg", 1200, 3723),)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("One&lt;br/>Two", "One Two"),
        ("Kranken\u00adhaus", "Krankenhaus"),
        ("\u200fخبر", "خبر"),
        ("List&lt;String> wins", "List<String> wins"),
        ("&lt;b>Bold&lt;/b> &amp;amp; new", "Bold & new"),
        ("5 &lt; 6", "5 < 6"),
        ("One<br/>Two", "One Two"),
        ("It&amp;amp;#039;s", "It's"),
        ("&amp;amp;quot;Q&amp;amp;quot; &amp;amp;lt; R", '"Q" &lt; R'),
        ("<![CDATA[<!-- ad -->Harbour]]>", "Harbour"),
        ("&lt;![CDATA[Harbour]]&gt;", "Harbour"),
        ("&lt;bdi>One&lt;/bdi> Sup&lt;wbr>per &lt;strike>x&lt;/strike>", "One Supper x"),
        ("&#x92;tis &#147;it&#148;", "’tis “it”"),
        ("\u0092tis \u0093it\u0094 \u0096 5 \u0080\u0081", "’tis “it” – 5 €"),
        ("&lt;b>Fire in port", "Fire in port"),
        ("Fire&lt;/b> in port&lt;/i>", "Fire in port"),
        ("Live: &lt;em>“Fire”", "Live: “Fire”"),
        ('&lt;span class="kicker">Live: fire', "Live: fire"),
        ('Fire in port &lt;span class="more', "Fire in port"),
        ('&lt;i class="icon"/> Fire', "Fire"),
        ("Why the &lt;b> tag is in Vec&lt;U>", "Why the <b> tag is in Vec<U>"),
    ],
)
def test_a_headline_is_one_line_without_marks_nobody_sees(written: str, shown: str) -> None:
    assert entry(title=written).title == shown


@pytest.mark.parametrize(
    ("category", "section", "tags"),
    [
        ("World", "World", ()),
        ("News/World", "World", ()),
        ("News > Politics", "Politics", ()),
        ("World > Asia > Japan", "World", ("Japan",)),
        ("/sport/ferries", "Sports", ("ferries",)),
        ("AC/DC", None, ("AC/DC",)),
    ],
)
def test_a_path_leads_through_a_section(
    category: str, section: str | None, tags: tuple[str, ...]
) -> None:
    found = draft(f"<category>{escape(category)}</category>").draft

    assert (found.category, found.tags) == (section, tags)


@pytest.mark.parametrize(
    ("inner", "language"),
    [
        ("<dc:language>ko</dc:language>", "ko"),
        ("<dcterms:language>fr-CA</dcterms:language>", "fr"),
        ("<language>deu</language>", "de"),
    ],
)
def test_an_entry_may_say_its_own_language(inner: str, language: str) -> None:
    assert draft(inner).draft.language == language


def test_an_unreadable_date_hides_no_readable_one() -> None:
    found = draft("<pubDate>soon</pubDate><dc:date>2024-12-13T10:00:00Z</dc:date>")

    assert found.date == "exact"


@pytest.mark.parametrize(
    "name", ["dc:date", "publishDate", "prism:publicationDate", "pubdate", "dcterms:issued"]
)
def test_a_date_has_many_names(name: str) -> None:
    assert draft(f"<{name}>2024-12-13T10:00:00Z</{name}>").date == "exact"


def test_an_empty_line_parts_the_paragraphs_of_a_text_without_blocks() -> None:
    markup = "One &lt;a href='/x'>link&lt;/a>.\n\nTwo.\n\n&lt;!--more-->\n\nThree."
    found = content_of(draft(f"<content:encoded>{markup}</content:encoded>").draft)

    assert found.body_text == "One link.\nTwo.\nThree."


@pytest.mark.parametrize("name", ["description", "content:encoded"])
def test_an_empty_line_parts_the_paragraphs_of_a_text_without_markup(name: str) -> None:
    found = draft(f"<{name}>One &amp;amp; two.\n \nThree.</{name}>").draft.body_html

    assert found == "<p>One &amp; two.</p><p>Three.</p>"


def test_markup_that_is_no_xml_keeps_its_text_and_pictures() -> None:
    markup = "<p>One<br>two & three <IMG SRC=/a.jpg alt=x>four</p><hr>Five"
    found = draft(f"<description>{markup}</description>").draft

    assert content_of(found).body_text == "One\ntwo & three four\nFive"
    assert found.image is not None
    assert found.image.url == "https://paper.example/a.jpg"


def test_the_base_of_a_text_holds_for_its_pictures() -> None:
    atom = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="text">A &lt;b> c</title>'
        '<id>1</id><link href="https://paper.example/1"/><content type="html"'
        ' xml:base="https://cdn.example/x/">&lt;img src="a.jpg"></content></entry></feed>'
    )
    (found,) = drafts_of(parse_feed(atom.encode(), url=URL), SourceDefaults()).entries

    assert found.draft.title == "A <b> c"
    assert found.draft.image is not None
    assert found.draft.image.url == "https://cdn.example/x/a.jpg"


FORMS = [
    '<Channel xmlns="http://purl.org/net/rss1.1#"><title>P</title><items><item><title>T</title>'
    "<link>https://paper.example/1</link></item></items></Channel>",
    '<entry xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>1</id></entry>',
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url>'
    "<loc>https://paper.example/1</loc><n:news><n:title>T</n:title></n:news></url></urlset>",
    '<!DOCTYPE html><html><body><rss version="2.0"><channel><item><title>T</title></item>'
    "</channel></rss></body></html>",
    '<!DOCTYPE rss [<!ENTITY name "T">]><rss version="2.0"><channel><item><title>&name;</title>'
    "</item></channel></rss>",
    '{"version": "https://jsonfeed.org/version/1.1", "x": NaN,'
    '"items": [{"id": "1", "title": "T\n"}]}',
]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_feed_is_read(form: str) -> None:
    assert [each.title for each in parse_feed(form.encode(), url=URL).entries] == ["T"]


@pytest.mark.parametrize(
    ("feed", "item", "names"),
    [
        ({"authors": [{"name": "Ann Lee", "url": "/ann"}]}, {}, ["Ann Lee"]),
        ({"author": {"name": "Ann Lee"}}, {}, ["Ann Lee"]),
        ({"author": {"name": "Ann Lee"}}, {"authors": [{"name": "Bob Ray"}]}, ["Bob Ray"]),
        ({}, {"authors": ["Ann Lee", "Bob Ray"]}, ["Ann Lee", "Bob Ray"]),
        ({}, {"author": "Ann Lee"}, ["Ann Lee"]),
        ({}, {"authors": [{"name": "Lee, Ray and Fox"}]}, ["Lee, Ray and Fox"]),
    ],
)
def test_an_item_of_json_without_authors_has_those_of_its_feed(
    feed: dict[str, Any], item: dict[str, Any], names: list[str]
) -> None:
    items = [{"id": "1", "title": "T", **item}]
    document = {"version": "https://jsonfeed.org/version/1.1", **feed, "items": items}
    (found,) = parse_feed(json.dumps(document).encode(), url=URL).entries

    assert [each.name for each in found.authors] == names


@pytest.mark.parametrize(
    "image",
    ["/a.jpg", {"url": "/a.jpg", "width": 800}, {"contentUrl": "/a.jpg"}, [{"src": "/a.jpg"}]],
)
def test_a_picture_of_json_may_be_described(image: object) -> None:
    document = {"version": "https://jsonfeed.org/version/1.1", "items": [
        {"id": "1", "url": "https://paper.example/1", "title": "T\u0092", "image": image}
    ]}  # fmt: skip
    feed = parse_feed(json.dumps(document).encode(), url=URL)
    found = drafts_of(feed, SourceDefaults()).entries[0].draft

    assert found.title == "T’"
    assert found.image is not None
    assert found.image.url == "https://paper.example/a.jpg"


def test_odd_values_of_json_mean_what_they_say() -> None:
    item = '"id": 7, "title": "T\\ud83d", "tags": "Harbour, Ferries", "date_published": 1749719880'
    document = f'{{"version": "https://jsonfeed.org/version/1", "items": [{{{item}}}]}}'
    (found,) = parse_feed(document.encode(), url=URL).entries

    assert (found.guid, found.title, found.published) == ("7", "T", "1749719880")
    assert found.categories == ("Harbour, Ferries",)


def test_what_is_collapsed_guessed_or_unread_is_counted() -> None:
    items = "".join(
        f"<item><title>{title}</title><guid>{guid}</guid><pubDate>{date}</pubDate></item>"
        for title, guid, date in [
            ("A", "1", "2026-03-01T10:00:00Z"),
            ("A", "1", "2026-03-01T10:00:00Z"),
            ("B", "2", "soon"),
            ("C", "3", "2026-03-01 10:00"),
            ("", "4", ""),
        ]
    )
    document = f"<rss><channel><link>https://paper.example/</link>{items}</channel></rss>"
    counts = drafts_of(parse_feed(document.encode()), SourceDefaults()).counts

    assert (counts.entries, counts.collapsed, counts.refused) == (5, 1, 1)
    assert (counts.unread_dates, counts.guessed_dates) == (1, 1)


@given(st.binary(max_size=300), st.sampled_from([b"", b"<rss><item>", b"<feed>", b'{"items":']))
@settings(max_examples=200)
def test_any_bytes_are_a_feed_or_refused(noise: bytes, start: bytes) -> None:
    try:
        drafts_of(parse_feed(start + noise, url=URL), SourceDefaults())
    except FeedError:
        return


@pytest.mark.parametrize(
    "piece",
    ["<![CDATA[", "<!--", "<rss version ", "<iframe ", "<img ", "<a====", "&a", "<b>", "<title>"],
)
def test_a_document_made_to_be_slow_is_not(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    begun = time.process_time()

    for document in (f"<rss><channel><item><title>{text}", f"<html>{text}", f"<rss>&{text}"):
        try:
            drafts_of(parse_feed(document.encode(), url=URL), SourceDefaults())
        except FeedError:
            continue
    safe_html(text)
    images_in(text, URL)

    assert time.process_time() - begun < 10


def tags_of_feed(*entries: tuple[str, str]) -> list[tuple[str, ...]]:
    """The tags of the entries of one document, each with a title and its categories."""
    items = "".join(
        f"<item><title>{title}</title><link>https://paper.example/{number}</link>"
        + "".join(f"<category>{each}</category>" for each in categories.split())
        + "</item>"
        for number, (title, categories) in enumerate(entries)
    )
    document = f"<rss><channel><title>Paper</title>{items}</channel></rss>".encode()
    return [
        each.draft.tags
        for each in drafts_of(parse_feed(document, url=URL), SourceDefaults()).entries
    ]


def test_the_one_subject_of_a_whole_feed_is_a_tag_of_each_entry() -> None:
    assert tags_of_feed(*[(f"Bridge {n}", "Webgate") for n in range(12)]) == [("Webgate",)] * 12
