"""The page fetcher: claim a host under a lease, fetch one page of it, judge, record.

Any number of threads, processes and machines may run one. Never are two pages of one host
fetched at once, and no database session is open while the network is. A claim counts as a failed
try until something better is recorded: a page that kills its process is left alone in the end.
"""

import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from backend.core import faults
from backend.core.db import db, release, transaction
from backend.core.faults import Fault
from backend.core.locks import lock_newsroom
from backend.http.hooks import Hooks
from backend.ingest.pages import queries, schedule
from backend.ingest.pages.counting import FETCHED, count
from backend.ingest.pages.judgement import Outcome, Wanted, judged
from backend.ingest.pages.merging import Known, fields_of
from backend.ingest.pages.page import Page
from backend.ingest.pages.robots import Robots, RobotsAway
from backend.ingest.schedule import jittered
from backend.newsroom.read_ahead import read_amended
from backend.newsroom.service import Arrival, complete_in
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import Fetched, FetchError
from backend.tables.newsroom import Article
from backend.tables.pages import ArticlePage, PageHost
from backend.tagging.language import code_of, guess

log = logging.getLogger(__name__)

LOOP = "pages"
LEASE = timedelta(minutes=5)
PAGE_BYTES = 3_000_000
DEADLINE_S = 20.0
ACCEPT = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
HTML = ("text/html", "application/xhtml")
UNRECORDED = "its tries were not recorded: the process ended, or the database was away"
BY_ROBOTS = "robots.txt does not allow it"
LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class PageLease:
    """The right to ask one host for one page, until the lease ends or another attempt is made."""

    host: str
    attempt: int
    article_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """The data of one request, copied out of the database."""

    wanted: Wanted
    ports: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageResult:
    """The result of a try: an `outcome`, or only an `error` after which it is tried again."""

    outcome: Outcome | None = None
    page: Page | None = None
    error: str | None = None
    is_fetched: bool = False
    retry_after: timedelta = timedelta()
    pause: timedelta = schedule.PAUSE


class _NotAllowed(FetchError):
    """A redirect leads to an address that robots.txt does not allow."""

    def __init__(self) -> None:
        super().__init__("refused", BY_ROBOTS)


@dataclass(frozen=True, slots=True)
class PageFetcher:
    """Fetches one due page at a time; `on_claim` is called before each."""

    hooks: Hooks
    policy: FetchPolicy
    clock: Callable[[], datetime]
    robots: Robots
    chance: Callable[[], float] = field(default=random.random)
    on_claim: Callable[[], None] = lambda: None

    def step(self) -> bool:
        """Fetch the page that is due; return whether there was one."""
        lease = self._claim()
        if lease is None:
            return False
        self.on_claim()
        ask, write = partial(self._fetch, lease), partial(self._record, lease)
        faults.attempt(LOOP, ask, write, _failed, article_id=lease.article_id)
        return True

    def _claim(self) -> PageLease | None:
        """Lease a host. A read first: mostly nothing is due, and a write would lock SQLite."""
        now = self.clock()
        is_due = queries.has_due(db.session(), now)
        release()
        if not is_due:
            return None
        with transaction() as session:
            host = queries.free_host(session, now)
            page = queries.due_page(session, host.host, now) if host is not None else None
            if host is None or page is None:
                return None
            if page.tries >= schedule.MOST_TRIES:
                _finish(session, page, "failed", UNRECORDED)
                return None
            host.attempt += 1
            host.lease_until, host.next_at = now + LEASE, now + schedule.PAUSE
            page.tries += 1
            page.due_at, page.fetched_at = now + self._wait(page.tries), now
            return PageLease(host.host, host.attempt, page.article_id)

    def _fetch(self, lease: PageLease) -> PageResult:
        request = self._request(lease)
        if request is None:
            return PageResult(outcome="withdrawn")
        ports = self.policy.ports | request.ports
        policy = replace(
            self.policy,
            ports=ports,
            own_address=False,
            deadline_s=min(self.policy.deadline_s, DEADLINE_S),
            body_bytes=PAGE_BYTES,
            wire_bytes=PAGE_BYTES,
        )
        url = request.wanted.url
        try:
            rules = self.robots.of(url, policy)
            if not rules.allows(url):
                return PageResult(outcome="robots", error=BY_ROBOTS)
            answer = self._asked(url, policy)
        except _NotAllowed as error:
            return PageResult(outcome="robots", error=str(error))
        except (RobotsAway, FetchError) as error:
            return PageResult(error=str(error))
        result = self._answered(answer, request.wanted)
        return replace(result, pause=schedule.pause_of(rules.crawl_delay_s))

    def _asked(self, url: str, policy: FetchPolicy) -> Fetched:
        """Fetch a page; wherever it is redirected to, the robots.txt there is obeyed, too."""

        def check(target: str) -> None:
            try:
                is_allowed = self.robots.of(target, policy).allows(target)
            except RobotsAway as error:
                raise FetchError("unreachable", str(error)) from error
            if not is_allowed:
                raise _NotAllowed

        return fetch.get(url, policy, accept=ACCEPT, on_redirect=check)

    def _answered(self, answer: Fetched, wanted: Wanted) -> PageResult:
        if answer.status != 200:
            return PageResult(
                error=f"the server answered {answer.status}",
                retry_after=answer.retry_after(self.clock(), longest=schedule.LONGEST_RETRY_AFTER),
            )
        kind = answer.headers.get("content-type", "")
        if kind and not kind.strip().lower().startswith(HTML):
            return PageResult(outcome="no_page", is_fetched=True)
        # lxml: 4 MB that a process does without until it reads a page.
        from backend.ingest.pages.reading import read_page  # noqa: PLC0415

        page = read_page(answer.body, url=answer.url, content_type=kind)
        if page is None:
            return PageResult(outcome="short", is_fetched=True)
        return PageResult(outcome=judged(page, wanted), page=page, is_fetched=True)

    def _request(self, lease: PageLease) -> PageRequest | None:
        """Return the request for a page; None when nobody wants it any more."""
        release()
        session = db.session()
        page = queries.page_of(session, lease.article_id)
        request = _request_of(page) if page and _is_wanted(session, page) else None
        release()
        return _with_languages(request) if request is not None else None

    def _record(self, lease: PageLease, result: PageResult) -> None:
        now = self.clock()
        _read_ahead(lease, result, now)
        with transaction() as session:
            lock_newsroom(session)
            host = queries.lock_host(session, lease.host, lease.attempt)
            if host is None:  # the lease ran out, and another attempt was made
                return
            _release_host(host, result, now)
            page = queries.page_of(session, lease.article_id)
            if page is None or page.outcome is not None:
                return
            if result.is_fetched:
                count(session, page.source_id, FETCHED)
            outcome = self._conclude(session, page, result, now)
        log.info(
            "page fetched",
            extra={**_named(lease), "outcome": outcome or "later", "error": result.error},
        )

    def _conclude(
        self, session: Session, page: ArticlePage, result: PageResult, now: datetime
    ) -> Outcome | None:
        """Write down what became of the page and return it; None when it is tried again."""
        outcome = result.outcome
        if outcome is None and page.tries >= schedule.MOST_TRIES:
            outcome = "failed"
        if not _is_wanted(session, page):
            outcome = "withdrawn"
        if outcome == "taken" and page.article.source.blocked_at is not None:
            outcome = None  # asked for again when the source is unblocked
        if outcome is None:
            page.error = (result.error or "")[:LONGEST_ERROR]
            page.due_at = now + max(self._wait(page.tries), result.retry_after)
            return None
        if outcome == "taken" and result.page is not None:
            fields = fields_of(result.page, _known(page), now)
            complete_in(session, self.hooks, _arrival_of(page.article), fields, now=now)
            page.is_taken = True
        _finish(session, page, outcome, result.error)
        return outcome

    def _wait(self, tries: int) -> timedelta:
        return jittered(schedule.wait_after(tries), self.chance())


def _failed(fault: Fault) -> PageResult:
    return PageResult(error=str(fault))


def _named(lease: PageLease) -> dict[str, object]:
    return {"article_id": lease.article_id, "host": lease.host}


def _read_ahead(lease: PageLease, result: PageResult, now: datetime) -> None:
    session = db.session()
    page = queries.page_of(session, lease.article_id)
    if page is not None and result.page is not None and result.outcome == "taken":
        article, fields = page.article, fields_of(result.page, _known(page), now)
        read_amended(article.source.slug, article.external_id, fields, now)


def _release_host(host: PageHost, result: PageResult, now: datetime) -> None:
    host.lease_until = None
    host.next_at = now + max(result.pause, result.retry_after)


def _finish(session: Session, page: ArticlePage, outcome: Outcome, error: str | None) -> None:
    page.outcome, page.error = outcome, error[:LONGEST_ERROR] if error else None
    count(session, page.source_id, outcome)


def _is_wanted(session: Session, page: ArticlePage) -> bool:
    is_gone = page.article.unpublished_at is not None
    return not is_gone and queries.is_wanted(session, page.source_id)


def _request_of(page: ArticlePage) -> PageRequest:
    article = page.article
    return PageRequest(
        wanted=Wanted(
            url=article.source_url,
            title=article.title,
            text=None if page.is_taken else f"{article.summary}\n{article.body_text}",
            languages=frozenset({code_of(article.language) or article.language}),
            is_corrected=article.edited_at is not None,
        ),
        ports=frozenset(page.feed.port_numbers),
    )


def _with_languages(request: PageRequest) -> PageRequest:
    """Add the language that the feed's text looks like: the declared one may be wrong."""
    wanted = request.wanted
    looks_like = guess(f"{wanted.title}\n{wanted.text or ''}"[:1_000])
    languages = wanted.languages | ({looks_like} if looks_like else frozenset())
    return replace(request, wanted=replace(wanted, languages=languages))


def _known(page: ArticlePage) -> Known:
    article = page.article
    return Known(
        summary=article.summary,
        has_image=article.image_url is not None,
        has_authors=bool(article.authors),
        has_category=article.category_id is not None,
        is_dated=page.is_dated,
    )


def _arrival_of(article: Article) -> Arrival:
    return Arrival(source=article.source.slug, external_id=article.external_id)
