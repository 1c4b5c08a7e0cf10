"""A certificate authority of the tests' own, and certificates that it signs for this machine."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Authority:
    """`ca_file` is what a client trusts; the key never leaves the tests."""

    ca_file: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def made(cls, folder: Path) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        name, now = _name("authority of the tests"), datetime.now(UTC)
        extension = x509.BasicConstraints(ca=True, path_length=0)
        certificate = (
            _builder(name, name, key, now, now + DAY)
            .add_extension(extension, critical=True)
            .add_extension(_signs_certificates(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .sign(key, hashes.SHA256())
        )
        path = folder / "authority.pem"
        path.write_bytes(certificate.public_bytes(PEM))
        return cls(path, certificate, key)

    def server_file(self, address: str = "127.0.0.1", *, ends_in: timedelta = DAY) -> Path:
        """A server's certificate for an address, with its key, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = datetime.now(UTC) + ends_in
        named = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        certificate = (
            _builder(_name("a server"), self.certificate.subject, key, until - 3 * DAY, until)
            .add_extension(named, critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_signed_by(self.key), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        secret = key.private_bytes(
            PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path = self.ca_file.with_name(f"server-{address}-{ends_in.total_seconds():.0f}.pem")
        path.write_bytes(certificate.public_bytes(PEM) + secret)
        return path


def _signs_certificates() -> x509.KeyUsage:
    """Asked for by Python 3.13, which checks as RFC 5280 says."""
    no = dict.fromkeys(
        (
            *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
            *("key_agreement", "encipher_only", "decipher_only"),
        ),
        False,
    )
    return x509.KeyUsage(key_cert_sign=True, crl_sign=True, **no)


def _signed_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    since: datetime,
    until: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(since - DAY)
        .not_valid_after(until)
    )
