"""The halt that stops all alerts."""

from marshmallow import Schema, fields

from schemas.fields import Instant


class HaltState(Schema):
    halted = fields.Boolean()
    since = Instant(allow_none=True, metadata={"description": "Since when; null if it is not."})
    by = fields.String(allow_none=True)
