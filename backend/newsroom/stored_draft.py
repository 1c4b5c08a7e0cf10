"""Converts a stored article to the draft that a correction amends."""

from backend.newsroom.article_text import content_of
from backend.newsroom.draft import ArticleDraft, AuthorDraft, ImageDraft, MediaDraft
from backend.tables.newsroom import Article
from backend.tagging import service as tagging


def draft_of(article: Article) -> ArticleDraft:
    """Return the draft of the article as it is now.

    A summary that we made from the text is left out, so that it follows a corrected text.
    """
    made = content_of(ArticleDraft(title="", url="", body_html=article.body_html)).summary
    image = article.image_url and ImageDraft(
        article.image_url, article.image_width, article.image_height, article.image_alt
    )
    return ArticleDraft(
        title=article.title,
        url=article.source_url,
        summary=None if article.summary == made else article.summary,
        body_html=article.body_html,
        image=image or None,
        category=article.category.name if article.category else None,
        tags=tagging.publisher_tags(article),
        language=article.language,
        published_at=article.published_at,
        embargo_until=article.embargo_until,
        breaking=article.breaking,
        authors=tuple(AuthorDraft(**each) for each in article.authors),
        media=tuple(MediaDraft(**each) for each in article.media),
    )
