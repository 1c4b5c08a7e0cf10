"""The Nu HTML checker, which W3C runs, over pages that were kept as files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.clients.generators import QUICK_START, package, run


def findings(pages: Mapping[str, bytes], place: Path) -> list[tuple[str, str, Any]]:
    """The name of the page, what the checker says of it, and the markup that it means."""
    folder = place / "pages"
    folder.mkdir()
    for number, markup in enumerate(pages.values()):
        (folder / f"{number:03}.html").write_bytes(markup)
    # All at once, since most of it is the checker's start; it asks for a deep stack.
    words = (
        *(QUICK_START, "-Xss4m", "-jar", package("vnu-jar/build/dist/vnu.jar")),
        *("--format", "json", "--exit-zero-always", "--stdout"),
    )
    names = [*pages]
    return [
        (names[int(Path(each["url"]).stem)], each["message"], each.get("extract"))
        for each in json.loads(run("java", *words, folder, cwd=place))["messages"]
    ]
