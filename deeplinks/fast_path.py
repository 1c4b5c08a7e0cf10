"""Fast path of the links, answered before Flask: `/download`, short links, association files.

A surge of visitors or verifiers costs neither a database nor the request machinery: what is the
same for many was made once, and what is counted is written later.
"""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import NamedTuple

from backend.core.compression import SMALLEST_BYTES, compressed, encoding_for
from backend.feed.kept_values import KeptValues
from backend.http.context import Clock
from backend.http.fast_path import NON_BLOCKING, Environ, FastResponse, plain_query
from backend.http.spoken import spoken_language
from deeplinks.counts.buffer import CountBuffer
from deeplinks.counts.values import Click
from deeplinks.downloads.answers import FOUND, Downloads, page_key
from deeplinks.downloads.answers import ROUTE as DOWNLOAD
from deeplinks.downloads.plan import DownloadPlan, download_plan, redirect_headers, wants_page
from deeplinks.routing.context import CACHE, LinkContext, StaticDocument
from deeplinks.routing.settings import LinkSettings
from deeplinks.short_links.following import followed
from deeplinks.short_links.link import Link, code_of
from deeplinks.short_links.targets import Visitor, reads_language, visitor_of
from deeplinks.visitors.client import client_of, language_of
from deeplinks.visitors.forwarding import OWN, free_parameters

APPLE = "/.well-known/apple-app-site-association"
ANDROID = "/.well-known/assetlinks.json"
SHORT, SHORT_ROUTE = "/l/", "/l/<code>"
# Cached queries, with kinds of visitors for short links. Longer ones go to Flask, uncached.
QUERIES_CACHED, LONGEST_QUERY = 4096, 1_000
_READING = ("GET", "HEAD")


Handler = Callable[[Environ], FastResponse | None]


class Led(NamedTuple):
    """The campaign and the answer of a short link for a kind of visitor."""

    campaign: str | None
    answer: FastResponse


class LinkAnswers:
    """Answers of the links, decided as the views do; never raises."""

    def __init__(
        self,
        links: LinkContext,
        downloads: Downloads,
        short_links: KeptValues[Link],
        counts: CountBuffer,
        clock: Clock,
    ) -> None:
        self._downloads = downloads
        self._short_links = short_links
        self._counts = counts
        self._clock = clock
        self._hosts = frozenset(links.settings.own_hosts)
        self._documents = {
            APPLE: _variants(APPLE, links.apple),
            ANDROID: _variants(ANDROID, links.android),
        }
        self._plan_of = lru_cache(maxsize=QUERIES_CACHED)(partial(_plan, links))
        self._led = lru_cache(maxsize=QUERIES_CACHED)(partial(_led, links.settings))

    def answer(self, environ: Environ) -> FastResponse | None:
        """Answer from memory; return None to leave the request to Flask."""
        handler = self._handler_of(environ["PATH_INFO"])
        if handler is None or environ["REQUEST_METHOD"] not in _READING:
            return None
        if len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
            return None
        if environ.get("HTTP_HOST", "").partition(":")[0].lower() not in self._hosts:
            return None
        return handler(environ)

    def _handler_of(self, path: str) -> Handler | None:
        if path == DOWNLOAD:
            return self._download
        if path.startswith(SHORT):
            return self._short_link
        return self._document if path in self._documents else None

    def _document(self, environ: Environ) -> FastResponse | None:
        if environ.get("HTTP_IF_NONE_MATCH") or environ.get("QUERY_STRING"):
            return None
        encoding = encoding_for(environ.get("HTTP_ACCEPT_ENCODING", "")) or ""
        return self._documents[environ["PATH_INFO"]].get(encoding)

    def _download(self, environ: Environ) -> FastResponse | None:
        plan = self._plan_of(environ.get("QUERY_STRING", ""))
        if plan is None:
            return None
        client, now = client_of(environ.get("HTTP_USER_AGENT", "")), self._clock()
        if not wants_page(environ.get("HTTP_ACCEPT", "")):
            redirect = self._downloads.redirect(plan, client.destination, now)
            if redirect is not None:
                return redirect
        key = page_key(plan, client, spoken_language(environ))
        accepted = environ.get("HTTP_ACCEPT_ENCODING", "")
        return self._downloads.kept_page(key, plan, client, accepted, now)

    def _short_link(self, environ: Environ) -> FastResponse | None:
        code = code_of(environ["PATH_INFO"].removeprefix(SHORT))
        link = self._short_links.find(code, non_blocking=NON_BLOCKING in environ)
        client, now = client_of(environ.get("HTTP_USER_AGENT", "")), self._clock()
        if link is None or link.state(now) != "live" or not client.is_person:
            return None
        accepted = environ.get("HTTP_ACCEPT_LANGUAGE", "") if reads_language(link.rules) else ""
        visitor = visitor_of(client.destination, language_of(accepted))
        led = self._led(link, visitor, environ.get("QUERY_STRING", ""))
        if led is None:
            return None
        self._counts.add(Click(at=now, code=link.code, campaign=led.campaign))
        return led.answer


def _plan(links: LinkContext, query: str) -> DownloadPlan | None:
    """Parse the query; return None where Flask has to read it."""
    given = plain_query(query)
    if given is None:
        return None
    forwarded = free_parameters(query) if given.keys() - OWN else ()
    return download_plan(links.target_of, given.get("to"), given.get("campaign"), forwarded)


def _led(settings: LinkSettings, link: Link, visitor: Visitor, query: str) -> Led | None:
    """Follow the link; return None where Flask has to read the query, or explains."""
    given = plain_query(query)
    if given is None or given.get("explain") == "1":
        return None
    wants_app = given.get("app") == "1"
    forwarded = free_parameters(query)
    led = followed(settings, link, visitor, wants_app=wants_app, forwarded=forwarded)
    headers = (("Location", led.location), *redirect_headers(led.vary), ("Content-Length", "0"))
    return Led(led.campaign, FastResponse(SHORT_ROUTE, FOUND, headers))


def _variants(route: str, document: StaticDocument | None) -> dict[str, FastResponse]:
    """Return the document plain and compressed; nothing when it is not configured."""
    if document is None:
        return {}
    found = {"": _file(route, document.body, f'"{document.etag}"', "")}
    if len(document.body) < SMALLEST_BYTES:
        return found | dict.fromkeys(("br", "gzip"), found[""])
    for name in ("br", "gzip"):
        body = compressed(document.body, name)
        found[name] = _file(route, body, f'W/"{document.etag}"', name)
    return found


def _file(route: str, body: bytes, etag: str, encoding: str) -> FastResponse:
    headers = (
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("ETag", etag),
        ("Cache-Control", CACHE),
        ("Vary", "Accept-Encoding"),
        *((("Content-Encoding", encoding),) if encoding else ()),
    )
    return FastResponse(route, "200 OK", headers, body)
