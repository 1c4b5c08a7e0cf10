"""Links as the app and the newsroom exchange them."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length

from schemas.feed import Query, Screen
from schemas.newsroom import Body


class ResolveQuery(Query):
    url = fields.String(required=True, validate=Length(1, 4000))


class Stores(Schema):
    ios = fields.String(allow_none=True)
    android = fields.String(allow_none=True)


class Resolved(Schema):
    screen = fields.Nested(Screen)
    web_url = fields.String()
    app_url = fields.String()
    stores = fields.Nested(Stores)
    matched = fields.Boolean()
    campaign = fields.String(
        allow_none=True, metadata={"description": "The campaign of the short link that led here."}
    )


class RouteRule(Schema):
    name = fields.String()
    path = fields.String()
    params = fields.List(fields.String())
    query = fields.List(fields.String())


class RouteTable(Schema):
    scheme = fields.String()
    hosts = fields.List(fields.String())
    open_host = fields.String(
        allow_none=True,
        metadata={"description": "Sibling of the hosts; the app takes its addresses, too."},
    )
    routes = fields.List(fields.Nested(RouteRule))
    excluded = fields.List(fields.String())


class Claim(Body):
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
    url = fields.String(required=True, validate=Length(1, 4000))
    campaign = fields.String(load_default=None, allow_none=True, validate=Length(1, 30))


class ShortLink(Schema):
    code = fields.String()
    short_url = fields.String()
    qr_svg_url = fields.String()


class Days(Query):
    """Both included; the last thirty days when nothing is said."""

    since = fields.Date(load_default=None)
    until = fields.Date(load_default=None)


class CampaignDay(Schema):
    """A number is null when it is too small to be told."""

    campaign = fields.String()
    day = fields.Date()
    downloads = fields.Integer(allow_none=True)
    claims = fields.Integer(allow_none=True)
    installations = fields.Integer(allow_none=True)
    follows = fields.Integer(allow_none=True)


class CampaignReport(Schema):
    since = fields.Date()
    until = fields.Date()
    smallest_shown = fields.Integer()
    campaigns = fields.List(fields.Nested(CampaignDay))


class ClicksOfDay(Schema):
    day = fields.Date()
    count = fields.Integer()


class ShortLinkReport(Schema):
    code = fields.String()
    url = fields.String()
    campaign = fields.String(allow_none=True)
    since = fields.Date()
    until = fields.Date()
    clicks = fields.List(fields.Nested(ClicksOfDay))
