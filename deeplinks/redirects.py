"""The redirect of `/download`: one decision and its headers, for the fast path and the view."""

from dataclasses import dataclass
from datetime import datetime

from deeplinks.context import LinkContext
from deeplinks.counting import Download
from deeplinks.forwarding import campaign_in
from deeplinks.stores import Pairs, app_store_url, kept_campaign, play_store_url
from deeplinks.useragent import Destination, destination_of

# A cache in between must not send everyone where the first visitor was sent.
VARY = "User-Agent, Accept, Sec-CH-UA-Platform, Sec-CH-UA-Mobile"
# What a campaign was counted as that the stores cannot carry as it was sent.
COUNTED_AS = "Campaign-Counted-As"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadDecision:
    """Where one visitor goes; without a `store_url` the landing page shows both stores."""

    destination: Destination
    path: str
    campaign: str | None
    forwarded: Pairs
    store_url: str | None
    told: tuple[tuple[str, str], ...] = ()


def decide_download(
    links: LinkContext,
    *,
    agent: str,
    to: str | None,
    campaign: str | None,
    forwarded: Pairs,
    now: datetime,
) -> DownloadDecision:
    """Decide by the user agent, and count the download when it leads to a store."""
    destination, path = destination_of(agent).destination, links.target_of(to)
    said = campaign or campaign_in(forwarded)
    kept = kept_campaign(said)
    return DownloadDecision(
        destination=destination,
        path=path,
        campaign=kept,
        forwarded=forwarded,
        store_url=store_page(links, destination, path, kept, now, forwarded),
        told=((COUNTED_AS, kept),) if kept and kept != said else (),
    )


def wants_page(accept: str) -> bool:
    """Whether a person's browser asks, which can show the way into the app beside the store.

    Everything else that follows the address (apps, link checkers) gets the store itself.
    """
    return "text/html" in accept


def store_page(
    links: LinkContext,
    destination: Destination,
    path: str,
    campaign: str | None,
    now: datetime,
    forwarded: Pairs = (),
) -> str | None:
    """The store URL for this visitor, counted; None where the landing page is better."""
    settings = links.settings
    if destination == "app_store" and settings.ios.store_id:
        store = app_store_url(settings.ios.store_id, settings.ios.campaign, campaign)
    elif destination == "play_store" and settings.android.package:
        token = links.claims.issue(path, campaign, now=now)
        store = play_store_url(
            settings.android.package, campaign=campaign, claim=token, forwarded=forwarded
        )
    else:
        return None
    links.downloads.add(Download(at=now, store=destination, path=path, campaign=campaign))
    return store


def redirect_headers(location: str) -> tuple[tuple[str, str], ...]:
    """Of a redirect that no cache keeps: the next visitor may have another phone."""
    return (
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Location", location),
        ("Cache-Control", "no-store"),
        ("Vary", VARY),
    )
