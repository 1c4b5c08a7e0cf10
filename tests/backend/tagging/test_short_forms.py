"""What may stand for a longer name."""

import pytest

from backend.tagging.short_forms import is_short_for


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("Vandenberg", "OrlaVandenberg"),
        ("VANDENBERG", "OrlaVandenberg"),
        ("IAEA", "InternationalAtomicEnergyAgency"),
        ("HBA", "HarbourBoardOfAnglia"),
    ],
)
def test_a_surname_and_initials_are_short_for_a_name(short: str, name: str) -> None:
    assert is_short_for(short, name)


@pytest.mark.parametrize(
    ("short", "name"),
    [
        ("OrlaVandenberg", "OrlaVandenberg"),
        ("Orla", "OrlaVandenberg"),
        ("berg", "OrlaVandenberg"),
        ("Berg", "OrlaVandenberg"),
        ("Orla Vandenberg", "PieterOrlaVandenberg"),
        ("IMF", "InternationalAtomicEnergyAgency"),
        ("I", "InternationalAtomicEnergyAgency"),
    ],
)
def test_other_words_are_not(short: str, name: str) -> None:
    assert not is_short_for(short, name)
