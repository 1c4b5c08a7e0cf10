"""What is missing for production."""

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from schemas import values
from schemas.fields import Instant


class CheckedPoint(Schema):
    """`state` is fit, unfit, or unseen: only `tagwire check` asks the network."""

    about = fields.String(metadata={"description": "The setting or thing that it is about."})
    state = fields.String(
        validate=OneOf(values.CHECKED), metadata={"description": "Whether it is fit."}
    )
    said = fields.List(
        fields.String(), metadata={"description": "What is wrong, each with what to do."}
    )


class Backlog(Schema):
    """A background process: since when work that is due waits for it; null when none does."""

    process = fields.String(
        validate=OneOf(values.PROCESSES), metadata={"description": "The process by name."}
    )
    since = Instant(
        allow_none=True, metadata={"description": "Since when it is late; null when it is not."}
    )


class Readiness(Schema):
    """`is_current` says whether the database's `revision` is the one that this version needs."""

    is_fit = fields.Boolean(
        metadata={"description": "Whether nothing that can be seen from here is unfit."}
    )
    version = fields.String(metadata={"description": "The version of Tagwire."})
    database = fields.String(metadata={"description": "The engine and its version."})
    revision = fields.String(metadata={"description": "The revision that the database is at."})
    is_current = fields.Boolean(metadata={"description": "Whether it is of this version."})
    points = fields.List(
        fields.Nested(CheckedPoint), metadata={"description": "Everything that is checked."}
    )
    backlogs = fields.List(
        fields.Nested(Backlog), metadata={"description": "The background processes."}
    )
