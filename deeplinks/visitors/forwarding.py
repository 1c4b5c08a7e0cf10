"""Query parameters that a visitor brings along and a redirect keeps. Pure."""

from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, urlencode

from deeplinks.visitors.stores import CLAIM, Pairs

# Parameters that `/l/{code}` and `/download` read; a claim in an address is not ours.
OWN = frozenset({"to", "campaign", "app", "explain", CLAIM})
# A referrer is encoded twice on its way to the store, and a `Location` has 4 KB at nginx.
LONGEST_BYTES = 500


def free_parameters(query: str) -> Pairs:
    """Return the parameters of a query that are forwarded, as many from the first as fit."""
    found: list[tuple[str, str]] = []
    left = LONGEST_BYTES
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name and name not in OWN:
            left -= len(_encoded([(name, value)])) + 1
            if left < 0:
                break
            found.append((name, value))
    return tuple(found)


def with_parameters(url: str, pairs: Pairs) -> str:
    """Append these parameters to the address; none of them replaces its own."""
    own = {name for name, _ in parse_qsl(url.partition("?")[2], keep_blank_values=True)}
    added = _encoded(pair for pair in pairs if pair[0] not in own)
    return f"{url}{'&' if '?' in url else '?'}{added}" if added else url


def campaign_in(pairs: Pairs) -> str | None:
    """Return what a visitor's `utm_campaign` says; None without one."""
    return next((value for name, value in pairs if name == "utm_campaign"), None)


def _encoded(pairs: Iterable[tuple[str, str]]) -> str:
    return urlencode([*pairs], quote_via=quote)
