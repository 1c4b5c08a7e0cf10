"""Finds what in the settings of links is unfit for production, for `tagwire check`. Pure."""

from collections.abc import Iterator

from deeplinks.routing.settings import LinkSettings

ABOUT = ("app.toml",)


def findings(settings: LinkSettings) -> Iterator[str]:
    if not settings.ios.app_ids:
        yield "app.toml: without app.ios.app_ids no link opens an iPhone's app."
    if not settings.ios.store_id:
        yield "app.toml: without app.ios.store_id iPhones find no way to the App Store."
    if not (settings.android.package and settings.android.fingerprints):
        yield (
            "app.toml: without app.android.package and sha256_cert_fingerprints"
            " no link opens Android's app."
        )
