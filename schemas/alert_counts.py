"""What came of an alert, in numbers: how many phones, how fast, and each platform of it."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from schemas.audience import ByPlatform
from schemas.values import SKIPS


class PlatformTiming(Schema):
    """Seconds from the editor's moment until the provider accepted."""

    first_accept_s = fields.Float(allow_none=True)
    p50_s = fields.Float(allow_none=True)
    p90_s = fields.Float(allow_none=True)
    last_s = fields.Float(allow_none=True)
    within_120s = fields.Float(allow_none=True)


class Timing(PlatformTiming):
    """Seconds from the editor's moment until the provider accepted, and of each platform."""

    by_platform = ByPlatform(fields.Nested(PlatformTiming))


class PlatformCounts(Schema):
    accepted = fields.Integer()
    failed = fields.Integer()
    ambiguous = fields.Integer()
    retired = fields.Integer(
        metadata={"description": "Addresses of which the provider said that nobody is there."}
    )


class Counts(Schema):
    audience = fields.Integer()
    accepted = fields.Integer()
    held = fields.Integer()
    skipped = fields.Integer()
    failed = fields.Integer()
    ambiguous = fields.Integer()
    retired = fields.Integer(
        metadata={"description": "Addresses of which the provider said that nobody is there."}
    )
    pending = fields.Integer()
    received = fields.Integer()
    opened = fields.Integer()
    skipped_by_reason = fields.Dict(
        keys=fields.String(validate=OneOf(SKIPS)), values=fields.Integer()
    )
    by_platform = ByPlatform(fields.Nested(PlatformCounts))
