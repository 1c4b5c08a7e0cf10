"""Cards: an article's summary pre-rendered as JSON, once per change."""

from urllib.parse import quote

import orjson
from sqlalchemy.orm import Session

from backend.catalog.slug import slug_of
from backend.tables.newsroom import Article, Source, Story
from schemas.feed import ArticleSummary

_SCHEMA = ArticleSummary()


def article_path(article: Article) -> str:
    return path_of_article(article.public_id, article.title)


def path_of_article(public_id: str, title: str) -> str:
    """The article's page on our site; the slug is there for people, the id decides."""
    return f"/article/{public_id}/{quote(slug_of(title), safe='')}"


def path_of_story(public_id: str, title: str) -> str:
    """Return a story's page, with the title of its first article as slug; the id decides."""
    return f"/story/{public_id}/{quote(slug_of(title), safe='')}"


def refresh_card(session: Session, *articles: Article) -> None:
    """Dump summaries again. Relationships must be loaded as they are to be shown."""
    session.flush()
    for article in articles:
        article.card = orjson.dumps(_SCHEMA.dump(_values(article))).decode()


def card_in_story(card: str, story: Story | None) -> str:
    """The card of an article of which nothing but its story changed.

    Inside a JSON string every quote is escaped, so what is looked for only ever is a member.
    """
    if '"story":' + orjson.dumps(_story(story)).decode() in card:
        return card
    return orjson.dumps(orjson.loads(card) | {"story": _story(story)}).decode()


def terms_of(source: Source, source_url: str) -> dict[str, object]:
    """Return what the source asks for beside its articles, such as an attribution; may be empty."""
    terms: dict[str, object] = {}
    if source.canonical == "theirs":
        terms["canonical_url"] = source_url
    if source.attribution:
        terms["attribution"] = source.attribution
    return terms


def with_site(cards: bytes, public_url: str) -> bytes:
    """Cards whose own addresses are absolute.

    Inside a JSON string every quote is escaped, so these bytes only ever are a `url` member.
    """
    return cards.replace(b'"url":"/', b'"url":"' + public_url.encode() + b"/")


def _values(article: Article) -> dict[str, object]:
    return {
        "id": article.public_id,
        "url": article_path(article),
        "source_url": article.source_url,
        "title": article.title,
        "summary": article.summary,
        "authors": article.authors,
        "image": _image(article),
        "source": article.source,
        "category": article.category,
        "tags": [tagged.tag.name for tagged in article.tags],
        "language": article.language,
        "published_at": article.published_at,
        "updated_at": article.updated_at,
        "breaking": article.breaking,
        "corrected_at": article.corrected_at,
        "story": _story(article.story),
        "screen": {
            "name": "article",
            "params": {"id": article.public_id, "slug": slug_of(article.title)},
        },
        **terms_of(article.source, article.source_url),
    }


def _image(article: Article) -> dict[str, object] | None:
    if article.image_url is None:
        return None
    return {
        "url": article.image_url,
        "width": article.image_width,
        "height": article.image_height,
        "alt": article.image_alt,
    }


def _story(story: Story | None) -> dict[str, object] | None:
    return {"id": story.public_id, "source_count": story.source_count} if story else None
