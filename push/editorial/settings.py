"""Settings of push from the environment; an invalid value stops the start."""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from flask import current_app
from marshmallow import EXCLUDE, Schema, fields
from marshmallow.validate import OneOf, Range

from backend.core.app_info import Channels
from backend.core.environment import load_environment
from backend.core.settings import SettingsError
from push.audience.policy import STORY_WINDOW
from push.transport.webpush_settings import WebPush

Transport = Literal["fcm", "local"]
# Members of a service account's file that are needed to send.
ACCOUNT = ("type", "project_id", "client_email", "private_key", "token_uri")
_CHANNELS = Channels()
Approval = Literal["none", "breaking", "all"]
HttpChoice = Literal["auto", "own", "curl"]


class Environment(Schema):
    """The variables of this room."""

    class Meta:
        unknown = EXCLUDE

    PUSH_TRANSPORT = fields.String(load_default=None, validate=OneOf(["fcm", "local"]))
    GOOGLE_APPLICATION_CREDENTIALS = fields.String(load_default=None)
    FCM_URL = fields.String(load_default="https://fcm.googleapis.com")
    PUSH_HTTP = fields.String(load_default="auto", validate=OneOf(["auto", "own", "curl"]))
    FCM_CA_FILE = fields.String(load_default=None)
    FCM_MESSAGES_PER_MINUTE = fields.Integer(load_default=600_000, validate=Range(1, 100_000_000))
    FCM_RAMP_S = fields.Float(load_default=10.0, validate=Range(0, 600))
    PUSH_APPROVAL = fields.String(load_default="none", validate=OneOf(["none", "breaking", "all"]))
    PUSH_STORY_MINUTES = fields.Integer(load_default=360, validate=Range(0, 4320))
    PUSH_CANARY_MINUTES = fields.Integer(load_default=0, validate=Range(0, 1440))


@dataclass(frozen=True, slots=True)
class PushSettings:
    transport: Transport
    key_file: str | None = field(default=None, repr=False)
    fcm_url: str = "https://fcm.googleapis.com"
    ca_file: str | None = None
    http: HttpChoice = "auto"
    messages_per_minute: int = 600_000
    ramp: timedelta = timedelta(seconds=10)
    approval: Approval = "none"
    story_window: timedelta = STORY_WINDOW
    canary_every: timedelta | None = None
    channels: Channels = _CHANNELS
    web_push: WebPush | None = None

    def needs_approval(self, urgency: str) -> bool:
        """Whether a second person has to approve alerts of this urgency."""
        return self.approval == "all" or self.approval == urgency


def read(environ: Mapping[str, str], channels: Channels = _CHANNELS) -> PushSettings:
    """Read this room's settings; the channels are those of app.toml.

    Raises:
        SettingsError: names the variable that cannot be used.
    """
    given = load_environment(Environment(), environ)
    key_file, ca_file = given["GOOGLE_APPLICATION_CREDENTIALS"], given["FCM_CA_FILE"]
    transport: Transport = given["PUSH_TRANSPORT"] or ("fcm" if key_file else "local")
    if transport == "fcm" and not key_file:
        raise SettingsError("GOOGLE_APPLICATION_CREDENTIALS: needed by PUSH_TRANSPORT=fcm")
    _check_key_file(key_file)
    _check_ca_file(ca_file)
    return PushSettings(
        transport=transport,
        key_file=key_file,
        fcm_url=_url(given["FCM_URL"]),
        ca_file=ca_file,
        http=given["PUSH_HTTP"],
        messages_per_minute=given["FCM_MESSAGES_PER_MINUTE"],
        ramp=timedelta(seconds=given["FCM_RAMP_S"]),
        approval=given["PUSH_APPROVAL"],
        story_window=timedelta(minutes=given["PUSH_STORY_MINUTES"]),
        canary_every=timedelta(minutes=given["PUSH_CANARY_MINUTES"]) or None,
        channels=channels,
    )


def _check_key_file(path: str | None) -> None:
    """Validate the service account's file at the start, not in the worker alone."""
    if path is None:
        return
    try:
        account = json.loads(Path(path).read_text(encoding="utf-8"))
        lacking = [name for name in ACCOUNT if not isinstance(account[name], str)]
    except OSError as error:
        reason = f"the file cannot be read ({error.strerror})"
        raise SettingsError(f"GOOGLE_APPLICATION_CREDENTIALS: {reason}") from error
    except (ValueError, TypeError, KeyError):
        lacking = [*ACCOUNT]
    if lacking or account["type"] != "service_account":
        raise SettingsError("GOOGLE_APPLICATION_CREDENTIALS: this is no service account's JSON")


def _check_ca_file(path: str | None) -> None:
    if path is None:
        return
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError as error:
        raise SettingsError("FCM_CA_FILE: there is no certificate in it") from error
    except OSError as error:
        raise SettingsError(f"FCM_CA_FILE: it cannot be read ({error.strerror})") from error


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("FCM_URL: write it as https://host, without a path")
    return text.rstrip("/")


def push_settings() -> PushSettings:
    """Return the settings of the current app."""
    found: PushSettings = current_app.extensions["push"]
    return found
