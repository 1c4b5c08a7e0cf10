"""The message that brings a nonce to a claimed address: data for the app or page alone.

Background messages have priority 5 at APNs and `content-available` (Apple, "Pushing background
updates to your App"); Android's wakes the app by its high priority.
"""

from datetime import timedelta

import orjson

from backend.audience.subscription import WEBPUSH
from push.transport.payload import Template
from push.transport.webpush_message import WebPushTemplate, headers

TTL = timedelta(hours=1)


def nonce_template(kind: str, nonce: str) -> Template | WebPushTemplate:
    """Make the request body for an address of this kind."""
    seconds = int(TTL.total_seconds())
    data = {"type": "address_nonce", "nonce": nonce}
    if kind == WEBPUSH:
        return WebPushTemplate(orjson.dumps({"data": data}), headers(TTL, "high"))
    message = {
        "data": data,
        "android": {"priority": "HIGH", "ttl": f"{seconds}s"},
        "apns": {
            "headers": {"apns-priority": "5", "apns-push-type": "background"},
            "payload": {"aps": {"content-available": 1}},
        },
        "webpush": {"headers": {"TTL": str(seconds), "Urgency": "high"}},
    }
    head = f'{{"message":{{"{kind}":"'.encode()
    return Template(head, b'",' + orjson.dumps(message)[1:] + b"}")
