"""The way out of every in-app browser that is known, as its table says; none is made up."""

from pathlib import Path

import pytest

from deeplinks.visitors.in_app import IN_APP_BROWSERS, in_app_browser, platform_of
from tests.deeplinks.visitors.test_useragent import CASES

PAGE = "https://news.test/download?to=/tag/x"
QUOTED = "https%3A%2F%2Fnews.test%2Fdownload%3Fto%3D%2Ftag%2Fx"
BARE = PAGE.removeprefix("https://")
IOS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko)"
)
DROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 8; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/137.0.7151.61 Mobile Safari/537.36"
)
SAFARI, INTENT = f"x-safari-https://{BARE}", f"intent://{BARE}#Intent;scheme=https;end"
INSTAGRAM = f"instagram://extbrowser/?url={QUOTED}"
KAKAO = f"kakaotalk://web/openExternal?url={QUOTED}"
LINE = f"{PAGE}&openExternalBrowser=1"


@pytest.mark.parametrize(
    ("agent", "name", "url"),
    [
        (
            f"{IOS} Mobile/15E148 Instagram 383.0.0.30.80 (iPhone15,3; iOS 18_5)",
            "Instagram",
            INSTAGRAM,
        ),
        (f"{DROID} Instagram 383.0.0.51.86 Android (35/15; 420dpi)", "Instagram", INSTAGRAM),
        (f"{IOS} Mobile/22F76 [FBAN/FBIOS;FBAV/500.0;FBDV/iPhone15,3]", "Facebook", SAFARI),
        (f"{DROID} [FB_IAB/FB4A;FBAV/500.0.0.0;]", "Facebook", INTENT),
        (f"{IOS} Mobile/22F76 [FBAN/MessengerForiOS;FBAV/500.0]", "Messenger", SAFARI),
        (f"{DROID} [FB_IAB/Orca-Android;FBAV/500.0.0.0;]", "Messenger", None),
        (f"{IOS} Mobile/22F76 Barcelona 382.0.0.22.84 (iPhone16,2)", "Threads", SAFARI),
        (f"{DROID} Barcelona 382.0.0.22.84 Android (35/15)", "Threads", None),
        (f"{IOS} Mobile/15E148 musical_ly_40.1.0 BytedanceWebview/d8a21c6", "TikTok", SAFARI),
        (f"{DROID} trill_400103 JsSdk/1.0 AppName/musical_ly", "TikTok", None),
        (f"{IOS} Mobile/15E148 KAKAOTALK/25.4.2 (INAPP)", "KakaoTalk", KAKAO),
        (f"{DROID};KAKAOTALK 2510420 (INAPP)", "KakaoTalk", KAKAO),
        (f"{IOS} Mobile/15E148 Safari Line/15.8.0", "LINE", LINE),
        (f"{DROID} Line/15.8.1/IAB", "LINE", LINE),
        (f"{IOS} Mobile/15E148 MicroMessenger/8.0.60(0x18003c31) NetType/WIFI", "WeChat", None),
        (f"{DROID} MMWEBSDK/20240802 MicroMessenger/8.0.53.2740 WeChat/arm64", "WeChat", None),
        (f"{DROID} V1_AND_SQ_9.0.8 QQ/9.0.8.6500 NetType/WIFI", "QQ", None),
        (f"{IOS} Mobile/15E148 Safari/604.1 NAVER(inapp; search; 2000; 12.11.3)", "NAVER", None),
        (f"{IOS} Mobile/15E148 Twitter for iPhone/11.43.1", "X", None),
        (f"{IOS} Mobile/15E148 [LinkedInApp]/9.30", "LinkedIn", SAFARI),
        (f"{IOS} Mobile/15E148 Snapchat/13.0.0.30 (like Safari/8620.1)", "Snapchat", None),
        (f"{DROID} Telegram-Android/11.0 (Google Pixel 8; Android 15)", "Telegram", INTENT),
        (f"{IOS} GSA/370.0 Mobile/15E148 Safari/604.1", "Google", SAFARI),
        (f"{IOS} Version/18.5 Mobile/15E148 Safari/604.1", None, None),
        (f"{IOS} CriOS/140.0.0.0 Mobile/15E148 Safari/604.1", None, None),
        (DROID.replace("; wv", "").replace("Version/4.0 ", ""), None, None),
        (f"{DROID} online/1.0", None, None),
        ("", None, None),
    ],
)
def test_an_app_is_known_with_its_way_out(agent: str, name: str | None, url: str | None) -> None:
    browser = in_app_browser(agent)

    assert (browser.name if browser else None) == name
    assert (browser.url(platform_of(agent), PAGE) if browser else None) == url


def test_without_tls_no_address_is_made_up() -> None:
    for browser in IN_APP_BROWSERS:
        for platform in ("ios", "android"):
            assert browser.url(platform, "http://127.0.0.1:8000/download?to=/") is None


def test_every_row_is_in_the_document_with_its_source() -> None:
    text = (Path(__file__).parents[3] / "docs" / "links.md").read_text(encoding="utf-8")

    for browser in IN_APP_BROWSERS:
        (row,) = [line for line in text.splitlines() if line.startswith(f"| {browser.name} |")]
        assert browser.source in row


def test_browsers_proper_are_not_mistaken_for_apps() -> None:
    for case in CASES:
        is_in_app = (
            "inapp" in case["kind"] or "_gsa" in case["kind"] or "google_app" in case["kind"]
        )
        if case["expected"] in {"app_store", "play_store"} and not is_in_app:
            assert in_app_browser(case["ua"]) is None, case["kind"]
