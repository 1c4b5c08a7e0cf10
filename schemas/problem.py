"""How every refusal is written, RFC 9457."""

from marshmallow import Schema, fields


class Problem(Schema):
    """`type` names the kind of refusal; `errors` says at 422 what is wrong with which field."""

    type = fields.String(required=True, metadata={"examples": ["/problems/not-found"]})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.Raw(), metadata={"optional": True})
