"""Visitors are sent where their phone's store is; a doubtful one gets the page with both."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deeplinks.visitors.useragent import destination_of

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "download_ua_cases.json").read_text()
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']}-{case['kind']}")
def test_recorded_user_agents(case: dict[str, Any]) -> None:
    assert destination_of(case["ua"]).destination == case["expected"]


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X)"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IOS = f"{IPHONE} {WEBKIT}"
DROID = (
    "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        ("", "landing_with_qr"),
        ("   ", "landing_with_qr"),
        (f"{IOS} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", "app_store"),
        (f"{IOS} Mobile/15E148 Instagram 300.0.0.0 (iPhone14,2; iOS 18_0)", "app_store"),
        (f"{IOS} Mobile/15E148 musical_ly_30.0.0 BytedanceWebview/d8a21c6", "app_store"),
        (f"{IOS} Mobile/15E148 Safari Line/14.0.0", "app_store"),
        (f"{IOS} Mobile/15E148 [LinkedInApp]/9.29", "app_store"),
        (f"{IOS} Mobile/15E148 Snapchat/12.0", "app_store"),
        (f"{IOS} Mobile/15E148 Flipboard/4.3", "app_store"),
        (f"{IOS} Mobile/15E148 MicroMessenger/8.0.40", "landing_with_qr"),
        (f"{IOS} GSA/300.0 Mobile/15E148 Safari/604.1", "app_store"),
        (f"{MAC} Version/26.0 Safari/605.1.15", "landing_with_qr"),
        (f"{MAC} CriOS/140 Version/17.0 Safari/605.1.15", "app_store"),
        (f"{MAC} FxiOS/140 Safari/605.1.15", "app_store"),
        (f"{MAC} Version/17.0 EdgiOS/140 Safari/605.1.15", "app_store"),
        (DROID.format("SM-S918B"), "play_store"),
        (DROID.format("CUBOT_X18_Plus"), "play_store"),
        (DROID.format("SM-T510") + " Pinterest for Android/9.0", "play_store"),
        (DROID.format("SM-T510") + " Viber/18.0", "play_store"),
        (DROID.format("KFTRWI"), "landing_with_qr"),
        (DROID.format("AFTMM"), "landing_with_qr"),
        (DROID.format("BRAVIA 4K VH2"), "landing_with_qr"),
        (DROID.format("Quest 3"), "landing_with_qr"),
        (
            "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114.0.0.0 ArkWeb/4.1",
            "landing_with_qr",
        ),
        (
            "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
            "landing_with_qr",
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/140 Safari/537.36",
            "landing_with_qr",
        ),
        ("Twitterbot/1.0", "preview_html"),
        ("TelegramBot (like TwitterBot)", "preview_html"),
        ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", "preview_html"),
        ("Slack-ImgProxy (+https://api.slack.com/robots)", "preview_html"),
        ("http.rb/5.1.1 (Mastodon/4.2.0; +https://social.example/)", "preview_html"),
        ("AASA-Bot/1.0.0", "preview_html"),
        ("Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)", "preview_html"),
        ("meta-externalagent/1.1", "preview_html"),
        ("Viber", "preview_html"),
        ("ViberUrlDownloader", "preview_html"),
        (
            "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/",
            "preview_html",
        ),
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
            "GoogleImageProxy)",
            "preview_html",
        ),
        (
            "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
            "preview_html",
        ),
        (
            f"{MAC} Version/9.0.1 Safari/601 facebookexternalhit/1.1 Facebot Twitterbot",
            "preview_html",
        ),
        (f"{IOS} Mobile/15E148 TeamsMobile-iOS", "app_store"),
        (DROID.format("SM-G610F Build/M1AJQ; wv") + " TeamsMobile-Android", "play_store"),
        (DROID.format("Pixel 2 Build/OPD3; DuplexWeb-Google/1.0"), "preview_html"),
        (DROID.format("SM-G973F") + " (compatible; +https://crawl.example/about)", "preview_html"),
        (DROID.format("x") + " Instagram 94.0 Android (22/5.1; 320dpi; M bot 54)", "play_store"),
        (DROID.format("X96 TV Box Build/PPR1"), "landing_with_qr"),
        (DROID.format("TTK Box 214"), "landing_with_qr"),
        (DROID.format("MiTV-AESP0"), "landing_with_qr"),
        (DROID.format("sailfish"), "play_store"),
        (DROID.format("Quest 507 Build/JDQ39"), "play_store"),
        (DROID.format("conquest-S12 Build/O11019"), "play_store"),
        (DROID.format("Tesla_SP3.3 Build/NRD90M"), "play_store"),
        (DROID.format("Moto G (4)"), "play_store"),
        (DROID.format("A80Pro").lower(), "play_store"),
        (f"{IOS} Mobile/15E148".lower(), "app_store"),
        ("FLY_E141TV_PLUS/ WAP Browser/MAUI(HTTP PGDL;HTTPS)Profile/Q03C1", "landing_with_qr"),
        (
            "Mozilla/5.0 (QtEmbedded; Linux) AppleWebKit/537.4 Qt/4.8.2 Safari/537.4 HbbTV/1.2.1",
            "landing_with_qr",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; rv:91.0) Gecko/20100101 Firefox/91.0 SeaMonkey/2.53.16",
            "landing_with_qr",
        ),
    ],
)
def test_kinds_that_were_not_recorded(user_agent: str, expected: str) -> None:
    assert destination_of(user_agent).destination == expected


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(user_agent: str) -> None:
    assert destination_of(user_agent).destination
