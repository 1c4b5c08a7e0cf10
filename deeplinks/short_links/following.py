"""Follows a short link for a kind of visitor, to its target and campaign."""

from dataclasses import dataclass

from deeplinks.downloads.plan import VARY
from deeplinks.routing.resolve import download_path
from deeplinks.routing.settings import LinkSettings
from deeplinks.short_links.link import Link
from deeplinks.short_links.targets import Visitor, reads_language, target_for
from deeplinks.visitors.forwarding import campaign_in, with_parameters
from deeplinks.visitors.stores import Pairs, usable_campaign


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """The place where a short link leads a kind of visitor, and the campaign it counts for."""

    location: str
    campaign: str | None
    vary: str


def followed(
    settings: LinkSettings, link: Link, visitor: Visitor, *, wants_app: bool, forwarded: Pairs
) -> Followed:
    path = target_for(link.rules, link.path, visitor)
    if wants_app:
        path = download_path(settings, path, link.campaign)
    return Followed(
        location=settings.public_url + with_parameters(path, forwarded),
        campaign=clicked_campaign(link, forwarded),
        vary=f"{VARY}, Accept-Language" if reads_language(link.rules) else VARY,
    )


def clicked_campaign(link: Link, forwarded: Pairs) -> str | None:
    """Return the campaign that a click counts for: the visitor's own, else the link's."""
    return usable_campaign(campaign_in(forwarded)) or link.campaign
