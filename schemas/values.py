"""Closed sets of values in answers."""

# Of alerts.
URGENCIES = ("breaking", "normal")
STATES = (
    *("awaiting_approval", "scheduled", "planning", "sending", "sent", "expired", "failed"),
    "recalled",
)
EVENT_RESULTS = ("counted", "repeated", "ignored", "refused")
FAILURES = (
    *("no_answer", "unavailable", "credentials", "platform_key", "refused", "no_address"),
    *("too_many_dead", "expired", "expired_while_held", "fault"),
)
# Of sources and their feeds.
HEALTH = (
    *("failing", "suspicious", "stale", "overflowing", "waiting", "paused", "well"),
    "not polled",
)
IDENTITIES = ("guid", "link", "title")
TEXT_SOURCES = ("feed", "page")
RIGHTS = ("full", "summary", "headline")
CANONICAL = ("ours", "theirs")
SUBSCRIPTIONS = ("active", "waiting", "expired", "denied", "off")
CONFIDENCES = ("exact", "zone-assumed", "day", "ambiguous")
# Of articles for the newsroom, and why one was taken down. What others decided is not undone.
ARTICLE_STATES = ("listed", "held", "taken_down")
CAUSES = ("withdrawn", "mistake", "duplicate", "legal", "privacy", "rights")
FINAL_CAUSES = ("legal", "privacy", "rights", "source_removed")
ACTORS = ("key", "user", "cli")
# Of tags, and why an article left a list.
TAG_KINDS = ("entity", "pair", "topic")
TAG_STATES = ("candidate", "learned", "known", "confirmed", "forbidden", "merged")
REMOVALS = ("unpublished", "untagged", "merged", "unfollowed")
