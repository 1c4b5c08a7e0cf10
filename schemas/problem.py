"""How every refusal is written, RFC 9457."""

from marshmallow import Schema, fields


class Problem(Schema):
    """`type` names the kind of refusal; `errors` says at 422 what is wrong with which field."""

    type = fields.String(
        required=True,
        metadata={
            "description": "The kind of refusal: what a program looks at.",
            "examples": ["/problems/not-found"],
        },
    )
    title = fields.String(required=True)
    status = fields.Integer(required=True, metadata={"description": "The HTTP status."})
    detail = fields.String(
        required=True, metadata={"description": "What is wrong here, for people."}
    )
    errors = fields.Dict(keys=fields.String(), values=fields.Raw(), metadata={"optional": True})
