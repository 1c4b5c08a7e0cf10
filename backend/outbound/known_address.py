"""Checks of an address that ask nobody: whether it can never be fetched. Pure."""

import ipaddress
import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from backend.outbound.networks import Network, is_allowed, is_opened
from backend.outbound.redirects import DEFAULT_PORTS

LONGEST = 2_000
# RFC 6761, RFC 6762 and RFC 9476: names that lead to this machine or stay in one network.
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa", "localdomain")
# Numbers that a resolver takes for an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}\.?", re.IGNORECASE)

PRIVATE = "this is a private or reserved address, see FETCH_ALLOW_NETWORKS"


def problem_of(url: str, *, networks: Iterable[Network], ports: Collection[int]) -> str | None:
    """Say why this address can never be fetched; None when only a request can tell.

    `networks` are those that the operator opened.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "this is not an address"
    if parts.scheme not in DEFAULT_PORTS or not host:
        return "only http and https addresses are fetched"
    if parts.username is not None or parts.password is not None:
        return "an address with a user name or password is not fetched"
    if len(url) > LONGEST or any(character <= " " for character in url):
        return "this is not a usable address"
    opened = tuple(networks)
    return _host_problem(host, opened) or _port_problem(
        host, port or DEFAULT_PORTS[parts.scheme], opened, ports
    )


def _host_problem(host: str, opened: tuple[Network, ...]) -> str | None:
    if _numeric(host) is not None:
        return None if is_allowed(host, opened) else PRIVATE
    if _NUMERIC.fullmatch(host):
        return "write a numeric address in its usual form"
    return PRIVATE if is_local_name(host) and not opened else None


def is_local_name(host: str) -> bool:
    """Whether this name never leads out of one machine or network."""
    name = host.rstrip(".").lower()
    return any(name == local or name.endswith(f".{local}") for local in _LOCAL_NAMES)


def leads_nowhere(host: str) -> bool:
    """Whether no reader reaches what this name or number leads to."""
    return is_local_name(host) if _numeric(host) is None else not is_allowed(host)


def _port_problem(
    host: str, port: int, opened: tuple[Network, ...], ports: Collection[int]
) -> str | None:
    """Say why a port is refused; a name may lead into an opened network, where any is allowed."""
    is_free = bool(opened) if _numeric(host) is None else is_opened(host, opened)
    return None if port in ports or is_free else f"port {port} is not allowed"


def _numeric(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
