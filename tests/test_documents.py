"""What the documents say of the code is so."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_test_that_a_document_names_is_there() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    named = {
        name
        for path in (ROOT / "docs").rglob("*.md")
        for name in re.findall(r"`(test_\w+)`", path.read_text(encoding="utf-8"))
    }

    assert named
    assert {name for name in named if f"def {name}(" not in tests} == set()
