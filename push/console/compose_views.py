"""The page on which an alert is written: every button keeps what was typed first."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask import Response, redirect, request, url_for
from marshmallow import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from backend.console.blueprint import console_blueprint
from backend.console.shell import back, text, typed_time
from backend.core.problems import Conflict, Invalid, NotFound, Problem
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from push.console.compose_form import Fields, content_typed
from push.console.compose_page import (
    compose_page,
    live_part,
    overtaken,
    put_away_page,
    readers_part,
)
from push.editorial import drafts
from push.editorial.draft_alert import flat, template_of
from push.editorial.draft_views import sent
from push.editorial.service import described
from push.store.models import AlertDraft
from schemas.drafts import AlertContent
from schemas.segment import LANGUAGE

blueprint = console_blueprint("console_compose", __name__, template_folder="../templates")


@blueprint.get("/console/alerts/drafts/<draft_id>")
@newsroom("editor")
def compose(draft_id: str) -> BaseResponse:
    """Write; of what was sent: the seconds in which it can be taken back"""
    draft = drafts.described(draft_id)
    if draft.put_away_at is not None:
        return put_away_page(draft, is_part=_is_part())
    is_exact = "exact" in request.args
    return compose_page(draft, is_exact=is_exact, done=request.args.get("done", ""))


@blueprint.get("/console/alerts/drafts/<draft_id>/readers")
@newsroom("editor")
def exact_readers(draft_id: str) -> BaseResponse:
    """In place of an estimate, unless the draft was changed since: then there is another one"""
    draft = drafts.described(draft_id)
    if draft.put_away_at is not None or draft.version != request.args.get("version", 0, type=int):
        return Response(status=204)
    return readers_part(draft)


@blueprint.post("/console/alerts/drafts/<draft_id>")
@newsroom("editor")
def write(draft_id: str) -> BaseResponse:
    """Keep what is typed, then do what the button says"""
    typed, do = _typed(), request.form.get("do", "")
    try:
        content = _content(typed)
        if do == "copy":
            return _copied(content)
        draft = _kept(draft_id, content, is_typing=not do)
        return _ACTS.get(do, _go_on)(draft)
    except NotFound:
        raise
    except Conflict as error:
        draft = drafts.described(draft_id)
        if draft.put_away_at is not None and draft.content != content and not _is_part():
            return _copied(content)
        return overtaken(draft, content, typed, error, is_part=_is_part())
    except Problem as error:
        draft = drafts.described(draft_id)
        if _is_part():
            return live_part(draft, error=error)
        return compose_page(draft, typed=typed, error=error)


def _kept(draft_id: str, content: Mapping[str, Any], *, is_typing: bool) -> AlertDraft:
    """Keep the draft; `over` is somebody else's version that this editor saw and overwrites."""
    read = "over" if request.form.get("do") == "mine" else "version"
    return drafts.change(
        draft_id,
        content,
        version=request.form.get(read, 0, type=int),
        author=caller().name,
        now=_now(),
        page=request.form.get("page", "")[:40],
        is_typing=is_typing,
    )


def _go_on(draft: AlertDraft) -> BaseResponse:
    if _is_part():
        return live_part(draft)
    return back(".compose", draft_id=draft.public_id, done="kept")


def _send(draft: AlertDraft) -> BaseResponse:
    return _sent(draft, approval=False)


def _ask(draft: AlertDraft) -> BaseResponse:
    return _sent(draft, approval=True)


def _sent(draft: AlertDraft, *, approval: bool) -> BaseResponse:
    """Send it; redirect to the seconds for taking it back, or to an alert that waits longer."""
    made = described(sent(draft.public_id, draft.version, approval=approval))
    if made.state == "scheduled" and made.send_at <= _now() + drafts.TAKE_BACK:
        return back(".compose", draft_id=draft.public_id)
    return redirect(f"/console/alerts/{made.public_id}", 303)


def _try(draft: AlertDraft) -> BaseResponse:
    site = current_context().settings.public_url
    phones = request.form.getlist("phones")
    drafts.show_on(draft.public_id, phones, site, author=caller().name, now=_now())
    return back(".compose", draft_id=draft.public_id, done="tried")


def _keep_template(draft: AlertDraft) -> BaseResponse:
    name, content = request.form.get("template_name", ""), template_of(draft.content)
    drafts.create("template", name[:100], content, author=caller().name, now=_now())
    return back(".compose", draft_id=draft.public_id, done="template")


def _add_language(draft: AlertDraft) -> BaseResponse:
    language = request.form.get("language", "").strip()
    try:
        LANGUAGE(language)
    except ValidationError as error:
        raise Invalid.field("language", text("Write a language such as en or pt-BR.")) from error
    variants = {language: {"title": "", "body": ""}} | draft.content.get("variants", {})
    content = {**draft.content, "variants": variants}
    author, now = caller().name, _now()
    drafts.change(draft.public_id, content, version=draft.version, author=author, now=now)
    address = url_for(".compose", draft_id=draft.public_id, tab=language)
    return redirect(f"{address}#texts", 303)


def _count(draft: AlertDraft) -> BaseResponse:
    """Redirect to the exact number, however long it takes, for browsers without script."""
    address = url_for(".compose", draft_id=draft.public_id, exact="yes")
    return redirect(f"{address}#look", 303)


def _without_article(draft: AlertDraft) -> BaseResponse:
    content = {name: said for name, said in draft.content.items() if name != "article_id"}
    author, now = caller().name, _now()
    drafts.change(draft.public_id, content, version=draft.version, author=author, now=now)
    return back(".compose", draft_id=draft.public_id)


def _find(draft: AlertDraft) -> BaseResponse:
    """Redirect to topics that begin as it is typed, for browsers without script."""
    asked = request.form.get("topic_q", "")
    address = url_for(".compose", draft_id=draft.public_id, topic_q=asked)
    return redirect(f"{address}#topics", 303)


def _copied(content: Mapping[str, Any]) -> BaseResponse:
    """Keep the text as a new draft beside the one that somebody else changed, sent or removed."""
    made = drafts.create("draft", "", content, author=caller().name, now=_now())
    return back(".compose", draft_id=made.public_id, done="copied")


_ACTS: Mapping[str, Callable[[AlertDraft], BaseResponse]] = {
    "send": _send,
    "approval": _ask,
    "try": _try,
    "template": _keep_template,
    "language": _add_language,
    "no_article": _without_article,
    "count": _count,
    "find": _find,
}


def _typed() -> Fields:
    return request.form.to_dict(flat=False)


def _content(typed: Fields) -> dict[str, Any]:
    """Return what was typed, as a draft keeps it.

    Raises:
        Invalid: something is too long, or the time is none.
    """
    try:
        return dict(_CONTENT.dump(_CONTENT.load(content_typed(typed, _instant))))
    except ValidationError as error:
        raise Invalid.of(flat(error.messages_dict)) from error


def _instant(value: str) -> datetime | None:
    try:
        return typed_time(value)
    except ValueError as error:
        raise Invalid.field("send_at", text("Write a day and a time.")) from error


def _is_part() -> bool:
    return "HX-Request" in request.headers


def _now() -> datetime:
    return current_context().now()


_CONTENT = AlertContent()
