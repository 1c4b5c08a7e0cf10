"""Texts and odd posts of exports: shortcodes, old paragraphs, editors' own forms, odd dates."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from backend.ingest.cms.classic import markup_of
from tagwire import main

SITE = "https://paper.example"
FILES = {"8": f"{SITE}/up/ferry.jpg", "9": f"{SITE}/up/pier.jpg"}
HEAD = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Harbour Paper</title><link>https://paper.example</link><language>ar</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://paper.example</wp:base_blog_url>
"""


def item(number: int, **fields: str) -> str:
    given = {
        "title": f"Post {number}",
        "link": f"{SITE}/post-{number}/",
        "guid": f"{SITE}/?p={number}",
        "wp:post_id": str(number),
        "wp:post_type": "post",
        "wp:status": "publish",
        "wp:post_date": "2019-03-02 11:00:00",
        "wp:post_date_gmt": "2019-03-02 10:00:00",
        "content:encoded": "All crossings are cancelled.",
    } | {name.replace("__", ":"): text for name, text in fields.items() if name != "more"}
    inside = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in given.items())
    return f"<item>{inside}{fields.get('more', '')}</item>"


@pytest.fixture
def moved(
    make_app: Callable[..., Flask], tmp_path: Path
) -> Callable[..., tuple[Result, dict[str, Any]]]:
    """Bring an export in: the result, and what the command says of it."""

    def command(text: str, *words: str) -> tuple[Result, dict[str, Any]]:
        path = tmp_path / "export"
        path.write_text(text, encoding="utf-8")
        given = ["articles", "import", str(path), "--source", "Paper", "--json", *words]
        done: Result = make_app().test_cli_runner().invoke(main, given)
        return done, json.loads(done.stdout)

    return command


def articles(client: FlaskClient) -> dict[str, dict[str, Any]]:
    found = client.get("/v1/sources/paper/articles").get_json()["articles"]
    whole = (client.get(f"/v1/articles/{each['id']}").get_json() for each in found)
    return {each["title"]: each for each in whole}


@pytest.mark.parametrize(
    ("kept", "shown"),
    [
        (
            '[caption id="attachment_8" width="300"]<a href="/x"><img src="/f.jpg" /></a> A <b>ferry</b>[/caption]',  # noqa: E501
            '<figure><a href="/x"><img src="/f.jpg" /></a><figcaption>A <b>ferry</b></figcaption></figure>',  # noqa: E501
        ),
        (
            '[caption caption="A ferry"]<img src="/f.jpg">[/caption]',
            '<figure><img src="/f.jpg"><figcaption>A ferry</figcaption></figure>',
        ),
        (
            'Before\n\n[gallery ids="8, 9,77" columns="2"]\nAfter',
            f'<p>Before</p><figure><img src="{FILES["8"]}" alt=""></figure>'
            f'<figure><img src="{FILES["9"]}" alt=""></figure><p>After</p>',
        ),
        (
            "[embed]https://films.example/1?a=1&b=2[/embed]",
            '<p><a href="https://films.example/1?a=1&amp;b=2">'
            "https://films.example/1?a=1&amp;b=2</a></p>",
        ),
        (
            '[audio mp3="https://paper.example/a.mp3"][/audio]',
            '<p><a href="https://paper.example/a.mp3">https://paper.example/a.mp3</a></p>',
        ),
        ('[vc_row][vc_column width="1/2"]Words[/vc_column][/vc_row]', "<p>Words</p>"),
        ('Ask us: [contact-form-7 id="5" title="A"]', "<p>Ask us:</p>"),
        ("He wrote [sic] and […] and a[1].", "<p>He wrote [sic] and […] and a[1].</p>"),
        ("Write [[gallery]].", "<p>Write [gallery].</p>"),
        ("One\r\ntwo\r\n\r\nthree", "<p>One<br>two</p><p>three</p>"),
        ("<p class='x'>One</p>\n\nTwo", "<p class='x'>One</p><p>Two</p>"),
        ("<pre>a\n\nb</pre>\n\nTwo", "<pre>a\n\nb</pre><p>Two</p>"),
        ("<h2>A</h2>\n\n<em>B</em>", "<h2>A</h2><p><em>B</em></p>"),
        (
            '<!-- wp:paragraph -->\n<p>One</p>\n<!-- /wp:paragraph -->\n[gallery ids="7"]',
            "<!-- wp:paragraph -->\n<p>One</p>\n<!-- /wp:paragraph -->",
        ),
    ],
)
def test_a_text_of_wordpress_becomes_what_its_site_shows(kept: str, shown: str) -> None:
    assert markup_of(kept, FILES).strip() == shown


def test_odd_posts_of_wordpress_come_with_what_is_known_of_them(
    moved: Callable[..., tuple[Result, dict[str, Any]]], client: FlaskClient
) -> None:
    people = "".join(
        f'<category domain="author" nicename="cap-{name.lower()}"><![CDATA[{name}]]></category>'
        for name in ("Ann", "Bob")
    )
    blocks = (
        '<!-- wp:paragraph {"align":"left"} -->\n<p>First.</p>\n<!-- /wp:paragraph -->\n'
        '<!-- wp:latest-posts {"postsToShow":5} /-->\n<!-- wp:gallery {"ids":[8]} -->\n'
        '<figure class="wp-block-gallery"><figure><img src="https://paper.example/up/ferry.jpg"/>'
        "<figcaption>A ferry</figcaption></figure></figure>\n<!-- /wp:gallery -->"
    )
    arabic = f"{SITE}/2019/%d8%b9%d8%a7%d8%b5%d9%81%d8%a9/"
    zeros = {"wp__post_date_gmt": "0000-00-00 00:00:00", "pubDate": "Mon, 30 Nov -0001 00:00:00"}
    text = HEAD + "".join(
        [
            item(1, content__encoded=blocks, dc__creator="ann", more=people),
            item(2, title="عاصفة", link=arabic),
            item(3, **zeros),
            item(4, **zeros, wp__post_date="-0001-11-30 00:00:00"),
            item(5, link=""),
            item(6, wp__post_password="please"),
            item(7, wp__status="draft", link=f"{SITE}/?p=7", **zeros),
            item(8, wp__status="private"),
            item(9, wp__post_type="page"),
            item(10, wp__post_type="nav_menu_item"),
            item(2, title="عاصفة", link=arabic),
        ]
    )

    done, told = moved(f"{text}</channel></rss>")

    assert done.exit_code == 1
    assert told["passed_over"] == {"draft": 1, "private": 1, "page": 1, "nav_menu_item": 1}
    assert (told["new"], told["left_out"], told["refused"]) == (4, 2, 0)
    found = articles(client)
    first = found["Post 1"]
    assert [each["name"] for each in first["authors"]] == ["Ann", "Bob"]
    assert "A ferry" in first["body_html"]
    assert "wp:" not in first["body_html"]
    assert found["عاصفة"]["source_url"] == arabic
    assert found["Post 3"]["published_at"] == "2019-03-02T11:00:00Z"


def test_posts_of_ghost_without_html_come_from_what_its_editors_keep(
    moved: Callable[..., tuple[Result, dict[str, Any]]], client: FlaskClient
) -> None:
    words = {"type": "extended-text", "text": "Ferries <stop> "}
    link = {"type": "link", "url": f"{SITE}/map/", "children": [{"type": "text", "text": "map"}]}
    lexical = {
        "root": {
            "children": [
                {"type": "paragraph", "children": [words, link]},
                {"type": "extended-heading", "children": [{"type": "text", "text": "Why"}]},
                {"type": "list", "children": [{"type": "listitem", "children": [words]}]},
                {"type": "html", "html": "<p>As it was.</p>"},
                {"type": "image", "src": "__GHOST_URL__/content/f.jpg", "caption": "A ferry"},
                {"type": "embed", "url": "https://films.example/1"},
                {"type": "paywall"},
            ]
        }
    }
    mobiledoc = {
        "cards": [["markdown", {"markdown": "Marked."}], ["hr", {}]],
        "sections": [[1, "p", [[0, [], 0, "One "], [1, [], 0, 0], [0, [], 0, "line."]]],
                     [3, "ul", [[[0, [], 0, "Point"]]]], [10, 0], [10, 1], [10, 9], [7]],
    }  # fmt: skip
    base = {"type": "post", "status": "published", "html": None, "visibility": "public"}
    posts: list[dict[str, Any]] = [
        {"id": "a", "title": "A", "slug": "a", "lexical": json.dumps(lexical)},
        {"id": "b", "title": "B", "slug": "b", "mobiledoc": json.dumps(mobiledoc)},
        {"id": "c", "title": "C", "slug": "c", "plaintext": "Plain.", "lexical": "{"},
        {"id": "d", "title": "D", "slug": "d", "visibility": "members"},
        {"id": "e", "title": "E", "slug": "e", "status": "sent"},
        {"id": "f", "title": "F", "slug": "f", "type": "page"},
    ]
    tables = {"posts": [base | post for post in posts]}

    done, told = moved(json.dumps({"data": tables}), "--site", SITE)

    assert (told["new"], told["left_out"]) == (3, 1), done.output
    assert told["passed_over"] == {"sent": 1, "page": 1}
    found = {title: article["body_html"] for title, article in articles(client).items()}
    assert f'<a href="{SITE}/map/"' in found["A"]
    for part in ("Ferries &lt;stop&gt;", "<h2>Why</h2>", "<li>", "As it was.", "A ferry"):
        assert part in found["A"]
    assert "https://films.example/1" in found["A"]
    assert all(part in found["B"] for part in ("One  line.", "Point", "Marked."))
    assert "Plain." in found["C"]
