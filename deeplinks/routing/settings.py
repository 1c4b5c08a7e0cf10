"""The app's ids and hosts, from `app.toml`; a value that cannot be used stops the start."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast, get_args

from backend.core.app_info import BadAppInfo, Channels, app_info
from backend.core.settings import Settings, SettingsError
from deeplinks.routing.routes import RouteError, RouteTable, parse_table

_APP_ID = re.compile(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]+")
_STORE_ID = re.compile(r"[0-9]{6,15}")
_PACKAGE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)+")
_FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}", re.IGNORECASE)
_PRINTS = "app.android.sha256_cert_fingerprints"
# A host as requests name it: a name in another script begins with xn--.
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_AD_TEXT = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_LINKS = ("never_open", "legacy_hosts", "moved_hosts", "deferred", "qr_logo")
_CHANNELS = Channels()
PAGES = ("home", "tag", "article", "source", "category", "search")


# Whether what is kept of spent links lasts as long as they do, or is bounded in number.
Deferred = Literal["once", "signed"]


@dataclass(frozen=True, slots=True)
class IosApp:
    app_ids: tuple[str, ...] = ()
    store_id: str | None = None
    campaign: Mapping[str, str] = field(default_factory=dict)
    webcredentials: bool = False
    appclip_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AndroidApp:
    package: str | None = None
    fingerprints: tuple[str, ...] = ()
    appgallery_id: str | None = None
    amazon: bool = False


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Configuration of the links; nothing of it comes from a request."""

    name: str
    scheme: str
    hosts: tuple[str, ...]
    public_url: str
    open_host: str | None
    ios: IosApp
    android: AndroidApp
    table: RouteTable
    legacy_hosts: tuple[str, ...] = ()
    moved_hosts: tuple[str, ...] = ()
    deferred: Deferred = "once"
    channels: Channels = _CHANNELS
    qr_logo: str | None = None

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """The hosts whose addresses open the app, the one without pages last."""
        return (*self.hosts, self.open_host) if self.open_host else self.hosts

    def is_own(self, host: str) -> bool:
        return host.lower() in self.own_hosts

    def is_served(self, host: str) -> bool:
        """Whether association files and store pages are answered under this name."""
        return self.is_own(host) or host.lower() in {*self.legacy_hosts, *self.moved_hosts}


def parse(settings: Settings) -> LinkSettings:
    """Parse this room's part of app.toml.

    Raises:
        SettingsError: names the key of app.toml that cannot be used.
    """
    document = settings.app_document
    app, links = _section(document, "app"), _section(document, "links")
    for key in links:
        if key not in _LINKS:
            raise SettingsError(f"APP_CONFIG: links.{key} is not known")
    return LinkSettings(
        name=settings.app_name,
        scheme=_checked(_SCHEME, app.get("scheme", "tagwire"), "app.scheme"),
        hosts=_hosts([*settings.hosts], "app.hosts"),
        public_url=settings.public_url,
        open_host=_host(app["open_host"], "app.open_host") if app.get("open_host") else None,
        ios=_ios(_section(app, "ios")),
        android=_android(_section(app, "android")),
        table=_table(document),
        legacy_hosts=_hosts(links.get("legacy_hosts", []), "links.legacy_hosts"),
        moved_hosts=_hosts(links.get("moved_hosts", []), "links.moved_hosts"),
        deferred=_deferred(links.get("deferred", "once")),
        channels=_channels(document),
        qr_logo=str(links["qr_logo"]) if links.get("qr_logo") else None,
    )


def _channels(document: Mapping[str, Any]) -> Channels:
    try:
        return app_info(document, default_name="").channels
    except BadAppInfo as error:
        raise SettingsError(f"APP_CONFIG: {error}") from error


def _ios(section: Mapping[str, Any]) -> IosApp:
    store_id = section.get("store_id")
    campaign = {
        str(name): _checked(_AD_TEXT, value, f"app.ios.campaign.{name}")
        for name, value in _section(section, "campaign").items()
    }
    return IosApp(
        app_ids=_all(_APP_ID, section.get("app_ids", []), "app.ios.app_ids"),
        store_id=_checked(_STORE_ID, store_id, "app.ios.store_id") if store_id else None,
        campaign=campaign,
        webcredentials=_flag(section.get("webcredentials", False), "app.ios.webcredentials"),
        appclip_ids=_all(_APP_ID, section.get("appclip_ids", []), "app.ios.appclip_ids"),
    )


def _android(section: Mapping[str, Any]) -> AndroidApp:
    package, gallery = section.get("package"), section.get("appgallery_id")
    prints = section.get("sha256_cert_fingerprints", [])
    return AndroidApp(
        package=_checked(_PACKAGE, package, "app.android.package") if package else None,
        fingerprints=tuple(print_.upper() for print_ in _all(_FINGERPRINT, prints, _PRINTS)),
        appgallery_id=_checked(_STORE_ID, gallery, "app.android.appgallery_id")
        if gallery
        else None,
        amazon=bool(section.get("amazon", False)),
    )


def _table(document: Mapping[str, Any]) -> RouteTable:
    try:
        table = parse_table(document)
    except RouteError as error:
        raise SettingsError(f"APP_CONFIG: {error}") from error
    missing = [page for page in PAGES if page not in {route.screen for route in table.routes}]
    if missing:
        raise SettingsError(f"APP_CONFIG: [[routes]] has no screen {missing[0]!r}")
    return table


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name, {})
    if not isinstance(found, Mapping):
        raise SettingsError(f"APP_CONFIG: [{name}] is a table")
    return found


def _hosts(values: Any, key: str) -> tuple[str, ...]:
    return tuple(_host(value, key) for value in _listed(values, key))


def _deferred(value: Any) -> Deferred:
    if value not in get_args(Deferred):
        raise SettingsError(f'APP_CONFIG: links.deferred: {value!r} is neither "once" nor "signed"')
    return cast(Deferred, value)


def _listed(value: Any, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise SettingsError(f"APP_CONFIG: {key} is a list")
    return value


def _all(pattern: re.Pattern[str], values: Any, key: str) -> tuple[str, ...]:
    return tuple(_checked(pattern, value, key) for value in _listed(values, key))


def _flag(value: Any, key: str) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"APP_CONFIG: {key} is true or false")
    return value


def _host(value: Any, key: str) -> str:
    host = str(value).lower()
    if not _HOST.fullmatch(host) and not _is_address(host):
        raise SettingsError(f"APP_CONFIG: {key}: {value!r} is not a host name")
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _checked(pattern: re.Pattern[str], value: Any, key: str) -> str:
    if not pattern.fullmatch(str(value)):
        raise SettingsError(f"APP_CONFIG: {key}: {value!r} is not of the right form")
    return str(value)


def prefixes(settings: LinkSettings) -> Sequence[str]:
    """Return the beginnings of addresses that belong to the app."""
    return [f"{settings.scheme}://", *(f"https://{host}" for host in settings.own_hosts)]
