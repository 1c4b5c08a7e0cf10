"""Rate limits: by address, by installation, by newsroom key; fixed windows.

Counts live in this process unless RATELIMIT_STORAGE_URI names a Redis. Addresses are kept as
keyed digests only, and only as long as their window.
"""

import hashlib
import ipaddress
import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from backend.core.problems import HTTP_SLUGS, Problem
from backend.core.settings import Settings, SettingsError
from backend.http.auth import Caller, access_of
from backend.http.window_counters import WindowCounters

log = logging.getLogger(__name__)

Found = TypeVar("Found")
Headers = tuple[tuple[str, str], ...]

# In the WSGI environment: this request was counted already.
COUNTED = "tagwire.counted"
EXTENSION = "tagwire.limits"
EXEMPT = {"operations.healthz", "operations.readyz", "operations.metrics", "static"}
REGISTER = "installations.register"
READING = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit: so many calls in a window, for each caller."""

    name: str
    calls: int
    window: timedelta = timedelta(minutes=1)


# A phone network puts tens of thousands of readers behind one address, breaking news wakes all
# of them in one minute, and each asks for some pages: a crowd is not to be taken for a flood.
READS = Rule("reads", 60_000)
WRITES = Rule("writes", 6_000)
REGISTRATIONS = Rule("registrations", 3_000)
# Secrets are too long to guess. Once this many are refused, calls with good ones wait as well:
# after a restored backup all apps behind an address may hold secrets that are not known here.
REFUSALS = Rule("refusals", 1_200)
# One phone in one pair of hands; and a newsroom's own systems, which may bring in an archive.
INSTALLATION = Rule("installation", 1_200)
NEWSROOM = Rule("newsroom", 60_000)


@dataclass(frozen=True, slots=True)
class Standing:
    """A caller's use of a limit in its present window."""

    rule: Rule
    remaining: int
    resets_in_s: int

    @property
    def headers(self) -> dict[str, str]:
        """Return headers of draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651)."""
        name, window_s = self.rule.name, int(self.rule.window.total_seconds())
        return {
            "RateLimit-Policy": f'"{name}";q={self.rule.calls};w={window_s}',
            "RateLimit": f'"{name}";r={self.remaining};t={self.resets_in_s}',
        }


class TooMany(Problem):
    status = 429
    slug, title = HTTP_SLUGS[429]

    def __init__(self, wait_s: int, headers: Mapping[str, str] | None = None) -> None:
        said = {"Retry-After": str(wait_s), **(headers or {})}
        super().__init__(f"Try again in {wait_s} s.", headers=said)

    @classmethod
    def beyond(cls, standing: Standing) -> "TooMany":
        return cls(max(1, standing.resets_in_s), standing.headers)


Question = Callable[[RateLimiter, Rule, str], Found]


class Limits:
    """Fixed-window counters. While the shared storage is away, each process counts for itself."""

    def __init__(self, shared: RateLimiter, secret: str) -> None:
        self._shared = shared
        self._own = FixedWindowRateLimiter(WindowCounters())
        self._digest_key = hashlib.sha256(secret.encode()).digest()

    @property
    def are_kept_here(self) -> bool:
        """Whether counting is in memory and asks no other machine."""
        return isinstance(self._shared.storage, WindowCounters)

    def hit(self, rule: Rule, identity: str) -> Standing | None:
        """Count a call; return the caller's standing if it is over the limit."""
        return self._ask(_hit, rule, identity)

    def test(self, rule: Rule, identity: str) -> Standing | None:
        """Return the caller's standing if the next call is over the limit, without counting one."""
        return self._ask(_test, rule, identity)

    def standing(self, rule: Rule, identity: str) -> Standing:
        return self._ask(_standing, rule, identity)

    def of_address(self, address: str | None) -> str:
        """Return the digest of an address; a home's IPv6 network is one caller."""
        text = network_of(address or "")
        return hashlib.blake2b(text.encode(), key=self._digest_key, digest_size=12).hexdigest()

    def _ask(self, question: Question[Found], rule: Rule, identity: str) -> Found:
        try:
            return question(self._shared, rule, identity)
        except StorageError:
            log.warning("rate limit storage away; counting in this process")
            return question(self._own, rule, identity)


def init_app(app: Flask, settings: Settings) -> None:
    """Register limits by address, before `auth.init_app`: guessed secrets are counted, too.

    Raises:
        SettingsError: the storage cannot be used.
    """
    if not settings.ratelimit_enabled:
        return
    app.extensions[EXTENSION] = limits_of(settings)
    app.before_request(_by_address)
    app.after_request(_tell_standing)  # registered first, so that it runs last
    app.after_request(_count_refusals)


def limits_of(settings: Settings) -> Limits:
    """Counters in the storage that the settings name.

    Raises:
        SettingsError: the storage cannot be used.
    """
    shared = FixedWindowRateLimiter(_storage(settings.ratelimit_storage_uri))
    return Limits(shared, settings.secret_keys[0])


def init_identities(app: Flask) -> None:
    """Register limits by caller, after `auth.init_app`, which finds out who calls."""
    if EXTENSION in app.extensions:
        app.before_request(_by_identity)


def refusal(app: Flask, environ: dict[str, Any]) -> TooMany | None:
    """Count a call that is answered before Flask; return the 429 if it is over the limit.

    Behind `ProxyFix`: the address is the caller's, not the proxy's. What goes on to Flask all
    the same is not counted twice.
    """
    limits = _limits_of(app)
    if limits is None:
        return None
    environ[COUNTED] = True
    rule = _rule_of(None, environ["REQUEST_METHOD"])
    beyond = limits.hit(rule, limits.of_address(environ.get("REMOTE_ADDR")))
    return None if beyond is None else TooMany.beyond(beyond)


def standing(app: Flask, environ: dict[str, Any]) -> Headers:
    """Return the headers of the caller's limit for a response that leaves before Flask."""
    limits = _limits_of(app)
    if limits is None:
        return ()
    rule = _rule_of(None, environ["REQUEST_METHOD"])
    found = limits.standing(rule, limits.of_address(environ.get("REMOTE_ADDR")))
    return tuple(found.headers.items())


def of_installation(app: Flask, environ: dict[str, Any], installation_id: int) -> Headers | None:
    """Count an installation's call that is answered before Flask; return the headers of its limit.

    None, and nothing counted, where it is over a limit: Flask says how long to wait.
    """
    limits = _limits_of(app)
    if limits is None:
        return ()
    address, own = limits.of_address(environ.get("REMOTE_ADDR")), str(installation_id)
    if limits.test(REFUSALS, address) or limits.test(INSTALLATION, own):
        return None
    limits.hit(INSTALLATION, own)
    return tuple(limits.standing(INSTALLATION, own).headers.items())


def of_registration(app: Flask, environ: dict[str, Any]) -> Headers | None:
    """Do as `of_installation` for a registration, which is counted by its address."""
    limits = _limits_of(app)
    if limits is None:
        return ()
    address = limits.of_address(environ.get("REMOTE_ADDR"))
    if limits.test(REGISTRATIONS, address):
        return None
    limits.hit(REGISTRATIONS, address)
    return tuple(limits.standing(REGISTRATIONS, address).headers.items())


def refused_registration(app: Flask, environ: dict[str, Any]) -> TooMany | None:
    """Return the 429 of a registration over its limit; None where another machine counts.

    An event loop calls it, which must not wait for one.
    """
    limits = _limits_of(app)
    if limits is None or not limits.are_kept_here:
        return None
    beyond = limits.test(REGISTRATIONS, limits.of_address(environ.get("REMOTE_ADDR")))
    return None if beyond is None else TooMany.beyond(beyond)


def are_kept_here(app: Flask) -> bool:
    limits = _limits_of(app)
    return limits is None or limits.are_kept_here


def network_of(address: str) -> str:
    """Return the address, or the /64 of an IPv6 one."""
    return _network(address, 32, 64)


def neighbourhood_of(address: str) -> str:
    """Return the network in which one hosting customer easily has many addresses: /24, IPv6 /56."""
    return _network(address, 24, 56)


@lru_cache(maxsize=10_000)
def _network(address: str, ipv4_bits: int, ipv6_bits: int) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    bits = ipv4_bits if isinstance(parsed, ipaddress.IPv4Address) else ipv6_bits
    network = ipaddress.ip_network((parsed, bits), strict=False)
    return str(parsed) if network.num_addresses == 1 else str(network)


def _storage(uri: str) -> Storage:
    if uri == "memory://":
        return WindowCounters()
    try:
        found = storage_from_string(uri, wrap_exceptions=True)
    except (ConfigurationError, ValueError) as error:
        # Its text may quote the address, and with it a password.
        raise SettingsError(
            "RATELIMIT_STORAGE_URI: write it as memory:// or redis://host:6379"
        ) from error
    if not isinstance(found, Storage):
        raise SettingsError("RATELIMIT_STORAGE_URI: this storage cannot be used here")
    return found


def _by_address() -> None:
    if request.endpoint in EXEMPT or request.environ.get(COUNTED):
        return
    identity = _limits().of_address(request.remote_addr)
    access = access_of(current_app.view_functions[request.endpoint]) if request.endpoint else None
    if access is not None and not access.public:
        _refuse_beyond(REFUSALS, identity, counts=False)
    else:
        _refuse_beyond(_rule_of(request.endpoint, request.method), identity)


def _rule_of(endpoint: str | None, method: str) -> Rule:
    if endpoint == REGISTER:
        return REGISTRATIONS
    return READS if method in READING else WRITES


def _by_identity() -> None:
    known = g.get("caller")
    if isinstance(known, Caller):
        _refuse_beyond(NEWSROOM, f"{known.kind} {known.name}")
    elif "installation_id" in g:
        _refuse_beyond(INSTALLATION, str(g.installation_id))


def _count_refusals(response: Response) -> Response:
    if response.status_code == 401:
        limits = _limits()
        g.counted = REFUSALS, limits.of_address(request.remote_addr)
        limits.hit(*g.counted)
    return response


def _refuse_beyond(rule: Rule, identity: str, *, counts: bool = True) -> None:
    """Refuse a call over a limit; the one checked last is the caller's own, and told in headers."""
    g.counted = rule, identity
    ask = _limits().hit if counts else _limits().test
    beyond = ask(rule, identity)
    if beyond is not None:
        raise TooMany.beyond(beyond)


def _tell_standing(response: Response) -> Response:
    """Add the caller's standing, unless a shared cache may keep the response and tell it to all."""
    told_already = response.status_code == TooMany.status
    if "counted" in g and not told_already and not response.cache_control.public:
        response.headers.update(_limits().standing(*g.counted).headers)
    return response


def _limits_of(app: Flask) -> Limits | None:
    """Return the app's limits; None where nobody is limited."""
    found: Limits | None = app.extensions.get(EXTENSION)
    return found


def _limits() -> Limits:
    found: Limits = current_app.extensions[EXTENSION]
    return found


@cache
def _item(rule: Rule) -> RateLimitItem:
    seconds = int(rule.window.total_seconds())
    return RateLimitItemPerSecond(rule.calls, seconds, namespace=rule.name)


def _hit(limiter: RateLimiter, rule: Rule, identity: str) -> Standing | None:
    is_allowed = limiter.hit(_item(rule), identity)
    return None if is_allowed else _standing(limiter, rule, identity)


def _test(limiter: RateLimiter, rule: Rule, identity: str) -> Standing | None:
    is_allowed = limiter.test(_item(rule), identity)
    return None if is_allowed else _standing(limiter, rule, identity)


def _standing(limiter: RateLimiter, rule: Rule, identity: str) -> Standing:
    window = limiter.get_window_stats(_item(rule), identity)
    return Standing(rule, window.remaining, max(0, math.ceil(window.reset_time - time.time())))
