"""The page of one article, which each of its forms leads back to."""

from datetime import timedelta
from typing import Any

from flask import Response, request

from backend.console.shell import POLICY, page
from backend.core.db import db
from backend.core.problems import NotFound, Problem
from backend.http.auth import caller
from backend.http.context import current_context
from backend.newsroom import takedown
from backend.newsroom.article_names import own_article
from backend.newsroom.article_values import detailed_values
from backend.newsroom.pins import lists_of
from backend.tables.newsroom import Article
from backend.text.direction import direction_of
from backend.web.cards import picture_url
from backend.web.prose import set_for_page

# The time that is offered for a pin.
PINNED_FOR = timedelta(hours=6)
# Publishers' pictures are shown as readers see them.
WITH_PICTURES = POLICY.replace("img-src 'self'", "img-src 'self' https:")


def article_page(article_id: str, status: int = 200, **context: Any) -> Response:
    """Everything about the article; `error` stands beside the form that `place` names."""
    article, session, here = own_article(article_id), db.session(), current_context()
    site, is_blocked = here.settings.public_url, article.source.blocked_at is not None
    values = detailed_values(session, here.hooks, article, site)
    answer = page(
        "console/article.html",
        status,
        article=values,
        text=set_for_page(values["body_html"] or "", site, None, leads=False),
        picture=picture_url(article.image_url, site) if article.image_url else None,
        picture_alt=article.image_alt or "",
        direction_of_text=direction_of(article.language),
        pin_lists=lists_of(session, article),
        pin_until=here.now() + PINNED_FOR,
        may_edit=values["state"] != "taken_down" and (is_editor() or not is_blocked),
        is_blocked=is_blocked,
        why_not_restored=_why_not_restored(article),
        is_editor=is_editor(),
        done=request.args.get("done"),
        about=request.args.get("about", ""),
        **context,
    )
    answer.headers["Content-Security-Policy"] = WITH_PICTURES
    return answer


def is_editor() -> bool:
    return "editor" in caller().roles


def refused_status(error: Problem) -> int:
    """Return the status of a form that is refused.

    Raises:
        NotFound: something is not there, or not the person's: that is no fault of a form.
    """
    if isinstance(error, NotFound):
        raise error
    return 422 if error.status in {400, 409, 410, 422} else error.status


def _why_not_restored(article: Article) -> str | None:
    """Return why the article cannot be restored; None when nothing keeps it down."""
    if article.unpublished_at is None:
        return None
    try:
        takedown.refuse_restoring(article, current_context().now())
    except Problem as refusal:
        return str(refusal)
    return None
