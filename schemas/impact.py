"""What a change of the newsroom would move, and what is asked and answered with it."""

from marshmallow import Schema, fields

from schemas.feed import Tag
from schemas.fields import Flag
from schemas.newsroom import ForbiddenTag, ForbidDraft


class Impact(Schema):
    """What it would move. Nothing is changed."""

    articles = fields.Integer(metadata={"description": "How many articles it is about."})
    followers = fields.Integer()
    links = fields.Integer(metadata={"description": "How many short links lead to its pages."})
    alerts = fields.Integer(metadata={"description": "How many alerts would be recalled."})


class BanDraft(ForbidDraft):
    dry_run = Flag(load_default=False)


class ForbiddenOrPreview(ForbiddenTag):
    preview = fields.Nested(Impact, allow_none=True, metadata={"optional": True})


class RenamedTag(Tag):
    preview = fields.Nested(Impact, allow_none=True, metadata={"optional": True})
