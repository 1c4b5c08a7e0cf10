"""The redirect of `/download`: one decision and its headers, for the fast path and the view."""

from dataclasses import dataclass
from datetime import datetime

from deeplinks.context import LinkContext
from deeplinks.counting import Download
from deeplinks.forwarding import campaign_in
from deeplinks.stores import Pairs, app_store_url, play_store_url, usable_campaign
from deeplinks.useragent import Destination, destination_of

# A cache in between must not send everyone where the first visitor was sent.
VARY = "User-Agent, Sec-CH-UA-Platform, Sec-CH-UA-Mobile"


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadDecision:
    """Where one visitor goes; without a `store_url` the landing page shows both stores."""

    destination: Destination
    path: str
    campaign: str | None
    forwarded: Pairs
    store_url: str | None


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
    campaign = usable_campaign(campaign or campaign_in(forwarded))
    return DownloadDecision(
        destination=destination,
        path=path,
        campaign=campaign,
        forwarded=forwarded,
        store_url=store_page(links, destination, path, campaign, now, forwarded),
    )


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
