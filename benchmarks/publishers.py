"""All publishers at once: `python -m benchmarks.publishers PORT ENTRIES [FOLDER]` gives feeds.

The path is the number of the feed. Its shape is written here (10 to 60 entries, leads or whole
texts) or that of a document of FOLDER, with its words moved about, so that no two feeds tell the
same, its dates moved to the last days, and its first ENTRIES entries. `POST /` begins the next
round: a third of the feeds have an entry more. Every twentieth feed fails, every twenty-fifth
answers after a second.
"""

import random
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from benchmarks.archive import WORDS

STARTED = datetime.now(UTC)
SLOW_S = 1.0
_text = re.compile(
    r"<[^<>]*>|&lt;.*?&gt;|&#?\w+;|\S*://[^\s<>\"']+|(?P<word>[^\W\d_]{5,})", re.DOTALL
)
_rfc822 = re.compile(r"\d{1,2} [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d")
_iso = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d")
_FORMS = ((_rfc822, "%d %b %Y %H:%M:%S"), (_iso, "%Y-%m-%dT%H:%M:%S"))
_item = re.compile(r"<(item|entry)[\s>].*?</\1>", re.DOTALL)


class Publisher(BaseHTTPRequestHandler):
    """A server of all feeds; an ETag says how many entries more than at first its feed has."""

    documents: ClassVar[list[str]] = []
    rounds: ClassVar[int] = 0
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        number = int(self.path.strip("/"))
        if number % 25 == 24:
            time.sleep(SLOW_S)
        grown = self.rounds if number % 3 == 0 else 0
        etag = f'"{number}-{grown}"'
        is_known = self.headers.get("If-None-Match") == etag
        status = 500 if number % 20 == 19 else 304 if is_known else 200
        self._answer(status, _document(number, grown) if status == 200 else b"", etag)

    def do_POST(self) -> None:
        Publisher.rounds += 1
        self._answer(204, b"", "")

    def _answer(self, status: int, body: bytes, etag: str) -> None:
        self.send_response(status)
        self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@cache
def _document(number: int, grown: int) -> bytes:
    if not Publisher.documents:
        return written_feed(number, grown)
    text = _dated(_moved(Publisher.documents[number % len(Publisher.documents)], number))
    first = _item.search(text)
    if first and not grown:  # its newest entry comes in the second round
        text = text[: first.start()] + text[first.end() :]
    return text.encode()


def _moved(text: str, seed: int) -> str:
    """Shuffle the words of a text; marks, entities and addresses stay."""
    if seed < len(Publisher.documents):
        return text
    words = [found["word"] for found in _text.finditer(text) if found["word"]]
    random.Random(seed).shuffle(words)
    others = iter(words)
    return _text.sub(lambda found: next(others) if found["word"] else found[0], text)


def _dated(text: str) -> str:
    """Move the dates so that the newest was an hour old at the start: alike in both rounds."""
    for pattern, form in _FORMS:
        dates = [_read(each, form) for each in pattern.findall(text)]
        if dates:
            by = STARTED - max(dates) - timedelta(hours=1)
            text = pattern.sub(lambda found: (_read(found[0], form) + by).strftime(form), text)  # noqa: B023
    return text


def _read(text: str, form: str) -> datetime:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return datetime(2020, 1, 1, tzinfo=UTC)


def written_feed(number: int, grown: int) -> bytes:
    chance = random.Random(number)
    count = chance.randint(10, 60)
    length = chance.choice((30, 30, 400))
    items = (_written_item(number, each, length) for each in range(count + grown, grown, -1))
    head = f"<title>Publisher {number}</title><link>https://p{number}.example/</link>"
    return f"<rss version='2.0'><channel>{head}{''.join(items)}</channel></rss>".encode()


def _written_item(number: int, entry: int, length: int) -> str:
    chance = random.Random(f"{number} {entry}")
    words = chance.choices(WORDS, k=length)
    url = f"https://p{number}.example/{entry}"
    date = f"Sat, {1 + entry % 28:02} Nov 2025 {entry % 24:02}:00:00 GMT"
    text = f"<category>United States</category><description>{' '.join(words)}</description>"
    return (
        f"<item><title>{' '.join(words[:8])} {entry}</title><link>{url}</link><guid>{url}</guid>"
        f"<pubDate>{date}</pubDate>{text}</item>"
    )


def _cut(text: str, entries: int) -> str:
    """The document without what comes after its first entries, which are the newest."""
    found = list(_item.finditer(text))[entries:]
    return text[: found[0].start()] + text[found[-1].end() :] if found else text


def main(port: int, entries: int, folder: str | None) -> None:
    if folder:
        paths = sorted(Path(folder).iterdir())
        texts = (path.read_bytes().decode("utf-8", "replace") for path in paths)
        Publisher.documents = [_cut(text, entries + 1) for text in texts]
    ThreadingHTTPServer(("127.0.0.1", port), Publisher).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] if sys.argv[3:] else None)
