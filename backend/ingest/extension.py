"""Policies of requests to publishers and hubs, ciphers of secrets, the subscriber: by settings."""

from dataclasses import replace

from flask import Flask

from backend.core.encryption import TextCipher
from backend.http.context import AppContext, current_context
from backend.ingest.websub import callback_site
from backend.ingest.websub_subscriber import Subscriber
from backend.outbound.fetch import FetchPolicy

WEBSUB_SECRETS = "websub secrets"
HUB_DEADLINE_S = 10.0
# What a hub says to a request is a line at most.
HUB_BYTES = 65_536


def fetch_policy() -> FetchPolicy:
    settings = current_context().settings
    return FetchPolicy(
        allow_networks=settings.fetch_allow_networks,
        agent=f"Tagwire/1.0 (news feed fetcher; +{settings.public_url})",
    )


def source_cipher() -> TextCipher:
    return TextCipher(current_context().settings.secret_keys, "source secrets")


def websub_cipher() -> TextCipher:
    return TextCipher(current_context().settings.secret_keys, WEBSUB_SECRETS)


def subscriber(app: Flask, policy: FetchPolicy) -> Subscriber:
    context: AppContext = app.extensions["tagwire"]
    settings = context.settings
    return Subscriber(
        callback_site(settings.public_url, settings.fetch_allow_networks),
        TextCipher(settings.secret_keys, WEBSUB_SECRETS),
        replace(policy, deadline_s=HUB_DEADLINE_S, body_bytes=HUB_BYTES, wire_bytes=HUB_BYTES),
        context.clock,
    )
