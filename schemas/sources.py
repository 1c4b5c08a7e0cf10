"""Lists of sources, their polls, trials of an address, and OPML."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, pre_load
from marshmallow.validate import Length, OneOf

from schemas.body import Body
from schemas.feed import LANGUAGE, Image, LimitQuery, Query
from schemas.fields import Flag, Instant, WebUrl
from schemas.newsroom import CATEGORY, SourceState
from schemas.values import CONFIDENCES, FEED_FORMATS, HEALTH

_WORD = f"({'|'.join(HEALTH)}|not_polled)"
HEALTH_WORDS = f"^{_WORD}(,{_WORD})*$"


class SparseQuery(Query):
    """An empty value counts as absent."""

    @pre_load
    def _without_empty(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value != ""}


class HealthWords(fields.String):
    """Words of health, comma-separated."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        words = [word.strip().replace("_", " ") for word in text.split(",") if word.strip()]
        unknown = [word for word in words if word not in HEALTH]
        if unknown:
            raise ValidationError(f"Health is one of {', '.join(HEALTH)}.")
        return tuple(words)


class SourcesQuery(SparseQuery, LimitQuery):
    """`sort` has one value so far; it is there so that a client can say what it relies on."""

    health = HealthWords(
        load_default=(),
        metadata={
            "description": "Words of health, separated by commas: only sources of which one holds.",
            "default": "",
            "pattern": HEALTH_WORDS,
        },
    )
    q = fields.String(load_default="", validate=Length(max=200))
    sort = fields.String(load_default="trouble", validate=OneOf(["trouble"]))
    cursor = fields.String(load_default=None)


class SourceStates(Schema):
    """The broken ones first."""

    sources = fields.List(fields.Nested(SourceState))
    next_cursor = fields.String(allow_none=True)


class PutQuery(SparseQuery):
    """`check=false` takes an address over unseen; only what can never be fetched is refused."""

    check = fields.Boolean(load_default=True)


class RemovalQuery(SparseQuery):
    articles = fields.String(
        load_default="keep",
        validate=OneOf(["keep", "remove"]),
        metadata={"description": "Whether its articles stay or are taken down."},
    )
    dry_run = fields.Boolean(load_default=False)


class Removal(Schema):
    """The source is gone; its articles are still being taken down."""

    slug = fields.String()
    articles = fields.String(
        validate=OneOf(["being taken down"]),
        metadata={"description": "What becomes of its articles."},
    )


class PollAsked(Schema):
    """`polls_url` is the history, where the poll will stand first; `last_poll_id` stands there
    now.
    """

    slug = fields.String()
    asked_at = Instant()
    polls_url = fields.String()
    last_poll_id = fields.String(allow_none=True)


class PollsQuery(SparseQuery, LimitQuery):
    cursor = fields.String(load_default=None)


class Poll(Schema):
    """`outcome` is changed, unchanged, not-modified or failed."""

    id = fields.String()
    at = Instant()
    duration_ms = fields.Integer()
    outcome = fields.String(validate=OneOf(["changed", "unchanged", "not-modified", "failed"]))
    status = fields.Integer(
        allow_none=True, metadata={"description": "The HTTP status; null if there was no answer."}
    )
    entries = fields.Integer()
    new = fields.Integer()
    changed = fields.Integer()
    unchanged = fields.Integer()
    refused = fields.Integer()
    undated = fields.Integer()
    error = fields.String(allow_none=True)


class Polls(Schema):
    """The newest first; the latest 200 of a source are kept."""

    polls = fields.List(fields.Nested(Poll))
    next_cursor = fields.String(allow_none=True)


class SourceDay(Schema):
    """The polls of one day in UTC, how many of them failed, and the new articles they brought."""

    day = fields.Date(metadata={"description": "The day, in UTC."})
    polls = fields.Integer(metadata={"description": "How often it was polled."})
    failed = fields.Integer(metadata={"description": "How many of the polls failed."})
    new = fields.Integer(metadata={"description": "How many new articles they brought."})


class SourceDays(Schema):
    """A day without a poll is left out."""

    days = fields.List(
        fields.Nested(SourceDay), metadata={"description": "The days, the first one first."}
    )


class TrialDraft(Body):
    """An address of a feed or of a site, and the settings to try it with."""

    url = WebUrl(required=True)
    language = fields.String(load_default=None, allow_none=True, validate=LANGUAGE)
    category = fields.String(
        load_default=None,
        allow_none=True,
        validate=CATEGORY,
        metadata={"description": "The name of the section to try it with."},
    )
    time_zone = fields.String(load_default=None, allow_none=True, validate=Length(1, 64))
    day_first = Flag(load_default=None, allow_none=True)


class TrialEntry(Schema):
    """`date_confidence` is exact, zone-assumed, day or ambiguous; null without a date."""

    external_id = fields.String()
    url = fields.String()
    title = fields.String()
    summary = fields.String()
    image = fields.Nested(Image, allow_none=True)
    tags = fields.List(fields.String(), metadata={"description": "Its keywords."})
    category = fields.String(
        allow_none=True, metadata={"description": "The name of its section; null for none."}
    )
    language = fields.String(allow_none=True)
    published_at = Instant(allow_none=True)
    date_confidence = fields.String(attribute="date", allow_none=True, validate=OneOf(CONFIDENCES))
    body_characters = fields.Integer()


class FeedLink(Schema):
    url = fields.String()
    title = fields.String()
    is_comments = fields.Boolean()


class Trial(Schema):
    """What a first poll would bring in; nothing was published.

    `feed_url` is where the feed is, `moved_to` where it says that it went for good. `feeds` are
    all that the site's page names, those of readers' comments last.
    """

    feed_url = fields.String()
    moved_to = fields.String(allow_none=True)
    kind = fields.String(validate=OneOf(FEED_FORMATS))
    title = fields.String()
    home_url = fields.String(allow_none=True)
    language = fields.String(allow_none=True)
    is_well_formed = fields.Boolean()
    entry_count = fields.Integer()
    entries = fields.List(
        fields.Nested(TrialEntry),
        metadata={"description": "The first entries, as they would look."},
    )
    warnings = fields.List(fields.String())
    feeds = fields.List(fields.Nested(FeedLink))


class ImportedOutline(Schema):
    """`result` is added, known or refused."""

    title = fields.String()
    feed_url = fields.String()
    result = fields.String(validate=OneOf(["added", "known", "refused"]))
    slug = fields.String(
        allow_none=True, metadata={"description": "The name in addresses; null if it was refused."}
    )
    reason = fields.String(
        allow_none=True, metadata={"description": "Why it was refused; null if it was not."}
    )


class OpmlImport(Schema):
    added = fields.Integer()
    known = fields.Integer()
    refused = fields.Integer()
    sources = fields.List(fields.Nested(ImportedOutline))
