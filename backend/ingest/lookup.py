"""Looks at an address once, before it is polled: its feed, or the feed that its page names.

Guarded like every poll, with shorter limits, because somebody waits for the answer. No database
session is open meanwhile; the caller has released it.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from backend.core.problems import Unavailable
from backend.ingest.discovery import FeedLink, feeds_of_page, well_known
from backend.ingest.parsing import xml_bytes
from backend.ingest.parsing.encodings import decoded
from backend.ingest.parsing.entry import FeedError, ParsedFeed
from backend.ingest.parsing.parse import parse_feed
from backend.outbound import fetch, known_address
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import Fetched, FetchError

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json,"
    " application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
)
DEADLINE_S = 10.0
CONNECT_S = 4.0
# Of all requests of one look together: whoever asked has a connection open.
PATIENCE_S = 25.0
MOST_CANDIDATES = 4
# Each look holds a thread of the web process: readers need the others.
AT_ONCE = 2
TURN_WITHIN_S = 5.0

_turns = threading.BoundedSemaphore(AT_ONCE)


class NoFeed(Exception):
    """No feed was found; the message says why.

    `is_final`: asking again changes nothing (refused address, no feed). `feeds` are those that
    the page there names.
    """

    def __init__(self, message: str, *, is_final: bool, feeds: tuple[FeedLink, ...] = ()) -> None:
        super().__init__(message)
        self.is_final = is_final
        self.feeds = feeds


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that could be read. `feeds` are all that the site's page names, if one was read."""

    url: str
    feed: ParsedFeed
    permanent_url: str | None = None
    feeds: tuple[FeedLink, ...] = ()


def check_address(url: str, policy: FetchPolicy) -> None:
    """Refuse an address that can never be fetched, without asking anybody.

    Raises:
        NoFeed: says why.
    """
    why = known_address.problem_of(url, networks=policy.allow_networks, ports=policy.ports)
    if why is not None:
        raise NoFeed(why, is_final=True)


def read_feed(url: str, policy: FetchPolicy) -> FoundFeed:
    """Read the feed at exactly this address.

    Raises:
        NoFeed: there is none, or it cannot be fetched now.
        Unavailable: too many others are looking.
    """
    with _turn():
        return _Look(policy).feed_at(url)


def find_feed(url: str, policy: FetchPolicy) -> FoundFeed:
    """Find the feed at this address, or the best one of the site whose page is there.

    Raises:
        NoFeed: none could be found.
        Unavailable: too many others are looking.
    """
    with _turn():
        look = _Look(policy)
        try:
            return look.feed_at(url)
        except NoFeed as refusal:
            if look.page_url is None:
                raise
            return look.feed_of_site(refusal)


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=TURN_WITHIN_S):
        raise Unavailable("Other addresses are being looked at.", headers={"Retry-After": "10"})
    try:
        yield
    finally:
        _turns.release()


class _Look:
    """A look at an address, with one deadline for all its requests together."""

    def __init__(self, policy: FetchPolicy) -> None:
        self._policy = policy
        self._ends = time.monotonic() + PATIENCE_S
        self.page_url: str | None = None

    def feed_at(self, url: str) -> FoundFeed:
        answer = self._fetched(url)
        kind = answer.headers.get("content-type", "")
        try:
            feed = parse_feed(answer.body, url=answer.url, content_type=kind)
        except FeedError as error:
            feeds = self._page(answer, kind)
            raise NoFeed(str(error), is_final=True, feeds=feeds) from error
        return FoundFeed(answer.url, feed, answer.permanent_url)

    def feed_of_site(self, refusal: NoFeed) -> FoundFeed:
        """Return the first readable feed of those that the page names, or that sites usually have.

        The site may answer a usual address with its start page, which then is no feed.
        """
        named = refusal.feeds
        others = [each.url for each in named[:MOST_CANDIDATES]] or well_known(self.page_url or "")
        for url in others:
            if time.monotonic() > self._ends:
                break
            try:
                return replace(self.feed_at(url), feeds=named or (FeedLink(url),))
            except NoFeed:
                continue
        raise refusal

    def _fetched(self, url: str) -> Fetched:
        check_address(url, self._policy)
        left = max(1.0, self._ends - time.monotonic())
        policy = replace(self._policy, deadline_s=min(DEADLINE_S, left), connect_s=CONNECT_S)
        try:
            answer = fetch.get(url, policy, accept=ACCEPT)
        except FetchError as error:
            raise NoFeed(str(error), is_final=error.reason == "refused") from error
        if answer.status != 200:
            raise NoFeed(f"the server answered {answer.status}", is_final=False)
        return answer

    def _page(self, answer: Fetched, kind: str) -> tuple[FeedLink, ...]:
        text = decoded(answer.body, kind).text
        if xml_bytes.document_kind_of(text) != "html":
            return ()
        self.page_url = self.page_url or answer.url
        return feeds_of_page(text, answer.url)
