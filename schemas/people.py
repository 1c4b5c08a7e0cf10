"""The newsroom's people, as admins see and change them."""

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Regexp

from schemas.body import Body, Change
from schemas.feed import LimitQuery
from schemas.fields import Flag, Instant

ROLES = ("publisher", "editor", "approver", "admin")
STATES = ("invited", "active", "disabled")
_ROLE = {"description": "What the person may."}
# In one line, so that a header of a proxy can name it.
ONE_LINE = Regexp(
    r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$(?!\n)", error="A name is one line."
)


class NewsroomUser(Schema):
    """`sources` are those that a publisher may write for; everybody else may write for all."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True, validate=OneOf(ROLES), metadata=_ROLE)
    sources = fields.List(fields.String(), required=True)
    state = fields.String(required=True, validate=OneOf(STATES))
    has_second_factor = fields.Boolean(
        required=True, metadata={"description": "Whether a code is asked for at log-in."}
    )
    created_at = Instant(required=True)
    last_login_at = Instant(
        required=True, allow_none=True, metadata={"description": "The last log-in; null before."}
    )


class NewsroomUserList(Schema):
    users = fields.List(
        fields.Nested(NewsroomUser), required=True, metadata={"description": "The people."}
    )
    next_cursor = fields.String(required=True, allow_none=True)


class InvitedUser(NewsroomUser):
    """`setup_url` is the one-time link that sets a password; it is told this once."""

    setup_url = fields.String(
        required=True, metadata={"description": "Where the person sets a password, once."}
    )


class NewsroomUserDraft(Body):
    name = fields.String(
        required=True,
        validate=[Length(1, 100), ONE_LINE],
    )
    role = fields.String(required=True, validate=OneOf(ROLES), metadata=_ROLE)
    sources = fields.List(
        fields.String(validate=Length(1, 200)), load_default=list, validate=Length(max=100)
    )


class NewsroomUserChange(Change):
    role = fields.String(validate=OneOf(ROLES), metadata=_ROLE)
    sources = fields.List(fields.String(validate=Length(1, 200)), validate=Length(max=100))
    disabled = Flag(metadata={"description": "Whether they are kept out."})


class NewsroomUsersQuery(LimitQuery):
    cursor = fields.String(load_default=None)
