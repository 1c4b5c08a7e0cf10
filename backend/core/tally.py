"""A number of one day, as reported by the room that counted it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A count; those of the same kind, subject, hour, platform and measure are summed.

    `kind` and `measure` are those of `backend.numbers.kinds`. One `of_readers` is kept only where
    it is not so small that it could be one known person.
    """

    kind: str
    measure: str
    count: int
    subject: str = ""
    hour: int = 0
    platform: str = ""
    of_readers: bool = True
