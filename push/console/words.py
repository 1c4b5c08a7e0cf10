"""English names of states and reasons on the pages of the alert desk. Pure.

Each is a key of the catalogue.
"""

from collections.abc import Mapping

STATES: Mapping[str, str] = {
    "awaiting_approval": "Waits for approval",
    "sent_back": "Sent back",
    "scheduled": "Scheduled",
    "planning": "Begins",
    "sending": "Under way",
    "sent": "Sent",
    "expired": "Expired",
    "failed": "Failed",
    "recalled": "Recalled",
}
# The style in which a state is shown beside its word.
KINDS: Mapping[str, str] = {
    "awaiting_approval": "bad",
    "sent_back": "bad",
    "failed": "bad",
    "expired": "bad",
    "sending": "good",
    "sent": "good",
}
FAILURES: Mapping[str, str] = {
    "no_answer": "The provider answered nobody's message: it may be on phones, and may not.",
    "unavailable": "The provider could not be reached, or had no time, until the alert expired.",
    "credentials": "The provider refused our key until the alert expired.",
    "platform_key": "The provider lacked the key of a platform until the alert expired.",
    "refused": "The provider refused every message.",
    "no_address": "No address of its readers exists any more.",
    "no_audience": "There was nobody to send it to.",
    "all_skipped": "Everybody was left out; the reasons are below.",
    "nobody_had_it": (
        "Nobody had the alert that it corrects; who is sent that later is sent the new text."
    ),
    "too_many_dead": "Too many dead addresses at once; none was given up.",
    "expired": "It expired before everybody was reached.",
    "expired_while_held": "Quiet hours held everybody until it expired.",
    "fault": "An unforeseen fault of the sender.",
}
PAUSES: Mapping[str, str] = {
    "the provider refused our key: mend the service account or its rights": (
        "The provider refuses our key: mend the service account or its rights."
    ),
    "the provider lacks or refuses the APNs key of this project: mend it in its console": (
        "The provider lacks or refuses the APNs key: mend it in its console."
    ),
    "the provider lacks or refuses the web push key pair of this project: mend it in its console": (
        "The provider lacks or refuses the key pair of web push: mend it in its console."
    ),
    "the provider lacks or refuses the key of this project: mend it in its console": (
        "The provider lacks or refuses a key of this project: mend it in its console."
    ),
    "a push service refuses our VAPID key: mend VAPID_PRIVATE_KEY": (
        "A push service of browsers refuses our key: mend VAPID_PRIVATE_KEY."
    ),
}
LEFT_OUT: Mapping[str, str] = {
    "muted": "They muted the source.",
    "quiet": "They have quiet hours; they get it when these end, if it lives so long.",
    "over_limit": "They had as many alerts today as they want.",
    "no_address": "They have no address for alerts.",
    "retired": "Nobody is at their address any more.",
    "same_story": "They were told of this story already.",
    "below_level": "They want no alerts of this level about the topic.",
    "too_late": "They could not be reached within its time.",
    "unfollowed": "They no longer follow the topic.",
    "moved": "Another phone has their address now.",
    "fault": "What is known of them cannot be read.",
    "topics": "They lack a topic, or have one that they may not.",
    "platform": "They are on another platform.",
    "language": "They read another language.",
    "country": "They are in another country.",
    "unknown_country": "Nobody knows their country.",
    "app_version": "Their app has another version.",
    "unknown_app_version": "Nobody knows the version of their app.",
    "edition": "They read another edition.",
    "unknown_edition": "Nobody knows their edition.",
}
PLATFORMS: Mapping[str, str] = {"ios": "iPhone", "android": "Android", "web": "Web"}
SURFACES: Mapping[str, str] = {
    "lock_screen": "Lock screen",
    "collapsed": "Collapsed",
    "expanded": "Expanded",
    "chrome_on_windows": "Chrome on Windows",
    "chrome_on_macos": "Chrome on macOS",
}
# The first part of the name of a field that was changed.
FIELDS: Mapping[str, str] = {
    "title": "Title",
    "body": "Text",
    "variants": "In another language",
    "url": "Opens",
    "image_url": "Picture",
    "urgency": "Urgency",
    "level": "Level",
    "deliver_at": "At the reader's hour",
    "insists": "Tells again of the story",
    "presentation": "Presentation",
    "audience": "For whom",
    "send_at": "Leaves",
    "expires_at": "Ends",
}
GROUPS: Mapping[str, str] = {
    "waiting": "Waiting for approval",
    "scheduled": "Scheduled alerts",
    "under_way": "Alerts under way",
    "ended": "Sent and ended",
}
