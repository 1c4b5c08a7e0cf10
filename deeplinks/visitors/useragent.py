"""Classifies user agents for `/download`: store, landing page or preview. Pure.

The order of the tests is the decision. Being wrong costs one tap: every answer but a redirect is
the same page with both stores on it. Versions are never read; several browsers freeze them.

Plain words are looked for before any expression: on a text of this length that is many times
faster, and every visitor of a surge has to wait for it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Destination = Literal["app_store", "play_store", "landing_with_qr", "preview_html"]
LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Decision:
    """The destination of a visitor, and the test that decided."""

    destination: Destination
    reason: str


# Everything below is written for a text in lower case.

# Phones are called Cubot, Spider and M bot: words of bots are not looked for between these.
_DEVICE = re.compile(r"\((?:linux|android|\d+/)[^()]*(?:\([^()]*\)[^()]*)*\)")
_BOT = re.compile(r"(?<!cu)bots?(?:\b|_)|fetch(?!tab)|google-(?!chrome)")
_BOT_HINTS = ("bot", "fetch", "google-")
_BOT_WORDS = (
    *("crawl", "spider", "slurp", "scraper", "scrapy", "-scrap", "archiver"),
    *("externalhit", "externalagent", "facebookcatalog", "facebookplatform", "vkshare"),
    *("preview", "unfurl", "embedly", "iframely", "whatsapp/", "snap url", "flipboardproxy"),
    *("mediapartners", "-google/", "-google)", "inspectiontool", "read-aloud", "apis-google"),
    *("googleassociationservice", "google web", "googleadsense", "feedly", "feedburner"),
    *("lighthouse", "pagespeed", "page speed", "observatory", "ptst/", "headless", "phantomjs"),
    *("prerender", "sitebulb", "screaming frog", "monitor", "uptime", "pingdom", "statuscake"),
    *("site24x7", "validator", "checker", "association", "aasa", "chatgpt", "claude-"),
    *("perplexity", "oai-search", "imageproxy", "image proxy", "imgproxy", "mailproxy", "ggpht"),
    *(
        "mastodon",
        "pleroma",
        "misskey",
        "akkoma",
        "friendica",
        "lemmy",
        "bluesky",
        "cardyb",
        "skypeuri",
    ),
    *("urldownloader", "linkexpander", "anthropic-ai", "cohere-ai", "amzn-", "googleother"),
    *("adbeat", "brandverity", "hotjar", "nitro-", "convertify", "+http", "(http:", "(https:"),
)
# Programs name themselves first; a browser never does.
_PROGRAM = re.compile(
    r"(?:curl|wget|lwp|java|ruby|perl|php|axios|okhttp|httpie|got|undici|node|deno|bun|dart)\b"
    r"|python|go-http-client|apache-httpclient|postman|insomnia|libwww|guzzle|aiohttp|httpx"
    r"|faraday|rest-client|winhttp|cfnetwork|embarcadero|reqwest|hyper/|urllib|requests|viber$"
)
_WECHAT = ("micromessenger", "wechat")
_QQ = re.compile(r"\bqq/|mqqbrowser.*\bqq\b")
_WINDOWS_PHONE = ("windows phone", "iemobile", "wpdesktop")
_APPLE = ("iphone", "ipad", "ipod")
_APPLE_DEVICE = re.compile(r"\b(?:iphone|ipad|ipod)\b")
_IOS_BROWSERS = ("crios/", "fxios/", "edgios/", "opios/", "opt/", "duckduckgo-ios/")
_HARMONY = ("openharmony", "arkweb", "harmonyos", "hmscore")
_NO_PHONE = (
    *("tizen", "kaios", "silk/", "web0s", "smarttv", "smart-tv", "googletv", "bravia", "crkey"),
    *("oculusbrowser", "wolvic", "qtcarbrowser", "playstation", "nintendo", "xbox", "roku"),
    *("mitv", "mibox", "iptv", "chromecast", "smart tv", "smart_tv", "sailfishbrowser"),
)
# Fire tablets and sticks, television sets and headsets. Phones are called Quest too, by a number.
_NO_PHONE_MODEL = re.compile(
    r"\b(?:kf[a-z]{2,4}|aft[a-z0-9]+|tv|pico|vr(?! bot)|quest(?: [23]s?| pro)?(?= build|[;)]))\b"
    r"|(?<!drop)box\b"
)


@lru_cache(maxsize=4096)
def destination_of(user_agent: str) -> Decision:
    """Classify a user agent."""
    text = user_agent[:LONGEST].strip().lower()
    if not text:
        return Decision("landing_with_qr", "empty")
    if _is_bot(text):
        return Decision("preview_html", "bot or link preview")
    if _has(text, _WECHAT) or _QQ.search(text):
        return Decision("landing_with_qr", "WeChat and QQ block store links")
    if _has(text, _WINDOWS_PHONE):
        return Decision("landing_with_qr", "Windows Phone claims everything")
    if _has(text, _APPLE) and _APPLE_DEVICE.search(text):
        return Decision("app_store", "iPhone, iPad or iPod")
    if "macintosh" in text and _has(text, _IOS_BROWSERS):
        return Decision("app_store", "an iOS browser in desktop mode")
    if "android" not in text:
        return Decision("landing_with_qr", "unknown or desktop")
    return _of_android(text)


def _of_android(text: str) -> Decision:
    if _has(text, _HARMONY) and "gmscore" not in text:
        return Decision("landing_with_qr", "no Google services")
    if _has(text, _NO_PHONE) or _NO_PHONE_MODEL.search(text):
        return Decision("landing_with_qr", "no phone store")
    return Decision("play_store", "Android")


def _is_bot(text: str) -> bool:
    # Google's own bots stand among the words of the device they pretend to be.
    if "-google/" in text or "googlebot" in text:
        return True
    outside = _DEVICE.sub(" ", text) if "android" in text else text
    if _has(outside, _BOT_WORDS) or _PROGRAM.match(outside):
        return True
    return _has(outside, _BOT_HINTS) and _BOT.search(outside) is not None


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
