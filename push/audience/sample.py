"""Samples: an even part of the keys of a large audience, and what it tells of the whole. Pure."""

from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

# Readers who registered after one another may be alike: many small ranges tell more than few.
RANGES = 1_000
DIGITS = 3
# Factor by which a sample is less certain than one of independent readers.
_ALIKE = 1.5
# Shift of a range within its step, so that periodic patterns of keys do not bias the sample.
_STRIDE = 7_919


@dataclass(frozen=True, slots=True)
class Sample:
    """Ranges of `width` keys each, spread evenly: one in `times` keys is in the sample."""

    first: int
    last: int
    width: int
    times: int

    @property
    def step(self) -> int:
        """The number of keys for which one range stands, which lies somewhere among them."""
        return self.width * self.times

    @property
    def ranges(self) -> int:
        return ceil((self.last - self.first + 1) / self.step)

    def before(self, number: Any) -> Any:
        """Return the key before the range of this number (from 0 on), also for a whole column."""
        within = (number * _STRIDE) % (self.step - self.width + 1)
        return number * self.step + within + (self.first - 1)

    def about(self, found: int) -> int:
        """Estimate the number of the whole by that in the sample, rounded to what it can tell.

        In 19 of 20 cases the true one is not further away than one and a half of the unit. It is
        0 only where none was found.
        """
        unit = self.unit(found)
        return max(unit, round(found * self.times / unit) * unit) if found else 0

    def unit(self, found: int) -> int:
        """Return what the number of the whole is rounded to; 1, exact, with every key in it."""
        if self.times == 1:
            return 1
        deviation, shown = _ALIKE * sqrt(found) * self.times, len(str(found * self.times))
        digit: int = 10 ** max(0, shown - DIGITS)
        return max(_rounded_up(2 * deviation), digit)


def sample_of(first: int, last: int, times: int) -> Sample:
    """Return a sample of one in `times` keys, from the first to the last."""
    return Sample(first, last, max(1, (last - first + 1) // (RANGES * times)), times)


def _rounded_up(number: float) -> int:
    """Round up to the next of 1, 2, 5, 10, 20, 50 and so on."""
    power = 1
    while power * 10 < number:
        power *= 10
    return next(step * power for step in (1, 2, 5, 10) if step * power >= number)
