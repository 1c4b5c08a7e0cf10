"""The token endpoint is down: it is asked once, and nothing waits for a library's own pauses."""

import pytest

from push.standin.service import Standin
from push.transport.tokens import TokenError, Tokens
from tests.push.transport.test_fcm import Running, fcm

__all__ = ["fcm"]


@pytest.mark.parametrize(("fault", "is_refusal"), [("503", False), ("invalid_grant", True)])
def test_an_endpoint_that_is_down_is_asked_once(fcm: Running, fault: str, is_refusal: bool) -> None:
    standin: Standin = fcm.standin
    standin.answer("PUT", "/standin/faults/token", "", b'{"by": "%s"}' % fault.encode())
    tokens = Tokens(standin.service_account(fcm.url), fcm.ca_file)

    for _ in range(3):
        with pytest.raises(TokenError) as caught:
            tokens.bearer(wait_s=20)
        assert caught.value.is_refusal == is_refusal

    [met] = [each["met"] for each in standin.faults.switched_on(standin.clock()).values()]
    assert met == 1
