"""Store URLs, built from configuration; a request chooses nothing but the campaign. Pure."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from deeplinks.routing.settings import LinkSettings

# Apple shows at most 30 characters of a campaign and counts letters, digits and some punctuation.
LONGEST_CAMPAIGN = 30
_CAMPAIGN = re.compile(rf"[A-Za-z0-9._ -]{{1,{LONGEST_CAMPAIGN}}}")
CLAIM = "tw_claim"
# Name under which a campaign that no store can carry is counted.
OTHER = "(other)"

Pairs = Sequence[tuple[str, str]]


def usable_campaign(text: str | None) -> str | None:
    """Return the campaign if both stores can carry it; None for anything else."""
    return text if text and _CAMPAIGN.fullmatch(text) else None


def kept_campaign(text: str | None) -> str | None:
    """Return the campaign that a visitor is counted under: a long one is cut, not dropped."""
    return usable_campaign((text or "")[:LONGEST_CAMPAIGN].strip()) or (OTHER if text else None)


def stores(
    settings: LinkSettings,
    campaign: str | None = None,
    claim: str | None = None,
    forwarded: Pairs = (),
) -> dict[str, str | None]:
    """Return the store pages that are configured; `claim` leads a new reader back to the page."""
    ios, android = settings.ios, settings.android
    return {
        "ios": app_store_url(ios.store_id, ios.campaign, campaign) if ios.store_id else None,
        "android": (
            play_store_url(android.package, campaign=campaign, claim=claim, forwarded=forwarded)
            if android.package
            else None
        ),
    }


def app_store_url(store_id: str, ad: Mapping[str, str], campaign: str | None) -> str:
    """Return the App Store page in the visitor's own country."""
    given = {name: ad[name] for name in ("pt", "at", "ppid") if name in ad}
    # `ct` means something only with the provider's id beside it.
    if usable_campaign(campaign) and "pt" in given:
        given |= {"ct": str(campaign), "mt": ad.get("mt", "8")}
    query = urlencode(given, quote_via=quote)
    return f"https://apps.apple.com/app/id{store_id}" + (f"?{query}" if query else "")


def play_store_url(
    package: str, *, campaign: str | None, claim: str | None, forwarded: Pairs = ()
) -> str:
    """Return the Play page, whose referrer reaches the app at its first start.

    The visitor's own parameters (`forwarded`) are kept, ours stand where they are missing.
    """
    ours = {
        "utm_source": "web",
        "utm_medium": "download",
        "utm_campaign": usable_campaign(campaign),
    }
    said = {name for name, _ in forwarded}
    referrer = [(name, value) for name, value in ours.items() if value and name not in said]
    referrer += [*forwarded, *([(CLAIM, claim)] if claim else [])]
    inner = urlencode(referrer, quote_via=quote)
    return "https://play.google.com/store/apps/details?" + urlencode(
        {"id": package, "referrer": inner}, quote_via=quote
    )


def intent_url(host: str, path: str, *, package: str, fallback: str) -> str:
    """Return the intent for a page in the Android app; without it a browser goes to `fallback`."""
    extras = f"scheme=https;package={package};S.browser_fallback_url={quote(fallback, safe='')}"
    return f"intent://{host}{path}#Intent;{extras};end"


def appgallery_url(app_id: str) -> str:
    return f"https://appgallery.huawei.com/app/C{app_id}"


def amazon_url(package: str) -> str:
    return "https://www.amazon.com/gp/mas/dl/android?" + urlencode({"p": package})
