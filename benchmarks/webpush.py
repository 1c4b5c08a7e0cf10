"""Encrypted messages for browsers a second of processor time: payload, encryption, signature.

What is sent is an alert of a usual length, each to a browser of its own; the network is left out.
"""

import os
import time
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.audience.subscription import Subscription, key_id_of, subscription_of
from backend.core.base64url import to_base64url
from backend.core.vapid import new_key, public_key
from push.transport.payload import Alert
from push.transport.vapid import VapidTokens
from push.transport.webpush_message import web_push_template

BROWSERS, HOSTS = 3_000, 20


def main() -> None:
    now = datetime.now(UTC)
    key = new_key()
    key_id = key_id_of(public_key(key))
    addresses = [_address(number, key_id) for number in range(BROWSERS)]
    tokens = VapidTokens([key], "https://news.example", lambda: now)
    template = web_push_template(_alert(now), now=now)
    began = time.process_time()
    size_bytes = 0
    for address in addresses:
        tokens.authorization(subscription_of(address))
        size_bytes = len(template.to(address))
    spent_s = time.process_time() - began
    print(f"{BROWSERS / spent_s:,.0f} messages of {size_bytes:,} bytes a second of processor time")


def _address(number: int, key_id: str) -> str:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    endpoint = f"https://wns{number % HOSTS}.notify.windows.com/w/{number}"
    return Subscription(endpoint, to_base64url(raw), to_base64url(os.urandom(16)), key_id).value


def _alert(now: datetime) -> Alert:
    return Alert(
        notification_id="n1",
        title="Ferries stop for the storm",
        body="All crossings are cancelled until the morning; buses go around the bay. " * 3,
        url="https://news.example/article/1/ferries",
        image_url="https://news.example/pictures/ferries.jpg",
        is_breaking=True,
        is_correction=False,
        collapse_key="tw-n1",
        thread="story-1",
        expires_at=now + timedelta(hours=1),
    )


if __name__ == "__main__":
    main()
