"""Clients that are generated from the document compile, and do what an app does with them."""

import json
import shutil
from pathlib import Path

import pytest

from tests.clients import generators
from tests.clients.conftest import Newsroom
from tests.clients.generators import HERE, JAVA_OPTIONS, JAVA_PARTS, QUICK_START, STRICT, node, run

pytestmark = pytest.mark.slow

# Bodies that are no JSON are bytes to it, when it is told so.
PYTHON_OPTIONS = """
post_hooks: []
content_type_overrides:
  text/x-opml: application/octet-stream
  text/xml: application/octet-stream
  application/xml: application/octet-stream
"""


def tag_of_later(kind: str) -> str:
    """With a member that nobody knows yet."""
    known = {"id": "7", "name": "Storm", "label": "#Storm", "heading": "Storm", "members": []}
    return json.dumps({**known, "topic": "tag:Storm", "kind": kind, "colour": "grey"})


def screen_of(newsroom: Newsroom) -> list[str]:
    """What the same screen shows in every language."""
    return [
        "Three by Herald at 2026-03-02",
        "One by Herald at 2026-03-02 null",
        f"upsert Three,remove {newsroom.removed_id} unpublished",
        "followed 204",
        "Three for tag:Wharf,One for tag:Wharf",
        "Storm",
        "/problems/not-found",
    ]


def test_typescript(document: Path, newsroom: Newsroom, tmp_path: Path) -> None:
    generators.folder()
    (tmp_path / "node_modules").symlink_to(generators.package(""))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copy(HERE / "screen.ts", tmp_path)
    made = generators.package("openapi-typescript/bin/cli.js")

    node(made, document, "--default-non-nullable=false", "-o", "schema.d.ts", cwd=tmp_path)
    node(generators.package("typescript/bin/tsc"), *STRICT, "screen.ts", cwd=tmp_path)
    words = (newsroom.url, newsroom.sync_cursor, tag_of_later("a kind of later"))
    shown = node("screen.js", *words, cwd=tmp_path)

    assert shown.splitlines() == screen_of(newsroom)


def test_python(document: Path, newsroom: Newsroom, tmp_path: Path) -> None:
    programs = generators.folder() / "bin"
    (tmp_path / "options.yml").write_text(PYTHON_OPTIONS)
    shutil.copy(HERE / "screen.py", tmp_path)
    options = ("--output-path", "news", "--meta", "none", "--config", "options.yml")

    run(
        *(programs / "openapi-python-client", "generate", "--fail-on-warning"),
        *("--path", document, *options),
        cwd=tmp_path,
    )
    # A value of a list that it does not know is an error to this generator; see docs/api.md.
    words = (newsroom.url, newsroom.sync_cursor, tag_of_later("entity"))
    shown = run(programs / "python", "screen.py", *words, cwd=tmp_path)

    assert shown.splitlines() == screen_of(newsroom)


def test_java(document: Path, newsroom: Newsroom, tmp_path: Path) -> None:
    generators.folder()
    jar = generators.jar()
    options = ("--library", "native", f"--additional-properties={','.join(JAVA_OPTIONS)}")

    run(
        *("java", QUICK_START, "-jar", jar, "generate", "-g", "java", "-i", document, "-o", "made"),
        *(*options, "--global-property", JAVA_PARTS),
        cwd=tmp_path,
    )
    sources = sorted([*(tmp_path / "made" / "src" / "main").rglob("*.java"), *HERE.rglob("*.java")])
    compiler = ("javac", f"-J{QUICK_START}", "-nowarn", "-proc:none", "-d", "out", "-cp", jar)
    run(*compiler, *sources, cwd=tmp_path)
    words = (newsroom.url, newsroom.sync_cursor, tag_of_later("a kind of later"))
    shown = run("java", QUICK_START, "-cp", f"out:{jar}", "Screen", *words, cwd=tmp_path)

    assert shown.splitlines() == screen_of(newsroom)
