"""Streaming decompression with an output limit, against decompression bombs."""

import zlib
from collections.abc import Callable, Iterator

import brotli  # type: ignore[import-untyped]

STEP_BYTES = 262_144
GZIP_MAGIC = b"\x1f\x8b"
# Bodies under any other name pass as they are: servers have names for no compression, and some give
# the character set. These cannot: they were not asked for, and nobody here can open them.
UNREADABLE = frozenset({"zstd", "compress", "x-compress", "dcb", "dcz"})

Opener = Callable[[bytes | None], Iterator[bytes]]


class TooLarge(Exception):
    """More bytes than the limit."""


class BadCompression(Exception):
    """The bytes are not what the encoding says; the message is for people."""


class Decompressor:
    """Opens gzip, deflate and brotli; anything else passes as it is.

    Both methods raise `TooLarge` when more than `limit` bytes come out, and `BadCompression`
    when the bytes are not what the encoding says.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._name = encoding.strip().lower()
        self._open = _opener_of(self._name)
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
            raise BadCompression(self._damage()) from error

    def _damage(self) -> str:
        if self._content:
            return f"the compression ({self._name}) of the answer is damaged"
        return f"the answer is not compressed with {self._name}, as its header says"


def _opener_of(name: str) -> Opener:
    if name in UNREADABLE:
        raise BadCompression(f"the answer is compressed with {name}, which was not asked for")
    if name in {"gzip", "x-gzip", "deflate"}:
        return _ZlibOpener()
    return _brotli_opener() if name == "br" else _as_it_is


def _as_it_is(chunk: bytes | None) -> Iterator[bytes]:
    if chunk:
        yield chunk


class _ZlibOpener:
    """gzip of any number of members (RFC 1952, 2.2), zlib, and deflate without its frame."""

    def __init__(self) -> None:
        self._machine: zlib._Decompress | None = None
        self._rest = b""
        self._members = 0

    def __call__(self, chunk: bytes | None) -> Iterator[bytes]:
        if chunk is None:
            yield from self._opened(is_end=True)
            if self._machine is not None:
                raise BadCompression("the compressed answer was cut short")
            return
        self._rest += chunk
        yield from self._opened(is_end=False)

    def _opened(self, *, is_end: bool) -> Iterator[bytes]:
        while self._rest:
            machine = self._machine or self._begun(is_end=is_end)
            if machine is None:
                return
            yield machine.decompress(self._rest, STEP_BYTES)
            self._rest = machine.unused_data if machine.eof else machine.unconsumed_tail
            self._machine = None if machine.eof else machine

    def _begun(self, *, is_end: bool) -> "zlib._Decompress | None":
        """Start the next member, once two bytes tell which kind it is; padding and whatever
        else comes after the last one is left alone, as by gzip itself.
        """
        self._rest = self._rest.lstrip(b"\0") if self._members else self._rest
        if len(self._rest) < 2 and not is_end:
            return None
        is_gzip = self._rest.startswith(GZIP_MAGIC)
        if self._members and not is_gzip:
            self._rest = b""
            return None
        window = -zlib.MAX_WBITS if _is_raw(self._rest) else zlib.MAX_WBITS | 32
        self._members += 1
        return zlib.decompressobj(window)


def _is_raw(start: bytes) -> bool:
    """Whether this is deflate without zlib's frame (RFC 1950, 2.2), whose two bytes are a multiple
    of 31 and begin with method 8: as raw deflate that would be a stored block with odd padding.
    """
    is_zlib = len(start) > 1 and start[0] & 15 == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return not is_zlib and not start.startswith(GZIP_MAGIC)


def _brotli_opener() -> Opener:
    machine = brotli.Decompressor()
    is_used = False

    def opened(chunk: bytes | None) -> Iterator[bytes]:
        nonlocal is_used
        is_used = is_used or bool(chunk)
        if chunk is None:
            if is_used and not machine.is_finished():
                raise BadCompression("the compressed answer was cut short")
            return
        yield machine.process(chunk, output_buffer_limit=STEP_BYTES)
        while not machine.can_accept_more_data():
            yield machine.process(b"", output_buffer_limit=STEP_BYTES)

    return opened
