"""What the app asks of the server at its start, from `[app]` of app.toml. Pure.

A server on which nothing is configured names no minimum version, so it never forces an upgrade.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

APP_INFO = "tagwire.appinfo"  # where an app carries it
VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")
CHANNEL = re.compile(r"[A-Za-z0-9_.\-]{1,64}")


class BadAppInfo(ValueError):
    """A value of app.toml that cannot be used; the message names its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """Ids of the notification channels that the app makes on Android."""

    breaking: str = "breaking"
    news: str = "news"
    corrections: str = "corrections"
    silent: str = "silent"


_CHANNELS = Channels()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInfo:
    name: str
    minimum_ios: str | None = None
    minimum_android: str | None = None
    support_url: str | None = None
    channels: Channels = _CHANNELS


def app_info(document: Mapping[str, Any], *, default_name: str) -> AppInfo:
    """Read the app's part of the document.

    Raises:
        BadAppInfo: a value cannot be used.
    """
    app = _table(document, "app")
    return AppInfo(
        name=_text(app, "name", "app.name") or default_name,
        minimum_ios=_version(_table(app, "ios"), "app.ios.minimum_version"),
        minimum_android=_version(_table(app, "android"), "app.android.minimum_version"),
        support_url=_support_url(app),
        channels=_channels(_table(_table(app, "android"), "channels")),
    )


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, Mapping):
        raise BadAppInfo(f"[{name}] is a table")
    return found


def _text(table: Mapping[str, Any], key: str, shown: str) -> str | None:
    found = table.get(key)
    if found is not None and not isinstance(found, str):
        raise BadAppInfo(f"{shown} is text, in quotes")
    return found or None


def _version(table: Mapping[str, Any], shown: str) -> str | None:
    text = _text(table, "minimum_version", shown)
    if text is not None and VERSION.fullmatch(text) is None:
        raise BadAppInfo(f'{shown} is a version such as "1.4.2"')
    return text


def _support_url(app: Mapping[str, Any]) -> str | None:
    text = _text(app, "support_url", "app.support_url")
    if text is not None and not text.startswith(("https://", "http://", "mailto:")):
        raise BadAppInfo("app.support_url is a web or mailto address")
    return text


def _channels(table: Mapping[str, Any]) -> Channels:
    names = [field.name for field in fields(Channels)]
    if unknown := [name for name in table if name not in names]:
        raise BadAppInfo(f"app.android.channels.{unknown[0]} is none of {', '.join(names)}")
    given = {name: _text(table, name, f"app.android.channels.{name}") for name in names}
    found = Channels(**{name: text for name, text in given.items() if text})
    for name in names:
        if CHANNEL.fullmatch(getattr(found, name)) is None:
            raise BadAppInfo(f"app.android.channels.{name} has only letters, digits, _ . and -")
    # Since Android 8 the channel alone decides what is heard.
    for name in ("corrections", "silent"):
        if getattr(found, name) in {found.breaking, found.news}:
            raise BadAppInfo(f"app.android.channels.{name} is a channel of its own, without sound")
    return found
