"""Links as the app and the newsroom exchange them."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length

from schemas.feed import Query, Screen
from schemas.newsroom import Body


class ResolveQuery(Query):
    url = fields.String(
        required=True,
        validate=Length(1, 4000),
        metadata={"description": "An address of this site."},
    )


class Stores(Schema):
    ios = fields.String(
        allow_none=True,
        metadata={"description": "The page in the App Store; null where none is configured."},
    )
    android = fields.String(
        allow_none=True,
        metadata={"description": "The page in the Play Store; null where none is configured."},
    )


class Resolved(Schema):
    screen = fields.Nested(Screen)
    web_url = fields.String()
    app_url = fields.String()
    stores = fields.Nested(Stores)
    matched = fields.Boolean(
        metadata={"description": "Whether a route fits the address; the home screen otherwise."}
    )


class RouteRule(Schema):
    name = fields.String(metadata={"description": "The screen."})
    path = fields.String()
    params = fields.List(
        fields.String(), metadata={"description": "The names of the path's parameters."}
    )
    query = fields.List(fields.String())


class RouteTable(Schema):
    scheme = fields.String()
    hosts = fields.List(fields.String())
    routes = fields.List(fields.Nested(RouteRule))
    excluded = fields.List(
        fields.String(), metadata={"description": "Paths that never open the app."}
    )


class Claim(Body):
    """What says where a new reader came from."""

    exactly_one_of: ClassVar[tuple[str, ...]] = ("token", "install_referrer")

    token = fields.String(validate=Length(1, 3000))
    install_referrer = fields.String(validate=Length(1, 4000))

    @validates_schema
    def _one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        if len(data) != 1:
            raise ValidationError("Send either token or install_referrer.", "token")


class Claimed(Schema):
    screen = fields.Nested(Screen)
    web_url = fields.String()


class ShortLinkDraft(Body):
    url = fields.String(
        required=True,
        validate=Length(1, 4000),
        metadata={"description": "The page that it leads to, one of this site with a screen."},
    )
    campaign = fields.String(
        load_default=None,
        allow_none=True,
        validate=Length(1, 30),
        metadata={"description": "The campaign that it is of: letters, digits, spaces, . - and _."},
    )


class ShortLink(Schema):
    code = fields.String()
    short_url = fields.String()
    qr_svg_url = fields.String()


class Days(Query):
    """Both included; the last thirty days when nothing is said."""

    since = fields.Date(
        load_default=None,
        metadata={"description": "The first day; thirty days in all when it is not said."},
    )
    until = fields.Date(
        load_default=None, metadata={"description": "The last day; today when it is not said."}
    )


class CampaignDay(Schema):
    """A number is null when it is too small to be told."""

    campaign = fields.String(metadata={"description": "The campaign."})
    day = fields.Date()
    downloads = fields.Integer(allow_none=True)
    claims = fields.Integer(allow_none=True)
    installations = fields.Integer(allow_none=True)
    follows = fields.Integer(allow_none=True)


class CampaignReport(Schema):
    since = fields.Date(metadata={"description": "The first day."})
    until = fields.Date(metadata={"description": "The last day."})
    smallest_shown = fields.Integer()
    campaigns = fields.List(fields.Nested(CampaignDay))


class ClicksOfDay(Schema):
    day = fields.Date()
    count = fields.Integer()


class ShortLinkReport(Schema):
    code = fields.String()
    url = fields.String()
    campaign = fields.String(allow_none=True)
    since = fields.Date(metadata={"description": "The first day."})
    until = fields.Date(metadata={"description": "The last day."})
    clicks = fields.List(fields.Nested(ClicksOfDay))
