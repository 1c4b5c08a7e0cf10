"""The tag page: the newest news with a tag, in order, at one address."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from backend.web.pages import PAGE_SIZE
from tests.conftest import EDITOR, Clock
from tests.factories import publish

PAIR = "NorthKorea-Russia"


def titles(answer: TestResponse) -> list[str]:
    """The headlines of the cards in their order, without the marks of what was asked for."""
    unmarked = re.sub("</?mark>", "", answer.text)
    found = re.findall(r'<h2><a href="/article/[^"]*">([^<]*)</a></h2>', unmarked)
    return [html.unescape(title) for title in found]


def next_path(answer: TestResponse) -> str | None:
    found = re.search(r'<link rel="next" href="([^"]*)"', answer.text)
    return html.unescape(found.group(1)) if found else None


def test_the_tag_page_lists_the_newest_first_with_source_category_time_and_picture(
    client: FlaskClient, clock: Clock
) -> None:
    for number in range(3):
        image = {"url": f"https://pictures.example/{number}.jpg", "width": 800, "height": 450}
        publish(client, title=f"Story {number}", tags=[PAIR], category="Politics", image=image)
        clock.forward(hours=1)

    answer = client.get(f"/tag/{PAIR}")

    assert answer.status_code == 200
    assert f">Latest news with #{PAIR}</span></h1>" in answer.text
    assert titles(answer) == ["Story 2", "Story 1", "Story 0"]
    assert 'href="/source/herald"' in answer.text
    assert 'href="/category/politics"' in answer.text
    assert "1 hour ago" in answer.text
    assert "3 hours ago" in answer.text
    assert '<time datetime="2026-03-02T12:00:00Z"' in answer.text
    around = 'alt="" width="800" height="450" {} decoding="async" referrerpolicy="no-referrer">'
    lead, other = around.format('fetchpriority="high"'), around.format('loading="lazy"')
    assert f'<img src="https://pictures.example/2.jpg" {lead}' in answer.text
    assert f'<img src="https://pictures.example/1.jpg" {other}' in answer.text


def test_the_next_page_continues_where_the_first_ended(client: FlaskClient, clock: Clock) -> None:
    for number in range(PAGE_SIZE + 2):
        publish(client, title=f"Story {number}", tags=[PAIR])
        clock.forward(minutes=1)
    first = client.get(f"/tag/{PAIR}")
    path = next_path(first)
    assert path is not None
    publish(client, title="Newer than the cursor", tags=[PAIR])

    second = client.get(path)

    assert titles(first) + titles(second) == [
        f"Story {number}" for number in reversed(range(PAGE_SIZE + 2))
    ]
    assert next_path(second) is None
    own = html.escape(f"http://news.test{path}")
    assert f'<link rel="canonical" href="{own}">' in second.text
    for page in (first.text, second.text):
        assert '<meta name="robots" content="max-image-preview:large">' in page


@pytest.mark.parametrize(
    "spelling",
    [
        "northkorea-russia",
        "%23NorthKorea-Russia",
        "NorthKorea-Russia/",
        "NORTHKOREA%E2%80%93RUSSIA",
        "Russia-NorthKorea",
        "NorthKorea_Russia",
    ],
)
def test_other_spellings_lead_to_the_one_address_and_keep_the_query(
    client: FlaskClient, spelling: str
) -> None:
    publish(client, tags=[PAIR])

    answer = client.get(f"/tag/{spelling}?utm_source=x&q=%C3%A9")

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/tag/{PAIR}?utm_source=x&q=%C3%A9"
    assert "max-age=300" in answer.headers["Cache-Control"]


def test_an_editors_alias_leads_to_its_tag(client: FlaskClient) -> None:
    publish(client, tags=[PAIR])
    body = {"alias": "AxisOfTwo"}
    done = client.post(f"/v1/newsroom/tags/{PAIR}/aliases", headers=EDITOR, json=body)
    assert done.status_code in {200, 201, 204}, done.text

    assert client.get("/tag/axisoftwo").headers["Location"] == f"/tag/{PAIR}"


def test_an_unknown_tag_is_not_found(client: FlaskClient) -> None:
    assert client.get("/tag/nothing-like-it").status_code == 404


def test_a_tag_page_in_arabic_runs_from_the_right_and_each_card_in_its_own_direction(
    client: FlaskClient,
) -> None:
    publish(client, title="خبر", tags=["حكاية"], language="ar")
    publish(client, title="Story", tags=["حكاية"], language="en")

    answer = client.get("/tag/حكاية")

    assert '<html lang="ar" dir="rtl">' in answer.text
    for script in ('lang="en" dir="ltr"', 'lang="ar" dir="rtl"'):
        assert re.search(rf'<article class="card" data-id="\w+" {script}>', answer.text), script


def test_the_download_section_leads_to_this_very_page_in_the_app(client: FlaskClient) -> None:
    publish(client, tags=[PAIR])

    page = client.get(f"/tag/{PAIR}").text

    assert ">Download the App</h2>" in page
    assert page.count(f'class="badge" href="/download?to=/tag/{PAIR}"') == 2
    assert 'name="apple-itunes-app" content="app-id=123456789' in page
    assert f'property="al:ios:url" content="testnews://tag/{PAIR}"' in page
    assert 'property="al:android:package" content="test.news"' in page


def test_without_stores_the_section_still_leads_to_the_download_page(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    own = (Path(__file__).parents[3] / "app.toml").read_text(encoding="utf-8")
    config = tmp_path / "unconfigured.toml"
    config.write_text(own, encoding="utf-8")
    client = make_app(APP_CONFIG=str(config)).test_client()
    publish(client, tags=[PAIR])

    page = client.get(f"/tag/{PAIR}").text

    assert ">Download the App</h2>" in page
    assert f'href="/download?to=/tag/{PAIR}"' in page
    assert "apple-itunes-app" not in page


def test_the_head_says_what_a_preview_and_a_feed_reader_need(client: FlaskClient) -> None:
    publish(client, tags=[PAIR], image={"url": "https://pictures.example/1.jpg"})

    page = client.get(f"/tag/{PAIR}").text

    assert f'<link rel="canonical" href="http://news.test/tag/{PAIR}">' in page
    assert f'property="og:title" content="Latest news with #{PAIR}"' in page
    assert 'property="og:image" content="https://pictures.example/1.jpg"' in page
    assert "og:image:width" not in page, "nobody told the size"
    assert 'name="twitter:card" content="summary_large_image"' in page
    assert 'property="og:locale" content="en_US"' in page
    feed = f'title="Latest news with #{PAIR}" href="/tag/{PAIR}.rss"'
    assert f'<link rel="alternate" type="application/rss+xml" {feed}>' in page


def test_what_publishers_write_is_only_text(client: FlaskClient) -> None:
    publish(
        client,
        title="<img src=x onerror=alert(1)> & “more”",
        summary='"><script>alert(1)</script>',
        tags=[PAIR],
        image={"url": 'https://pictures.example/"onload="x.jpg', "alt": '"><script>'},
    )

    page = client.get(f"/tag/{PAIR}").text

    assert "<script>" not in page
    assert "<img src=x" not in page
    assert 'onload="x' not in page


def test_a_page_is_kept_for_a_bounded_time_and_validated(client: FlaskClient, clock: Clock) -> None:
    publish(client, tags=[PAIR])
    clock.forward(hours=2)
    first = client.get(f"/tag/{PAIR}")
    held = {"If-None-Match": first.headers["ETag"]}

    same = client.get(f"/tag/{PAIR}", headers=held)
    clock.forward(hours=1)
    older = client.get(f"/tag/{PAIR}", headers=held)

    seconds = re.search(r"public, max-age=(\d+)", first.headers["Cache-Control"])
    assert seconds is not None
    assert int(seconds.group(1)) < 60
    assert (same.status_code, same.data) == (304, b"")
    assert older.status_code == 200
    assert "3 hours ago" in older.text
    assert "Set-Cookie" not in first.headers


def test_a_page_names_what_a_cache_purges_it_by(client: FlaskClient) -> None:
    done = publish(client, tags=[PAIR])

    answer = client.get(f"/tag/{PAIR}")

    assert f"article-{done['id']}" in answer.headers["Surrogate-Key"].split()


def test_head_answers_like_get_without_a_body(client: FlaskClient) -> None:
    publish(client, tags=[PAIR])

    answer = client.head(f"/tag/{PAIR}")

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["ETag"] == client.get(f"/tag/{PAIR}").headers["ETag"]


def test_what_was_taken_down_is_on_no_page(client: FlaskClient) -> None:
    publish(client, title="Still here", tags=[PAIR])
    publish(client, external_id="gone", title="Taken down", tags=[PAIR])
    done = client.delete("/v1/newsroom/articles/herald/gone?reason=wrong", headers=EDITOR)
    assert done.status_code < 300

    for path in ("/", f"/tag/{PAIR}", f"/tag/{PAIR}.rss", "/source/herald", "/sitemap-news.xml"):
        page = client.get(path).text
        assert "Taken down" not in page, path
        assert "Still here" in page, path
