"""Pages of sources: all of them, the broken ones first, and each with its settings and polls."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.catalog.slug import slug_of
from backend.console import source_forms
from backend.console.bars import CHART_WIDTH, HEIGHT, WIDTH, bars_of
from backend.console.blueprint import console_blueprint
from backend.console.shell import back, page
from backend.core.db import db
from backend.core.problems import Invalid, Problem
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.ingest import poll_history, removal, source_states, sources
from backend.ingest.entry_counts import counts_from
from backend.ingest.health import WORDS
from backend.ingest.poll_days import latest_days
from backend.ingest.saving import new_address_failure, save_settings
from backend.ingest.source_pages import page_of_polls, page_of_sources
from backend.ingest.source_state import BY_EDITOR, SourceState
from backend.tables.ingest import SourcePoll

SHOWN, POLLS_SHOWN = 25, 20
LONGEST_ID = 20
CHART = {"width": CHART_WIDTH, "height": HEIGHT, "bar": WIDTH}

blueprint = console_blueprint("console_sources", __name__)
blueprint.after_request(read_your_writes)


@blueprint.get("/console/sources")
@newsroom("publisher", "editor")
def listed() -> Response:
    """Every source that this person may read about, the broken ones first"""
    return list_page()


@blueprint.get("/console/sources/<slug>")
@newsroom("publisher", "editor")
def source(slug: str) -> Response:
    """How a source is, its polls and its settings"""
    return _source_page(slug)


@blueprint.post("/console/sources/<slug>")
@newsroom("editor")
def change(slug: str) -> BaseResponse:
    """Change the settings"""
    try:
        fields = source_forms.changes_of(request.form, _state(slug))
        failure = new_address_failure(slug_of(slug), fields, look=True)
        if fields:
            save_settings(slug, fields, now=current_context().now(), failure=failure)
    except Problem as error:
        return _source_page(slug, error.status, error=error, form=request.form)
    return back(".source", slug=slug, done="changed")


@blueprint.post("/console/sources/<slug>/poll")
@newsroom("editor")
def poll(slug: str) -> BaseResponse:
    """Try it now"""
    state = _state(slug)
    last = poll_history.polls(db.session(), state.id, before=None, limit=1)
    sources.ask_now(state.slug, now=current_context().now())
    return back(".source", slug=slug, done="asked", after=last[0].id if last else 0)


@blueprint.post("/console/sources/<slug>/<any(pause, resume, block, unblock):way>")
@newsroom("editor")
def turn(slug: str, way: str) -> BaseResponse:
    """Stop or go on: polling, or publishing at all"""
    name, now = _state(slug).slug, current_context().now()
    if way == "pause":
        sources.pause(name, BY_EDITOR, now=now)
    elif way == "resume":
        sources.resume(name, now=now)
    else:
        save_settings(name, {"blocked": way == "block"}, now=now)
    return back(".source", slug=slug, done=way)


@blueprint.get("/console/sources/<slug>/remove")
@newsroom("editor")
def removing(slug: str) -> Response:
    """What removing a source would move, and the form that does it"""
    return _removal_page(slug)


@blueprint.post("/console/sources/<slug>/remove")
@newsroom("editor")
def remove(slug: str) -> BaseResponse:
    """Remove a source, with its articles or without them"""
    state, form, context = _state(slug), request.form, current_context()
    if form.get("typed", "").strip() != state.slug:
        error = Invalid.field("typed", "What you typed is not the name above.")
        return _removal_page(slug, error.status, error=error, form=form)
    is_with_articles = form.get("articles") == "remove"
    is_done = removal.remove_at_once(
        context.hooks, state.slug, with_articles=is_with_articles, now=context.now()
    )
    return back(".listed", done="removed" if is_done else "emptying")


def list_page(status: int = 200, **context: Any) -> Response:
    """The list as its filters ask for it; `context` is what else the template shows."""
    args = request.args
    words, asked = args.get("q", "")[:200].strip(), args.get("health", "")
    health = asked if asked in WORDS else ""
    shown, cursor = page_of_sources(
        caller(),
        health=[health] if health else [],
        words=words,
        limit=SHOWN,
        cursor=args.get("cursor"),
    )
    ids, session, now = [each.id for each in shown], db.session(), current_context().now()
    days = latest_days(session, ids, now=now)
    return page(
        "console/sources.html",
        status,
        sources=shown,
        bars={each: bars_of(days[each], now.date()) for each in ids},
        statuses=poll_history.latest_statuses(session, ids),
        chart=CHART,
        healths=WORDS,
        chosen={"q": words, "health": health},
        next_url=_next(".listed", cursor, q=words or None, health=health or None),
        may_change="editor" in caller().roles,
        **context,
    )


def _source_page(slug: str, status: int = 200, **context: Any) -> Response:
    state, now, session = _state(slug), current_context().now(), db.session()
    polls, cursor = page_of_polls(state.id, limit=POLLS_SHOWN, cursor=request.args.get("cursor"))
    days = latest_days(session, [state.id], now=now)[state.id]
    return page(
        "console/source.html",
        status,
        source=state,
        settings=state.settings,
        polls=polls,
        next_url=_next(".source", cursor, slug=state.slug),
        status_of_last=poll_history.latest_statuses(session, [state.id]).get(state.id),
        counts=counts_from(state.entry_counts),
        bars=bars_of(days, now.date()),
        chart=CHART,
        is_waiting=_is_waiting(polls),
        may_change="editor" in caller().roles,
        **context,
    )


def _removal_page(slug: str, status: int = 200, **shown: Any) -> Response:
    state, session, context = _state(slug), db.session(), current_context()
    moved = {
        each: removal.preview(
            session, context.hooks, state.slug, with_articles=each == "remove", now=context.now()
        )
        for each in ("keep", "remove")
    }
    return page("console/source_remove.html", status, source=state, moved=moved, **shown)


def _state(slug: str) -> SourceState:
    """Return the state of a source that this person may read about.

    Raises:
        NotFound: there is no such source.
        Forbidden: a publisher is bound to other sources.
    """
    name = sources.readable(slug_of(slug), caller())
    return source_states.state(db.session(), name, now=current_context().now())


def _next(view: str, cursor: str | None, **given: Any) -> str | None:
    """Return the address of a list's next page; None at its end."""
    if cursor is None:
        return None
    return url_for(f"{blueprint.name}{view}", cursor=cursor, **given)


def _is_waiting(polls: Sequence[SourcePoll]) -> bool:
    """Whether a poll was asked for that is not there yet."""
    asked = request.args.get("after", "")
    newest = polls[0].id if polls else 0
    is_number = asked.isascii() and asked.isdigit() and len(asked) < LONGEST_ID
    return is_number and newest <= int(asked)
