"""Deferred deep links: encrypted tokens that lead through the store to the same screen.

A token carries its path, so that a surge of visitors writes nothing and none of them waits for a
database. It is good once: the hash of what was claimed is kept for as long as the token would
live. Whoever claimed it under a key of its own may ask again for ten minutes, because the first
start of an app is the moment of bad networks. By default the store cannot read the path; with
`links.deferred = "signed"` it can, and what is kept is bounded in number.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import orjson
from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy.orm import Session

from backend.catalog.queries import article_by_public_id
from backend.core.db import db, from_us, insert_ignore, release, retried, to_us, transaction
from backend.core.encryption import TextCipher
from backend.core.problems import Problem
from backend.http.hooks import Event, Hooks
from deeplinks.claims import queries
from deeplinks.counts.campaigns import count as count_campaign
from deeplinks.routing.routes import Screen
from deeplinks.routing.settings import LinkSettings
from deeplinks.store.models import SpentLink
from deeplinks.visitors.stores import CLAIM

CLAIM_LIVES = timedelta(days=7)
REPEATABLE_FOR = timedelta(minutes=10)
# Beyond this number signed mode forgets the oldest tokens, which are then good once more.
MOST_SPENT = 100_000
PURPOSE = "deferred link"
EXTENSION = "deeplinks.claims"
MOST_ENCODINGS = 4
# A claim at the beginning, after another item, or in an item that holds the whole referrer.
_IN_REFERRER = re.compile(rf"(?:^|[?&=\s]){CLAIM}=([^&\s]+)")


class LinkSpent(Problem):
    """The token is unknown, used or foreign: one answer for all of them."""

    status, slug, title = 410, "link-spent", "This link was used already or never existed"

    def __init__(self) -> None:
        super().__init__("Open the app's first screen instead.")


class LinkExpired(Problem):
    """A token of ours whose time is over, used or not."""

    status, slug, title = 410, "link-expired", "This link is too old"

    def __init__(self) -> None:
        super().__init__("Open the app's first screen instead.")


class NoLink(Problem):
    """The usual first start: an organic installation, an ad, a referrer that is not set."""

    status, slug, title = 404, "no-link", "This installation came without a link"

    def __init__(self) -> None:
        super().__init__("That is usual and no error. Open the app's first screen.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredLink:
    """The payload of a token. `digest` identifies it without being it."""

    path: str
    campaign: str | None
    expires_at: datetime
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """An attempt to redeem a link, under a key that the app chose or none."""

    link: DeferredLink
    key_hash: str | None
    at: datetime

    def repeats(self, spent: SpentLink) -> bool:
        """Whether it asks again for the answer that its own key was given lately."""
        if self.key_hash is None or spent.spent_at is None or spent.key_hash != self.key_hash:
            return False
        return self.at - spent.spent_at <= REPEATABLE_FOR

    def values(self) -> dict[str, Any]:
        """Return the row that is kept of it."""
        return {
            "token_hash": self.link.digest,
            "key_hash": self.key_hash,
            "spent_at": self.at,
            "expires_at": self.link.expires_at,
        }


class Claims:
    """The issue and redemption of tokens."""

    def __init__(self, settings: LinkSettings, hooks: Hooks, secret_keys: tuple[str, ...]) -> None:
        self._settings = settings
        self._hooks = hooks
        self._cipher = TextCipher(secret_keys, PURPOSE)
        # The serializer signs with the last key and tries all of them.
        self._signer = URLSafeSerializer([*reversed(secret_keys)], salt=PURPOSE)

    def issue(self, path: str, campaign: str | None, *, now: datetime) -> str:
        """Issue a token for the new app without reading the database."""
        payload = [path, campaign, to_us(now + CLAIM_LIVES)]
        if self._settings.deferred == "signed":
            return str(self._signer.dumps(payload))
        return self._cipher.encrypt(orjson.dumps(payload))

    def read(self, token: str) -> DeferredLink | None:
        """Decrypt and verify a token, redeemed, expired or not; return None for a foreign one."""
        opened = self._signed(token) if "." in token else self._decrypted(token)
        if opened is None:
            return None
        (path, campaign, expires_us), digest = opened
        expires_at = from_us(expires_us)
        return DeferredLink(path=path, campaign=campaign, expires_at=expires_at, digest=digest)

    def claim(self, token: str, key: str | None, *, now: datetime) -> Screen:
        """Redeem a token for the screen that it was made for: once, and again for the same key.

        Raises:
            LinkSpent, LinkExpired: after the same work; time tells nobody more than the answer.
        """
        link = self.read(token)
        digest = link.digest if link else _digest(token.encode(errors="replace"))
        spent = queries.spent(db.session(), digest)
        release()
        if link is None:
            raise LinkSpent
        if link.expires_at <= now:
            raise LinkExpired
        claim = Claim(link=link, key_hash=key and _digest(f"{digest} {key}".encode()), at=now)
        if spent is not None and not claim.repeats(spent):
            raise LinkSpent
        return self._claim(claim)

    @retried
    def _claim(self, claim: Claim) -> Screen:
        link, now = claim.link, claim.at
        with transaction() as session:
            is_first = self._spend(session, claim)
            screen = _living_screen(session, self._settings, link.path)
            if is_first:
                count_campaign(session, now.date(), "claim", link.campaign or "")
                self._hooks.tell(session, _claimed(link, screen, now))
            return screen

    def _spend(self, session: Session, claim: Claim) -> bool:
        """Whether this claim is the first: of several at once the unique key lets one through.

        Raises:
            LinkSpent: another one was first, or the same key too long ago.
        """
        if not insert_ignore(session, SpentLink, **claim.values()):
            spent = queries.spent(session, claim.link.digest)
            if spent is None or not claim.repeats(spent):
                raise LinkSpent
            return False
        queries.forget_spent(session, claim.at)
        # Only one claim in 256 counts them.
        if self._settings.deferred == "signed" and claim.link.digest.startswith("00"):
            queries.forget_spent_beyond(session, MOST_SPENT)
        return True

    def _decrypted(self, token: str) -> tuple[Any, str] | None:
        opened = self._cipher.decrypt(token)
        return (orjson.loads(opened.text), opened.digest) if opened else None

    def _signed(self, token: str) -> tuple[Any, str] | None:
        try:
            payload = self._signer.loads(token)
        except (BadData, ValueError):
            return None
        # Hash of the payload alone: the signature has several encodings.
        return payload, _digest(orjson.dumps(payload))


def deferred_links() -> Claims:
    found: Claims = current_app.extensions[EXTENSION]
    return found


def token_in_referrer(referrer: str) -> str | None:
    """Return the claim token in a Play install referrer; None without one.

    Stores and SDKs encode a referrer once or twice more. A token has no character that any
    encoding changes, so decoding it too often does no harm.
    """
    for _ in range(MOST_ENCODINGS):
        referrer = unquote(referrer)
    found = _IN_REFERRER.search(referrer)
    return found[1] if found else None


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _living_screen(session: Session, settings: LinkSettings, path: str) -> Screen:
    """Return the screen, unless its article was taken down or embargoed meanwhile."""
    pure_path, _, query = path.partition("?")
    screen = settings.table.match(pure_path, query)
    if screen is None:
        raise LinkSpent
    if screen.name == "article":
        article = article_by_public_id(session, screen.params.get("id", ""))
        if article is None or not article.is_listed:
            raise LinkSpent
    return screen


def _claimed(link: DeferredLink, screen: Screen, now: datetime) -> Event:
    data = {
        "screen": {"name": screen.name, "params": dict(screen.params)},
        "campaign": link.campaign,
    }
    return Event(name="link.claimed", subject=f"link:{link.digest[:20]}", data=data, now=now)
