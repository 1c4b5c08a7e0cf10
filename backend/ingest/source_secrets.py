"""Secrets of a source: Basic auth and one header, encrypted at rest, sent to its origin only."""

import base64
from collections.abc import Mapping
from typing import Any

import orjson

from backend.core.problems import Problem
from backend.ingest.extension import source_cipher
from backend.tables.ingest import SourceFeed

FIELDS = ("basic_auth", "secret_header")


class LostSecret(Problem):
    """The keys of SECRET_KEY do not open what was stored."""

    status, slug, title = 500, "lost-secret", "A secret cannot be read"


def has_secrets(feed: SourceFeed) -> bool:
    return bool(feed.basic_auth or feed.secret_header)


def change_secrets(feed: SourceFeed, changes: Mapping[str, Any]) -> None:
    """Store the given secrets; a null takes one away."""
    for name in FIELDS:
        if name in changes:
            value = changes[name]
            setattr(feed, name, source_cipher().encrypt(orjson.dumps(value)) if value else None)


def forget_secrets(feed: SourceFeed) -> None:
    """Forget the secrets, for an address of another origin: they were not meant for it."""
    feed.basic_auth = feed.secret_header = None


def secret_headers(feed: SourceFeed) -> Mapping[str, str]:
    """Return the request headers that carry the secrets.

    Raises:
        LostSecret: they were encrypted under a key that is gone.
    """
    headers: dict[str, str] = {}
    if feed.basic_auth:
        given = _opened(feed.basic_auth)
        pair = f"{given['user']}:{given['password']}".encode()
        headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
    if feed.secret_header:
        given = _opened(feed.secret_header)
        headers[given["name"]] = given["value"]
    return headers


def _opened(ciphertext: str) -> dict[str, str]:
    found = source_cipher().decrypt(ciphertext)
    if found is None:
        raise LostSecret("Set the source's secrets again: SECRET_KEY does not open them any more.")
    opened: dict[str, str] = orjson.loads(found.text)
    return opened
