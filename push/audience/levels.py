"""Levels: how loud an alert is for a reader, by the level of the follow and of the alert. Pure."""

from collections.abc import Iterable

LOUD = 2
SILENT = 1
BELOW = 0

# Which alerts a follow of each level lets through with a sound.
_HEARS = {
    "all": {"normal", "important", "breaking"},
    "important": {"important", "breaking"},
    "breaking": {"breaking"},
}


def heard_by(alert_level: str) -> list[str]:
    """The levels of follows that let an alert of this level through with a sound."""
    return [level for level, alerts in _HEARS.items() if alert_level in alerts]


def loudness(follow_level: str, alert_level: str) -> int:
    """How loud an alert is through one follow; an unknown level of a follow keeps it away."""
    if follow_level == "silent":
        return SILENT
    return LOUD if follow_level in heard_by(alert_level) else BELOW


def loudest(follow_levels: Iterable[str], alert_level: str) -> int:
    """How loud it is for a reader who follows several topics of it."""
    return max((loudness(level, alert_level) for level in follow_levels), default=BELOW)
