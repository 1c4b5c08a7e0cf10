"""Takes over into an article what its page has: the text, and what its feed left out. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from backend.ingest.pages.page import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The state of an article without its page. `summary` stays the feed's where there is one."""

    summary: str
    has_image: bool
    has_authors: bool
    has_category: bool
    is_dated: bool


def fields_of(page: Page, known: Known, now: datetime) -> dict[str, Any]:
    """Return the fields of an article that its page gives; a date to come counts as none."""
    fields: dict[str, Any] = {"body_html": page.body_html, "summary": known.summary or None}
    if page.image is not None and not known.has_image:
        fields["image"] = asdict(page.image)
    if page.authors and not known.has_authors:
        fields["authors"] = [asdict(each) for each in page.authors]
    if page.category and not known.has_category:
        fields["category"] = page.category
    if page.published_at is not None and not known.is_dated and page.published_at <= now:
        fields["published_at"] = page.published_at
    return fields
