"""Joins the links to the app: settings, context, hooks, and the pages' app tags. `deeplinks.web`
adds the routes.
"""

from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask

from backend.core.settings import SettingsError
from backend.http.context import AppContext
from backend.http.hooks import AppLinks, Check, LinkTarget
from deeplinks import production_check, retention
from deeplinks.association.documents import (
    LARGEST_BYTES,
    android_document,
    app_routes,
    apple_document,
)
from deeplinks.claims.origins import count_event
from deeplinks.claims.service import EXTENSION as CLAIMS
from deeplinks.claims.service import Claims
from deeplinks.counts.day_counts import counts_of_day
from deeplinks.routing.context import LinkContext, StaticDocument
from deeplinks.routing.resolve import download_path, own_target
from deeplinks.routing.settings import LinkSettings, parse
from deeplinks.short_links import queries

if TYPE_CHECKING:
    from deeplinks.qr.logo import Logo

TARGETS_CACHED = 4096


def init_app(app: Flask, _environ: Mapping[str, str]) -> None:
    """Build the link context, and tell the other rooms of it."""
    context: AppContext = app.extensions["tagwire"]
    settings = parse(context.settings)
    claims = Claims(settings, context.hooks, context.settings.secret_keys)
    app.extensions[CLAIMS] = claims
    app.extensions["deeplinks"] = LinkContext(
        settings=settings,
        target_of=lru_cache(maxsize=TARGETS_CACHED)(partial(own_target, settings)),
        apple=_apple(settings),
        android=_android(settings),
        routes=_routes(settings),
        logo=_logo(settings.qr_logo),
    )
    context.hooks.checks.append(
        Check(
            about=production_check.ABOUT, findings=lambda _now: production_check.findings(settings)
        )
    )
    context.hooks.on_event.append(partial(count_event, claims))
    context.hooks.retention += retention.kept(context.settings.numbers_kept)
    context.hooks.links.append(queries.paths_from)
    context.hooks.targets.append(partial(link_target, settings))
    context.hooks.counts.append(partial(counts_of_day, partial(link_target, settings)))
    context.hooks.app_links.append(lambda path: app_links(settings, path))


def link_target(settings: LinkSettings, target: str) -> LinkTarget | None:
    """Return the screen of a path with its query; None when it opens in a browser alone."""
    path, _, query = target.partition("?")
    found = settings.table.match(path, query)
    return None if found is None else LinkTarget(found.name, found.params)


def app_links(settings: LinkSettings, path: str) -> AppLinks:
    """Return the Smart App Banner and the `al:` tags of the page at `path`."""
    web_url = settings.public_url + path
    ios, android = settings.ios, settings.android
    head: list[tuple[str, str, str]] = []
    if ios.store_id:
        banner = f"app-id={ios.store_id}, app-argument={web_url}"
        head += [
            ("name", "apple-itunes-app", banner),
            ("property", "al:ios:url", f"{settings.scheme}:/{path}"),
            ("property", "al:ios:app_store_id", ios.store_id),
            ("property", "al:ios:app_name", settings.name),
        ]
    if android.package:
        head += [
            ("property", "al:android:url", f"{settings.scheme}:/{path}"),
            ("property", "al:android:package", android.package),
            ("property", "al:android:app_name", settings.name),
        ]
    if head:
        head.append(("property", "al:web:url", web_url))
    return AppLinks(
        download_path=download_path(settings, path),
        head=tuple(head),
        ios=ios.store_id is not None,
        android=android.package is not None,
    )


def _routes(settings: LinkSettings) -> StaticDocument:
    return StaticDocument.of(
        app_routes(settings.table, settings.scheme, settings.hosts, settings.open_host)
    )


def _logo(name: str | None) -> "Logo | None":
    if not name:
        return None
    # Pillow: 3 MB that a newsroom without a logo in its codes does without.
    from deeplinks.qr.logo import BadLogo, read_logo  # noqa: PLC0415

    try:
        return read_logo(Path(name))
    except BadLogo as error:
        raise SettingsError(f"APP_CONFIG: links.qr_logo: {error}") from error


def _apple(settings: LinkSettings) -> StaticDocument | None:
    ios = settings.ios
    if not ios.app_ids:
        return None
    document = apple_document(
        settings.table,
        ios.app_ids,
        webcredentials=ios.webcredentials,
        appclip_ids=ios.appclip_ids,
    )
    return _document(document)


def _android(settings: LinkSettings) -> StaticDocument | None:
    android = settings.android
    if not android.package or not android.fingerprints:
        return None
    return _document(android_document(settings.table, android.package, android.fingerprints))


def _document(document: Any) -> StaticDocument:
    """Serialize a document; refuse one that is longer than platforms read."""
    made = StaticDocument.of(document)
    if len(made.body) > LARGEST_BYTES:
        raise SettingsError(
            f"APP_CONFIG: [[routes]] make an association file of {len(made.body):,} bytes;"
            f" platforms read {LARGEST_BYTES:,}"
        )
    return made
