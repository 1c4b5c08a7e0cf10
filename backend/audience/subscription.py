"""A browser's push subscription as one address, and the push services that are known. Pure.

Its value is the endpoint, both keys of the browser and the beginning of our VAPID key that it was
made for, with blanks between: none of them holds one.
"""

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

WEBPUSH = "webpush"
# The services of Chrome and its kin, Firefox, Edge and Safari, as their makers name them for
# firewalls.
KNOWN_SERVICES = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.notify.windows.com",
    "*.push.apple.com",
)
LONGEST_ENDPOINT = 2_000
KEY_ID_CHARACTERS = 12
_PRINTABLE = re.compile(r"[!-~]+")
_HOST = re.compile(r"[a-z0-9.-]+")


class Subscription(NamedTuple):
    """A browser's push subscription, keys as base64url; `key_id` is how our public key begins."""

    endpoint: str
    p256dh: str
    auth: str
    key_id: str

    @property
    def value(self) -> str:
        return " ".join(self)

    @property
    def origin(self) -> str:
        """Scheme, host and port: the audience of a VAPID token (RFC 8292, 2)."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"


def subscription_of(value: str) -> Subscription:
    """Parse the subscription that an address is.

    Raises:
        ValueError: the address is none.
    """
    parts = value.split(" ")
    if len(parts) != len(Subscription._fields):
        raise ValueError("not a subscription")
    return Subscription(*parts)


def key_id_of(public_key: str) -> str:
    return public_key[:KEY_ID_CHARACTERS]


def phone_of(value: str) -> str:
    """Return what identifies a browser: a digest of its endpoint, whatever its keys are."""
    return hashlib.sha256(value.partition(" ")[0].encode()).hexdigest()


def is_endpoint_of(endpoint: str, services: Iterable[str]) -> bool:
    """Whether an endpoint is an https address of one of these services.

    A service is a host, `*.` and the end of hosts, or a host with a port.
    """
    parts = _split(endpoint)
    return parts is not None and _service(parts, services) is not None


def provider_of(kind: str, value: str) -> str:
    """Name the provider that delivers to an address: empty for Firebase, else the push service.

    A known service has one name for all its hosts; any other is named by its host.
    """
    if kind != WEBPUSH:
        return ""
    parts = urlsplit(value.partition(" ")[0])
    return _service(parts, KNOWN_SERVICES) or parts.netloc


def _split(endpoint: str) -> SplitResult | None:
    if len(endpoint) > LONGEST_ENDPOINT or not _PRINTABLE.fullmatch(endpoint):
        return None
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return None
    is_plain = parts.username is None and parts.password is None and not parts.fragment
    is_usable = parts.scheme == "https" and _HOST.fullmatch(parts.hostname or "") and port != 0
    return parts if is_plain and is_usable else None


def _service(parts: SplitResult, services: Iterable[str]) -> str | None:
    host = parts.hostname or ""
    place = host if parts.port in {None, 443} else f"{host}:{parts.port}"
    return next((service for service in services if _matches(place, service)), None)


def _matches(place: str, service: str) -> bool:
    return place.endswith(service[1:]) if service.startswith("*.") else place == service
