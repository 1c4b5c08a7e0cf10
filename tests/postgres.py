"""Runs a command beside a PostgreSQL started for it: `python -m tests.postgres COMMAND…`.

The command finds it in TEST_DATABASE_URL. The server listens on a socket in a temporary folder
and ends with the command.
"""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.memory import memory

SETTINGS = ("listen_addresses=", "max_connections=200", "shared_buffers=128MB")


def main(command: list[str]) -> int:
    found = programs()
    if found is None:
        print(  # noqa: T201
            "PostgreSQL's server programs (initdb, pg_ctl) were not found. "
            "On Debian: apt-get install postgresql",
            file=sys.stderr,
        )
        return 1
    with server(found) as url:
        return subprocess.call(command, env={**os.environ, "TEST_DATABASE_URL": url})


def programs() -> Path | None:
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    beside = shutil.which("initdb")
    candidates = [*folders, *([Path(beside).resolve().parent] if beside else [])]
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


@contextmanager
def server(programs: Path, *, durable: bool = False) -> Iterator[str]:
    """The URL of a new server; a durable one waits for the disk, which tests need not."""
    place = None if durable else memory()
    with tempfile.TemporaryDirectory(prefix="tagwire-pg-", dir=place) as name:
        folder = Path(name)
        identity = unprivileged(folder)
        data = folder / "data"
        options = " ".join(
            f"-c {setting}"
            for setting in (
                *SETTINGS,
                f"fsync={'on' if durable else 'off'}",
                f"unix_socket_directories={folder}",
            )
        )
        run: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, **identity}
        initdb: list[Any] = [programs / "initdb", "-D", data, "-U", "tagwire", "--auth=trust"]
        subprocess.run([*initdb, "-E", "UTF8", "--locale=C.UTF-8"], **run)
        control: list[Any] = [programs / "pg_ctl", "-D", data]
        subprocess.run([*control, "-w", "-l", folder / "log", "-o", options, "start"], **run)
        try:
            yield f"postgresql+psycopg://tagwire@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)


def unprivileged(folder: Path) -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then its own user, made by its package, runs it."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid}


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
