"""What is imported is declared, locked and explained, and nothing else is."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ROOMS = ("backend", "push", "deeplinks", "schemas")
# Declared for what it does without being imported by us.
NEVER_IMPORTED = {
    "redis",  # loaded by limits for redis:// addresses
    "tzdata",  # read by zoneinfo where the system has no zones
    "setuptools",  # builds the wheel
}
STANDIN = {"h11"}


def test_every_import_is_declared() -> None:
    declared = direct() | extra("standin")

    assert {name for name, found in imports().items() if not found & declared} == set()


def test_every_declared_package_is_imported() -> None:
    used = set().union(*imports().values())

    assert direct() | extra("standin") <= used | NEVER_IMPORTED


def test_only_the_stand_in_needs_its_extra() -> None:
    outside = [path for path in sources() if "standin" not in path.relative_to(ROOT).parts]

    assert extra("standin") == STANDIN
    assert not set().union(*imports(outside).values()) & STANDIN


def test_the_stand_in_says_which_package_it_lacks_and_how_to_get_it() -> None:
    without = (
        "import sys; sys.modules['h11'] = None; from tagwire import main; main(['fcm-standin'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", without], cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Error: h11 is missing")
    assert "tagwire[standin]" in done.stderr


def test_every_declared_package_is_locked_with_its_hashes() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    locked = {normalised(line) for line in lines if re.match(r"[a-z]\S*==", line)}

    assert direct() | extra("standin") <= locked


def test_the_document_explains_every_declared_package_and_no_other() -> None:
    table = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z][^|]*) \| ([^|]*) \|", table, re.MULTILINE)
    explained = {
        normalised(name): reason
        for names, reason in rows
        if names != "package"
        for name in names.split(", ")
    }

    assert set(explained) == direct() | extra("standin")
    assert all(explained.values())


def imports(paths: list[Path] | None = None) -> dict[str, set[str]]:
    """Third-party packages that are imported, with the distributions they may come from."""
    names = {name for path in paths or sources() for name in imported(path)}
    ours = {*sys.stdlib_module_names, *ROOMS, "headless", "tagwire", "wsgi"}
    homes = packages_distributions()
    return {name: {*map(normalised, homes.get(name, ()))} for name in names - ours}


def sources() -> list[Path]:
    return [*ROOT.glob("*.py"), *(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))]


@cache
def imported(path: Path) -> frozenset[str]:
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def direct() -> set[str]:
    return {*map(normalised, project()["dependencies"])}


def extra(name: str) -> set[str]:
    return {*map(normalised, project()["optional-dependencies"][name])}


def project() -> dict[str, Any]:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(found)


def normalised(requirement: str) -> str:
    """The name of a requirement, as PEP 503 compares it."""
    name = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert name is not None, requirement
    return re.sub(r"[-_.]+", "-", name.group()).lower()
