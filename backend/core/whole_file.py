"""Atomic file writes: a draft beside the file, synced and renamed when it is complete."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path of a draft that becomes `path` on leaving; on an error nothing is left of it.

    Raises:
        OSError: the folder or the disk does not take the file.
    """
    path = path.resolve()
    folder = path.parent
    if not folder.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))
    if path.exists() and not path.is_file():  # a device must not be replaced by a file
        raise FileExistsError(errno.EEXIST, "Not a regular file", str(path))
    # In a folder of its own: a SQLite draft has files beside it.
    with tempfile.TemporaryDirectory(dir=folder, prefix=f".{path.name}-") as name:
        draft = Path(name) / path.name
        yield draft
        _sync(draft)
        draft.replace(path)
        _sync(folder)


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
