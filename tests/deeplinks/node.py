"""Node with the packages of `react/`, installed once into a cache outside the repository."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest

REACT = Path(__file__).parent / "react"
FILES = ("package.json", "package-lock.json")
STRICT = (
    *("--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"),
    *("--noUnusedLocals", "--target", "es2022", "--lib", "es2022", "--module", "nodenext"),
)


def packages() -> Path:
    """The folder whose `node_modules` are those of the lock file.

    Skips the test when there is no Node or no registry; fails it when REQUIRE_NODE=1.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        _without("node and npm are not installed")
    digest = hashlib.sha256(b"".join((REACT / name).read_bytes() for name in FILES)).hexdigest()
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tagwire-tests"
    folder = cache / f"react-{digest[:16]}"
    if not folder.exists():
        _install(cache, folder)
    _put(REACT / "check.mjs", folder)
    return folder


def compiled(folder: Path, *sources: Path) -> list[str]:
    """The programs of TypeScript files that pass the strict checks."""
    compiler = folder / "node_modules" / "typescript" / "bin" / "tsc"
    command = ["node", str(compiler), *STRICT, *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    return [str(source.with_suffix(".mjs")) for source in sources]


def check(folder: Path, cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        ["node", "check.mjs"],
        cwd=folder,
        input=json.dumps({"cases": cases}),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def _install(cache: Path, folder: Path) -> None:
    """Beside its place first: tests that run at the same time see all of it or nothing."""
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as made:
        for name in FILES:
            shutil.copy(REACT / name, made)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=200)
        if done.returncode != 0:
            _without("npm could not install the packages of the lock file")
        place = Path(made) / "complete"
        place.mkdir()
        for name in (*FILES, "node_modules"):
            shutil.move(Path(made) / name, place / name)
        with suppress(OSError):  # other tests were faster
            place.rename(folder)
    assert folder.exists()


def _put(file: Path, folder: Path) -> None:
    """At once: other tests may be about to run the one that is there."""
    with tempfile.TemporaryDirectory(dir=folder) as made:
        Path(shutil.copy(file, made)).replace(folder / file.name)


def _without(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_NODE") == "1":
        pytest.fail(f"REQUIRE_NODE=1, but {reason}")
    pytest.skip(reason)
