"""Answers of strangers: any status, any headers, any bytes, cut anywhere."""

import socket

from hypothesis import strategies as st

from tests.backend.outbound.server import Handler, Request

_NAMES = (
    *("Retry-After", "ETag", "Last-Modified", "Cache-Control", "Content-Type", "Location"),
    *("Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection", "X-Any", "Age"),
)
_VALUES = (
    *("²", "9" * 5_000, "-1", "0", "Fri, 31 Dec 9999 23:59:59 -2359", "Mon, 32 Foo", "max-age=1e9"),
    *("max-age=" + "9" * 400, "gzip", "br", "chunked", "identity, gzip", "text/html; charset=x"),
    *("text/xml; charset=idna", "text/xml; charset=hex", "http://[::1", "http://[", "//", "\x00"),
    *("http://127.0.0.1:99999/", "javascript:x", "W/" + '"' * 9, '"a\x0bb"', "a" * 9_000),
)


def answers(bodies: st.SearchStrategy[bytes] | None = None) -> st.SearchStrategy[bytes]:
    """Whole answers as bytes on the wire."""
    return st.builds(
        _answer,
        _statuses(),
        st.lists(_headers(), max_size=5),
        _BODIES if bodies is None else bodies,
    )


def raw(reply: bytes) -> Handler:
    """Answers with these bytes and ends the connection."""

    def handle(connection: socket.socket, _: Request) -> None:
        connection.sendall(reply)

    return handle


def _statuses() -> st.SearchStrategy[str]:
    codes = st.one_of(
        st.sampled_from([200, 204, 301, 302, 304, 307, 308, 400, 410, 429, 500, 503]),
        st.integers(-1, 100_000),
    )
    lines = st.builds("{} {}".format, codes, st.text(max_size=8))
    return lines | st.text(max_size=20)


def _headers() -> st.SearchStrategy[tuple[str, str]]:
    names = st.sampled_from(_NAMES) | st.text(max_size=12)
    values = st.sampled_from(_VALUES) | st.text(max_size=40) | st.integers().map(str)
    return st.tuples(names, values)


def _answer(status: str, headers: list[tuple[str, str]], body: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "replace") + body


_BODIES = st.binary(max_size=200) | st.sampled_from([b"", b"5\r\nab", b"\x1f\x8b\x08", b"ok"])
