"""Fetches every host's association files as the platforms' verifiers do, and checks them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.response import FetchError
from deeplinks.association.documents import LARGEST_BYTES, RELATION
from deeplinks.routing.context import LinkContext
from deeplinks.routing.settings import LinkSettings
from deeplinks.tools.checks import (
    Answer,
    Finding,
    check_apple_copy,
    check_file,
    check_google_view,
    check_settings,
    is_good,
)

APPLE_PATH = "/.well-known/apple-app-site-association"
ANDROID_PATH = "/.well-known/assetlinks.json"
# User agents of the verifiers: a firewall that lets in only browsers is a common mistake.
APPLE_AGENT = "AASA-Bot/1.0.0"
GOOGLE_AGENT = "GoogleAssociationService"


@dataclass(frozen=True, slots=True)
class VerifierUrls:
    """URL templates of the checks; `{host}` stands for each of our hosts."""

    origin: str = "https://{host}"
    apple: str = "https://app-site-association.cdn-apple.com/a/v1/{host}"
    google: str = "https://digitalassetlinks.googleapis.com/v1/statements:list"


class Doctor:
    """The checks of one configuration; `policy` bounds the requests."""

    def __init__(self, links: LinkContext, urls: VerifierUrls, policy: FetchPolicy) -> None:
        self._links = links
        self._urls = urls
        # One byte more than allowed, so that a file that is too large is called that.
        self._policy = replace(policy, body_bytes=LARGEST_BYTES + 1, wire_bytes=LARGEST_BYTES + 1)

    def findings(self) -> Iterator[Finding]:
        """Yield each finding as soon as its check is done."""
        settings = self._links.settings
        yield from check_settings(settings)
        for host in hosts_of(settings):
            if self._links.apple is not None:
                yield from self._apple(host, self._links.apple.body)
            if self._links.android is not None:
                yield from self._android(host, self._links.android.body)

    def _apple(self, host: str, expected: bytes) -> Iterator[Finding]:
        subject = f"{host} on iOS"
        origin = self._ask(self._urls.origin.format(host=host) + APPLE_PATH, APPLE_AGENT)
        at_origin = check_file(subject, origin, expected)
        yield from at_origin
        copy = self._ask(self._urls.apple.format(host=host), self._policy.agent)
        yield check_apple_copy(subject, copy, expected, is_served=is_good(at_origin))

    def _android(self, host: str, expected: bytes) -> Iterator[Finding]:
        subject = f"{host} on Android"
        origin = self._ask(self._urls.origin.format(host=host) + ANDROID_PATH, GOOGLE_AGENT)
        at_origin = check_file(subject, origin, expected)
        yield from at_origin
        query = urlencode({"source.web.site": f"https://{host}", "relation": RELATION})
        view = self._ask(f"{self._urls.google}?{query}", self._policy.agent)
        android = self._links.settings.android
        yield check_google_view(subject, view, android, is_served=is_good(at_origin))

    def _ask(self, url: str, agent: str) -> Answer:
        """Send one request; return the answer, which a redirect is too, or the error."""
        try:
            return fetch.send("GET", url, None, {}, replace(self._policy, agent=agent))
        except FetchError as error:
            return error


def hosts_of(settings: LinkSettings) -> list[str]:
    """Return every host whose links should open the app, each once."""
    return list(dict.fromkeys([*settings.own_hosts, *settings.legacy_hosts]))
