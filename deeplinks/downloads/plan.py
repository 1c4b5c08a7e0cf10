"""Parses an address of `/download`: its plan, the store it leads to, and the headers."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from deeplinks.downloads.gaps import GappedText
from deeplinks.routing.settings import LinkSettings
from deeplinks.visitors.forwarding import campaign_in
from deeplinks.visitors.stores import Pairs, app_store_url, kept_campaign, play_store_url
from deeplinks.visitors.useragent import Destination

# A cache in between must not send everyone where the first visitor was sent.
VARY = "User-Agent, Accept, Sec-CH-UA-Platform, Sec-CH-UA-Mobile"
# Header with the name under which a campaign that the stores cannot carry was counted.
COUNTED_AS = "Campaign-Counted-As"
# Placeholder of each visitor's claim: no encoding changes it, and nobody can guess it.
CLAIM_GAP = secrets.token_hex(16)

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadPlan:
    """The meaning of an address of `/download`, whoever asks for it."""

    path: str
    campaign: str | None = None
    forwarded: Pairs = ()
    told: Headers = ()


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
    """Return the store's page with a gap for the claim; None where the landing page is better."""
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


def redirect_headers(vary: str = VARY) -> Headers:
    """Return headers of a redirect that no cache keeps: the next visitor may have another phone."""
    return (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Cache-Control", "no-store"),
        ("Vary", vary),
    )
