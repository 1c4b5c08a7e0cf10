"""Settings as an immutable value, and what is derived from them. Pure."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class OperatorError(Exception):
    """An error whose text is written for whoever runs the command."""


class SettingsError(OperatorError):
    """A setting that cannot be used; the message names the variable."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings shared by all rooms. Rooms parse their own part of `app_document`."""

    database_url: str = field(repr=False)
    public_url: str
    secret_keys: tuple[str, ...] = field(repr=False)
    is_secret_generated: bool = False
    host: str = "127.0.0.1"
    port: int = 8000
    newsroom_key: str | None = field(default=None, repr=False)
    operations_token: str | None = field(default=None, repr=False)
    app_document: Mapping[str, Any] = field(default_factory=dict)
    demo: bool = False
    web_workers: int = 2
    web_threads: int = 8
    pages_kept_bytes: int = 64_000_000
    trusted_proxies: int = 0
    console_user_header: str | None = None
    ratelimit_enabled: bool = True
    ratelimit_storage_uri: str = "memory://"
    fetch_allow_networks: tuple[Network, ...] = ()
    purge_url: str | None = field(default=None, repr=False)
    purge_token: str | None = field(default=None, repr=False)
    purge_header: str = "Authorization"
    websub_hub: str | None = None
    body_limit_bytes: int = 1_048_576
    source_alarm_after: timedelta = timedelta(hours=1)
    recognisers: tuple[str, ...] = ()
    audit_kept: timedelta = timedelta(days=730)
    numbers_kept: timedelta = timedelta(days=730)
    bodies_kept: timedelta = timedelta(0)
    articles_kept: timedelta = timedelta(0)
    alerts_kept: timedelta = timedelta(days=730)
    webhooks_kept: timedelta = timedelta(days=30)
    installations_kept: timedelta = timedelta(0)
    cors_origins: tuple[str, ...] = ()
    edition_zone: tzinfo = UTC
    dates_in_digits: bool = False
    log_format: str | None = None
    access_log_share: float = 1.0
    breaking_for: timedelta = timedelta(hours=6)
    badges_folder: Path | None = None
    imgproxy_url: str | None = None
    imgproxy_key: bytes = field(default=b"", repr=False)
    imgproxy_salt: bytes = field(default=b"", repr=False)
    vapid_keys: tuple[str, ...] = field(default=(), repr=False)
    is_vapid_generated: bool = False
    push_services: tuple[str, ...] = ()

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @property
    def bind(self) -> str:
        """Host and port as a URL writes them."""
        return host_and_port(self.host, self.port)

    @property
    def app_name(self) -> str:
        return str(self.app_document.get("app", {}).get("name", "Tagwire News"))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The site's own host names without ports, PUBLIC_URL's first."""
        listed = self.app_document.get("app", {}).get("hosts", [])
        own = urlsplit(self.public_url).hostname or "localhost"
        return tuple(dict.fromkeys([own, *map(str, listed)]))


def host_and_port(host: str, port: int) -> str:
    """Join host and port as a URL writes them."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
