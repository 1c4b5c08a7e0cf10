"""In-app browsers that keep links to themselves, and the way out of each. Pure.

Neither universal links nor store links are sure to leave such a browser, and a login, a paste or
an installation in it is lost. Apps change this without a word: every row names where it was
observed, and a row without a way is one where nobody found any. The page then names the menu,
which all of them have.
"""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

Platform = Literal["ios", "android"]

# `bare` is the page's address without its scheme, `quoted` the whole of it percent-encoded.
SAFARI = "x-safari-https://{bare}"
INTENT = "intent://{bare}#Intent;scheme=https;end"
_TABLE = "github.com/shalanah/inapp-debugger"


@dataclass(frozen=True, slots=True)
class InAppBrowser:
    """An in-app browser; `words`, in lower case, are in its user agent and in no other's."""

    name: str
    words: tuple[str, ...]
    ios: str | None
    android: str | None
    source: str

    def url(self, platform: Platform, page_url: str) -> str | None:
        """Return the address that opens the page in the phone's own browser; None without a way."""
        pattern = self.ios if platform == "ios" else self.android
        scheme, _, bare = page_url.partition("://")
        if pattern is None or scheme != "https":
            return None
        return pattern.format(bare=bare, quoted=quote(page_url, safe=""), url=page_url)


_EXTERNAL = "instagram://extbrowser/?url={quoted}"
_KAKAO = "kakaotalk://web/openExternal?url={quoted}"
_LINE = "{url}&openExternalBrowser=1"

# The first row that fits counts: Messenger names Facebook, too.
IN_APP_BROWSERS = (
    InAppBrowser("Messenger", ("messengerforios", "orca-android"), SAFARI, None, _TABLE),
    InAppBrowser("Threads", ("barcelona ",), SAFARI, None, f"{_TABLE}, issue 11"),
    InAppBrowser("Instagram", ("instagram ",), _EXTERNAL, _EXTERNAL, f"{_TABLE}, pull 23"),
    InAppBrowser("Facebook", ("fban/", "fbav/", "fb_iab"), SAFARI, INTENT, _TABLE),
    InAppBrowser(
        "TikTok", ("musical_ly", "bytedancewebview", "trill_", "tiktok "), SAFARI, None, _TABLE
    ),
    InAppBrowser(
        "KakaoTalk", ("kakaotalk",), _KAKAO, _KAKAO, "gist.github.com/vzts/02636e9f7ab9232f3ea3"
    ),
    InAppBrowser(
        "LINE",
        (" line/",),
        _LINE,
        _LINE,
        "developers.line.biz/en/docs/line-login/using-line-url-scheme",
    ),
    InAppBrowser("WeChat", ("micromessenger",), None, None, _TABLE),
    InAppBrowser("QQ", (" qq/",), None, None, "none found"),
    InAppBrowser("NAVER", ("naver(inapp",), None, None, "none found"),
    InAppBrowser("X", ("twitter for ", "twitterandroid"), None, None, f"{_TABLE}, issue 15"),
    InAppBrowser("LinkedIn", ("linkedinapp",), SAFARI, None, _TABLE),
    InAppBrowser("Snapchat", ("snapchat/",), None, None, _TABLE),
    InAppBrowser("Telegram", ("telegram-android",), None, INTENT, _TABLE),
    InAppBrowser("Google", (" gsa/",), SAFARI, None, _TABLE),
)


def in_app_browser(user_agent: str) -> InAppBrowser | None:
    """Return the in-app browser that a user agent names; None for a browser proper."""
    text = user_agent.lower()
    for browser in IN_APP_BROWSERS:
        if any(word in text for word in browser.words):
            return browser
    return None


def platform_of(user_agent: str) -> Platform:
    text = user_agent.lower()
    return "ios" if any(word in text for word in ("iphone", "ipad", "ipod")) else "android"
