"""English names of surfaces, reasons and warnings at the desk: keys of the catalogue. Pure."""

from collections.abc import Mapping

# Phones whose looks are drawn: platform and surface.
SURFACES: Mapping[tuple[str, str], str] = {
    ("ios", "lock_screen"): "iPhone, lock screen",
    ("ios", "expanded"): "iPhone, expanded",
    ("android", "collapsed"): "Android, lock screen",
    ("android", "expanded"): "Android, expanded",
}
LOUDNESS: Mapping[str, str] = {
    "normal": "Normal",
    "important": "Important",
    "breaking": "Breaking",
}
WARNINGS: Mapping[str, str] = {
    "dead_link": "A link in it leads nowhere.",
    "already_told": "Readers were alerted to this story already.",
    "nobody": "It would be sent to nobody.",
    "mostly_asleep": "It is night for most of its readers when it is sent.",
    "placeholder_words": "A text reads like a test.",
    "same_text": "The last alert said exactly this.",
    "no_picture": "It has no picture.",
    "title_cut": "Some phones cut the title.",
}
# Seconds that an alert is worth sending for, and the hours that they are.
LIVES: Mapping[str, int] = {str(hours * 3600): hours for hours in (1, 3, 6, 12, 24, 48)}
