"""The service worker's script: which files it keeps, and the scripts that it is made of.

What a further room has to do in the background is a further script in `SCRIPTS`.
"""

import hashlib

import orjson

from backend.http.openapi import VERSION
from backend.web.assets import asset

OFFLINE, SAVED, FOLLOWING = "/offline", "/saved", "/following"
SCRIPTS = ("worker/offline.js", "worker/installation.js", "worker/push.js")
# Icons of an alert; Android's status bar shows only where the badge is opaque.
ICONS = {"icon": "icons/192.png", "badge": "icons/badge.png"}
# The files that a page is made with.
_FILES = (
    *("site.css", "appearance.js", "site.js", "reader.js", "tools.js", "news.js", "saved.js"),
    *("following.css", "worker/installation.js", "follow.js", "following.js"),
    "icon.svg",
)
# It asks this site, and nobody else.
POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'"


def script() -> str:
    """Return the script: its bytes change with every file's, so that browsers replace it."""
    files = [*map(asset, _FILES), OFFLINE, SAVED, FOLLOWING]
    icons = {name: asset(file) for name, file in ICONS.items()}
    scripts = [asset(each) for each in SCRIPTS]
    version = hashlib.sha256(orjson.dumps([VERSION, files, scripts, icons])).hexdigest()[:12]
    build = orjson.dumps({"version": version, "files": files, **icons}).decode()
    imports = ", ".join(orjson.dumps(each).decode() for each in scripts)
    return f"const BUILD = {build};\nimportScripts({imports});\n"
