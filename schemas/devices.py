"""The newsroom's test phones."""

from marshmallow import Schema, fields

from schemas.feed import LimitQuery
from schemas.fields import Instant


class DevicesQuery(LimitQuery):
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class Device(Schema):
    id = fields.String(attribute="public_id")
    platform = fields.String()
    locale = fields.String()
    app_version = fields.String(allow_none=True)
    has_address = fields.Function(
        lambda row: row.address_value is not None,
        metadata={"type": "boolean", "description": "Whether alerts can reach it."},
    )
    created_at = Instant()
    seen_at = Instant(metadata={"description": "When its app was last heard of."})


class Devices(Schema):
    """Those that were registered last come first."""

    devices = fields.List(
        fields.Nested(Device), metadata={"description": "The installations for dry runs."}
    )
    next_cursor = fields.String(allow_none=True)
