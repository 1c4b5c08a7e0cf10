"""The store page for one visitor, counted."""

from datetime import datetime

from deeplinks.state import Links
from deeplinks.stores import app_store_url, play_store_url
from deeplinks.tally import Download
from deeplinks.useragent import Destination

# A cache in between must not send everyone where the first visitor was sent.
VARY = "User-Agent, Sec-CH-UA-Platform, Sec-CH-UA-Mobile"


def store_page(
    links: Links, destination: Destination, path: str, campaign: str | None, now: datetime
) -> str | None:
    """The store page for this visitor; None where the page with both stores is better."""
    settings = links.settings
    if destination == "app_store" and settings.ios.store_id:
        store = app_store_url(settings.ios.store_id, settings.ios.campaign, campaign)
    elif destination == "play_store" and settings.android.package:
        token = links.claims.remember(path, campaign, now=now)
        store = play_store_url(settings.android.package, campaign=campaign, claim=token)
    else:
        return None
    links.tally.add(Download(at=now, store=destination, path=path, campaign=campaign))
    return store
