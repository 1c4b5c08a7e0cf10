"""The image runs as it is documented: not as root, writing /data alone, ending when it is told."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import image
from tests.flows.running import Running, free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

USER = 10001
PYTHON = "/opt/tagwire/bin/python"
MODULES = "('pip', 'setuptools', 'pytest', 'tests')"
FILES = "[p for p in __import__('pathlib').Path('/opt/tagwire').rglob('*') if p.is_file()]"
DATES = (
    f"files = [p for p in {FILES} if not p.is_symlink()]; "
    "print({int(p.stat().st_mtime) for p in files}, "
    "{any(p.read_bytes()[4:8]) for p in files if p.suffix == '.pyc'})"
)
LOOK = f"import importlib.util as u; print([n for n in {MODULES} if u.find_spec(n)])"


@pytest.fixture(scope="module")
def built() -> None:
    """The image, built unless it was."""
    if not (shutil.which("buildah") and shutil.which("mmdebstrap") and os.geteuid() == 0):
        missing = "buildah and mmdebstrap, run as root, are needed to build the image"
        (pytest.fail if os.environ.get("REQUIRE_SERVERS") == "1" else pytest.skip)(missing)
    image.build()


@pytest.fixture(scope="module")
def container(built: None) -> Iterator[str]:
    """A container whose user finds nothing to write but /data, as with a read-only root."""
    name = image.run("from", "--pull-never", image.IMAGE)
    writable = ("/tmp", "/var/tmp")  # noqa: S108 - of the container
    image.run("run", *image.PLAIN, "--user=root", name, "--", "chmod", "755", *writable)
    # Buildah 1.28 puts a volume of its own over the one that `--volume` names.
    image.run("config", "--volume=/data-", name)
    yield name
    image.run("rm", name)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The volume at /data."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)
    volume = tmp_path / "data"
    volume.mkdir(mode=0o700)
    os.chown(volume, USER, USER)
    return volume


@pytest.fixture
def running(container: str, data: Path, tmp_path: Path) -> Iterator[Running]:
    port = str(free_port())
    options = (*image.PLAIN, f"--volume={data}:/data", f"--env=PORT={port}", "--env=DEMO=1")
    started = Running(
        tmp_path, image.buildah("run", *options, container, "--", "tagwire"), PORT=port
    )
    yield started
    for left in _processes_in(data):
        os.kill(left, signal.SIGKILL)
    started.stop()


def test_it_is_described_and_is_not_root(built: None) -> None:
    described = image.settings()
    assert described["User"] == f"{USER}:{USER}"
    assert list(described["Volumes"]) == ["/data"]
    assert described["Labels"]["org.opencontainers.image.revision"] == "of-the-tests"
    assert described["Labels"]["org.opencontainers.image.title"] == "Tagwire"


def test_nothing_in_it_says_when_it_was_built(container: str) -> None:
    """What makes two builds differ: dates of files, and of sources in what is compiled."""
    look = (PYTHON, "-I", "-c", DATES)
    told = image.run("run", *image.PLAIN, container, "--", *look)

    assert told == f"{{{image.MADE_AT}}} {{True}}"


def test_it_holds_nothing_that_only_building_needs(container: str) -> None:
    look = (PYTHON, "-I", "-c", LOOK)
    assert image.run("run", *image.PLAIN, container, "--", *look) == "[]"


def test_it_serves_writes_its_data_alone_and_ends_when_told(
    running: Running, container: str, data: Path
) -> None:
    assert running.wait_for("/readyz", 200), running.log.read_text()[-2000:]
    assert running.call("GET", "/v1/tags/Storm/articles").json["articles"]
    image.run("run", *image.PLAIN, f"--env=PORT={running.port}", container, "--", *_health_check())
    os.kill(min(_processes_in(data)), signal.SIGTERM)  # the supervisor, process 1 elsewhere
    assert running.process.wait(timeout=12) == 0, running.log.read_text()[-2000:]
    stored = (data / "tagwire.db").stat()
    assert (stored.st_uid, stored.st_mode & 0o077) == (USER, 0)
    assert _written_outside(image.run("mount", container)) == ""


def _health_check() -> list[str]:
    kind, *command = image.settings()["Healthcheck"]["Test"]
    assert kind == "CMD"
    return [str(word) for word in command]


def _processes_in(data: Path) -> list[int]:
    """The processes of Tagwire whose working folder is this container's /data."""
    folder, found = data.stat().st_ino, []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = (process / "cmdline").read_text().partition("\0")[0]
            if program == PYTHON and (process / "cwd").stat().st_ino == folder:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def _written_outside(root: str) -> str:
    command = ["find", root, "-user", str(USER), "-not", "-path", f"{root}/data*"]
    found = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    return found.stdout
