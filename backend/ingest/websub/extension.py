"""Requests to hubs, the cipher of subscriptions' secrets, the subscriber: by settings."""

from dataclasses import replace

from flask import Flask

from backend.core.encryption import TextCipher
from backend.http.context import AppContext, current_context
from backend.ingest.websub.protocol import callback_site
from backend.ingest.websub.subscriber import Subscriber
from backend.outbound.fetch import FetchPolicy
from backend.tables.sealed import cipher_of

HUB_DEADLINE_S = 10.0
# What a hub says to a request is a line at most.
HUB_BYTES = 65_536


def websub_cipher() -> TextCipher:
    return cipher_of("websub secrets", current_context().settings.secret_keys)


def subscriber(app: Flask, policy: FetchPolicy) -> Subscriber:
    context: AppContext = app.extensions["tagwire"]
    settings = context.settings
    return Subscriber(
        callback_site(settings.public_url, settings.fetch_allow_networks),
        cipher_of("websub secrets", settings.secret_keys),
        replace(policy, deadline_s=HUB_DEADLINE_S, body_bytes=HUB_BYTES, wire_bytes=HUB_BYTES),
        context.clock,
    )
