"""Examples for the description of the API. Pure: data."""

from typing import Any

from push.editorial.display import BATCH, BATCH_PHONES, BRAZE, EMARSYS, FIREPUSH, MPAAS

DRAFT: dict[str, Any] = {
    "title": "The bridge at the harbour is closed until the evening",
    "body": "Cars go by way of the tunnel. Ferries run every ten minutes.",
    "topics": ["tag:Harbour"],
    "urgency": "breaking",
    "actions": [{"title": "All about the harbour", "to": "/tag/Harbour"}],
    "analytics_label": "harbour-bridge",
}
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
                "android": {
                    "bytes": 574,
                    "dropped": [],
                    "limit_bytes": 3840,
                    "looks": [
                        {
                            "body": {
                                "graphemes": 60,
                                "is_cut": True,
                                "most": 49,
                                "shown_graphemes": 48,
                                "text": "Cars go by way of the tunnel. Ferries run every…",
                            },
                            "sources": [BRAZE],
                            "surface": "collapsed",
                            "title": {
                                "graphemes": 53,
                                "is_cut": True,
                                "most": 49,
                                "shown_graphemes": 48,
                                "text": "The bridge at the harbour is closed until the ev…",
                            },
                        },
                        {
                            "body": {
                                "graphemes": 60,
                                "is_cut": False,
                                "most": 460,
                                "shown_graphemes": 60,
                                "text": "Cars go by way of the "
                                "tunnel. Ferries run every "
                                "ten minutes.",
                            },
                            "sources": [EMARSYS],
                            "surface": "expanded",
                            "title": {
                                "graphemes": 53,
                                "is_cut": False,
                                "most": 80,
                                "shown_graphemes": 53,
                                "text": "The bridge at the harbour is closed until the evening",
                            },
                        },
                    ],
                    "payload": {
                        "android": {
                            "collapse_key": "tw-000000000000000000000000",
                            "notification": {
                                "channel_id": "breaking",
                                "tag": "tw-000000000000000000000000",
                            },
                            "priority": "HIGH",
                            "ttl": "3600s",
                        },
                        "data": {
                            "actions": '[{"id":"1","title":"All '
                            "about the "
                            'harbour","url":"https://news.example/tag/Harbour"}]',
                            "notification_id": "000000000000000000000000",
                            "url": "https://news.example/tag/Harbour",
                        },
                        "fcm_options": {"analytics_label": "harbour-bridge"},
                        "notification": {
                            "body": "Cars go by way of the tunnel. Ferries run every ten minutes.",
                            "title": "The bridge at the harbour is closed until the evening",
                        },
                    },
                },
                "ios": {
                    "bytes": 689,
                    "dropped": [],
                    "limit_bytes": 3840,
                    "looks": [
                        {
                            "body": {
                                "graphemes": 60,
                                "is_cut": False,
                                "most": 160,
                                "shown_graphemes": 60,
                                "text": "Cars go by way of the tunnel. "
                                "Ferries run every ten "
                                "minutes.",
                            },
                            "sources": [MPAAS, BRAZE],
                            "surface": "lock_screen",
                            "title": {
                                "graphemes": 53,
                                "is_cut": True,
                                "most": 40,
                                "shown_graphemes": 39,
                                "text": "The bridge at the harbour is closed unt…",
                            },
                        },
                        {
                            "body": {
                                "graphemes": 60,
                                "is_cut": False,
                                "most": None,
                                "shown_graphemes": 60,
                                "text": "Cars go by way of the tunnel. "
                                "Ferries run every ten "
                                "minutes.",
                            },
                            "sources": [BATCH_PHONES],
                            "surface": "expanded",
                            "title": {
                                "graphemes": 53,
                                "is_cut": False,
                                "most": None,
                                "shown_graphemes": 53,
                                "text": "The bridge at the harbour is closed until the evening",
                            },
                        },
                    ],
                    "payload": {
                        "apns": {
                            "headers": {
                                "apns-collapse-id": "tw-000000000000000000000000",
                                "apns-expiration": "1772456400",
                                "apns-priority": "10",
                            },
                            "payload": {
                                "aps": {
                                    "category": "actions",
                                    "interruption-level": "time-sensitive",
                                    "mutable-content": 1,
                                    "sound": "default",
                                    "thread-id": "tw-000000000000000000000000",
                                }
                            },
                        },
                        "data": {
                            "actions": '[{"id":"1","title":"All '
                            "about the "
                            'harbour","url":"https://news.example/tag/Harbour"}]',
                            "notification_id": "000000000000000000000000",
                            "url": "https://news.example/tag/Harbour",
                        },
                        "fcm_options": {"analytics_label": "harbour-bridge"},
                        "notification": {
                            "body": "Cars go by way of the tunnel. Ferries run every ten minutes.",
                            "title": "The bridge at the harbour is closed until the evening",
                        },
                    },
                },
                "web": {
                    "bytes": 632,
                    "dropped": [],
                    "limit_bytes": 3840,
                    "looks": [
                        {
                            "body": {
                                "graphemes": 60,
                                "is_cut": False,
                                "most": 140,
                                "shown_graphemes": 60,
                                "text": "Cars go by way of the tunnel. "
                                "Ferries run every ten "
                                "minutes.",
                            },
                            "sources": [BATCH],
                            "surface": "chrome_on_windows",
                            "title": {
                                "graphemes": 53,
                                "is_cut": False,
                                "most": 70,
                                "shown_graphemes": 53,
                                "text": "The bridge at the harbour is closed until the evening",
                            },
                        },
                        {
                            "body": {
                                "graphemes": 60,
                                "is_cut": False,
                                "most": 80,
                                "shown_graphemes": 60,
                                "text": "Cars go by way of the tunnel. "
                                "Ferries run every ten "
                                "minutes.",
                            },
                            "sources": [FIREPUSH],
                            "surface": "chrome_on_macos",
                            "title": {
                                "graphemes": 53,
                                "is_cut": True,
                                "most": 35,
                                "shown_graphemes": 34,
                                "text": "The bridge at the harbour is close…",
                            },
                        },
                    ],
                    "payload": {
                        "data": {
                            "actions": '[{"id":"1","title":"All '
                            "about the "
                            'harbour","url":"https://news.example/tag/Harbour"}]',
                            "notification_id": "000000000000000000000000",
                            "url": "https://news.example/tag/Harbour",
                        },
                        "fcm_options": {"analytics_label": "harbour-bridge"},
                        "notification": {
                            "body": "Cars go by way of the tunnel. Ferries run every ten minutes.",
                            "title": "The bridge at the harbour is closed until the evening",
                        },
                        "webpush": {
                            "fcm_options": {"link": "https://news.example/tag/Harbour"},
                            "headers": {"TTL": "3600", "Urgency": "high"},
                            "notification": {
                                "actions": [{"action": "1", "title": "All about the harbour"}],
                                "tag": "tw-000000000000000000000000",
                            },
                        },
                    },
                },
            },
        }
    ],
    "url": "https://news.example/tag/Harbour",
    "warnings": [
        {"code": "no_picture", "detail": "It has no picture.", "language": None},
        {
            "code": "title_cut",
            "detail": "The title is cut (lock screen): 39 of 53 characters show.",
            "language": None,
        },
        {
            "code": "title_cut",
            "detail": "The title is cut (collapsed): 48 of 53 characters show.",
            "language": None,
        },
    ],
}
