"""The purger and its gauges, when PURGE_URL is set."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy.orm import Session

from backend.core.metrics import Gauge
from backend.core.settings import Settings
from backend.http.context import AppContext
from backend.http.networks import PRIVATE
from backend.outbound.fetch import FetchPolicy
from backend.purge import queries
from backend.purge.purger import ANSWER_BYTES, DEADLINE_S, LOOP, Purger


def init_gauges(context: AppContext) -> None:
    if context.settings.purge_url is not None:
        context.hooks.gauges.append(_gauges)


def purger(app: Flask) -> Purger | None:
    """Make the purger; None without a PURGE_URL."""
    context: AppContext = app.extensions["tagwire"]
    settings = context.settings
    if settings.purge_url is None:
        return None
    policy = policy_for(settings.purge_url, settings, LOOP)
    return Purger(settings.purge_url, _headers(settings), policy, context.clock)


def _gauges(session: Session, now: datetime) -> Iterable[Gauge]:
    oldest = queries.oldest_change_to_purge(session)
    age = now - oldest if oldest is not None else timedelta()
    yield Gauge(
        name="tagwire_purge_changes_behind",
        help="Changes that the cache in front was not told of yet.",
        value=queries.changes_behind(session),
    )
    yield Gauge(
        name="tagwire_purge_seconds_behind",
        help="How long ago the first article changed that it was not told of yet.",
        value=age.total_seconds(),
    )


def _headers(settings: Settings) -> dict[str, str]:
    headers = {"Content-Type": "application/json"}
    if settings.purge_token is not None:
        name, token = settings.purge_header, settings.purge_token
        is_bearer = name.lower() == "authorization"
        headers[name] = f"Bearer {token}" if is_bearer else token
    return headers


def policy_for(url: str, settings: Settings, purpose: str) -> FetchPolicy:
    """Make the policy for an address of the operator's: on this machine or network, at any port."""
    own_port = urlsplit(url).port
    return FetchPolicy(
        allow_networks=(*PRIVATE, *settings.fetch_allow_networks),
        ports=frozenset({80, 443} | ({own_port} if own_port else set())),
        deadline_s=DEADLINE_S,
        body_bytes=ANSWER_BYTES,
        wire_bytes=ANSWER_BYTES,
        agent=f"Tagwire/1.0 ({purpose}; +{settings.public_url})",
    )
