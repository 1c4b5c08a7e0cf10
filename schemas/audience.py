"""What the app sends about its installation, and what it gets back."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from schemas.body import Body
from schemas.feed import LANGUAGE
from schemas.fields import Flag, WholeNumber

PLATFORMS = ("ios", "android", "web")
ADDRESS_KINDS = ("token", "fid", "webpush")
BASE64URL = r"^[A-Za-z0-9_-]+={0,2}$(?!\n)"
LEVELS = ("all", "important", "breaking", "silent")
EDITION = Regexp(
    r"^[a-z0-9][a-z0-9-]{0,31}$(?!\n)",
    error="An edition is written in small letters, digits and hyphens, 32 at most.",
)
CLOCK = Regexp(r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)", error="Write a time of day as HH:MM.")


class ByPlatform(fields.Dict):
    """One value for each platform that there is something to say of."""

    def __init__(self, value: fields.Field[Any], **options: Any) -> None:
        super().__init__(keys=fields.String(validate=OneOf(PLATFORMS)), values=value, **options)


class SubscriptionKeys(Body):
    """A browser's own, as base64url: alerts are encrypted to them (RFC 8291)."""

    p256dh = fields.String(
        required=True,
        validate=[Length(87, 88), Regexp(BASE64URL, error="This is no base64url.")],
        metadata={"description": "A point on the curve P-256, 65 bytes."},
    )
    auth = fields.String(
        required=True,
        validate=[Length(22, 24), Regexp(BASE64URL, error="This is no base64url.")],
        metadata={"description": "A secret of 16 bytes."},
    )


class BrowserSubscription(Body):
    """What `PushSubscription.toJSON()` gives in a browser."""

    endpoint = fields.String(
        required=True,
        validate=[Length(1, 2000), Regexp(r"^https://", error="Endpoints begin with https://.")],
        metadata={"description": "An address of a push service that this server knows."},
    )
    keys = fields.Nested(
        SubscriptionKeys,
        required=True,
        metadata={"description": "What alerts are encrypted to."},
    )
    expiration_time = fields.Float(
        data_key="expirationTime",
        allow_none=True,
        metadata={"description": "Taken and not used: it is null everywhere."},
    )


class Address(Body):
    """`token` is an FCM registration token, `fid` a Firebase installation id: both are a `value`.

    `webpush` is a browser's `subscription`, of an installation whose platform is `web`.
    """

    kind = fields.String(required=True, validate=OneOf(ADDRESS_KINDS))
    subscription = fields.Nested(
        BrowserSubscription,
        metadata={"description": "A browser's, as `PushSubscription.toJSON()` gives it."},
    )
    application_server_key = fields.String(
        validate=Regexp(BASE64URL, error="This is no base64url."),
        metadata={
            "description": "The public key that it was subscribed with, if not the present one"
            " of `GET /v1/config`."
        },
    )
    value = fields.String(
        validate=[
            Length(1, 4096),
            Regexp(
                r"^[A-Za-z0-9_:.\-]+$(?!\n)", error="This is not an address that FCM gives out."
            ),
        ],
        metadata={"description": "The address as Firebase gave it to the app."},
    )

    @validates_schema
    def _whole(self, data: dict[str, Any], **_: Any) -> None:
        is_browser = data.get("kind") == "webpush"
        wanted, other = ("subscription", "value") if is_browser else ("value", "subscription")
        if wanted not in data:
            raise ValidationError("Missing data for required field.", wanted)
        if other in data or (not is_browser and "application_server_key" in data):
            raise ValidationError(f"This does not go with the kind {data['kind']}.", other)


class InstallationFields(Body):
    """`previous_secret` is that of the installation which held the address: it proves the move.

    `badge` asks for the number of unread alerts on the app's icon. `unread` is what the app says
    of it: 0 when it was opened.
    """

    address = fields.Nested(Address, allow_none=True)
    previous_secret = fields.String(allow_none=True, validate=Length(1, 200))
    locale = fields.String(validate=Length(1, 35))
    time_zone = fields.String(validate=Length(1, 64))
    app_version = fields.String(allow_none=True, validate=Length(max=64))
    badge = Flag()
    unread = WholeNumber(validate=Range(0, 10_000))
    edition = fields.String(allow_none=True, validate=EDITION)


class InstallationDraft(InstallationFields):
    """`claim` is the token of the link that brought the reader, if there was one: the installation
    counts for its campaign. It redeems nothing: `POST /v1/deeplinks/claim` does.
    """

    class Meta(Body.Meta):
        exclude = ("unread",)

    platform = fields.String(required=True, validate=OneOf(PLATFORMS))
    address = fields.Nested(Address, allow_none=True, load_default=None)
    locale = fields.String(load_default="en", validate=Length(1, 35))
    time_zone = fields.String(load_default="UTC", validate=Length(1, 64))
    app_version = fields.String(load_default=None, allow_none=True, validate=Length(max=64))
    badge = Flag(load_default=False)
    edition = fields.String(load_default=None, allow_none=True, validate=EDITION)
    claim = fields.String(load_default=None, allow_none=True, validate=Length(max=3000))


class AddressNonce(Body):
    """What arrived at the address as `nonce` in the data of a push."""

    nonce = fields.String(required=True, validate=Length(1, 200))


class AddressState(Schema):
    """`active`: alerts go there. `confirm`: a nonce was sent there and is to be brought back.

    `retired`: the provider says that nobody is there. `none`: there is no address.
    """

    state = fields.String(validate=OneOf(["active", "confirm", "retired", "none"]))


class Installation(Schema):
    id = fields.String()
    platform = fields.String(validate=OneOf(PLATFORMS))
    address = fields.Nested(AddressState)
    address_kind = fields.String(allow_none=True, validate=OneOf(ADDRESS_KINDS))
    has_address = fields.Boolean()
    locale = fields.String()
    time_zone = fields.String()
    time_zone_known = fields.Boolean()
    app_version = fields.String(allow_none=True)
    badge = fields.Boolean()
    unread = fields.Integer()
    edition = fields.String(allow_none=True)


class RegisteredInstallation(Installation):
    secret = fields.String()


class TopicList(Body):
    topics = fields.List(
        fields.String(validate=Length(1, 300)),
        required=True,
        validate=Length(max=2000),
        metadata={"description": "The topics to follow, and no others."},
    )


class DroppedTopic(Schema):
    topic = fields.String()
    reason = fields.String(validate=OneOf(["unknown", "too-many"]))


class Topics(Schema):
    topics = fields.List(fields.String(), metadata={"description": "The topics that are followed."})


class FollowedTopics(Topics):
    dropped = fields.List(fields.Nested(DroppedTopic))


class QuietTime(Schema):
    """Between these times of a day by the reader's clock alerts wait."""

    start = fields.String(
        metadata={"description": "The time of day at which they begin, as HH:MM."}
    )
    end = fields.String()


READ = {"description": "Languages of which articles and alerts are wanted; none means all."}


class Preferences(Schema):
    """What the reader chose. A topic that `levels` does not name has the level `all`."""

    quiet_hours = fields.Nested(QuietTime, allow_none=True)
    breaking_overrides_quiet_hours = fields.Boolean()
    daily_limit = fields.Integer(allow_none=True)
    muted_sources = fields.List(fields.String())
    languages = fields.List(fields.String(), metadata=READ)
    levels = fields.Dict(keys=fields.String(), values=fields.String(validate=OneOf(LEVELS)))


class QuietHours(Body):
    start = fields.String(required=True, validate=CLOCK)
    end = fields.String(required=True, validate=CLOCK)

    @validates_schema
    def _not_empty(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("start") == data.get("end"):
            raise ValidationError("Start and end are the same; send null for none.", "end")


class PreferencesChange(Body):
    """`levels` of followed topics: which alerts are sent with a sound, or `silent` for none.

    What is given replaces all levels; a topic that is not named has the level `all`.
    """

    quiet_hours = fields.Nested(QuietHours, allow_none=True)
    breaking_overrides_quiet_hours = Flag()
    daily_limit = WholeNumber(allow_none=True, validate=Range(0, 1000))
    muted_sources = fields.List(fields.String(validate=Length(1, 100)), validate=Length(max=500))
    languages = fields.List(
        fields.String(validate=[Length(max=35), LANGUAGE]), validate=Length(max=10), metadata=READ
    )
    levels = fields.Dict(
        keys=fields.String(validate=Length(1, 300)),
        values=fields.String(validate=OneOf(LEVELS)),
        validate=Length(max=200),
    )
