"""Levels: how loud an alert is for a reader, by the level of the follow and of the alert. Pure."""

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
    """Return the levels of follows for which an alert of this level makes a sound."""
    return [level for level, alerts in _HEARS.items() if alert_level in alerts]
