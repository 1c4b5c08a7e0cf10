"""Stores an editor's choices of tags for one article, in the caller's transaction."""

from datetime import datetime

from sqlalchemy.orm import Session

from backend.catalog.tag_names import display_name, key_of, problem_of
from backend.core.problems import Conflict, Invalid
from backend.newsroom.draft import Edit
from backend.tables.newsroom import Article
from backend.tagging import choices, evidence


def choose_tags(session: Session, article: Article, edit: Edit, *, by: str, now: datetime) -> None:
    """Store the tags that an edit adds to the article or removes from it.

    Raises:
        Invalid: this cannot be a tag's name.
        Conflict: a tag that is wanted is forbidden.
    """
    for field, names in (("add_tags", edit.add_tags), ("remove_tags", edit.remove_tags)):
        for name in names:
            _check(session, article, field, name)
        is_wanted = field == "add_tags"
        choices.choose(session, article.id, names, is_wanted=is_wanted, by=by, now=now)


def _check(session: Session, article: Article, field: str, name: str) -> None:
    shown = display_name(name.strip().lstrip("#"))
    message = problem_of(shown)
    if message is not None:
        raise Invalid.field(field, f"{message}.")
    if field == "add_tags" and evidence.banned(session, [key_of(shown)], article.source_id):
        raise Conflict(f"{name} is forbidden. Allow it first.")
