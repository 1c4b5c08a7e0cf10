"""Where a visitor of `/download` is sent, from the user agent alone. Pure.

The order of the tests is the decision. Being wrong costs one tap: every answer but a redirect is
the same page with both stores on it. Versions are never read; several browsers freeze them.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Destination = Literal["app_store", "play_store", "landing_with_qr", "preview_html"]
LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Decision:
    """Where to, and the test that decided."""

    destination: Destination
    reason: str


# Phones are called Cubot, Spider and M bot: words are looked for outside the device's parentheses,
# which are the first ones and begin with the system's name.
_DEVICE = re.compile(r"\((?:Linux|Android)[^()]*(?:\([^()]*\)[^()]*)*\)", re.IGNORECASE)
_IN_DEVICE = re.compile(r"Storebot-Google|Googlebot", re.IGNORECASE)
_BOT = re.compile(
    r"""
    bot(?:s?\b|[-_/;@,) ])|\b\w*bot\b|crawl|spider|slurp|scrap(?:er|y)|fetch(?!tab)|archiver
    |externalhit|externalagent|facebookcatalog|facebookplatform|\bvkshare|preview|unfurl|embed
    |iframely|whatsapp/|telegrambot|snap\ url|flipboardproxy|mediapartners|google-(?!chrome)
    |inspectiontool|read-aloud|googleassociationservice|apis-google|\bfeedly|feedburner
    |lighthouse|pagespeed|observatory|headless|phantomjs|prerender|sitebulb|screaming\ frog
    |monitor|uptime|pingdom|statuscake|site24x7|validator|checker|association|aasa
    |\bgptbot|chatgpt|claude-|claudebot|perplexity|oai-search|imageproxy|image\ proxy|ggpht
    |bitlybot|mastodon|pleroma|misskey|akkoma|friendica|lemmy|bluesky|cardyb|skypeuri|teams
    |^(?:curl|wget|lwp|java|ruby|perl|php|axios|okhttp|httpie|got|undici|node|deno|bun|dart)\b
    |^(?:python|go-http-client|apache-httpclient|postman|insomnia|libwww|guzzle|aiohttp|httpx)
    |^(?:faraday|rest-client|winhttp|cfnetwork|embarcadero|reqwest|hyper|urllib|requests)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HUMAN_APPS = re.compile(r"Cubot|FB_IAB|MetaIAB|Instagram|GSA/", re.IGNORECASE)
_WECHAT = re.compile(r"MicroMessenger|\bQQ/|MQQBrowser.*\bQQ|\bWeChat\b", re.IGNORECASE)
_WINDOWS_PHONE = re.compile(r"Windows Phone|IEMobile|WPDesktop", re.IGNORECASE)
_IOS = re.compile(r"\b(?:iPhone|iPad|iPod)\b")
_MAC_WITH_IOS_BROWSER = re.compile(r"Macintosh.*\b(?:CriOS|FxiOS|EdgiOS|OPiOS|OPT|DuckDuckGo-iOS)/")
_HARMONY = re.compile(r"OpenHarmony|ArkWeb|HarmonyOS|HMSCore", re.IGNORECASE)
_NO_PLAY = re.compile(
    r"Tizen|KAIOS|\bKF[A-Z]{2,4}\b|\bAFT[A-Z0-9]+\b|Silk/|Web0S|SmartTV|SMART-TV|Android TV|"
    r"GoogleTV|BRAVIA|\bTV\b|OculusBrowser|Quest|Wolvic|Pico|\bVR\b(?! BOT)|QtCarBrowser|Tesla|"
    r"PlayStation|Nintendo|Xbox|Roku|CrKey|Sailfish",
    re.IGNORECASE,
)
_ANDROID = re.compile(r"\bAndroid\b")


@lru_cache(maxsize=4096)
def destination_of(user_agent: str) -> Decision:
    """Where this visitor belongs."""
    text = user_agent[:LONGEST].strip()
    if not text:
        return Decision("landing_with_qr", "empty")
    if _is_bot(text):
        return Decision("preview_html", "bot or link preview")
    for pattern, destination, reason in _TESTS:
        if pattern.search(text):
            return Decision(destination, reason)
    if _HARMONY.search(text) and "GMSCore" not in text:
        return Decision("landing_with_qr", "no Google services")
    if _NO_PLAY.search(text):
        return Decision("landing_with_qr", "no phone store")
    if _ANDROID.search(text):
        return Decision("play_store", "Android")
    return Decision("landing_with_qr", "unknown or desktop")


_TESTS: tuple[tuple[re.Pattern[str], Destination, str], ...] = (
    (_WECHAT, "landing_with_qr", "WeChat and QQ block store links"),
    (_WINDOWS_PHONE, "landing_with_qr", "Windows Phone claims everything"),
    (_IOS, "app_store", "iPhone, iPad or iPod"),
    (_MAC_WITH_IOS_BROWSER, "app_store", "an iOS browser in desktop mode"),
)


def _is_bot(text: str) -> bool:
    if _IN_DEVICE.search(text):
        return True
    outside = _DEVICE.sub(" ", text, count=1)
    return _BOT.search(_HUMAN_APPS.sub(" ", outside)) is not None
