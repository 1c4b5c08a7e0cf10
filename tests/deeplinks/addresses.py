"""Addresses that the app's own routers and the server must understand alike."""

from typing import Any

from deeplinks.routing.resolve import ForeignUrl, opening, short_code
from deeplinks.routing.routes import SHORT_LINK
from deeplinks.routing.settings import LinkSettings

PATHS = (
    "/",
    "/tag/NorthKorea-Russia",
    "/tag/NorthKorea-Russia/",
    "/tag//x",
    "/tag/x?utm_source=mail",
    "/tag/%EB%B6%81%ED%95%9C-%EB%9F%AC%EC%8B%9C%EC%95%84",
    "/tag/a%2Fb",
    "/tag/a+b",
    "/tag/a%26b%3Dc",
    "/tag/100%25",
    "/article/7",
    "/article/7/two-words",
    "/article/7/two-words/more",
    "/source/herald",
    "/category/politics",
    "/search?q=rain",
    "/search?q=rain+and%20wind&id=9",
    "/search",
    "/tag",
    "/Tag/x",
    "/tags/x",
    "/nowhere/at/all/of/it",
)
ODD_PATHS = (
    *("/tag/50%", "/tag/%zz", "/tag/Cafe%CC%81", "/v1/tags/x", "/v1", "/download", "/l/abc"),
    *("/l/abc/", "/l/abc/qr.svg", "/l", "/l/abc?web=1", "/l/abc#web", "/l/abc?utm_source=x"),
    # What a reader wants on the web, and what only looks like it.
    *("/tag/x?web=1", "/tag/x?q=1&web=1", "/tag/x#web", "/tag/x?web=1&web=1", "/tag/x?%77eb=1"),
    *("/tag/x?web=0", "/tag/x?web=1&web=2", "/tag/x#Web", "/tag/x#web/", "/tag/x?web", "/tag/x?q#"),
    # Files.
    *(
        "/tag/storm.rss",
        "/tag/Node.js",
        "/tag/Node.js.rss",
        "/tag/a.json/",
        "/sitemap.xml",
        "/sw.js",
    ),
    # What is no UTF-8, and what no browser sends.
    *("/tag/%C0%AF", "/tag/%E2%82", "/tag/%E2%82%ACx", "/tag/%F0%9F%98%8A", "/tag/%F0%9Fx%98"),
    *("/tag/%ED%A0%80", "/tag/%F5%80", "/tag/%80a", "/tag/a%FF%C3%A9", "/tag/%E0%80%80"),
    *("/tag/%F4%90%80%80", "/search?q=%C3", "/search?%FF=1&q=a%00", "/tag/a\nb", "/tag/\ta\r"),
    *("/search?q=a\nb", "/\ntag/x", "/tag/x\n", "/tag/ x "),
)
OTHERS = (
    *("testnews://tag/x", "testnews:///tag/x", "HTTPS://NEWS.TEST:443/tag/x", "testnews://"),
    *(" \nhttps://news.test/tag/x", "ht\ntps://news.test/tag/x", "\ttestnews://tag/x"),
    *("testnews://tag/x?web=1", "testnews://l/abc", "https://open.news.test/l/abc"),
    *("https://evil.test/tag/x", "https://news.test@evil.test/tag/x", "javascript:alert(1)"),
)


def addresses() -> list[str]:
    return [*(f"https://news.test{path}" for path in (*PATHS, *ODD_PATHS)), *OTHERS]


def expected(settings: LinkSettings, url: str) -> dict[str, Any] | None:
    """The screen that an app shows; where a short link leads it has to ask."""
    try:
        found, code = opening(settings, url), short_code(settings, url)
    except ForeignUrl:
        return None
    if code is not None:
        return {"name": SHORT_LINK, "params": {"code": code}}
    screen = {"name": found.screen.name, "params": dict(found.screen.params)}
    return screen if found.matched else None
