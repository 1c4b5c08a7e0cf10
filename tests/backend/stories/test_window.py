"""The window of recent tellings: who is like whom, and what is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from backend.stories.linkage import JOIN
from backend.stories.telling import Telling, telling_of
from backend.stories.window import Window

HOUR_US = 3_600_000_000


def telling(number: int, title: str, lead: str = "", hour: int = 0) -> Telling:
    return telling_of(number, hour * HOUR_US, title, lead, "en")


def window_of(*tellings: Telling) -> Window:
    window = Window()
    for each in tellings:
        window.put(each)
    return window


def test_two_wordings_of_one_event_are_alike_and_another_event_of_the_person_is_not() -> None:
    window = window_of(
        telling(1, "Danish minister Solberg resigns over submarine leak", "Papers were published."),
        telling(2, "Submarine leak costs Solberg his job", "The Danish minister stepped down."),
        telling(3, "Solberg promises 2,000 recruits", "The army is to grow, he said in Aarhus."),
    )

    scores = window.similar(1)
    assert scores[2] >= JOIN > scores.get(3, 0.0)


def test_one_rare_word_in_common_brings_nobody_together_and_two_do() -> None:
    """The place of another event is one word, however rare it is and however short the texts."""
    window = window_of(
        telling(1, "Quake shakes Arequipa"),
        telling(2, "Arequipa elects mayor"),
        telling(3, "Arequipa quake topples cathedral"),
    )

    assert window.similarity(1, 2) == 0.0
    assert window.similarity(1, 3) >= JOIN


def test_two_deeds_at_one_place_are_less_alike_than_one_deed() -> None:
    window = window_of(
        telling(1, "Fire halts Lyon underground", "Line D waits."),
        telling(2, "Strike halts Lyon underground", "Trams wait."),
        telling(3, "Lyon underground halts: blaze", "Trams wait."),
    )

    assert window.similarity(1, 2) < window.similarity(1, 3)


def test_one_kind_of_event_in_two_places_is_less_alike_than_in_one() -> None:
    window = window_of(
        telling(1, "The central bank of Norland lowers its rate", "Prices had eased."),
        telling(2, "The central bank of Tavaria lowers its rate", "Prices had eased."),
        telling(3, "The central bank lowers its rate", "Prices had eased."),
    )

    assert window.similarity(1, 2) < window.similarity(1, 3) / 2


def test_a_name_that_begins_a_headline_is_known_from_where_others_write_it() -> None:
    alike = [
        telling(1, "Tavaria lowers its rate", "Prices had eased."),
        telling(2, "The central bank of Norland lowers its rate", "Prices had eased."),
    ]
    names_it = telling(3, "Quake hits the coast of Tavaria")
    other = telling(3, "Quake hits the coast of Sundara")

    known, unknown = (window_of(*alike, each).similarity(1, 2) for each in (names_it, other))
    assert known < unknown / 2


def test_one_kind_of_event_in_two_countries_is_less_alike() -> None:
    titles = ["Beben erschüttert Chile", "Beben erschüttert Peru", "Beben erschüttert Orte"]
    window = window_of(*(telling_of(n, 0, title, "", "de") for n, title in enumerate(titles)))

    assert window.similarity(0, 1) < window.similarity(0, 2)


def test_words_that_nobody_else_has_hide_none_that_others_have() -> None:
    own = [" ".join(f"{name}{each}" for each in range(40)) for name in ("one", "two")]
    window = window_of(
        *(telling(n, "Submarine leak topples minister", lead) for n, lead in enumerate(own))
    )

    assert 1 in window.similar(0)


def test_two_groups_are_as_alike_as_their_pairs() -> None:
    """Of two groups a sum tells the subject, which two events may have in common."""
    window = window_of(
        telling(1, "Ferry sinks off Bali", "Divers search for forty passengers."),
        telling(2, "Bali ferry: divers find wreck", "The captain survived the accident."),
        telling(3, "Ferry captain questioned", "He blames a wave; passengers disagree."),
        telling(4, "Captain of ferry speaks", "Passengers and divers of a wreck."),
    )
    pairs = [window.similarity(one, other) for one in (1, 2) for other in (3, 4)]

    assert window.link([1, 2], [3, 4]) == sum(pairs) / 4


def test_what_german_texts_share_counts_more_and_never_more_than_all() -> None:
    texts = [("Zug entgleist bei Kornau", "Zwei Wagen kippten."), ("Kornau: Zug entgleist", "")]
    german, unknown = (
        window_of(*(telling_of(n, 0, *text, language) for n, text in enumerate(texts)))
        for language in ("de", "nl")
    )
    same = window_of(*(telling_of(n, 0, *texts[0], "de") for n in range(2)))

    assert german.similarity(0, 1) > unknown.similarity(0, 1)
    assert 0.9 < same.similarity(0, 1) <= 1.0


def test_a_group_resembles_whoever_tells_what_its_articles_share() -> None:
    """The sum of a group says more than the average of its pairs, and no member alone decides."""
    window = window_of(
        telling(1, "Ferry sinks off Bali", "Divers search for forty passengers."),
        telling(2, "Bali ferry: divers find wreck", "The captain survived the accident."),
        telling(3, "Ferry captain questioned in Bali", "He blames a wave; passengers disagree."),
    )

    average = (window.similarity(3, 1) + window.similarity(3, 2)) / 2
    assert window.link([3], [1, 2]) > average > 0
    assert window.link([3], [1]) == window.similarity(3, 1)
    assert window.link([3], [99]) == 0.0


def test_a_word_that_everybody_writes_brings_nobody_together() -> None:
    everybody = [
        telling(each, f"Olympics: w{each}a w{each}b", f"x{each} y{each}") for each in range(300)
    ]

    assert max(window_of(*everybody).similar(0).values(), default=0.0) < JOIN


def test_the_same_words_two_days_later_are_another_event() -> None:
    title = "Thousands march on independence day in Pristina"
    window = window_of(telling(1, title), telling(2, title, hour=49), telling(3, title, hour=3))

    assert window.similarity(1, 2) == 0.0
    assert window.similarity(1, 3) > 0.7


def test_what_is_forgotten_or_replaced_is_found_no_more() -> None:
    window = window_of(telling(1, "Bridge closed"), telling(2, "Bridge closed", hour=5))
    window.forget(HOUR_US)
    window.put(telling(2, "Ferries sail again", hour=6))
    window.put(telling(3, "Bridge closed", hour=6))

    assert (len(window), window.similar(3)) == (2, {})


def test_a_telling_that_is_tried_leaves_the_window_as_it_was() -> None:
    window = window_of(telling(1, "Bridge closed"), telling(2, "Bridge closed to lorries"))
    before = window.similar(1)
    with window.with_telling(telling(2, "Ferries sail again")):
        assert window.similar(1) == {}

    assert window.similar(1) == before


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 90), st.text("abc ", max_size=12))))
def test_order_and_repetition_of_what_was_read_make_no_difference(
    read: list[tuple[int, int, str]],
) -> None:
    """As after a restart: a new window has the newest telling of each article."""
    tellings = [telling(number, text, hour=hour) for number, hour, text in read]
    once = window_of(*{each.article_id: each for each in tellings}.values())
    grown = window_of(*tellings)

    pairs = [(one, other) for one in range(1, 7) for other in range(1, 7)]
    assert [grown.similarity(*pair) for pair in pairs] == [once.similarity(*pair) for pair in pairs]
