"""What withholds an alert: one event beyond doubt, not merely one story."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from backend.stories.repeats import Told, is_repeat, placed
from backend.stories.sketch import pack, sketch_of
from tests.backend.stories.alike import ALIKE
from tests.backend.stories.telling import RECRUITS, RESIGNS

TEXT = " ".join(f"word{number}" for number in range(80))


def told(number: int, text: tuple[str, str], language: str = "en", body: str = "") -> Told:
    return Told(number, *text, language, pack(sketch_of(body)))


@pytest.mark.parametrize("kind", ALIKE)
def test_events_that_are_told_alike_are_two(kind: str) -> None:
    language, one, other = ALIKE[kind]

    assert not is_repeat(told(1, one, language), told(2, other, language))
    assert not is_repeat(told(2, other, language), told(1, one, language))


def test_most_who_tell_of_one_event_in_their_own_words_repeat_each_other() -> None:
    each = [told(number, text) for number, text in enumerate(RESIGNS)]

    repeats = [is_repeat(one, other) for one, other in combinations(each, 2)]

    assert sum(repeats) > len(repeats) * 0.8


def test_another_doing_of_the_same_person_repeats_nothing() -> None:
    assert not any(is_repeat(told(1, RECRUITS), told(2, text)) for text in RESIGNS)


def test_a_copy_under_another_headline_is_a_repeat_unless_it_names_another_place() -> None:
    one = told(1, ("Rescue goes on after the quake", ""), body=TEXT)
    copy = told(2, ("Hundreds homeless", ""), body=TEXT)
    assert is_repeat(one, copy)

    _, chile, peru = ALIKE["countries"]
    assert not is_repeat(told(1, chile, body=TEXT), told(2, peru, body=TEXT))


def test_an_editors_word_counts_for_what_was_there_then() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    _, chile, peru = ALIKE["countries"]
    then = placed(at, at + timedelta(minutes=1))
    later = placed(at + timedelta(minutes=2), at + timedelta(minutes=1))

    def seen(is_placed: bool) -> bool:
        return is_repeat(
            Told(1, *chile, "en", is_placed=True), Told(2, *peru, "en", is_placed=is_placed)
        )

    assert (then, later, placed(at, None)) == (True, False, False)
    assert (seen(then), seen(later)) == (True, False)
