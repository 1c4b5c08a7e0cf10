"""Wheel and source archive of a commit, the same bytes wherever they are made.

    python -m tools.release FOLDER [COMMIT]

They are built from what `git archive` gives, not from the working tree: files have the commit's
time, and `backend/core/commit.txt` its number. What setuptools adds to the source archive has the
time and the owner of this build, so it is packed anew.
"""

import argparse
import gzip
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BUILD = "import sys, setuptools.build_meta as b;getattr(b, 'build_' + sys.argv[1])(sys.argv[2])"
EXECUTABLE, PLAIN = 0o755, 0o644


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("commit", nargs="?", default="HEAD")
    options = parser.parse_args()
    build(options.commit, options.folder)


def build(commit: str, folder: Path) -> list[Path]:
    """Build wheel and source archive into a folder, which is made if it is missing.

    Raises:
        subprocess.CalledProcessError: the commit is unknown here, or building failed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made_at = int(_git("log", "-1", "--format=%ct", commit))
    os.umask(0o022)  # the modes of files are part of both
    with tempfile.TemporaryDirectory(prefix="tagwire-release-") as name:
        source, out = Path(name) / "source", Path(name) / "out"
        unpack(commit, source)
        for kind in ("wheel", "sdist"):
            _run(kind, source, out, made_at)
        return [_brought(path, folder, made_at) for path in sorted(out.iterdir())]


def unpack(commit: str, folder: Path) -> None:
    """The files of a commit, without its history.

    Raises:
        subprocess.CalledProcessError: this repository does not have it, as when it is shallow.
    """
    with tarfile.open(fileobj=io.BytesIO(_git("archive", commit))) as files:
        files.extractall(folder, filter="data")


def packed_anew(archive: bytes, made_at: int) -> bytes:
    """Repack an archive with its files sorted, owned by nobody and dated alike."""
    plain = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as given,
        tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as made,
    ):
        for member in sorted(given.getmembers(), key=lambda each: each.name):
            made.addfile(_anonymous(member, made_at), given.extractfile(member))
    return gzip.compress(plain.getvalue(), mtime=made_at)


def _anonymous(member: tarfile.TarInfo, made_at: int) -> tarfile.TarInfo:
    plain = tarfile.TarInfo(member.name)
    plain.type, plain.size, plain.mtime = member.type, member.size, made_at
    plain.mode = EXECUTABLE if member.isdir() or member.mode & 0o100 else PLAIN
    return plain


def _brought(path: Path, folder: Path, made_at: int) -> Path:
    content = path.read_bytes()
    target = folder / path.name
    target.write_bytes(packed_anew(content, made_at) if path.suffix == ".gz" else content)
    return target


def _run(kind: str, source: Path, out: Path, made_at: int) -> None:
    environ = {"PATH": os.environ["PATH"], "SOURCE_DATE_EPOCH": str(made_at), "TZ": "UTC"}
    subprocess.run(  # noqa: S603 - this Python, with words of ours
        [sys.executable, "-c", BUILD, kind, str(out)],
        cwd=source,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _git(*words: str) -> bytes:
    command = ["git", *words]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout  # noqa: S603


if __name__ == "__main__":
    main()
