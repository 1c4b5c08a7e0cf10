"""Tagwire on several machines, tried on one: three loopback addresses stand for three machines.

    python examples/cluster/cluster.py [FOLDER]

127.0.0.1 and 127.0.0.2 each have a database, a web machine, a poller and a worker; 127.0.0.3 has
nginx, Redis and a stand-in for FCM. Every step is printed before it is taken; Ctrl-C ends all.
"""

import argparse
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from processes import Failed, Process, answers, free_port, says_ready, unprivileged

HERE = Path(__file__).resolve().parent
PROXY = HERE.parents[1] / "docs" / "examples" / "tagwire-proxy.conf"
FIRST, SECOND, FRONT = MACHINES = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
TAGWIRE = (sys.executable, "-m", "tagwire")
QUOTA_PER_MINUTE = 600


class Cluster:
    """All processes by name, such as `web-1`, `worker-2`, `database-1`."""

    def __init__(self, folder: Path, quota: int = QUOTA_PER_MINUTE) -> None:
        self.folder = folder
        self.processes: dict[str, Process] = {}
        self._programs = _postgresql()
        self._user = unprivileged(folder / "database")
        self.ports = {
            name: free_port(*MACHINES)
            for name in ("database", "web", "front", "limits", "provider", "purge")
        }
        self.newsroom_key = secrets.token_urlsafe(24)
        self._has_limits = shutil.which("redis-server") is not None
        self._values = self._filled_in(quota)
        self.environ = self._environment()

    @property
    def site(self) -> str:
        return f"http://{FRONT}:{self.ports['front']}"

    @property
    def provider(self) -> str:
        return f"http://{FRONT}:{self.ports['provider']}"

    def start(self) -> None:
        """Every step, in the order in which real machines are set up."""
        self._start_primary()
        self._start_standby()
        self._replicate_synchronously()
        self._start_limits()
        self._start_provider()
        self._migrate()
        for number, address in enumerate((FIRST, SECOND), start=1):
            self._start_machine(number, address)
        self._start_front()
        for number, address in enumerate((FIRST, SECOND), start=1):
            self.processes[f"web-{number}"].wait_for(partial(self.is_ready, address), 120)
        say(f"ready: {self.site}", "")

    def stop(self) -> None:
        """The databases last, and fast: nobody is connected any more."""
        own = reversed(self.processes.items())
        for name, process in sorted(own, key=lambda each: each[0].startswith("database")):
            process.stop(signal.SIGINT if name.startswith("database") else signal.SIGTERM)

    def promote(self) -> None:
        """Make the standby the primary. The old one must be gone for good first (fencing)."""
        say("promote the standby", "SELECT pg_promote()")
        self.sql(SECOND, "SELECT pg_promote()")

    def is_promoted(self) -> bool:
        return self.sql(SECOND, "SELECT pg_is_in_recovery()") == "f"

    def is_synchronous(self) -> bool:
        state = "SELECT coalesce(max(sync_state), '') FROM pg_stat_replication"
        return self.sql(FIRST, state) == "sync"

    def restart(self, name: str) -> None:
        self.processes[name].start()

    def sql(self, address: str, statement: str) -> str:
        done = subprocess.run(
            [self._programs / "psql", *self._reach(address), "-d", "postgres", "-Atc", statement],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        if done.returncode:
            raise Failed(done.stderr.strip())
        return done.stdout.strip()

    def _start_primary(self) -> None:
        data = self.folder / "database" / "primary"
        self._run("make the primary", self._programs / "initdb", "-D", data, "-U", "tagwire",
                  "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8")  # fmt: skip
        self._start_database("database-1", data, FIRST)

    def _start_standby(self) -> None:
        data = self.folder / "database" / "standby"
        self._run("copy it for the standby", self._programs / "pg_basebackup", "-D", data,
                  "--write-recovery-conf", "--create-slot", "--slot=standby", "--checkpoint=fast",
                  *self._reach(FIRST))  # fmt: skip
        self._start_database("database-2", data, SECOND)

    def _start_database(self, name: str, data: Path, address: str) -> None:
        # The cluster's name is what a standby calls itself at its primary.
        settings = {
            "listen_addresses": address, "port": self.ports["database"],
            "unix_socket_directories": "", "cluster_name": name.replace("-", "_"),
            "max_connections": 100, "shared_buffers": "32MB", "hot_standby": "on",
        }  # fmt: skip
        options = [part for item in settings.items() for part in ("-c", "{}={}".format(*item))]
        self._start(name, f"start {name} on {address}", self._programs / "postgres", "-D", data,
                    *options)  # fmt: skip
        self.processes[name].wait_for(lambda: self._is_accepting(address))

    def _is_accepting(self, address: str) -> bool:
        asked = [str(self._programs / "pg_isready"), *self._reach(address)]
        return subprocess.run(asked, capture_output=True, check=False).returncode == 0

    def _replicate_synchronously(self) -> None:
        """What is answered is on both disks. Said to the primary alone: the standby's copy of its
        settings must not have it, or the promoted one would wait for a standby that there is not.
        """
        wait_for = "ALTER SYSTEM SET synchronous_standby_names = 'database_2'"
        say("have commits wait for the standby", wait_for)
        self.sql(FIRST, wait_for)
        self.sql(FIRST, "SELECT pg_reload_conf()")
        self.processes["database-2"].wait_for(self.is_synchronous)

    def _start_limits(self) -> None:
        if not self._has_limits:
            say("no redis-server is installed: each web process counts limits for itself", "")
            return
        self._start("limits", "start Redis for the rate limits", "redis-server", "--bind", FRONT,
                    "--port", self.ports["limits"], "--save", "", "--appendonly", "no",
                    "--protected-mode", "no")  # fmt: skip
        self.processes["limits"].wait_for(lambda: answers(FRONT, self.ports["limits"]))

    def _start_provider(self) -> None:
        folder = self.folder / "provider"
        folder.mkdir()
        self._start("provider", "start the stand-in for FCM", *TAGWIRE, "fcm-standin", "--host",
                    FRONT, "--port", self.ports["provider"], "--folder", folder)  # fmt: skip
        self.processes["provider"].wait_for(lambda: answers(FRONT, self.ports["provider"]))

    def _migrate(self) -> None:
        self._run("migrate the database, once", *TAGWIRE, "db", "upgrade")

    def _start_machine(self, number: int, address: str) -> None:
        web, own = f"web-{number}", {"HOST": address, "PORT": str(self.ports["web"])}
        self._start(web, f"start {web} on {address}", *TAGWIRE, "serve", environ=own)
        for name, command in (("poller", "poll"), ("worker", "work")):
            self._start(f"{name}-{number}", f"start {name}-{number}", *TAGWIRE, command)

    def is_ready(self, address: str) -> bool:
        return says_ready(address, self.ports["web"])

    def _start_front(self) -> None:
        front = self.folder / "front"
        (front / "cache").mkdir(parents=True)
        front.chmod(0o711)  # nginx's workers have another user
        conf = self._written("nginx.conf")
        self._start("purge", "start what forgets pages of nginx's cache", *TAGWIRE, "purge-files",
                    front / "cache", "--host", FRONT, "--port", self.ports["purge"])  # fmt: skip
        self._start("front", "start nginx in front", _program("nginx"), "-p", front, "-c", conf)
        self.processes["front"].wait_for(lambda: answers(FRONT, self.ports["front"]))

    def _reach(self, address: str) -> list[str]:
        return ["-h", address, "-p", str(self.ports["database"]), "-U", "tagwire"]

    def _run(self, what: str, *command: object) -> None:
        """One step that ends."""
        line = [str(part) for part in command]
        say(what, shlex.join(line))
        user = {} if line[0] == TAGWIRE[0] else self._user
        done = subprocess.run(
            line, cwd=self.folder, env={**os.environ, **self.environ},
            capture_output=True, text=True, timeout=120, check=False, **user,
        )  # fmt: skip
        if done.returncode:
            raise Failed(f"{what}: {done.stderr.strip()}")

    def _start(
        self, name: str, what: str, *command: object, environ: dict[str, str] | None = None
    ) -> None:
        """One step that stays."""
        own = " ".join(f"{key}={value}" for key, value in (environ or {}).items())
        say(what, f"{own} {shlex.join(map(str, command))}".strip())
        user = self._user if name.startswith("database") else {}
        folder = self.folder / "database" if user else self.folder
        log = folder / f"{name}.log"
        self.processes[name] = Process(
            name, command, log, {**self.environ, **(environ or {})}, user
        )
        self.processes[name].start()

    def _filled_in(self, quota: int) -> dict[str, str]:
        limits = f"redis://{FRONT}:{self.ports['limits']}" if self._has_limits else "memory://"
        return {
            **{name.upper(): str(port) for name, port in self.ports.items()},
            "FOLDER": str(self.folder), "PROXY": str(PROXY), "LIMITS": limits,
            "SECRET": secrets.token_urlsafe(32), "NEWSROOM_KEY": self.newsroom_key,
            "QUOTA": str(quota),
        }  # fmt: skip

    def _written(self, name: str) -> Path:
        """A file of this folder with its @NAMES@ filled in."""
        text = (HERE / name).read_text(encoding="utf-8")
        for key, value in self._values.items():
            text = text.replace(f"@{key}@", value)
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
        return path

    def _environment(self) -> dict[str, str]:
        path = self._written("environment")
        say("one environment file for all machines", str(path))
        lines = path.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def say(what: str, how: str) -> None:
    print(f"== {what}" + (f"\n   {how}" if how else ""), flush=True)


def _program(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise Failed(f"{name} is not installed; see README.md")
    return found


def _postgresql() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    if not found:
        raise Failed("PostgreSQL is not installed; see README.md")
    return found[0].parent


@contextmanager
def running(folder: Path | None = None, quota: int = QUOTA_PER_MINUTE) -> Iterator[Cluster]:
    """The whole cluster, ended with the block; without a folder one that goes with it."""
    with tempfile.TemporaryDirectory(prefix="tagwire-cluster-") as name:
        place = folder or Path(name)
        place.chmod(0o755)  # PostgreSQL and nginx have users of their own
        cluster = Cluster(place, quota)
        try:
            cluster.start()
            yield cluster
        finally:
            say("end all processes", "")
            cluster.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", help="an empty one, which is kept")
    folder = parser.parse_args().folder
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with running(folder and folder.resolve()):
            while True:
                time.sleep(1)
    except KeyboardInterrupt:
        pass
    except Failed as error:
        raise SystemExit(f"cluster: {error}") from error


if __name__ == "__main__":
    main()
