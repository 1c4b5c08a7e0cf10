"""What was built: version and commit of the program that runs."""

import subprocess
from functools import cache
from importlib.metadata import version
from pathlib import Path

# `git archive`, from which releases are made, writes the commit in; the image's build does, too.
WRITTEN = Path(__file__).parent / "commit.txt"
CHECKOUT = Path(__file__).parents[2]
_GIT = ("git", "rev-parse", "HEAD")


def described() -> str:
    """Return version and commit as `tagwire --version` prints them."""
    return f"{version('tagwire')} ({commit_hash() or 'commit unknown'})"


@cache
def commit_hash() -> str:
    """Return the full hash of the commit, or nothing where it was not written down."""
    written = WRITTEN.read_text(encoding="ascii").strip()
    if not written.startswith("$Format"):
        return written
    return _of_checkout() if (CHECKOUT / ".git").exists() else ""


def _of_checkout() -> str:
    try:
        done = subprocess.run(  # noqa: S603 - constant words
            _GIT, cwd=CHECKOUT, capture_output=True, text=True, timeout=10, check=False
        )
    except OSError:  # git is not installed
        return ""
    return done.stdout.strip()
