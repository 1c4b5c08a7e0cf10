"""HTTP/2 frames, settings and error codes as bytes (RFC 9113, 4, 6 and 7). Pure."""

from collections.abc import Iterator, Mapping

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
END_STREAM = ACK = 0x1
END_HEADERS, PADDED, HAS_PRIORITY = 0x4, 0x8, 0x20
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME = 1, 2, 3, 4, 5
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT = range(5)
STREAM_CLOSED, FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR = range(5, 10)
INADEQUATE_SECURITY, HTTP_1_1_REQUIRED = 0xC, 0xD

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
FRAME_HEAD_BYTES = 9
PRIORITY_BYTES = 5
MAX_FRAME_BYTES = 16_384  # what we take, and what anybody may send at first
MAX_FRAME_BYTES_ALLOWED = (1 << 24) - 1
DEFAULT_WINDOW_BYTES = 65_535
MAX_WINDOW_BYTES = MAX_STREAM_ID = 2**31 - 1
OUR_WINDOW_BYTES = 1 << 24


class ProtocolError(Exception):
    """A connection error (RFC 9113, 5.4.1): nothing more can be said on this connection."""

    def __init__(self, reason: str, code: int = PROTOCOL_ERROR) -> None:
        super().__init__(reason)
        self.code = code


def frame(kind: int, flags: int, number: int, payload: bytes = b"") -> bytes:
    """Build a frame on stream `number`."""
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + number.to_bytes(4, "big")
    return head + payload


def code_frame(kind: int, number: int, code: int) -> bytes:
    """Build a frame with one 32-bit number: RST_STREAM or WINDOW_UPDATE."""
    return frame(kind, 0, number, code.to_bytes(4, "big"))


def goaway(last: int, code: int) -> bytes:
    return frame(GOAWAY, 0, 0, last.to_bytes(4, "big") + code.to_bytes(4, "big"))


def initial_frames(settings: Mapping[int, int]) -> bytes:
    """Build SETTINGS, and a window for the whole connection that is never full."""
    given = {**settings, INITIAL_WINDOW: OUR_WINDOW_BYTES}
    payload = b"".join(
        name.to_bytes(2, "big") + value.to_bytes(4, "big") for name, value in given.items()
    )
    more = OUR_WINDOW_BYTES - DEFAULT_WINDOW_BYTES
    return frame(SETTINGS, 0, 0, payload) + code_frame(WINDOW_UPDATE, 0, more)


def strip_padding(flags: int, payload: bytes) -> bytes:
    """Return the payload without its padding.

    Raises:
        ProtocolError: the padding is longer than the frame.
    """
    if not flags & PADDED:
        return payload
    if not payload or payload[0] >= len(payload):
        raise ProtocolError("padding longer than its frame")
    return payload[1 : len(payload) - payload[0]]


def header_fragment(flags: int, payload: bytes) -> bytes:
    """Return the header block fragment of a HEADERS frame, without padding and priority.

    Raises:
        ProtocolError: they do not fit into the frame.
    """
    block = strip_padding(flags, payload)
    if not flags & HAS_PRIORITY:
        return block
    if len(block) < PRIORITY_BYTES:
        raise ProtocolError("HEADERS too short for their priority", FRAME_SIZE_ERROR)
    return block[PRIORITY_BYTES:]


def setting_pairs(payload: bytes) -> Iterator[tuple[int, int]]:
    """Yield each setting and its value; check what both ends must refuse (RFC 9113, 6.5.2).

    Raises:
        ProtocolError: the frame is cut off, or a value is out of range.
    """
    if len(payload) % 6:
        raise ProtocolError("SETTINGS of a wrong length", FRAME_SIZE_ERROR)
    for at in range(0, len(payload), 6):
        name = int.from_bytes(payload[at : at + 2], "big")
        value = int.from_bytes(payload[at + 2 : at + 6], "big")
        if name == INITIAL_WINDOW and value > MAX_WINDOW_BYTES:
            raise ProtocolError("SETTINGS_INITIAL_WINDOW_SIZE out of range", FLOW_CONTROL_ERROR)
        if name == MAX_FRAME and not MAX_FRAME_BYTES <= value <= MAX_FRAME_BYTES_ALLOWED:
            raise ProtocolError("SETTINGS_MAX_FRAME_SIZE out of range")
        if name == ENABLE_PUSH and value > 1:
            raise ProtocolError("SETTINGS_ENABLE_PUSH out of range")
        yield name, value


def is_stateless(block: bytes) -> bool:
    """Whether an HPACK block is indexes only: the same bytes say the same until a table changes."""
    return all(byte & 0x80 for byte in block)
