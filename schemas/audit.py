"""The audit log: who of the newsroom did what."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from schemas import values
from schemas.feed import LimitQuery, Query
from schemas.fields import Instant

ACT = {"description": "What was done, such as `tag.merged`; a family of acts such as `tag`."}


class AuditFilter(Query):
    actor = fields.String(
        load_default="",
        validate=Length(max=200),
        metadata={"description": "The name of who did it."},
    )
    act = fields.String(load_default="", validate=Length(max=100), metadata=ACT)
    subject = fields.String(load_default="", validate=Length(max=300))
    since = Instant(load_default=None, allow_none=True)
    until = Instant(
        load_default=None,
        allow_none=True,
        metadata={"description": "Only what was done before this time."},
    )
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class AuditQuery(AuditFilter, LimitQuery):
    """A page of the log."""


class AuditExportQuery(AuditFilter):
    format = fields.String(
        load_default="csv",
        validate=OneOf(["csv", "jsonl"]),
        metadata={"description": "A table for a spreadsheet, or one JSON object a line."},
    )


class Actor(Schema):
    """`cli` is a command or a process of Tagwire."""

    kind = fields.String(validate=OneOf(values.ACTORS))
    id = fields.String(metadata={"description": "The key's beginning, or the user's id."})
    name = fields.String(metadata={"description": "Whose key it is, or the user's name."})


class AuditEntry(Schema):
    """`before` and `after` have the members that the act changed; of a long text the beginning."""

    id = fields.String()
    at = Instant()
    actor = fields.Nested(Actor)
    act = fields.String(metadata=ACT)
    subject = fields.String()
    before = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    after = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    request_id = fields.String(allow_none=True)


class AuditEntries(Schema):
    """The latest act first."""

    entries = fields.List(
        fields.Nested(AuditEntry), metadata={"description": "The acts, the latest first."}
    )
    next_cursor = fields.String(allow_none=True)
