"""Which heads are answered that llhttp lets pass."""

import pytest

from backend.asgi.protocol import (
    LONG_HEAD,
    LONG_TARGET,
    LONGEST_FIELD_BYTES,
    LONGEST_TARGET_BYTES,
    UNREADABLE,
    Fault,
    Fields,
    fault_of,
)

HOST = b"host", b"news.example"
CHUNKS = b"transfer-encoding", b"chunked"
HEADS: dict[str, tuple[int, Fields, str, Fault | None]] = {
    "an ordinary one": (1, [HOST, (b"accept", b"*/*")], "1.1", None),
    "as long as may be": (
        LONGEST_TARGET_BYTES,
        [HOST, (b"a", b"b" * (LONGEST_FIELD_BYTES - 1))],
        "1.1",
        None,
    ),
    "too long a target": (LONGEST_TARGET_BYTES + 1, [HOST], "1.1", LONG_TARGET),
    "too long a field": (1, [HOST, (b"a", b"b" * LONGEST_FIELD_BYTES)], "1.1", LONG_HEAD),
    "no host": (1, [], "1.1", UNREADABLE),
    "no host, which old clients do not know": (1, [], "1.0", None),
    "two hosts": (1, [HOST, HOST], "1.1", UNREADABLE),
    "two hosts of an old client": (1, [HOST, HOST], "1.0", UNREADABLE),
    "chunks": (1, [HOST, CHUNKS], "1.1", None),
    "chunks of another case": (1, [HOST, (b"transfer-encoding", b"Chunked")], "1.1", None),
    "chunks of a coding": (1, [HOST, (b"transfer-encoding", b"gzip, chunked")], "1.1", UNREADABLE),
    "no version that is spoken here": (1, [HOST], "2.0", UNREADABLE),
    "chunks, which old proxies do not know": (1, [HOST, CHUNKS], "1.0", UNREADABLE),
}


@pytest.mark.parametrize(("size", "fields", "version", "fault"), HEADS.values(), ids=HEADS)
def test_a_head_that_could_be_read_in_two_ways_or_is_too_long_is_refused(
    size: int, fields: Fields, version: str, fault: Fault | None
) -> None:
    assert fault_of(b"/" * size, fields, version) == fault
