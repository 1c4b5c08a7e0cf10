"""How a page can look: what its reader chooses between. Each device keeps its own choice. Pure."""

from backend.text.catalogue import gettext_noop

Choices = tuple[tuple[str, str], ...]

COLOURS: Choices = (
    ("system", gettext_noop("As on this device")),
    ("light", gettext_noop("Light")),
    ("dark", gettext_noop("Dark")),
)
SIZES: Choices = (
    ("normal", gettext_noop("Normal")),
    ("small", gettext_noop("Small")),
    ("large", gettext_noop("Large")),
    ("largest", gettext_noop("Very large")),
)
# Name of the value, heading and choices, the usual one first.
APPEARANCE: tuple[tuple[str, str, Choices], ...] = (
    ("colours", gettext_noop("Colours"), COLOURS),
    ("size", gettext_noop("Text size"), SIZES),
)
