"""HTTP routes of editors for tags: list, why, confirm, rename, forbid, merge and undo."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.catalog.queries import source_by_slug
from backend.catalog.tag_names import key_of
from backend.core.cursor import scope_of
from backend.core.db import db
from backend.core.problems import Invalid
from backend.feed.extension import read_your_writes
from backend.feed.shown_tags import shown_tag
from backend.feed.views import tag_values
from backend.http.auth import newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from backend.http.responses import for_one, json_answer
from backend.newsroom import curation, tag_decisions, tag_list, tag_page
from backend.newsroom.article_names import own_article
from backend.newsroom.tag_list_queries import Wish
from backend.newsroom.tag_reasons import reasons
from backend.tables.newsroom import Article
from backend.tables.newsroom import Tag as TagRow
from schemas import impact as impact_wire
from schemas import newsroom as wire
from schemas import tags as lists
from schemas.feed import Tag

blueprint = Blueprint("newsroom-tags", __name__, description="Curate tags")
blueprint.after_request(read_your_writes)


@blueprint.get("/v1/newsroom/tags")
@blueprint.arguments(lists.NewsroomTagsQuery, location="query")
@blueprint.response(200, lists.NewsroomTagList)
@newsroom("editor")
def list_newsroom_tags(query: dict[str, Any]) -> Response:
    """Tags and candidates by state, each with its evidence

    Without a state: every tag that readers can meet. A candidate is a name of the last 48 hours
    that has no tag yet.
    """
    wish, limit, now = _wish(query), query["limit"], current_context().now()
    scope = scope_of("newsroom tags", *(str(query[name]) for name in ("state", "kind")),
                     str(wish.source_id), wish.key)  # fmt: skip
    after = position_of(query["cursor"], scope)
    found = tag_list.rows(db.session(), wish, after, limit + 1, now=now)
    shown, cursor = page_of(found, limit, scope, lambda row: row.place)
    tags = tag_list.values(db.session(), shown, now=now)
    return page_answer({"tags": lists.NewsroomTag(many=True).dump(tags)}, cursor)


@blueprint.get("/v1/newsroom/tags/<tag>")
@blueprint.response(200, lists.NewsroomTagInFull)
@newsroom("editor")
def get_newsroom_tag(tag: str) -> Response:
    """A tag with its evidence, spellings and pairs; any of its spellings names it"""
    session = db.session()
    found = tag_page.shown(session, curation.living(session, tag), now=current_context().now())
    return for_one(json_answer(lists.NewsroomTagInFull().dump(found)))


@blueprint.get("/v1/newsroom/articles/<article_id>/tags")
@blueprint.response(200, wire.TagReasons)
@newsroom("publisher", "editor")
def why_tags(article_id: str) -> Response:
    """Why an article carries its tags: rule, words found and where, who else uses the name"""
    return tags_of_article(own_article(article_id))


@blueprint.post("/v1/newsroom/tags/<path:tag>/aliases")
@blueprint.arguments(wire.AliasDraft)
@blueprint.response(200, Tag)
@newsroom("editor")
def add_alias(body: dict[str, Any], tag: str) -> Response:
    """Lead another spelling to a tag; safe to repeat"""
    return _tag(curation.add_alias(tag, body["alias"], now=current_context().now()))


@blueprint.delete("/v1/newsroom/tags/<path:tag>/aliases")
@blueprint.arguments(wire.AliasDraft, location="query")
@blueprint.response(200, Tag)
@newsroom("editor")
def remove_alias(query: dict[str, Any], tag: str) -> Response:
    """Let another spelling lead to a tag no more; what is tagged already stays"""
    return _tag(curation.remove_alias(tag, query["alias"], now=current_context().now()))


@blueprint.post("/v1/newsroom/tags/<path:tag>/retag")
@blueprint.response(200, Tag)
@newsroom("editor")
def retag(tag: str) -> Response:
    """Have the articles of the last 48 hours that say a spelling of it tagged again, soon"""
    return _tag(tag_decisions.retag(tag, now=current_context().now()))


@blueprint.post("/v1/newsroom/tags/<path:tag>/merge")
@blueprint.arguments(wire.MergeDraft)
@blueprint.response(200, wire.MergedTag)
@newsroom("editor")
def merge(body: dict[str, Any], tag: str) -> Response:
    """Merge a tag into another one; articles, followers and cursors go with it

    With `dry_run` the answer has a preview and nothing is changed.
    """
    if body["dry_run"]:
        seen = curation.preview_merge(db.session(), current_context().hooks, tag, body["into"])
        found = curation.living(db.session(), body["into"])
        return json_answer(
            wire.MergedTag().dump(tag_values(shown_tag(found)) | {"preview": seen._asdict()})
        )
    return _tag(
        curation.merge(current_context().hooks, tag, body["into"], now=current_context().now())
    )


@blueprint.delete("/v1/newsroom/tags/<path:tag>/merge")
@blueprint.response(200, Tag)
@newsroom("editor")
def undo_merge(tag: str) -> Response:
    """Undo the merge of this tag into another one, within 24 hours"""
    return _tag(tag_decisions.undo_merge(tag, now=current_context().now()))


@blueprint.post("/v1/newsroom/tags/<path:tag>/confirm")
@blueprint.response(200, Tag)
@newsroom("editor")
def confirm(tag: str) -> Response:
    """Confirm a learned tag, or make a name one; articles of the last 48 hours follow"""
    return _tag(tag_decisions.confirm(tag, now=current_context().now()))


@blueprint.post("/v1/newsroom/tags/<path:tag>/forbid")
@blueprint.arguments(wire.ForbidDraft)
@blueprint.response(200, wire.ForbiddenTag)
@newsroom("editor")
def forbid(body: dict[str, Any], tag: str) -> Response:
    """Let a name be no tag, for one source or for all; it holds for the future

    With `dry_run` the answer has a preview and nothing is changed.
    """
    if body["dry_run"]:
        hooks = current_context().hooks
        seen = tag_decisions.preview_forbid(db.session(), hooks, tag, body["source"])
        told = {"name": tag, "source": body["source"], "preview": seen._asdict()}
        return json_answer(wire.ForbiddenTag().dump(told))
    name = tag_decisions.forbid(tag, body["source"], now=current_context().now())
    return json_answer(wire.ForbiddenTag().dump({"name": name, "source": body["source"]}))


@blueprint.delete("/v1/newsroom/tags/<path:tag>/forbid")
@blueprint.arguments(wire.BanQuery, location="query")
@blueprint.response(204)
@newsroom("editor")
def allow(query: dict[str, Any], tag: str) -> Response:
    """Take a ban back; safe to repeat"""
    tag_decisions.allow(tag, query["source"], now=current_context().now())
    return Response(status=204)


@blueprint.patch("/v1/newsroom/tags/<tag>")
@blueprint.arguments(wire.TagFields)
@blueprint.response(200, impact_wire.RenamedTag)
@newsroom("editor")
def rename(body: dict[str, Any], tag: str) -> Response:
    """Rename a tag; its old name keeps leading to it

    With `dry_run` the answer has a preview and nothing is changed.
    """
    if body["dry_run"]:
        seen = curation.preview_rename(db.session(), current_context().hooks, tag, body["name"])
        found = curation.living(db.session(), tag)
        return json_answer(
            impact_wire.RenamedTag().dump(
                tag_values(shown_tag(found)) | {"preview": seen._asdict()}
            )
        )
    return _tag(
        curation.rename(current_context().hooks, tag, body["name"], now=current_context().now())
    )


def tags_of_article(article: Article) -> Response:
    return json_answer(wire.TagReasons().dump(reasons(article, db.session())))


def _wish(query: dict[str, Any]) -> Wish:
    source = source_by_slug(db.session(), query["source"]) if query["source"] else None
    if query["source"] and source is None:
        raise Invalid.field("source", f"There is no source {query['source']}.")
    return Wish(
        state=query["state"],
        kind=query["kind"],
        source_id=source.id if source else None,
        key=key_of(query["q"].lstrip("#")),
    )


def _tag(tag_id: int) -> Response:
    found = db.session.get_one(TagRow, tag_id)
    return json_answer(Tag().dump(tag_values(shown_tag(found))))
