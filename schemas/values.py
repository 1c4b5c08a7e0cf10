"""Closed sets of values in answers."""

# Of alerts.
URGENCIES = ("breaking", "normal")
STATES = (
    *("awaiting_approval", "sent_back", "scheduled", "planning", "sending", "sent", "expired"),
    *("failed", "recalled"),
)
EVENT_RESULTS = ("counted", "repeated", "ignored", "refused")
FAILURES = (
    *("no_answer", "unavailable", "credentials", "platform_key", "refused", "no_address"),
    *("no_audience", "all_skipped", "nobody_had_it"),
    *("too_many_dead", "expired", "expired_while_held", "fault"),
)
# Why a reader of an alert's audience was not sent it after all.
SKIPS = (
    *("no_address", "retired", "unfollowed", "topics", "muted", "below_level", "too_late"),
    *("over_limit", "same_story", "fault", "moved", "left"),
    *("platform", "language", "country", "unknown_country", "app_version"),
    *("unknown_app_version", "edition", "unknown_edition"),
)
# Why a platform's part of one waits: its credential or ours, in words for editors.
PAUSES = (
    "the provider refused our key: mend the service account or its rights",
    *(
        f"the provider lacks or refuses the {key} of this project: mend it in its console"
        for key in ("APNs key", "web push key pair", "key")
    ),
    "a push service refuses our VAPID key: mend VAPID_PRIVATE_KEY",
)
# Of their previews.
SURFACES = ("lock_screen", "expanded", "collapsed", "chrome_on_windows", "chrome_on_macos")
WARNINGS = (
    *("dead_link", "already_told", "nobody", "mostly_asleep", "placeholder_words", "same_text"),
    *("no_picture", "title_cut"),
)
DRAFT_KINDS = ("draft", "template")
LEFT_OUT = ("body", "image", "actions", "title")
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
FEED_FORMATS = (
    *("rss090", "rss091", "rss092", "rss093", "rss094", "rss10", "rss11", "rss20"),
    *("atom03", "atom10", "json", "sitemap"),
)
BY_EDITOR = "paused by an editor"
SOURCE_PAUSES = (
    *(BY_EDITOR, "the publisher says the feed is gone (410)", "the source is blocked"),
)
WEBHOOK_PAUSES = (BY_EDITOR, "the endpoint says it is gone (410)")
CONFIDENCES = ("exact", "zone-assumed", "day", "ambiguous")
# Of articles for the newsroom, and why one was taken down. What others decided is not undone.
ARTICLE_STATES = ("listed", "held", "taken_down")
CAUSES = ("withdrawn", "mistake", "duplicate", "legal", "privacy", "rights")
FINAL_CAUSES = ("legal", "privacy", "rights", "source_removed", "age")
ACTORS = ("key", "user", "cli")
# Numbers of days, and what they are told by.
NUMBERS = ("alerts", "follows", "downloads", "tags", "articles", "sources")
NUMBERED_BY = ("day", "hour", "platform", "topic", "campaign", "article")
# Of tags, and why an article left a list.
TAG_KINDS = ("entity", "pair", "topic")
TAG_RULES = (
    *("title", "lead", "body", "publisher", "editor", "keyword"),
    *("two-publishers", "name-repeated", "short-form"),
    *("pair-hyphen", "pair-ties", "pair-demonyms", "pair-contraction", "pair-deed", "pair-visit"),
)
TAG_STATES = ("candidate", "learned", "known", "confirmed", "forbidden", "merged")
REMOVALS = ("unpublished", "untagged", "merged", "unfollowed", "grouped")
# What lists are grouped by.
GROUPS = ("story",)
# Of links.
STORES = ("app_store", "play_store")
# Of what is checked before production, and the processes beside the web.
CHECKED = ("fit", "unfit", "unseen")
PROCESSES = ("poller", "worker")
