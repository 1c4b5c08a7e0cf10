"""Asks the provider whether it would send to an address; nothing is sent (`validate_only`)."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from push.transport.outcome import Outcome, classify
from push.transport.payload import Template
from push.transport.sender import Outgoing, Sender

PATIENCE = timedelta(seconds=60)
_WAIT_S = 0.5
_TAIL = b'","data":{"type":"check"}},"validate_only":true}'


def question(kind: str, platform: str, number: int, address: str) -> Outgoing:
    """Make the smallest message to an address of this kind (`token` or `fid`)."""
    template = Template(f'{{"message":{{"{kind}":"'.encode(), _TAIL, validate_only=True)
    return Outgoing(0, number, platform, address, template)


def outcomes(sender: Sender, questions: Sequence[Outgoing], now: datetime) -> Iterator[Outcome]:
    """Yield an outcome for each that was answered in time, in whatever order."""
    left, until = len(questions), time.monotonic() + PATIENCE.total_seconds()
    sender.submit(questions)
    while left and time.monotonic() < until:
        for _, answer in sender.collect(_WAIT_S):
            left -= 1
            yield classify(answer, now)
