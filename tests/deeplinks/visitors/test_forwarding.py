"""What a visitor's address carries goes along, and replaces nothing of ours."""

from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from deeplinks.visitors.forwarding import LONGEST_BYTES, OWN, free_parameters, with_parameters
from tests.deeplinks.test_links import ANDROID, DESKTOP, IPHONE


@pytest.mark.parametrize(
    ("url", "query", "expected"),
    [
        ("/tag/x", "", "/tag/x"),
        ("/tag/x", "utm_source=a&ref=b", "/tag/x?utm_source=a&ref=b"),
        ("/search?q=rain", "q=snow&utm_source=a", "/search?q=rain&utm_source=a"),
        ("/tag/x", "app=1&explain=0&to=/&campaign=c&tw_claim=t", "/tag/x"),
        ("/tag/x", "web=1", "/tag/x?web=1"),
        ("/tag/x", "a=1&a=2", "/tag/x?a=1&a=2"),
        ("/tag/x", "utm_source=%ED%95%9C&empty=", "/tag/x?utm_source=%ED%95%9C&empty="),
        ("/tag/x", "=nameless", "/tag/x"),
        ("/tag/x", "a=%0d%0aSet-Cookie:x", "/tag/x?a=%0D%0ASet-Cookie%3Ax"),
    ],
)
def test_parameters_go_behind_those_of_the_target(url: str, query: str, expected: str) -> None:
    assert with_parameters(url, free_parameters(query)) == expected


@given(st.text(max_size=2000))
def test_whatever_is_sent_is_bounded_and_never_ours(query: str) -> None:
    pairs = free_parameters(query)

    assert len(with_parameters("", pairs)) <= LONGEST_BYTES + 1
    assert not {name for name, _ in pairs} & OWN
    assert with_parameters("/", pairs).isascii()


def referrer(client: FlaskClient, query: str) -> dict[str, list[str]]:
    answer = client.get(f"/download?{query}", headers={"User-Agent": ANDROID})
    (found,) = parse_qs(urlsplit(answer.headers["Location"]).query)["referrer"]
    return parse_qs(found)


def test_the_referrer_says_what_the_visitor_brought(client: FlaskClient) -> None:
    mine = "utm_source=poster&utm_content=a%20b&ref=%ED%95%9C&tw_claim=forged"

    found = referrer(client, f"to=/tag/x&campaign=spring&{mine}")

    (token,) = found.pop("tw_claim")
    assert token != "forged"
    assert found == {
        "utm_source": ["poster"],
        "utm_medium": ["download"],
        "utm_campaign": ["spring"],
        "utm_content": ["a b"],
        "ref": ["한"],
    }


def test_without_a_word_of_the_visitor_the_referrer_says_ours(client: FlaskClient) -> None:
    found = referrer(client, "to=/tag/x")

    assert (found["utm_source"], found["utm_medium"]) == (["web"], ["download"])


def test_a_campaign_of_the_visitor_is_told_to_apple(client: FlaskClient) -> None:
    answer = client.get("/download?utm_campaign=autumn", headers={"User-Agent": IPHONE})

    assert dict(parse_qsl(urlsplit(answer.headers["Location"]).query))["ct"] == "autumn"


def test_the_page_hands_on_what_it_was_given(client: FlaskClient) -> None:
    page = client.get("/download?to=/tag/x&utm_source=poster", headers={"User-Agent": DESKTOP})

    assert "utm_source%3Dposter" in page.text
