"""Names are read from capitals with offices cut off, and keywords are cleaned of machine words."""

import pytest

from backend.tagging.keywords import cleaned, cleaned_of_feed
from backend.tagging.names import candidates_in
from backend.tagging.tagger import tag_article


def tags(title: str, lead: str = "", language: str = "en") -> set[str]:
    return {each.name for each in tag_article(title, lead, "", language)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("talks with Finance Minister Orla Vandenberg on Monday", "Orla Vandenberg"),
        ("he met Sen. Tobias Whitlock's lawyers", "Tobias Whitlock"),
        ("as Jan van der Meulen left", "Jan van der Meulen"),
        ("said Anne-Sophie d'Arbois in court", "Anne-Sophie d'Arbois"),
        ("sagte Ministerpräsidentin Klara Obermoser am Abend", "Klara Obermoser"),
    ],
)
def test_offices_and_possessives_are_cut_off_a_name(text: str, name: str) -> None:
    assert name in {each.name for each in candidates_in(text, None)}


def test_a_name_that_title_and_lead_carry_is_a_tag() -> None:
    lead = "Judge Orla Vandenberg told the council that the bridge would close."

    assert "OrlaVandenberg" in tags("Vandenberg closes the old bridge", f"{lead} Vandenberg left.")
    assert "OrlaVandenberg" in tags("Orla Vandenberg closes the old bridge", lead)


def test_a_bare_mention_makes_no_tag() -> None:
    assert "OrlaVandenberg" not in tags("The bridge closes", "Orla Vandenberg was there.")


@pytest.mark.parametrize(
    ("title", "language", "name"),
    [
        ("Trump calls off the visit", "en", "DonaldTrump"),
        ("Präsident Selenskyj bittet um Hilfe", "de", "VolodymyrZelensky"),
        ("EZB senkt den Leitzins", "de", "EuropeanCentralBank"),
        ("Russlands Wirtschaft wächst", "de", "Russia"),
        ("시진핑 주석 내일 방한", "ko", "XiJinping"),
        ("أردوغان يصل اليوم", "ar", "RecepTayyipErdoğan"),
        ("泽连斯基抵达", "zh", "VolodymyrZelensky"),
        ("台風が沖縄に接近", "ja", "Storm"),
        ("Путин выступил вечером", "ru", "VladimirPutin"),
        ("Gaza waits for flour", "en", "Gaza"),
        ("ICE agents raid a bakery", "en", "ICE"),
    ],
)
def test_one_thing_is_one_tag_in_every_language(title: str, language: str, name: str) -> None:
    assert name in tags(title, language=language)


@pytest.mark.parametrize(
    ("title", "absent"),
    [
        ("Jill Biden opens a library", "JoeBiden"),
        ("A builder called Eric Trump wins", "DonaldTrump"),
        ("Real Madrid sign a goalkeeper", "Spain"),
        ("Niger State counts its goats", "Niger"),
        ("Ice covers the lake", "ICE"),
    ],
)
def test_an_ambiguous_name_is_left_alone(title: str, absent: str) -> None:
    assert absent not in tags(title)


@pytest.mark.parametrize(
    ("title", "pair"),
    [
        ("Chile and Peru sign water deal", "Chile-Peru"),
        ("Norway's talks with Japan go on", "Japan-Norway"),
    ],
)
def test_what_two_states_do_together_is_a_pair(title: str, pair: str) -> None:
    assert pair in tags(title)


def test_two_cities_with_a_hyphen_are_no_pair() -> None:
    assert not [name for name in tags("The Hamburg-Leipzig train is late") if "-" in name]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["Uncategorized", "NewsDesk", "PAID", "Homepage_regional_europe", "Ferries"], ["Ferries"]),
        (["Geen categorie", "Nezařazené", "Χωρίς κατηγορία", "ללא קטגוריה"], []),
        (
            ["World/Asia/Japan", "/news/ferries", "AC/DC"],
            ["Japan", "ferries", "AC/DC"],
        ),
        (
            ["#Harbour", "ميناء، عبارة", "Prices (Fares, Fees and Rates)"],
            ["Harbour", "ميناء", "عبارة", "Prices (Fares, Fees and Rates)"],
        ),
        (["Whitlock, Tobias J", "Orban, Viktor"], ["Tobias Whitlock", "Viktor Orban"]),
        (["Harbour, Ferries"], ["Harbour", "Ferries"]),
        (["Harbour; Ferries | Boats"], ["Harbour", "Ferries", "Boats"]),
        (["World > Asia > Japan"], ["Japan"]),
        (["internal-open-access-from-nl", "The Herald", "Bridges"], ["Bridges"]),
        (["Member", "Member Content", "Quay Featured Articles", "Sponsored Post", "Ferries"],
         ["Ferries"]),
        (["Newsletter for Friends", "Personal", "Fun", "Back", "Blog", "Miscellaneous"], []),
        (["Member states", "Personal finance", "Back pain"],
         ["Member states", "Personal finance", "Back pain"]),
    ],
)  # fmt: skip
def test_keywords_are_cleaned_by_what_they_are(given: list[str], kept: list[str]) -> None:
    assert cleaned_of_feed(given, str, "The Herald") == kept


def test_an_abbreviation_that_the_text_says_is_a_keyword() -> None:
    assert cleaned_of_feed(["OBRA"], lambda: "The OBRA reports") == ["OBRA"]
    assert cleaned_of_feed(["OBRA"], lambda: "Nothing of it") == []
    assert cleaned(["OBRA"]) == ["OBRA"]


def test_an_abbreviation_is_what_the_article_explains_it_with() -> None:
    lead = "The Tidal Works and Ferries Agency (TWFA) closed on Monday. The TWFA gave no reason."

    assert "TidalWorksAndFerriesAgency" in tags("TWFA closes its doors", lead)
    assert "TWFA" not in tags("TWFA closes its doors", lead)


@pytest.mark.parametrize(
    ("title", "lead", "absent", "language"),
    [
        ("Obwohl Ferry Lena steht", "Die Ferry Lena fährt, obwohl es stürmt.", "ObwohlFerry", "de"),
        ("Stadt der Brücken feiert", "Die Stadt der Brücken ist alt.", "StadtDerBrücken", "de"),
        ("Right or wrong", "The right answer. What is Right is right.", "Right", "en"),
        ("Preise in US-Dollar steigen", "Der US-Dollar steigt.", "UnitedStates", "de"),
        ("Ein Sieg", "Der MSV Duisburg gewinnt. Der MSV Duisburg jubelt.", "Duisburg", "de"),
        ("A bridge falls", "BERLIN, March 7 (Agency) - A bridge fell in a storm.", "Germany", "en"),
    ],
)
def test_capitals_that_name_nothing_make_no_tag(
    title: str, lead: str, absent: str, language: str
) -> None:
    assert absent not in tags(title, lead, language)


def test_a_french_article_is_cut_off_a_name() -> None:
    found = {each.name for each in candidates_in("le merlu de l'Atlantique Nord", "fr")}

    assert found == {"Atlantique Nord"}
