"""`pip install .`: what is installed runs by itself, outside the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.running import ROOT, Running
from tests.waiting import PATIENCE_S

BUILD = "import sys, setuptools.build_meta as b; getattr(b, 'build_' + sys.argv[1])(sys.argv[2])"
LEFT_OUT = shutil.ignore_patterns(".*", "var", "build", "dist", "*.egg-info", "__pycache__")
DEVELOPERS = {"tests", "tools", "benchmarks", "docs"}
# What the server reads beside its modules.
READ = {
    "backend/default_app.toml",
    "backend/demo/texts/newsroom.toml",
    "backend/migrations/script.py.mako",
    "backend/migrations/versions/0001_newsroom.py",
    "backend/static/demo/harbour.png",
    "backend/static/simulator/api.js",
    "backend/tagging/places.toml",
    "backend/templates/tag.html",
    "deeplinks/static/download.css",
    "deeplinks/templates/deeplinks/download.html",
    "deeplinks/templates/sources/Routes.kt.jinja",
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, because building leaves files beside the sources."""
    copy = tmp_path_factory.mktemp("checkout") / "tagwire"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path) -> Path:
    return build(checkout, "wheel")


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Iterator[Running]:
    """Running in an empty folder, from an environment that never heard of the checkout."""
    environment, folder = tmp_path / "environment", tmp_path / "empty"
    venv.create(environment, symlinks=True)
    python = environment / "bin" / "python"
    install = ("install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel))
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python))
    subprocess.run([*pip, *install], check=True, timeout=120)
    _lend_packages(environment)
    folder.mkdir()
    running = Running(folder, (str(environment / "bin" / "tagwire"),), APP_CONFIG="")
    yield running
    running.stop()


def test_an_installed_tagwire_starts_in_an_empty_folder_and_ends_when_asked(
    installed: Running,
) -> None:
    started = installed.wait_for("/readyz", 200)

    assert started, installed.log.read_text(encoding="utf-8")
    assert installed.status("/healthz") == 200
    assert "Harbour" in installed.call("GET", "/").text
    assert "<article" in installed.call("GET", "/tag/Harbour").text
    assert installed.call("GET", "/static/demo/harbour.png").body.startswith(b"\x89PNG")
    assert (installed.folder / "var" / "tagwire.db").exists()
    assert _home_of("wsgi", installed).is_relative_to(installed.folder.parent / "environment")
    installed.process.terminate()
    assert installed.process.wait(PATIENCE_S) == 0


def test_the_wheel_holds_what_the_server_reads_and_nothing_of_the_developers(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    assert names >= READ
    assert not {name.split("/")[0] for name in names} & DEVELOPERS


def test_the_source_distribution_makes_the_same_wheel(
    checkout: Path, wheel: Path, tmp_path: Path
) -> None:
    with tarfile.open(build(checkout, "sdist")) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()

    assert not {path.name for path in unpacked.iterdir()} & DEVELOPERS
    assert names_in(build(unpacked, "wheel")) == names_in(wheel)


def _home_of(module: str, running: Running) -> Path:
    """Where the program's own Python finds a module."""
    code = f"import {module}; print({module}.__file__)"
    python = Path(running.program[0]).parent / "python"
    done = subprocess.run([python, "-c", code], cwd=running.folder, capture_output=True, text=True)
    return Path(done.stdout.strip())


def build(source: Path, kind: str) -> Path:
    out = source.parent / f"{source.name}-{kind}"
    done = subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(out)],
        cwd=source,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (built,) = out.iterdir()
    return built


def names_in(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(archive.namelist())


def _lend_packages(environment: Path) -> None:
    """The tests' own packages, without downloading them again.

    Python reads no .pth file of a folder that a .pth file names, so the editable install of the
    checkout is not lent along.
    """
    (site,) = (environment / "lib").glob("python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
