"""Brings a list of phones in: reads, validates and writes it batch by batch, and keeps a sample."""

import csv
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from backend.audience.moved_formats import FORMATS
from backend.audience.moved_phone import MovedPhone, RefusedRow, moved_phone
from backend.audience.moving import AT_ONCE, Unknown, move_in
from backend.core.row_files import Row, RowFile
from push.transport.asking import question
from push.transport.sender import Outgoing

Refuse = Callable[[int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Options of an import; `topics` maps the names of another system's topics to ours."""

    form: str
    topics: Mapping[str, str]
    unknown: Unknown
    is_dry_run: bool


@dataclass(slots=True)
class Progress:
    """Counts of the rows so far, by what has become of them."""

    rows: int = 0
    new: int = 0
    known: int = 0
    follows: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "new": self.new,
            "already_here": self.known,
            "follows": self.follows,
            "refused": self.refused.total(),
            "refused_for": dict(self.refused.most_common()),
            "unknown_topics": dict(self.unknown.most_common()),
        }


class Sample:
    """A sample of `size` phones, each as likely as any other (reservoir sampling)."""

    def __init__(self, size: int) -> None:
        self._size, self._seen = size, 0
        self._dice = random.Random()  # noqa: S311 no secret hangs on it
        self.phones: list[MovedPhone] = []

    def add(self, phone: MovedPhone) -> None:
        self._seen += 1
        if len(self.phones) < self._size:
            self.phones.append(phone)
        elif self._size and (place := self._dice.randrange(self._seen)) < self._size:
            self.phones[place] = phone

    def questions(self) -> list[Outgoing]:
        return [
            question(phone.kind, phone.facts["platform"], number, phone.address)
            for number, phone in enumerate(self.phones)
        ]


def move_file_in(
    rows: RowFile,
    wish: Wish,
    *,
    clock: Callable[[], datetime],
    refuse: Refuse,
    sample: Sample,
) -> Iterator[Progress]:
    """Bring in all rows; yield the progress after each transaction.

    `refuse` is called with the line of each row that is kept out, and why.
    """
    done = Progress()

    def keep_out(line: int, reason: str, kind: str) -> None:
        done.refused[kind] += 1
        refuse(line, reason)

    iterator = iter(rows)
    while batch := list(islice(iterator, AT_ONCE)):
        done.rows += len(batch)
        phones = list(_phones(batch, wish, keep_out))
        for phone in phones:
            sample.add(phone)
        moved = move_in(phones, unknown=wish.unknown, now=clock(), dry_run=wish.is_dry_run)
        for line, reason in moved.refused:
            keep_out(line, reason, "it names an unknown topic")
        done.new += moved.new
        done.known += moved.known
        done.follows += moved.follows
        done.unknown += moved.unknown
        yield done


def _phones(
    batch: list[Row], wish: Wish, keep_out: Callable[[int, str, str], None]
) -> Iterator[MovedPhone]:
    for line, row in batch:
        try:
            if row is None:
                raise RefusedRow("it cannot be read")
            yield moved_phone(line, FORMATS[wish.form](row), wish.topics)
        except RefusedRow as refusal:
            keep_out(line, str(refusal), str(refusal))


@contextmanager
def refusals_in(path: Path | None) -> Iterator[Refuse]:
    """Write line and reason of each refusal into a CSV, as it comes; nowhere without a path."""
    if path is None:
        yield lambda _line, _reason: None
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "reason"))
        yield lambda line, reason: writer.writerow((line, reason)) and None
