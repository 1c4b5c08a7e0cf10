"""The newsroom's numbers by day."""

from datetime import date

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from schemas import values
from schemas.audience import PLATFORMS
from schemas.feed import Query
from schemas.fields import Instant

# Nothing was counted before.
FIRST = date(2000, 1, 1)
TOLD = "null is a number too small to be kept: show it as fewer than `smallest_shown`."


class NumbersQuery(Query):
    kind = fields.String(required=True, validate=OneOf(values.NUMBERS))
    first = fields.Date(
        data_key="from",
        load_default=None,
        validate=Range(min=FIRST),
        metadata={"description": "The first UTC day; thirty days in all when it is not said."},
    )
    last = fields.Date(
        data_key="to",
        load_default=None,
        validate=Range(min=FIRST),
        metadata={"description": "The last UTC day; today when it is not said."},
    )
    by = fields.String(
        load_default=None,
        validate=OneOf(values.NUMBERED_BY),
        metadata={
            "description": "What the rows are of: alerts by day, hour of the day, platform or "
            "topic; follows by day or topic; downloads by day or campaign."
        },
    )
    platform = fields.String(
        load_default=None,
        validate=OneOf(PLATFORMS),
        metadata={"description": "Only alerts on phones of this platform."},
    )
    topic = fields.String(
        load_default=None,
        validate=Length(max=300),
        metadata={"description": "Only alerts to this topic, or its follows: `tag:Harbour`."},
    )
    limit = fields.Integer(
        load_default=100,
        validate=Range(1, 1000),
        metadata={"description": "How many rows of a list, the largest first."},
    )
    format = fields.String(
        load_default=None,
        validate=OneOf(["json", "csv"]),
        metadata={"description": "`csv` answers as `Accept: text/csv` does."},
    )


class NumbersRow(Schema):
    key = fields.String(
        metadata={
            "description": "The day, hour, platform, topic, campaign or article's id that it is "
            "of; `(other)` for all that have no row of their own."
        }
    )
    name = fields.String(allow_none=True, metadata={"description": "What people call it."})
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(allow_none=True),
        metadata={"description": f"By measure; {TOLD}"},
    )
    open_rate = fields.Float(
        allow_none=True, metadata={"description": "Opened of accepted, from 0 to 1."}
    )


class Numbers(Schema):
    """Days and hours are UTC. An alert counts when it was sent, and what phones say of it, too."""

    kind = fields.String(validate=OneOf(values.NUMBERS))
    by = fields.String(validate=OneOf(values.NUMBERED_BY))
    first = fields.Date(data_key="from", metadata={"description": "The first day."})
    last = fields.Date(data_key="to")
    made_at = Instant(
        allow_none=True, metadata={"description": "When the last day was counted last."}
    )
    smallest_shown = fields.Integer()
    totals = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(allow_none=True),
        metadata={"description": f"Sums of what is told; {TOLD}"},
    )
    totals_before = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(allow_none=True),
        metadata={"description": "The same of as many days before."},
    )
    rows = fields.List(
        fields.Nested(NumbersRow), metadata={"description": "What was counted, the oldest first."}
    )
