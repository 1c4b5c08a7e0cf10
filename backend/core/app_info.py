"""What the app asks of the server at its start, from `[app]` of app.toml. Pure.

A server on which nothing is configured names no minimum version, so it never forces an upgrade.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){0,3}")


class BadAppInfo(ValueError):
    """The message names the key of app.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInfo:
    name: str
    minimum_ios: str | None = None
    minimum_android: str | None = None
    support_url: str | None = None


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
