"""Drafts of alerts and templates for them: an alert that is not whole yet."""

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from schemas.body import Body
from schemas.feed import LimitQuery
from schemas.fields import Instant, WholeNumber
from schemas.notification import ALERT_LEVELS
from schemas.values import DRAFT_KINDS, URGENCIES


def _words(most: int, **options: Any) -> fields.List[Any]:
    return fields.List(fields.String(validate=Length(1, 300)), validate=Length(max=most), **options)


class DraftText(Body):
    title = fields.String(validate=Length(max=300))
    body = fields.String(validate=Length(max=4000))


class DraftVersions(Body):
    min = fields.String(validate=Length(max=40))
    max = fields.String(validate=Length(max=40))


class DraftAudience(Body):
    """As the `audience` of an alert; what is named is looked up when the draft is sent."""

    any_of = _words(100, data_key="any")
    all_of = _words(10, data_key="all")
    none_of = _words(20, data_key="none")
    platforms = _words(3)
    languages = _words(50)
    countries = _words(250)
    editions = _words(50)
    app_version = fields.Nested(DraftVersions)


class AlertContent(DraftText):
    """As much of an alert as there is; the members mean what they mean in an alert.

    `deliver_at` is the time of day of `deliver`.
    """

    article_id = fields.String(validate=Length(max=64))
    audience = fields.Nested(DraftAudience, metadata={"description": "Whom it is for."})
    variants = fields.Dict(
        keys=fields.String(validate=Length(2, 35)),
        values=fields.Nested(DraftText),
        validate=Length(max=50),
    )
    image = fields.String(validate=Length(max=500))
    urgency = fields.String(validate=OneOf(URGENCIES))
    level = fields.String(validate=OneOf(ALERT_LEVELS))
    send_at = Instant()
    deliver_at = fields.String(validate=Length(max=5))
    expires_in_s = WholeNumber(validate=Range(1, 28 * 86_400))
    insist = fields.Boolean(truthy={True}, falsy={False})


_CONTENT = {"description": "As much of the alert as there is."}
_VERSION = {"description": "Grows with each change: the one that was read."}


class DraftNew(Body):
    """A template has a name; a draft needs none."""

    kind = fields.String(load_default="draft", validate=OneOf(DRAFT_KINDS))
    name = fields.String(load_default="", validate=Length(max=100))
    content = fields.Nested(AlertContent, load_default=dict, metadata=_CONTENT)


class DraftChange(Body):
    """The whole content; `version` is the one that was read."""

    name = fields.String(validate=Length(max=100))
    content = fields.Nested(AlertContent, required=True, metadata=_CONTENT)
    version = fields.Integer(required=True, strict=True, metadata=_VERSION)


class DraftSending(Body):
    version = fields.Integer(required=True, strict=True, metadata=_VERSION)
    approval = fields.Boolean(load_default=False, truthy={True}, falsy={False})


class DraftsQuery(LimitQuery):
    kind = fields.String(load_default="draft", validate=OneOf(DRAFT_KINDS))
    cursor = fields.String(
        load_default=None, metadata={"description": "The `next_cursor` of the page before."}
    )


class Draft(Schema):
    """`sent_as` is the notification that it was sent as."""

    id = fields.String(attribute="public_id")
    kind = fields.String(validate=OneOf(DRAFT_KINDS))
    name = fields.String()
    content = fields.Dict(keys=fields.String(), metadata=_CONTENT)
    version = fields.Integer(metadata=_VERSION)
    created_by = fields.String()
    changed_by = fields.String(metadata={"description": "Who changed it last."})
    authors = fields.List(fields.String())
    changed_at = Instant(metadata={"description": "When it was changed last."})
    sent_as = fields.String(
        allow_none=True, metadata={"description": "The alert that it became; null before."}
    )


class Drafts(Schema):
    """Those that were begun last come first."""

    drafts = fields.List(
        fields.Nested(Draft), metadata={"description": "Drafts or templates, newest first."}
    )
    next_cursor = fields.String(allow_none=True)
