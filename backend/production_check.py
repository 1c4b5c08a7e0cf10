"""Finds what makes a configuration unfit for production, for `tagwire check`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backend.core.settings import Settings
from backend.http.networks import is_loopback
from backend.resealing import SealedRows
from backend.tables.keys import NewsroomKey
from backend.tables.sealed import Purpose
from backend.web import badges

ABOUT = (
    *("PUBLIC_URL", "TRUSTED_PROXIES", "DEMO", "RATELIMIT_ENABLED", "SECRET_KEY", "CORS_ORIGINS"),
    "VAPID_PRIVATE_KEY",
    *("DATABASE_URL", "BADGES_FOLDER", "clock", "disk", "key"),
)
UNUSED_FOR = timedelta(days=90)
# The oldest that the tests run on, or that still gets mends.
OLDEST_POSTGRESQL = 14
OLDEST_SQLITE = (3, 35)
# More than this between two machines, and what one of them dates looks early or late to another.
CLOCK_TOLERANCE = timedelta(seconds=1)
LEAST_FREE_BYTES = 1_000_000_000
# What to do about a secret that no key opens.
MENDS: Mapping[Purpose, str] = {
    "source secrets": "passwords or headers of sources: give them again",
    "websub secrets": "WebSub subscriptions: pause and resume their sources; until then a push"
    " is refused, and the feed is polled",
    "webhook secret": "webhooks: send each a new secret; until then nothing is sent",
    "second factor": "second factors: their people log in by a recovery code and set up another;"
    " who has none left needs `tagwire users reset`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Measurements of the machine and its database."""

    database_version: tuple[int, ...]
    database_clock_ahead: timedelta = timedelta(0)
    free_bytes: int | None = None  # beside SQLite's file
    sealed: Mapping[Purpose, SealedRows] = field(default_factory=dict)


def findings(
    settings: Settings, surroundings: Surroundings, keys: Iterable[NewsroomKey], now: datetime
) -> Iterator[str]:
    """Yield one line for each finding, with what to do about it; none when it is fit."""
    yield from _of_address(settings)
    yield from _of_settings(settings)
    yield from _of_origins(settings)
    if settings.badges_folder is not None:
        files = badges.files_in(settings.badges_folder)
        yield from (f"BADGES_FOLDER: {line}" for line in badges.lacking(files))
    yield from _of_surroundings(settings, surroundings)
    yield from _of_sealed(surroundings.sealed)
    for key in keys:
        if key.is_live(now):
            yield from _of_key(key, now)


def _of_address(settings: Settings) -> Iterator[str]:
    if not settings.public_url.startswith("https://"):
        yield f"PUBLIC_URL: {settings.public_url} is not https; links and hubs need it."
    elif not settings.trusted_proxies:
        yield (
            "TRUSTED_PROXIES: it is 0, and TLS ends at a proxy: all readers count as one address"
            " and are refused together on a big day; set it to the number of proxies (1)."
        )


def _of_settings(settings: Settings) -> Iterator[str]:
    if settings.demo:
        where = "" if is_loopback(settings.host) else f", on {settings.host}"
        yield f"DEMO: the demo newsroom and the phone simulator are on{where}; set DEMO=0."
    if not settings.ratelimit_enabled:
        yield "RATELIMIT_ENABLED: rate limits are off; set it to 1."
    if not settings.vapid_keys:
        yield "VAPID_PRIVATE_KEY: no browser can be alerted without it; `tagwire push vapid-key`."
    if settings.is_vapid_generated:
        yield (
            "VAPID_PRIVATE_KEY: it was made here, in a file beside the database; without it every"
            " browser has to subscribe again: set it to what that file (vapid_key) holds."
        )
    if settings.is_secret_generated:
        yield (
            "SECRET_KEY: it was made here, in a file beside the database, and no other machine"
            " nor a restored backup has it; set it, to what that file holds if there are readers."
        )


def _of_surroundings(settings: Settings, found: Surroundings) -> Iterator[str]:
    version = ".".join(map(str, found.database_version))
    if settings.is_sqlite and found.database_version < OLDEST_SQLITE:
        yield f"DATABASE_URL: SQLite {version} is too old; use Python's with 3.35 or newer."
    if not settings.is_sqlite and found.database_version[0] < OLDEST_POSTGRESQL:
        yield f"DATABASE_URL: PostgreSQL {version} gets no mends any more; use 15 or newer."
    if abs(found.database_clock_ahead) > CLOCK_TOLERANCE:
        ahead_s = found.database_clock_ahead.total_seconds()
        yield f"clock: the database's is {ahead_s:+.1f} s off this machine's; run NTP on both."
    if found.free_bytes is not None and found.free_bytes < LEAST_FREE_BYTES:
        free_mb = found.free_bytes // 1_000_000
        yield f"disk: {free_mb:,} MB are free where the database is; a full disk stops all writing."


def _of_sealed(sealed: Mapping[Purpose, SealedRows]) -> Iterator[str]:
    outdated = sum(len(rows.outdated) for rows in sealed.values())
    if outdated:
        yield (
            f"SECRET_KEY: the first key does not open {outdated:,} rows yet that an older one"
            " sealed: keep the older one; the poller seals them anew at its start and every hour."
        )
    for purpose, rows in sealed.items():
        if rows.lost:
            yield (
                f"SECRET_KEY: no key opens what {rows.lost:,} rows hold; put the key back that"
                f" sealed it, unless it leaked, or mend {MENDS[purpose]}."
            )


def _of_origins(settings: Settings) -> Iterator[str]:
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
