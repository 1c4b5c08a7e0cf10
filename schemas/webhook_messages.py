"""What webhooks are sent: a message for each event."""

from collections.abc import Mapping

from marshmallow import Schema, fields
from marshmallow.validate import Equal, OneOf

from schemas.audience import PLATFORMS
from schemas.feed import Screen
from schemas.fields import Instant
from schemas.notification import Failure
from schemas.values import HEALTH, STATES, STORES, URGENCIES
from schemas.webhooks import EVENTS, TEST


class DownloadStarted(Schema):
    """A visitor was sent to a store, or shown the way to the one of the phone."""

    store = fields.String(validate=OneOf(STORES))
    path = fields.String(metadata={"description": "The page of this site that they came from."})
    campaign = fields.String(allow_none=True)


class LinkClaimed(Schema):
    """A new reader's first open led to the page that they came from."""

    screen = fields.Nested(Screen)
    campaign = fields.String(allow_none=True)


class InstallationCreated(Schema):
    platform = fields.String(validate=OneOf(PLATFORMS))


class TopicFollowed(Schema):
    topic = fields.String()


class ArticleNamed(Schema):
    id = fields.String()
    source = fields.String(metadata={"description": "The slug of the source."})
    external_id = fields.String()
    title = fields.String()


class ApprovalRequested(Schema):
    """An alert waits for the word of a second person."""

    id = fields.String()
    title = fields.String()
    urgency = fields.String(validate=OneOf(URGENCIES))
    by = fields.String(metadata={"description": "Who wrote it last."})
    url = fields.String(metadata={"description": "Its page of the console."})


class SentCounts(Schema):
    """How many messages came how far, when the alert ended."""

    audience = fields.Integer()
    accepted = fields.Integer()
    held = fields.Integer()
    failed = fields.Integer()
    ambiguous = fields.Integer()
    retired = fields.Integer()


class NotificationSent(Schema):
    id = fields.String()
    state = fields.String(validate=OneOf(STATES))
    failure = fields.Nested(Failure, allow_none=True)
    counts = fields.Nested(SentCounts)


class NotificationOpened(Schema):
    id = fields.String()


class SourceHealth(Schema):
    source = fields.String(metadata={"description": "The slug of the source."})
    name = fields.String()
    health = fields.String(validate=OneOf(HEALTH))
    reason = fields.String(allow_none=True)


class WebhookTried(Schema):
    message = fields.String()


_DATA: Mapping[str, type[Schema]] = {
    "download.started": DownloadStarted,
    "link.claimed": LinkClaimed,
    "installation.created": InstallationCreated,
    "topic.followed": TopicFollowed,
    "article.published": ArticleNamed,
    "article.corrected": ArticleNamed,
    "article.unpublished": ArticleNamed,
    "notification.approval_requested": ApprovalRequested,
    "notification.sent": NotificationSent,
    "notification.opened": NotificationOpened,
    "source.failing": SourceHealth,
    "source.recovered": SourceHealth,
    TEST: WebhookTried,
}


def _message(event: str) -> type[Schema]:
    members = {
        "type": fields.String(
            validate=Equal(event), metadata={"description": "The name of what happened."}
        ),
        "timestamp": Instant(),
        "sequence": fields.Integer(
            metadata={
                "description": "Grows with every event that is recorded, has gaps, and is the same"
                " in every try."
            }
        ),
        "data": fields.Nested(_DATA[event]),
    }
    words = event.replace(".", " ").title().replace(" ", "")
    made: type[Schema] = type(f"{words}Message", (Schema,), members)
    return made


MESSAGES: Mapping[str, type[Schema]] = {event: _message(event) for event in (*EVENTS, TEST)}
