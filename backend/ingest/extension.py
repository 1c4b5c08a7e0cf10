"""Policy of requests to publishers, and the cipher of their secrets: by settings."""

from backend.core.encryption import TextCipher
from backend.http.context import current_context
from backend.outbound.fetch import FetchPolicy
from backend.tables.sealed import cipher_of


def fetch_policy() -> FetchPolicy:
    settings = current_context().settings
    return FetchPolicy(
        allow_networks=settings.fetch_allow_networks,
        agent=f"Tagwire/1.0 (news feed fetcher; +{settings.public_url})",
    )


def source_cipher() -> TextCipher:
    return cipher_of("source secrets", current_context().settings.secret_keys)
