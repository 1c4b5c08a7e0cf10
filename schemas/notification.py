"""Notifications as editors send them and as apps report on them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range

from schemas.feed import LimitQuery
from schemas.fields import Instant
from schemas.newsroom import Body


class Text(Body):
    """The words of one language."""

    title = fields.String(required=True, validate=Length(1, 300))
    body = fields.String(required=True, validate=Length(0, 4000))


def _variants(**options: Any) -> fields.Dict:
    language = fields.String(validate=Length(2, 35))
    return fields.Dict(keys=language, values=fields.Nested(Text), **options)


def _topics(**options: Any) -> fields.List[Any]:
    return fields.List(fields.String(validate=Length(1, 300)), validate=Length(1, 100), **options)


class NotificationDraft(Text):
    """`id` is the caller's own: a second call with it answers the first notification, whatever
    else it says.

    `variants` are texts by language for readers of that locale. `insist` alerts again to a story
    that readers were alerted to already. `approval` asks for a second person.
    """

    id = fields.String(load_default=None, allow_none=True, validate=Length(1, 100))
    article_id = fields.String(load_default=None, allow_none=True, validate=Length(1, 64))
    topics = _topics(required=True)
    variants = _variants(load_default=dict)
    urgency = fields.String(required=True, validate=OneOf(["breaking", "normal"]))
    expires_in_s = fields.Integer(
        strict=True, load_default=None, allow_none=True, validate=Range(1, 28 * 86_400)
    )
    send_at = Instant(load_default=None, allow_none=True)
    dry_run = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    insists = fields.Boolean(data_key="insist", load_default=False, truthy={True}, falsy={False})
    approval = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class NotificationChange(Body):
    """An edit of what has not begun."""

    title = fields.String(validate=Length(1, 300))
    body = fields.String(validate=Length(0, 4000))
    variants = _variants()
    topics = _topics()
    send_at = Instant()


class Correction(Body):
    """The text that replaces what lies on the phones; what is not named stays as it is."""

    title = fields.String(validate=Length(1, 300))
    body = fields.String(validate=Length(0, 4000))
    variants = _variants()

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_: Any) -> None:
        if not data:
            raise ValidationError("Name the title, the body or the variants to correct.")


class Approval(Body):
    """`content_hash` says what was read; an edit since then refuses the approval."""

    content_hash = fields.String(load_default=None, allow_none=True, validate=Length(equal=64))


class AudienceQuery(Body):
    """Topics, repeated or separated by commas.

    An article's source is muted by some, and its story may have been told to some already; a
    notification that insists goes to those as well.
    """

    topics = fields.List(fields.String(validate=Length(1, 3000)), required=True)
    urgency = fields.String(load_default="breaking", validate=OneOf(["breaking", "normal"]))
    source = fields.String(load_default=None, validate=Length(1, 200))
    article_id = fields.String(load_default=None, validate=Length(1, 64))
    insist = fields.Boolean(load_default=False)


class Excluded(Schema):
    """Who is left out, by the first reason; `same_story` is told where an article is named."""

    muted = fields.Integer()
    quiet = fields.Integer()
    over_limit = fields.Integer()
    no_address = fields.Integer()
    retired = fields.Integer()
    same_story = fields.Integer()


class Audience(Schema):
    audience = fields.Integer()
    by_platform = fields.Dict(keys=fields.String(), values=fields.Integer())
    excluded = fields.Nested(Excluded)


class Timing(Schema):
    """Seconds from the editor's moment until the provider accepted."""

    first_accept_s = fields.Float(allow_none=True)
    p50_s = fields.Float(allow_none=True)
    p90_s = fields.Float(allow_none=True)
    last_s = fields.Float(allow_none=True)
    within_120s = fields.Float(allow_none=True)
    by_platform = fields.Dict(keys=fields.String(), values=fields.Dict())


class Counts(Schema):
    audience = fields.Integer()
    accepted = fields.Integer()
    held = fields.Integer()
    skipped = fields.Integer()
    failed = fields.Integer()
    ambiguous = fields.Integer()
    retired = fields.Integer()
    pending = fields.Integer()
    received = fields.Integer()
    opened = fields.Integer()
    skipped_by_reason = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_platform = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer()),
    )


class Pause(Schema):
    """A platform whose part of a sending waits, and why; the other platforms go on."""

    platform = fields.String()
    reason = fields.String()
    since = Instant()


class Failure(Schema):
    """Why it failed, or did not reach everybody: a reason for programs, a detail for editors."""

    reason = fields.String()
    detail = fields.String()


class Notification(Schema):
    id = fields.String()
    corrects = fields.String(allow_none=True)
    repeats = fields.String(allow_none=True)
    article_id = fields.String(allow_none=True)
    title = fields.String()
    body = fields.String()
    variants = fields.Dict(keys=fields.String(), values=fields.Dict())
    url = fields.String()
    urgency = fields.String()
    dry_run = fields.Boolean()
    topics = fields.List(fields.String())
    created_by = fields.String()
    approved_by = fields.String(allow_none=True)
    content_hash = fields.String()
    state = fields.String()
    failure = fields.Nested(Failure, allow_none=True)
    paused = fields.List(fields.Nested(Pause))
    created_at = Instant()
    send_at = Instant()
    expires_at = Instant()
    counts = fields.Nested(Counts)
    timing = fields.Nested(Timing)


class NotificationListQuery(LimitQuery):
    cursor = fields.String(load_default=None, validate=Length(1, 64))


class NotificationList(Schema):
    notifications = fields.List(fields.Nested(Notification))
    next_cursor = fields.String(allow_none=True)


class Recall(Notification):
    sent = fields.Integer()
    not_sent = fields.Integer()
    # `unknown` is taken by marshmallow itself for the handling of unknown fields.
    ambiguous = fields.Integer(attribute="unknown", data_key="unknown")


class InboxEntry(Schema):
    id = fields.String()
    title = fields.String()
    body = fields.String()
    url = fields.String()
    urgency = fields.String()
    created_at = Instant()
    sent_at = Instant()
    corrected_at = Instant(allow_none=True)


class Inbox(Schema):
    notifications = fields.List(fields.Nested(InboxEntry))


class AppEvent(Body):
    type = fields.String(required=True, validate=OneOf(["received", "opened"]))
    notification_id = fields.String(required=True, validate=Length(1, 64))
    at = Instant(required=True)


class AppEvents(Body):
    events = fields.List(fields.Nested(AppEvent), required=True, validate=Length(1, 200))


class HaltState(Schema):
    halted = fields.Boolean()
    since = Instant(allow_none=True)
    by = fields.String(allow_none=True)
