"""Preview of an alert: what is sent, how it looks, what to look at before."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from schemas.audience import ByPlatform
from schemas.body import Body
from schemas.fields import Instant
from schemas.notification import IS_ESTIMATE, MAY_ESTIMATE
from schemas.values import LEFT_OUT, SURFACES, WARNINGS


class Part(Schema):
    """What is seen of a text; `most` is null where nothing cuts it."""

    text = fields.String()
    graphemes = fields.Integer()
    shown_graphemes = fields.Integer()
    most = fields.Integer(allow_none=True)
    is_cut = fields.Boolean()


class Look(Schema):
    """Measured by others with Latin letters: fonts, sizes and screens differ."""

    surface = fields.String(validate=OneOf(SURFACES))
    title = fields.Nested(Part, metadata={"description": "What is seen of the title."})
    body = fields.Nested(Part, metadata={"description": "What is seen of the text."})
    sources = fields.List(
        fields.String(), metadata={"description": "Who measured how much is seen."}
    )


class OnPlatform(Schema):
    """`payload` is the message to FCM without its target, under an id of zeros."""

    payload = fields.Dict(keys=fields.String())
    bytes = fields.Integer()
    limit_bytes = fields.Integer()
    dropped = fields.List(
        fields.String(validate=OneOf(LEFT_OUT)),
        metadata={"description": "What had to be cut or left out for its size."},
    )
    looks = fields.List(fields.Nested(Look))


class TextPreview(Schema):
    """`language` is null for the text of readers without a variant."""

    language = fields.String(
        allow_none=True,
        metadata={
            "description": "The language of the text; null for that of readers without a variant."
        },
    )
    platforms = ByPlatform(
        fields.Nested(OnPlatform), metadata={"description": "The message for each platform."}
    )


class Looks(Schema):
    """What phones are sent of an alert that exists, and how it looks on them."""

    texts = fields.List(fields.Nested(TextPreview))


class PreviewQuery(Body):
    """Without the audience a preview is as fast for a million readers as for ten."""

    audience = fields.Boolean(
        load_default=True, metadata={"description": "Whether readers are counted."}
    )
    estimate = fields.Boolean(load_default=False, metadata=MAY_ESTIMATE)


class Readers(Schema):
    """`held` wait for the end of quiet hours. It is night for the `asleep` of the `reachable`."""

    audience = fields.Integer()
    by_platform = ByPlatform(fields.Integer())
    excluded = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "Who is left out, by the first reason; nobody where it is empty."},
    )
    held = fields.Integer(metadata={"description": "Readers who wait for the end of quiet hours."})
    reachable = fields.Integer()
    asleep = fields.Integer()
    asleep_share = fields.Float()
    is_estimate = fields.Boolean(metadata=IS_ESTIMATE)


class PreviewWarning(Schema):
    code = fields.String(validate=OneOf(WARNINGS))
    detail = fields.String()
    language = fields.String(
        allow_none=True,
        metadata={
            "description": "The language of the text that it is about; null for all of them."
        },
    )


class Preview(Schema):
    url = fields.String()
    send_at = Instant()
    expires_at = Instant()
    audience = fields.Nested(
        Readers,
        allow_none=True,
        metadata={"description": "Who would hear it; null where it was not asked for."},
    )
    texts = fields.List(fields.Nested(TextPreview))
    warnings = fields.List(fields.Nested(PreviewWarning))
