"""Articles of WordPress and Ghost come in with their addresses, dates, authors and pictures."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from tagwire import main
from tests.backend.outbound.server import Publisher, answer, publisher
from tests.conftest import EDITOR

WORDPRESS, GHOST = "/wp-json/wp/v2/posts", "/ghost/api/content/posts/"
SITE = "https://paper.example"
WXR = """<?xml version="1.0" encoding="UTF-8" ?>
<!-- This is a WordPress eXtended RSS file. -->
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Harbour Paper</title><link>https://paper.example</link><language>en-GB</language>
<wp:wxr_version>1.2</wp:wxr_version><wp:base_blog_url>https://paper.example</wp:base_blog_url>
<wp:author><wp:author_login><![CDATA[ann]]></wp:author_login>
 <wp:author_display_name><![CDATA[Ann Lee]]></wp:author_display_name></wp:author>
<item><title><![CDATA[Ferries &amp; storms]]></title>
 <link>https://paper.example/2019/03/ferries/</link>
 <pubDate>Sat, 02 Mar 2019 10:00:00 +0000</pubDate>
 <dc:creator><![CDATA[ann]]></dc:creator>
 <guid isPermaLink="false">https://paper.example/?p=7</guid>
 <content:encoded><![CDATA[All crossings are cancelled.

They may start again tomorrow.]]></content:encoded>
 <excerpt:encoded><![CDATA[No ferry today.]]></excerpt:encoded>
 <wp:post_id>7</wp:post_id><wp:post_date_gmt>2019-03-02 10:00:00</wp:post_date_gmt>
 <wp:status>publish</wp:status><wp:post_type>post</wp:post_type>
 <wp:post_password></wp:post_password>
 <category domain="category" nicename="uncategorized"><![CDATA[Uncategorized]]></category>
 <category domain="post_tag" nicename="harbour"><![CDATA[Harbour]]></category>
 <wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>8</wp:meta_value></wp:postmeta>
</item>
<item><title>ferry.jpg</title><wp:post_id>8</wp:post_id><wp:post_type>attachment</wp:post_type>
 <wp:status>inherit</wp:status>
 <wp:attachment_url>https://paper.example/up/ferry.jpg</wp:attachment_url></item>
<item><title>Not yet</title><wp:post_id>9</wp:post_id><wp:post_type>post</wp:post_type>
 <wp:status>draft</wp:status><wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt></item>
<item><title>For friends</title><link>https://paper.example/friends/</link>
 <wp:post_type>post</wp:post_type><wp:status>publish</wp:status>
 <wp:post_password>please</wp:post_password></item>
<item><title>About us</title><wp:post_type>page</wp:post_type><wp:status>publish</wp:status></item>
</channel></rss>
"""


@pytest.fixture
def site() -> Iterator[Publisher]:
    with publisher() as found:
        yield found


@pytest.fixture
def run(make_app: Callable[..., Flask]) -> Callable[..., Result]:
    def command(*words: object) -> Result:
        app = make_app(FETCH_ALLOW_NETWORKS="127.0.0.0/8")
        given = ["articles", "import", *map(str, words), "--source", "Harbour Paper"]
        result: Result = app.test_cli_runner().invoke(main, given)
        return result

    return command


def told(done: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def wordpress_post(number: int, **fields: Any) -> dict[str, Any]:
    """As the REST API gives it with everything embedded."""
    return {
        "id": number,
        "date_gmt": f"2019-03-{1 + number // 60:02}T{number // 60 % 24:02}:{number % 60:02}:00",
        "modified_gmt": "2020-01-01T00:00:00",
        "guid": {"rendered": f"{SITE}/?p={number}"},
        "link": f"{SITE}/2019/03/post-{number}/",
        "title": {"rendered": f"Ferry &#8211; number {number}"},
        "content": {"rendered": f"<p>Crossing {number} is <b>cancelled</b>.</p>"},
        "excerpt": {"rendered": "<p>No ferry [&hellip;]</p>"},
        "_embedded": {
            "author": [{"name": "Ann Lee", "link": f"{SITE}/author/ann/"}],
            "wp:featuredmedia": [
                {"source_url": f"{SITE}/up/{number}.jpg", "alt_text": "A ferry",
                 "media_details": {"width": 1200, "height": 800}}
            ],
            "wp:term": [
                [{"taxonomy": "category", "name": "Uncategorized", "slug": "uncategorized"}],
                [{"taxonomy": "post_tag", "name": "Harbour", "slug": "harbour"}],
            ],
        },
    } | fields  # fmt: skip


def serve_wordpress(site: Publisher, posts: list[dict[str, Any]]) -> None:
    """Pages as WordPress gives them: beyond the last one it answers with an error."""

    def page(connection: Any, request: Any) -> None:
        query = parse_qs(urlsplit(request.path).query)
        size, number = int(query["per_page"][0]), int(query["page"][0])
        found = posts[(number - 1) * size : number * size]
        if not found and number > 1:
            body = json.dumps({"code": "rest_post_invalid_page_number"}).encode()
            connection.sendall(answer(body, "400 Bad Request"))
            return
        count, pages = str(len(posts)), str(-(-len(posts) // size))
        headers = {"X_WP_Total": count, "X_WP_TotalPages": pages}
        connection.sendall(answer(json.dumps(found).encode(), **headers))

    site.on(WORDPRESS, page)


def listed(client: FlaskClient, tag: str = "Harbour") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/v1/tags/{tag}/articles").get_json()["articles"]
    return found


def test_posts_of_wordpress_come_with_all_that_is_public_of_them(
    run: Callable[..., Result], site: Publisher, client: FlaskClient
) -> None:
    serve_wordpress(site, [wordpress_post(1)])

    done = run(site.url(""), "--from", "wordpress")

    assert done.exit_code == 0, done.output
    (article,) = listed(client)
    assert article["title"] == "Ferry – number 1"
    assert article["source_url"] == f"{SITE}/2019/03/post-1/"
    assert article["published_at"] == "2019-03-01T00:01:00Z"
    assert article["authors"] == [{"name": "Ann Lee", "url": f"{SITE}/author/ann/"}]
    assert article["image"]["url"] == f"{SITE}/up/1.jpg"
    assert article["image"]["alt"] == "A ferry"
    assert "Uncategorized" not in article["tags"]


def test_pages_are_read_to_the_end_and_again_without_repeating(
    run: Callable[..., Result], site: Publisher
) -> None:
    serve_wordpress(site, [wordpress_post(number) for number in range(1, 121)])

    first = told(run(site.url(""), "--from", "wordpress", "--json"))
    second = told(run(site.url(""), "--from", "wordpress", "--json"))

    assert (first["new"], second["new"], second["unchanged"]) == (120, 0, 120)


def test_an_import_that_broke_off_goes_on_and_ranks_as_an_archive(
    run: Callable[..., Result], site: Publisher, client: FlaskClient
) -> None:
    posts = [wordpress_post(number) for number in range(1, 61)]
    serve_wordpress(site, posts)
    whole = site.handlers[WORDPRESS]

    def broken(connection: Any, request: Any) -> None:
        if "&page=2" in request.path:
            connection.sendall(answer(b"", "503 Service Unavailable"))
        else:
            whole(connection, request)

    site.on(WORDPRESS, broken)
    failed = run(site.url(""), "--from", "wordpress")
    site.on(WORDPRESS, whole)
    done = told(run(site.url(""), "--from", "wordpress", "--from-page", 2, "--json"))

    assert failed.exit_code == 1
    assert "--from-page 2" in failed.stderr
    assert done["new"] == 10
    assert [each["source_url"] for each in listed(client)[:2]] == [
        f"{SITE}/2019/03/post-60/",
        f"{SITE}/2019/03/post-59/",
    ]


def test_odd_posts_keep_no_other_one_back(
    run: Callable[..., Result], site: Publisher, client: FlaskClient, tmp_path: Path
) -> None:
    hidden = {"code": "rest_user_invalid_id", "message": "Invalid user ID."}
    posts = [
        wordpress_post(1, _embedded={"author": [hidden], "wp:featuredmedia": "none"}),
        wordpress_post(2, content={"rendered": "", "protected": True}),
        wordpress_post(3, date_gmt="0000-00-00T00:00:00", title=None, content=[]),
        wordpress_post(4, link=None, guid=7),
    ]
    serve_wordpress(site, [*posts, "no post"])  # type: ignore[list-item]
    report = tmp_path / "report.csv"

    done = run(site.url(""), "--from", "wordpress", "--report", report)

    assert done.exit_code == 1
    written = report.read_text(encoding="utf-8")
    assert "protected by a password" in written
    assert "it has no address" in written
    found = client.get("/v1/sources/harbour-paper/articles").get_json()["articles"]
    assert [each["source_url"] for each in found] == [f"{SITE}/2019/03/post-1/"]


def test_a_site_without_rewritten_addresses_is_read(
    run: Callable[..., Result], site: Publisher
) -> None:
    serve_wordpress(site, [wordpress_post(1)])
    site.on("/", site.handlers.pop(WORDPRESS))

    assert told(run(site.url(""), "--from", "wordpress", "--json"))["new"] == 1


def test_a_site_in_a_closed_network_is_not_asked(
    make_app: Callable[..., Flask], site: Publisher
) -> None:
    words = ["articles", "import", site.url(""), "--from", "wordpress", "--source", "P"]

    done = make_app().test_cli_runner().invoke(main, words)

    assert done.exit_code == 1
    assert site.asked == []


def test_posts_of_ghost_come_without_its_own_marks_and_members_only(
    run: Callable[..., Result], site: Publisher, client: FlaskClient
) -> None:
    posts = [
        {"id": "5ddc", "title": "Ferries <stop>", "url": f"{SITE}/ferries/", "visibility": "public",
         "html": "<p>All of them.</p>", "feature_image": f"{SITE}/f.jpg",
         "feature_image_alt": "A ferry", "custom_excerpt": "No ferry today.",
         "published_at": "2019-11-26T02:43:13.000+00:00",
         "tags": [{"name": "Harbour", "visibility": "public"}, {"name": "#wide"}],
         "authors": [{"name": "Ann Lee", "url": f"{SITE}/author/ann/"}]},
        {"id": "5dde", "title": "For members", "url": f"{SITE}/m/", "visibility": "paid"},
    ]  # fmt: skip
    pages = {"posts": posts, "meta": {"pagination": {"page": 1, "next": None, "total": 2}}}
    site.answers(GHOST, json.dumps(pages).encode())

    done = run(site.url(""), "--from", "ghost", "--key", "22444f78")

    assert done.exit_code == 1
    assert "For members: it is for members only" in done.stdout
    (article,) = listed(client)
    assert article["title"] == "Ferries <stop>"
    assert article["published_at"] == "2019-11-26T02:43:13Z"
    assert article["summary"] == "No ferry today."
    assert "22444f78" not in done.output
    assert site.asked[0].headers["accept-version"] == "v5.0"


def test_an_export_of_wordpress_says_the_same_as_its_api(
    run: Callable[..., Result], client: FlaskClient, tmp_path: Path
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(WXR, encoding="utf-8")

    first, second = told(run(path, "--json")), told(run(path, "--json"))

    assert (first["new"], first["left_out"], second["unchanged"]) == (1, 1, 1)
    (article,) = listed(client)
    assert article["title"] == "Ferries & storms"
    assert article["published_at"] == "2019-03-02T10:00:00Z"
    assert article["authors"][0]["name"] == "Ann Lee"
    assert article["image"]["url"] == f"{SITE}/up/ferry.jpg"
    body = client.get(f"/v1/articles/{article['id']}").get_json()["body_html"]
    assert "<p>They may start again tomorrow.</p>" in body


def test_an_export_of_ghost_is_read_with_the_site_s_address(
    run: Callable[..., Result], client: FlaskClient, tmp_path: Path
) -> None:
    tables = {
        "posts": [
            {"id": "5ddc", "title": "Ferries stop", "slug": "ferries", "status": "published",
             "type": "post", "html": "<p><a href='__GHOST_URL__/map/'>Map</a> of it.</p>",
             "feature_image": "__GHOST_URL__/content/f.jpg", "published_at": "2019-11-26 02:43:13"},
            {"id": "5ddd", "title": "Draft", "slug": "d", "status": "draft", "type": "post"},
        ],
        "tags": [{"id": "t1", "name": "Harbour"}],
        "posts_tags": [{"post_id": "5ddc", "tag_id": "t1"}],
        "users": [{"id": "u1", "name": "Ann Lee"}],
        "posts_authors": [{"post_id": "5ddc", "author_id": "u1"}],
    }  # fmt: skip
    path = tmp_path / "ghost.json"
    path.write_text(json.dumps({"db": [{"meta": {}, "data": tables}]}), encoding="utf-8")

    refused, done = run(path), run(path, "--site", SITE)

    assert "--site" in refused.stderr
    assert done.exit_code == 0, done.output
    (article,) = listed(client)
    assert article["source_url"] == f"{SITE}/ferries/"
    assert article["published_at"] == "2019-11-26T02:43:13Z"
    assert article["image"]["url"] == f"{SITE}/content/f.jpg"
    assert article["authors"][0]["name"] == "Ann Lee"
    assert f"{SITE}/map/" in client.get(f"/v1/articles/{article['id']}").get_json()["body_html"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<rss><channel><title>P</title></channel></rss>", "no export of WordPress"),
        ("{}", "--site"),
        ("hello", "cannot be read|no export|no XML"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss>&x;</rss>', "refused|export"),
    ],
)
def test_what_is_no_export_is_said(
    run: Callable[..., Result], tmp_path: Path, body: str, said: str
) -> None:
    path = tmp_path / "file"
    path.write_text(body)

    done = run(path)

    assert done.exit_code == 1
    assert any(each in done.stderr for each in said.split("|"))


def test_a_dry_run_publishes_nothing(
    run: Callable[..., Result], client: FlaskClient, tmp_path: Path
) -> None:
    path = tmp_path / "export.xml"
    path.write_text(WXR, encoding="utf-8")

    done = run(path, "--dry-run")

    assert "1 would be new" in done.stdout
    assert f"{SITE}/2019/03/ferries/" in done.stdout
    assert client.get("/v1/newsroom/sources", headers=EDITOR).get_json()["sources"] == []
