"""WordPress's export file (WXR, an RSS with `wp:` elements): bytes to posts. Pure."""

from collections.abc import Iterable, Mapping

from lxml import etree

from backend.ingest import encodings, xml_bytes
from backend.ingest.cms.post import Posts, in_utc, left_out, posts_of
from backend.ingest.cms.wordpress import NO_CATEGORY
from backend.ingest.elements import Children, Element, children_of, first_text, named, text_of
from backend.ingest.entities import ForbiddenXml
from backend.ingest.entry import Entry, FeedError
from backend.ingest.titles import title_of
from backend.newsroom.draft import AuthorDraft
from backend.text.images import Image
from backend.text.web_address import absolute


def read(body: bytes) -> Posts:
    """The published posts of an export; drafts, pages and menus are passed over.

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
    return posts_of(
        [item for item in items if _is_published_post(item)],
        lambda item: _entry(item, files, people, home or ""),
        title=title_of(first_text(about, "title")),
        home_url=home,
        language=first_text(about, "language").lower()[:35] or None,
    )


def _root(text: str) -> Element:
    try:
        root, _ = xml_bytes.tree_of(xml_bytes.document_of(text))
    except ForbiddenXml as refusal:
        raise FeedError(f"refused: {refusal}") from refusal
    if root is None:
        raise FeedError("this is no XML that can be read")
    return root


def _is_published_post(item: Children) -> bool:
    is_post = first_text(item, "wp:post_type") == "post"
    return is_post and first_text(item, "wp:status") == "publish"


def _files(items: Iterable[Children]) -> Mapping[str, str]:
    """The addresses of attachments by their ids."""
    return {
        first_text(item, "wp:post_id"): url
        for item in items
        if (url := first_text(item, "wp:attachment_url"))
    }


def _people(about: Children) -> Mapping[str, str]:
    """The names of authors by what they log in with."""
    found = (children_of(each) for each in about.get("wp:author", ()))
    return {
        first_text(each, "wp:author_login"): first_text(each, "wp:author_display_name")
        for each in found
    }


def _entry(item: Children, files: Mapping[str, str], people: Mapping[str, str], home: str) -> Entry:
    title, link = first_text(item, "title"), first_text(item, "link")
    if first_text(item, "wp:post_password"):
        raise left_out(title, "it is protected by a password")
    published = in_utc(first_text(item, "wp:post_date_gmt")) or first_text(item, "pubdate") or None
    updated = in_utc(first_text(item, "wp:post_modified_gmt"))
    login = first_text(item, "dc:creator")
    author = people.get(login) or login
    return Entry(
        guid=first_text(item, "guid") or link or None,
        link=absolute(link, home),
        title=title_of(title),
        summary=first_text(item, "excerpt:encoded", "description") or None,
        content=_paragraphs(first_text(item, "content:encoded")) or None,
        published=published or updated,
        updated=updated,
        dates=(published,) if published else (),
        updates=(updated,) if updated else (),
        categories=tuple(_categories(item)),
        images=tuple(_pictures(item, files)),
        authors=(AuthorDraft(author[:200]),) if author else (),
    )


def _paragraphs(written: str) -> str:
    """What the old editor wrote has empty lines for paragraphs; the site adds the tags itself."""
    if "<p" in written or "<!-- wp:" in written:
        return written
    return "".join(f"<p>{part}</p>" for part in written.split("\n\n") if part.strip())


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
