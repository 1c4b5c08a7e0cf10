"""An unconfigured server asks nothing of the app, and a wrong value stops the start."""

from typing import Any

import pytest

from backend.core.app_info import BadAppInfo, Channels, app_info


@pytest.mark.parametrize("document", [{}, {"app": {}}, {"app": {"ios": {}, "android": {}}}])
def test_nothing_configured_forces_no_upgrade(document: dict[str, Any]) -> None:
    info = app_info(document, default_name="News")

    assert (info.name, info.minimum_ios, info.minimum_android) == ("News", None, None)


def test_what_is_configured_is_told() -> None:
    info = app_info(
        {
            "app": {
                "name": "Harbour News",
                "support_url": "mailto:help@news.example",
                "ios": {"minimum_version": "2.10.1"},
                "android": {"minimum_version": "7"},
            }
        },
        default_name="News",
    )

    assert info.name == "Harbour News"
    assert (info.minimum_ios, info.minimum_android) == ("2.10.1", "7")
    assert info.support_url == "mailto:help@news.example"


def test_the_app_calls_its_channels_as_it_likes() -> None:
    document = {"app": {"android": {"channels": {"breaking": "urgent-2", "corrections": "fixes"}}}}

    channels = app_info(document, default_name="News").channels

    assert channels == Channels(breaking="urgent-2", news="news", corrections="fixes")


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"app": 3}, "[app]"),
        ({"app": {"ios": "1.0"}}, "[ios]"),
        ({"app": {"ios": {"minimum_version": 1.0}}}, "app.ios.minimum_version"),
        ({"app": {"android": {"minimum_version": "one"}}}, "app.android.minimum_version"),
        ({"app": {"android": {"minimum_version": "1.0\n"}}}, "app.android.minimum_version"),
        ({"app": {"name": []}}, "app.name"),
        ({"app": {"support_url": "javascript:x"}}, "app.support_url"),
        ({"app": {"android": {"channels": ["news"]}}}, "[channels]"),
        ({"app": {"android": {"channels": {"urgent": "x"}}}}, "app.android.channels.urgent"),
        ({"app": {"android": {"channels": {"news": "a b"}}}}, "app.android.channels.news"),
        # Corrections that share a channel with what is heard would be heard.
        ({"app": {"android": {"channels": {"corrections": "news"}}}}, "channels.corrections"),
    ],
)
def test_a_wrong_value_is_named(document: dict[str, Any], named: str) -> None:
    with pytest.raises(BadAppInfo) as refused:
        app_info(document, default_name="News")

    assert named in str(refused.value)
