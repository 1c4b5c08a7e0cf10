"""Create, look up, count and import short links."""

import secrets
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from backend.core.db import db, insert_ignore, transaction
from deeplinks import queries
from deeplinks.legacy import ImportedLink
from deeplinks.models import ShortLink

_CODE_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that are mistaken for another
_CODE_LENGTH = 8


def shorten(path: str, campaign: str | None, *, now: datetime) -> str:
    """A new code for a path of the route table."""
    while True:
        code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        try:
            with transaction() as session:
                session.add(ShortLink(code=code, path=path, campaign=campaign, created_at=now))
        except IntegrityError:
            continue
        return code


def import_links(links: Iterable[ImportedLink], *, now: datetime) -> int:
    """Import links that were made elsewhere (idempotent); the number of new ones."""
    with transaction() as session:
        return sum(
            insert_ignore(
                session,
                ShortLink,
                code=link.code,
                path=link.path,
                campaign=link.campaign,
                created_at=now,
            )
            for link in links
        )


def short_link(code: str) -> tuple[str, str | None] | None:
    """The target path and the campaign of a code."""
    link = queries.short_link(db.session(), code)
    return (link.path, link.campaign) if link is not None else None


def count_click(code: str, *, now: datetime) -> None:
    with transaction() as session:
        queries.count(session, now.date(), "click", code)
