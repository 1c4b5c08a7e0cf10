"""The committed contract: `make contract` writes `docs/contract/openapi.json` anew.

It refuses while a change breaks clients, until `docs/api.md` names that change under "Changelog of
the contract": whoever breaks apps in the stores means to, and tells their developers.
"""

import json
import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tools.contract_diff import breaking
from wsgi import compose

ROOT = Path(__file__).parent.parent
COMMITTED = ROOT / "docs" / "contract" / "openapi.json"
GUIDE = ROOT / "docs" / "api.md"
HEADING = "## Changelog of the contract"


def main() -> int:
    new = served()
    refused = not_accepted(breaking(committed(), new), GUIDE.read_text(encoding="utf-8"))
    if refused:
        sys.stderr.write(how_to_accept(refused))
        return 1
    COMMITTED.parent.mkdir(exist_ok=True)
    COMMITTED.write_text(text_of(new), encoding="utf-8")
    return 0


def served() -> dict[str, Any]:
    """The document as a server with the repository's `app.toml` answers it."""
    with tempfile.TemporaryDirectory() as folder:
        environ = {
            "APP_CONFIG": str(ROOT / "app.toml"),
            "DATABASE_URL": f"sqlite:///{folder}/tagwire.db",
            "PUSH_TRANSPORT": "local",
            "SECRET_KEY": "of-no-use-to-anybody-" * 2,
        }
        app = compose(environ, Path(folder))
        document: dict[str, Any] = app.extensions["tagwire.api"].document
    return document


def committed() -> dict[str, Any]:
    if not COMMITTED.exists():
        return {}
    found: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return found


def text_of(document: dict[str, Any]) -> str:
    """Format the document in a stable order, a line for each member: a change is easy to read."""
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def not_accepted(changes: Iterable[str], guide: str) -> list[str]:
    """Return the changes that the guide's changelog does not name in backticks; `*` is any text."""
    named = re.findall(r"`([^`]+: [^`]+)`", guide.partition(HEADING)[2])
    patterns = [re.escape(name).replace(r"\*", ".*") for name in named]
    return [each for each in changes if not any(re.fullmatch(one, each) for one in patterns)]


def how_to_accept(changes: Iterable[str]) -> str:
    lines = "\n".join(f"  `{change}`" for change in changes)
    return (
        f"This breaks clients that were made from docs/contract/openapi.json:\n{lines}\n"
        "Keep what was promised, or deprecate it first. If it has to be: write each of these lines "
        'into docs/api.md under "Changelog of the contract" (a * is anything), with what apps'
        " should do, and run `make contract`.\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
