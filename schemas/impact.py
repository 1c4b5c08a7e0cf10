"""What a change of the newsroom would move, told before it is made."""

from marshmallow import Schema, fields

from schemas.feed import Tag


class Impact(Schema):
    """What it would move. Nothing is changed."""

    articles = fields.Integer(metadata={"description": "How many articles it is about."})
    followers = fields.Integer()
    links = fields.Integer(metadata={"description": "How many short links lead to its pages."})
    alerts = fields.Integer(metadata={"description": "How many alerts would be recalled."})


class RenamedTag(Tag):
    preview = fields.Nested(Impact, allow_none=True, metadata={"optional": True})
