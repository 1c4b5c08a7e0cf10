"""Notifications as editors send them and as apps report on them."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from schemas.alert_counts import Counts, Timing
from schemas.audience import CLOCK, PLATFORMS, ByPlatform
from schemas.body import Body, Change
from schemas.feed import LimitQuery
from schemas.fields import Instant, PictureUrl, WholeNumber
from schemas.newsroom import VISIBLE
from schemas.second_reading import SentBack
from schemas.segment import (
    LANGUAGE,
    SOMETIMES,
    AudienceDraft,
    AudienceMembers,
    AudienceParts,
    DeliveryHour,
    DeliveryTime,
    topics_list,
)
from schemas.values import FAILURES, PAUSES, STATES, URGENCIES

ALERT_LEVELS = ("normal", "important", "breaking")


class Text(Body):
    """The words of one language."""

    title = fields.String(required=True, validate=Length(1, 300))
    body = fields.String(required=True, validate=Length(0, 4000))


# Printable and without spaces: an identifier, or a path whose letters may be of any script.
_NAME = Regexp(r"^[A-Za-z0-9_.:\-]{1,64}$(?!\n)", error="Up to 64 letters, digits, _ . : and -.")
_LABEL = Regexp(
    r"^[A-Za-z0-9\-_.~%]{1,50}$(?!\n)", error="FCM takes 1 to 50 letters, digits, - _ . ~ and %."
)
_PATH = Regexp(
    r"^/([^\s\x00-\x1f\x7f\\#/][^\s\x00-\x1f\x7f\\#]*)?$(?!\n)",
    error="Write a path such as /tag/Harbour.",
)
_BUTTON = [Length(1, 40), Regexp(VISIBLE, error="A button needs a visible character.")]


def _tell_apart(actions: list[dict[str, Any]]) -> None:
    ids = [action.get("id", str(place)) for place, action in enumerate(actions, 1)]
    if len(set(ids)) != len(ids):
        raise ValidationError("Two buttons have the same id.")
    if len({frozenset(action.get("titles", ())) for action in actions}) > 1:
        raise ValidationError("Title all buttons in the same languages.")


def _article_name(*, allow_none: bool = False) -> fields.String:
    said = "The article that it is about: its id, `source/external_id` or its `source_url`."
    return fields.String(
        load_default=None,
        allow_none=allow_none,
        validate=Length(1, 2000),
        metadata={"description": said},
    )


def _variants(**options: Any) -> fields.Dict:
    language = fields.String(validate=[Length(2, 35), LANGUAGE])
    return fields.Dict(keys=language, values=fields.Nested(Text), **options)


class ActionDraft(Body):
    """A button. `to` is a path of this site, as the route table has it; `id` is what the app knows
    the button by, its place in the list when none is given. `titles` are those for readers of
    other languages, as `variants` are of the text.
    """

    id = fields.String(
        validate=Regexp(r"^[A-Za-z0-9_.\-]{1,40}$(?!\n)", error="Letters, digits, _ . -"),
        metadata={"description": "What the app knows the button by."},
    )
    title = fields.String(required=True, validate=_BUTTON)
    titles = fields.Dict(
        keys=fields.String(validate=Length(2, 35)),
        values=fields.String(validate=_BUTTON),
        metadata={"description": "The words on it in other languages."},
    )
    to = fields.String(required=True, validate=[Length(1, 300), _PATH])


class PresentationFields(Body):
    """How an alert looks beyond its texts. Null is the same as nothing.

    `category` names the buttons that the iPhone app made; `relevance` (0 to 1) ranks in its
    summary. `thread` groups alerts, those of one story by default. `analytics_label` is FCM's.
    """

    image = PictureUrl(
        allow_none=True, metadata={"description": "The address of its picture; null for none."}
    )
    actions = fields.List(
        fields.Nested(ActionDraft), allow_none=True, validate=[Length(max=3), _tell_apart]
    )
    category = fields.String(
        allow_none=True,
        validate=_NAME,
        metadata={"description": "The set of buttons that the iPhone app made; null for none."},
    )
    relevance = fields.Float(allow_none=True, validate=Range(0, 1))
    analytics_label = fields.String(allow_none=True, validate=_LABEL)
    thread = fields.String(allow_none=True, validate=_NAME)


class NotificationDraft(Text, PresentationFields):
    """`id` is the caller's own: a second call with it answers the first notification, or 409 when
    it says something else. The ids of dry runs are apart. Without a slash it is an address as
    well, in the place of ours.

    `variants` are texts by language for readers of that locale. `insist` alerts again to a story
    that readers were alerted to already. `approval` asks for a second person.

    It goes to followers of any of the `topics`, or to an `audience`. `deliver` waits for an hour of
    each reader's day, and the alert then lives as long from that hour on. Readers choose for each
    topic which `level` makes a sound: an urgent alert is `breaking`, others are `normal` or
    `important`.
    """

    exactly_one_of: ClassVar[tuple[str, ...]] = ("topics", "audience")

    id = fields.String(
        load_default=None,
        allow_none=True,
        validate=Length(1, 100),
        metadata={"description": "The caller's own id: the call is safe to repeat."},
    )
    article_id = _article_name(allow_none=True)
    topics = topics_list(100)
    audience = fields.Nested(AudienceDraft, metadata={"description": "Whom it is for."})
    variants = _variants(load_default=dict)
    urgency = fields.String(required=True, validate=OneOf(URGENCIES))
    expires_in_s = WholeNumber(load_default=None, allow_none=True, validate=Range(1, 28 * 86_400))
    send_at = Instant(load_default=None, allow_none=True)
    deliver = fields.Nested(DeliveryHour, load_default=None, allow_none=True)
    level = fields.String(load_default=None, allow_none=True, validate=OneOf(ALERT_LEVELS))
    dry_run = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    phones = fields.List(
        fields.String(validate=Length(1, 64)),
        load_default=list,
        validate=Length(max=50),
        metadata={"description": "The test phones that a dry run is really shown on."},
    )
    insists = fields.Boolean(data_key="insist", load_default=False, truthy={True}, falsy={False})
    approval = fields.Boolean(load_default=False, truthy={True}, falsy={False})

    @validates_schema
    def _has_one_audience(self, data: dict[str, Any], **_: Any) -> None:
        if ("topics" in data) == ("audience" in data):
            raise ValidationError("Name either topics or an audience.", "topics")

    @validates_schema
    def _names_phones_for_a_dry_run(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("phones") and not data.get("dry_run"):
            raise ValidationError("Only a dry run goes to phones that are named.", "phones")


class NotificationChange(PresentationFields):
    """An edit of what has not begun. `topics` are any of them, and leave the other parts alone."""

    not_both: ClassVar[tuple[str, ...]] = ("topics", "audience")

    title = fields.String(validate=Length(1, 300))
    body = fields.String(validate=Length(0, 4000))
    variants = _variants()
    topics = topics_list(100)
    audience = fields.Nested(AudienceDraft, metadata={"description": "Whom it is for."})
    send_at = Instant()
    deliver = fields.Nested(DeliveryHour, allow_none=True)
    level = fields.String(validate=OneOf(ALERT_LEVELS))

    @validates_schema
    def _has_one_audience(self, data: dict[str, Any], **_: Any) -> None:
        if "topics" in data and "audience" in data:
            raise ValidationError("Name either topics or an audience.", "topics")


class Correction(Change):
    """The text that replaces what lies on the phones; what is not named stays as it is."""

    says_nothing: ClassVar[str] = "Name the title, the body or the variants to correct."

    title = fields.String(validate=Length(1, 300))
    body = fields.String(validate=Length(0, 4000))
    variants = _variants()


class Approval(Body):
    """`content_hash` says what was read; an edit since then refuses the approval."""

    content_hash = fields.String(load_default=None, allow_none=True, validate=Length(equal=64))


MAY_ESTIMATE = {"description": "Whether a large audience may be estimated, which is fast."}
IS_ESTIMATE = {
    "description": "Whether the numbers are rounded estimates: what is missing or 0 is rare then."
}


class AudienceQuery(AudienceParts):
    """Topics and the other parts of an audience, lists repeated or separated by commas.

    An article's source is muted by some, and its story may have been told to some already; a
    notification that insists goes to those as well.
    """

    urgency = fields.String(load_default="breaking", validate=OneOf(URGENCIES))
    source = fields.String(
        load_default=None,
        validate=Length(1, 200),
        metadata={"description": "The slug of the source that it is of."},
    )
    article_id = _article_name()
    insist = fields.Boolean(load_default=False)
    level = fields.String(load_default=None, validate=OneOf(ALERT_LEVELS))
    deliver_at = fields.String(load_default=None, validate=CLOCK)
    estimate = fields.Boolean(load_default=False, metadata=MAY_ESTIMATE)


class Excluded(Schema):
    """Who is left out, by the first reason; `same_story` is told where an article is named.

    The reasons from `below_level` on are told where they leave somebody out. `unknown_…` counts
    those who never said the fact that a part of the audience asks for.
    """

    muted = fields.Integer()
    quiet = fields.Integer()
    over_limit = fields.Integer()
    no_address = fields.Integer()
    retired = fields.Integer(
        metadata={"description": "Readers whose address nobody is at any more."}
    )
    same_story = fields.Integer(metadata=SOMETIMES)
    below_level = fields.Integer(metadata=SOMETIMES)
    topics = fields.Integer(
        metadata={
            **SOMETIMES,
            "description": "Readers who lack a topic, or have one that they may not.",
        }
    )
    platform = fields.Integer(metadata={**SOMETIMES, "description": "Readers on other platforms."})
    language = fields.Integer(metadata={**SOMETIMES, "description": "Readers of other languages."})
    country = fields.Integer(metadata=SOMETIMES)
    unknown_country = fields.Integer(metadata=SOMETIMES)
    app_version = fields.Integer(
        metadata={**SOMETIMES, "description": "Readers with other versions of the app."}
    )
    unknown_app_version = fields.Integer(metadata=SOMETIMES)
    edition = fields.Integer(metadata={**SOMETIMES, "description": "Readers of other editions."})
    unknown_edition = fields.Integer(metadata=SOMETIMES)


class Audience(Schema):
    audience = fields.Integer()
    by_platform = ByPlatform(fields.Integer())
    excluded = fields.Nested(Excluded)
    is_estimate = fields.Boolean(metadata=IS_ESTIMATE)


class Paused(Schema):
    """Why a part waits; of several, our key, which every platform needs, else the oldest."""

    reason = fields.String(validate=OneOf(PAUSES))
    since = Instant(metadata={"description": "Since when."})


class Pause(Paused):
    """A platform whose part of a sending waits, and why; the other platforms go on."""

    platform = fields.String(attribute="of_platform", validate=OneOf(PLATFORMS))


class Failure(Schema):
    """Why it failed, or did not reach everybody: a reason for programs, a detail for editors."""

    reason = fields.String(validate=OneOf(FAILURES))
    detail = fields.String()


class Action(Schema):
    id = fields.String(metadata={"description": "What the app knows the button by."})
    title = fields.String()
    titles = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "The words on it in other languages."},
    )
    url = fields.String(metadata={"description": "The address that it opens."})


class Variant(Schema):
    """The words of one language, as `Text` is sent."""

    title = fields.String()
    body = fields.String()


class EarlierAlert(Schema):
    """Another alert of the same event."""

    id = fields.String()
    title = fields.String()
    send_at = Instant()


WITHHELD_BY = (
    "The alerts of the same event for which readers were left out (`same_story`); a new alert with "
    "`insist` goes to them all the same. Empty where nobody was left out for that."
)


class Notification(Schema):
    id = fields.String()
    corrects = fields.String(allow_none=True)
    repeats = fields.String(allow_none=True)
    article_id = fields.String(
        allow_none=True,
        metadata={"description": "The id of the article that it is about; null for none."},
    )
    title = fields.String()
    body = fields.String()
    variants = fields.Dict(keys=fields.String(), values=fields.Nested(Variant))
    url = fields.String()
    image = fields.String(
        attribute="image_url",
        allow_none=True,
        metadata={"description": "The address of its picture; null for none."},
    )
    actions = fields.List(fields.Nested(Action))
    category = fields.String(
        allow_none=True,
        metadata={"description": "The set of buttons that the iPhone app made; null for none."},
    )
    relevance = fields.Float(allow_none=True)
    analytics_label = fields.String(allow_none=True)
    thread = fields.String(allow_none=True)
    urgency = fields.String(validate=OneOf(URGENCIES))
    dry_run = fields.Boolean()
    topics = fields.List(
        fields.String(), metadata={"description": "Topics of which every reader follows one."}
    )
    audience = fields.Nested(AudienceMembers, metadata={"description": "Whom it is for."})
    level = fields.String(validate=OneOf(ALERT_LEVELS))
    deliver = fields.Nested(DeliveryTime, allow_none=True)
    created_by = fields.String()
    authors = fields.List(fields.String())
    approved_by = fields.String(allow_none=True)
    sent_back = fields.Nested(
        SentBack,
        allow_none=True,
        metadata={"description": "The last time that it was sent back; null when it never was."},
    )
    content_hash = fields.String()
    state = fields.String(validate=OneOf(STATES))
    failure = fields.Nested(Failure, allow_none=True)
    paused = fields.Nested(
        Paused,
        allow_none=True,
        metadata={"description": "Why a part of it waits, and since when; null if none does."},
    )
    pauses = fields.List(
        fields.Nested(Pause), metadata={"description": "Platforms whose part waits."}
    )
    created_at = Instant()
    send_at = Instant()
    expires_at = Instant(metadata={"description": "Until when it is worth sending."})
    counts = fields.Nested(Counts)
    timing = fields.Nested(Timing)
    withheld_by = fields.List(fields.Nested(EarlierAlert), metadata={"description": WITHHELD_BY})


class NotificationListQuery(LimitQuery):
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )
    state = fields.String(load_default=None, allow_none=True, validate=OneOf(STATES))
    article_id = _article_name(allow_none=True)


class NotificationList(Schema):
    notifications = fields.List(fields.Nested(Notification))
    next_cursor = fields.String(allow_none=True)


class Recall(Notification):
    sent = fields.Integer()
    not_sent = fields.Integer()
    # `unknown` is taken by marshmallow itself for the handling of unknown fields.
    ambiguous = fields.Integer(attribute="unknown", data_key="unknown")
