"""Translates an ASGI scope into a WSGI environment (PEP 3333). Pure."""

import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_to_bytes

Scope = Mapping[str, Any]
Environ = dict[str, Any]

LONGEST_ADDRESS = 32_768


def environ_of(scope: Scope) -> Environ:
    """Return the request without its body; header values of the same name are joined by commas.

    A header with an underscore is dropped: as `HTTP_…` it could not be told from one with a
    dash, which a proxy in front may have set or removed.
    """
    server, client = scope.get("server") or ("", 0), scope.get("client") or ("", 0)
    environ = _CONSTANT | {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": _path(scope["raw_path"]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.url_scheme": scope.get("scheme", "http"),
    }
    for raw, value in scope["headers"]:
        name, text = _variable(raw), value.decode("latin-1")
        if name:
            environ[name] = f"{environ[name]},{text}" if name in environ else text
    return environ


def has_body(environ: Environ) -> bool:
    """Whether the head announces a body, of known length or in chunks."""
    return environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ


def announced_bytes(environ: Environ) -> int | None:
    """Return the length of the body as announced; None without one."""
    length = environ.get("CONTENT_LENGTH", "")
    # Cut: of a number with so many digits it only matters that it is too long.
    return int(length[:20]) if length.isdecimal() else None


def with_length(environ: Environ, length: int) -> Environ:
    """Set the length of a body that was read, so that no part of the app has to know of chunks."""
    if "HTTP_TRANSFER_ENCODING" not in environ:
        return environ
    read = {name: value for name, value in environ.items() if name != "HTTP_TRANSFER_ENCODING"}
    return read | {"CONTENT_LENGTH": str(length)}


def has_long_address(environ: Environ) -> bool:
    """Whether the address is too long; a cursor of 10 kB still gets the app's own refusal."""
    return len(environ["PATH_INFO"]) + len(environ["QUERY_STRING"]) > LONGEST_ADDRESS


_CONSTANT: Environ = {
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}


@lru_cache(maxsize=1024)
def _variable(header: bytes) -> str:
    name = header.decode("latin-1").upper().replace("-", "_")
    if b"_" in header:
        return ""
    return name if name in {"CONTENT_LENGTH", "CONTENT_TYPE"} else f"HTTP_{name}"


def _path(raw: bytes) -> str:
    """Return the path without scheme, host, query and fragment, as WSGI decodes it: as Latin-1."""
    path = raw.partition(b"?")[0].partition(b"#")[0]
    if b"://" in path and not path.startswith(b"/"):  # absolute form, RFC 9112, 3.2.2
        path = b"/" + path.partition(b"://")[2].partition(b"/")[2]
    return (unquote_to_bytes(path) if b"%" in path else path).decode("latin-1")
