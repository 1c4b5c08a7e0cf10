"""Answers `/download`: the store's address or the page, each made once for a kind of visitor.

What is a visitor's own, the claim that leads back from the store, is filled in as they come.
"""

from datetime import datetime
from functools import lru_cache, partial

from backend.core.compression import accepts_gzip, encoding_for
from backend.feed.kept_values import KeptValues
from backend.http.fast_path import FastResponse
from deeplinks.claims import Claims
from deeplinks.counting import CountBuffer, Download
from deeplinks.gaps import GappedPage
from deeplinks.landing import PAGE_HEADERS
from deeplinks.redirects import DownloadPlan, redirect_headers, store_location
from deeplinks.settings import LinkSettings
from deeplinks.useragent import Destination
from deeplinks.visitors import Client

ROUTE = "/download"
FOUND = "302 FOUND"
LOCATIONS_CACHED = 4096
PageKey = tuple[object, ...]


class Downloads:
    """One per process. `pages` are kept by plan and kind of visitor."""

    def __init__(
        self,
        settings: LinkSettings,
        claims: Claims,
        counts: CountBuffer,
        pages: KeptValues[GappedPage],
    ) -> None:
        self.pages = pages
        self._claims = claims
        self._counts = counts
        self._location_of = lru_cache(maxsize=LOCATIONS_CACHED)(partial(store_location, settings))

    def store(self, plan: DownloadPlan, destination: Destination, now: datetime) -> str | None:
        """The store's address, counted; None where the page is better."""
        location = self._location_of(plan, destination)
        if location is None:
            return None
        self._count(plan, destination, now)
        return location.filled(self._claim(plan, now)) if location.has_gap else location.filled("")

    def redirect(
        self, plan: DownloadPlan, destination: Destination, now: datetime
    ) -> FastResponse | None:
        """The way to the store for what is no browser; None where the page is better."""
        store = self.store(plan, destination, now)
        if store is None:
            return None
        headers = (*redirect_headers(store), *plan.told, ("Content-Length", "0"))
        return FastResponse(ROUTE, FOUND, headers)

    def page(
        self, page: GappedPage, plan: DownloadPlan, client: Client, accepted: str, now: datetime
    ) -> FastResponse:
        """The page with this visitor's claim; a phone that is shown the way to its store counts."""
        if self._location_of(plan, client.destination) is not None:
            self._count(plan, client.destination, now)
        claim = self._claim(plan, now).encode() if client.is_person else b""
        is_packed = accepts_gzip(accepted)
        body = page.gzipped(claim) if is_packed else page.filled(claim)
        encoding = (("Content-Encoding", "gzip"),) if is_packed else ()
        length = ("Content-Length", str(len(body)))
        headers = (*PAGE_HEADERS, *plan.told, *encoding, length)
        return FastResponse(ROUTE, "200 OK", headers, body)

    def kept_page(
        self, key: PageKey, plan: DownloadPlan, client: Client, accepted: str, now: datetime
    ) -> FastResponse | None:
        """The page from memory; None where it has to be made or compressed otherwise."""
        page = self.pages.find(key, non_blocking=True)
        if page is None or (encoding_for(accepted) and not accepts_gzip(accepted)):
            return None
        return self.page(page, plan, client, accepted, now)

    def _count(self, plan: DownloadPlan, store: Destination, now: datetime) -> None:
        self._counts.add(Download(at=now, store=store, path=plan.path, campaign=plan.campaign))

    def _claim(self, plan: DownloadPlan, now: datetime) -> str:
        return self._claims.issue(plan.path, plan.campaign, now=now)


def page_key(plan: DownloadPlan, client: Client, language: str) -> PageKey:
    """What a page depends on, as texts, which are looked up faster than what is made of them."""
    browser = client.browser.name if client.browser else ""
    of_client = client.destination, client.platform, browser
    return plan.path, plan.campaign, plan.forwarded, language, *of_client
