"""Reads the posts of a site page by page, or those of an export file."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

from backend.ingest.cms import ghost, wordpress, wxr
from backend.ingest.cms.post import Posts
from backend.ingest.parsing.entry import FeedError
from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import Fetched, FetchError

System = Literal["wordpress", "ghost"]
# A page has fifty whole articles.
PAGE_BYTES, PAGE_DEADLINE_S = 30_000_000, 60.0
LARGEST_FILE_BYTES = 200_000_000
# Sent as a secret: like the key, no other origin gets it after a redirect.
_GHOST = {"Accept-Version": "v5.0"}
Numbered = Iterator[tuple[int, Posts]]


class PageFailed(Exception):
    """A page that could not be read; those before it were."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"page {number}: {reason}")
        self.number = number


def site_pages(
    system: System, site: str, policy: FetchPolicy, *, key: str | None, first: int
) -> Numbered:
    """Yield the pages of a site's API from this one on, the oldest posts first.

    Raises:
        PageFailed: one cannot be read.
    """
    policy = replace(
        policy, body_bytes=PAGE_BYTES, wire_bytes=PAGE_BYTES, deadline_s=PAGE_DEADLINE_S
    )
    base, number = site.rstrip("/") + "/", first
    page = _wordpress(base, policy) if system == "wordpress" else _ghost(base, key or "", policy)
    while True:
        try:
            posts = page(number)
        except (FetchError, FeedError) as error:
            raise PageFailed(number, str(error)) from error
        yield number, replace(posts, home_url=site)
        if posts.is_last:
            return
        number += 1


def file_posts(path: Path, *, site: str | None) -> Posts:
    """Read the posts of an export file of either system.

    Raises:
        FeedError: it is none, or one that needs the site's address.
    """
    if path.stat().st_size > LARGEST_FILE_BYTES:
        raise FeedError(f"the file is larger than {LARGEST_FILE_BYTES:,} bytes: export it in parts")
    body = path.read_bytes()
    if not body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        return wxr.read(body)
    if site is None:
        raise FeedError("an export of Ghost does not say where it was: give the --site")
    return ghost.read_export(body, site.rstrip("/"))


def _wordpress(base: str, policy: FetchPolicy) -> Callable[[int], Posts]:
    """Return a page reader; where addresses are not rewritten, the API is behind a parameter."""
    is_plain = False

    def page(number: int) -> Posts:
        nonlocal is_plain
        answer = fetch.get(base + wordpress.page_path(number, is_plain=is_plain), policy)
        if answer.status == 404 and not is_plain:
            is_plain = True
            answer = fetch.get(base + wordpress.page_path(number, is_plain=True), policy)
        if wordpress.is_end(answer.status, answer.body):
            return Posts(entries=())
        _need_success(answer)
        total, pages = (answer.headers.get(f"x-wp-{name}", "") for name in ("total", "totalpages"))
        return wordpress.read(answer.body, total=total, pages=pages, number=number)

    return page


def _ghost(base: str, key: str, policy: FetchPolicy) -> Callable[[int], Posts]:
    def page(number: int) -> Posts:
        answer = fetch.get(base + ghost.page_path(number, key), policy, secrets=_GHOST)
        _need_success(answer)
        return ghost.read(answer.body)

    return page


def _need_success(answer: Fetched) -> None:
    if answer.status != 200:
        raise FeedError(f"the server answered {answer.status}")
