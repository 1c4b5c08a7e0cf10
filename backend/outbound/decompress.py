"""Streaming decompression with an output limit, against decompression bombs."""

import zlib
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]

STEP_BYTES = 262_144

Opener = Callable[[bytes | None], Iterator[bytes]]


class TooLarge(Exception):
    """More bytes than the limit."""


class Decompressor:
    """Opens gzip and brotli; anything else passes as it is.

    Both methods raise `TooLarge` when more than `limit` bytes come out, and `ValueError` when
    the bytes are not what the encoding says.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._open = _opener_of(encoding.strip().lower())
        self._limit = limit
        self._content = bytearray()

    def feed(self, chunk: bytes) -> None:
        self._take(chunk)

    def finish(self) -> bytes:
        self._take(None)
        return bytes(self._content)

    def _take(self, chunk: bytes | None) -> None:
        try:
            for part in self._open(chunk):
                if len(self._content) + len(part) > self._limit:
                    raise TooLarge(f"the answer holds more than {self._limit:,} bytes")
                self._content += part
        except (zlib.error, brotli.error) as error:
            raise ValueError("the compression is damaged") from error


def _opener_of(encoding: str) -> Opener:
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _zlib_opener()
    return _brotli_opener() if encoding == "br" else _as_it_is


def _as_it_is(chunk: bytes | None) -> Iterator[bytes]:
    if chunk:
        yield chunk


def _zlib_opener() -> Opener:
    machine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    is_used = False

    def opened(chunk: bytes | None) -> Iterator[bytes]:
        nonlocal is_used
        is_used = is_used or bool(chunk)
        if chunk is None:
            if is_used and not machine.eof:
                raise ValueError("the compressed answer was cut short")
            return
        rest = chunk
        while rest and not machine.eof:
            yield machine.decompress(rest, STEP_BYTES)
            rest = machine.unconsumed_tail

    return opened


def _brotli_opener() -> Opener:
    machine = brotli.Decompressor()
    is_used = False

    def opened(chunk: bytes | None) -> Iterator[bytes]:
        nonlocal is_used
        is_used = is_used or bool(chunk)
        if chunk is None:
            if is_used and not machine.is_finished():
                raise ValueError("the compressed answer was cut short")
            return
        yield machine.process(chunk, output_buffer_limit=STEP_BYTES)
        while not machine.can_accept_more_data():
            yield machine.process(b"", output_buffer_limit=STEP_BYTES)

    return opened
