"""Checks of the settings and of served association files, with remedies. Pure."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from backend.outbound.response import Fetched, FetchError
from deeplinks.association.documents import LARGEST_BYTES, RELATION
from deeplinks.routing.routes import SHORT_LINK, RouteTable
from deeplinks.routing.settings import AndroidApp, IosApp, LinkSettings

Level = Literal["ok", "note", "wrong"]
Answer = Fetched | FetchError

_PAGES = (
    ("/", "home"),
    ("/tag/x", "tag"),
    ("/article/x/y", "article"),
    ("/source/x", "source"),
    ("/category/x", "category"),
    ("/search", "search"),
)
_FAILURES = {
    "unreachable": "Every verifier must reach this host over HTTPS with a trusted certificate:"
    " check DNS, the port and the certificate chain.",
    "timeout": "Verifiers give up quickly: serve the file without slow parts in front.",
    "too-large": "Apple reads at most 128 KB: have fewer routes, or write them more generally.",
    "refused": "A public name must not lead to a private address. Inside your own network, name"
    " it in FETCH_ALLOW_NETWORKS.",
    "redirects": "Serve the file itself: verifiers follow no redirect.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; `remedy` says what to do when it is wrong."""

    level: Level
    subject: str
    text: str
    remedy: str = ""


def check_settings(settings: LinkSettings) -> Iterator[Finding]:
    """Check the settings, without the network."""
    if not settings.public_url.startswith("https://"):
        remedy = "Set PUBLIC_URL to the site's https address."
        yield Finding(
            "wrong", "PUBLIC_URL", "it is not https; no platform opens such links", remedy
        )
    yield from _check_pages(settings.table)
    yield from _check_ios(settings.ios)
    yield from _check_android(settings.android)
    if all(route.screen != SHORT_LINK for route in settings.table.routes):
        text = "links.never_open keeps short links on the web"
        yield Finding("note", "/l/*", text, 'Take "/l/*" out of it: they open the app then.')
    if not settings.open_host:
        text = "there is no sibling host: a link on a page to its own host never opens the app"
        yield Finding("note", "app.open_host", text, "Set it to a host such as open.<your host>.")
    elif settings.open_host in settings.hosts:
        text = "it is one of app.hosts: a link on a page to its own host never opens the app"
        yield Finding("wrong", "app.open_host", text, "Use a host that serves no pages.")


def check_file(subject: str, answer: Answer, expected: bytes) -> list[Finding]:
    """Whether a verifier accepts this answer, and whether it is the file that we serve."""
    if isinstance(answer, FetchError):
        return [Finding("wrong", subject, str(answer), _FAILURES[answer.reason])]
    refused = _refused(subject, answer)
    if refused is not None:
        return [refused]
    try:
        document = json.loads(answer.body)
    except ValueError:
        return [Finding("wrong", subject, "the body is not JSON", _SERVE_OURS)]
    missing = list(_missing(subject, document, json.loads(expected)))
    if missing:
        return missing
    if answer.body != expected:
        text = f"another file is served ({_digest(answer.body)} instead of {_digest(expected)})"
        return [Finding("wrong", subject, text, _SERVE_OURS)]
    return [Finding("ok", subject, f"served as it should be ({_digest(answer.body)})")]


def is_good(findings: Sequence[Finding]) -> bool:
    return all(finding.level == "ok" for finding in findings)


def check_apple_copy(subject: str, copy: Answer, expected: bytes, *, is_served: bool) -> Finding:
    """Whether devices get the file that the site should serve: they ask Apple's copy only.

    Apple's copy is as good as the site: whatever is wrong there comes first, and is not Apple's.
    """
    if isinstance(copy, FetchError):
        return Finding("note", subject, f"Apple's copy could not be compared: {copy}")
    if copy.status == 200 and _as_json(copy.body) == _as_json(expected):
        if is_served:
            return Finding("ok", subject, "Apple gives devices this file")
        text = "Apple still gives devices the right file, until it asks this site again"
        return Finding("note", subject, text, _ORIGIN_FIRST)
    said = copy.headers.get("apple-failure-reason", "")
    has = (
        f"another copy ({_digest(copy.body)})" if copy.status == 200 else f"no copy: {copy.status}"
    )
    if not is_served:
        text = f"Apple has {has} {said}".rstrip() + ", as long as this site serves it no better"
        return Finding("note", subject, text, _ORIGIN_FIRST)
    if copy.status == 200:
        text = f"Apple still gives devices {has}; this site serves the right one"
        remedy = "It asks the site again within about a day; there is no way to purge it."
        return Finding("wrong", subject, text, remedy)
    remedy = "This site serves it right; Apple asks again within about a day."
    return Finding("wrong", subject, f"Apple has {has} {said}".rstrip(), remedy)


def check_google_view(
    subject: str, answer: Answer, android: AndroidApp, *, is_served: bool
) -> Finding:
    """Whether Google's verifier names our app and all of its certificates."""
    if isinstance(answer, FetchError):
        return Finding("note", subject, f"Google's view could not be compared: {answer}")
    found = _as_json(answer.body)
    if answer.status != 200 or not isinstance(found, Mapping):
        return Finding("note", subject, f"Google's verifier answered {answer.status}")
    known = set(_google_prints(found, android.package or ""))
    absent = [each for each in android.fingerprints if each not in known]
    if not absent:
        text = "Google sees the app and all of its fingerprints"
        if is_served:
            return Finding("ok", subject, text)
        return Finding("note", subject, f"{text}, until it asks this site again", _ORIGIN_FIRST)
    text = f"Google does not see the fingerprint {_short(absent[0])}"
    if not known:
        text = f"Google sees no statement for {android.package}"
    if not is_served:
        return Finding("note", subject, text, _ORIGIN_FIRST)
    return Finding("wrong", subject, f"{text}; this site serves it", _GOOGLE_REMEDY)


_NO_PAGE = (
    "Let /.well-known/ past log-ins, consent pages and single-page apps, for every country and"
    " user agent; then send Content-Type: application/json."
)
_SERVE_OURS = (
    "Let Tagwire answer this path on this host; purge what caches it, and compare app.toml"
    " and the version of every server."
)
_ORIGIN_FIRST = "Correct what is wrong at this site, above; the platform's copy follows by itself."
_GOOGLE_REMEDY = "Its copy is older; Google asks again when that has expired, within about a day."


def _check_pages(table: RouteTable) -> Iterator[Finding]:
    """Check that the table opens the site's own pages, whose paths it cannot move."""
    for path, screen in _PAGES:
        found = table.match(path)
        if found is None or found.name != screen:
            text = f"pages such as {path} do not open the screen {screen}"
            yield Finding("wrong", "routes", text, f"Write a route for {path} beside the new one.")


def _check_ios(ios: IosApp) -> Iterator[Finding]:
    if not ios.app_ids:
        text = "no iOS app is configured; its file answers 404"
        yield Finding("note", "app.ios.app_ids", text, "Write <prefix>.<bundle id> of the app.")
    elif not ios.store_id:
        text = "without it iPhones are not sent to the App Store"
        yield Finding("note", "app.ios.store_id", text, "Write the number of the store page.")


def _check_android(android: AndroidApp) -> Iterator[Finding]:
    key = "app.android.sha256_cert_fingerprints"
    if not android.package:
        text = "no Android app is configured; its file answers 404"
        yield Finding("note", "app.android.package", text, "Write the app's application id.")
    elif not android.fingerprints:
        remedy = "Copy them from Play Console, App integrity, App signing."
        yield Finding("wrong", key, "no certificate is named; the file answers 404", remedy)
    elif len(android.fingerprints) == 1:
        text = "one certificate: Play signs releases with its own, and test builds have another"
        yield Finding("note", key, text, "Name Play's app signing certificate and your upload key.")


def _refused(subject: str, answer: Fetched) -> Finding | None:
    if not answer.url.startswith("https://"):
        remedy = "Serve this host over HTTPS."
        return Finding("wrong", subject, "it was asked for without TLS", remedy)
    if 300 <= answer.status < 400:
        to = _place(answer.headers.get("location", ""))
        text = f"it redirects ({answer.status}){to}; verifiers follow no redirect"
        remedy = "Keep this path out of redirects: https, www, trailing slash, language, login."
        return Finding("wrong", subject, text, remedy)
    if answer.status != 200:
        text = f"the server answers {answer.status}"
        remedy = "Let every visitor, country and user agent read this path."
        return Finding("wrong", subject, text, remedy)
    if len(answer.body) > LARGEST_BYTES:
        text = f"the file has {len(answer.body):,} bytes"
        return Finding("wrong", subject, text, _FAILURES["too-large"])
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        text = f"its content type is {kind or 'not given'}"
        if _is_page(answer.body):
            text += ", and it is a page: a log-in, a notice or a not-found stands in front"
            return Finding("wrong", subject, text, _NO_PAGE)
        return Finding("wrong", subject, text, "Send Content-Type: application/json.")
    return None


def _is_page(body: bytes) -> bool:
    return b"<html" in body[:2000].lower() or body.lstrip()[:9].lower() == b"<!doctype"


def _place(location: str) -> str:
    """Describe where a redirect leads, without its query: that can hold a secret."""
    parts = urlsplit(location)
    return f" to {parts.netloc.rpartition('@')[2]}{parts.path}" if location else ""


def _missing(subject: str, document: Any, expected: Any) -> Iterator[Finding]:
    """Yield apps and certificates that we would name and this document does not."""
    for app in _apps(expected):
        if app not in _apps(document):
            remedy = "Compare app.toml with what this host serves. " + _SERVE_OURS
            yield Finding("wrong", subject, f"it does not name {' '.join(app)}", remedy)


def _apps(document: Any) -> list[tuple[str, ...]]:
    """Return app ids of an Apple file; packages with certificates of an Android one."""
    try:
        if isinstance(document, Mapping):
            entries = document["applinks"]["details"]
            return [(app_id,) for entry in entries for app_id in entry["appIDs"]]
        return [
            (statement["target"]["package_name"], _short(fingerprint))
            for statement in document
            if RELATION in statement["relation"]
            for fingerprint in statement["target"]["sha256_cert_fingerprints"]
        ]
    except (KeyError, TypeError):
        return []


def _google_prints(answer: Mapping[str, Any], package: str) -> Iterator[str]:
    for statement in answer.get("statements", []):
        app = statement.get("target", {}).get("androidApp", {})
        if statement.get("relation") == RELATION and app.get("packageName") == package:
            yield str(app.get("certificate", {}).get("sha256Fingerprint", "")).upper()


def _as_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _digest(body: bytes) -> str:
    return f"sha256 {hashlib.sha256(body).hexdigest()[:12]}"


def _short(fingerprint: str) -> str:
    return fingerprint[:11] + "…" if len(fingerprint) > 12 else fingerprint
