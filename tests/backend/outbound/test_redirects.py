"""Redirects are followed as browsers follow them, and take no secret and no way in with them."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network

import pytest

from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.redirects import repaired_location
from backend.outbound.response import FetchError
from tests.backend.outbound.server import Publisher, Request, answer, publisher

NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
POLICY = FetchPolicy(allow_networks=NETWORKS, deadline_s=5)
SECRETS = {"Authorization": "Basic c2VjcmV0", "X-Key": "k"}


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/feed", b"feed")
        yield found


@pytest.fixture
def other() -> Iterator[Publisher]:
    with publisher() as found:
        found.answers("/feed", b"another feed")
        yield found


@pytest.mark.parametrize(
    ("location", "wanted"),
    [
        ("/뉴스/1".encode().decode("latin-1"), "/%EB%89%B4%EC%8A%A4/1"),
        ("/a b?q=c d", "/a%20b?q=c%20d"),
        ("/caf\xe9", "/caf%E9"),
        ("/a%20b?x=%C3%A9", "/a%20b?x=%C3%A9"),
        ("\t/a\r\n", "/a"),
        ("https://x.example:8080/a#part", "https://x.example:8080/a"),
        ('/a"b<c>', "/a%22b%3Cc%3E"),
    ],
)
def test_a_location_is_repaired(location: str, wanted: str) -> None:
    assert repaired_location(location) == wanted


def test_a_redirect_with_raw_utf8_and_blanks_arrives(server: Publisher) -> None:
    server.redirects("/old", "/neu für alle/뉴스")
    server.answers("/neu%20f%C3%BCr%20alle/%EB%89%B4%EC%8A%A4", b"here")

    assert fetch.get(server.url("/old"), POLICY).body == b"here"


def test_a_cookie_set_on_the_redirect_is_sent_and_then_forgotten(server: Publisher) -> None:
    def gate(connection: socket.socket, request: Request) -> None:
        if "pass=1" in request.headers.get("cookie", ""):
            connection.sendall(answer(b"feed"))
        else:
            connection.sendall(
                answer(b"", "302 Found", Location="/gate", Set_Cookie="pass=1; Path=/; HttpOnly")
            )

    server.on("/gate", gate)

    for _ in range(2):
        assert fetch.get(server.url("/gate"), POLICY).body == b"feed"
    cookies = [request.headers.get("cookie") for request in server.asked]
    assert cookies == [None, "pass=1", None, "pass=1"]


def test_a_cookie_stays_with_its_host(server: Publisher, other: Publisher) -> None:
    target = other.url("/feed", host="localhost")
    server.answers("/a", b"", "302 Found", Location=target, Set_Cookie="id=1")

    fetch.get(server.url("/a"), replace(POLICY, ports=frozenset({other.port})))

    assert "cookie" not in other.asked[0].headers


def test_secrets_are_sent_to_their_origin_only(server: Publisher, other: Publisher) -> None:
    server.redirects("/old", "/old2")
    server.redirects("/old2", other.url("/feed"))
    policy = replace(POLICY, ports=frozenset({other.port}))

    fetch.get(server.url("/old"), policy, secrets=SECRETS)

    assert [each.headers.get("x-key") for each in server.asked] == ["k", "k"]
    assert not {"authorization", "x-key"} & set(other.asked[0].headers)


def test_a_redirect_reaches_no_other_port_of_an_opened_network(
    server: Publisher, other: Publisher
) -> None:
    server.redirects("/old", other.url("/feed"))

    with pytest.raises(FetchError, match="port") as refused:
        fetch.get(server.url("/old"), POLICY)

    assert refused.value.reason == "refused"
    assert other.asked == []


def test_an_address_that_a_stranger_chose_needs_a_permitted_port(server: Publisher) -> None:
    strangers = replace(POLICY, own_address=False)

    with pytest.raises(FetchError, match="port"):
        fetch.get(server.url(), strangers)
    permitted = replace(strangers, ports=frozenset({server.port}))
    assert fetch.get(server.url(), permitted).body == b"feed"
