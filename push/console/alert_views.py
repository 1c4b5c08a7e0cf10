"""Pages of alerts after they were written: approve, watch, take back, recall, correct, repeat."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from backend.console.blueprint import console_blueprint
from backend.console.shell import Section, add_section, back, page, refuse_untyped, text
from backend.core.db import db
from backend.core.problems import BadCursor, Invalid, NotFound, Problem
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from push.console import words
from push.console.numbers import number, seconds, share
from push.editorial import authorship, correction, drafts, recall, repeat, second_reading, service
from push.editorial.acts import Acts, acts_on
from push.editorial.difference import pieces_between
from push.editorial.lookup import article_named
from push.editorial.preview import texts_of
from push.editorial.settings import push_settings
from push.editorial.shown import shown
from push.store import draft_queries, queries
from push.store.models import Notification
from push.store.states import ENDED, LIVE, State

PAGE = 30
# Most alerts of a group above the list; the filter leads to the others.
MOST_IN_GROUP = 20
GROUPS: dict[str, tuple[State, ...]] = {
    "waiting": ("awaiting_approval", "sent_back"),
    "scheduled": ("scheduled",),
    "under_way": LIVE,
    "ended": ENDED,
}
_ARTICLE = re.compile(r"/article/([^/?#]+)")

blueprint = console_blueprint("console_alerts", __name__, template_folder="../templates")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)
    roles = frozenset({"editor", "approver", "admin"})
    add_section(app, Section("console_alerts.alerts", "Alerts", roles, order=10))


@blueprint.get("/console/alerts")
@newsroom("editor")
def alerts() -> Response:
    """What waits for somebody, what is under way, and what was sent"""
    asked = request.args
    state, cursor = asked.get("state", ""), asked.get("cursor", "")
    if state not in GROUPS:
        state = ""
    try:
        found = _groups(state, cursor, asked.get("article", ""))
    except Invalid as error:
        return _list_page({}, None, error=error, status=422)
    groups, following = found
    return _list_page(groups, following)


@blueprint.get("/console/alerts/<notification_id>")
@newsroom("editor")
def alert(notification_id: str) -> Response:
    """One alert: how it looks, what is to be done about it, and how it leaves"""
    return _alert_page(notification_id)


@blueprint.post("/console/alerts/<notification_id>/approve")
@newsroom("approver")
def approve(notification_id: str) -> BaseResponse:
    """The second person's word, for exactly the content that was read"""
    given = request.form.get("content_hash") or None

    def act() -> Notification:
        author, now = caller().name, current_context().now()
        return service.approve(notification_id, author=author, content_hash=given, now=now)

    return _done(notification_id, "approve", act)


@blueprint.post("/console/alerts/<notification_id>/send-back")
@newsroom("approver")
def send_back(notification_id: str) -> BaseResponse:
    """Ask the writers for a change"""
    note = " ".join(request.form.get("note", "").split())

    def act() -> Notification:
        if not 1 <= len(note) <= 500:
            raise Invalid.field("note", text("Say what is to be changed, in 500 characters."))
        author, now = caller().name, current_context().now()
        return second_reading.send_back(notification_id, author=author, note=note, now=now)

    return _done(notification_id, "send_back", act)


@blueprint.post("/console/alerts/<notification_id>/take-back")
@newsroom("editor")
def take_back(notification_id: str) -> BaseResponse:
    """Stop what has not begun, and go on with the draft that it was, if it was one"""
    draft = draft_queries.draft_sent_as(db.session(), notification_id)
    if draft is None:
        return _done(notification_id, "take_back", lambda: _recalled(notification_id))
    draft_id = draft.public_id

    def act() -> Notification:
        drafts.restore(draft_id, now=current_context().now())
        return service.described(notification_id)

    answer = _done(notification_id, "take_back", act)
    is_done = answer.status_code == 303
    return (
        back("console_compose.compose", draft_id=draft_id, done="restored") if is_done else answer
    )


@blueprint.post("/console/alerts/<notification_id>/recall")
@newsroom("editor")
def recall_alert(notification_id: str) -> BaseResponse:
    """Stop what has not left, once the word was typed"""

    def act() -> Notification:
        refuse_untyped(text("recall"))
        return _recalled(notification_id)

    return _done(notification_id, "recall", act)


@blueprint.post("/console/alerts/<notification_id>/repeat")
@newsroom("editor")
def repeat_alert(notification_id: str) -> BaseResponse:
    """Send it once more to those whose outcome is not certain"""

    def act() -> Notification:
        return repeat.repeat(notification_id, author=caller().name, now=current_context().now())

    return _done(notification_id, "repeat", act)


@blueprint.get("/console/alerts/<notification_id>/<any(edit, correct):verb>")
@newsroom("editor")
def texts(notification_id: str, verb: str) -> Response:
    """What it says now, and beside it what it is to say"""
    return _texts_page(notification_id, verb)


@blueprint.post("/console/alerts/<notification_id>/<any(edit, correct):verb>")
@newsroom("editor")
def say(notification_id: str, verb: str) -> BaseResponse:
    """Change what has not begun, or correct what is on phones"""
    author, now = caller().name, current_context().now()
    try:
        fields = _typed_texts()
        if verb == "edit":
            site = current_context().settings.public_url
            found = service.change(notification_id, fields, site, author=author, now=now)
        else:
            found = correction.correct(notification_id, fields, author=author, now=now)
    except Problem as error:
        _refuse_unknown(error)
        return _texts_page(notification_id, verb, error.status, error=error, form=request.form)
    return back("console_alerts.alert", notification_id=found.public_id, done=verb)


def _recalled(notification_id: str) -> Notification:
    window, now = push_settings().story_window, current_context().now()
    return recall.recall(notification_id, story_window=window, now=now).notification


def _done(notification_id: str, place: str, act: Callable[[], Notification]) -> BaseResponse:
    """Do an act and lead to the alert's page; show what is wrong beside the form instead."""
    try:
        found = act()
    except Problem as error:
        _refuse_unknown(error)
        return _alert_page(notification_id, error.status, place=place, error=error)
    return back("console_alerts.alert", notification_id=found.public_id, done=place)


def _refuse_unknown(error: Problem) -> None:
    if isinstance(error, NotFound):
        raise error


def _groups(state: str, cursor: str, article: str) -> tuple[dict[str, Any], str | None]:
    """Return the rows of each group that a page shows, and the cursor of the next page.

    Raises:
        Invalid, BadCursor: there is no such article, or no such page.
    """
    session = db.session()
    named = _ARTICLE.search(article)
    about = article_named(session, (named[1] if named else article.strip()) or None)
    article_id = about.id if about else None
    before = queries.by_public_id(session, cursor) if cursor else None
    if cursor and before is None:
        raise BadCursor
    found: dict[str, Any] = {}
    if not state and before is None:
        for name in ("waiting", "scheduled", "under_way"):
            found[name] = queries.latest(
                session, MOST_IN_GROUP, states=GROUPS[name], article_id=article_id
            )
    last = state or "ended"
    rows = queries.latest(
        session,
        PAGE + 1,
        before=before.id if before else None,
        states=GROUPS[last],
        article_id=article_id,
    )
    found[last] = rows[:PAGE]
    return found, rows[PAGE - 1].public_id if len(rows) > PAGE else None


def _list_page(
    groups: dict[str, Sequence[Notification]],
    cursor: str | None,
    *,
    status: int = 200,
    error: Problem | None = None,
) -> Response:
    given = {name: value for name in ("state", "article") if (value := request.args.get(name))}
    following = f"{url_for('.alerts')}?{urlencode({**given, 'cursor': cursor})}" if cursor else None
    return page(
        "desk/alerts.html",
        status,
        groups=groups,
        following=following,
        filters=given,
        error=error,
        words=words,
        number=number,
        may_approve="approver" in caller().roles,
        is_second=lambda alert: authorship.may_approve(alert, caller().name),
    )


def _acts(session: Session, notification: Notification) -> Acts:
    """Return the acts to offer: those that the alert's row permits and that are not refused."""
    acts = acts_on(notification, caller().name, may_approve="approver" in caller().roles)
    return replace(
        acts,
        correct=acts.correct and correction.may_correct(session, notification),
        repeat=acts.repeat and repeat.may_repeat(session, notification),
    )


def _alert_page(notification_id: str, status: int = 200, **context: Any) -> Response:
    session = db.session()
    notification = service.described(notification_id)
    return page(
        "desk/alert.html",
        status,
        alert=shown(notification),
        acts=_acts(session, notification),
        texts=texts_of(session, notification, push_settings().channels),
        changes=second_reading.differences(notification_id),
        pieces=pieces_between,
        words=words,
        number=number,
        share=share,
        seconds=seconds,
        form=request.form,
        done=request.args.get("done"),
        **context,
    )


def _texts_page(notification_id: str, verb: str, status: int = 200, **context: Any) -> Response:
    """Render the form of texts beside what stands: the newest correction, if there is one."""
    session = db.session()
    notification = service.described(notification_id)
    original_id = notification.corrects_id or notification.repeats_id or notification.id
    standing = queries.newest_correction(session, original_id) if verb == "correct" else None
    return page(
        "desk/alert_texts.html",
        status,
        alert=notification,
        standing=standing or notification,
        verb=verb,
        **context,
    )


def _typed_texts() -> dict[str, Any]:
    """Read the form as the API would be sent it, without languages whose texts are emptied.

    Raises:
        Invalid: a title is missing, or a text is too long.
    """
    form = request.form
    variants: dict[str, dict[str, str]] = {}
    for name in form:
        language = name.removeprefix("title:")
        if name != language and (form[name].strip() or form.get(f"body:{language}", "").strip()):
            variants[language] = _text_named(form, name, f"body:{language}")
    return {**_text_named(form, "title", "body"), "variants": variants}


def _text_named(form: Any, title_name: str, body_name: str) -> dict[str, str]:
    title, body = form.get(title_name, "").strip(), form.get(body_name, "").strip()
    if not 1 <= len(title) <= 300:
        raise Invalid.field(title_name, text("Give it a title of 1 to 300 characters."))
    if len(body) > 4000:
        raise Invalid.field(body_name, text("The text has more than 4,000 characters."))
    return {"title": title, "body": body}
