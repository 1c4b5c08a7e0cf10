"""Keys at push services: what is one is decided without the library that uses it, as it decides."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from backend.core import vapid
from backend.core.base64url import from_base64url, to_base64url

# FIPS 186-4, D.1.2.3.
ORDER = 115792089210356248762697446949407573529996955224135760342422259061068512044369


def written(number: int, size: int = vapid.KEY_BYTES) -> str:
    return to_base64url(number.to_bytes(size, "big"))


@pytest.mark.parametrize("number", [0, 1, 2, ORDER - 1, ORDER, ORDER + 1, 2**256 - 1])
def test_a_number_is_a_key_when_the_library_takes_it(number: int) -> None:
    try:
        ec.derive_private_key(number, ec.SECP256R1())
        is_taken = True
    except ValueError:
        is_taken = False

    assert vapid.is_key(written(number)) is is_taken


@pytest.mark.parametrize("text", ["", "A", "hidden-word", "ü" * 43, written(1, 31), written(1, 33)])
def test_what_is_no_number_of_32_bytes_is_no_key(text: str) -> None:
    assert not vapid.is_key(text)


def test_a_new_key_is_one_and_another_each_time() -> None:
    first, second = vapid.new_key(), vapid.new_key()

    assert vapid.is_key(first)
    assert vapid.is_point(from_base64url(vapid.public_key(first)))
    assert vapid.public_key(first) != vapid.public_key(second)
