"""A small load of our own: readers who ask for pages, a newsroom that writes, and what they see."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

PAUSE_S = 0.05
# As long as an app waits for an answer.
ANSWER_WITHIN_S = 10.0


@dataclass(frozen=True)
class Asked:
    """One request: when it was answered, how, and after how long."""

    at: float
    is_write: bool
    status: int  # 0 where there was no answer
    seconds: float

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 400


@dataclass(frozen=True)
class Window:
    """What readers and the newsroom saw in a while."""

    reads: int
    failed_reads: int
    longest_without_page_s: float
    writes: int
    refused_writes: int
    longest_without_write_s: float


@dataclass
class Load:
    """Readers and one writer until stopped; a refused article is sent again, as clients do."""

    site: str
    key: str
    paths: Sequence[str]
    readers: int = 3
    asked: list[Asked] = field(default_factory=list)
    written: dict[int, str] = field(default_factory=dict)  # article ids that were answered
    _stopped: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        jobs = [self._read] * self.readers + [self._write]
        self._threads = [threading.Thread(target=job, daemon=True) for job in jobs]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(2 * ANSWER_WITHIN_S)

    def window(self, begin: float, end: float) -> Window:
        within = [each for each in self.asked if begin <= each.at <= end]
        reads = [each for each in within if not each.is_write]
        writes = [each for each in within if each.is_write]
        return Window(
            reads=len(reads),
            failed_reads=sum(not each.is_good for each in reads),
            longest_without_page_s=longest_gap(reads, begin, end),
            writes=sum(each.is_good for each in writes),
            refused_writes=sum(not each.is_good for each in writes),
            longest_without_write_s=longest_gap(writes, begin, end),
        )

    def _read(self) -> None:
        number = 0
        while not self._stopped.wait(PAUSE_S):
            self._ask(self.site + self.paths[number])
            number = (number + 1) % len(self.paths)

    def _write(self) -> None:
        number = 0
        while not self._stopped.wait(PAUSE_S):
            url = f"{self.site}/v1/newsroom/articles/drill/{number}"
            answer = self._ask(url, "PUT", article_of(number), self.key)
            if answer is not None:
                self.written[number] = answer["id"]
                number += 1

    def _ask(self, url: str, *request: Any) -> Any:
        """The document of a good answer; each one counts."""
        began = time.monotonic()
        status, answer = call(url, *request)
        at = time.monotonic()
        asked = Asked(at, bool(request), status, at - began)
        self.asked.append(asked)
        return answer if asked.is_good else None


def article_of(number: int) -> dict[str, object]:
    return {
        "title": f"Notice {number} of the harbour office",
        "url": f"https://drill.example/{number}",
        "tags": ["Harbour"],
    }


def longest_gap(asked: Sequence[Asked], begin: float, end: float) -> float:
    """The longest time in which nothing was answered well."""
    times = [begin, *sorted(each.at for each in asked if each.is_good), end]
    return max(after - before for before, after in pairwise(times))


def call(
    url: str,
    method: str = "GET",
    document: Any = None,
    key: str = "",
    *,
    within_s: float = ANSWER_WITHIN_S,
) -> tuple[int, Any]:
    """Status and document of the answer; 0 and None without one."""
    body = None if document is None else json.dumps(document).encode()
    headers = {"Content-Type": "application/json"} if body else {}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=within_s) as answer:
            return answer.status, read(answer)
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, ValueError):
        return 0, None


def read(answer: Any) -> Any:
    """The document of an answer, or its text where it is none."""
    text = answer.read()
    is_json = "json" in answer.headers.get("Content-Type", "")
    return json.loads(text) if text and is_json else text.decode()
