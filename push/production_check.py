"""What of the alerts is unfit for production, as `tagwire check` says it."""

from collections.abc import Iterator
from datetime import datetime

from backend.core.settings import Network
from push.editorial.settings import PushSettings


def findings(
    settings: PushSettings, allow_networks: tuple[Network, ...], now: datetime
) -> Iterator[str]:
    if settings.transport != "fcm" or settings.key_file is None:
        yield (
            "PUSH_TRANSPORT: it is local, and alerts reach the simulator alone;"
            " set GOOGLE_APPLICATION_CREDENTIALS."
        )
        return
    # Reading certificates costs 80 ms and 3 MB: only this command pays for it.
    from push.transport import account_key  # noqa: PLC0415

    policy = account_key.policy_of(allow_networks)
    yield from account_key.findings(settings.key_file, policy, now)
