"""Folders in memory, for databases that need not outlive their test: no commit waits for a disk."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

# A run on PostgreSQL copies a database of 10 MB for each test.
NEEDED_BYTES = 2 * 2**30


def memory() -> Path | None:
    """Linux's file system in memory, if it has room."""
    folder = Path("/dev/shm")  # noqa: S108 - private folders are made in it
    roomy = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free >= NEEDED_BYTES
    return folder if roomy else None


@contextmanager
def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder in memory that ends with its use; this one of the disk where there is no room."""
    place = memory()
    if place is None:
        yield otherwise
        return
    with TemporaryDirectory(prefix="tagwire-test-", dir=place) as name:
        yield Path(name)
