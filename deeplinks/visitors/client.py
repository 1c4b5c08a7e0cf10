"""Reads from headers who asks: the device, the app whose browser it is, the wanted language."""

from dataclasses import dataclass
from functools import lru_cache

from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from deeplinks.visitors.in_app import InAppBrowser, Platform, in_app_browser, platform_of
from deeplinks.visitors.useragent import LONGEST, Destination, destination_of


@dataclass(frozen=True, slots=True)
class Client:
    """A kind of visitor: everybody of it is shown the same page, but for the claim in it."""

    destination: Destination
    platform: Platform
    browser: InAppBrowser | None = None

    @property
    def is_person(self) -> bool:
        return self.destination != "preview_html"


def client_of(user_agent: str) -> Client:
    return _client_of(user_agent[:LONGEST])


@lru_cache(maxsize=4096)
def _client_of(user_agent: str) -> Client:
    destination = destination_of(user_agent).destination
    return Client(destination, platform_of(user_agent), in_app_browser(user_agent))


def language_of(accepted: str) -> str:
    """Return the language that an `Accept-Language` wants most; empty for any."""
    return _language_of(accepted[:LONGEST])


@lru_cache(maxsize=1024)
def _language_of(accepted: str) -> str:
    languages = parse_accept_header(accepted, LanguageAccept)
    return next((language for language, quality in languages if quality > 0), "")
