"""Group commit: writes that many clients ask for at once share one transaction.

A room says what of a request can wait for others, and how all that waited are answered. Whatever
is not as usual goes to Flask as it came: a batch refuses nobody.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from flask import Flask

from backend.http.fast_path import Environ, FastResponse

EXTENSION = "tagwire.batches"


class Batch(Protocol):
    """Requests of one kind. Both may leave a request to Flask."""

    def take(self, environ: Environ, body: bytes) -> Any | None:
        """What to wait with; asked in the event loop, so it reads memory alone."""

    def answer(self, taken: Sequence[Any]) -> Sequence[FastResponse | None]:
        """Answer all of them on a thread, in their order."""


def register(app: Flask, batch: Batch) -> None:
    app.extensions.setdefault(EXTENSION, []).append(batch)


def batches(app: Flask) -> Sequence[Batch]:
    found: Sequence[Batch] = app.extensions.get(EXTENSION, ())
    return found
