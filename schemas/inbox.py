"""The alerts of one installation, and what its app tells of them."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from schemas.body import Body
from schemas.feed import LimitQuery
from schemas.fields import Instant, Item
from schemas.values import EVENT_RESULTS, URGENCIES

EVENTS = ("received", "opened")
MOST_EVENTS, LONGEST_NOTIFICATION_ID = 200, 64


class InboxEntry(Schema):
    id = fields.String()
    title = fields.String()
    body = fields.String()
    url = fields.String()
    urgency = fields.String(validate=OneOf(URGENCIES))
    created_at = Instant(metadata={"description": "When it was written."})
    sent_at = Instant()
    corrected_at = Instant(allow_none=True)


class InboxQuery(LimitQuery):
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class Inbox(Schema):
    notifications = fields.List(fields.Nested(InboxEntry))
    next_cursor = fields.String(allow_none=True)


class AppEvent(Body):
    type = fields.String(
        required=True,
        validate=OneOf(EVENTS, error="{input} is none of: {choices}."),
        metadata={"description": "What happened to the alert."},
    )
    notification_id = fields.String(required=True, validate=Length(1, LONGEST_NOTIFICATION_ID))
    at = Instant(required=True)


class AppEvents(Body):
    events = fields.List(
        Item(AppEvent),
        required=True,
        validate=Length(1, MOST_EVENTS),
        metadata={"description": "What happened on the phone."},
    )


class EventResult(Schema):
    """`counted`, `repeated` when it was before, `ignored` when no such alert was sent to this
    installation, or `refused`: `errors` then names what is wrong, as a 422 does.
    """

    status = fields.String(validate=OneOf(EVENT_RESULTS))
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"optional": True, "description": "What is wrong with it, by member."},
    )


class EventResults(Schema):
    """One result an event, in the order that they were sent in."""

    results = fields.List(fields.Nested(EventResult))
