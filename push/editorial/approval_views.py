"""HTTP routes of the second person: how an alert looks, what changed of it, sending it back."""

from typing import Any

from flask_smorest import Blueprint

from backend.core.db import db
from backend.http.auth import caller, newsroom
from backend.http.context import current_context
from push.editorial import second_reading, service
from push.editorial.preview import texts_of
from push.editorial.settings import push_settings
from push.editorial.shown import shown
from schemas.notification import Notification
from schemas.preview import Looks
from schemas.second_reading import Difference, SendBack

second_readings = Blueprint(
    "second_readings", __name__, description="What a second person reads of an alert"
)


@second_readings.get("/v1/newsroom/notifications/<notification_id>/preview")
@second_readings.response(200, Looks)
@newsroom("editor")
def preview(notification_id: str) -> Any:
    """What phones are sent of it and show"""
    notification = service.described(notification_id)
    return {"texts": texts_of(db.session(), notification, push_settings().channels)}


@second_readings.get("/v1/newsroom/notifications/<notification_id>/difference")
@second_readings.response(200, Difference)
@newsroom("editor")
def difference(notification_id: str) -> Any:
    """What changed since a second person read it last, or was asked first"""
    return {"changes": second_reading.differences(notification_id)}


@second_readings.post("/v1/newsroom/notifications/<notification_id>/send-back")
@second_readings.arguments(SendBack)
@second_readings.response(200, Notification)
@newsroom("approver")
def send_back(fields: dict[str, Any], notification_id: str) -> Any:
    """Ask its writers for a change; their edit asks for approval again"""
    author, now = caller().name, current_context().now()
    return shown(
        second_reading.send_back(notification_id, author=author, note=fields["note"], now=now)
    )
