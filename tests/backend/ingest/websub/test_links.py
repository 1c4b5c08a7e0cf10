"""Which hub and topic a feed names, in its document or in the header of its answer."""

import json

import pytest

from backend.ingest.parsing.parse import parse_feed
from backend.ingest.websub.links import HubLink, hub_link_of
from backend.ingest.websub.protocol import callback_site

URL = "https://paper.example/feed"
HUB, SELF = "https://hub.example/", "https://paper.example/self"
ATOM = 'xmlns="http://www.w3.org/2005/Atom"'
RSS = f"""<rss version="2.0" xmlns:a="http://www.w3.org/2005/Atom"><channel><title>Paper</title>
<link>https://paper.example/</link>
<a:link rel="self" href="{SELF}"/><a:link rel="hub" href="{HUB}"/>
<item><title>x</title><a:link rel="hub" href="https://other.example/"/></item></channel></rss>"""
NO_HUB = "<rss version='2.0'><channel><title>Paper</title></channel></rss>"


def found(document: str, header: str = "") -> HubLink | None:
    return hub_link_of(parse_feed(document.encode(), url=URL), link_header=header, url=URL)


@pytest.mark.parametrize(
    "document",
    [
        RSS,
        f"<feed {ATOM}><link rel='hub' href='{HUB}'/><link rel='self' href='{SELF}'/></feed>",
        f"<feed {ATOM}><link rel='HUB other' href='{HUB}'/><link rel='self' href='/self'/></feed>",
        f"<feed {ATOM} xml:base='https://paper.example/a/'><link rel='hub' href='{HUB}'/>"
        "<link rel='self' href='../self'/></feed>",
        json.dumps(
            {
                "version": "https://jsonfeed.org/version/1.1",
                "feed_url": SELF,
                "hubs": [
                    {"type": "rssCloud", "url": "https://cloud.example/"},
                    None,
                    {"type": "WebSub"},
                    {"type": "WebSub", "url": HUB},
                ],
                "items": [],
            }
        ),
    ],
)
def test_a_document_names_its_hub_and_itself(document: str) -> None:
    assert found(document) == HubLink(HUB, SELF)


@pytest.mark.parametrize(
    "header",
    [
        f'<{HUB}>; rel="hub", <{SELF}>; rel="self"',
        f"<{HUB}>;rel=hub,<{SELF}>;rel=self",
        f'</style.css>; rel=preload; as=style, <{HUB}>; title="a, b; rel=x"; REL="first hub", '
        f"</self>; rel=self",
    ],
)
def test_the_header_goes_before_the_document(header: str) -> None:
    other = RSS.replace(HUB, "https://old.example/").replace(SELF, "https://old.example/feed")

    assert found(other, header) == HubLink(HUB, SELF)
    assert found(NO_HUB, header) == HubLink(HUB, SELF)


def test_a_feed_that_does_not_name_itself_is_called_by_its_address() -> None:
    assert found(NO_HUB, f"<{HUB}>; rel=hub") == HubLink(HUB, URL)


def test_of_several_hubs_one_with_tls_is_taken() -> None:
    header = f'<http://plain.example/>; rel="hub", <{HUB}>; rel="hub"'

    assert found(NO_HUB, header) == HubLink(HUB, URL)
    assert found(NO_HUB, "<http://plain.example/>; rel=hub") == HubLink(
        "http://plain.example/", URL
    )


@pytest.mark.parametrize(
    "hub",
    [
        "",
        "javascript:alert(1)",
        "ftp://hub.example/",
        "https://[::1",
        "https://hub.example:99999/",
        "https://hub.example/" + "a" * 2_000,
    ],
)
def test_a_hub_that_cannot_be_asked_is_none(hub: str) -> None:
    document = RSS.replace(HUB, hub)

    assert found(document) is None
    assert found(NO_HUB, f'<{hub}>; rel="hub"') is None or not hub


@pytest.mark.parametrize(
    "header", ["<" * 60_000, '<a>; rel="hub' * 4_000, "<a>;" + " ;\t" * 20_000, "\x00", "hub"]
)
def test_a_header_of_nonsense_names_no_hub(header: str) -> None:
    assert found(NO_HUB, header) is None


@pytest.mark.parametrize(
    ("public_url", "is_reached"),
    [
        ("https://news.example", True),
        ("https://news.example:8443", True),
        ("http://8.8.8.8:8000", True),
        ("https://[2a00:1450::1]", True),
        ("http://127.0.0.1:8000", False),
        ("http://10.1.2.3", False),
        ("http://[::1]:8000", False),
        ("http://0x7f.1", False),
        ("http://localhost", False),
        ("http://news.localhost.", False),
        ("http://tagwire:8000", False),
        ("http://news.local", False),
    ],
)
def test_hubs_reach_sites_of_the_internet(public_url: str, is_reached: bool) -> None:
    assert callback_site(public_url, ()) == (public_url if is_reached else None)
