"""Sanitizes a draft's text: safe HTML, plain text and a summary. Pure."""

import html
from dataclasses import dataclass

from backend.newsroom.draft import ArticleDraft
from backend.text import clean


@dataclass(frozen=True, slots=True)
class Content:
    title: str
    summary: str
    body_html: str
    body_text: str


def content_of(draft: ArticleDraft) -> Content:
    """Sanitize untrusted markup: titles and summaries become text, the body allowed HTML."""
    markup = draft.body_html or _paragraphs(draft.body_text or "")
    body_html = clean.safe_html(markup, draft.url)
    body_text = clean.plain_text(body_html)
    summary = clean.summary_of(draft.summary, _uncaptioned(body_html, body_text))
    return Content(" ".join(draft.title.split()), summary, body_html, body_text)


def _uncaptioned(body_html: str, body_text: str) -> str:
    lead = clean.without_captions(body_html)
    return body_text if lead == body_html else clean.plain_text(lead)


def _paragraphs(text: str) -> str:
    parts = (part.strip() for part in text.replace("\r\n", "\n").split("\n\n"))
    escaped = (html.escape(part, quote=False).replace("\n", "<br>") for part in parts if part)
    return "".join(f"<p>{part}</p>" for part in escaped)
