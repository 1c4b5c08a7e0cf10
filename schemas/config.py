"""What the app is told at its start."""

from marshmallow import Schema, fields


class MinimumVersion(Schema):
    """Null where nothing is configured: then no version is too old."""

    ios = fields.String(
        allow_none=True,
        metadata={"description": "On Apple's devices; null where no version is too old."},
    )
    android = fields.String(
        allow_none=True, metadata={"description": "On Android; null where no version is too old."}
    )


class NotificationChannels(Schema):
    """Ids of the channels that the app makes on Android before its first alert."""

    breaking = fields.String(metadata={"description": "The channel of breaking news."})
    news = fields.String()
    corrections = fields.String()
    silent = fields.String()


class WebPushKey(Schema):
    """Ours at push services: what a browser subscribes with."""

    public_key = fields.String(
        allow_none=True,
        metadata={
            "description": "`applicationServerKey` of `pushManager.subscribe` (VAPID, RFC 8292);"
            " null where this server alerts no browsers."
        },
    )


class Config(Schema):
    app_name = fields.String()
    minimum_version = fields.Nested(MinimumVersion)
    notification_channels = fields.Nested(NotificationChannels)
    routes_url = fields.String()
    support_url = fields.String(allow_none=True)
    web_url = fields.String()
    web_push = fields.Nested(
        WebPushKey, metadata={"description": "What browsers subscribe with at their push services."}
    )
