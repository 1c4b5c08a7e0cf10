"""Settings of the transport to browsers. Pure."""

from dataclasses import dataclass, field

from backend.core.settings import Network, Settings


@dataclass(frozen=True, slots=True)
class WebPush:
    """Our keys, who we are (`sub` of RFC 8292), and private networks that an operator allows."""

    keys: tuple[str, ...] = field(repr=False)
    subject: str
    allow_networks: tuple[Network, ...] = ()


def web_push_of(settings: Settings) -> WebPush | None:
    """Return the settings of web push; None without a key: then no browser can register either."""
    if not settings.vapid_keys:
        return None
    return WebPush(settings.vapid_keys, settings.public_url, settings.fetch_allow_networks)
