"""Where `/download` and short links lead, and with which headers."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from deeplinks.forwarding import campaign_in, with_parameters
from deeplinks.gaps import GappedText
from deeplinks.resolve import download_path
from deeplinks.settings import LinkSettings
from deeplinks.short_links import Link
from deeplinks.stores import (
    Pairs,
    app_store_url,
    kept_campaign,
    play_store_url,
    usable_campaign,
)
from deeplinks.targets import Visitor, reads_language, target_for
from deeplinks.useragent import Destination

# A cache in between must not send everyone where the first visitor was sent.
VARY = "User-Agent, Accept, Sec-CH-UA-Platform, Sec-CH-UA-Mobile"
# What a campaign was counted as that the stores cannot carry as it was sent.
COUNTED_AS = "Campaign-Counted-As"
# Stands where each visitor's own claim goes: no encoding changes it, and nobody can guess it.
CLAIM_GAP = secrets.token_hex(16)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadPlan:
    """What an address of `/download` says, whoever asks for it."""

    path: str
    campaign: str | None = None
    forwarded: Pairs = ()
    told: Headers = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Where a short link leads a kind of visitor, and the campaign that it counts for."""

    location: str
    campaign: str | None
    vary: str


def download_plan(
    target_of: Callable[[str | None], str], to: str | None, campaign: str | None, forwarded: Pairs
) -> DownloadPlan:
    said = campaign or campaign_in(forwarded)
    kept = kept_campaign(said)
    return DownloadPlan(
        path=target_of(to),
        campaign=kept,
        forwarded=forwarded,
        told=((COUNTED_AS, kept),) if kept and kept != said else (),
    )


def store_location(
    settings: LinkSettings, plan: DownloadPlan, destination: Destination
) -> GappedText | None:
    """The store's page with a gap for the claim; None where the landing page is better."""
    ios, android, campaign = settings.ios, settings.android, plan.campaign
    if destination == "app_store" and ios.store_id:
        return GappedText((app_store_url(ios.store_id, ios.campaign, campaign),))
    if destination == "play_store" and android.package:
        url = play_store_url(
            android.package, campaign=campaign, claim=CLAIM_GAP, forwarded=plan.forwarded
        )
        return GappedText.of(url, CLAIM_GAP)
    return None


def wants_page(accept: str) -> bool:
    """Whether a person's browser asks, which can show the way into the app beside the store.

    Everything else that follows the address (apps, link checkers) gets the store itself.
    """
    return "text/html" in accept


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
    """The campaign that a click counts for: what the visitor brings along, else the link's."""
    return usable_campaign(campaign_in(forwarded)) or link.campaign


def redirect_headers(vary: str = VARY) -> Headers:
    """Beside `Location`, of a redirect that no cache keeps: the next one may have another phone."""
    return (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Vary", vary),
    )
