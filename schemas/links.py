"""Links as the app and the newsroom exchange them."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from schemas.audience import PLATFORMS
from schemas.body import Body, Change
from schemas.feed import Query, Screen
from schemas.fields import Flag, Instant


class ResolveQuery(Query):
    url = fields.String(
        required=True,
        validate=Length(1, 4000),
        metadata={"description": "An address of this site."},
    )
    platform = fields.String(
        load_default=None,
        validate=OneOf(PLATFORMS),
        metadata={"description": "The app's own, for short links with a target for each."},
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
    campaign = fields.String(
        allow_none=True, metadata={"description": "The campaign of the short link that led here."}
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
    open_host = fields.String(
        allow_none=True,
        metadata={"description": "Sibling of the hosts; the app takes its addresses, too."},
    )
    routes = fields.List(fields.Nested(RouteRule))
    excluded = fields.List(
        fields.String(), metadata={"description": "Paths that never open the app."}
    )


class Claim(Body):
    """A token, or the install referrer as the store handed it over, also where it holds none.

    `key` is chosen by the app, such as a random UUID that it keeps before it asks: for ten
    minutes the same key is given the same answer again.
    """

    exactly_one_of: ClassVar[tuple[str, ...]] = ("token", "install_referrer")

    token = fields.String(validate=Length(1, 3000))
    install_referrer = fields.String(validate=Length(max=8000))
    key = fields.String(
        load_default=None,
        allow_none=True,
        validate=Length(1, 200),
        metadata={"description": "Chosen by the app; null where no answer is to be repeated."},
    )

    @validates_schema
    def _one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        if len({"token", "install_referrer"} & set(data)) != 1:
            raise ValidationError("Send either token or install_referrer.", "token")


class Claimed(Schema):
    screen = fields.Nested(Screen)
    web_url = fields.String()


def _says(text: str) -> dict[str, str]:
    return {"description": text}


STATES = ("live", "expired", "disabled")
KINDS = ("own", "imported")
_STATE = _says("Whether visitors are led on.")
_URL = _says("The page that it leads to, one of this site with a screen.")
_TAGS = _says("Words by which the newsroom finds it.")
_TARGETS = _says("Other pages for some visitors; the first that fits decides.")
_PLATFORM = _says("What the visitor's device is; null for any.")
_LANGUAGE = _says("The language that the browser wants most: `pt` fits `pt-BR`; null for any.")
_COUNTRY = _says("The country of that language: `BR` of `pt-BR`; null for any.")
_ENDS = _says("When it ends; null for never.")


class TargetDraft(Body):
    """Another page of ours for some visitors."""

    at_least_one_of: ClassVar[tuple[str, ...]] = ("platform", "language", "country")

    url = fields.String(required=True, validate=Length(1, 4000), metadata=_URL)
    platform = fields.String(
        load_default=None, allow_none=True, validate=OneOf(PLATFORMS), metadata=_PLATFORM
    )
    language = fields.String(
        load_default=None,
        allow_none=True,
        validate=[
            Length(2, 35),
            Regexp(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$", error="Write a language such as pt-BR."),
        ],
        metadata=_LANGUAGE,
    )
    country = fields.String(
        load_default=None,
        allow_none=True,
        validate=[Length(2, 2), Regexp(r"^[A-Za-z]{2}$", error="Write a country such as BR.")],
        metadata=_COUNTRY,
    )

    @validates_schema
    def _says_for_whom(self, data: dict[str, Any], **_: Any) -> None:
        if not any(data.get(name) for name in self.at_least_one_of):
            raise ValidationError("Name a platform, a language or a country.", "platform")


class ShortLinkFields(Body):
    url = fields.String(validate=Length(1, 4000), metadata=_URL)
    campaign = fields.String(allow_none=True, validate=Length(1, 30))
    expires_at = Instant(allow_none=True, metadata=_ENDS)
    targets = fields.List(fields.Nested(TargetDraft), validate=Length(max=50), metadata=_TARGETS)
    tags = fields.List(
        fields.String(validate=Length(1, 50)), validate=Length(max=20), metadata=_TAGS
    )


class ShortLinkDraft(ShortLinkFields):
    url = fields.String(required=True, validate=Length(1, 4000), metadata=_URL)
    campaign = fields.String(load_default=None, allow_none=True, validate=Length(1, 30))
    code = fields.String(
        load_default=None,
        allow_none=True,
        validate=[Length(1, 64), Regexp(r"^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$")],
        metadata=_says("The end of its address, kept in small letters; null for any."),
    )


class ShortLinkChange(ShortLinkFields, Change):
    how: ClassVar[frozenset[str]] = frozenset({"dry_run"})

    disabled = Flag(metadata=_says("True ends it at once, false takes that back."))
    dry_run = Flag(load_default=False)


class Target(Schema):
    url = fields.String(metadata=_URL)
    platform = fields.String(allow_none=True, validate=OneOf(PLATFORMS), metadata=_PLATFORM)
    language = fields.String(allow_none=True, metadata=_LANGUAGE)
    country = fields.String(allow_none=True, metadata=_COUNTRY)


class ShortLink(Schema):
    code = fields.String(
        metadata=_says("What names it; of an imported one its old address without the scheme.")
    )
    kind = fields.String(
        validate=OneOf(KINDS), metadata=_says("Whether it was made here or taken over.")
    )
    short_url = fields.String(metadata=_says("Its own address."))
    qr_svg_url = fields.String(metadata=_says("Its QR code as SVG."))
    qr_png_url = fields.String(metadata=_says("Its QR code as PNG, for print."))
    url = fields.String(metadata=_URL)
    campaign = fields.String(allow_none=True)
    tags = fields.List(fields.String(), metadata=_TAGS)
    targets = fields.List(fields.Nested(Target), metadata=_TARGETS)
    created_at = Instant()
    expires_at = Instant(allow_none=True, metadata=_ENDS)
    disabled = fields.Boolean(metadata=_says("Whether an editor ended it."))
    state = fields.String(validate=OneOf(STATES), metadata=_STATE)


class Way(Schema):
    """Whether a link leads visitors on, and where."""

    state = fields.String(validate=OneOf(STATES), metadata=_STATE)
    url = fields.String(metadata=_URL)
    targets = fields.List(fields.Nested(Target), metadata=_TARGETS)


class LinkImpact(Schema):
    """What a change would move. Nothing is changed."""

    since = fields.Date(metadata={"description": "The first day that is counted."})
    until = fields.Date(metadata={"description": "The last day, today."})
    clicks = fields.Integer(
        allow_none=True,
        metadata=_says("How often it was followed on these days; null when too few to be told."),
    )
    before = fields.Nested(Way, metadata=_says("As it is."))
    after = fields.Nested(
        Way, allow_none=True, metadata=_says("As it would be; null where the link would be gone.")
    )


class ChangedShortLink(ShortLink):
    preview = fields.Nested(LinkImpact, allow_none=True, metadata={"optional": True})


class RemovalQuery(Query):
    dry_run = fields.Boolean(load_default=False)


class LinksQuery(Query):
    q = fields.String(
        load_default=None,
        validate=Length(max=200),
        metadata=_says("Only those whose code begins like this, of the first 500 such codes."),
    )
    state = fields.String(
        load_default=None, validate=OneOf(STATES), metadata=_says("Only those in this state.")
    )
    tag = fields.String(
        load_default=None, validate=Length(max=50), metadata=_says("Only those with this tag.")
    )
    campaign = fields.String(
        load_default=None, validate=Length(max=30), metadata=_says("Only those of this campaign.")
    )
    target = fields.String(
        load_default=None,
        validate=Length(max=4000),
        metadata=_says("Only those whose own `url` is this page."),
    )
    kind = fields.String(
        load_default=None, validate=OneOf(KINDS), metadata=_says("Only those of this kind.")
    )
    limit = fields.Integer(load_default=20, validate=Range(1, 100))
    cursor = fields.String(load_default=None)


class ShortLinks(Schema):
    links = fields.List(fields.Nested(ShortLink), metadata=_says("The links, the newest first."))
    next_cursor = fields.String(allow_none=True)


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
    count = fields.Integer(
        allow_none=True, metadata=_says("How many there were; null when too few to be told.")
    )


class ShortLinkReport(ShortLink):
    since = fields.Date(metadata={"description": "The first day."})
    until = fields.Date(metadata={"description": "The last day."})
    smallest_shown = fields.Integer()
    clicks = fields.List(fields.Nested(ClicksOfDay))


class ClicksOfCampaign(Schema):
    campaign = fields.String(
        metadata=_says("The visitor's `utm_campaign`, else the link's; empty for none.")
    )
    day = fields.Date()
    clicks = fields.Integer(
        allow_none=True, metadata=_says("How many there were; null when too few to be told.")
    )


class ClickReport(Schema):
    since = fields.Date()
    until = fields.Date()
    smallest_shown = fields.Integer()
    clicks = fields.List(
        fields.Nested(ClicksOfCampaign), metadata=_says("One entry for each day and campaign.")
    )


class OrphanDay(Schema):
    """Beyond 500 codes a day they are counted together, as `(other)`."""

    code = fields.String()
    day = fields.Date()
    hits = fields.Integer(
        allow_none=True, metadata=_says("How many there were; null when too few to be told.")
    )


class OrphanReport(Schema):
    since = fields.Date()
    until = fields.Date()
    smallest_shown = fields.Integer()
    orphans = fields.List(
        fields.Nested(OrphanDay), metadata=_says("One entry for each day and code.")
    )


class ExplainedCase(Schema):
    """What one kind of visitor gets."""

    platform = fields.String(validate=OneOf(PLATFORMS), metadata=_says("The visitor's device."))
    language = fields.String(
        allow_none=True, metadata=_says("The language that is wanted most; null for any other.")
    )
    target = fields.Integer(
        metadata=_says("Which of the link's `targets` decides, from 1; 0 for its own `url`.")
    )
    url = fields.String(metadata=_says("The page that the link leads to."))
    screen = fields.Nested(Screen)
    opens = fields.String(
        validate=OneOf(["app", "page"]),
        metadata=_says("What a tap on the link opens where the app is installed."),
    )
    store_url = fields.String(
        metadata=_says("Where `?app=1` leads, without the token that a real visitor is given.")
    )


class LinkExplanation(Schema):
    code = fields.String()
    short_url = fields.String(metadata=_says("Its own address."))
    state = fields.String(validate=OneOf(STATES), metadata=_STATE)
    cases = fields.List(
        fields.Nested(ExplainedCase),
        metadata=_says("Each platform with each language that makes a difference."),
    )
