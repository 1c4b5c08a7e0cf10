"""The audit fails on a hole, and says when it could not look."""

from typing import Any

import pytest

from tools.audit import verdict

FINE = {"name": "flask", "version": "3.1", "vulns": []}
HOLE = {"name": "flask", "version": "3.1", "vulns": [{"id": "CVE-1", "fix_versions": ["3.2"]}]}
UNKNOWN = {"name": "click", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("code", "packages", "ends", "says"),
    [
        (0, [FINE], 0, "No known hole in 1 packages."),
        (1, [FINE, HOLE], 1, "flask 3.1: CVE-1, mended in 3.2"),
        (1, [UNKNOWN, HOLE], 1, "CVE-1"),
        (0, [FINE, UNKNOWN], 0, "1 unknown"),
        (0, [UNKNOWN, UNKNOWN], 0, "NOT MEASURED"),
        (1, None, 0, "NOT MEASURED"),
    ],
)
def test_what_was_measured_is_said(code: int, packages: Any, ends: int, says: str) -> None:
    done, lines = verdict(code, None if packages is None else {"dependencies": packages})

    assert done == ends
    assert says in "\n".join(lines)
