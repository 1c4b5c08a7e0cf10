"""Near-duplicate detection: bottom-k MinHash sketches and containment. Pure.

It finds copies, excerpts and edited wire pieces. Two articles that tell of one event in their
own words are not its business.
"""

import struct
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

import regex

from backend.text.plain_words import ascii_words, european_words

SKETCH_SIZE = 96
INDEXED = 16
SHINGLE_CHARACTERS = 5
# Shorter texts share too much by chance: a headline and one sentence prove nothing.
SHINGLES_NEEDED = 40
SAME_STORY = 0.6

_word = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*")
_EMPTY = blake2b(digest_size=8)
_unspaced = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")


@lru_cache(maxsize=128)
def sketch_of(text: str) -> tuple[int, ...]:
    """The smallest hashes of the text's shingles, ascending; empty for a text too short."""
    digests = set(map(_digest, _shingles(text)))
    if len(digests) < SHINGLES_NEEDED:
        return ()
    # 63 bits, so that every database keeps it as a plain integer; big-endian bytes sort alike.
    return tuple(int.from_bytes(each, "big") >> 1 for each in sorted(digests)[:SKETCH_SIZE])


def containment(one: Sequence[int], other: Sequence[int]) -> float:
    """Return the share of the shorter text that stands in the longer one, 0 to 1.

    Both sketches are cut at the smaller of their largest hashes: below it each is complete, so
    an excerpt is compared with the part of the whole that the sketch really knows.
    """
    if not one or not other:
        return 0.0
    bound = min(_known_up_to(one), _known_up_to(other))
    left, right = ({each for each in sketch if each <= bound} for sketch in (one, other))
    smaller = min(len(left), len(right))
    return len(left & right) / smaller if smaller >= INDEXED // 2 else 0.0


def index_of(sketch: Sequence[int]) -> tuple[int, ...]:
    """The hashes to look candidates up by."""
    return tuple(sketch[:INDEXED])


def is_same_story(one: Sequence[int], other: Sequence[int]) -> bool:
    return containment(one, other) >= SAME_STORY


def pack(sketch: Iterable[int]) -> bytes:
    values = tuple(sketch)
    return struct.pack(f">{len(values)}q", *values)


def unpack(packed: bytes) -> tuple[int, ...]:
    return struct.unpack(f">{len(packed) // 8}q", packed)


def _digest(shingle: bytes) -> bytes:
    made = _EMPTY.copy()  # three quarters of the price of one that is made with its options
    made.update(shingle)
    return made.digest()


def _known_up_to(sketch: Sequence[int]) -> int:
    """Return the hash up to which a sketch is complete; one that is not full holds every hash."""
    return sketch[-1] if len(sketch) == SKETCH_SIZE else 2**63


def _shingles(text: str) -> Iterable[bytes]:
    """Return shingles of three words, or five characters where no spaces divide words."""
    words = ascii_words(text)
    if words is None:
        text = unicodedata.normalize("NFKC", text).casefold()
        words = european_words(text)
    if words is None:
        words = _word.findall(text)
        if len(_unspaced.findall(text)) * 2 > sum(map(len, words)):
            letters = "".join(words)
            starts = range(len(letters) - SHINGLE_CHARACTERS + 1)
            return (letters[at : at + SHINGLE_CHARACTERS].encode() for at in starts)
    written = [word.encode() for word in words]
    return map(b" ".join, zip(written, written[1:], written[2:], strict=False))
