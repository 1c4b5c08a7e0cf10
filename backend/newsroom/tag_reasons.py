"""Reasons of an article's tags: the rule, the words read and where, who else used the name."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from backend.tables.newsroom import Article, ArticleTag
from backend.tagging import evidence
from backend.tagging.learning import BY_SHORT_FORM
from backend.tagging.reasons import Word, short_words, words_by_key


def reasons(article: Article, session: Session) -> dict[str, Any]:
    """Every tag of an article with its reason."""
    words = words_by_key(article.title, article.summary, article.body_text, article.language)
    return {"tags": [_reason(session, each, words) for each in article.tags]}


def _reason(session: Session, tagged: ArticleTag, words: dict[str, list[Word]]) -> dict[str, Any]:
    tag = tagged.tag
    found: Sequence[Word] = words.get(tag.key, ())
    if not found and tagged.rule == BY_SHORT_FORM:
        found = short_words(tag.name, words)
    return {
        "name": tag.name,
        "kind": tag.kind,
        "state": tag.state,
        "rule": tagged.rule,
        "score": tagged.score,
        "found": [each._asdict() for each in found],
        "used_by": [
            {"source": source, "as_keyword": as_keyword}
            for source, as_keyword in evidence.publishers_of(session, tag.key)
        ],
    }
