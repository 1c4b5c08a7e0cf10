"""What one app carries: its settings, its hooks and its clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import current_app

from backend.hooks import Hooks
from backend.settings import Settings

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class House:
    """Kept in `app.extensions["tagwire"]`."""

    settings: Settings
    clock: Clock = system_clock
    hooks: Hooks = field(default_factory=Hooks)

    def now(self) -> datetime:
        return self.clock()


def house() -> House:
    found: House = current_app.extensions["tagwire"]
    return found
