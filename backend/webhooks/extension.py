"""Registers webhooks with the app: event hooks and the deliverer."""

from flask import Flask

from backend.core.encryption import TextCipher
from backend.http.context import AppContext
from backend.outbound.fetch import FetchPolicy
from backend.webhooks import outbox
from backend.webhooks.deliverer import ANSWER_BYTES, DEADLINE_S, Deliverer

EXTENSION = "tagwire.webhooks"


def init_app(app: Flask) -> None:
    context: AppContext = app.extensions["tagwire"]
    settings = context.settings
    policy = FetchPolicy(
        allow_networks=settings.fetch_allow_networks,
        deadline_s=DEADLINE_S,
        body_bytes=ANSWER_BYTES,
        wire_bytes=ANSWER_BYTES,
        agent=f"Tagwire/1.0 (webhooks; +{settings.public_url})",
    )
    cipher = TextCipher(settings.secret_keys, "webhook secret")
    app.extensions[EXTENSION] = Deliverer(cipher, policy, context.clock)
    context.hooks.on_event.append(outbox.record)
    context.hooks.on_forget.append(outbox.forget)


def deliverer(app: Flask) -> Deliverer:
    found: Deliverer = app.extensions[EXTENSION]
    return found
