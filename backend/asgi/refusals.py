"""Refusals as the bytes of a whole answer, for what is turned away before there is a request."""

from functools import cache

from backend.http.fast_path import HARDENED, Headers, refusal


@cache
def raw_refusal(status: int, detail: str, headers: Headers = ()) -> bytes:
    """Return the bytes of a refusal, with which the connection ends."""
    refused = refusal(status, detail, (*headers, ("Connection", "close")))
    lines = "".join(f"{name}: {value}\r\n" for name, value in (*refused.headers, *HARDENED))
    return f"HTTP/1.1 {refused.status}\r\n{lines}\r\n".encode() + refused.body
