"""Joins webhooks to the app: the hook on every event, and what delivers."""

from flask import Flask

from backend.house import House
from backend.ingest.fetch import FetchPolicy
from backend.sealed import Seal
from backend.webhooks import outbox
from backend.webhooks.deliverer import ANSWER_BYTES, DEADLINE_S, Deliverer

EXTENSION = "tagwire.webhooks"


def init_app(app: Flask) -> None:
    house: House = app.extensions["tagwire"]
    settings = house.settings
    policy = FetchPolicy(
        allow_networks=settings.fetch_allow_networks,
        deadline_s=DEADLINE_S,
        body_bytes=ANSWER_BYTES,
        wire_bytes=ANSWER_BYTES,
        agent=f"Tagwire/1.0 (webhooks; +{settings.public_url})",
    )
    seal = Seal(settings.secret_keys, "webhook secret")
    app.extensions[EXTENSION] = Deliverer(seal, policy, house.clock)
    house.hooks.on_event.append(outbox.record)
    house.hooks.on_forget.append(outbox.forget)


def deliverer(app: Flask) -> Deliverer:
    found: Deliverer = app.extensions[EXTENSION]
    return found
