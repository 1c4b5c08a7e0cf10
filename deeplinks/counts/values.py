"""Events of links that are counted, with kind and label of their daily counts. Pure."""

from dataclasses import dataclass
from datetime import datetime

DOWNLOAD, ORPHAN = "download", "orphan"
KINDS = (DOWNLOAD, "claim", "installation", "follow")
CLICK = "click:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A visitor who is shown the way to a store. Nothing says who it was."""

    at: datetime
    store: str
    path: str
    campaign: str | None

    @property
    def counted_under(self) -> tuple[str, str]:
        """The kind and label of its daily count."""
        return DOWNLOAD, self.campaign or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """A visitor, or an app, that followed a short link."""

    at: datetime
    code: str
    campaign: str | None

    @property
    def counted_under(self) -> tuple[str, str]:
        return clicks_of(self.code), self.campaign or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """A hit on a code that is no link: a misprint, or a link that was removed."""

    at: datetime
    code: str

    @property
    def counted_under(self) -> tuple[str, str]:
        return ORPHAN, self.code


Counted = Download | Click | Orphan


def clicks_of(code: str) -> str:
    """Return the kind under which a link's clicks are counted, by campaign."""
    return f"{CLICK}{code}"
