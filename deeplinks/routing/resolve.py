"""Resolves URLs of the site and the app to screens and canonical paths. Pure."""

import re
from dataclasses import dataclass, replace
from urllib.parse import quote, unquote, urlencode, urlsplit

from deeplinks.routing.routes import HOME, Screen, split_url
from deeplinks.routing.settings import LinkSettings

# A path goes into a QR code (2,331 bytes), a claim token and a `Location` header, for which nginx
# has 4 KB by default. The longest tag, of 640 bytes, is a path of 1,925.
LONGEST_PATH = 2_000
# Characters that every URL parser drops, Python's own included.
_NEVER_SENT = re.compile(r"\A[\x00-\x20]+|[\t\n\r]")


class ForeignUrl(ValueError):
    """The URL belongs to another site, or is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A resolved address. `app_url` opens the app where web addresses do not; `matched` is false
    for the home screen in place of a path that is unknown or longer than `LONGEST_PATH`.
    """

    screen: Screen
    path: str
    web_url: str
    app_url: str
    matched: bool


def resolve(settings: LinkSettings, url: str) -> Resolution:
    """Resolve a web address of ours, or one in the app's own scheme, to its screen.

    Raises:
        ForeignUrl: an address of another site.
    """
    path, query = _own_path(settings, url)
    found = _known_screen(settings, path, query)
    screen, canonical = found or (Screen(HOME), settings.table.path_of(Screen(HOME)) or "/")
    return Resolution(
        screen=screen,
        path=canonical,
        web_url=settings.public_url + canonical,
        app_url=f"{settings.scheme}:/{canonical}",
        matched=found is not None,
    )


def opening(settings: LinkSettings, url: str) -> Resolution:
    """Resolve a URL that opened the app; one that its reader wants on the web is no screen.

    Raises:
        ForeignUrl: an address of another site.
    """
    found = resolve(settings, url)
    if found.matched and not _opens(settings, url):
        return replace(found, screen=Screen(HOME), matched=False)
    return found


def short_code(settings: LinkSettings, url: str) -> str | None:
    """Return the code of a short link that opens the app; None for other addresses of ours.

    Raises:
        ForeignUrl: an address of another site.
    """
    path, _query = _own_path(settings, url)
    code = settings.table.short_code(path)
    return code if code and _opens(settings, url) else None


def own_target(settings: LinkSettings, target: str | None) -> str:
    """Return the canonical path that `to` names, or `/`: no open redirect, no unknown path."""
    if not target or not target.startswith("/") or target[1:2] in {"/", "\\"}:
        return "/"
    if any(ord(character) < 32 or character == "\\" for character in target) or "%00" in target:
        return "/"
    try:
        return resolve(settings, settings.public_url + target).path
    except ForeignUrl:
        return "/"


def download_path(settings: LinkSettings, path: str, campaign: str | None = None) -> str:
    """Return the shortest `/download` URL for a canonical path: it goes into QR codes."""
    plain = unquote(path)
    query = {"to": plain if own_target(settings, plain) == path else path}
    if campaign:
        query["campaign"] = campaign
    return f"/download?{urlencode(query, safe='/-._~', quote_via=quote)}"


def own_url(settings: LinkSettings, url: str) -> str:
    """Return the address as a web address: for the app's own scheme that of the page."""
    url = _NEVER_SENT.sub("", url)
    own_scheme = f"{settings.scheme}:/"
    if url.lower().startswith(own_scheme):
        return settings.public_url + "/" + url[len(own_scheme) :].lstrip("/")
    return url


def _known_screen(settings: LinkSettings, path: str, query: str) -> tuple[Screen, str] | None:
    """Return the screen of a path with its canonical path; None for one too long or unknown."""
    screen = settings.table.match(path, query)
    canonical = (settings.table.path_of(screen) or "/") if screen else ""
    return (screen, canonical) if screen and len(canonical) <= LONGEST_PATH else None


def _opens(settings: LinkSettings, url: str) -> bool:
    _host, path, query, fragment = split_url(own_url(settings, url))
    return settings.table.opens(path or "/", query, fragment)


def _own_path(settings: LinkSettings, url: str) -> tuple[str, str]:
    url = own_url(settings, url)
    try:
        host, path, query, _fragment = split_url(url)
        userinfo = urlsplit(url).username
    except ValueError as error:
        raise ForeignUrl(str(error)) from error
    if userinfo is not None or not settings.is_own(host):
        raise ForeignUrl("an address of another site")
    return path or "/", query
