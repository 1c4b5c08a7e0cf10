"""Fetching: honest to publishers, closed to inner addresses, patient with nobody."""

import gzip
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.outbound import fetch
from backend.outbound.fetch import FetchPolicy
from backend.outbound.networks import is_allowed
from backend.outbound.response import FetchError, Validators
from tests.backend.outbound.server import Publisher, Request, certificate, publisher

OPEN = FetchPolicy(allow_networks=(ip_network("127.0.0.0/8"),), deadline_s=5, connect_s=2)
CLOSED = FetchPolicy(deadline_s=5, connect_s=2)


@pytest.fixture
def server() -> Iterator[Publisher]:
    with publisher() as found:
        yield found


def refusal(url: str, policy: FetchPolicy = OPEN) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch.get(url, policy)
    return caught.value


def test_an_answer_arrives_with_its_validators(server: Publisher) -> None:
    server.answers("/feed", b"<rss/>", ETag='"1"', Last_Modified="Thu, 12 Jun 2025 09:00:00 GMT")

    found = fetch.get(server.url(), OPEN)

    assert (found.status, found.body) == (200, b"<rss/>")
    assert found.validators == Validators(server.url(), '"1"', "Thu, 12 Jun 2025 09:00:00 GMT")
    assert "Tagwire" in server.asked[0].headers["user-agent"]


def test_validators_go_back_to_the_address_that_gave_them_and_nowhere_else(
    server: Publisher,
) -> None:
    server.answers("/feed", b"", "304 Not Modified")
    validators = Validators(server.url(), '"1"', "yesterday")

    assert fetch.get(server.url(), OPEN, validators=validators).status == 304
    assert server.asked[0].headers["if-none-match"] == '"1"'
    assert server.asked[0].headers["if-modified-since"] == "yesterday"

    server.answers("/other", b"x")
    fetch.get(server.url("/other"), OPEN, validators=validators)
    assert "if-none-match" not in server.asked[1].headers


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_compressed_answers_are_opened(server: Publisher, encoding: str, pack: object) -> None:
    assert callable(pack)
    server.answers("/feed", pack(b"<rss/>" * 1000), Content_Encoding=encoding)

    assert fetch.get(server.url(), OPEN).body == b"<rss/>" * 1000


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress)])
def test_a_bomb_stops_at_the_limit(server: Publisher, encoding: str, pack: object) -> None:
    assert callable(pack)
    server.answers("/feed", pack(bytes(30_000_000)), Content_Encoding=encoding)

    assert refusal(server.url()).reason == "too-large"


def test_damaged_and_cut_compression_is_no_answer(server: Publisher) -> None:
    server.answers("/damaged", b"\x1f\x8b not gzip at all", Content_Encoding="gzip")
    server.answers("/cut", gzip.compress(b"x" * 10_000)[:-20], Content_Encoding="gzip")

    assert refusal(server.url("/damaged")).reason == "unreachable"
    assert refusal(server.url("/cut")).reason == "unreachable"


def test_too_many_bytes_are_not_read(server: Publisher) -> None:
    def endless(connection: socket.socket, _: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")

    server.on("/feed", endless)

    assert refusal(server.url()).reason == "too-large"


def test_a_body_shorter_than_announced_is_no_answer(server: Publisher) -> None:
    server.answers("/feed", b"<rss", Content_Length="4000")

    assert refusal(server.url()).reason == "unreachable"


@pytest.mark.parametrize("part", ["body", "headers"])
def test_a_slow_drip_ends_at_the_deadline(server: Publisher, part: str) -> None:
    def drip(connection: socket.socket, _: Request) -> None:
        if part == "body":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _beat in range(100):
            connection.sendall(b"H")
            time.sleep(0.05)

    server.on("/feed", drip)
    began = time.monotonic()

    assert refusal(server.url(), replace(OPEN, deadline_s=0.6)).reason == "timeout"
    assert time.monotonic() - began < 3


def test_headers_that_never_end_are_no_empty_answer(server: Publisher) -> None:
    def half(connection: socket.socket, _: Request) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n")
        time.sleep(3)

    server.on("/feed", half)

    assert refusal(server.url(), replace(OPEN, deadline_s=0.4)).reason == "timeout"


def test_a_server_that_is_silent_is_given_up(server: Publisher) -> None:
    server.on("/feed", lambda *_: time.sleep(3))

    assert refusal(server.url(), replace(OPEN, deadline_s=0.4)).reason == "timeout"


def test_redirects_are_followed_and_a_permanent_one_is_told(server: Publisher) -> None:
    server.redirects("/old", "/new")
    server.redirects("/then", "/new", "302 Found")
    server.answers("/new", b"x")

    assert fetch.get(server.url("/old"), OPEN).permanent_url == server.url("/new")
    assert fetch.get(server.url("/then"), OPEN).permanent_url is None
    assert fetch.get(server.url("/then"), OPEN).url == server.url("/new")


def test_a_circle_of_redirects_ends(server: Publisher) -> None:
    server.redirects("/feed", "/feed")

    assert refusal(server.url()).reason == "redirects"
    assert len(server.asked) == fetch.MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://[::1]/",
        "file:///etc/passwd", "gopher://127.0.0.1/", "http://user:pass@127.0.0.1/",
        "http://0x7f000001:1/", "//192.168.0.1/x", "http://[::ffff:10.0.0.1]/",
    ],
)  # fmt: skip
def test_a_redirect_to_an_inner_address_is_not_followed(server: Publisher, target: str) -> None:
    server.redirects("/feed", target)

    assert refusal(server.url()).reason in {"refused", "unreachable"}
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0",
        "[::1]", "[::ffff:127.0.0.1]", "[::]", "①②⑦.0.0.1",
    ],
)  # fmt: skip
def test_no_spelling_of_this_machine_is_connected_to(server: Publisher, host: str) -> None:
    server.answers("/feed", b"secret")

    assert refusal(server.url(host=host), CLOSED).reason in {"refused", "unreachable"}
    assert server.asked == []


def test_an_opened_network_may_use_any_port_and_others_only_the_webs(server: Publisher) -> None:
    server.answers("/feed", b"x")

    assert fetch.get(server.url(), OPEN).body == b"x"
    assert "port 25" in str(refusal("http://1.1.1.1:25/", CLOSED))


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a.example/", "/etc/passwd", "feed.xml", "", "http://", "http://a b.example/",
        "http://user@a.example/", "http://a.example:99999/", "http://[::1", "http://a.example/\n",
        "http://" + "a" * 3000, "http://" + "a" * 70 + ".example/", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused_without_a_connection(url: str) -> None:
    assert refusal(url).reason in {"refused", "unreachable"}


def test_a_host_that_nobody_knows_is_unreachable() -> None:
    assert refusal("http://no-such-host.invalid/").reason == "unreachable"


def test_a_closed_port_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    assert refusal(f"http://127.0.0.1:{port}/").reason == "unreachable"


def test_tls_is_trusted_only_with_a_known_signer(tmp_path: Path) -> None:
    signed = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed)
    with publisher(context) as server:
        server.answers("/feed", b"x")
        url = server.url().replace("http://", "https://")

        error = refusal(url)
        trusted = fetch.get(url, replace(OPEN, ca_file=str(signed)))

    assert error.reason == "unreachable"
    assert "127.0.0.1" not in str(error), "errors never carry the address"
    assert trusted.body == b"x"


def test_a_proxy_of_the_environment_is_ignored(
    server: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server.answers("/feed", b"x")

    assert fetch.get(server.url(), OPEN).body == b"x"


def test_a_post_carries_its_body_and_follows_no_redirect(server: Publisher) -> None:
    server.answers("/hook", b"thanks", "202 Accepted")
    server.redirects("/moved", "/hook", "307 Temporary Redirect")

    taken = fetch.post(server.url("/hook"), b"{}", {"Content-Type": "application/json"}, OPEN)
    moved = fetch.post(server.url("/moved"), b"{}", {}, OPEN)

    assert (taken.status, taken.body) == (202, b"thanks")
    assert (server.asked[0].method, server.asked[0].body) == ("POST", b"{}")
    assert moved.status == 307
    assert [request.path for request in server.asked] == ["/hook", "/moved"]


DENIED = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
    "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "3fff::1", "fc00::1", "fd12::1",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1", "4000::1", "not an address", "",
]  # fmt: skip

ALLOWED = ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.32.0.1", "192.167.255.255",
           "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"]  # fmt: skip


@pytest.mark.parametrize("address", DENIED)
def test_inner_and_reserved_addresses_are_denied(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ALLOWED)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(address)


@given(st.ip_addresses(v=4))
def test_an_address_is_judged_the_same_when_it_hides_in_version_6(address: object) -> None:
    assert is_allowed(f"::ffff:{address}") == is_allowed(str(address))
    assert not is_allowed(f"::{address}")
    assert not is_allowed(f"64:ff9b::{address}")
