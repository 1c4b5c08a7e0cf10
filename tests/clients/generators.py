"""Generators of clients, where `make clients` puts them, and how each is called."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
FOLDER = ROOT / ".venv-clients"
STRICT = (
    *("--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"),
    *(
        "--noUnusedLocals",
        "--skipLibCheck",
        "--target",
        "es2022",
        "--lib",
        "es2022,dom",
        "--module",
        "nodenext",
    ),
)
JAVA_OPTIONS = (
    *("openApiNullable=false", "hideGenerationTimestamp=true", "useJakartaEe=false"),
    *("invokerPackage=news", "apiPackage=news.api", "modelPackage=news.model"),
    *("enumUnknownDefaultCase=true", "useOneOfDiscriminatorLookup=true"),
)
JAVA_PARTS = (
    "apis,models,supportingFiles,apiDocs=false,modelDocs=false,apiTests=false,modelTests=false"
)
QUICK_START = "-XX:TieredStopAtLevel=1"


def folder() -> Path:
    """Skips the test where the generators are not installed; fails it when REQUIRE_CLIENTS=1."""
    if not (FOLDER / ".ready").exists():
        _without("the generators are not installed: run `make clients`")
    for program in ("node", "javac"):
        if shutil.which(program) is None:
            _without(f"there is no {program}")
    return FOLDER


def node(*words: str | Path, cwd: Path) -> str:
    return run("node", *words, cwd=cwd)


def package(name: str) -> Path:
    return FOLDER / "node_modules" / name


def jar() -> Path:
    """OpenAPI Generator; Jackson, which its clients need, is in it."""
    return next(FOLDER.glob("lib/*/site-packages/openapi_generator_cli/*.jar"))


def run(*words: str | Path, cwd: Path) -> str:
    environ = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    done = subprocess.run(
        list(map(str, words)), cwd=cwd, env=environ, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout


def _without(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_CLIENTS") == "1":
        pytest.fail(f"REQUIRE_CLIENTS=1, but {reason}")
    pytest.skip(reason)
