"""The newsroom's test phones."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Regexp

from schemas.audience import PLATFORMS
from schemas.body import Body
from schemas.feed import LimitQuery
from schemas.fields import Instant
from schemas.newsroom import VISIBLE

TEST_STATES = ("under_way", "accepted", "failed", "halted")
_NAME = {"description": "What the newsroom calls the phone; null for nothing."}


class DevicesQuery(LimitQuery):
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class DeviceDraft(Body):
    """Without a name the phone keeps the one that it has."""

    name = fields.String(
        load_default=None,
        allow_none=True,
        validate=[Length(1, 60), Regexp(VISIBLE, error="A name needs a visible character.")],
        metadata=_NAME,
    )


class Device(Schema):
    id = fields.String(attribute="public_id")
    name = fields.String(attribute="test_name", allow_none=True, metadata=_NAME)
    platform = fields.String(validate=OneOf(PLATFORMS))
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


class DeviceTest(Schema):
    """A dry run to all test phones: the provider checks the message and shows it to nobody."""

    at = Instant(metadata={"description": "When it was asked for."})
    state = fields.String(
        validate=OneOf(TEST_STATES),
        metadata={"description": "`halted` when nothing is tried, because everything is halted."},
    )
    accepted = fields.Integer()
    failed = fields.Integer()
    reason = fields.String(
        allow_none=True, metadata={"description": "Why it failed, in words; null where it did not."}
    )
