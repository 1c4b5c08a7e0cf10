"""Private networks, in which a proxy or an operator may be, and the machine itself. Pure."""

import ipaddress

# Not `is_private` of an address, which counts networks reserved for documents and tests too.
PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_private(address: str | None) -> bool:
    """Whether an address, with its zone or not, is in one of them; what is no address is not."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return False
    return any(parsed in network for network in PRIVATE)


def is_loopback(host: str) -> bool:
    """Whether a host, by its name or its address, is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
