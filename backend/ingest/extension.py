"""The fetch policy for publishers' feeds, from the app's settings."""

from backend.http.context import current_context
from backend.outbound.fetch import FetchPolicy


def fetch_policy() -> FetchPolicy:
    settings = current_context().settings
    return FetchPolicy(
        allow_networks=settings.fetch_allow_networks,
        agent=f"Tagwire/1.0 (news feed fetcher; +{settings.public_url})",
    )
