"""Stories as the newsroom sees them: members, scores, and what editors decided."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf

from schemas.body import Body
from schemas.feed import LimitQuery, Source
from schemas.fields import Flag, Instant

_IDS = Length(1, 100)


class StoryMember(Schema):
    """`score` is how much it resembled its story when it joined, 0 to 1.

    It is 1 where the text is a copy, and null where an editor joined or split the story.
    """

    id = fields.String(required=True)
    title = fields.String(required=True)
    url = fields.String(required=True)
    source = fields.Nested(Source, required=True)
    language = fields.String(required=True)
    published_at = Instant(required=True)
    score = fields.Float(required=True, allow_none=True)


class NewsroomStory(Schema):
    """`title` is the first article's. `curated_by` is the key of the last editor who changed it."""

    id = fields.String(required=True)
    title = fields.String(required=True)
    source_count = fields.Integer(required=True)
    article_count = fields.Integer(required=True)
    created_at = Instant(required=True)
    curated_by = fields.String(required=True, allow_none=True)
    curated_at = Instant(required=True, allow_none=True)


class NewsroomStoryWithArticles(NewsroomStory):
    articles = fields.List(fields.Nested(StoryMember), required=True)


class NewsroomStoryList(Schema):
    stories = fields.List(fields.Nested(NewsroomStory), required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class StoryPreview(Schema):
    """What the decision would move. Nothing is changed."""

    articles = fields.Integer(metadata={"description": "How many articles it moves."})
    article_count = fields.Integer(
        metadata={"description": "How many articles the story has after it."}
    )
    source_count = fields.Integer(
        metadata={"description": "How many sources tell the story after it."}
    )
    stories = fields.Integer(metadata={"description": "How many stories end with it."})


class SplitStory(Schema):
    """Both halves; one that a single article is left of is no story any more, and null."""

    story = fields.Nested(
        NewsroomStoryWithArticles,
        required=True,
        allow_none=True,
        metadata={"description": "What is left of the story; null if it is none any more."},
    )
    split = fields.Nested(NewsroomStoryWithArticles, required=True, allow_none=True)
    preview = fields.Nested(StoryPreview, allow_none=True, metadata={"optional": True})


class JoinedStory(NewsroomStoryWithArticles):
    """With `dry_run` the story as it is, and what would become of it."""

    preview = fields.Nested(StoryPreview, allow_none=True, metadata={"optional": True})


class StoriesQuery(LimitQuery):
    q = fields.String(load_default="", validate=Length(max=200))
    source = fields.String(
        load_default=None,
        validate=Length(1, 200),
        metadata={"description": "The slug of a source that tells it."},
    )
    order = fields.String(
        load_default="newest",
        validate=OneOf(["newest", "largest"]),
        metadata={"description": "Which come first: the newest, or those of most sources."},
    )
    curated = fields.Boolean(
        load_default=False,
        metadata={"description": "Only what an editor joined or split."},
    )
    cursor = fields.String(load_default=None)


class StoryJoin(Body):
    """Ids of articles, of whole stories, or of both."""

    at_least_one_of: ClassVar[tuple[str, ...]] = ("articles", "stories")

    articles = fields.List(
        fields.String(),
        load_default=list,
        validate=Length(max=100),
        metadata={"description": "Ids of articles."},
    )
    stories = fields.List(
        fields.String(),
        load_default=list,
        validate=Length(max=100),
        metadata={"description": "Ids of stories."},
    )
    dry_run = Flag(load_default=False)

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("articles") and not data.get("stories"):
            raise ValidationError("Name an article or a story to join.", "articles")


class StorySplit(Body):
    articles = fields.List(
        fields.String(),
        required=True,
        validate=_IDS,
        metadata={"description": "Ids of articles that go."},
    )
    dry_run = Flag(load_default=False)
