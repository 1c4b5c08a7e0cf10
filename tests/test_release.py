"""A release is the same bytes wherever its commit is built, and says which commit it is."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from backend.core import build
from tests.flows.running import ROOT
from tools import release

COMMIT_FILE = "backend/core/commit.txt"


@pytest.fixture(scope="module")
def head() -> str:
    if not (ROOT / ".git").exists():
        pytest.skip("this is an archive: it has no commits to build")
    command = ["git", "rev-parse", "HEAD"]
    return subprocess.check_output(command, cwd=ROOT, text=True).strip()


@pytest.fixture(scope="module")
def built(head: str, tmp_path_factory: pytest.TempPathFactory) -> list[list[Path]]:
    """Twice, in folders of their own, by users who share their files and who do not."""
    made = []
    before = os.umask(0o077)
    for mask in (0o077, 0o002):
        os.umask(mask)
        made.append(release.build(head, tmp_path_factory.mktemp("release")))
    os.umask(before)
    return made


@pytest.mark.slow
def test_the_same_commit_is_the_same_bytes(built: list[list[Path]]) -> None:
    first, second = built

    assert [path.suffix for path in first] == [".whl", ".gz"]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


@pytest.mark.slow
def test_wheel_and_source_archive_say_their_commit(built: list[list[Path]], head: str) -> None:
    wheel, archive = built[0]
    with zipfile.ZipFile(wheel) as files:
        assert files.read(COMMIT_FILE).decode().strip() == head
    with tarfile.open(archive) as files:
        (name,) = (each for each in files.getnames() if each.endswith(f"/{COMMIT_FILE}"))
        member = files.extractfile(name)
        assert member is not None
        assert member.read().decode().strip() == head


def test_version_says_version_and_commit(head: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tagwire", "--version"], cwd=ROOT, capture_output=True, text=True
    )

    assert re.fullmatch(rf"tagwire \d+\.\d+\.\d+ \({head}\)\n", done.stdout), done
    assert build.commit_hash() == head


def test_the_image_is_told_its_commit() -> None:
    recipe = (ROOT / "Containerfile").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert version is not None
    assert f"ARG VERSION={version[1]}\n" in recipe
    assert COMMIT_FILE in recipe
