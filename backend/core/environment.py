"""The environment and `app.toml`, read once at start into `backend.core.settings.Settings`."""

import ipaddress
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length, OneOf, Range, Regexp
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from backend.core import vapid
from backend.core.postgresql import with_hosts_in_query
from backend.core.settings import Network, Settings, SettingsError, host_and_port

DEFAULT_DATABASE_URL = "sqlite:///var/tagwire.db"
# The app's file when none is named: this one beside the process, or the one of the package.
OWN_APP_CONFIG = "app.toml"
DEFAULT_APP_CONFIG = Path(__file__).parent.parent / "default_app.toml"

# A model, or a function of a package.
_RECOGNISER = re.compile(r"[A-Za-z_][\w.-]*(?::[A-Za-z_]\w*)?")
# A host in any script and a port; no user, password or blanks.
_HOST_AND_PORT = re.compile(r"[\w.:\[\]-]+")

_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?")
_ZONES = available_timezones()
_RETENTION = {
    "audit_kept": "AUDIT_DAYS",
    "numbers_kept": "NUMBERS_DAYS",
    "bodies_kept": "ARTICLE_BODY_DAYS",
    "articles_kept": "ARTICLE_DAYS",
    "alerts_kept": "ALERT_DAYS",
    "webhooks_kept": "WEBHOOK_DAYS",
    "installations_kept": "INSTALLATION_SILENT_DAYS",
}
_SECRET_FILES = {"SECRET_KEY": "secret_key", "VAPID_PRIVATE_KEY": "vapid_key"}
_NO_ZONE = "Name a time zone such as Asia/Seoul."
_NO_PURGE_URL = "PURGE_URL: write an http or https address; a password goes into PURGE_TOKEN"
_NO_HUB = (
    "WEBSUB_HUB: write the hub's http or https address, without a password: every feed names it"
)
# A host, the end of hosts, or a host with a port.
_PUSH_SERVICE = re.compile(r"(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::\d{1,5})?")
_SIGNING = ("IMGPROXY_KEY", "IMGPROXY_SALT")
_USUAL_PORT = re.compile(r"^(http://.*):80$|^(https://.*):443$")


def _days_kept(days: int) -> None:
    """Refuse less than a month: duplicates, stories and receipts still need what is younger."""
    if days != 0 and not 30 <= days <= 36_500:
        raise ValidationError("Write 30 to 36500 days, or 0 to keep for good.")


class Environment(Schema):
    """The variables that the backend reads, each with its default. Rooms have their own."""

    class Meta:
        unknown = EXCLUDE

    DATABASE_URL = fields.String(load_default="")
    HOST = fields.String(load_default="127.0.0.1")
    PORT = fields.Integer(load_default=8000, validate=Range(1, 65535))
    PUBLIC_URL = fields.String(load_default="")
    SECRET_KEY = fields.String(load_default="")
    NEWSROOM_KEY = fields.String(load_default=None, validate=Length(min=8))
    OPERATIONS_TOKEN = fields.String(load_default=None, validate=Length(min=8))
    APP_CONFIG = fields.String(load_default="")
    DEMO = fields.Boolean()
    WEB_WORKERS = fields.Integer(load_default=2, validate=Range(1, 64))
    WEB_THREADS = fields.Integer(load_default=8, validate=Range(1, 256))
    PAGES_KEPT_MB = fields.Integer(load_default=64, validate=Range(0, 65_536))
    TRUSTED_PROXIES = fields.Integer(load_default=0, validate=Range(0, 8))
    CONSOLE_USER_HEADER = fields.String(load_default=None, validate=Regexp(r"^[A-Za-z0-9-]+\Z"))
    RATELIMIT_ENABLED = fields.Boolean(load_default=True)
    RATELIMIT_STORAGE_URI = fields.String(load_default="memory://")
    FETCH_ALLOW_NETWORKS = fields.String(load_default="")
    CORS_ORIGINS = fields.String(load_default="")
    SOURCE_ALARM_MINUTES = fields.Integer(load_default=60, validate=Range(0, 10_080))
    AUDIT_DAYS = fields.Integer(load_default=730, validate=Range(0, 36_500))
    NUMBERS_DAYS = fields.Integer(load_default=730, validate=Range(0, 36_500))
    ARTICLE_BODY_DAYS = fields.Integer(load_default=0, validate=_days_kept)
    ARTICLE_DAYS = fields.Integer(load_default=0, validate=_days_kept)
    ALERT_DAYS = fields.Integer(load_default=730, validate=_days_kept)
    WEBHOOK_DAYS = fields.Integer(load_default=30, validate=Range(0, 36_500))
    INSTALLATION_SILENT_DAYS = fields.Integer(load_default=0, validate=_days_kept)
    RECOGNISER = fields.String(load_default="")
    EDITION_TIME_ZONE = fields.String(load_default="UTC", validate=OneOf(_ZONES, error=_NO_ZONE))
    DATE_FORM = fields.String(load_default="words", validate=OneOf(["words", "DD-MM-YYYY"]))
    LOG_FORMAT = fields.String(load_default=None, validate=OneOf(["json", "text"]))
    ACCESS_LOG_SHARE = fields.Float(load_default=1, validate=Range(0, 1))
    BREAKING_HOURS = fields.Float(load_default=6, validate=Range(0, 10_000))
    BADGES_FOLDER = fields.String(load_default=None)
    IMGPROXY_URL = fields.String(load_default=None)
    IMGPROXY_KEY = fields.String(load_default="")
    IMGPROXY_SALT = fields.String(load_default="")
    VAPID_PRIVATE_KEY = fields.String(load_default="")
    WEBPUSH_SERVICES = fields.String(load_default="")
    PURGE_URL = fields.String(load_default=None)
    WEBSUB_HUB = fields.String(load_default=None)
    PURGE_TOKEN = fields.String(load_default=None, validate=Regexp(r"^[!-~]+$(?!\n)"))
    PURGE_HEADER = fields.String(
        load_default="Authorization", validate=Regexp(r"^[A-Za-z0-9-]+$(?!\n)")
    )


def load_environment(schema: Schema, environ: Mapping[str, str]) -> dict[str, Any]:
    """Load the variables of `schema`; `<NAME>_FILE` reads a value from a file, empty is unset.

    Raises:
        SettingsError: a value cannot be used; the message names the variable, never the value.
    """
    given = {name: _value(name, environ) for name in schema.fields}
    try:
        return dict(schema.load({name: value for name, value in given.items() if value}))
    except ValidationError as error:
        name, messages = next(iter(error.messages_dict.items()))
        raise SettingsError(f"{name}: {' '.join(messages)}") from error


def read(environ: Mapping[str, str], root: Path) -> Settings:
    """Read every setting; relative paths start at `root`.

    Raises:
        SettingsError: a value cannot be used.
    """
    given = load_environment(Environment(), environ)
    database_url = usable_database_url(given["DATABASE_URL"] or DEFAULT_DATABASE_URL, root)
    public_url = given["PUBLIC_URL"] or f"http://{host_and_port(given['HOST'], given['PORT'])}"
    return Settings(
        database_url=database_url,
        host=given["HOST"],
        port=given["PORT"],
        public_url=_public_url(public_url),
        secret_keys=_secret_keys(given["SECRET_KEY"], database_url),
        is_secret_generated=not given["SECRET_KEY"],
        newsroom_key=given["NEWSROOM_KEY"],
        operations_token=given["OPERATIONS_TOKEN"],
        app_document=_app_document(_app_file(given["APP_CONFIG"], root)),
        demo=given.get("DEMO", not given["DATABASE_URL"]),
        web_workers=given["WEB_WORKERS"],
        web_threads=given["WEB_THREADS"],
        pages_kept_bytes=given["PAGES_KEPT_MB"] * 1_000_000,
        trusted_proxies=given["TRUSTED_PROXIES"],
        console_user_header=_user_header(given),
        ratelimit_enabled=given["RATELIMIT_ENABLED"],
        ratelimit_storage_uri=given["RATELIMIT_STORAGE_URI"],
        fetch_allow_networks=_networks(given["FETCH_ALLOW_NETWORKS"]),
        cors_origins=_origins(given["CORS_ORIGINS"]),
        source_alarm_after=timedelta(minutes=given["SOURCE_ALARM_MINUTES"]),
        **_retention(given),
        recognisers=_recognisers(given["RECOGNISER"]),
        edition_zone=ZoneInfo(given["EDITION_TIME_ZONE"]),
        dates_in_digits=given["DATE_FORM"] == "DD-MM-YYYY",
        log_format=given["LOG_FORMAT"],
        access_log_share=given["ACCESS_LOG_SHARE"],
        breaking_for=timedelta(hours=given["BREAKING_HOURS"]),
        badges_folder=_badges_folder(given["BADGES_FOLDER"], root),
        **_picture_server(given),
        **_web_push(given, database_url),
        purge_url=_address_without_password(given["PURGE_URL"], _NO_PURGE_URL),
        websub_hub=_address_without_password(given["WEBSUB_HUB"], _NO_HUB),
        purge_token=given["PURGE_TOKEN"],
        purge_header=given["PURGE_HEADER"],
    )


def _retention(given: Mapping[str, Any]) -> dict[str, Any]:
    return {kept: timedelta(days=given[name]) for kept, name in _RETENTION.items()}


def usable_database_url(text: str, root: Path) -> str:
    """Return the URL with an absolute path, or with the driver that we use.

    Raises:
        SettingsError: it is no URL of SQLite or PostgreSQL.
    """
    try:
        url = make_url(with_hosts_in_query(text))
    except (ArgumentError, ValueError) as error:
        raise SettingsError("DATABASE_URL: this is not a database URL") from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        return f"sqlite:///{_sqlite_file(url.database, root)}"
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    raise SettingsError(f"DATABASE_URL: {backend} is not supported; use sqlite or postgresql")


def _value(name: str, environ: Mapping[str, str]) -> str | None:
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{name}_FILE: the file cannot be read") from error


def _sqlite_file(name: str | None, root: Path) -> Path:
    if not name or name == ":memory:":
        raise SettingsError("DATABASE_URL: name a file, which the processes can share")
    path = (root / name).resolve()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _close_to_others(path)
    except OSError as error:
        raise SettingsError(f"DATABASE_URL: {path} cannot be made ({error.strerror})") from error
    return path


def _close_to_others(path: Path) -> None:
    """Make files private that an older version wrote readable; another user's stays as it is."""
    for each in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        with suppress(FileNotFoundError, PermissionError):
            if each.stat().st_mode & 0o077:
                each.chmod(0o600)


def _listed(text: str) -> tuple[str, ...]:
    """Split a list at its commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _public_url(text: str) -> str:
    parts = _web_address(text)
    if parts is None or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingsError("PUBLIC_URL: write it as https://news.example, without a path")
    return text.rstrip("/")


def _origins(text: str) -> tuple[str, ...]:
    """Parse origins, in the form of browsers: lower case, without the scheme's default port."""
    found = [part.rstrip("/").lower() for part in _listed(text)]
    if not all(each == "*" or _ORIGIN.fullmatch(each) for each in found):
        raise SettingsError(
            "CORS_ORIGINS: write origins such as https://web.example, capacitor://localhost or *,"
            " separated by commas"
        )
    return tuple(dict.fromkeys(_USUAL_PORT.sub(r"\1\2", each) for each in found))


def _address_without_password(text: str | None, said: str) -> str | None:
    parts = _web_address(text) if text is not None else None
    if text is not None and (parts is None or parts.username is not None):
        raise SettingsError(said)
    return text


def _badges_folder(name: str | None, root: Path) -> Path | None:
    folder = (root / name).resolve() if name is not None else None
    if folder is not None and not folder.is_dir():
        raise SettingsError("BADGES_FOLDER: there is no such folder")
    return folder


def _picture_server(given: Mapping[str, Any]) -> dict[str, Any]:
    """Parse imgproxy's address, key and salt: without a signature anybody could use it."""
    url = given["IMGPROXY_URL"]
    if url is None:
        return {}
    if _web_address(url) is None:
        raise SettingsError("IMGPROXY_URL: write an http or https address")
    found = {"imgproxy_url": url.rstrip("/")}
    return found | {name.lower(): _from_hex(name, given[name]) for name in _SIGNING}


def _from_hex(name: str, text: str) -> bytes:
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if not value:
        raise SettingsError(f"{name}: write it in hexadecimal, as imgproxy has it")
    return value


def _web_address(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
        is_host = bool(_HOST_AND_PORT.fullmatch(parts.netloc) and parts.hostname)
        usable = is_host and parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _secret_keys(text: str, database_url: str) -> tuple[str, ...]:
    keys = _listed(text)
    if any(len(key) < 16 for key in keys):
        raise SettingsError("SECRET_KEY: each key needs at least 16 characters")
    if keys:
        return keys
    if not database_url.startswith("sqlite"):
        raise SettingsError("SECRET_KEY: required when DATABASE_URL is not SQLite")
    return (_generated_secret("SECRET_KEY", database_url, lambda: secrets.token_urlsafe(48)),)


def _web_push(given: Mapping[str, Any], database_url: str) -> dict[str, Any]:
    """Parse our VAPID keys and the accepted push services; without a key, Web Push is off."""
    services = _listed(given["WEBPUSH_SERVICES"].lower())
    if not all(map(_PUSH_SERVICE.fullmatch, services)):
        raise SettingsError(
            "WEBPUSH_SERVICES: write hosts such as push.example or *.push.example, with commas"
        )
    text = given["VAPID_PRIVATE_KEY"]
    if not text and database_url.startswith("sqlite"):
        text = _generated_secret("VAPID_PRIVATE_KEY", database_url, vapid.new_key)
    keys = _listed(text)
    if not all(map(vapid.is_key, keys)):
        raise SettingsError("VAPID_PRIVATE_KEY: `tagwire push vapid-key` makes one; this is none")
    return {
        "vapid_keys": keys,
        "is_vapid_generated": bool(keys) and not given["VAPID_PRIVATE_KEY"],
        "push_services": services,
    }


def _generated_secret(name: str, database_url: str, make: Callable[[], str]) -> str:
    """Return the secret in a file beside the database, made if missing; a race keeps the first."""
    path = Path(database_url.removeprefix("sqlite:///")).parent / _SECRET_FILES[name]
    try:
        if not path.exists():
            _make_secret(path, make())
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}: {path} cannot be kept ({error.strerror})") from error


def _make_secret(path: Path, secret: str) -> None:
    """Write a file atomically: whole before it gets its name, so that no process reads half."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.touch(mode=0o600)
    draft.write_text(secret, encoding="utf-8")
    with suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()


def _app_file(name: str, root: Path) -> Path:
    """Return the path of app.toml, which has to exist if it is named; else that of the defaults."""
    own = root / (name or OWN_APP_CONFIG)
    return own if name or own.exists() else DEFAULT_APP_CONFIG


def _app_document(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"APP_CONFIG: {path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"APP_CONFIG: {path} is not TOML: {error}") from error


def _recognisers(text: str) -> tuple[str, ...]:
    names = _listed(text)
    if not all(map(_RECOGNISER.fullmatch, names)):
        raise SettingsError("RECOGNISER: name a model of spaCy, or a function as package:function")
    return names


def _user_header(given: Mapping[str, Any]) -> str | None:
    name: str | None = given["CONSOLE_USER_HEADER"]
    if name is not None and not given["TRUSTED_PROXIES"]:
        raise SettingsError("CONSOLE_USER_HEADER: counts from TRUSTED_PROXIES alone; set it too")
    return name


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(map(ipaddress.ip_network, _listed(text)))
    except ValueError as error:
        raise SettingsError(f"FETCH_ALLOW_NETWORKS: {error}") from error
