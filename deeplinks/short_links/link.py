"""Short links as values: codes, states, targets. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deeplinks.short_links.targets import TargetRule

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that are mistaken for another
LENGTH = 8
# Addresses beside `/l/{code}` and `/v1/newsroom/links/{code}`, and words that would mislead.
RESERVED = frozenset(
    (
        *("admin", "api", "campaigns", "clicks", "console", "download", "explain", "health"),
        *("login", "logout", "orphans", "qr", "robots", "settings", "static", "well-known"),
    )
)
_CODE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")

State = Literal["live", "expired", "disabled"]
Kind = Literal["own", "imported"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A short link as it is kept; `rules` go before its own `path`.

    The code of one that was imported is its old address without the scheme: `go.example/abcd`.
    """

    code: str
    path: str
    campaign: str | None
    created_at: datetime
    expires_at: datetime | None = None
    is_disabled: bool = False
    rules: tuple[TargetRule, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return "imported" if is_imported(self.code) else "own"

    def url(self, site: str) -> str:
        """Return the link's own address; `site` is the public address."""
        return f"https://{self.code}" if self.kind == "imported" else f"{site}/l/{self.code}"

    def state(self, now: datetime) -> State:
        if self.is_disabled:
            return "disabled"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "live"


@dataclass(frozen=True, slots=True)
class ImportedLink:
    """A short link that was made elsewhere; `code` is its host and path."""

    code: str
    path: str
    campaign: str | None


def code_of(text: str) -> str | None:
    """Return a code as it is kept; None for no possible code. Posters are typed in any case."""
    code = text.lower()
    return code if _CODE.fullmatch(code) else None


def is_imported(code: str) -> bool:
    return "/" in code


def known_code(text: str) -> str | None:
    """Return the code of any link; an imported one's path is kept as it was written."""
    host, slash, path = text.partition("/")
    return f"{host.lower()}/{path}" if slash and path else code_of(text)


def own_code(text: str) -> str | None:
    """Return the code that an editor chose; None when it cannot be one."""
    code = code_of(text)
    return code if code not in RESERVED else None
