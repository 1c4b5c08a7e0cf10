"""Other spellings of an address that somebody copied from a browser or a message. Pure."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# Parameters that senders of links add to count their visitors; they name no other article.
_MARKS = ("utm_", "fbclid", "gclid", "mc_cid", "mc_eid", "cmpid", "ns_")


def spellings_of(address: str) -> set[str]:
    """Return the address as it is, and without campaign parameters in both schemes, with and
    without a last slash.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return {address}
    given = parse_qsl(parts.query, keep_blank_values=True)
    told = [(name, value) for name, value in given if not name.lower().startswith(_MARKS)]
    query = parts.query if told == given else urlencode(told)
    bare = parts.path.rstrip("/")
    return {address} | {
        urlunsplit((scheme, parts.netloc, path, query, ""))
        for scheme in ("https", "http")
        for path in (bare, f"{bare}/")
    }
