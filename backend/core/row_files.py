"""Rows of large files, read one after another: CSV with a line of names, or JSON a line.

Compressed ones (gzip) are read as they are. Memory does not grow with the file.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import orjson

# A longer line of JSON is cut, and so no longer valid.
LONGEST_LINE = 1_000_000
_JSON = (".jsonl", ".ndjson")
Row = tuple[int, Mapping[str, Any] | None]


class DamagedFile(ValueError):
    """The file ends in the middle, or cannot be unpacked."""


@dataclass(frozen=True, slots=True)
class RowFile:
    """Iterates over rows with the numbers of their lines; None stands for an unreadable row."""

    size_bytes: int
    _raw: BinaryIO
    _text: TextIO
    _is_json: bool

    def __iter__(self) -> Iterator[Row]:
        rows = _json_rows if self._is_json else _csv_rows
        try:
            yield from rows(self._text)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DamagedFile("it cannot be unpacked to its end") from error

    @property
    def read_bytes(self) -> int:
        """Return how many of `size_bytes` were read."""
        return self._raw.tell()


@contextmanager
def row_file(path: Path) -> Iterator[RowFile]:
    """Open a file of rows; its name tells the format: .csv, .jsonl or .ndjson, also with .gz."""
    is_packed = path.suffix.lower() == ".gz"
    inner = path.with_suffix("") if is_packed else path
    with path.open("rb") as raw:
        body = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if is_packed else raw
        # Addresses are ASCII: a broken letter elsewhere need not keep the row out.
        with io.TextIOWrapper(body, "utf-8-sig", "replace", newline="") as text:
            yield RowFile(path.stat().st_size, raw, text, inner.suffix.lower() in _JSON)


def _csv_rows(text: TextIO) -> Iterator[Row]:
    reader = csv.reader(text)
    names = [name.strip() for name in next(reader, [])]
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield reader.line_num, None
            continue
        if any(cells):
            yield reader.line_num, dict(zip(names, cells, strict=False))


def _json_rows(text: TextIO) -> Iterator[Row]:
    for number, line in enumerate(iter(lambda: text.readline(LONGEST_LINE), ""), start=1):
        if line.strip():
            yield number, _object(line)


def _object(line: str) -> Mapping[str, Any] | None:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) else None
