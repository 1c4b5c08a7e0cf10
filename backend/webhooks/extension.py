"""The deliverer of webhooks, by settings."""

from flask import Flask

from backend.http.context import AppContext
from backend.outbound.fetch import FetchPolicy
from backend.tables.sealed import cipher_of
from backend.webhooks.deliverer import ANSWER_BYTES, DEADLINE_S, Deliverer


def deliverer(app: Flask) -> Deliverer:
    context: AppContext = app.extensions["tagwire"]
    settings = context.settings
    policy = FetchPolicy(
        allow_networks=settings.fetch_allow_networks,
        deadline_s=DEADLINE_S,
        body_bytes=ANSWER_BYTES,
        wire_bytes=ANSWER_BYTES,
        agent=f"Tagwire/1.0 (webhooks; +{settings.public_url})",
    )
    cipher = cipher_of("webhook secret", settings.secret_keys)
    return Deliverer(cipher, policy, context.clock)
