"""Webhooks as editors keep them."""

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from schemas.body import Body, Change
from schemas.feed import LimitQuery, Query
from schemas.fields import Flag, Instant, WebUrl
from schemas.values import WEBHOOK_PAUSES

EVENTS = (
    "download.started",
    "link.claimed",
    "installation.created",
    "topic.followed",
    "article.published",
    "article.corrected",
    "article.unpublished",
    "notification.approval_requested",
    "notification.sent",
    "notification.opened",
    "source.failing",
    "source.recovered",
)
TEST = "webhook.test"
DELIVERY_STATES = ("pending", "delivered", "failed", "replayed")
PAGE_BEFORE = {"description": "The `next_cursor` of the page before."}
_SOME = [Length(1, error="Choose at least one event."), Length(max=len(EVENTS))]


class Event(fields.String):
    """The name of something that happened."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=OneOf(EVENTS), **options)


class WebhookDraft(Body):
    url = WebUrl(required=True)
    events = fields.List(Event(), required=True, validate=_SOME)
    description = fields.String(load_default="", validate=Length(max=500))


class WebhookChange(Change):
    url = WebUrl()
    events = fields.List(Event(), validate=_SOME)
    description = fields.String(validate=Length(max=500))
    paused = Flag()


class Webhook(Schema):
    """`pending` is how many messages wait to be delivered."""

    id = fields.String(attribute="public_id")
    url = fields.String(attribute="shown_url")
    events = fields.List(Event(), attribute="event_names")
    description = fields.String()
    created_at = Instant()
    paused = fields.Boolean(
        metadata={
            "description": "Whether it is paused: it hears nothing of what happens meanwhile."
        }
    )
    pause_reason = fields.String(allow_none=True, validate=OneOf(WEBHOOK_PAUSES))
    failures = fields.Integer()
    pending = fields.Integer()


class NewWebhook(Webhook):
    """The secret is shown here and never again."""

    secret = fields.String()


class WebhooksQuery(LimitQuery):
    cursor = fields.String(load_default=None, metadata=PAGE_BEFORE)


class Webhooks(Schema):
    webhooks = fields.List(fields.Nested(Webhook))
    next_cursor = fields.String(allow_none=True)


class RemovalQuery(Query):
    dry_run = fields.Boolean(load_default=False)


class WebhookImpact(Schema):
    """What removing a webhook would move. Nothing is changed."""

    pending = fields.Integer(
        metadata={"description": "How many messages wait and would never be delivered."}
    )


class DeliveriesQuery(LimitQuery):
    state = fields.String(
        load_default=None,
        validate=OneOf(DELIVERY_STATES),
        metadata={"description": "Only those in this state."},
    )
    cursor = fields.String(load_default=None, metadata=PAGE_BEFORE)


class Attempt(Schema):
    at = Instant()
    status = fields.Integer(
        allow_none=True, metadata={"description": "The HTTP status; null if there was no answer."}
    )
    error = fields.String(allow_none=True)
    duration_ms = fields.Integer()


class Delivery(Schema):
    """`state` is pending, delivered, failed or replayed."""

    id = fields.String()
    message_id = fields.String(attribute="message.public_id")
    event = fields.String(attribute="message.event", validate=OneOf((*EVENTS, TEST)))
    state = fields.String(validate=OneOf(DELIVERY_STATES))
    created_at = Instant()
    next_try_at = Instant(allow_none=True)
    attempts = fields.List(fields.Nested(Attempt))


class Deliveries(Schema):
    deliveries = fields.List(fields.Nested(Delivery))
    next_cursor = fields.String(allow_none=True)


class ReplayDraft(Body):
    since = Instant(
        required=True, metadata={"description": "What failed from then on is sent again."}
    )


class Replayed(Schema):
    replayed = fields.Integer()
