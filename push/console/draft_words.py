"""What the desk calls surfaces, reasons and warnings, in English: keys of the catalogue. Pure."""

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
LEFT_OUT: Mapping[str, str] = {
    "muted": "muted the source",
    "quiet": "have quiet hours; they get it when these end, if it lives so long",
    "over_limit": "had as many alerts today as they want",
    "no_address": "have switched alerts off",
    "retired": "have removed the app",
    "same_story": "were alerted to this story already",
    "below_level": "want only louder alerts about this topic",
    "too_late": "cannot be reached at that hour of their day in time",
    "topics": "lack a topic that is asked for, or follow one that is not wanted",
    "platform": "have another kind of phone",
    "language": "read another language",
    "country": "are in another country",
    "unknown_country": "are in a place that nobody knows",
    "app_version": "have another version of the app",
    "unknown_app_version": "have a version of the app that nobody knows",
    "edition": "read another edition",
    "unknown_edition": "never chose an edition",
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
