"""What publishers and editors send."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from schemas import values
from schemas.body import Body
from schemas.feed import LANGUAGE, Article, Tag
from schemas.fields import Flag, Instant, WebUrl, WholeNumber
from schemas.impact import Impact

VISIBLE = r"^[^\x00]*\S[^\x00]*$"
TEXT_LIMIT = 500_000
PIXELS = Range(1, 20_000)
CATEGORY = [
    Length(1, 100),
    Regexp(r"^[^\x00]*[^\W_][^\x00]*$", error="A category needs a letter or a digit."),
]


class ImageDraft(Body):
    url = WebUrl(required=True)
    width = WholeNumber(load_default=None, allow_none=True, validate=PIXELS)
    height = WholeNumber(load_default=None, allow_none=True, validate=PIXELS)
    alt = fields.String(load_default=None, allow_none=True, validate=Length(max=500))


class AuthorDraft(Body):
    name = fields.String(
        required=True,
        validate=[Length(1, 200), Regexp(VISIBLE, error="A name needs a visible character.")],
    )
    url = WebUrl(load_default=None, allow_none=True)


class MediaDraft(Body):
    url = WebUrl(required=True)
    type = fields.String(
        required=True,
        validate=[Length(max=100), Regexp(r"^(audio|video)(/[\w.+-]+)?$(?!\n)",
                                          error="Write a type such as audio/mpeg.")],
     metadata={"description": "Its media type, or audio or video."})  # fmt: skip
    length_bytes = WholeNumber(load_default=None, allow_none=True, validate=Range(1, 10**12))
    duration_s = WholeNumber(load_default=None, allow_none=True, validate=Range(1, 360_000))


class ArticleFields(Body):
    """Everything that may be said of an article; all of it optional, for corrections."""

    not_both: ClassVar[tuple[str, ...]] = ("body_html", "body_text")

    title = fields.String(
        validate=Length(1, 500), metadata={"description": "The title, with a visible character."}
    )
    url = WebUrl()
    summary = fields.String(allow_none=True, validate=Length(max=5000))
    body_html = fields.String(allow_none=True, validate=Length(max=TEXT_LIMIT))
    body_text = fields.String(allow_none=True, validate=Length(max=TEXT_LIMIT))
    image = fields.Nested(ImageDraft, allow_none=True)
    category = fields.String(
        allow_none=True,
        validate=CATEGORY,
        metadata={"description": "The name of its section; null for none."},
    )
    tags = fields.List(
        fields.String(validate=Length(1, 200)),
        validate=Length(max=50),
        metadata={"description": "Its tags by name."},
    )
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


class ArticleDraft(ArticleFields):
    title = fields.String(required=True, validate=Length(1, 500))
    url = WebUrl(required=True)


class IgnoredTag(Schema):
    """A tag as it was sent, and why the article does not carry it."""

    tag = fields.String(required=True)
    reason = fields.String(required=True)


class PublishedArticle(Article):
    """`refused_date` is a `published_at` that was sent and not believed; the one in the answer
    was taken instead. `ignored_tags` are those that were sent and cannot be used.
    """

    external_id = fields.String()
    version = fields.Integer()
    ignored_tags = fields.List(fields.Nested(IgnoredTag))

    notification_id = fields.String(allow_none=True)
    embargo_until = Instant(allow_none=True)
    refused_date = Instant(allow_none=True)


# What the request itself says, and what would change how its answer is read.
OWN_HEADERS = {
    *("accept", "accept-encoding", "connection", "content-length", "cookie", "expect", "host"),
    *("if-modified-since", "if-none-match", "keep-alive", "proxy-authorization", "range", "te"),
    *("trailer", "transfer-encoding", "upgrade", "user-agent"),
}


def _port(port: int) -> None:
    if port not in {80, 443} and not 1024 <= port <= 65_535:
        raise ValidationError("A port is 80, 443 or from 1024 to 65535.")


class BasicAuth(Body):
    """User name and password (RFC 7617); both are only ever sent to the source."""

    user = fields.String(required=True, validate=[Length(1, 200), Regexp(r"^[^:\x00-\x1f\x7f]+\Z")])
    password = fields.String(
        required=True, validate=[Length(max=500), Regexp(r"^[^\x00-\x1f\x7f]*\Z")]
    )


class SecretHeader(Body):
    """A header that a source wants to see, such as an API key."""

    name = fields.String(required=True, validate=[Length(1, 100), Regexp(r"^[A-Za-z0-9-]+\Z")])
    value = fields.String(
        required=True,
        validate=[Length(1, 2000), Regexp(r"^[!-~][ -~]*\Z")],
        metadata={"description": "Its value, which only the source is ever sent."},
    )

    @validates_schema
    def _is_free(self, data: dict[str, Any], **_: Any) -> None:
        if data["name"].lower() in OWN_HEADERS:
            raise ValidationError("The request sets this header itself.", "name")


class SourceDraft(Body):
    name = fields.String(
        validate=[Length(1, 200), Regexp(VISIBLE, error="A name needs a visible character.")]
    )
    home_url = WebUrl(allow_none=True)
    feed_url = WebUrl(allow_none=True)
    language = fields.String(allow_none=True, validate=LANGUAGE)
    category = fields.String(
        allow_none=True,
        validate=CATEGORY,
        metadata={
            "description": "The name of the section of its articles; null for what its entries say."
        },
    )
    time_zone = fields.String(allow_none=True, validate=Length(1, 64))
    day_first = Flag(allow_none=True)
    identity = fields.String(allow_none=True, validate=OneOf(values.IDENTITIES))
    paused = Flag()
    fast = Flag()
    ports = fields.List(
        WholeNumber(validate=[_port], metadata={"minimum": 80, "maximum": 65_535}),
        allow_none=True,
        validate=Length(max=8),
    )
    document_bytes = WholeNumber(allow_none=True, validate=Range(100_000, 50_000_000))
    full_text = fields.String(validate=OneOf(values.TEXT_SOURCES))
    basic_auth = fields.Nested(BasicAuth, allow_none=True, load_only=True)
    secret_header = fields.Nested(SecretHeader, allow_none=True, load_only=True)
    rights = fields.String(allow_none=True, validate=OneOf(values.RIGHTS))
    canonical = fields.String(validate=OneOf(values.CANONICAL))
    attribution = fields.String(allow_none=True, validate=[Length(1, 300), Regexp(VISIBLE)])
    expires_after_days = WholeNumber(allow_none=True, validate=Range(1, 3650))
    embargo_minutes = WholeNumber(allow_none=True, validate=Range(1, 10_080))
    blocked = Flag(metadata={"description": "Whether nothing of it is published."})

    @validates_schema
    def _one_authorization(self, data: dict[str, Any], **_: Any) -> None:
        header = data.get("secret_header")
        if data.get("basic_auth") and header and header["name"].lower() == "authorization":
            raise ValidationError("Send basic_auth or this header, not both.", "secret_header")


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


class WebSubState(Schema):
    """The subscription at the hub that the feed names.

    `status` is active, waiting (for the hub to verify), expired, denied, or off: this site has
    no address that hubs can reach. `next_at` is when the hub is asked next.
    """

    status = fields.String(validate=OneOf(values.SUBSCRIPTIONS))
    hub_url = fields.String()
    topic_url = fields.String()
    verified_at = Instant(allow_none=True)
    expires_at = Instant(
        allow_none=True,
        metadata={"description": "When the subscription ends; null before it began."},
    )
    next_at = Instant(allow_none=True)
    last_push_at = Instant(allow_none=True)
    failures = fields.Integer()
    last_error = fields.String(allow_none=True)


class PageCounts(Schema):
    """What became of articles' pages: how many came, and why a text was taken or not.

    `whole` needed no page; `kept` said no more than the feed; `no_page` is something else, such
    as a PDF; `withdrawn` was no longer wanted or allowed when it came.
    """

    fetched = fields.Integer()
    taken = fields.Integer()
    whole = fields.Integer()
    kept = fields.Integer()
    short = fields.Integer()
    missing = fields.Integer()
    consent = fields.Integer()
    paywall = fields.Integer()
    other_language = fields.Integer()
    other_article = fields.Integer()
    no_page = fields.Integer()
    robots = fields.Integer()
    failed = fields.Integer()
    withdrawn = fields.Integer()


class SourceState(Schema):
    """A source and, when it is polled, its feed.

    `last_entries`, `refused_entries` and `undated_entries` are of the last document that was read.
    `refused_dates` were ahead of their time or before 1990, sent to us or in its feed.
    `websub` is null when the feed names no hub.
    `health_since` is when the health was first seen, `alarmed_at` when webhooks were told of it.
    """

    slug = fields.String()
    name = fields.String()
    home_url = fields.String(allow_none=True)
    language = fields.String(allow_none=True)
    feed_url = fields.String(allow_none=True)
    category = fields.String(
        allow_none=True,
        metadata={
            "description": "The name of the section of its articles; null for what its entries say."
        },
    )
    time_zone = fields.String(allow_none=True)
    day_first = fields.Boolean(allow_none=True)
    identity = fields.String(allow_none=True, validate=OneOf(values.IDENTITIES))
    paused = fields.Boolean()
    pause_reason = fields.String(allow_none=True, validate=OneOf(values.SOURCE_PAUSES))
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
    refused_dates = fields.Integer()
    undated_entries = fields.Integer()
    is_well_formed = fields.Boolean(allow_none=True)
    entry_counts = fields.Nested(EntryCounts)
    health = fields.String(validate=OneOf(values.HEALTH))
    health_reason = fields.String(allow_none=True)
    health_since = Instant(allow_none=True)
    alarmed_at = Instant(allow_none=True)
    websub = fields.Nested(WebSubState, allow_none=True)
    full_text = fields.String(attribute="settings.full_text", validate=OneOf(values.TEXT_SOURCES))
    page_counts = fields.Nested(PageCounts)
    fast = fields.Boolean(attribute="settings.fast")
    ports = fields.List(fields.Integer(), attribute="settings.ports")
    document_bytes = fields.Integer(attribute="settings.document_bytes", allow_none=True)
    has_basic_auth = fields.Boolean(attribute="settings.has_basic_auth")
    has_secret_header = fields.Boolean(attribute="settings.has_secret_header")
    rights = fields.String(
        attribute="settings.rights", allow_none=True, validate=OneOf(values.RIGHTS)
    )
    canonical = fields.String(attribute="settings.canonical", validate=OneOf(values.CANONICAL))
    attribution = fields.String(attribute="settings.attribution", allow_none=True)
    expires_after_days = fields.Integer(attribute="settings.expires_after_days", allow_none=True)
    embargo_minutes = fields.Integer(attribute="settings.embargo_minutes", allow_none=True)
    blocked_at = Instant(
        attribute="settings.blocked_at",
        allow_none=True,
        metadata={"description": "Since when nothing of it is published; null if it is."},
    )


class AliasDraft(Body):
    alias = fields.String(required=True, validate=Length(1, 200))


class MergeDraft(Body):
    into = fields.String(required=True, validate=Length(1, 200))
    dry_run = Flag(load_default=False)


class MergePreview(Schema):
    tag = fields.String(metadata={"description": "The tag that is merged."})
    into = fields.String()
    articles = fields.Integer(metadata={"description": "How many articles go over."})
    articles_of_both = fields.Integer()
    followers = fields.Integer()
    links = fields.Integer(metadata={"description": "How many short links lead to its page."})
    aliases = fields.List(fields.String())


class MergedTag(Tag):
    preview = fields.Nested(MergePreview, allow_none=True, metadata={"optional": True})


class BanQuery(Body):
    source = fields.String(
        load_default=None,
        allow_none=True,
        validate=Length(1, 200),
        metadata={
            "description": "The slug of the only source for which it is no tag; null for all."
        },
    )


class ForbidDraft(BanQuery):
    dry_run = Flag(load_default=False)


class ForbiddenTag(Schema):
    name = fields.String()
    source = fields.String(
        allow_none=True,
        metadata={
            "description": "The slug of the only source for which it is no tag; null for all."
        },
    )
    preview = fields.Nested(Impact, allow_none=True, metadata={"optional": True})


class WordFound(Schema):
    words = fields.String()
    place = fields.String(validate=OneOf(["title", "lead", "body"]))


class NameUse(Schema):
    source = fields.String(metadata={"description": "The slug of the source."})
    as_keyword = fields.Boolean()


class TagReason(Schema):
    name = fields.String()
    kind = fields.String(validate=OneOf(values.TAG_KINDS))
    state = fields.String(validate=OneOf(values.TAG_STATES))
    rule = fields.String(validate=OneOf(values.TAG_RULES))
    score = fields.Float()
    found = fields.List(fields.Nested(WordFound))
    used_by = fields.List(fields.Nested(NameUse))


class TagReasons(Schema):
    tags = fields.List(fields.Nested(TagReason))


class TagFields(Body):
    name = fields.String(required=True, validate=Length(1, 200))
    dry_run = Flag(load_default=False)
