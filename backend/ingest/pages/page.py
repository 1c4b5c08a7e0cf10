"""An article's page as it was read: its text as markup and what it says of itself. Pure."""

from dataclasses import dataclass
from datetime import datetime

from backend.newsroom.draft import AuthorDraft, ImageDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it was read. `title` has all its titles; `is_free` is None when it does not say."""

    url: str
    title: str
    body_html: str
    text: str
    image: ImageDraft | None = None
    authors: tuple[AuthorDraft, ...] = ()
    category: str | None = None
    published_at: datetime | None = None
    language: str | None = None
    is_free: bool | None = None
