"""Examples for the description of the API. Pure: data."""

from typing import Any

from push.editorial.display import Part, looks

_TITLE = "The bridge at the harbour is closed until the evening"
_BODY = "Cars go by way of the tunnel. Ferries run every ten minutes."
_PAGE = "https://news.example/tag/Harbour"
_ID = "000000000000000000000000"
_BUTTON = "All about the harbour"

DRAFT: dict[str, Any] = {
    "title": _TITLE,
    "body": _BODY,
    "topics": ["tag:Harbour"],
    "urgency": "breaking",
    "actions": [{"title": _BUTTON, "to": "/tag/Harbour"}],
    "analytics_label": "harbour-bridge",
}

_ANDROID: dict[str, Any] = {
    "collapse_key": f"tw-{_ID}",
    "notification": {"channel_id": "breaking", "tag": f"tw-{_ID}"},
    "priority": "HIGH",
    "ttl": "3600s",
}
_APNS: dict[str, Any] = {
    "headers": {
        "apns-collapse-id": f"tw-{_ID}",
        "apns-expiration": "1772456400",
        "apns-priority": "10",
    },
    "payload": {
        "aps": {
            "category": "actions",
            "interruption-level": "time-sensitive",
            "mutable-content": 1,
            "sound": "default",
            "thread-id": f"tw-{_ID}",
        }
    },
}
_WEBPUSH: dict[str, Any] = {
    "fcm_options": {"link": _PAGE},
    "headers": {"TTL": "3600", "Urgency": "high"},
    "notification": {"actions": [{"action": "1", "title": _BUTTON}], "tag": f"tw-{_ID}"},
}


def _part(part: Part) -> dict[str, Any]:
    names = ("graphemes", "is_cut", "most", "shown_graphemes", "text")
    return {name: getattr(part, name) for name in names}


def _platform(name: str, size_bytes: int, own: dict[str, Any]) -> dict[str, Any]:
    """Return the message to a platform and its looks; `own` are members of that platform alone."""
    data = {
        "actions": f'[{{"id":"1","title":"{_BUTTON}","url":"{_PAGE}"}}]',
        "notification_id": _ID,
        "url": _PAGE,
    }
    payload = {
        "data": data,
        "fcm_options": {"analytics_label": "harbour-bridge"},
        "notification": {"body": _BODY, "title": _TITLE},
    }
    seen = [
        {
            "body": _part(look.body),
            "sources": [*look.sources],
            "surface": look.surface,
            "title": _part(look.title),
        }
        for look in looks(name, _TITLE, _BODY, has_image=False)
    ]
    return {
        "bytes": size_bytes,
        "dropped": [],
        "limit_bytes": 3840,
        "looks": seen,
        "payload": dict(sorted((payload | own).items())),
    }


def _cut(surface: str, shown: int) -> dict[str, Any]:
    detail = f"The title is cut ({surface}): {shown} of 53 characters show."
    return {"code": "title_cut", "detail": detail, "language": None}


PREVIEW: dict[str, Any] = {
    "audience": {
        "asleep": 0,
        "asleep_share": 0.0,
        "audience": 3,
        "by_platform": {"android": 2, "ios": 1},
        "excluded": {},
        "held": 0,
        "is_estimate": False,
        "reachable": 3,
    },
    "expires_at": "2026-03-02T13:00:00Z",
    "send_at": "2026-03-02T12:00:00Z",
    "texts": [
        {
            "language": None,
            "platforms": {
                "android": _platform("android", 574, {"android": _ANDROID}),
                "ios": _platform("ios", 689, {"apns": _APNS}),
                "web": _platform("web", 632, {"webpush": _WEBPUSH}),
            },
        }
    ],
    "url": _PAGE,
    "warnings": [
        {"code": "no_picture", "detail": "It has no picture.", "language": None},
        _cut("lock screen", 39),
        _cut("collapsed", 48),
    ],
}
