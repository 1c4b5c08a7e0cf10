"""Deferred links: the way from a page over the store to the same screen of the new app.

The token carries the path, sealed, so that nothing is written before it comes back and the store
cannot read it. Only that it was claimed is kept.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import orjson
from sqlalchemy.orm import Session

from backend.db import from_us, insert_ignore, retried, to_us, transaction
from backend.hooks import Event, Hooks
from backend.problems import Problem
from backend.sealed import Seal
from deeplinks import queries
from deeplinks.models import SpentLink
from deeplinks.routes import Screen
from deeplinks.settings import LinkSettings
from deeplinks.stores import CLAIM

CLAIM_LIVES = timedelta(days=7)


class LinkSpent(Problem):
    """One answer for unknown, used, expired and foreign tokens."""

    status, slug, title = 410, "link-spent", "This link was used already or never existed"

    def __init__(self) -> None:
        super().__init__("Open the app's first screen instead.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeferredLink:
    """What a token says. `digest` names it without being it."""

    path: str
    campaign: str | None
    expires_at: datetime
    digest: str


class Claims:
    """Makes tokens and takes them back, each once."""

    def __init__(self, settings: LinkSettings, hooks: Hooks, secret_keys: tuple[str, ...]) -> None:
        self._settings = settings
        self._hooks = hooks
        self._seal = Seal(secret_keys, "deferred link")

    def remember(self, path: str, campaign: str | None, *, now: datetime) -> str:
        """A token for the new app; asks no database."""
        return self._seal.seal(orjson.dumps([path, campaign, to_us(now + CLAIM_LIVES)]))

    def read(self, token: str, *, now: datetime) -> DeferredLink | None:
        """What the token says, claimed or not; None when it is not one of ours or too old."""
        opened = self._seal.open(token)
        if opened is None:
            return None
        path, campaign, expires_us = orjson.loads(opened.text)
        expires_at = from_us(expires_us)
        if expires_at <= now:
            return None
        return DeferredLink(
            path=path, campaign=campaign, expires_at=expires_at, digest=opened.digest
        )

    def claim(self, token: str, *, now: datetime) -> Screen:
        """The screen that the token was made for, once.

        Raises:
            LinkSpent: in every other case.
        """
        link = self.read(token, now=now)
        if link is None:
            raise LinkSpent
        return self._claim(link, now)

    @retried
    def _claim(self, link: DeferredLink, now: datetime) -> Screen:
        with transaction() as session:
            spent = {"token_hash": link.digest, "expires_at": link.expires_at}
            if not insert_ignore(session, SpentLink, **spent):
                raise LinkSpent
            queries.forget_spent(session, now)
            screen = _living_screen(session, self._settings, link.path)
            queries.count(session, now.date(), "claim", link.campaign or "")
            self._hooks.tell(session, _claimed(link, screen, now))
            return screen


def token_in_referrer(referrer: str) -> str:
    """The claim token inside a Play install referrer; an organic install has none."""
    return parse_qs(referrer).get(CLAIM, [""])[0]


def _living_screen(session: Session, settings: LinkSettings, path: str) -> Screen:
    """What was taken down or embargoed meanwhile is not reached through an old token."""
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
