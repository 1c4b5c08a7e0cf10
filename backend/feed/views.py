"""Feeds, articles and tags as the app reads them."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Response, request
from flask_smorest import Blueprint

from backend.audience.queries import Whose
from backend.catalog.feed_ids import FeedKey
from backend.catalog.listing import BREAKING, LISTS
from backend.catalog.tag_names import key_of, path_of
from backend.core.db import Reader, autocommit_engine, db, snapshot
from backend.core.problems import Gone, NotFound
from backend.feed import queries, render, shown
from backend.feed.changes import read_changes
from backend.feed.fast_path import RELATED_ARTICLES, feed_pages, page_request_of
from backend.feed.home import follower_for, follower_of, read_home
from backend.feed.home_changes import read_home_changes
from backend.feed.page_cache import ResolvedFeed
from backend.feed.related import related_tags
from backend.feed.render import FeedSubject, RenderedPage
from backend.feed.shown import ShownArticle, ShownCategory, ShownSource
from backend.feed.shown_tags import ShownTag, tag_by_key, tags_beginning
from backend.feed.story import read_story
from backend.http.auth import current_installation_id, installation_only, public
from backend.http.context import current_context
from backend.http.responses import for_everyone, for_one, json_answer, with_next
from schemas import feed as wire

blueprint = Blueprint("feeds", __name__, description="Tag, source and category feeds")

_TAG, _SOURCE, _CATEGORY = wire.Tag(), wire.Source(), wire.Category()
_BREAKING = FeedSubject(BREAKING, 0, {}, "/v1/breaking")


@blueprint.get("/v1/tags/<path:tag>/articles")
@blueprint.arguments(wire.FeedQuery, location="query")
@blueprint.response(200, wire.TagFeedPage)
@public
def tag_feed(query: dict[str, Any], tag: str) -> Response:
    """The latest news with a tag, newest first"""
    with autocommit_engine().connect() as reader:
        return _feed(reader, _tag(reader, tag), query)


@blueprint.get("/v1/tags/<path:tag>/changes")
@blueprint.arguments(wire.ChangesQuery, location="query")
@blueprint.response(200, wire.ChangePage)
@public
def tag_changes(query: dict[str, Any], tag: str) -> Response:
    """What changed in a tag's feed since a sync cursor, oldest first"""
    return _changes(_tag(db.session(), tag), query)


@blueprint.get("/v1/tags/<tag>")
@blueprint.response(200, wire.TagWithRelated)
@public
def tag_with_related(tag: str) -> Response:
    """One tag and the tags that stand beside it more often than chance"""
    with autocommit_engine().connect() as reader:
        found = known_tag(reader, tag)
        beside = related_tags(reader, found)
    related = [tag_values(each) for each in beside]
    document = wire.TagWithRelated().dump({**tag_values(found), "related": related})
    return for_everyone(json_answer(document), keys=surrogates("tag", [found, *beside]))


@blueprint.get("/v1/tags")
@blueprint.arguments(wire.TagsQuery, location="query")
@blueprint.response(200, wire.TagList)
@public
def tags(query: dict[str, Any]) -> Response:
    """Tags with a spelling that begins like `q`"""
    with autocommit_engine().connect() as reader:
        found = tags_beginning(reader, key_of(query["q"]), query["limit"])
    shown = wire.Tag(many=True).dump(map(tag_values, found))
    return for_everyone(json_answer({"tags": shown}), keys=[LISTS, *surrogates("tag", found)])


@blueprint.get("/v1/sources")
@blueprint.response(200, wire.SourceList)
@public
def sources() -> Response:
    """All publishers"""
    with autocommit_engine().connect() as reader:
        found = queries.sources(reader)
    answer = json_answer({"sources": wire.Source(many=True).dump(found)})
    return for_everyone(answer, keys=[LISTS, *surrogates("source", found)])


@blueprint.get("/v1/sources/<slug>/articles")
@blueprint.arguments(wire.FeedQuery, location="query")
@blueprint.response(200, wire.SourceFeedPage)
@public
def source_feed(query: dict[str, Any], slug: str) -> Response:
    """The latest news of a publisher, newest first"""
    with autocommit_engine().connect() as reader:
        return _feed(reader, _source(reader, slug), query)


@blueprint.get("/v1/sources/<slug>/changes")
@blueprint.arguments(wire.ChangesQuery, location="query")
@blueprint.response(200, wire.ChangePage)
@public
def source_changes(query: dict[str, Any], slug: str) -> Response:
    """What changed in a publisher's feed since a sync cursor, oldest first"""
    return _changes(_source(db.session(), slug), query)


@blueprint.get("/v1/categories")
@blueprint.response(200, wire.CategoryList)
@public
def categories() -> Response:
    """All sections"""
    with autocommit_engine().connect() as reader:
        found = queries.categories(reader)
    answer = json_answer({"categories": wire.Category(many=True).dump(found)})
    return for_everyone(answer, keys=[LISTS])


@blueprint.get("/v1/categories/<slug>/articles")
@blueprint.arguments(wire.FeedQuery, location="query")
@blueprint.response(200, wire.CategoryFeedPage)
@public
def category_feed(query: dict[str, Any], slug: str) -> Response:
    """The latest news of a section, newest first"""
    with autocommit_engine().connect() as reader:
        return _feed(reader, _category(reader, slug), query)


@blueprint.get("/v1/categories/<slug>/changes")
@blueprint.arguments(wire.ChangesQuery, location="query")
@blueprint.response(200, wire.ChangePage)
@public
def category_changes(query: dict[str, Any], slug: str) -> Response:
    """What changed in a section's feed since a sync cursor, oldest first"""
    return _changes(_category(db.session(), slug), query)


@blueprint.get("/v1/feed")
@blueprint.arguments(wire.HomeQuery, location="query")
@blueprint.response(200, wire.HomePage)
@installation_only
def home_feed(query: dict[str, Any]) -> Response:
    """All that this installation follows, newest first, each article once"""
    settings = current_context().settings
    asked, own, newest = page_request_of(query), current_installation_id(), feed_pages().newest
    with autocommit_engine().connect() as reader:
        found = follower_for(reader, Whose("id", own), asked, newest)
        follower = found or follower_of(reader, own)
        page = read_home(reader, follower, asked, settings.secret_keys, newest)
    return for_one(_answer(render.home_page(page, asked, settings)))


@blueprint.get("/v1/feed/changes")
@blueprint.arguments(wire.HomeChangesQuery, location="query")
@blueprint.response(200, wire.HomeChangePage)
@installation_only
def home_changes(query: dict[str, Any]) -> Response:
    """What changed at home since a sync cursor, by news as by following and unfollowing"""
    settings, asked = current_context().settings, (query["cursor"], query["limit"])
    with snapshot() as reader:
        page = read_home_changes(
            reader,
            current_installation_id(),
            *asked,
            settings.secret_keys,
            group=query["group"],
        )
    body = render.home_change_page(page, settings)
    return for_one(Response(body, mimetype="application/json"))


@blueprint.get("/v1/breaking/articles")
@blueprint.arguments(wire.FeedQuery, location="query")
@blueprint.response(200, wire.FeedPage)
@public
def breaking_feed(query: dict[str, Any]) -> Response:
    """What is breaking, newest first: the topic `breaking` as a feed"""
    with autocommit_engine().connect() as reader:
        return _feed(reader, _BREAKING, query)


@blueprint.get("/v1/breaking/changes")
@blueprint.arguments(wire.ChangesQuery, location="query")
@blueprint.response(200, wire.ChangePage)
@public
def breaking_changes(query: dict[str, Any]) -> Response:
    """What changed in what is breaking since a sync cursor, oldest first"""
    return _changes(_BREAKING, query)


@blueprint.get("/v1/articles/<article_id>")
@blueprint.response(200, wire.Article)
@public
def article(article_id: str) -> Response:
    """One article with its text and what else is worth reading"""
    with autocommit_engine().connect() as reader:
        found = listed_article(reader, article_id, related=RELATED_ARTICLES)
    rendered = render.article_page(found, current_context().settings)
    feed_pages().remember_article(request.environ, rendered)
    return _public(rendered)


@blueprint.get("/v1/stories/<story_id>")
@blueprint.arguments(wire.StoryQuery, location="query")
@blueprint.response(200, wire.StoryPage)
@public
def story(query: dict[str, Any], story_id: str) -> Response:
    """One event: every article that tells of it, oldest first; a joined one's id leads on"""
    settings = current_context().settings
    with autocommit_engine().connect() as reader:
        found = read_story(reader, story_id, **query, keys=settings.secret_keys)
    path = f"/v1/stories/{quote(story_id, safe='')}"
    page = render.story_page(found, settings, path, query["limit"])
    answer = with_next(Response(page.body, mimetype=page.media_type), page.next_address)
    return for_everyone(answer, keys=page.keys)


def known_tag(reader: Reader, text: str) -> ShownTag:
    """Look up a tag in any spelling that normalises to it.

    Raises:
        NotFound: there is no such tag.
    """
    tag = tag_by_key(reader, key_of(text.lstrip("#")))
    if tag is None:
        raise NotFound("There is no such tag.")
    return tag


def known_source(reader: Reader, slug: str) -> ShownSource:
    """Look up a source by its slug.

    Raises:
        NotFound: there is no such source.
    """
    found = shown.source_by_slug(reader, slug)
    if found is None:
        raise NotFound("There is no such source.")
    return found


def known_category(reader: Reader, slug: str) -> ShownCategory:
    """Look up a category by its slug.

    Raises:
        NotFound: there is no such category.
    """
    found = shown.category_by_slug(reader, slug)
    if found is None:
        raise NotFound("There is no such category.")
    return found


def listed_article(reader: Reader, public_id: str, *, related: int) -> ShownArticle:
    """Look up an article that the public may see, with up to so many related ones.

    Raises:
        NotFound: unknown, under embargo, or withdrawn before its embargo ended.
        Gone: taken down.
    """
    found = shown.article(reader, public_id, related=related)
    if found is None or not found.was_listed:
        raise NotFound("There is no such article.")
    if found.is_taken_down:
        raise Gone(found.told_at_takedown or "This article was taken down.")
    return found


def tag_values(tag: ShownTag) -> dict[str, Any]:
    """Return a tag's values as `schemas.feed.Tag` shows them."""
    return {
        "id": str(tag.id),
        "name": tag.name,
        "label": f"#{tag.name}",
        "heading": f"Latest news with #{tag.name}",
        "kind": tag.kind,
        "members": tag.members,
        "topic": f"tag:{tag.name}",
    }


def surrogates(kind: str, listed: Iterable[ShownTag | ShownSource]) -> list[str]:
    """Return the surrogate keys by which a shared cache purges an answer that names these."""
    return [FeedKey(kind, each.id).surrogate for each in listed]


def _tag(reader: Reader, text: str) -> FeedSubject:
    found = known_tag(reader, text)
    head = {"tag": _TAG.dump(tag_values(found))}
    return FeedSubject("tag", found.id, head, f"/v1/tags/{path_of(found.name)}")


def _source(reader: Reader, slug: str) -> FeedSubject:
    found = known_source(reader, slug)
    head = {"source": _SOURCE.dump(found)}
    return FeedSubject("source", found.id, head, f"/v1/sources/{quote(slug, safe='')}")


def _category(reader: Reader, slug: str) -> FeedSubject:
    found = known_category(reader, slug)
    head = {"category": _CATEGORY.dump(found)}
    return FeedSubject("category", found.id, head, f"/v1/categories/{quote(slug, safe='')}")


def _feed(reader: Reader, subject: FeedSubject, query: dict[str, Any]) -> Response:
    asked = page_request_of(query)
    rendered = render.feed_page(reader, subject, asked, current_context().settings)
    resolved = ResolvedFeed(subject, route=request.url_rule.rule if request.url_rule else "")
    feed_pages().remember(request.environ, resolved, asked, rendered)
    return _public(rendered)


def _changes(subject: FeedSubject, query: Mapping[str, Any]) -> Response:
    settings = current_context().settings
    feed = subject.feed(query["language"])
    page = read_changes(
        db.session(),
        feed,
        query["cursor"],
        query["limit"],
        settings.secret_keys,
        group=query["group"],
    )
    return _public(render.change_page(feed, page, settings))


def _public(rendered: RenderedPage) -> Response:
    answer = Response(rendered.body, headers=rendered.headers, mimetype=rendered.media_type)
    answer.make_conditional(request)
    return answer


def _answer(rendered: RenderedPage) -> Response:
    own = {"ETag": rendered.etag}
    answer = Response(rendered.body, headers=own, mimetype=rendered.media_type)
    return with_next(answer, rendered.next_address)
