"""What makes a configuration unfit for production, as `tagwire check` says it."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from backend.core.settings import Settings
from backend.tables.keys import NewsroomKey

UNUSED_FOR = timedelta(days=90)


def findings(settings: Settings, keys: Iterable[NewsroomKey], now: datetime) -> Iterator[str]:
    """One line a finding; none when it is fit."""
    yield from _of_settings(settings)
    for key in keys:
        if key.is_live(now):
            yield from _of_key(key, now)


def _of_settings(settings: Settings) -> Iterator[str]:
    if not settings.public_url.startswith("https://"):
        yield f"PUBLIC_URL: {settings.public_url} is not https; links and hubs need it."
    if settings.demo:
        yield "DEMO: the demo newsroom and the phone simulator are on; set DEMO=0."
    if not settings.ratelimit_enabled:
        yield "RATELIMIT_ENABLED: rate limits are off."
    for origin in settings.cors_origins:
        if origin == "*":
            yield "CORS_ORIGINS: * lets every page read the public feeds; name those that should."
        elif origin.startswith("http://"):
            yield f"CORS_ORIGINS: {origin} is not https; whoever is on the way calls in its name."


def _of_key(key: NewsroomKey, now: datetime) -> Iterator[str]:
    named = f"key {key.prefix or key.id} of {key.name}"
    if key.role == "publisher" and key.all_sources:
        yield f"{named}: a publisher that may change and take down EVERY source's articles."
    if key.role == "publisher" and not key.all_sources and not key.sources:
        yield f"{named}: a publisher bound to no source; it can write nothing."
    if now - (key.last_used_at or key.created_at) > UNUSED_FOR:
        yield f"{named}: not used for {UNUSED_FOR.days} days; revoke it."
