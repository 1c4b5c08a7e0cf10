"""Whether hubs reach this site, by settings."""

from backend.http.context import current_context
from backend.ingest.websub.protocol import callback_site


def websub_site() -> str | None:
    """Return the address at which hubs reach this site; None when they cannot."""
    settings = current_context().settings
    return callback_site(settings.public_url, settings.fetch_allow_networks)
