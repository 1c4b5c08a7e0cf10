"""WordPress's REST API (developer.wordpress.org/rest-api/reference/posts): JSON to posts. Pure.

Asked with `_embed`, a post brings its authors, terms and picture along. Its `guid` is the one of
the site's own feed: the feed can be polled afterwards and repeats nothing.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from backend.ingest.cms.post import Fields, Posts, in_utc, left_out, objects, posts_of, text
from backend.ingest.parsing.entry import Entry, FeedError
from backend.ingest.parsing.titles import html_title
from backend.newsroom.draft import AuthorDraft
from backend.text.images import Image
from backend.text.web_address import absolute

PER_PAGE = 50  # with everything embedded, a hundred can be larger than an answer may be
# The category of posts that were given none.
NO_CATEGORY = "uncategorized"


def page_path(number: int, *, is_plain: bool) -> str:
    """Return the path of a page of posts; `is_plain` where the site rewrites no addresses."""
    wanted = f"per_page={PER_PAGE}&page={number}&orderby=date&order=asc&_embed=1"
    return f"?rest_route=/wp/v2/posts&{wanted}" if is_plain else f"wp-json/wp/v2/posts?{wanted}"


def is_end(status: int, body: bytes) -> bool:
    """Whether this answer says that there are fewer pages."""
    return status == 400 and b"rest_post_invalid_page_number" in body


def read(body: bytes, *, total: str, pages: str, number: int) -> Posts:
    """Read the posts of an answer; `total` and `pages` are what its headers say.

    Raises:
        FeedError: this is no list of posts.
    """
    try:
        items = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FeedError("this is no answer of WordPress's REST API") from error
    if not isinstance(items, list):
        raise FeedError("this is no list of posts")
    return posts_of(
        objects(items),
        _entry,
        total=int(total) if total.isdigit() else None,
        is_last=len(items) < PER_PAGE or (pages.isdigit() and number >= int(pages)),
    )


def _entry(post: Fields) -> Entry:
    title = text(post, "title", "rendered") or ""
    content = post.get("content")
    if isinstance(content, dict) and content.get("protected") is True:
        raise left_out(title, "it is protected by a password")
    published, updated = (in_utc(text(post, name)) for name in ("date_gmt", "modified_gmt"))
    link = text(post, "link")
    return Entry(
        guid=text(post, "guid", "rendered") or link,
        link=absolute(link, "") if link else None,
        title=html_title(title),
        summary=text(post, "excerpt", "rendered"),
        content=text(post, "content", "rendered"),
        published=published or updated,
        updated=updated,
        dates=(published,) if published else (),
        updates=(updated,) if updated else (),
        categories=tuple(_terms(post)),
        images=tuple(_pictures(post)),
        authors=tuple(_authors(post)),
    )


def _embedded(post: Fields, name: str) -> Any:
    found = post.get("_embedded")
    return found.get(name) if isinstance(found, dict) else None


def _terms(post: Fields) -> Iterable[str]:
    """Yield the categories, then the tags. A site may hide them."""
    lists = _embedded(post, "wp:term")
    terms = [term for each in lists for term in objects(each)] if isinstance(lists, list) else []
    for taxonomy in ("category", "post_tag"):
        for term in terms:
            name = text(term, "name")
            if term.get("taxonomy") == taxonomy and term.get("slug") != NO_CATEGORY and name:
                yield html_title(name)[:100]


def _pictures(post: Fields) -> Iterable[Image]:
    for media in objects(_embedded(post, "wp:featuredmedia")):
        if url := text(media, "source_url"):
            size = media.get("media_details")
            width, height = (_pixels(size, name) for name in ("width", "height"))
            yield Image(url, width, height, text(media, "alt_text"))


def _pixels(size: Any, name: str) -> int | None:
    found = size.get(name) if isinstance(size, dict) else None
    return found if isinstance(found, int) and 0 < found < 100_000 else None


def _authors(post: Fields) -> Iterable[AuthorDraft]:
    """Yield the authors. Many sites hide who writes: then an error stands in their place."""
    for person in objects(_embedded(post, "author")):
        if name := text(person, "name"):
            yield AuthorDraft(html_title(name)[:200], absolute(text(person, "link") or "", ""))
