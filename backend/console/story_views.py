"""Pages of stories: who tells the same event, and what editors join and split."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

from flask import Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from backend.audit.queries import AuditWish, entries_before
from backend.catalog.queries import articles_at, source_by_slug
from backend.console.blueprint import console_blueprint
from backend.console.shell import back, page, text
from backend.core.cursor import scope_of
from backend.core.db import db
from backend.core.problems import Invalid, Problem
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from backend.http.paging import page_of, position_of
from backend.stories import queries, service, story_list
from backend.stories.service import Decision, Preview
from backend.stories.shown import values_of, with_first_titles
from backend.stories.story_list import LARGEST_WITHIN, StoryWish
from backend.stories.undoing import Undo, undo_of
from backend.tables.audit import AuditEntry
from backend.tables.newsroom import Story

ROWS = 20
# Other stories to choose from beside one, and its latest decisions.
OTHERS = 8
DECISIONS = 5

blueprint = console_blueprint("console_stories", __name__)


class Decided(NamedTuple):
    entry: AuditEntry
    undo: Undo | None


@blueprint.get("/console/stories")
@newsroom("editor")
def stories() -> Response:
    """Stories, the newest or the largest first"""
    args, session = request.args, db.session()
    slug, order = args.get("source", "").strip(), args.get("order", "")
    source = source_by_slug(session, slug) if slug else None
    wish = StoryWish(
        words=args.get("q", "").strip(),
        # An unknown source has no stories.
        source_id=source.id if source else -1 if slug else None,
        is_curated=order == "curated",
        largest_since=_now() - LARGEST_WITHIN if order == "largest" else None,
    )
    scope = scope_of("console stories", wish.words, slug, order)
    after = position_of(args.get("cursor"), scope)
    rows = story_list.stories_after(session, wish, after, ROWS + 1)
    shown, cursor = page_of(rows, ROWS, scope, lambda each: story_list.place_of(each, wish))
    filters = {"q": wish.words, "source": slug, "order": order}
    asked: dict[str, Any] = {name: value for name, value in filters.items() if value}
    return page(
        "console/stories.html",
        stories=values_of(session, shown),
        filters=filters,
        next_url=cursor and url_for(".stories", **asked, cursor=cursor),
    )


@blueprint.get("/console/stories/<story>")
@newsroom("editor")
def story(story: str) -> BaseResponse:
    """One story on a time line, and what may belong to it"""
    found = service.found_story(db.session(), story)
    if found.public_id != story:
        return back(".story", story=found.public_id)
    return _story_page(found)


@blueprint.post("/console/stories/<story>/join")
@newsroom("editor")
def join(story: str) -> BaseResponse:
    """Bring another story or article into this one; what moves is told first"""
    articles, others = _named(request.form.get("other", ""))
    articles += request.form.getlist("articles")

    def change() -> BaseResponse:
        if not articles and not others and not request.form.get("stories"):
            raise Invalid.field("other", "Name an article or a story.")
        if not request.form.get("sure"):
            moved = service.preview_join(db.session(), story, articles, others)
            return _sure("join", story, moved, articles, others)
        kept = service.join(story, articles, [*others, *request.form.getlist("stories")], _by())
        return back(".story", story=kept, done="joined")

    return _tried(story, "join", change)


@blueprint.post("/console/stories/<story>/split")
@newsroom("editor")
def split(story: str) -> BaseResponse:
    """Take articles out of a story; what moves is told first"""
    articles = request.form.getlist("articles")

    def change() -> BaseResponse:
        if not articles:
            raise Invalid.field("articles", "Mark the articles that go.")
        if not request.form.get("sure"):
            moved = service.preview_split(db.session(), story, articles)
            return _sure("split", story, moved, articles, ())
        left, _ = service.split(story, articles, _by())
        return back(".story", story=left, done="split")

    return _tried(story, "split", change)


def _tried(story: str, place: str, change: Callable[[], BaseResponse]) -> BaseResponse:
    """The answer to a form; one that cannot be taken comes back as typed, with why beside it."""
    try:
        return change()
    except Problem as error:
        found = service.found_story(db.session(), story)
        return _story_page(found, error.status, place=place, error=error, form=request.form)


def _story_page(found: Story, status: int = 200, **context: Any) -> Response:
    session, words = db.session(), request.args.get("q", "").strip()
    told = story_list.told(session, [found.id])
    others = story_list.stories_after(session, StoryWish(words=words), None, OTHERS + 1)
    return page(
        "console/story.html",
        status,
        story=found,
        articles=with_first_titles(session, told),
        others=values_of(session, [each for each in others if each.id != found.id][:OTHERS]),
        decisions=_decisions(found, {each.public_id for each in told}),
        later=_later,
        words=words,
        done=request.args.get("done"),
        **context,
    )


def _sure(
    verb: str, story: str, moved: Preview, articles: Collection[str], others: Collection[str]
) -> Response:
    is_join = verb == "join"
    return page(
        "console/sure.html",
        title=text("Join them?") if is_join else text("Take them out?"),
        said=text("This can be undone on the story's page.")
        if is_join
        else text(
            "They are never grouped again by themselves. This can be undone on the story's page."
        ),
        numbers={
            text("articles that move"): moved.articles,
            text("articles of this story afterwards"): moved.article_count,
            text("its sources afterwards"): moved.source_count,
            text("stories that end"): moved.stories,
        },
        fields=[("articles", each) for each in articles] + [("stories", each) for each in others],
        button=text("Join them") if is_join else text("Take them out"),
        action=url_for(f".{verb}", story=story),
        leave=url_for(".story", story=story),
    )


def _decisions(found: Story, members: Collection[str]) -> list[Decided]:
    """Return what editors decided about a story, the latest first, each with its undo."""
    wish = AuditWish(subject=f"story:{found.public_id}")
    entries = entries_before(db.session(), wish, None, DECISIONS)
    return [Decided(each, undo_of(each.act, each.before, each.after, members)) for each in entries]


def _named(other: str) -> tuple[list[str], list[str]]:
    """The articles and the stories that somebody means by an address or an id."""
    session, name = db.session(), other.strip()
    if not name:
        return [], []
    known = [each.public_id for each in articles_at(session, name)]
    last = name.partition("?")[0].rstrip("/").rpartition("/stories/")[2]
    if queries.story_named(session, last) is not None:
        return [], [last]
    of_page = name.partition("/article/")[2] or name.partition("/articles/")[2]
    return known or [of_page.partition("/")[0] or name], []


def _later(at: datetime, first: datetime) -> str:
    """Return how long after the first article another one came, such as +1:05."""
    minutes = max(0, round((at - first).total_seconds() / 60))
    return f"+{minutes // 60}:{minutes % 60:02}"


def _by() -> Decision:
    return Decision(caller().name, _now())


def _now() -> datetime:
    return current_context().now()
