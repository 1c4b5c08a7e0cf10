"""How many may wait for news at once, and that each gives its place back."""

import pytest

from backend.core.problems import Unavailable
from backend.http.rate_limits import TooMany
from backend.http.waiting import Places


def test_one_network_cannot_take_the_places_of_all() -> None:
    places = Places(most=4, most_of_one=2, most_of_key=3)
    places.take("192.0.2.1")
    places.take("192.0.2.1")

    with pytest.raises(TooMany):
        places.take("192.0.2.1")
    places.take("192.0.2.2")
    places.take("192.0.2.3")
    with pytest.raises(Unavailable):
        places.take("192.0.2.4")

    places.give_back("192.0.2.1")
    places.take("192.0.2.4")


def test_a_newsrooms_key_may_open_more_than_a_network_and_not_all() -> None:
    places = Places(most=4, most_of_one=2, most_of_key=3)
    for _ in range(3):
        places.take("key desk", is_key=True)

    with pytest.raises(TooMany):
        places.take("key desk", is_key=True)
    places.take("192.0.2.1")
