"""What publishers and editors send."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, Range, Regexp

from schemas.feed import LANGUAGE, Article
from schemas.fields import Flag, Instant, WebUrl

TEXT_LIMIT = 500_000
PIXELS = Range(1, 20_000)
CATEGORY = [Length(1, 100), Regexp(r".*[^\W_]", error="A category needs a letter or a digit.")]


class Body(Schema):
    """Request bodies refuse what they do not know: a misspelt field must not be lost."""

    class Meta:
        unknown = RAISE


class ImageDraft(Body):
    url = WebUrl(required=True)
    width = fields.Integer(strict=True, load_default=None, allow_none=True, validate=PIXELS)
    height = fields.Integer(strict=True, load_default=None, allow_none=True, validate=PIXELS)
    alt = fields.String(load_default=None, allow_none=True, validate=Length(max=500))


class ArticleFields(Body):
    """Everything that may be said of an article; all of it optional, for corrections."""

    title = fields.String(validate=Length(1, 500))
    url = WebUrl()
    summary = fields.String(allow_none=True, validate=Length(max=5000))
    body_html = fields.String(allow_none=True, validate=Length(max=TEXT_LIMIT))
    body_text = fields.String(allow_none=True, validate=Length(max=TEXT_LIMIT))
    image = fields.Nested(ImageDraft, allow_none=True)
    category = fields.String(allow_none=True, validate=CATEGORY)
    tags = fields.List(fields.String(validate=Length(1, 200)), validate=Length(max=50))
    language = fields.String(allow_none=True, validate=LANGUAGE)
    published_at = Instant(allow_none=True)
    embargo_until = Instant(allow_none=True)
    breaking = Flag()

    @validates_schema
    def _one_body(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("body_html") and data.get("body_text"):
            raise ValidationError("Send body_html or body_text, not both.", "body_text")
        if not data.get("title", "x").strip():
            raise ValidationError("A title needs a visible character.", "title")


class ArticleCorrection(ArticleFields):
    @validates_schema
    def _says_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Name at least one field to correct.")


class ArticleDraft(ArticleFields):
    title = fields.String(required=True, validate=Length(1, 500))
    url = WebUrl(required=True)


class PublishedArticle(Article):
    notification_id = fields.String(allow_none=True)


class TakedownQuery(Schema):
    reason = fields.String(load_default="withdrawn", validate=Length(1, 500))


class SourceDraft(Body):
    name = fields.String(
        validate=[Length(1, 200), Regexp(r".*\S", error="A name needs a visible character.")]
    )
    home_url = WebUrl(allow_none=True)
    feed_url = WebUrl(allow_none=True)
    language = fields.String(allow_none=True, validate=LANGUAGE)
    category = fields.String(allow_none=True, validate=CATEGORY)
    time_zone = fields.String(allow_none=True, validate=Length(1, 64))
    day_first = Flag()
    paused = Flag()


class SourceState(Schema):
    """A source and, when it is polled, its feed.

    `last_entries`, `refused_entries` and `undated_entries` are of the last document that was read.
    `health_since` is when the health was first seen, `alarmed_at` when webhooks were told of it.
    """

    slug = fields.String()
    name = fields.String()
    home_url = fields.String(allow_none=True)
    language = fields.String(allow_none=True)
    feed_url = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    time_zone = fields.String(allow_none=True)
    day_first = fields.Boolean(allow_none=True)
    paused = fields.Boolean()
    pause_reason = fields.String(allow_none=True)
    next_poll_at = Instant(allow_none=True)
    interval_s = fields.Integer(allow_none=True)
    last_polled_at = Instant(allow_none=True)
    last_success_at = Instant(allow_none=True)
    last_new_at = Instant(allow_none=True)
    failures = fields.Integer()
    last_error = fields.String(allow_none=True)
    window_overflows = fields.Integer()
    last_entries = fields.Integer(allow_none=True)
    refused_entries = fields.Integer()
    undated_entries = fields.Integer()
    is_well_formed = fields.Boolean(allow_none=True)
    health = fields.String()
    health_reason = fields.String(allow_none=True)
    health_since = Instant(allow_none=True)
    alarmed_at = Instant(allow_none=True)


class AliasDraft(Body):
    alias = fields.String(required=True, validate=Length(1, 200))


class MergeDraft(Body):
    into = fields.String(required=True, validate=Length(1, 200))


class TagFields(Body):
    name = fields.String(required=True, validate=Length(1, 200))
