"""Exponential back-off: how long to leave alone what failed. Pure."""

from datetime import timedelta

# More would be beyond any bound, and in the end beyond what a `timedelta` holds.
_MOST_DOUBLINGS = 16


def exponential_back_off(failures: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """Return the pause after failures in a row: `first` after one, doubled with each more."""
    return min(first * int(2 ** min(max(failures - 1, 0), _MOST_DOUBLINGS)), longest)
