"""The transport of the built-in phone simulator: a table instead of a network."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.exc import OperationalError

from backend.core.db import release, transaction
from backend.http.auth import hash_secret
from push.store.models import LocalMessage
from push.transport.outcome import Answer
from push.transport.sender import Answered, Outgoing


class LocalSender:
    """The transport to the built-in phone simulator: a table instead of a network."""

    room = 500

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._answers: Answered = []

    def submit(self, messages: Sequence[Outgoing]) -> None:
        try:
            self._keep(messages)
        except OperationalError:  # nothing was kept: as a network that is away
            release()
            answer = Answer(0, unsent=True)
        else:
            answer = Answer(200, b'{"name": "local"}')
        self._answers += [(message, answer) for message in messages]

    def _keep(self, messages: Sequence[Outgoing]) -> None:
        with transaction() as session:
            for message in (m for m in messages if not m.template.validate_only):
                session.add(
                    LocalMessage(
                        address_hash=hash_secret(message.address),
                        installation_id=message.installation_id,
                        message=message.body().decode(),
                        at=self._clock(),
                    )
                )

    def collect(self, wait_s: float) -> Answered:
        answers, self._answers = self._answers, []
        return answers

    def close(self) -> None:
        """Do nothing: there are no connections."""
