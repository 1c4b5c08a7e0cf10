"""Compressed answers are opened as browsers open them, or refused in words."""

import gzip
import zlib
from collections.abc import Callable

import pytest

from backend.outbound.decompress import BadCompression, Decompressor, TooLarge

TEXT = b"<rss>" + b"a ferry sails " * 500 + b"</rss>"


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def opened(encoding: str, data: bytes, *, step: int = 7, limit: int = 100_000) -> bytes:
    decompressor = Decompressor(encoding, limit)
    for start in range(0, len(data), step):
        decompressor.feed(data[start : start + step])
    return decompressor.finish()


def raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush()


@pytest.mark.parametrize("step", [1, 2, 7, 100_000])
def test_gzip_of_several_members_is_one_document(step: int) -> None:
    members = b"".join(packed(TEXT[at : at + 900]) for at in range(0, len(TEXT), 900))

    assert opened("gzip", members, step=step) == TEXT


@pytest.mark.parametrize("rest", [b"\0" * 9, b"trailing garbage", b"\x1f", b"\0\0x"])
@pytest.mark.parametrize("step", [1, 100_000])
def test_what_follows_the_last_member_is_left_alone(rest: bytes, step: int) -> None:
    assert opened("gzip", packed(TEXT) + rest, step=step) == TEXT


@pytest.mark.parametrize("compress", [raw_deflate, zlib.compress, packed])
@pytest.mark.parametrize("step", [1, 100_000])
def test_deflate_is_read_with_and_without_its_frame(
    compress: Callable[[bytes], bytes], step: int
) -> None:
    assert opened("deflate", compress(TEXT), step=step) == TEXT


def test_an_empty_answer_is_empty() -> None:
    assert opened("gzip", b"") == b""


@pytest.mark.parametrize(
    ("encoding", "data", "words"),
    [
        ("gzip", TEXT, "not compressed with gzip"),
        ("br", TEXT, "not compressed with br"),
        ("gzip", packed(TEXT)[:-12], "cut short"),
        ("gzip", packed(TEXT) + packed(TEXT)[:-12], "cut short"),
        ("deflate", raw_deflate(TEXT)[:-3], "cut short"),
        ("zstd", b"(\xb5/\xfd", "zstd, which was not asked for"),
    ],
)
def test_a_damaged_answer_is_refused_in_words(encoding: str, data: bytes, words: str) -> None:
    with pytest.raises(BadCompression, match=words):
        opened(encoding, data)


def test_a_bomb_of_many_members_is_stopped_at_the_limit() -> None:
    with pytest.raises(TooLarge):
        opened("gzip", packed(b"\0" * 90_000) * 50, step=100_000)
