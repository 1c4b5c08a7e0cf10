"""Puts the page of a draft together: fields, and beside them how it looks and whom it reaches."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from backend.catalog.queries import article_by_public_id
from backend.console.shell import page, zone
from backend.core.db import db
from backend.core.problems import Problem
from backend.http.context import current_context
from backend.tables.newsroom import Article
from backend.text.direction import direction_of
from push.audience.topic_search import topics_beginning, with_followers
from push.console import draft_words as words
from push.console.compose_form import Fields, fields_of, languages_in
from push.console.counting import StillCounting, exact_count, quick_count
from push.console.draft_changes import differences
from push.console.numbers import number
from push.console.words import LEFT_OUT
from push.editorial import drafts
from push.editorial.draft_alert import lacks
from push.editorial.preview import present_site, preview
from push.editorial.readers import Count
from push.editorial.service import described
from push.editorial.settings import push_settings
from push.receipts import queries as receipt_queries
from push.store.models import AlertDraft
from push.store.states import WAITING

PHONES_SHOWN = 20


def compose_page(
    draft: AlertDraft,
    *,
    typed: Fields | None = None,
    error: Problem | None = None,
    is_exact: bool = False,
    **context: Any,
) -> Response:
    """Render the whole page; what could not be taken stands in its fields as it was typed."""
    fields = typed if typed is not None else fields_of(draft.content, _for_field)
    session, asked = db.session(), request.args.get("topic_q", "")
    chosen, found = fields.get("topic", []), topics_beginning(session, asked)
    now = current_context().now()
    count = exact_count(draft.content, now, waits=True) if is_exact else None
    return page(
        "desk/compose.html",
        error.status if error else 200,
        fields=MultiDict(fields),
        languages_in=languages_in(fields),
        tab=request.args.get("tab", ""),
        page_id=request.form.get("page") or secrets.token_hex(8),
        article=_article(draft),
        chosen=with_followers(session, chosen),
        found=with_followers(session, (each for each in found if each not in chosen)),
        typed=asked,
        phones=receipt_queries.test_installations(session, None, PHONES_SHOWN),
        error=error,
        instant=datetime.fromisoformat,
        **_shared(draft, count) | {"conflict": None} | context,
    )


def live_part(draft: AlertDraft, *, error: Problem | None = None, **context: Any) -> Response:
    """Render the part of the page beside the form, which is fetched after each key."""
    status = error.status if error else 200
    shared = _shared(draft) | {"conflict": None} | context
    return page("desk/_compose_look.html", status, refused=error, **shared)


def readers_part(draft: AlertDraft) -> Response:
    """Render the exact number of readers; answer 204 while another audience is counted."""
    now = current_context().now()
    try:
        shared = _shared(draft, exact_count(draft.content, now, waits=False))
    except StillCounting:
        return Response(status=204)
    if shared["shown"] is None:
        return Response(status=204)
    return page("desk/_compose_readers.html", **shared)


def overtaken(
    draft: AlertDraft,
    mine: Mapping[str, Any],
    typed: Fields,
    error: Problem,
    *,
    is_part: bool,
) -> Response:
    """Show both drafts beside each other after somebody changed this one: nothing is lost."""
    if draft.put_away_at is not None:
        return put_away_page(draft, is_part=is_part)
    conflict = {"changes": differences(draft.content, mine)}
    version = request.form.get("version", "")
    answer = (
        live_part(draft, conflict=conflict, version=version)
        if is_part
        else compose_page(draft, typed=typed, conflict=conflict, version=version)
    )
    answer.status_code = 422 if is_part else error.status
    return answer


def put_away_page(draft: AlertDraft, *, is_part: bool) -> Response:
    """Render a sent draft, with the seconds left to take it back, or a removed one."""
    alert = described(draft.sent_as) if draft.sent_as else None
    waits, left_s = alert is not None and alert.state in WAITING, 0
    if alert is not None:
        left_s = max(0, round((alert.send_at - current_context().now()).total_seconds()))
    template = "desk/_compose_sent.html" if is_part else "desk/compose_sent.html"
    answer = page(template, draft=draft, alert=alert, waits=waits, left_s=left_s)
    if is_part and alert is not None and not waits and request.method == "GET":
        answer.headers["HX-Redirect"] = f"/console/alerts/{alert.public_id}"
    return answer


def _shared(draft: AlertDraft, count: Count | None = None) -> dict[str, Any]:
    urgency = draft.content.get("urgency", "normal")
    shown, trouble = _look(draft.content, count)
    return {
        "draft": draft,
        "version": draft.version,
        "shown": shown,
        "trouble": trouble,
        "needs_approval": push_settings().needs_approval(urgency),
        "words": words,
        "left_out": LEFT_OUT,
        "number": number,
        "direction_of": direction_of,
    }


def _look(
    content: Mapping[str, Any], count: Count | None
) -> tuple[Mapping[str, Any] | None, Problem | None]:
    """Return the preview of a draft that is whole, or what keeps it from being one."""
    if lacks(content):
        return None, None
    try:
        loaded = drafts.loaded_alert(content)
        now = current_context().now()
        count = count or quick_count(content, now)
        return preview(db.session(), loaded, present_site(), now, count=count), None
    except Problem as error:
        return None, error


def _for_field(instant: str) -> str:
    return datetime.fromisoformat(instant).astimezone(zone()).strftime("%Y-%m-%dT%H:%M")


def _article(draft: AlertDraft) -> Article | None:
    article_id = draft.content.get("article_id", "")
    return article_by_public_id(db.session(), article_id)
