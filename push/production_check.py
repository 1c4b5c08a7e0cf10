"""Finds what in the settings of alerts is unfit for production, for `tagwire check`."""

from collections.abc import Iterator
from datetime import datetime

from backend.core.settings import Network
from push.editorial.settings import PushSettings

SETTINGS, KEY = ("PUSH_TRANSPORT",), ("GOOGLE_APPLICATION_CREDENTIALS",)


def of_settings(settings: PushSettings) -> Iterator[str]:
    if _key_file(settings) is None:
        yield (
            "PUSH_TRANSPORT: it is local, and alerts reach the simulator alone;"
            " set GOOGLE_APPLICATION_CREDENTIALS."
        )


def of_key(
    settings: PushSettings, allow_networks: tuple[Network, ...], now: datetime
) -> Iterator[str]:
    """Yield what is wrong with the key, as Google says."""
    key_file = _key_file(settings)
    if key_file is None:
        return
    # Reading certificates costs 80 ms and 3 MB: only the command pays for it.
    from push.transport import account_key  # noqa: PLC0415

    yield from account_key.findings(key_file, account_key.policy_of(allow_networks), now)


def _key_file(settings: PushSettings) -> str | None:
    return settings.key_file if settings.transport == "fcm" else None
