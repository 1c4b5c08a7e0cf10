"""Names in a headline and its lead: those that a capital marks inside a sentence."""

import pytest

from backend.stories.names import names_of


@pytest.mark.parametrize(
    ("title", "lead", "language", "names"),
    [
        ("Fire halts the Lyon underground", "Trams wait, says Keolis.", "en", ("keoli", "lyon")),
        ("El temblor sacude Mendoza", "Nadie murió. Mañana abre.", "es", ("mendo",)),
        (
            "L'incendie gagne l'Aude",
            "Le feu touche Bize-Minervois.",
            "fr",
            ("aude", "bize", "miner"),
        ),
        ("Пожар в порту Одессы", "", "ru", ("одесс",)),
    ],
)
def test_a_capital_inside_a_sentence_marks_a_name(
    title: str, lead: str, language: str, names: tuple[str, ...]
) -> None:
    assert names_of(title, lead, language) == names


@pytest.mark.parametrize(
    ("title", "language"),
    [
        ("Ferries wait. Pilots strike", "en"),
        ("Talks begin on Tuesday, says the Minister", "en"),
        ("Fire Halts The Whole Underground", "en"),
        ("Das Feuer im Hafen von Kiel", "de"),
        ("The fire in the harbour of Kiel", ""),
        ("부산항 화재", "ko"),
    ],
)
def test_no_other_capital_marks_one(title: str, language: str) -> None:
    """A sentence's first word, days, offices, titles for their looks, German nouns."""
    assert names_of(title, "", language) == ()
