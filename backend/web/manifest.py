"""The web app manifest: what a device shows of the site once it is installed. Pure.

https://www.w3.org/TR/appmanifest/
"""

from collections.abc import Callable, Mapping
from typing import Any

from backend.text.catalogue import translated
from backend.text.direction import direction_of

# The colour of paper in `static/site.css`, and the pages' `theme-color`.
PAPER = "#faf9f6"
_MASKABLE = "icons/maskable-512.png"
_ICONS = (
    ("icon.svg", "any", "any"),
    ("icons/192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    (_MASKABLE, "512x512", "maskable"),
)
Address = Callable[[str], str]


def document(app: Mapping[str, Any], name: str, language: str, asset: Address) -> dict[str, Any]:
    """Build the manifest; `app` may have a `short_name`, and `names`, `short_names` by language."""
    full = app.get("names", {}).get(language, name)
    short = app.get("short_names", {}).get(language) or app.get("short_name") or full
    return {
        "id": "/",
        "name": full,
        "short_name": short,
        "description": translated(
            language, "%(app)s: news by topic, with alerts for what you follow.", app=full
        ),
        "lang": language,
        "dir": direction_of(language),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": PAPER,
        "background_color": PAPER,
        "categories": ["news"],
        "icons": [_icon(*each, asset) for each in _ICONS],
    }


def _icon(filename: str, sizes: str, purpose: str, asset: Address) -> dict[str, str]:
    media_type = "image/svg+xml" if filename.endswith(".svg") else "image/png"
    return {"src": asset(filename), "sizes": sizes, "type": media_type, "purpose": purpose}
