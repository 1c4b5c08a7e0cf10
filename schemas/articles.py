"""Articles as the newsroom sees them: in every state, with versions, takedown and alerts."""

from typing import Any, ClassVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from schemas import values
from schemas.body import Body, Change
from schemas.feed import Author, Category, LimitQuery, Source, StoryRef
from schemas.fields import Flag, Instant, WholeNumber
from schemas.newsroom import VISIBLE, ArticleFields, PublishedArticle, TagReason

CHOSEN = {"description": "For this article alone, whatever its text or its feed says."}


class ArticleCorrection(ArticleFields, Change):
    corrected = Flag(
        metadata={
            "description": "Whether readers are told of it as a correction. Never of other tags;"
            " alone it says that of the latest change."
        }
    )
    version = WholeNumber(
        validate=Range(1),
        metadata={"description": "The version that was read; 409 if there is a newer one."},
    )
    pinned = Flag(
        metadata={"description": "Whether it stays as it reads, whatever its source sends."}
    )
    add_tags = fields.List(
        fields.String(validate=Length(1, 200)), validate=Length(max=50), metadata=CHOSEN
    )
    remove_tags = fields.List(
        fields.String(validate=Length(1, 200)), validate=Length(max=50), metadata=CHOSEN
    )
    dry_run = Flag(
        metadata={"description": "Whether nothing is changed; `preview` says what would be."}
    )
    how: ClassVar[frozenset[str]] = frozenset({"version", "dry_run"})
    says_nothing: ClassVar[str] = "Name at least one field to correct."


class TakedownQuery(Body):
    reason = fields.String(
        load_default="withdrawn",
        validate=Length(1, 500),
        metadata={"description": "Why, for the newsroom alone."},
    )
    cause = fields.String(load_default="withdrawn", validate=OneOf(values.CAUSES))
    text = fields.String(
        load_default=None,
        allow_none=True,
        validate=[Length(1, 500), Regexp(VISIBLE)],
        metadata={"description": "What the article's page says instead; readers see it."},
    )
    undo_until = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "Until when it can be undone, a day at most; a day without it."},
    )
    block_source = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether nothing of its source is published from now on."},
    )
    version = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=Range(1),
        metadata={"description": "The version that was read; 409 if there is a newer one."},
    )
    dry_run = fields.Boolean(load_default=False)

    @validates_schema
    def _undo_where_permitted(self, data: dict[str, Any], **_: Any) -> None:
        if data["undo_until"] is not None and data["cause"] in values.FINAL_CAUSES:
            raise ValidationError("A takedown for this cause cannot be undone.", "undo_until")


class AddressQuery(Schema):
    """One article by its address at its publisher."""

    class Meta:
        unknown = EXCLUDE

    source_url = fields.String(required=True, validate=Length(1, 2000))


class AddressedTakedown(TakedownQuery):
    source_url = fields.String(required=True, validate=Length(1, 2000))


class NewsroomArticlesQuery(LimitQuery):
    q = fields.String(
        load_default="",
        validate=Length(max=2000),
        metadata={
            "description": "Words of the text, an id, or an address: of the article at its"
            " publisher, or of its page here."
        },
    )
    source = fields.String(
        load_default="", validate=Length(max=200), metadata={"description": "The slug of a source."}
    )
    tag = fields.String(
        load_default="",
        validate=Length(max=200),
        metadata={"description": "A tag in any spelling."},
    )
    state = fields.String(load_default=None, allow_none=True, validate=OneOf(values.ARTICLE_STATES))
    since = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "Only what was first seen then or later."},
    )
    source_url = fields.String(load_default="", validate=Length(max=2000))
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class ArticleTakedown(Schema):
    """`undo_until` is null where the cause permits no undoing, or the time is over."""

    at = Instant(metadata={"description": "When it was taken down."})
    by = fields.String(allow_none=True)
    cause = fields.String(validate=OneOf([*values.CAUSES, "source_removed", "age"]))
    reason = fields.String(allow_none=True)
    text = fields.String(
        allow_none=True, metadata={"description": "What the article's page says instead."}
    )
    undo_until = Instant(allow_none=True)


class NewsroomArticle(Schema):
    id = fields.String()
    external_id = fields.String()
    version = fields.Integer()
    state = fields.String(validate=OneOf(values.ARTICLE_STATES))
    source = fields.Nested(Source, metadata={"description": "Who published it."})
    title = fields.String()
    summary = fields.String()
    url = fields.String()
    source_url = fields.String()
    category = fields.Nested(Category, allow_none=True)
    tags = fields.List(fields.String(), metadata={"description": "Its tags by name."})
    language = fields.String()
    breaking = fields.Boolean()
    published_at = Instant()
    first_seen_at = Instant()
    updated_at = Instant()
    corrected_at = Instant(allow_none=True)
    edited_at = Instant(allow_none=True)
    pinned_at = Instant(
        allow_none=True,
        metadata={
            "description": "Since when no version of its source changes it; null if one may."
        },
    )
    embargo_until = Instant(allow_none=True)
    story = fields.Nested(StoryRef, allow_none=True)
    takedown = fields.Nested(ArticleTakedown, allow_none=True)


class NewsroomArticleList(Schema):
    """Those that were seen last come first."""

    articles = fields.List(fields.Nested(NewsroomArticle))
    next_cursor = fields.String(allow_none=True)


class DiffPiece(Schema):
    op = fields.String(
        validate=OneOf(["equal", "delete", "insert"]),
        metadata={"description": "Whether both say it, only the one before, or only this one."},
    )
    text = fields.String(metadata={"description": "The words."})


class MemberChange(Schema):
    """`diff` is there for texts; of long ones `before` and `after` are the beginning."""

    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)
    diff = fields.List(fields.Nested(DiffPiece))


class TopicMoved(Schema):
    topic = fields.String()
    followers = fields.Integer(metadata={"description": "How many installations follow it."})


class Rehearsal(Schema):
    """What a change would do. Nothing is changed, and nobody is told."""

    changes = fields.List(fields.Nested(MemberChange))
    gained = fields.List(
        fields.Nested(TopicMoved),
        metadata={"description": "Topics that would list the article from then on."},
    )
    lost = fields.List(
        fields.Nested(TopicMoved),
        metadata={"description": "Topics that would list it no more."},
    )
    corrected = fields.Boolean(
        metadata={"description": "Whether readers would be told of a correction."}
    )
    alert = fields.Boolean(metadata={"description": "Whether its followers would be alerted."})


class ChangedArticle(PublishedArticle):
    preview = fields.Nested(
        Rehearsal,
        metadata={"optional": True, "description": "With `dry_run`: what it would change."},
    )


class VersionOfArticle(Schema):
    number = fields.Integer()
    at = Instant()
    by = fields.String(
        allow_none=True, metadata={"description": "Who wrote it; null for the source's feed."}
    )
    corrected = fields.Boolean()
    changes = fields.List(
        fields.Nested(MemberChange),
        metadata={"description": "What it says otherwise than the one before."},
    )


class AlertOfArticle(Schema):
    id = fields.String()
    title = fields.String()
    state = fields.String(validate=OneOf(values.STATES))
    created_at = Instant()
    accepted = fields.Integer()
    withheld = fields.Integer(
        metadata={"description": "Readers who had an alert of the same event and got no second."}
    )
    withheld_by = fields.List(
        fields.String(), metadata={"description": "The ids of those alerts of the same event."}
    )


class PinQuery(Body):
    until = Instant(
        required=True,
        metadata={"description": "When it stands at its own place again, 30 days ahead at most."},
    )


class Pin(Schema):
    topic = fields.String()
    until = Instant(metadata={"description": "When it stands at its own place again."})
    by = fields.String()


class Pins(Schema):
    pins = fields.List(
        fields.Nested(Pin), metadata={"description": "The lists that it is on top of."}
    )


class NewsroomArticleWithHistory(NewsroomArticle):
    """`versions` begin with the newest; the first version is not among them."""

    body_html = fields.String()
    authors = fields.List(fields.Nested(Author))
    tag_reasons = fields.List(fields.Nested(TagReason))
    added_tags = fields.List(fields.String())
    removed_tags = fields.List(fields.String())
    versions = fields.List(fields.Nested(VersionOfArticle))
    alerts = fields.List(fields.Nested(AlertOfArticle))
    pins = fields.List(
        fields.Nested(Pin), metadata={"description": "The lists that it is on top of."}
    )
