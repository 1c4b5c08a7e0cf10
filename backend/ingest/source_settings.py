"""Sets a source's settings beyond its feed's address: pace, ports, sizes, rights."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from backend.ingest import schedule
from backend.ingest.source_secrets import change_secrets
from backend.ingest.source_state import OF_RIGHTS
from backend.outbound.fetch import FetchPolicy
from backend.tables.ingest import SourceFeed
from backend.tables.newsroom import Source

OF_FEED = frozenset({"fast", "ports", "document_bytes", "basic_auth", "secret_header", "full_text"})


def change_feed(feed: SourceFeed, changes: Mapping[str, Any], now: datetime) -> None:
    """Set the given fields of `schemas.newsroom.SourceDraft` that are about polling."""
    if "ports" in changes:
        feed.ports = " ".join(str(port) for port in sorted(set(changes["ports"] or ())))
    if "document_bytes" in changes:
        feed.document_bytes = changes["document_bytes"]
    if "fast" in changes:
        feed.is_fast = changes["fast"]
    if changes.get("fast"):
        feed.next_poll_at = min(feed.next_poll_at, now + schedule.FAST.shortest)
    if "full_text" in changes:
        feed.full_text = changes["full_text"]
    if {"full_text", *OF_RIGHTS} & set(changes):
        feed.full_at = None  # a 304 to the next poll would hide what is wanted of it now
    change_secrets(feed, changes)


def change_rights(source: Source, changes: Mapping[str, Any]) -> None:
    for name in OF_RIGHTS:
        if name in changes:
            setattr(source, name, changes[name])
    source.canonical = source.canonical or "ours"


def fetch_policy_of(feed: SourceFeed, policy: FetchPolicy) -> FetchPolicy:
    """Return the policy with what this source may have beyond it."""
    return policy_for(feed, {}, policy)


def policy_for(
    feed: SourceFeed | None, changes: Mapping[str, Any], policy: FetchPolicy
) -> FetchPolicy:
    """Return the policy that the feed is fetched with once these changes are made."""
    ports = changes.get("ports", feed.port_numbers if feed else ()) or ()
    known_size = feed.document_bytes if feed else None
    size = changes.get("document_bytes", known_size) or policy.body_bytes
    return replace(
        policy,
        ports=policy.ports.union(ports),
        body_bytes=size,
        wire_bytes=max(size, policy.wire_bytes),
    )
