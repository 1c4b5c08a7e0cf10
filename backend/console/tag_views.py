"""Pages of tags: candidates that wait for a yes, and every tag with its names, merges and bans."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.catalog.tag_names import key_of
from backend.console.blueprint import console_blueprint
from backend.console.shell import back, page, text
from backend.core.cursor import scope_of
from backend.core.db import db
from backend.core.problems import Problem
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_of, position_of
from backend.newsroom import curation, tag_decisions, tag_list, tag_list_queries, tag_page
from backend.newsroom.impact import Impact
from backend.newsroom.merge_undo import UNDO_WITHIN, Preview
from backend.newsroom.tag_list_queries import Wish
from backend.tables.newsroom import Tag
from schemas.values import TAG_KINDS, TAG_STATES

ROWS = 30
MOST_MERGES = 20
# These lists are of few rows, and show all that speaks for each.
IN_FULL = {"candidate", "forbidden", "merged"}

blueprint = console_blueprint("console_tags", __name__)


@blueprint.get("/console/tags")
@newsroom("editor")
def tags() -> Response:
    """Tags by state, and the names that wait for a yes"""
    args, session, now = request.args, db.session(), current_context().now()
    state = args.get("state") if args.get("state") in TAG_STATES else None
    kind = args.get("kind") if args.get("kind") in TAG_KINDS else None
    wish = Wish(state=state, kind=kind, key=key_of(args.get("q", "").strip().lstrip("#")))
    scope = scope_of("console tags", str(state), str(kind), wish.key)
    found = tag_list.rows(session, wish, position_of(args.get("cursor"), scope), ROWS + 1, now=now)
    listed, cursor = page_of(found, ROWS, scope, lambda row: row.place)
    is_whole = not any(args.get(name) for name in ("cursor", "q", "state", "kind"))
    return page(
        "console/tags.html",
        tags=tag_list.values(session, listed, now=now)
        if state in IN_FULL
        else tag_list.brief(session, listed),
        merges=tag_list_queries.merges_since(session, now - UNDO_WITHIN, MOST_MERGES)
        if is_whole
        else (),
        filters={"q": args.get("q", ""), "state": state, "kind": kind},
        most_counted=tag_list_queries.MOST_COUNTED,
        now=now,
        next_url=cursor and url_for(".tags", **_asked(cursor=cursor)),
        told=_told(),
    )


@blueprint.get("/console/tags/<tag>")
@newsroom("editor")
def tag(tag: str) -> BaseResponse:
    """One tag; any of its spellings leads here"""
    found = curation.living(db.session(), tag)
    if found.name != tag:
        return back(".tag", tag=found.name, **request.args.to_dict())
    return _tag_page(found)


@blueprint.post("/console/tags/<tag>/confirm")
@newsroom("editor")
def confirm(tag: str) -> BaseResponse:
    """Say yes to a name"""

    def change() -> BaseResponse:
        tag_decisions.confirm(tag, now=current_context().now())
        return _after("confirmed", tag)

    return _tried(tag, "decide", change)


@blueprint.post("/console/tags/<tag>/forbid")
@newsroom("editor")
def forbid(tag: str) -> BaseResponse:
    """Say no to a name, for one source or for all; what goes is told first"""
    source = request.form.get("source", "").strip() or None

    def change() -> BaseResponse:
        if not request.form.get("sure"):
            hooks = current_context().hooks
            moved = tag_decisions.preview_forbid(db.session(), hooks, tag, source)
            return _sure("forbid", tag, _numbers(moved), source=source or "")
        tag_decisions.forbid(tag, source, now=current_context().now())
        return _after("forbidden", tag, source=source)

    return _tried(tag, "forbid", change)


@blueprint.post("/console/tags/<tag>/allow")
@newsroom("editor")
def allow(tag: str) -> BaseResponse:
    """Take a ban back"""

    def change() -> BaseResponse:
        source = request.form.get("source") or None
        tag_decisions.allow(tag, source, now=current_context().now())
        return _after("allowed", tag)

    return _tried(tag, "forbid", change)


@blueprint.post("/console/tags/<tag>/rename")
@newsroom("editor")
def rename(tag: str) -> BaseResponse:
    """Another name; what shows it is told first"""
    name = request.form.get("name", "")

    def change() -> BaseResponse:
        if not request.form.get("sure"):
            hooks = current_context().hooks
            moved = curation.preview_rename(db.session(), hooks, tag, name)
            return _sure("rename", tag, _numbers(moved), name=name)
        hooks, now = current_context().hooks, current_context().now()
        tag_id = curation.rename(hooks, tag, name, now=now)
        return back(".tag", tag=_name(tag_id), done="renamed", name=tag)

    return _tried(tag, "rename", change)


@blueprint.post("/console/tags/<tag>/merge")
@newsroom("editor")
def merge(tag: str) -> BaseResponse:
    """Merge a tag into another one; what moves is told first"""
    into = request.form.get("into", "")

    def change() -> BaseResponse:
        hooks, now = current_context().hooks, current_context().now()
        if not request.form.get("sure"):
            seen = curation.preview_merge(db.session(), hooks, tag, into)
            numbers = {**_numbers(seen), text("articles that carry both"): seen.articles_of_both}
            return _sure("merge", tag, numbers, into=seen.into)
        kept = curation.merge(hooks, tag, into, now=now)
        return back(".tag", tag=_name(kept), done="merged", name=tag)

    return _tried(tag, "merge", change)


@blueprint.post("/console/tags/<tag>/undo-merge")
@newsroom("editor")
def undo_merge(tag: str) -> BaseResponse:
    """Make a merged tag its own again"""
    tag_id = tag_decisions.undo_merge(tag, now=current_context().now())
    return back(".tag", tag=_name(tag_id), done="undone")


@blueprint.post("/console/tags/<tag>/aliases")
@newsroom("editor")
def add_alias(tag: str) -> BaseResponse:
    """Lead another spelling here"""
    alias = request.form.get("alias", "").strip()

    def change() -> BaseResponse:
        curation.add_alias(tag, alias, now=current_context().now())
        return back(".tag", tag=tag, done="alias-added", name=alias)

    return _tried(tag, "alias", change)


@blueprint.post("/console/tags/<tag>/aliases/remove")
@newsroom("editor")
def remove_alias(tag: str) -> BaseResponse:
    """Let another spelling lead here no more"""
    alias = request.form.get("alias", "")

    def change() -> BaseResponse:
        curation.remove_alias(tag, alias, now=current_context().now())
        return back(".tag", tag=tag, done="alias-removed", name=alias)

    return _tried(tag, "alias", change)


@blueprint.post("/console/tags/<tag>/retag")
@newsroom("editor")
def retag(tag: str) -> BaseResponse:
    """Read the articles of the last 48 hours again"""
    tag_decisions.retag(tag, now=current_context().now())
    return back(".tag", tag=tag, done="retagged")


def _tried(tag: str, place: str, change: Callable[[], BaseResponse]) -> BaseResponse:
    """The answer to a form; one that cannot be taken comes back as typed, with why beside it."""
    try:
        return change()
    except Problem as error:
        found = curation.living(db.session(), tag)
        return _tag_page(found, error.status, place=place, error=error, form=request.form)


def _tag_page(found: Tag, status: int = 200, **context: Any) -> Response:
    session, now = db.session(), current_context().now()
    scope = scope_of("console tag", str(found.id))
    after = position_of(request.args.get("cursor"), scope)
    carriers, cursor = page_of(
        tag_list_queries.carriers(session, found.id, after, ROWS + 1),
        ROWS,
        scope,
        lambda row: row.place,
    )
    return page(
        "console/tag.html",
        status,
        tag=tag_page.shown(session, found, now=now),
        carriers=carriers,
        next_url=cursor and url_for(".tag", tag=found.name, cursor=cursor),
        told=_told(),
        **context,
    )


def _sure(verb: str, tag: str, numbers: Mapping[str, int], **fields: str) -> Response:
    """Render the page that asks for confirmation and says how much is affected."""
    titles = {
        "forbid": text("No tag %(tag)s any more?", tag=f"#{tag}"),
        "rename": text(
            "Rename %(tag)s to %(name)s?", tag=f"#{tag}", name=f"#{fields.get('name', '')}"
        ),
        "merge": text(
            "Merge %(tag)s into %(into)s?", tag=f"#{tag}", into=f"#{fields.get('into', '')}"
        ),
    }
    undone = {
        "forbid": text("This can be undone: articles of the last 48 hours then get it back."),
        "rename": text("The old name keeps leading here, so this can be undone."),
        "merge": text("This can be undone for 24 hours."),
    }
    return page(
        "console/sure.html",
        title=titles[verb],
        said=undone[verb],
        numbers=numbers,
        fields=list(fields.items()),
        button={"forbid": text("Ban it"), "rename": text("Rename it"), "merge": text("Merge it")}[
            verb
        ],
        action=url_for(f".{verb}", tag=tag),
        leave=url_for(".tag", tag=tag),
    )


def _numbers(moved: Impact | Preview) -> dict[str, int]:
    return {
        text("articles"): moved.articles,
        text("followers"): moved.followers,
        text("short links"): moved.links,
    }


def _after(done: str, tag: str, source: str | None = None) -> BaseResponse:
    """Lead back to where the form stood: the list that it names, or the tag's page."""
    form = request.form
    told = {"done": done, "name": tag, "source": source}
    if form.get("from") == "list":
        return back(".tags", q=form.get("q") or None, state=form.get("state") or None, **told)
    return back(".tag", tag=tag, **told)


def _told() -> dict[str, str | None]:
    """Return what was done before this page was asked for."""
    return {name: request.args.get(name) for name in ("done", "name", "source")}


def _asked(**more: str) -> dict[str, Any]:
    kept = ("q", "state", "kind")
    return {name: request.args[name] for name in kept if request.args.get(name)} | more


def _name(tag_id: int) -> str:
    return db.session.get_one(Tag, tag_id).name
