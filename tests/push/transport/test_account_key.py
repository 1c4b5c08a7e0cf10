"""The end of a service account's key is told before it comes."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from backend.outbound.fetch import FetchPolicy
from push.transport.account_key import findings
from tests.conftest import START

KEY_ID = "0a1b2c"
POLICY = FetchPolicy(allow_networks=(ip_network("127.0.0.0/8"),))


class Published:
    """Stands where Google publishes the certificates of an account's keys."""

    def __init__(self) -> None:
        self.body = b"{}"
        published = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(published.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def says(self, **ends: datetime) -> None:
        self.body = json.dumps({name: certificate(end) for name, end in ends.items()}).encode()


@pytest.fixture
def published() -> Iterator[Published]:
    made = Published()
    thread = Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def key_file(published: Published, tmp_path: Path) -> str:
    url = f"http://127.0.0.1:{published.server.server_port}/x509/account"
    path = tmp_path / "account.json"
    path.write_text(json.dumps({"private_key_id": KEY_ID, "client_x509_cert_url": url}))
    return str(path)


@pytest.mark.parametrize(
    ("days", "said"),
    [(3000, []), (31, []), (29, ["ends on 2026-03-31"]), (-1, ["ended on 2026-03-01"])],
)
def test_an_end_is_told_a_month_ahead(
    published: Published, key_file: str, days: int, said: list[str]
) -> None:
    published.says(another=START, **{f"{KEY_ID}": START + timedelta(days=days)})

    found = list(findings(key_file, POLICY, START))

    assert len(found) == len(said)
    assert all(words in line for words, line in zip(said, found, strict=True))


def test_a_key_that_was_deleted_is_told(published: Published, key_file: str) -> None:
    published.says(another=START + timedelta(days=300))

    (found,) = findings(key_file, POLICY, START)

    assert "does not know this key" in found


@pytest.mark.parametrize("body", [b"<html>log in</html>", b"[]", b"\xff"])
def test_nothing_is_claimed_when_google_said_nothing(
    published: Published, key_file: str, body: bytes
) -> None:
    published.body = body

    (found,) = findings(key_file, POLICY, START)

    assert "did not say" in found


def certificate(end: datetime) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "account")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START - timedelta(days=400))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
