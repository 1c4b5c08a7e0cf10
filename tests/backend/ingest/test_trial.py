"""Before anything goes live: a trial shows what would come, and says what cannot."""

import ipaddress
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient

from backend.ingest.discovery import feeds_of_page, well_known
from backend.outbound.known_address import problem_of
from backend.outbound.networks import Network
from tagwire import main
from tests.backend.ingest.feeds import PAIR, Item, rss
from tests.backend.outbound.server import Publisher, publisher
from tests.conftest import EDITOR

TRIAL = "/v1/newsroom/sources:trial"
PAPER = "/v1/newsroom/sources/paper"
PORTS = frozenset({80, 443})


@pytest.fixture
def environ(environ: dict[str, str]) -> dict[str, str]:
    return {**environ, "FETCH_ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/feed.xml", rss(*(Item(number) for number in range(30))))
        found.answers("/comments/feed", rss(Item(99, title="Re: ferry"), title="Comments"))
        yield found


def page(*links: str, title: str = "Paper") -> bytes:
    return f"<!doctype html><html><head><title>{title}</title>{''.join(links)}</head>".encode()


def link(href: str, title: str = "", kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


def tried(client: FlaskClient, url: str, **settings: Any) -> dict[str, Any]:
    answer = client.post(TRIAL, headers=EDITOR, json={"url": url, **settings})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def refusal(client: FlaskClient, url: str) -> str:
    answer = client.post(TRIAL, headers=EDITOR, json={"url": url})
    assert answer.status_code == 422, answer.text
    return str(answer.get_json()["errors"]["url"])


def test_twenty_entries_are_shown_as_they_would_look_and_none_is_published(
    client: FlaskClient, server: Publisher
) -> None:
    shown = tried(client, server.url("/feed.xml"))

    assert (shown["title"], shown["entry_count"]) == ("Daily Harbour", 30)
    assert len(shown["entries"]) == 20
    entry = shown["entries"][0]
    assert (entry["title"], entry["url"]) == ("Story 0", "https://harbour.example/a/0")
    assert "Chile-Peru" in entry["tags"]
    assert entry["summary"] == "The Chile-Peru ferry sails again."
    assert (entry["published_at"], entry["date_confidence"]) == ("2026-03-02T06:00:00Z", "exact")
    assert client.get("/v1/sources").get_json()["sources"] == []
    assert client.get(PAIR).status_code == 404


def test_what_is_shown_is_what_a_poll_would_bring(
    app: Flask, client: FlaskClient, server: Publisher
) -> None:
    trial = tried(client, server.url("/feed.xml"))["entries"]
    app.test_cli_runner().invoke(main, ["sources", "add", "Harbour", server.url("/feed.xml")])
    app.test_cli_runner().invoke(main, ["sources", "poll", "harbour"])

    articles = client.get(f"{PAIR}?limit=30").get_json()["articles"]
    stored = {article["title"]: article for article in articles}
    for entry in trial:
        article = stored[entry["title"]]
        for name in ("summary", "tags", "published_at", "image"):
            assert entry[name] == article[name]


def test_warnings_name_what_is_odd(client: FlaskClient, server: Publisher) -> None:
    odd = [Item(1, None), Item(2, "02/03/2026 06:00"), Item(3, "Mon, 02 Mar 2026 06:00:00 +0000")]
    server.answers("/odd", rss(*odd).replace(b"</rss>", b"<b></rss>"))
    server.answers("/old", rss(Item(1, "Thu, 12 Jun 2014 09:00:00 +0000")))
    server.answers("/empty", rss())

    warnings = " ".join(tried(client, server.url("/odd"))["warnings"])

    assert "1 of 3 entries have no date" in warnings
    assert "day and month may be swapped" in warnings
    assert "not well-formed" in warnings
    assert "teasers" in warnings
    assert "No entry has a picture" in warnings
    assert "abandoned" in " ".join(tried(client, server.url("/old"))["warnings"])
    assert "empty" in " ".join(tried(client, server.url("/empty"))["warnings"])


def test_settings_are_tried_with_the_address(client: FlaskClient, server: Publisher) -> None:
    server.answers("/us", rss(Item(1, "02/03/2026 06:00")))

    shown = tried(client, server.url("/us"), day_first=False, time_zone="Asia/Seoul")

    assert shown["entries"][0]["published_at"] == "2026-02-02T21:00:00Z"
    bad = {"url": server.url("/us"), "time_zone": "Mars/Base"}
    assert client.post(TRIAL, headers=EDITOR, json=bad).status_code == 422


def test_the_page_of_a_site_leads_to_its_feed_and_comments_come_last(
    client: FlaskClient, server: Publisher
) -> None:
    links = (link("/comments/feed", "Paper » Comments"), link("feed.xml", "Paper"))
    server.answers("/", page(*links))

    shown = tried(client, server.url("/"))

    assert shown["feed_url"] == server.url("/feed.xml")
    assert [(each["url"], each["is_comments"]) for each in shown["feeds"]] == [
        (server.url("/feed.xml"), False),
        (server.url("/comments/feed"), True),
    ]


def test_a_page_that_names_no_feed_is_asked_where_sites_have_one(
    client: FlaskClient, server: Publisher
) -> None:
    server.answers("/", page())

    assert tried(client, server.url("/"))["feed_url"] == server.url("/feed.xml")


def test_a_site_without_a_feed_is_refused_with_the_reason(
    client: FlaskClient, server: Publisher
) -> None:
    server.handlers.clear()
    server.answers("/", page(title="The Paper"))

    assert "web page" in refusal(client, server.url("/"))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://10.0.0.7/feed", "private"),
        ("http://[::1]/feed", "private"),
        ("https://ann:secret@paper.example/feed", "user name or password"),
        ("https://nowhere.invalid/feed", "leads to no address"),
        ("http://169.254.169.254/latest/meta-data", "private"),
        ("http://2130706433/feed", "usual form"),
    ],
)
def test_an_address_that_cannot_be_fetched_is_refused_at_once(
    client: FlaskClient, url: str, why: str
) -> None:
    said = refusal(client, url)

    assert why in said
    assert "secret" not in said


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [("/page", 422, "web page"), ("/none", 201, "404"), ("/text", 422, "no feed")],
)
def test_a_new_address_is_looked_at_before_it_is_taken_over(
    client: FlaskClient, server: Publisher, path: str, status: int, why: str
) -> None:
    server.answers("/page", page(link("/feed.xml")))
    server.answers("/text", b"hello")

    answer = client.put(PAPER, headers=EDITOR, json={"feed_url": server.url(path)})

    assert answer.status_code == status
    if status == 422:
        assert why in answer.get_json()["errors"]["feed_url"][0]
        assert client.get(PAPER, headers=EDITOR).status_code == 404
    else:
        assert why in answer.get_json()["health_reason"]


def test_a_refused_page_names_its_feed(client: FlaskClient, server: Publisher) -> None:
    server.answers("/page", page(link("/feed.xml")))

    answer = client.put(PAPER, headers=EDITOR, json={"feed_url": server.url("/page")})

    assert server.url("/feed.xml") in answer.get_json()["errors"]["feed_url"][0]


def test_an_address_that_is_known_is_not_asked_again(
    client: FlaskClient, server: Publisher
) -> None:
    fields = {"feed_url": server.url("/feed.xml")}
    client.put(PAPER, headers=EDITOR, json=fields)
    asked = len(server.asked)

    assert client.put(PAPER, headers=EDITOR, json={**fields, "day_first": False}).status_code == 200

    assert len(server.asked) == asked == 1
    assert client.get(PAPER, headers=EDITOR).get_json()["day_first"] is False


def test_a_redirect_into_a_private_network_tells_no_more_than_a_poll(
    client: FlaskClient, server: Publisher
) -> None:
    server.redirects("/open", "http://10.0.0.7:22/")
    server.redirects("/closed", "http://10.0.0.7:23/")

    said = {refusal(client, server.url(path)) for path in ("/open", "/closed")}

    assert len(said) == 1
    assert "private or reserved" in said.pop()


@pytest.mark.parametrize(
    ("url", "opened", "why"),
    [
        ("https://paper.example/feed", (), None),
        ("https://93.184.216.34/feed", (), None),
        ("ftp://paper.example/feed", (), "http"),
        ("http://localhost/feed", (), "private"),
        ("http://news.internal/feed", (), "private"),
        ("http://localhost/feed", ("127.0.0.0/8",), None),
        ("http://127.0.0.1:8080/feed", ("127.0.0.0/8",), None),
        ("http://127.0.0.1/feed", (), "private"),
        ("http://0x7f.1/feed", (), "usual form"),
        ("http://0177.0.0.1/feed", (), "usual form"),
        ("http://[::ffff:10.0.0.1]/", (), "private"),
        ("https://paper.example:8443/feed", (), "port 8443"),
        ("https://paper.example:99999/feed", (), "not an address"),
        ("https://pa per.example/feed", (), "usable"),
    ],
)
def test_an_address_is_judged_without_asking_anybody(
    url: str, opened: tuple[str, ...], why: str | None
) -> None:
    said = problem_of(url, networks=networks(*opened), ports=PORTS)

    assert (said is None) if why is None else (why in str(said))


def networks(*texts: str) -> tuple[Network, ...]:
    return tuple(map(ipaddress.ip_network, texts))


@pytest.mark.parametrize(
    ("markup", "wanted"),
    [
        (link("a.rss"), ["https://p.example/x/a.rss"]),
        ('<base href="/y/">' + link("a.rss"), ["https://p.example/y/a.rss"]),
        (link("/a", kind="application/atom+xml;charset=utf-8"), ["https://p.example/a"]),
        (link("/a", kind="application/feed+json"), ["https://p.example/a"]),
        (link("/wp-json/", kind="application/json"), []),
        (link("/oembed", kind="application/json+oembed"), []),
        (
            '<LINK REL="ALTERNATE nofollow" TYPE=application/rss+xml HREF=/a>',
            ["https://p.example/a"],
        ),
        ('<link rel="stylesheet" href="/a.css">', []),
        (link("/a?x=1&amp;y=2"), ["https://p.example/a?x=1&y=2"]),
        (link("/a#x") + link("/a"), ["https://p.example/a"]),
        (link("javascript:alert(1)") + link("//["), []),
        ("<![if IE]><![ odd ]><![<" + ">" + link("/a"), ["https://p.example/a"]),
        (
            '<a href="/news/rss.xml">RSS</a><a href="/about">x</a>',
            ["https://p.example/news/rss.xml"],
        ),
        (link("/c", "Kommentar-Feed") + link("/a"), ["https://p.example/a", "https://p.example/c"]),
    ],
)
def test_the_feeds_of_a_page_are_found(markup: str, wanted: list[str]) -> None:
    assert [each.url for each in feeds_of_page(markup, "https://p.example/x/")] == wanted


def test_usual_places_begin_in_the_folder_of_the_page() -> None:
    found = well_known("https://p.example/blog/index.html")

    assert found[0] == "https://p.example/blog/feed"
    assert "https://p.example/feed.xml" in found


def run(app: Flask, *words: str) -> Result:
    result: Result = app.test_cli_runner().invoke(main, ["sources", *words])
    return result


def test_a_source_is_added_by_the_address_of_its_site(app: Flask, server: Publisher) -> None:
    server.answers("/", page(link("/feed.xml")))

    added = run(app, "add", server.url("/"))
    again = run(app, "add", server.url("/comments/feed"))
    listed = run(app, "list")

    assert added.exit_code == again.exit_code == 0, added.output + again.output
    assert "daily-harbour  waiting" in listed.output
    assert server.url("/feed.xml") in listed.output


def test_a_feed_of_the_same_name_does_not_take_a_sources_place(
    app: Flask, server: Publisher
) -> None:
    server.answers("/other.xml", rss(Item(1)))
    run(app, "add", server.url("/feed.xml"))

    refused = run(app, "add", server.url("/other.xml"))

    assert refused.exit_code == 1
    assert "Give this one a name" in refused.output + refused.stderr
    assert run(app, "add", "Other", server.url("/other.xml")).exit_code == 0


def test_a_trial_on_the_command_line_shows_entries(app: Flask, server: Publisher) -> None:
    done = run(app, "try", server.url("/feed.xml"))

    assert done.exit_code == 0, done.output
    assert "Story 0" in done.output
    assert "#Chile-Peru" in done.output
    assert "(exact)" in done.output


def test_a_poll_on_the_command_line_says_what_came_of_it(app: Flask, server: Publisher) -> None:
    run(app, "add", "Harbour", server.url("/feed.xml"))

    assert "changed: status 200, 30 new" in run(app, "poll", "harbour").output
    assert run(app, "delete", "harbour", "--articles", "--yes").exit_code == 0
    assert run(app, "poll", "harbour").exit_code == 1
    assert "harbour" not in run(app, "list").output
