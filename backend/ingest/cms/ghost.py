"""Ghost: its Content API (docs.ghost.org/content-api/posts) and its export file. Pure.

A post's id is the guid of the site's own feed: the feed can be polled afterwards and repeats
nothing. What is for members only is left out.
"""

import html
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urljoin

import orjson

from backend.ingest.cms import ghost_text
from backend.ingest.cms.post import Fields, Posts, in_utc, left_out, objects, posts_of, text
from backend.ingest.parsing.entry import Entry, FeedError
from backend.ingest.parsing.titles import literal_title
from backend.newsroom.draft import AuthorDraft
from backend.text.clean import plain_markup
from backend.text.images import Image

PER_PAGE = 50
# What stands for the site's own address in an export.
OWN = "__GHOST_URL__"


def page_path(number: int, key: str) -> str:
    """Return the address of a page of posts below the site's."""
    wanted = f"limit={PER_PAGE}&page={number}&include=tags,authors&order=published_at%20asc"
    return f"ghost/api/content/posts/?key={quote(key, safe='')}&{wanted}"


def read(body: bytes) -> Posts:
    """Read the posts of an answer of the Content API.

    Raises:
        FeedError: this is none.
    """
    document = _loaded(body, "this is no answer of Ghost's Content API")
    if not isinstance(document.get("posts"), list):
        raise FeedError("this is no answer of Ghost's Content API: it has no posts")
    meta = document.get("meta")
    found = meta.get("pagination") if isinstance(meta, dict) else None
    pages: Fields = found if isinstance(found, dict) else {}
    total = pages.get("total")
    return posts_of(
        objects(document["posts"]),
        lambda post: _entry(post, ""),
        total=total if isinstance(total, int) else None,
        is_last=pages.get("next") is None,
    )


def read_export(body: bytes, site: str) -> Posts:
    """Read the published posts of an export, with the addresses that Ghost gives by itself.

    Raises:
        FeedError: this is no export of Ghost.
    """
    tables = _tables(_loaded(body, "this is no JSON"))
    posts = [_joined(post, tables, site) for post in objects(tables.get("posts"))]
    settings = {each.get("key"): text(each, "value") for each in objects(tables.get("settings"))}
    kinds = [_kind(post) for post in posts]
    return posts_of(
        [post for post, kind in zip(posts, kinds, strict=True) if kind == "published"],
        lambda post: _entry(post, site),
        passed_over=Counter(kind for kind in kinds if kind != "published"),
        title=settings.get("title") or "",
        home_url=site,
        language=settings.get("locale") or settings.get("lang"),
    )


def _loaded(body: bytes, otherwise: str) -> Fields:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise FeedError(otherwise) from error
    if not isinstance(found, dict):
        raise FeedError(otherwise)
    return found


def _tables(document: Fields) -> Fields:
    """Return the tables of an export, which may stand in a list under `db`."""
    inner = next(iter(objects(document.get("db"))), document)
    tables = inner.get("data")
    if not isinstance(tables, dict) or not isinstance(tables.get("posts"), list):
        raise FeedError("this is JSON, but no export of Ghost: it has no table of posts")
    return tables


def _kind(post: Fields) -> str:
    """Return `page` or a post's state: `published`, `draft`, `scheduled`, `sent` (only by mail)."""
    is_page = post.get("type", "post") == "page" or post.get("page")
    return "page" if is_page else text(post, "status") or ""


def _joined(post: Fields, tables: Fields, site: str) -> Fields:
    """Join a post with its metadata, tags and authors, as the API would give it."""
    own = post.get("id")
    meta = next((e for e in objects(tables.get("posts_meta")) if e.get("post_id") == own), {})
    return {
        **meta,
        **post,
        "url": urljoin(f"{site}/", f"{quote(str(post.get('slug') or ''))}/"),
        "tags": _related(tables, "posts_tags", "tag_id", "tags", own),
        "authors": _related(tables, "posts_authors", "author_id", "users", own),
    }


def _related(tables: Fields, by: str, name: str, table: str, post_id: Any) -> list[Fields]:
    rows = {row.get("id"): row for row in objects(tables.get(table))}
    pairs = [each for each in objects(tables.get(by)) if each.get("post_id") == post_id]
    pairs.sort(key=lambda each: each.get("sort_order") or 0)
    return [rows[each[name]] for each in pairs if each.get(name) in rows]


def _entry(post: Fields, site: str) -> Entry:
    title = text(post, "title") or ""
    if text(post, "visibility") not in {None, "public"}:
        raise left_out(title, "it is for members only")
    published, updated = (in_utc(text(post, name)) for name in ("published_at", "updated_at"))
    summary, content = text(post, "custom_excerpt"), text(post, "html")
    return Entry(
        guid=text(post, "id") or text(post, "uuid"),
        link=text(post, "url"),
        title=literal_title(title),
        summary=summary and html.escape(summary, quote=False),
        content=_at(site, content or ghost_text.markup_of(post))
        or plain_markup(text(post, "plaintext") or ""),
        published=published or updated,
        updated=updated,
        dates=(published,) if published else (),
        updates=(updated,) if updated else (),
        categories=tuple(_tags(post)),
        images=tuple(_pictures(post, site)),
        authors=tuple(_authors(post)),
    )


def _at(site: str, written: str | None) -> str | None:
    return written and written.replace(OWN, site.rstrip("/"))


def _tags(post: Fields) -> Iterable[str]:
    """Yield the public tags: those that begin with # are the site's own marks."""
    for tag in objects(post.get("tags")):
        name = text(tag, "name")
        if name and not name.startswith("#") and tag.get("visibility") != "internal":
            yield literal_title(name)[:100]


def _pictures(post: Fields, site: str) -> Iterable[Image]:
    if url := _at(site, text(post, "feature_image")):
        whole = urljoin(f"{site}/", url) if site else url
        yield Image(whole, alt=text(post, "feature_image_alt"))


def _authors(post: Mapping[str, Any]) -> Iterable[AuthorDraft]:
    for person in objects(post.get("authors")):
        if name := text(person, "name"):
            yield AuthorDraft(literal_title(name)[:200], text(person, "url"))
