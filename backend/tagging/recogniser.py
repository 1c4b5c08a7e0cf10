"""Optional named entity recognition: a function or a spaCy model that a newsroom brings.

`RECOGNISER=en_core_web_sm` loads a model of spaCy (the extra `tagwire[spacy]`), and
`RECOGNISER=package:function` any function like `Recogniser`. Several are separated by commas.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any, Protocol

from backend.tagging import recognised

LIMIT = timedelta(seconds=10)
# Labels of names in spaCy's models: OntoNotes, WikiNER, and the Korean one.
NAMES = frozenset(
    {*("PERSON", "PER", "PS", "ORG", "OG", "GPE", "LOC", "LC", "FAC"), "EVENT", "MISC", "persName",
     "orgName", "placeName", "geogName"}
)  # fmt: skip


class Recogniser(Protocol):
    """Finds the names in a text, as the text writes them. `language` is a code such as `en`."""

    def __call__(self, text: str, language: str, /) -> Iterable[str]: ...


class SlowRecogniser(Exception):
    """A recogniser has not answered within its time."""


def load(specs: Sequence[str]) -> list[Recogniser]:
    """Import the recognisers that the setting names.

    Raises:
        Exception: whatever its import or its loading raises.
    """
    return [_loaded(spec) for spec in specs]


def _loaded(spec: str) -> Recogniser:
    package, _, function = spec.partition(":")
    if not function:
        return of_model(import_module("spacy").load(package))
    found: Recogniser = getattr(import_module(package), function)
    if not callable(found):
        raise TypeError(f"{function} cannot be called")
    return found


def of_model(model: Any) -> Recogniser:
    """Make a recogniser of a spaCy model, for the model's own language."""

    def names(text: str, language: str, /) -> Iterable[str]:
        if language.partition("-")[0] != model.lang:
            return []
        return [each.text for each in model(text).ents if each.label_ in NAMES]

    return names


@dataclass(slots=True)
class BoundedRecogniser:
    """Recognisers with a time limit for each text; while one runs over it, none is to be asked.

    Python cannot end a thread: one that hangs is left behind, and callers wait while `is_busy`.
    """

    recognisers: Sequence[Recogniser]
    limit: timedelta = LIMIT
    _late: threading.Thread | None = field(default=None)

    @property
    def is_busy(self) -> bool:
        return self._late is not None and self._late.is_alive()

    def names(self, text: str, language: str) -> list[str]:
        """The names of a text.

        Raises:
            SlowRecogniser: it took too long.
            Exception: whatever a recogniser raises.
        """
        return recognised.cleaned(self._within(lambda: self._all(text, language)))

    def _all(self, text: str, language: str) -> list[str]:
        return [name for each in self.recognisers for name in each(text, language)]

    def _within(self, call: Callable[[], list[str]]) -> list[str]:
        answers: list[list[str]] = []
        faults: list[Exception] = []

        def run() -> None:
            try:
                answers.append(call())
            except Exception as error:  # noqa: BLE001 raised again where somebody waits
                faults.append(error)

        thread = threading.Thread(target=run, daemon=True, name="recogniser")
        thread.start()
        thread.join(self.limit.total_seconds())
        if faults:
            raise faults[0]
        if not answers:
            self._late = thread
            raise SlowRecogniser
        return answers[0]
