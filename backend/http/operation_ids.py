"""Names of operations for generated clients, from method and path: `listTagArticles`. Pure.

A name changes when its address does, which breaks clients anyway, and never when code is renamed.
"""

import re
from collections.abc import Sequence

ACTIONS = frozenset(
    {
        *("approve", "claim", "confirm", "correct", "forbid", "join", "merge", "poll", "preview"),
        *("recall", "repeat", "replay", "reset", "resolve", "restore", "rotate", "split", "test"),
    }
)
# A list that is one kind of another: `listTrendingTags`.
KINDS = frozenset({"trending"})
VERBS = {"GET": "get", "PUT": "put", "POST": "create", "PATCH": "update", "DELETE": "delete"}
_UNDONE = {"DELETE": "undo"}
_PLACEHOLDER = re.compile(r"^\{.+\}$")
_SINGULAR = {"aliases": "alias"} | {same: same for same in ("address", "news", "preferences")}
_OF_SOURCE = "/v1/newsroom/articles/{source}/{external_id}"
# Exceptions, where the rule would give no English, or name a list for what is one thing.
_NAMED = {
    "GET /v1/search": "searchArticles",
    "GET /v1/deeplinks/routes": "getRouteTable",
    "PATCH /v1/newsroom/articles/{article_id}": "updateNewsroomArticleById",
    "DELETE /v1/newsroom/articles/{article_id}": "deleteNewsroomArticleById",
    "PATCH /v1/newsroom/articles": "updateNewsroomArticleByAddress",
    "DELETE /v1/newsroom/articles": "deleteNewsroomArticleByAddress",
    f"GET {_OF_SOURCE}": "getNewsroomArticleBySourceId",
    f"GET {_OF_SOURCE}/tags": "listNewsroomArticleTagsBySourceId",
    "GET /v1/newsroom/articles/tags": "listNewsroomArticleTagsByAddress",
    f"POST {_OF_SOURCE}/restore": "restoreNewsroomArticleBySourceId",
    "POST /v1/newsroom/articles/restore": "restoreNewsroomArticleByAddress",
    f"PUT {_OF_SOURCE}/pins/{{topic}}": "putNewsroomArticlePinBySourceId",
    f"DELETE {_OF_SOURCE}/pins/{{topic}}": "deleteNewsroomArticlePinBySourceId",
    "PUT /v1/newsroom/articles/pins/{topic}": "putNewsroomArticlePinByAddress",
    "DELETE /v1/newsroom/articles/pins/{topic}": "deleteNewsroomArticlePinByAddress",
    "GET /v1/newsroom/audit": "listNewsroomAuditEntries",
    "GET /v1/newsroom/links/campaigns": "getNewsroomCampaignReport",
    "GET /v1/newsroom/sources.opml": "exportNewsroomSources",
    "POST /v1/newsroom/sources.opml": "importNewsroomSources",
    "POST /v1/newsroom/sources:trial": "tryNewsroomSource",
    "GET /v1/newsroom/devices:test": "getNewsroomDeviceTest",
    "GET /v1/newsroom/notifications/{notification_id}/preview": "getNewsroomNotificationPreview",
    "POST /v1/newsroom/notifications/{notification_id}/send-back": "sendBackNewsroomNotification",
    "POST /v1/installations/{installation_id}/events": "createInstallationEvents",
}


def operation_id(method: str, path: str) -> str:
    """Return the name of a call; `path` is written as OpenAPI writes it."""
    if (named := _NAMED.get(f"{method} {path}")) is not None:
        return named
    parts = [part for part in re.split(r"[/:.]", path) if part not in {"", "v1"}]
    nouns = _nouns(parts)
    if parts[-1] in ACTIONS:
        verb = _UNDONE.get(method, parts[-1])
        action = [parts[-1]] if method in _UNDONE else []
        return _camel(verb, [*map(_singular, nouns[:-1]), *action])
    if parts[-1] in KINDS:
        return _camel("list", [*map(_singular, nouns[:-2]), parts[-1], nouns[-2]])
    is_list = not _PLACEHOLDER.match(parts[-1]) and _singular(nouns[-1]) != nouns[-1]
    if method == "GET" and is_list:
        return _camel("list", nouns)
    if method == "POST":
        nouns[-1] = _singular(nouns[-1])
    return _camel(VERBS[method], nouns)


def _nouns(parts: Sequence[str]) -> list[str]:
    """Return the nouns of the path, in the singular where a placeholder picks one of them."""
    following = [*parts[1:], ""]
    return [
        _singular(part) if _PLACEHOLDER.match(after) else part
        for part, after in zip(parts, following, strict=True)
        if not _PLACEHOLDER.match(part)
    ]


def _singular(noun: str) -> str:
    if noun in _SINGULAR:
        return _SINGULAR[noun]
    return noun[:-3] + "y" if noun.endswith("ies") else noun.removesuffix("s")


def _camel(verb: str, nouns: Sequence[str]) -> str:
    words = [word for noun in nouns for word in re.split(r"[-_]", noun)]
    return verb + "".join(word[:1].upper() + word[1:] for word in words)
