"""Newsroom keys as editors see and make them; a secret is shown once."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from schemas.body import Body
from schemas.feed import LimitQuery
from schemas.fields import Flag, Instant, WholeNumber
from schemas.newsroom import VISIBLE

ROLES = ("publisher", "editor", "approver", "admin")


class KeysQuery(LimitQuery):
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class KeyDraft(Body):
    """A publisher's key: editors' keys are made by `tagwire keys create` alone."""

    name = fields.String(
        required=True,
        validate=[Length(1, 200), Regexp(VISIBLE)],
        metadata={"description": "Whose key it is."},
    )
    sources = fields.List(
        fields.String(validate=Length(1, 200)),
        load_default=list,
        validate=Length(max=50),
        metadata={"description": "The sources that it may write for, by name or slug."},
    )
    all_sources = Flag(load_default=False)
    may_embargo = Flag(load_default=False)
    expires_in_days = WholeNumber(load_default=None, allow_none=True, validate=Range(1, 3650))

    @validates_schema
    def _bound_or_free(self, data: dict[str, Any], **_: Any) -> None:
        if bool(data["sources"]) == data["all_sources"]:
            raise ValidationError("Name its sources, or say all_sources.", "sources")


class KeyRotation(Body):
    overlap_hours = WholeNumber(load_default=24, validate=Range(0, 2160))


class Key(Schema):
    """`last_used_at` is kept to the hour."""

    id = fields.String()
    name = fields.String(metadata={"description": "Whose key it is."})
    role = fields.String(validate=OneOf(ROLES))
    prefix = fields.String(allow_none=True)
    sources = fields.List(
        fields.String(), metadata={"description": "Slugs of the sources that it may write for."}
    )
    all_sources = fields.Boolean()
    may_embargo = fields.Boolean()
    state = fields.String(validate=OneOf(["live", "expired", "revoked"]))
    created_at = Instant()
    last_used_at = Instant(allow_none=True)
    expires_at = Instant(allow_none=True)
    revoked_at = Instant(allow_none=True)


class NewKey(Key):
    secret = fields.String(metadata={"description": "The key: shown once, kept as a hash."})


class Keys(Schema):
    """The oldest first, revoked ones included."""

    keys = fields.List(fields.Nested(Key), metadata={"description": "The keys."})
    next_cursor = fields.String(allow_none=True)
