"""Hosts where articles were before they moved here: each old address leads to its article."""

import re
from urllib.parse import quote

from flask import Response, request
from sqlalchemy.orm import Session

from backend.catalog.card import article_path
from backend.catalog.queries import articles_at
from backend.core.db import db
from backend.core.problems import Gone, NotFound
from backend.newsroom.pasted_address import spellings_of
from deeplinks.routing.context import link_context
from deeplinks.routing.hosts import SERVED_EVERYWHERE, asked_host

_DIGITS = re.compile("%[0-9A-F]{2}")
# Permanent redirects are revalidated daily: an article may be taken down.
_FOR_A_DAY = "public, max-age=86400"


def moved_host() -> Response | None:
    """Redirect an address of before, permanently, to where its article is now."""
    settings = link_context().settings
    host = asked_host()
    if host not in settings.moved_hosts or request.path.startswith(SERVED_EVERYWHERE):
        return None
    if request.method not in {"GET", "HEAD"}:
        raise NotFound("There is nothing at this address.")
    query = request.query_string.decode("latin-1")
    path = "/" if request.path == "/" and not query else _new_path(db.session(), host, query)
    headers = {"Location": settings.public_url + path, "Cache-Control": _FOR_A_DAY}
    return Response(status=301, headers=headers)


def _new_path(session: Session, host: str, query: str) -> str:
    """Raises `NotFound` where no article was, and `Gone` where one was taken down."""
    found = articles_at(session, *old_addresses(host, request.path, query))
    if not found:
        raise NotFound("No article was at this address.")
    listed = [article for article in found if article.is_listed]
    if not listed:
        raise Gone("This article was taken down.")
    return article_path(listed[0])


def old_addresses(host: str, path: str, query: str) -> set[str]:
    """Return the spellings of an address: other scripts plain or encoded, hex in either case."""
    encoded = quote(path, safe="/~:@!$&'()*+,;=%")
    end = f"?{query}" if query else ""
    written = {path, encoded, _DIGITS.sub(lambda found: found[0].lower(), encoded)}
    return {each for way in written for each in spellings_of(f"https://{host}{way}{end}")}
