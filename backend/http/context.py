"""Application context: the settings, hooks and clock of one app."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import current_app

from backend.core.settings import Settings
from backend.http.hooks import Hooks

# The path prefix of the API; pages have other addresses.
API = "/v1/"

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class AppContext:
    """Settings, clock and hooks of one app, kept in `app.extensions["tagwire"]`."""

    settings: Settings
    clock: Clock = system_clock
    hooks: Hooks = field(default_factory=Hooks)

    def now(self) -> datetime:
        return self.clock()


def current_context() -> AppContext:
    found: AppContext = current_app.extensions["tagwire"]
    return found
