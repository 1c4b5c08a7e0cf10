"""Builds the container image on a base made from Debian's packages; no image registry is asked.

`python -m tests.deployment.image` builds it ahead of the tests, which takes minutes of waiting.
"""

import fcntl
import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STORE = ROOT / "var" / "image"
IMAGE = "localhost/tagwire"
BASE = "localhost/tagwire-base"
# What nobody reads in a container; Debian's own slim images leave it out as well.
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")
SUITE = "bookworm"
BUILD_SECONDS = 900
# The time that everything in the image is made at, so that every build is the same.
MADE_AT = 1_790_000_000
# Containers share this machine's network, and need no daemon nor a kernel that allows namespaces.
PLAIN = ("--isolation=chroot",)


def buildah(*arguments: str) -> list[str]:
    """The command line on a store of the tests' own."""
    return [
        "buildah",
        f"--root={STORE / 'root'}",
        f"--runroot={STORE / 'run'}",
        "--storage-driver=vfs",
        *arguments,
    ]


def run(*arguments: str, seconds: float = 120) -> str:
    """What the command printed.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    done = subprocess.run(
        buildah(*arguments), check=True, timeout=seconds, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


def build() -> None:
    """Build the image unless it was; one process at a time."""
    STORE.mkdir(parents=True, exist_ok=True)
    with (STORE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (STORE / "built").exists():
            _build_base()
            _build_image()
            (STORE / "built").touch()


def settings() -> dict[str, Any]:
    """The image's configuration: user, labels, command, health check."""
    configuration: dict[str, Any] = json.loads(run("inspect", "--type=image", IMAGE))
    described: dict[str, Any] = configuration["Docker"]["config"]
    return described


def _build_image() -> None:
    run(
        "build", "--quiet", "--format=docker", *PLAIN,
        f"--build-arg=BASE={BASE}", "--build-arg=REVISION=of-the-tests",
        f"--build-arg=SOURCE_DATE_EPOCH={MADE_AT}", f"--timestamp={MADE_AT}",
        # The registry may be behind a certificate authority that only this machine knows.
        "--volume=/etc/ssl/certs:/etc/ssl/certs:ro",
        f"--tag={IMAGE}", "--file=Containerfile", str(ROOT),
        seconds=BUILD_SECONDS,
    )  # fmt: skip


def _build_base() -> None:
    archive = STORE / "base.tar"
    packages = "--include=python3,python3-venv,ca-certificates"
    paths = [f"--dpkgopt=path-exclude={path}" for path in LEFT_OUT]
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", packages, *paths, SUITE, str(archive)],
        check=True,
        timeout=BUILD_SECONDS,
    )
    (STORE / "Base").write_text("FROM scratch\nADD base.tar /\n")
    run("build", "--quiet", f"--tag={BASE}", f"--file={STORE / 'Base'}", str(STORE), seconds=300)
    archive.unlink()


if __name__ == "__main__":
    build()
