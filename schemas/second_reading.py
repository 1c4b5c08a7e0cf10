"""What the second person says of an alert and reads of it."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, Regexp

from schemas.body import Body
from schemas.newsroom import VISIBLE


class SendBack(Body):
    """`note` says to the writers what is to be changed."""

    note = fields.String(
        required=True,
        validate=[Length(1, 500), Regexp(VISIBLE, error="Say what is to be changed.")],
        metadata={"description": "What is to be changed, for those who wrote it."},
    )


class SentBack(Schema):
    """Who sent it back, when and why."""

    by = fields.String()
    at = fields.String(metadata={"format": "date-time", "description": "When."})
    note = fields.String(metadata={"description": "What is to be changed."})


class ChangedField(Schema):
    """A field of an alert as it was read and as it is now; null where it was or is not there.

    Fields inside others are joined by dots, such as `variants.ko.title`.
    """

    field = fields.String(metadata={"description": "The name of the field."})
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class Difference(Schema):
    changes = fields.List(fields.Nested(ChangedField))
