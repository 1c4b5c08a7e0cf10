"""One table: the server, both association files and the app's paths give one answer."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deeplinks.association.android import android_outcome
from deeplinks.association.apple import apple_outcome
from deeplinks.association.documents import android_components, apple_document
from deeplinks.routing.routes import RouteError, RouteTable, Screen, parse_table

OWN = {
    "routes": [
        {"screen": "home", "path": "/"},
        {"screen": "tag", "path": "/tag/{tag}"},
        {"screen": "article", "path": "/article/{id}/{slug?}"},
        {"screen": "latest", "path": "/article/latest"},
        {"screen": "search", "path": "/search", "query": ["q"]},
    ],
    "links": {"never_open": ["/v1/*", "/console/*", "/download"]},
}
TABLE = parse_table(OWN)


@pytest.mark.parametrize(
    ("path", "query", "screen"),
    [
        ("/", "", Screen("home", {})),
        ("/tag/NorthKorea-Russia", "", Screen("tag", {"tag": "NorthKorea-Russia"})),
        ("/tag/NorthKorea-Russia/", "utm_source=x", Screen("tag", {"tag": "NorthKorea-Russia"})),
        ("/tag/%EB%B6%81%ED%95%9C-%EB%9F%AC", "", Screen("tag", {"tag": "북한-러"})),
        ("/tag/%eb%b6%81%ED%95%9C", "", Screen("tag", {"tag": "북한"})),
        ("/tag/" + quote("كوريا"), "", Screen("tag", {"tag": "كوريا"})),
        ("/tag/Cafe%CC%81", "", Screen("tag", {"tag": "Café"})),
        ("/tag/AC%2FDC", "", Screen("tag", {"tag": "AC/DC"})),
        ("/tag/50%", "", Screen("tag", {"tag": "50%"})),
        ("/tag//x", "", Screen("tag", {"tag": "x"})),
        ("/article/latest", "", Screen("latest", {})),
        ("/article/7", "", Screen("article", {"id": "7"})),
        ("/article/7/words", "", Screen("article", {"id": "7", "slug": "words"})),
        ("/search", "q=rain&id=9", Screen("search", {"q": "rain"})),
        ("/tag", "", None),
        ("/tags/x", "", None),
        ("/Tag/x", "", None),
        ("/tag/a/b", "", None),
        ("/v1/tags/x", "", None),
        ("/v1", "", None),
        ("/download", "", None),
        ("/download/", "", None),
    ],
)
def test_the_most_specific_route_answers(path: str, query: str, screen: Screen | None) -> None:
    assert TABLE.match(path, query) == screen


@pytest.mark.parametrize(
    ("routes", "never_open", "named"),
    [
        ([("a", "/x/{id}"), ("b", "/x/{name}")], [], "/x/{name}"),
        ([("a", "/x/{id?}"), ("b", "/x")], [], "/x"),
        ([("a", "/caf\u00e9")], [], "caf\u00e9"),
        ([("a", "/x/*")], [], "*"),
        ([("a", "/x/$(lang)")], [], "$(lang)"),
        ([("a", "/{id?}/x")], [], "{id?}"),
        ([("a", "/{id}/{id}")], [], "/{id}/{id}"),
        ([("a", "x")], [], "x"),
        ([("a", "/v1/{id}")], ["/v1/*"], "/v1/{id}"),
        ([("a", "/download")], ["/download"], "/download"),
        ([("a", "/x")], ["*"], "*"),
        ([("a", "/x")], ["/a*"], "/a*"),
        ([("a", "/x")], ["/b/*", "/b/c"], "/b/c"),
        ([("a", "/x")], ["/b", "/b"], "/b"),
        ([("a", "/x")], ["/*"], "/x"),
        ([("a", "/b/{id}/c")], ["/b/*"], "/b/{id}/c"),
        ([("a", "/account/orders")], [], "/account/orders"),
        ([("a", "/v1/{id}")], [], "/v1/{id}"),
        ([("a", "/l/{name}")], [], "/l/{name}"),
        ([("a", "/feed.rss")], [], "/*.rss"),
        ([("a", "/b/x.pdf")], ["/b/*.pdf"], "/b/*.pdf"),
        ([("a", "/x")], ["/b/*.pdf*"], "/b/*.pdf*"),
    ],
)
def test_a_rule_that_cannot_hold_is_refused_by_name(
    routes: list[tuple[str, str]], never_open: list[str], named: str
) -> None:
    document = {
        "routes": [{"screen": screen, "path": path} for screen, path in routes],
        "links": {"never_open": never_open},
    }

    with pytest.raises(RouteError) as refused:
        parse_table(document)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("routes", "never_open"),
    [
        ([("a", "/b/{id}")], ["/b/x"]),
        ([("a", "/b/{id}/more")], ["/b/x"]),
        ([("a", "/{page}/b")], ["/x/*"]),
        ([("a", "/b/{id?}")], ["/b"]),
        ([("a", "/{page}")], ["/v1/*", "/download"]),
    ],
)
def test_a_rule_that_some_paths_reach_is_kept(
    routes: list[tuple[str, str]], never_open: list[str]
) -> None:
    document = {
        "routes": [{"screen": screen, "path": path} for screen, path in routes],
        "links": {"never_open": never_open},
    }

    *kept, own = [route.path for route in parse_table(document).routes]
    assert (kept, own) == ([path for _, path in routes], "/l/{code}")


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"routes": {"screen": "a"}}, "[[routes]]"),
        ({"routes": ["/x"]}, "[[routes]]"),
        ({"routes": [{"screen": "a", "path": "/x", "qurey": ["q"]}]}, "'qurey'"),
        ({"routes": [{"screen": "a", "path": "/x", "query": "q"}]}, "/x"),
        ({"routes": [{"screen": "a", "path": "/x", "query": ["a b"]}]}, "'a b'"),
        ({"routes": [], "links": {"never_open": "/x"}}, "never_open"),
    ],
)
def test_a_table_of_another_shape_is_refused(document: dict[str, Any], named: str) -> None:
    with pytest.raises(RouteError) as refused:
        parse_table(document)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    "path",
    [
        *("/v1", "/v1/feed", "/console", "/console/login", "/account", "/account/orders/7"),
        *("/download", "/download/", "/l/abc/qr.png", "/l/abc/qr.svg", "/static/x.css"),
        *("/.well-known/assetlinks.json", "/healthz", "/metrics", "/robots.txt", "/simulator"),
        *("/tag/storm.rss", "/tag/storm.rss/", "/tag/Node.js.rss", "/tag/a.b.c.rss", "/index.json"),
        *("/source/a/b.json", "/sitemap.xml", "/sitemap-news.xml", "/manifest.webmanifest"),
        *("/sw.js", "/a.atom", "/favicon.ico"),
    ],
)
def test_what_is_no_page_stays_on_the_web_even_under_a_table_that_takes_everything(
    path: str,
) -> None:
    wide = [{"screen": name, "path": name} for name in ("/{a}", "/{a}/{b}", "/{a}/{b}/{c}")]
    table = parse_table({"routes": wide})
    url = f"https://news.test{path}"

    assert table.opens("/anything/at/all")
    assert not table.opens(path)
    assert apple_outcome(apple_document(table, ["A.b"]), url, "news.test") == "exclude"
    assert android_outcome(android_components(table), url) == "exclude"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/l/abc", "abc"),
        ("/l/abc/", "abc"),
        ("/l/%EB%B6%81", "북"),
        ("/l", None),
        ("/l/", None),
        ("/l/abc/more", None),
        ("/L/abc", None),
        ("/tag/abc", None),
    ],
)
def test_a_short_link_is_known_by_its_path(path: str, code: str | None) -> None:
    assert TABLE.short_code(path) == code
    assert TABLE.opens(path) is (code is not None or path == "/tag/abc")


def test_an_owner_can_keep_short_links_on_the_web() -> None:
    table = parse_table({**OWN, "links": {"never_open": ["/l/*"]}})

    assert not table.opens("/l/abc")
    assert table.short_code("/l/abc") is None
    assert [route.screen for route in table.routes] == [r["screen"] for r in OWN["routes"]]  # type: ignore[index]


def test_a_tag_with_a_dot_is_no_file() -> None:
    assert TABLE.match("/tag/Node.js") == Screen("tag", {"tag": "Node.js"})


def test_a_reader_can_ask_to_stay_on_the_web() -> None:
    assert TABLE.opens("/tag/x")
    assert not TABLE.opens("/tag/x", "web=1")
    assert not TABLE.opens("/tag/x", "", "web")
    assert not TABLE.opens("/l/abc", "web=1")
    assert TABLE.opens("/tag/x", "web=0")


SEGMENT = st.sampled_from(["tag", "article", "x", "news", "a.b", "{id}", "{name}"])
PIECE = st.sampled_from(
    [
        *("tag", "article", "x", "v1", "news", "%EB%B6%81", "a%2Fb", "Tag", "a.b", "-", "l"),
        *("x.rss", "a.b.json", ".xml", "Node.js"),
    ]
)


@st.composite
def tables(draw: Any) -> RouteTable:
    """Tables as an owner might write them; those that are refused are drawn again."""
    paths = draw(st.lists(st.lists(SEGMENT, max_size=3, unique=True), min_size=1, max_size=5))
    routes: list[dict[str, str]] = []
    for number, pieces in enumerate(paths):
        optional = bool(pieces) and pieces[-1].startswith("{") and draw(st.booleans())
        path = "/" + "/".join(pieces)
        routes.append({"screen": f"s{number}", "path": path[:-1] + "?}" if optional else path})
    never = draw(st.lists(st.sampled_from(["/v1/*", "/news", "/x/news/*"]), unique=True))
    accepted: list[dict[str, str]] = []
    for route in routes:
        try:
            parse_table({"routes": [*accepted, route], "links": {"never_open": never}})
        except RouteError:
            continue
        accepted.append(route)
    return parse_table({"routes": accepted, "links": {"never_open": never}})


URLS = st.builds(
    lambda pieces, slash, query, fragment: ("/" + "/".join(pieces) + slash, query, fragment),
    st.lists(PIECE, max_size=4),
    st.sampled_from(["", ""]),
    st.sampled_from(["", "utm_source=x", "web=1", "web=0", "q=1"]),
    st.sampled_from(["", "web", "top"]),
)


@settings(max_examples=400)
@given(tables(), URLS)
def test_server_apple_and_android_agree(table: RouteTable, url: tuple[str, str, str]) -> None:
    path, query, fragment = url
    text = f"https://news.test{path}" + (f"?{query}" if query else "")
    text += f"#{fragment}" if fragment else ""
    document = apple_document(table, ["ABCDE12345.test.news"])

    opens = table.opens(path, query, fragment)

    assert (apple_outcome(document, text, "news.test") == "match") is opens
    assert (android_outcome(android_components(table), text) == "open") is opens


@pytest.mark.parametrize(
    "path", ["/search/", "/tag/x/", "/tag//x", "/article/7//words", "/a//b//c"]
)
def test_slashes_in_odd_places_change_no_answer(path: str) -> None:
    url = f"https://news.test{path}"
    document = apple_document(TABLE, ["ABCDE12345.test.news"])

    assert (apple_outcome(document, url, "news.test") == "match") is TABLE.opens(path)
    assert (android_outcome(android_components(TABLE), url) == "open") is TABLE.opens(path)


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.strip("/") == text))
def test_a_tag_in_any_script_survives_the_way_there_and_back(tag: str) -> None:
    try:
        tag.encode()
    except UnicodeEncodeError:
        return
    path = TABLE.path_of(Screen("tag", {"tag": tag}))

    assert path is not None
    found = TABLE.match(path)
    assert found is not None
    assert TABLE.path_of(found) == path


@given(st.permutations(OWN["routes"]))  # type: ignore[arg-type]
def test_the_order_of_declaration_never_matters(routes: list[dict[str, Any]]) -> None:
    shuffled = parse_table({**OWN, "routes": routes})

    for path in ("/", "/tag/x", "/article/latest", "/article/1/two", "/search"):
        assert shuffled.match(path) == TABLE.match(path)
