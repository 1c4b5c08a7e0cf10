"""What publishers and editors send."""

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from schemas.feed import LANGUAGE, Article, Tag
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


class AuthorDraft(Body):
    name = fields.String(
        required=True,
        validate=[Length(1, 200), Regexp(r".*\S", error="A name needs a visible character.")],
    )
    url = WebUrl(load_default=None, allow_none=True)


class MediaDraft(Body):
    url = WebUrl(required=True)
    type = fields.String(
        required=True,
        validate=[Length(max=100), Regexp(r"^(audio|video)(/[\w.+-]+)?$(?!\n)",
                                          error="Write a type such as audio/mpeg.")],
    )  # fmt: skip
    length_bytes = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=Range(1, 10**12)
    )
    duration_s = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=Range(1, 360_000)
    )


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
    authors = fields.List(fields.Nested(AuthorDraft), validate=Length(max=10))
    media = fields.List(fields.Nested(MediaDraft), validate=Length(max=20))

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
    day_first = Flag(allow_none=True)
    identity = fields.String(allow_none=True, validate=OneOf(("guid", "link", "title")))
    paused = Flag()


class EntryCounts(Schema):
    """What became of the entries of the last document: all that was guessed or left out."""

    entries = fields.Integer()
    collapsed = fields.Integer()
    left_out = fields.Integer()
    refused = fields.Integer()
    guessed_ids = fields.Integer()
    undated = fields.Integer()
    unread_dates = fields.Integer()
    guessed_dates = fields.Integer()
    future_dates = fields.Integer()
    guessed_encodings = fields.Integer()
    damaged_documents = fields.Integer()


class SourceState(Schema):
    """A source and, when it is polled, its feed."""

    slug = fields.String()
    name = fields.String()
    home_url = fields.String(allow_none=True)
    language = fields.String(allow_none=True)
    feed_url = fields.String(allow_none=True)
    category = fields.String(allow_none=True)
    time_zone = fields.String(allow_none=True)
    day_first = fields.Boolean(allow_none=True)
    identity = fields.String(allow_none=True)
    paused = fields.Boolean()
    pause_reason = fields.String(allow_none=True)
    next_poll_at = Instant(allow_none=True)
    last_polled_at = Instant(allow_none=True)
    last_success_at = Instant(allow_none=True)
    last_new_at = Instant(allow_none=True)
    failures = fields.Integer()
    last_error = fields.String(allow_none=True)
    window_overflows = fields.Integer()
    is_well_formed = fields.Boolean()
    entry_counts = fields.Nested(EntryCounts)
    health = fields.String()


class AliasDraft(Body):
    alias = fields.String(required=True, validate=Length(1, 200))


class MergeDraft(Body):
    into = fields.String(required=True, validate=Length(1, 200))
    dry_run = Flag(load_default=False)


class MergePreview(Schema):
    tag = fields.String()
    into = fields.String()
    articles = fields.Integer()
    articles_of_both = fields.Integer()
    followers = fields.Integer()
    aliases = fields.List(fields.String())


class MergedTag(Tag):
    preview = fields.Nested(MergePreview, allow_none=True)


class ForbidDraft(Body):
    source = fields.String(load_default=None, allow_none=True, validate=Length(1, 200))


class ForbiddenTag(Schema):
    name = fields.String()
    source = fields.String(allow_none=True)


class WordFound(Schema):
    words = fields.String()
    place = fields.String()


class NameUse(Schema):
    source = fields.String()
    as_keyword = fields.Boolean()


class TagReason(Schema):
    name = fields.String()
    kind = fields.String()
    state = fields.String()
    rule = fields.String()
    score = fields.Float()
    found = fields.List(fields.Nested(WordFound))
    used_by = fields.List(fields.Nested(NameUse))


class TagReasons(Schema):
    tags = fields.List(fields.Nested(TagReason))


class TagFields(Body):
    name = fields.String(required=True, validate=Length(1, 200))
