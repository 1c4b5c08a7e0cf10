"""Deferred deep links: encrypted tokens that lead through the store to the same screen.

A token carries its path, so that a surge of visitors writes nothing and none of them waits for a
database. By default the store cannot read it, and it is good once: the hash of what was claimed
is kept for as long as the token would live. With `links.deferred = "signed"` nothing at all is
kept: the path stands there to be read, and the token is good until it expires.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from backend.core.db import db, from_us, insert_ignore, release, retried, to_us, transaction
from backend.core.encryption import TextCipher
from backend.core.problems import Problem
from backend.http.hooks import Event, Hooks
from deeplinks import queries
from deeplinks.campaigns import count as count_campaign
from deeplinks.models import SpentLink
from deeplinks.routes import Screen
from deeplinks.settings import LinkSettings
from deeplinks.stores import CLAIM

CLAIM_LIVES = timedelta(days=7)
PURPOSE = "deferred link"


class LinkSpent(Problem):
    """One answer for unknown, used, expired and foreign tokens."""

    status, slug, title = 410, "link-spent", "This link was used already or never existed"

    def __init__(self) -> None:
        super().__init__("Open the app's first screen instead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredLink:
    """The payload of a token. `digest` identifies it without being it."""

    path: str
    campaign: str | None
    expires_at: datetime
    digest: str


class Claims:
    """Issues and redeems tokens."""

    def __init__(self, settings: LinkSettings, hooks: Hooks, secret_keys: tuple[str, ...]) -> None:
        self._settings = settings
        self._hooks = hooks
        self._cipher = TextCipher(secret_keys, PURPOSE)
        # It signs with the last key and tries all of them.
        self._signer = URLSafeSerializer([*reversed(secret_keys)], salt=PURPOSE)

    def issue(self, path: str, campaign: str | None, *, now: datetime) -> str:
        """Issue a token for the new app; no database is read."""
        payload = [path, campaign, to_us(now + CLAIM_LIVES)]
        if self._settings.deferred == "signed":
            return str(self._signer.dumps(payload))
        return self._cipher.encrypt(orjson.dumps(payload))

    def read(self, token: str, *, now: datetime) -> DeferredLink | None:
        """Decrypt and verify a token, redeemed or not; None when it is foreign or expired."""
        opened = self._signed(token) if "." in token else self._decrypted(token)
        if opened is None:
            return None
        (path, campaign, expires_us), digest = opened
        expires_at = from_us(expires_us)
        if expires_at <= now:
            return None
        return DeferredLink(path=path, campaign=campaign, expires_at=expires_at, digest=digest)

    def claim(self, token: str, *, now: datetime) -> Screen:
        """Redeem a token for the screen that it was made for; once, unless tokens are stateless.

        Raises:
            LinkSpent: in every other case, after the same work: time tells nobody which one.
        """
        link = self.read(token, now=now)
        digest = link.digest if link else _digest(token.encode(errors="replace"))
        is_spent = queries.is_spent(db.session(), digest)
        release()
        if link is None or is_spent:
            raise LinkSpent
        return self._claim(link, now)

    @retried
    def _claim(self, link: DeferredLink, now: datetime) -> Screen:
        with transaction() as session:
            if self._settings.deferred == "once":
                _spend(session, link, now)
            screen = _living_screen(session, self._settings, link.path)
            count_campaign(session, now.date(), "claim", link.campaign or "")
            self._hooks.tell(session, _claimed(link, screen, now))
            return screen

    def _decrypted(self, token: str) -> tuple[Any, str] | None:
        opened = self._cipher.decrypt(token)
        return (orjson.loads(opened.text), opened.digest) if opened else None

    def _signed(self, token: str) -> tuple[Any, str] | None:
        try:
            payload = self._signer.loads(token)
        except (BadData, ValueError):
            return None
        # Of the payload: the signature has several encodings.
        return payload, _digest(orjson.dumps(payload))


def token_in_referrer(referrer: str) -> str:
    """The claim token inside a Play install referrer; an organic install has none."""
    return parse_qs(referrer).get(CLAIM, [""])[0]


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _spend(session: Session, link: DeferredLink, now: datetime) -> None:
    """Insert the token's hash: of concurrent claims the unique key lets one through."""
    if not insert_ignore(session, SpentLink, token_hash=link.digest, expires_at=link.expires_at):
        raise LinkSpent
    queries.forget_spent(session, now)


def _living_screen(session: Session, settings: LinkSettings, path: str) -> Screen:
    """The screen, unless its article was taken down or embargoed meanwhile."""
    pure_path, _, query = path.partition("?")
    screen = settings.table.match(pure_path, query)
    if screen is None:
        raise LinkSpent
    if screen.name == "article":
        article = queries.article_state(session, screen.params.get("id", ""))
        if article is None or not article.is_listed:
            raise LinkSpent
    return screen


def _claimed(link: DeferredLink, screen: Screen, now: datetime) -> Event:
    data = {
        "screen": {"name": screen.name, "params": dict(screen.params)},
        "campaign": link.campaign,
    }
    return Event(name="link.claimed", subject=f"link:{link.digest[:20]}", data=data, now=now)
