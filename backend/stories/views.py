"""HTTP routes of stories, for editors: see, join and split."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from backend.catalog.queries import source_by_slug
from backend.core.cursor import scope_of
from backend.core.db import db
from backend.core.problems import Invalid
from backend.feed.extension import read_your_writes
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_answer, page_of, position_of
from backend.http.responses import json_answer
from backend.stories import service
from backend.stories.service import Decision
from backend.stories.shown import values_of
from backend.stories.story_list import LARGEST_WITHIN, StoryWish, place_of, stories_after
from schemas import story as wire

blueprint = Blueprint("stories", __name__, description="One event, one story: see, join, split")
blueprint.after_request(read_your_writes)


@blueprint.get("/v1/newsroom/stories")
@blueprint.arguments(wire.StoriesQuery, location="query")
@blueprint.response(200, wire.NewsroomStoryList)
@newsroom("editor")
def list_newsroom_stories(query: dict[str, Any]) -> Response:
    """Stories, the newest first, or of the last seven days those of most sources"""
    wish, limit = _wish(query), query["limit"]
    scope = scope_of("newsroom stories", *(str(query[name]) for name in ("order", "curated")),
                     wish.words, str(wish.source_id))  # fmt: skip
    after = position_of(query["cursor"], scope)
    found = stories_after(db.session(), wish, after, limit + 1)
    stories, cursor = page_of(found, limit, scope, lambda story: place_of(story, wish))
    shown = wire.NewsroomStory(many=True).dump(values_of(db.session(), stories))
    return page_answer({"stories": shown}, cursor)


@blueprint.get("/v1/newsroom/stories/<story>")
@blueprint.response(200, wire.NewsroomStoryWithArticles)
@newsroom("editor")
def get_newsroom_story(story: str) -> Response:
    """A story with its articles and their scores; a merged one's id leads to where it went"""
    return json_answer(_shown(service.found_story(db.session(), story).public_id))


@blueprint.post("/v1/newsroom/stories/<story>/join")
@blueprint.arguments(wire.StoryJoin)
@blueprint.response(200, wire.JoinedStory)
@newsroom("editor")
def join_newsroom_story(body: dict[str, Any], story: str) -> Response:
    """Bring articles or whole stories into a story; safe to repeat

    With `dry_run` the answer has a preview and nothing is changed.
    """
    articles, stories = body["articles"], body["stories"]
    if body["dry_run"]:
        seen = service.preview_join(db.session(), story, articles, stories)
        return json_answer({**(_shown(story) or {}), "preview": seen._asdict()})
    return json_answer(_shown(service.join(story, articles, stories, _decision())))


@blueprint.post("/v1/newsroom/stories/<story>/split")
@blueprint.arguments(wire.StorySplit)
@blueprint.response(200, wire.SplitStory)
@newsroom("editor")
def split_newsroom_story(body: dict[str, Any], story: str) -> Response:
    """Take articles out of a story; they are never grouped with the rest again by themselves

    With `dry_run` the answer has a preview and nothing is changed.
    """
    if body["dry_run"]:
        seen = service.preview_split(db.session(), story, body["articles"])
        return json_answer({"story": _shown(story), "split": None, "preview": seen._asdict()})
    left, made = service.split(story, body["articles"], _decision())
    return json_answer({"story": _shown(left), "split": _shown(made)})


def _decision() -> Decision:
    return Decision(caller().name, current_context().now())


def _wish(query: dict[str, Any]) -> StoryWish:
    """Read the filters of a query.

    Raises:
        Invalid: there is no such source.
    """
    session, slug = db.session(), query["source"]
    source = source_by_slug(session, slug) if slug else None
    if slug and source is None:
        raise Invalid.field("source", f"There is no source {slug}.")
    is_largest = query["order"] == "largest"
    return StoryWish(
        words=query["q"].strip(),
        source_id=source.id if source else None,
        is_curated=query["curated"],
        largest_since=current_context().now() - LARGEST_WITHIN if is_largest else None,
    )


def _shown(public_id: str | None) -> Any:
    """The story with its articles, None when no two are left in it."""
    if public_id is None:
        return None
    session = db.session()
    found = values_of(session, [service.found_story(session, public_id)])
    return wire.NewsroomStoryWithArticles().dump(found[0]) if found else None
