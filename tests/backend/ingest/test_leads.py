"""Leads: what the article says, without what templates and feeds put around it."""

from html import escape

import pytest

from backend.newsroom.article_text import content_of
from tests.backend.ingest.test_entries import draft

OWN = "https://paper.example/1?utm_source=rss"
CAPTION = '<div class="wp-caption"><img src="/a.jpg"><p class="wp-caption-text">A boat</p></div>'


def lead_of(*, summary: str = "", text: str = "") -> str:
    inner = f"<description>{escape(summary)}</description>" if summary else ""
    inner += f"<content:encoded>{escape(text)}</content:encoded>" if text else ""
    return content_of(draft(inner).draft).summary


@pytest.mark.parametrize(
    "end",
    [
        f'<a href="{OWN}">Read more</a>',
        f'<p><a class="more-link" href="{OWN}">Weiterlesen <span>Harbour</span> →</a></p>',
        f'<p>The post <a href="{OWN}">Harbour</a> appeared first on <a href="/">Paper</a>.</p>',
        f'<p>La entrada <a href="{OWN}">Harbour</a> se publicó primero en <a href="/">P</a>.</p>',
        f'<a href="{OWN}">Read more</a>'
        f'<p>Der Beitrag <a href="{OWN}">Harbour</a> erschien zuerst auf <a href="/">P</a>.</p>',
    ],
)
def test_a_lead_ends_before_what_leads_back_to_the_article(end: str) -> None:
    assert lead_of(summary=f"<p>The ferry sails.</p> {end}") == "The ferry sails."


@pytest.mark.parametrize(
    ("markup", "lead"),
    [
        (f'<a href="{OWN}">The ferry sails</a> again.', "The ferry sails again."),
        (f'<a href="{OWN}">Read more</a>', "Read more"),
        (f'<p>One.</p><p><a href="{OWN}">Harbour</a></p><p>Two.</p>', "One. Harbour Two."),
        ('The ferry. <a href="/2">Read more</a>', "The ferry. Read more"),
        (f'<p>The ferry, as <a href="{OWN}">said</a>, sails.</p>', "The ferry, as said, sails."),
    ],
)
def test_what_is_the_leads_own_stays(markup: str, lead: str) -> None:
    assert lead_of(summary=markup) == lead


def test_a_caption_of_an_older_template_is_no_lead() -> None:
    assert lead_of(summary=f"{CAPTION}<p>The lead</p>") == "The lead"
    assert lead_of(text=f"{CAPTION}<p>The lead</p>") == "The lead"


def test_a_summary_that_only_says_the_title_is_none() -> None:
    assert lead_of(summary="Harbour", text="<p>The ferry sails.</p>") == "The ferry sails."
    assert lead_of(summary="Harbour") == "Harbour"


@pytest.mark.parametrize(
    "written",
    [
        escape("<p>The <b>ferry</b> sails.</p>"),
        "<![CDATA[<p>The <b>ferry</b> sails.</p>]]>",
        "<![CDATA[<![CDATA[The ferry sails.]]>]]>",
    ],
)
def test_markup_that_was_escaped_twice_is_markup(written: str) -> None:
    assert lead_of(summary=written) == "The ferry sails."
    assert lead_of(text=written) == "The ferry sails."


def test_markup_that_a_text_is_about_stays() -> None:
    assert lead_of(summary="Use &lt;p&gt; and &lt;/p&gt; well") == "Use <p> and </p> well"


@pytest.mark.parametrize("name", ["yandex:full-text", "turbo:content", "fulltext"])
def test_the_whole_text_stands_under_several_names(name: str) -> None:
    whole = f"<{name}>&lt;p>The whole text&lt;/p></{name}>"
    found = content_of(draft(f"<description>The lead</description>{whole}").draft)

    assert (found.summary, found.body_html) == ("The lead", "<p>The whole text</p>")


def test_a_text_that_is_a_picture_alone_is_that_of_the_summary() -> None:
    picture = "<content:encoded>&lt;img src='/a.jpg'></content:encoded>"
    found = draft(f"<description>The lead.</description>{picture}").draft

    assert content_of(found).body_text == "The lead."
    assert found.image is not None
    assert found.image.url == "https://paper.example/a.jpg"
