"""Answers `/download`: the store's address or the page, each made once for a kind of visitor.

What is a visitor's own, the claim that leads back from the store, is filled in as they come.
"""

from datetime import datetime
from functools import lru_cache, partial
from typing import NamedTuple

from flask import current_app

from backend.core.compression import accepts_gzip, encoding_for
from backend.feed.kept_values import KeptValues
from backend.http.fast_path import FastResponse, Headers
from deeplinks.claims.service import Claims
from deeplinks.counts.buffer import CountBuffer
from deeplinks.counts.values import Download
from deeplinks.downloads.gaps import GappedPage, GappedText
from deeplinks.downloads.landing import PAGE_HEADERS
from deeplinks.downloads.plan import DownloadPlan, redirect_headers, store_location
from deeplinks.downloads.previews import Previews
from deeplinks.routing.settings import LinkSettings
from deeplinks.visitors.client import Client
from deeplinks.visitors.useragent import Destination

EXTENSION = "deeplinks.downloads"
ROUTE = "/download"
FOUND = "302 FOUND"
LOCATIONS_CACHED = 4096
PageKey = tuple[object, ...]


class Way(NamedTuple):
    """A way to a store: its address, and the answer, which lacks an address that has a gap."""

    location: GappedText
    answer: FastResponse


class Downloads:
    """The answers of `/download`, one per process. `pages` are kept by plan and kind of visitor."""

    def __init__(
        self,
        settings: LinkSettings,
        claims: Claims,
        counts: CountBuffer,
        pages: KeptValues[GappedPage],
        previews: Previews,
    ) -> None:
        self.pages = pages
        self.previews = previews
        self._claims = claims
        self._counts = counts
        self._way_of = lru_cache(maxsize=LOCATIONS_CACHED)(partial(_way, settings))

    def store(self, plan: DownloadPlan, destination: Destination, now: datetime) -> str | None:
        """Return the store's address and count it; None where the page is better."""
        way = self._counted_way(plan, destination, now)
        return None if way is None else self._filled(way, plan, now)

    def redirect(
        self, plan: DownloadPlan, destination: Destination, now: datetime
    ) -> FastResponse | None:
        """Redirect other clients than browsers to the store; None where the page is better."""
        way = self._counted_way(plan, destination, now)
        if way is None:
            return None
        if not way.location.has_gap:
            return way.answer
        return way.answer.completed("Location", self._filled(way, plan, now))

    def page(
        self, page: GappedPage, plan: DownloadPlan, client: Client, accepted: str, now: datetime
    ) -> FastResponse:
        """Answer with this visitor's claim in the page; count a phone that is shown its store."""
        self._counted_way(plan, client.destination, now)
        claim = self._claim(plan, now).encode() if client.is_person else b""
        is_packed = accepts_gzip(accepted)
        body = page.gzipped(claim) if is_packed else page.filled(claim)
        answer = _page_answer(plan.told, is_packed=is_packed)
        return answer.completed("Content-Length", str(len(body)), body)

    def kept_page(
        self, key: PageKey, plan: DownloadPlan, client: Client, accepted: str, now: datetime
    ) -> FastResponse | None:
        """Answer from memory; None where the page has to be made or compressed otherwise."""
        page = self.pages.find(key, non_blocking=True)
        if page is None or (encoding_for(accepted) and not accepts_gzip(accepted)):
            return None
        return self.page(page, plan, client, accepted, now)

    def _counted_way(self, plan: DownloadPlan, store: Destination, now: datetime) -> Way | None:
        """Count and return the way that this visitor is shown; None, uncounted, without one."""
        way = self._way_of(plan, store)
        if way is not None:
            self._counts.add(Download(at=now, store=store, path=plan.path, campaign=plan.campaign))
        return way

    def _filled(self, way: Way, plan: DownloadPlan, now: datetime) -> str:
        return way.location.filled(self._claim(plan, now) if way.location.has_gap else "")

    def _claim(self, plan: DownloadPlan, now: datetime) -> str:
        return self._claims.issue(plan.path, plan.campaign, now=now)


def downloads() -> Downloads:
    found: Downloads = current_app.extensions[EXTENSION]
    return found


def _way(settings: LinkSettings, plan: DownloadPlan, destination: Destination) -> Way | None:
    location = store_location(settings, plan, destination)
    if location is None:
        return None
    known = () if location.has_gap else (("Location", location.filled("")),)
    headers = (*known, *redirect_headers(), *plan.told, ("Content-Length", "0"))
    return Way(location, FastResponse(ROUTE, FOUND, headers))


@lru_cache(maxsize=LOCATIONS_CACHED)
def _page_answer(told: Headers, *, is_packed: bool) -> FastResponse:
    """Return the answer that all pages of a kind share, without the length and the body."""
    encoding = (("Content-Encoding", "gzip"),) if is_packed else ()
    return FastResponse(ROUTE, "200 OK", (*PAGE_HEADERS, *told, *encoding))


def page_key(plan: DownloadPlan, client: Client, language: str) -> PageKey:
    """Return what a page depends on, as texts, which are looked up faster than their objects."""
    browser = client.browser.name if client.browser else ""
    of_client = client.destination, client.platform, browser
    return plan.path, plan.campaign, plan.forwarded, language, *of_client
