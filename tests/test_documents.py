"""What the documents say of the code is so: tests, files, modules, commands, settings, targets."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from backend.core.environment import Environment
from backend.http.cli_base import DEBUG
from push.editorial.settings import Environment as PushEnvironment
from tagwire import main
from tests.test_architecture import ROOMS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TOPS = ("backend", "push", "deeplinks", "schemas", "tests", "tools", "benchmarks", "docs", ".ci")
# Where a path that a document shortens may begin.
STARTS = ("", "backend", "push", "deeplinks")
KINDS = "py|md|toml|txt|conf|sh|png|html|js|css|mako"
# Read by tests, make or the shell, and not by the product.
OTHER_SETTINGS = {
    *("TEST_DATABASE_URL", "REQUIRE_BROWSER", "REQUIRE_CLIENTS"),
    *("PYTHON", "VENV", "TESTS", "OPTIONS", "SAMPLE_APP", "EXPO_PUBLIC_SERVER"),
}
SETTINGS = {*Environment().fields, *PushEnvironment().fields, *OTHER_SETTINGS, DEBUG}
NOT_SETTINGS = {"AT_ONCE", "SOURCE_DATE_EPOCH", "FEED_URL", "PROMETHEUS_MULTIPROC_DIR"}
# Answers and words of others that look like settings.
FOREIGN = re.compile(
    r"(OTEL|THIRD_PARTY|SENDER_ID|APNS_AUTH|IMPORTANCE|QUOTA|INVALID|UNREGISTERED)\w*"
)

named = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def test_every_test_that_a_document_names_is_there() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py"))
    told = {name for path in DOCUMENTS for name in re.findall(r"`(test_\w+)`", text_of(path))}

    assert told
    assert {name for name in told if f"def {name}(" not in tests} == set()


def test_the_picture_shows_the_rooms_in_their_order() -> None:
    text = text_of(ROOT / "docs" / "architecture.md").partition("## The rooms")[2]
    shown: list[str] = []
    top = ""
    for line in text.split("```")[1].splitlines():
        names = re.findall(r"([a-z_/]+)/", re.split(r"(?<=\S)\s{2,}", line)[0])
        if line[:1].isalpha():
            top = names[0] if names else ""
        else:
            shown += [f"{top}.{name.replace('/', '.')}" for name in names]

    assert shown == [room for room in ROOMS if "." in room]


def test_the_glossary_is_sorted_and_says_each_word_once() -> None:
    table = text_of(ROOT / "docs" / "glossary.md")
    words = re.findall(r"^\| ([^|]+?)(?: \\\*)? \|", table, re.MULTILINE)[1:]

    assert words == sorted(set(words), key=str.lower)


@named
def test_every_path_is_there(document: Path) -> None:
    paths = {found for code in codes(document) for found in paths_in(code)}

    assert {path for path in paths if not is_there(path)} == set()


@named
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text_of(document))

    assert {link for link in links if not (document.parent / link).exists()} == set()


@named
def test_every_module_is_there(document: Path) -> None:
    tops = "|".join(top for top in TOPS if top.isalpha())
    dotted = {
        found
        for code in codes(document)
        for found in re.findall(rf"(?:^|\s)((?:{tops})(?:\.\w+)+)", code)
        if not re.search(rf"\.({KINDS})$", found)
    }

    assert {name for name in dotted if not is_importable(name)} == set()


@named
def test_every_make_target_is_there(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = {
        found for code in codes(document) for found in re.findall(r"\bmake ([a-z][\w-]*)", code)
    }

    assert {name for name in targets if not re.search(rf"^{name}:", makefile, re.M)} == set()


@named
def test_every_command_is_there_with_its_options(document: Path) -> None:
    for code in codes(document):
        for line in re.findall(r"(?:^|/| )tagwire((?: +[^\s#`|]+)*)", code, re.M):
            check_command(line.split())


@named
def test_every_setting_is_there(document: Path) -> None:
    names = {
        found
        for code in codes(document)
        for found in re.findall(r"(?:^|[\s,])([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)(?=$|[\s,=])", code)
        if not FOREIGN.match(found)
    }

    unknown = names - NOT_SETTINGS - SETTINGS
    assert {name for name in unknown if name.removesuffix("_FILE") not in SETTINGS} == set()


def text_of(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def codes(document: Path) -> Iterator[str]:
    """Everything that is set as code: fenced blocks, then what stands between backticks."""
    text = text_of(document)
    fence = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
    yield from fence.findall(text)
    yield from re.findall(r"`([^`]+)`", fence.sub("", text))


def paths_in(code: str) -> list[str]:
    tops = "|".join(map(re.escape, TOPS))
    return re.findall(rf"(?:^|[\s(])((?:{tops}|[a-z_]+)/[\w./-]*\.(?:{KINDS}))(?=$|[\s:),])", code)


def is_there(path: str) -> bool:
    return any((ROOT / start / path).exists() for start in STARTS)


def is_importable(name: str) -> bool:
    """A module, or something in one; only the parent packages are imported."""
    parent, _, last = name.rpartition(".")
    if importlib.util.find_spec(parent) is None:
        return False
    if importlib.util.find_spec(name) is not None if is_package(parent) else False:
        return True
    return hasattr(importlib.import_module(parent), last)


def is_package(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.submodule_search_locations is not None


def check_command(words: list[str]) -> None:
    """The words that are commands, and the options of the last one; arguments are free."""
    command: click.Command = main
    for word in words:
        if isinstance(command, click.Group) and re.fullmatch(r"[a-z][a-z-]*", word):
            found = command.get_command(click.Context(command), word)
            assert found is not None, f"tagwire {' '.join(words)}"
            command = found
        elif word.startswith("--") and word != "--help":
            options = {opt for each in command.params for opt in (*each.opts, *each.secondary_opts)}
            assert word.partition("=")[0] in options, f"tagwire {' '.join(words)}"
