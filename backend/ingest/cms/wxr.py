"""WordPress's export file (WXR, an RSS with `wp:` elements): bytes to posts. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping

from lxml import etree

from backend.ingest.cms.classic import markup_of
from backend.ingest.cms.post import Posts, in_utc, left_out, posts_of
from backend.ingest.cms.wordpress import NO_CATEGORY
from backend.ingest.parsing import encodings, xml_bytes, xml_tree
from backend.ingest.parsing.elements import (
    Children,
    Element,
    children_of,
    first_text,
    named,
    text_of,
)
from backend.ingest.parsing.entities import ForbiddenXml
from backend.ingest.parsing.entry import Entry, FeedError
from backend.ingest.parsing.titles import title_of
from backend.newsroom.draft import AuthorDraft
from backend.text.images import Image
from backend.text.web_address import absolute

_POST = "post"


def read(body: bytes) -> Posts:
    """Read the published posts of an export; all else but files is passed over and counted.

    Raises:
        FeedError: this is no export of WordPress.
    """
    root = _root(encodings.decoded(body).text)
    channel = next((each for each in root.iter(etree.Element) if named(each) == "channel"), None)
    about = {} if channel is None else children_of(channel)
    if "wp:wxr_version" not in about:
        raise FeedError("this is XML, but no export of WordPress: it has no wp:wxr_version")
    items = [children_of(each) for each in about.get("item", ())]
    files, people = _files(items), _people(about)
    home = first_text(about, "wp:base_blog_url", "link") or None
    kinds = [_kind(item) for item in items]
    return posts_of(
        [item for item, kind in zip(items, kinds, strict=True) if kind == _POST],
        lambda item: _entry(item, files, people, home or ""),
        passed_over=Counter(kind for kind in kinds if kind not in {_POST, "attachment"}),
        title=title_of(first_text(about, "title")),
        home_url=home,
        language=first_text(about, "language").lower()[:35] or None,
    )


def _root(text: str) -> Element:
    try:
        root, _ = xml_tree.tree_of(xml_bytes.document_of(text))
    except ForbiddenXml as refusal:
        raise FeedError(f"refused: {refusal}") from refusal
    if root is None:
        raise FeedError("this is no XML that can be read")
    return root


def _kind(item: Children) -> str:
    """Return the kind of an item; for a post that is not published its state, such as `draft`."""
    kind, status = first_text(item, "wp:post_type"), first_text(item, "wp:status")
    return (kind if status == "publish" else status) if kind == _POST else kind


def _files(items: Iterable[Children]) -> Mapping[str, str]:
    """Return the addresses of attachments by their ids."""
    return {
        first_text(item, "wp:post_id"): url
        for item in items
        if (url := first_text(item, "wp:attachment_url"))
    }


def _people(about: Children) -> Mapping[str, str]:
    """Return the names of authors by their log-in names."""
    found = (children_of(each) for each in about.get("wp:author", ()))
    return {
        first_text(each, "wp:author_login"): first_text(each, "wp:author_display_name")
        for each in found
    }


def _entry(item: Children, files: Mapping[str, str], people: Mapping[str, str], home: str) -> Entry:
    title, link = first_text(item, "title"), first_text(item, "link")
    if first_text(item, "wp:post_password"):
        raise left_out(title, "it is protected by a password")
    published, updated = _published(item), in_utc(first_text(item, "wp:post_modified_gmt"))
    return Entry(
        guid=first_text(item, "guid") or link or None,
        link=absolute(link, home),
        title=title_of(title),
        summary=first_text(item, "excerpt:encoded", "description") or None,
        content=markup_of(first_text(item, "content:encoded"), files) or None,
        published=published or updated,
        updated=updated,
        dates=(published,) if published else (),
        updates=(updated,) if updated else (),
        categories=tuple(_categories(item)),
        images=tuple(_pictures(item, files)),
        authors=tuple(AuthorDraft(name[:200]) for name in _authors(item, people)),
    )


def _published(item: Children) -> str | None:
    """Return when a post was published. Some have a time by the site's clock alone, and the year
    -0001 in `pubDate`.
    """
    told = first_text(item, "pubdate")
    in_feed = told if told and "-0001" not in told else None
    own, local = (in_utc(first_text(item, f"wp:post_date{end}")) for end in ("_gmt", ""))
    return own or in_feed or local


def _authors(item: Children, people: Mapping[str, str]) -> Iterable[str]:
    """Return who logged in; where the extension Co-Authors Plus names several, return these."""
    login = first_text(item, "dc:creator")
    several = [
        title_of(text_of(element))
        for element in item.get("category", ())
        if element.get("domain") == "author"
    ]
    return filter(None, several or [people.get(login) or login])


def _categories(item: Children) -> Iterable[str]:
    for domain in ("category", "post_tag"):
        for element in item.get("category", ()):
            name = title_of(text_of(element))
            is_named = element.get("domain") == domain and element.get("nicename") != NO_CATEGORY
            if is_named and name:
                yield name[:100]


def _pictures(item: Children, files: Mapping[str, str]) -> Iterable[Image]:
    for element in item.get("wp:postmeta", ()):
        meta = children_of(element)
        url = files.get(first_text(meta, "wp:meta_value"))
        if first_text(meta, "wp:meta_key") == "_thumbnail_id" and url:
            yield Image(url)
