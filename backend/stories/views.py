"""HTTP routes of stories, for editors: see, join and split."""

from collections.abc import Sequence
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.core.cursor import Position, scope_of
from backend.core.db import db
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from backend.http.responses import json_answer
from backend.stories import queries, service
from backend.stories.service import Decision
from backend.tables.newsroom import Article, Source, Story
from schemas import story as wire

SCOPE = scope_of("newsroom stories")

blueprint = Blueprint("stories", __name__, description="One event, one story: see, join, split")
blueprint.after_request(read_your_writes)


@blueprint.get("/v1/newsroom/stories")
@blueprint.arguments(wire.StoriesQuery, location="query")
@blueprint.response(200, wire.NewsroomStoryList)
@newsroom("editor")
def list_newsroom_stories(query: dict[str, Any]) -> Response:
    """Stories, the newest first"""
    limit, after = query["limit"], position_of(query["cursor"], SCOPE)
    before = after.article_id if after else None
    found = queries.stories_before(db.session(), before, limit + 1)
    stories, cursor = page_of(found, limit, SCOPE, lambda story: Position(0, story.id))
    shown = wire.NewsroomStory(many=True).dump(_values_of(stories))
    return page_answer({"stories": shown}, cursor)


@blueprint.get("/v1/newsroom/stories/<story>")
@blueprint.response(200, wire.NewsroomStoryWithArticles)
@newsroom("editor")
def get_newsroom_story(story: str) -> Response:
    """A story with its articles and their scores; a merged one's id leads to where it went"""
    return json_answer(_shown(service.found_story(db.session(), story).public_id))


@blueprint.post("/v1/newsroom/stories/<story>/join")
@blueprint.arguments(wire.StoryJoin)
@blueprint.response(200, wire.NewsroomStoryWithArticles)
@newsroom("editor")
def join_newsroom_story(body: dict[str, Any], story: str) -> Response:
    """Bring articles or whole stories into a story; safe to repeat"""
    return json_answer(_shown(service.join(story, body["articles"], body["stories"], _decision())))


@blueprint.post("/v1/newsroom/stories/<story>/split")
@blueprint.arguments(wire.StorySplit)
@blueprint.response(200, wire.SplitStory)
@newsroom("editor")
def split_newsroom_story(body: dict[str, Any], story: str) -> Response:
    """Take articles out of a story; they are never grouped with the rest again by themselves"""
    left, made = service.split(story, body["articles"], _decision())
    return json_answer({"story": _shown(left), "split": _shown(made)})


def _decision() -> Decision:
    return Decision(caller().name, current_context().now())


def _shown(public_id: str | None) -> Any:
    """The story with its articles, None when no two are left in it."""
    if public_id is None:
        return None
    story = service.found_story(db.session(), public_id)
    found = _values_of([story])
    return wire.NewsroomStoryWithArticles().dump(found[0]) if found else None


def _values_of(stories: Sequence[Story]) -> list[dict[str, Any]]:
    members: dict[int, list[tuple[Article, Source]]] = {}
    for article, source in queries.tellings(db.session(), [story.id for story in stories]):
        members.setdefault(article.story_id or 0, []).append((article, source))
    return [_values(story, members[story.id]) for story in stories if story.id in members]


def _values(story: Story, members: Sequence[tuple[Article, Source]]) -> dict[str, Any]:
    return {
        "id": story.public_id,
        "title": members[0][0].title,
        "source_count": story.source_count,
        "article_count": len(members),
        "created_at": story.created_at,
        "curated_by": story.curated_by,
        "curated_at": story.curated_at,
        "articles": [_member(article, source) for article, source in members],
    }


def _member(article: Article, source: Source) -> dict[str, Any]:
    return {
        "id": article.public_id,
        "title": article.title,
        "url": article.source_url,
        "source": {"slug": source.slug, "name": source.name},
        "language": article.language,
        "published_at": article.published_at,
        "score": None if article.story_score is None else round(article.story_score, 3),
    }
