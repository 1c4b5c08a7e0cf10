"""The part of the contract that an app needs, for the types of `clients/typescript`: FILE.

The newsroom's calls are three quarters of the document, and no app has a key for them.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

from tools.contract import committed, text_of

NOT_THE_APPS = "/v1/newsroom/"
_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


def app_part(document: dict[str, Any]) -> dict[str, Any]:
    """Drop the newsroom's paths and webhooks, and the components that only these refer to."""
    paths = {
        path: item for path, item in document["paths"].items() if not path.startswith(NOT_THE_APPS)
    }
    kept = {name: part for name, part in document.items() if name not in {"components", "webhooks"}}
    return kept | {"paths": paths, "components": _referred_to(paths, document["components"])}


def _referred_to(paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"securitySchemes": components.get("securitySchemes", {})}
    waiting = _references(paths)
    while waiting:
        kind, name = waiting.pop()
        if name not in found.setdefault(kind, {}):
            found[kind][name] = components[kind][name]
            waiting |= _references(components[kind][name])
    return found


def _references(part: Any) -> set[tuple[str, str]]:
    return set(_REFERENCE.findall(json.dumps(part)))


def main(file: str) -> int:
    Path(file).write_text(text_of(app_part(committed())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
